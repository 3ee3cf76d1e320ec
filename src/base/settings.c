/*
 * settings.c - the settings of crmd.
 */
#include "base/settings.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"

static const struct setting_list list = {
    .rows = settings_table,
    .count = SETTING_COUNT,
    .sections = settings_sections,
    .size = sizeof(struct settings),
    .file = "crmd.conf",
    .drop_ins = "conf.d/*.conf",
};

bool settings_load(struct arena *arena, const struct settings_sources *sources,
                   struct settings *settings_out, struct error *error)
{
    struct setting_origin *origins = NULL;
    struct settings settings;

    if (!setting_list_load(arena, &list, sources, &settings, &origins, error)) {
        return false;
    }
    settings.origins = origins;
    *settings_out = settings;
    return true;
}

/* ---- read again ---- */

static size_t value_size(enum setting_type type)
{
    static const size_t sizes[SETTING_TYPE_COUNT] = {
        [SETTING_TEXT] = sizeof(const char *), [SETTING_INTEGER] = sizeof(int64_t),
        [SETTING_BOOLEAN] = sizeof(bool),      [SETTING_BYTES] = sizeof(int64_t),
        [SETTING_DURATION] = sizeof(int64_t),
    };

    return sizes[type];
}

static bool is_same(const struct setting *row, const void *one, const void *other)
{
    if (row->type != SETTING_TEXT) {
        return memcmp(one, other, value_size(row->type)) == 0;
    }
    return strcmp(*(const char *const *)one, *(const char *const *)other) == 0;
}

void settings_follow(struct arena *arena, const struct settings *current, struct settings *next,
                     struct settings_change *change_out)
{
    struct setting_origin *origins =
        arena_copy(arena, next->origins, SETTING_COUNT * sizeof(*origins));

    array_init(&change_out->taken, arena);
    array_init(&change_out->waiting, arena);
    for (int index = 0; index < SETTING_COUNT; index++) {
        const struct setting *row = &settings_table[index];
        const char *was = (const char *)current + row->offset;
        char *is = (char *)next + row->offset;
        if (is_same(row, was, is)) {
            continue;
        }
        array_add(row->is_reloaded ? &change_out->taken : &change_out->waiting,
                  arena_format(arena, "%s.%s", row->section, row->key));
        if (!row->is_reloaded) {
            memcpy(is, was, value_size(row->type));
            origins[index] = current->origins[index];
        }
    }
    next->origins = origins;
}

/* ---- written ---- */

void settings_write_example(FILE *file)
{
    fputs("# Where it says (SIGHUP), a running server takes another value on that signal; the rest "
          "is\n"
          "# read when it starts.\n\n",
          file);
    setting_list_write_example(file, &list);
}

void settings_write_effective(FILE *file, const struct settings *settings, bool is_brief)
{
    setting_list_write_effective(file, &list, settings->origins, is_brief);
}
