/*
 * settings.c - how each setting is read and where it goes.
 *
 * Made by build/generate from metadata/settings.xml. Edit that instead.
 */
#include "base/settings.h"

#include <stddef.h>

const struct setting settings_table[SETTING_COUNT] = {
    {
        .section = "door",
        .key = "name",
        .type = SETTING_TEXT,
        .is_secret = false,
        .default_text = "front \"door\"",
        .minimum = 0,
        .maximum = 0,
        .offset = offsetof(struct settings, door.name),
        .comment = "Its name.",
    },
    {
        .section = "door",
        .key = "colour",
        .type = SETTING_TEXT,
        .is_secret = false,
        .default_text = "red",
        .minimum = 0,
        .maximum = 0,
        .choices = (const char *const[]){"red", "green", NULL},
        .offset = offsetof(struct settings, door.colour),
        .comment = "Its colour.",
    },
    {
        .section = "door",
        .key = "key",
        .type = SETTING_TEXT,
        .is_secret = true,
        .default_text = "",
        .minimum = 0,
        .maximum = 0,
        .offset = offsetof(struct settings, door.key),
        .comment = "Its key.",
    },
    {
        .section = "door",
        .key = "is_open",
        .type = SETTING_BOOLEAN,
        .is_secret = false,
        .default_text = "yes",
        .minimum = 0,
        .maximum = 9223372036854775807,
        .offset = offsetof(struct settings, door.is_open),
        .comment = "Whether it is open.",
    },
    {
        .section = "hall",
        .key = "chairs",
        .type = SETTING_INTEGER,
        .is_secret = false,
        .default_text = "4",
        .minimum = -1,
        .maximum = 9,
        .offset = offsetof(struct settings, hall.chairs),
        .comment = "Chairs.",
    },
    {
        .section = "hall",
        .key = "room",
        .type = SETTING_BYTES,
        .is_secret = false,
        .default_text = "8 MiB",
        .minimum = 1024,
        .maximum = 1073741824,
        .offset = offsetof(struct settings, hall.room),
        .comment = "Room.",
    },
    {
        .section = "hall",
        .key = "wait",
        .type = SETTING_DURATION,
        .is_secret = false,
        .default_text = "20 min",
        .minimum = 0,
        .maximum = 86400000,
        .offset = offsetof(struct settings, hall.wait),
        .comment = "How long one waits.",
    },
};

const struct settings_section settings_sections[] = {
    {.name = "door", .meaning = "A door."},
    {.name = "hall", .meaning = "What is behind it."},
    {.name = NULL},
};
