/*
 * options.h - the command line of crmd.
 */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/attributes.h"

struct arena;
struct error;

enum options_mode {
    MODE_SERVE,
    MODE_CHECK,   /* parse, connect, verify; do not listen */
    MODE_EXAMPLE, /* write every setting with its comment */
    MODE_VERSION,
    MODE_HELP,
    MODE_BOOTSTRAP,      /* make an organisation and its first administrator */
    MODE_WRITE_CONTRACT, /* write wsdl/ */
    MODE_CHECK_CONTRACT, /* fail when wsdl/ is stale */
};

struct options {
    enum options_mode mode;
    const char *config;          /* file, or NULL */
    const char **overrides;      /* "section.key=value", ends with NULL */
    const char *administrator;   /* BOOTSTRAP: user name */
    bool has_password_on_stdin;  /* BOOTSTRAP */
    const char *contract_folder; /* WRITE_CONTRACT, CHECK_CONTRACT */
};

/* Reads the command line. Fails with SETTING_INVALID, saying which word is wrong. */
must_check bool options_read(struct arena *arena, int count, char **words,
                             struct options *options_out, struct error *error);

/* Writes the help page. */
void options_write_help(FILE *file);

#endif
