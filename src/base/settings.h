/*
 * settings.h - what the operator has decided for crmd, from the places of setting_list.h.
 *
 * Memory: texts live in the arena given.
 * Threads: settings never change after loading; a program that reads them again swaps a pointer.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/array.h"
#include "base/attributes.h"
#include "base/setting_list.h"
#include "generated/settings.h" /* struct settings */

struct arena;
struct error;

/* Generated. */
extern const struct setting settings_table[SETTING_COUNT];
extern const struct settings_section settings_sections[];

/* Fails with SETTING_INVALID, or FILE_UNREADABLE; the message begins with the place. */
must_check bool settings_load(struct arena *arena, const struct settings_sources *sources,
                              struct settings *settings_out, struct error *error);

/* What came of reading the settings again: full names of settings, section.key. */
struct settings_change {
    struct array taken;   /* another value is in force */
    struct array waiting; /* another value was given, but only a restart takes it */
};

/* Makes of settings that were read again, next, those that may follow the current ones in a running
 * program: where a setting wants a restart the current value is put back. Its text stays where it
 * is, so the current settings must outlive the next. */
void settings_follow(struct arena *arena, const struct settings *current, struct settings *next,
                     struct settings_change *change_out);

/* Writes a configuration file that holds every setting, its comment and its default. */
void settings_write_example(FILE *file);

/* Writes what is in force, and where it comes from; only what is not a default when is_brief. */
void settings_write_effective(FILE *file, const struct settings *settings, bool is_brief);

#endif
