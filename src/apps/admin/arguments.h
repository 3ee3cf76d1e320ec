/*
 * arguments.h - the command line of crmctl: one table of options, read and explained from it.
 *
 * Memory: what is read lives in the arena; words are borrowed from the command line.
 */
#ifndef APPS_ADMIN_ARGUMENTS_H
#define APPS_ADMIN_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/array.h"
#include "base/attributes.h"

struct arena;

/* Which verbs an option is for; a verb names its groups. */
enum option_group {
    OPTIONS_ALWAYS = 0,
    OPTIONS_CONNECTION = 1 << 0,
    OPTIONS_PASSWORD = 1 << 1,
    OPTIONS_FORMAT = 1 << 2,
    OPTIONS_QUERY = 1 << 3,
    OPTIONS_COLUMNS = 1 << 4,
    OPTIONS_IMPORT = 1 << 5,
    OPTIONS_BOOTSTRAP = 1 << 6,
    OPTIONS_CONFIRM = 1 << 7,
};

struct arguments {
    const char *url;
    const char *user;
    const char *ca_file;
    int64_t timeout;
    const char *password_file;
    bool has_password_on_stdin;
    const char *format;
    const char *columns;
    struct array conditions; /* const char * */
    struct array orders;     /* const char * */
    int64_t limit;
    const char *errors;
    int64_t error_limit;
    int64_t workers;
    const char *data;
    const char *administrator;
    bool has_sample;
    struct array settings; /* const char *: section.key=value */
    bool is_confirmed;
    bool wants_help;
    bool wants_version;
    struct array words; /* const char *: what is not an option */
};

/* Reads the command line, after the environment. On failure says why on standard error. */
must_check bool arguments_read(struct arena *arena, int count, char **values,
                               struct arguments *arguments_out);

/* False, with a sentence on standard error, when an option was given that is of none of the
 * groups. */
must_check bool arguments_check(const struct arguments *arguments, unsigned groups, int count,
                                char **values);

/* Writes the options of the groups, one a line. */
void arguments_write_help(FILE *file, unsigned groups);

#endif
