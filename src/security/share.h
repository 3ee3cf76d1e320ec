/*
 * share.h - rights on single records, granted to users and teams.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef SECURITY_SHARE_H
#define SECURITY_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/entity.h"

struct arena;
struct connection;
struct error;
struct table;

/* Record, principal -> rights; query asks it for records by what was granted on them. */
extern const struct table share_table;

/* The bit of a right, as the classic model has it; 0 for create, which nobody can be granted. */
int64_t share_mask(enum right right);

/* What was granted on a record to a user or team. */
struct share {
    struct uuid principal_id;
    int64_t rights; /* share_mask of each */
};

/* Who has what on a record, in the order of the principals' ids: those after the one given, NULL
 * to begin; at most limit. */
must_check bool share_list(struct connection *connection, struct arena *arena,
                           const struct entity *entity, const struct uuid *record_id,
                           const struct uuid *after, int64_t limit, struct share **shares_out,
                           size_t *count_out, struct error *error);

/* What one principal was granted on a record, its row locked; 0 when nothing. */
must_check bool share_find(struct connection *connection, struct arena *arena,
                           const struct entity *entity, const struct uuid *record_id,
                           const struct uuid *principal_id, int64_t *rights_out,
                           struct error *error);

/* Who grants what, to whom, on which record, when. */
struct share_grant {
    const struct entity *entity;
    struct uuid record_id, principal_id, granted_by;
    int64_t rights; /* 0 takes all away */
    int64_t now;
};

/* Stores what a principal has on a record, in place of what he had. */
must_check bool share_set(struct connection *connection, struct arena *arena,
                          const struct share_grant *grant, struct error *error);

/* Forgets the shares of a record that is deleted, or those of a principal. */
must_check bool share_forget_record(struct connection *connection, struct arena *arena,
                                    const struct entity *entity, const struct uuid *record_id,
                                    struct error *error);
must_check bool share_forget_principal(struct connection *connection, struct arena *arena,
                                       const struct uuid *principal_id, struct error *error);

#endif
