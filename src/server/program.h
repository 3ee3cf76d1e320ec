/*
 * program.h - the parts of crmd, in the order in which they start; they stop the other way round.
 *
 * Each part is a row: how it is opened, how it is closed. A mode of the command line is the
 * last part that it needs: --check opens everything up to the door, but does not listen.
 *
 * Memory: all parts live in the program's arena.
 * Threads: opened and closed by the main thread.
 */
#ifndef SERVER_PROGRAM_H
#define SERVER_PROGRAM_H

#include <stdbool.h>

#include "base/attributes.h"

struct error;
struct options;
struct platform;
struct program;

enum program_part {
    PART_READERS, /* of mail */
    PART_SETTINGS,
    PART_LOG,
    PART_CATALOG,      /* reads metadata/ */
    PART_DATABASE,     /* connects */
    PART_SCHEMA,       /* tables are as the catalog wants them */
    PART_CACHES,       /* text rules, sessions, credentials, metrics */
    PART_ORGANIZATION, /* its id and keys, from the database */
    PART_DOOR,         /* operations and contract */
    PART_CHORES,       /* what runs by itself */
    PART_PUSH,         /* changes are brought to those who subscribed */
    PART_COUNT
};

/* Opens the parts up to and including last. On failure those opened are closed again. */
must_check bool program_open(const struct options *options, enum program_part last,
                             struct program **program_out, struct error *error);

/* What the parts make together. */
struct platform *program_platform(struct program *program);

/* Listens until a signal asks to stop, and drains. */
must_check bool program_serve(struct program *program, struct error *error);

/* Closes everything; accepts a pointer to NULL and leaves NULL. */
void program_close(struct program **program);

#endif
