/*
 * draft.h - a row of a source, turned into the values of a record that is to be sent.
 *
 * Memory: a maker lives in the arena of its pass; drafts in that of their chunk.
 * Threads: a maker belongs to one thread; drafts are handed over whole.
 */
#ifndef APPS_ADMIN_DRAFT_H
#define APPS_ADMIN_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct csv_row;
struct csv_source;
struct draft_maker;
struct error;
struct mapping;
struct pass;

struct draft_value {
    bool is_sent;
    const char *text; /* NULL with is_sent: the field is emptied */
};

struct draft {
    long line;
    const char *const *cells;   /* of the row, for the file of errors */
    struct draft_value *values; /* one for each field of the pass */
    const char *problem;        /* why it cannot be sent, or NULL */
    const char *problem_column; /* column or field that it is about, or NULL */
};

/* Prepares a pass for one reading of its source. */
must_check bool draft_maker_open(struct arena *arena, const struct mapping *mapping,
                                 struct pass *pass, const struct csv_source *file,
                                 struct draft_maker **maker_out, struct error *error);

/* Makes the draft of a row; NULL for a row that the pass leaves out. */
struct draft *draft_make(struct draft_maker *maker, struct arena *arena, const struct csv_row *row);

/* The column that a field comes from, or the field's name when it comes from several. */
const char *draft_column_of(const struct pass *pass, const char *field);

#endif
