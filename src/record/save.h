/*
 * save.h - reads the stored side of a write, and writes what differs.
 */
#ifndef RECORD_SAVE_H
#define RECORD_SAVE_H

#include <stdbool.h>

#include "base/attributes.h"
#include "database/sql.h"

struct error;
struct record;
struct uuid;
struct write;
struct write_outcome;

/* Locks and reads what the write needs of the stored record; sets before and after. NULL in
 * before_out when there is none. */
must_check bool save_read(struct write *write, const struct uuid *id, enum row_lock lock,
                          struct record **before_out, struct error *error);

/* Gives a new record its version, author and time. */
void save_begin_new(struct write *write);

/* Inserts the record after, with its parties and files. */
must_check bool save_new(struct write *write, struct write_outcome *outcome_out,
                         struct error *error);

/* Writes the fields that differ, with a new version; nothing when none does. */
must_check bool save_changes(struct write *write, struct write_outcome *outcome_out,
                             struct error *error);

#endif
