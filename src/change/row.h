/*
 * row.h - rows of svyaz_change, read: for the feed, the history, the recycle bin and undo.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef CHANGE_ROW_H
#define CHANGE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "change/change.h"
#include "database/row.h"

struct call;
struct entity;
struct error;

struct change_row {
    int64_t number;              /* later changes of a record have greater ones */
    int64_t position;            /* in the feed; 0: not given yet */
    const struct entity *entity; /* NULL: the catalog does not know it any more */
    struct uuid id;
    int64_t version; /* of the record after the change; 0: it has none */
    enum change_kind kind;
    const char *field_names; /* NULL: none */
    const char *sight;       /* NULL: nobody's changed */
    struct uuid user_id;     /* empty: the platform itself */
    const char *application;
    const char *request_id;
    int64_t changed_on;
    bool is_in_bin;
    struct uuid with_id; /* a deletion: the record that took this one along; empty: by itself; a
                            merge: the record that it was given up for */
    const char *former;  /* values before; NULL: none, or not asked for */
};

/* Whether values before the changes are read: they may be long. */
enum change_values { CHANGE_WITH_FORMER, CHANGE_WITHOUT_FORMER };

/* Selects rows; table and columns of the query are filled in here. */
must_check bool change_select(struct call *call, struct row_query query, enum change_values values,
                              struct change_row **rows_out, size_t *count_out, struct error *error);

/* The last of those that meet all conditions, its row locked when asked; NULL when there is none.
 */
must_check bool change_select_last(struct call *call, const struct row_condition *conditions,
                                   size_t count, bool is_locked, struct change_row **row_out,
                                   struct error *error);

#endif
