/*
 * party.h - the participants of activities, kept in a table of their own.
 */
#ifndef QUERY_PARTY_H
#define QUERY_PARTY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct call;
struct error;
struct field;
struct record;
struct uuid;
struct value;

/* Fills in a party list of records, empty lists included; without names. */
must_check bool party_read(struct call *call, const struct field *field,
                           struct record *const *records, size_t count, struct error *error);

/* Stores a party list of a record that has none yet. */
must_check bool party_add(struct call *call, const struct field *field,
                          const struct uuid *record_id, const struct value *value,
                          struct error *error);

/* Stores a party list in place of what was stored; null and empty clear it. Of what was there
 * before only what differs is written. */
must_check bool party_write(struct call *call, const struct field *field,
                            const struct uuid *record_id, const struct value *before,
                            const struct value *value, struct error *error);

/* Forgets all parties of a record that is deleted, and that it was one: its address stays. */
must_check bool party_forget(struct call *call, const struct uuid *record_id, struct error *error);

#endif
