/*
 * store.h - values of fields as cells of columns, and back; and the columns made beside.
 *
 * A string has its text, and by the catalog a sort key and a folded form beside it. A lookup of
 * several targets has the entity's name beside its id.
 *
 * Memory: what is read or made lives in the arena of the call; texts are copied out of rows.
 */
#ifndef QUERY_STORE_H
#define QUERY_STORE_H

#include <stddef.h>

#include "base/attributes.h"
#include "database/cell.h"
#include "database/sql.h"

struct call;
struct error;
struct field;
struct value;

/* How the column of a field is read. */
struct sql_column store_column(const struct field *field);

/* The cell of a value, null included. */
struct cell store_cell(const struct field *field, const struct value *value);

/* The value in a cell. The entity of a lookup of one target is filled in. */
void store_read(struct call *call, const struct field *field, const struct cell *cell,
                struct value *value_out);

/* The cells of the columns beside a string; text NULL makes nulls. */
struct cell store_sort_cell(struct call *call, const char *text);
struct cell store_fold_cell(struct call *call, const struct field *field, const char *text);

#endif
