/*
 * schema_run.h - bringing a schema up to date with its times and interruptions in hand, for
 * tests and for schema.c.
 */
#ifndef METADATA_SCHEMA_RUN_H
#define METADATA_SCHEMA_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct array;
struct database;
struct error;
struct log;

struct schema_run {
    struct database *database;
    const struct log *log;
    int64_t release;    /* of this program: a database of a later one is refused */
    int64_t lease_time; /* ms that a step may take before another node may go on */
    int64_t patience;   /* ms to wait for another node that is at it */
    bool (*may_go_on)(void *context, size_t steps_run); /* asked before each step; NULL: always */
    void *context;
};

/* Brings the database to these tables (struct table). When may_go_on says no it stops as a
 * killed process would: with INTERNAL, the lease still held, everything else in the journal. */
must_check bool schema_run(const struct schema_run *run, const struct array *tables,
                           struct error *error);

#endif
