/*
 * held.h - new rows of one call that are held back, so that many go into one statement.
 *
 * A statement costs an engine several times what one row more in it costs. So a call on many
 * records holds its new rows back: they are written together, each table's in the order in which
 * they came, before anything is asked of the connection that may look at them. A row that cannot
 * be written fails whatever is being done by then, and with it all that is held: so whoever holds
 * has set a savepoint, and does again what it undoes, in smaller parts or one by one.
 *
 * Memory: a record is borrowed until it is written; the values of other rows are copied to the
 * arena of the call.
 * Threads: a call belongs to one thread.
 */
#ifndef QUERY_HELD_H
#define QUERY_HELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct call;
struct entity;
struct error;
struct key;
struct row_change;
struct row_value;
struct table;
struct uuid;
struct value;

/* From here on new rows are held back; in a write transaction. */
void held_begin(struct call *call);

/* Writes them; what comes is held again. */
must_check bool held_write(struct call *call, struct error *error);

/* From here on new rows are written as they come; what is held yet is forgotten. */
void held_end(struct call *call);

/* How many are held; what came later is dropped, when none was written since. */
size_t held_count(const struct call *call);
void held_drop_after(struct call *call, size_t count);

/* The row of a new record, while rows are held. */
void held_add_record(struct call *call, const struct row_change *change);

/* Inserts a row into a table of the platform's own, or holds it. */
must_check bool held_insert(struct call *call, const struct table *table,
                            const struct row_value *values, size_t value_count,
                            struct error *error);

/* Whether a record with this id, or with these values of a key, is held: what asks for another is
 * apart from what is held (struct sql). */
bool held_has(const struct call *call, const struct entity *entity, const struct uuid *id);
bool held_has_key(struct call *call, const struct key *key, const struct value *values);

#endif
