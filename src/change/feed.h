/*
 * feed.h - what changed since, in the order of commits, as one reader may see it.
 *
 * Of each change the reader is told, of a record that he may read now: created, updated, assigned
 * (another owner or business unit), shared (with him), merged (given up for another, which is named
 * if he may read that one too). Of one that he may not read any more: deleted, or left (out of his
 * sight), when he could read it before, else nothing. childrenMoved names a record of which
 * something reached down to others: what lies below may have come or gone with it.
 *
 * A reader begins without a token, gets one, reads what there is, and goes on from the token. What
 * is committed after the token was made, and perhaps some of what he has read, comes then. When his
 * own rights have changed, or the changes after his token are no longer kept, he begins anew.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef CHANGE_FEED_H
#define CHANGE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct call;
struct entity;
struct error;
struct reference;

struct feed_request {
    const struct entity *entity; /* NULL: all that the caller may read */
    const char *token;           /* NULL: from now on */
    int64_t limit;               /* changes looked at, at most */
};

struct feed_change {
    int64_t position; /* in the order of commits */
    const char *kind; /* "created" "updated" "assigned" "shared" "merged" "deleted" "left"
                         "childrenMoved" */
    const struct entity *entity;
    struct uuid id;
    int64_t version;          /* 0: not told */
    const char **field_names; /* fields that changed and that the caller may read */
    size_t field_count;
    int64_t changed_on;
    struct uuid changed_by; /* empty: the platform itself */
    const char *application;
    const char *request_id;
    bool is_readable;              /* the record, by now */
    struct reference *merged_into; /* the record that it was given up for, or NULL */
};

struct feed_page {
    struct feed_change *changes;
    size_t count;
    const char *next_token;
    bool has_more; /* changes that were not looked at yet */
};

/* A token of the caller after this position, for all that he may read. */
const char *feed_token_at(struct call *call, int64_t position);

/* Reads a page. RESYNC_REQUIRED, CHANGES_EXPIRED, CHANGE_TOKEN_INVALID. */
must_check bool feed_read(struct call *call, const struct feed_request *request,
                          struct feed_page *page_out, struct error *error);

#endif
