/*
 * setting_list.h - the settings of one program, from all the places where they may be said.
 *
 * In this order, the last wins: defaults; the program's file and what is dropped in beside it in
 * the directory, or the one file given; systemd credentials; CRM_<SECTION>_<KEY> in the
 * environment; section.key=value on the command line. A secret may also be given as <key>_file,
 * the name of a file that holds it. A key that does not exist is an error, wherever it stands.
 *
 * Memory: texts live in the arena given.
 * Threads: a list is never changed.
 */
#ifndef BASE_SETTING_LIST_H
#define BASE_SETTING_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/array.h"
#include "base/attributes.h"
#include "base/setting.h"

struct arena;
struct error;

struct settings_section {
    const char *name;
    const char *meaning;
};

struct setting_list {
    const struct setting *rows; /* generated */
    int count;
    const struct settings_section *sections; /* one whose name is NULL ends them */
    size_t size;                             /* of the struct that they are read into */
    const char *file;                        /* "crmd.conf" */
    const char *drop_ins;                    /* "conf.d", and which files of it */
};

/* Where the value of a setting comes from. */
struct setting_origin {
    const char *text;   /* as it was given; of a secret, the secret */
    const char *source; /* "default", "/etc/crmd/crmd.conf:12", "CRM_HTTP_LISTEN", "-o" */
};

struct settings_sources {
    const char *directory;        /* NULL: /etc/crmd */
    const char *file;             /* --config: this file alone; NULL: those of the directory */
    char *const *environment;     /* ends with NULL; NULL: none */
    const char *const *overrides; /* section.key=value, ends with NULL; NULL: none */
    struct array *files;          /* gets the names of the files that are read; NULL: nobody asks */
};

/* Reads them into the program's struct; origins_out gets one for each row. Fails with
 * SETTING_INVALID, or FILE_UNREADABLE; the message begins with the place. */
must_check bool setting_list_load(struct arena *arena, const struct setting_list *list,
                                  const struct settings_sources *sources, void *values_out,
                                  struct setting_origin **origins_out, struct error *error);

/* Writes a configuration file that holds every setting, its comment and its default. */
void setting_list_write_example(FILE *file, const struct setting_list *list);

/* Writes what is in force, and where it comes from; only what is not a default when is_brief. */
void setting_list_write_effective(FILE *file, const struct setting_list *list,
                                  const struct setting_origin *origins, bool is_brief);

#endif
