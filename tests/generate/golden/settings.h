/*
 * settings.h - every setting, as C reads it.
 *
 * Made by build/generate from metadata/settings.xml. Edit that instead.
 */
#ifndef GENERATED_SETTINGS_H
#define GENERATED_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct setting_origin;

/* A door. */
struct settings_door {
    const char *name; /* Its name. */
    const char *colour; /* Its colour. */
    const char *key; /* Its key. */
    bool is_open; /* Whether it is open. */
};

/* What is behind it. */
struct settings_hall {
    int64_t chairs; /* Chairs. */
    int64_t room; /* Room. */
    int64_t wait; /* ms. How long one waits. */
};

struct settings {
    struct settings_door door;
    struct settings_hall hall;
    const struct setting_origin *origins; /* one for each setting */
};

enum { SETTING_COUNT = 7 };

#endif
