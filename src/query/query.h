/*
 * query.h - asks for records: a checked tree, narrowed by security, written as SQL.
 *
 * A query is made from the client's request against the catalog, so it names only fields that
 * exist and may be used so; values are parsed by the types of their fields. Security narrows
 * every entity in it before SQL is written. Orders go by the stored sort keys and end with the
 * id, so pages are stable and the deepest costs what the first does.
 *
 * Operators: eq ne lt le gt ge like notLike in notIn between notBetween null notNull.
 *
 * Memory: everything answered lives in the call's arena.
 */
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "database/sql.h"

struct call;
struct entity;
struct error;
struct field;
struct key;
struct query_request;
struct record;
struct value;

/* The set of fields to read, by field->index. */
struct column_set {
    const struct field **fields;
    size_t count;
};

/* Checks names; absent names: every field but memo, file, party list and secret. id and version
 * are always in it; secured fields that the caller may not read never are. FIELD_UNKNOWN names
 * the first that does not exist. */
must_check bool query_columns(struct call *call, const struct entity *entity,
                              const char *const *names, size_t count, bool is_absent,
                              struct column_set *columns_out, struct error *error);

struct page {
    struct record **records;
    size_t count;
    const char *next_cookie; /* NULL on the last page */
    bool has_more;
    bool has_total;
    int64_t total;
};

/* Lists a page of records. Needs the read privilege; a caller without it gets NOT_ALLOWED. */
must_check bool query_run(struct call *call, const struct entity *entity,
                          const struct query_request *request, struct page *page_out,
                          struct error *error);

/* Reads one record by id, if the caller may; NULL both for none and for forbidden. Names of
 * references are filled in only where he may read what they refer to. */
must_check bool query_read(struct call *call, const struct entity *entity, const struct uuid *id,
                           const struct column_set *columns, struct record **record_out,
                           struct error *error);

/* Whether there is a record with this id, whoever asks, locking its row as what follows needs. */
must_check bool query_exists(struct call *call, const struct entity *entity, const struct uuid *id,
                             enum row_lock lock, bool *is_found_out, struct error *error);

/* Reads one record by id, whoever asks, locking its row as what follows needs; NULL when there
 * is none. Rights on it are the caller's business; references have no names. */
must_check bool query_find(struct call *call, const struct entity *entity, const struct uuid *id,
                           const struct column_set *columns, enum row_lock lock,
                           struct record **record_out, struct error *error);

/* One record that others depend on: whether it is there, and one of its values. */
struct probe {
    const struct entity *entity;
    struct uuid id;
    const struct field *field; /* the value to read; the id itself to ask for no more */
    enum row_lock lock;        /* whether what is answered stays true until the transaction ends */
    struct value *value;       /* absent when there is no such record */
};

/* Asks for many at once, in one round trip, whoever asks. Probes that lock the same record must
 * all lock it: one that does not may answer what was true before the lock was had. */
must_check bool query_probe(struct call *call, struct probe *probes, size_t count,
                            struct error *error);

/* Locks for change the record that another refers to, if there is one, whoever asks; for lookups
 * of one target. */
must_check bool query_lock_target(struct call *call, const struct field *lookup,
                                  const struct uuid *id, struct error *error);

/* The id of the record with these key values (parsed, in the order of the key); found_out is
 * false when there is none. */
must_check bool query_find_by_key(struct call *call, const struct key *key,
                                  const struct value *values, struct uuid *id_out,
                                  bool *is_found_out, struct error *error);

/* The sums of fields over the children of a parent; zero when there are none. */
struct decimal;
must_check bool query_totals(struct call *call, const struct field *link,
                             const struct field *const *fields, size_t field_count,
                             const struct uuid *parent_id, struct decimal *totals_out,
                             struct error *error);

/* The ids of the records whose lookup refers to a record, at most limit, in order of id. */
must_check bool query_referrers(struct call *call, const struct field *lookup,
                                const struct uuid *target_id, size_t limit, struct uuid **ids_out,
                                size_t *count_out, struct error *error);

/* One row to be written; only the record engine does that. Values absent from the record are
 * left out. Sort keys and folded columns are made here. */
struct row_change {
    const struct record *record;
    int64_t expected_version; /* update: of the row as it is; another is a DATABASE_CONFLICT */
    bool is_last;             /* may wait for the commit: see connection_apply */
    bool (*explain)(void *context, struct error *error);
    void *context; /* is_last: lives until the transaction ends */
};

must_check bool query_insert(struct call *call, const struct row_change *change,
                             struct error *error);

/* New rows of one entity, many in a statement; on failure some may be written. */
must_check bool query_insert_all(struct call *call, const struct row_change *const *changes,
                                 size_t count, struct error *error);
must_check bool query_update(struct call *call, const struct row_change *change,
                             struct error *error);
must_check bool query_delete(struct call *call, const struct entity *entity, const struct uuid *id,
                             struct error *error);

#endif
