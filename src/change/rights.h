/*
 * rights.h - what a reader of changes may read, put together so that a change of it is noticed.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef CHANGE_RIGHTS_H
#define CHANGE_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "change/token.h"

struct access_scope;
struct call;
struct entity;

/* The entities whose changes a feed is made of, with the caller's scope of reading each. */
struct change_rights {
    const struct entity *entity;        /* the only one asked for, or NULL: all */
    const struct access_scope **scopes; /* by entity->index; NULL: not part of the feed */
    const struct access_scope **above; /* by entity->index: what of a record reaches down to records
                                          of the feed; NULL: nothing does, or all are readable */
    const char **names;                /* of all entities whose rows may matter */
    size_t name_count;
    uint8_t digest[TOKEN_RIGHTS_SIZE];
};

/* Of one entity that the caller may read, or, NULL, of all that he may. */
struct change_rights change_rights_of(struct call *call, const struct entity *entity);

#endif
