/*
 * options.h - the command lines of the connectors: one table serves reading them and their help.
 *
 * Memory: what is read lives in the arena; words are borrowed from the command line.
 */
#ifndef APPS_MAIL_OPTIONS_H
#define APPS_MAIL_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/array.h"
#include "base/attributes.h"

struct arena;
struct error;

enum options_mode {
    OPTIONS_RUN,
    OPTIONS_CHECK,   /* parse, ask the platform; do nothing else */
    OPTIONS_EXAMPLE, /* write every setting with its comment */
    OPTIONS_VERSION,
    OPTIONS_HELP,
};

/* What a program takes beside what all take, and says of itself. */
struct options_program {
    const char *name;    /* "crm-deliver" */
    const char *meaning; /* what it is, for the first line of its help */
    const char *usage;   /* what follows the name */
    const char *more;    /* what its help ends with */
    bool takes_envelope; /* -f SENDER, and recipients after the options */
};

struct options {
    enum options_mode mode;
    const char *config;           /* file, or NULL */
    const char *const *overrides; /* "section.key=value", ends with NULL */
    const char *sender;           /* NULL: not said */
    struct array recipients;      /* const char * */
};

/* Reads the command line. Fails with OPTION_INVALID, saying which word is wrong. */
must_check bool options_read(struct arena *arena, const struct options_program *program, int count,
                             char **words, struct options *options_out, struct error *error);

/* Does what the mode asks for when it is EXAMPLE, VERSION or HELP; false for the others. */
bool options_answer(const struct options_program *program, const struct options *options);

#endif
