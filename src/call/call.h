/*
 * call.h - what one request carries through the floors.
 *
 * Memory: everything a call makes lives in its arena, released after the answer was sent.
 * Threads: a call belongs to one thread.
 */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "call/platform.h"
#include "metadata/entity.h"
#include "metadata/value.h"

struct arena;
struct array;
struct catalog;
struct connection;
struct held;
struct identity;
struct record;
struct settings;
struct zone;

/* A record that has another version than the caller expected. */
struct conflict {
    const struct entity *entity; /* NULL: none was met */
    struct uuid id;
    const struct record *current; /* as he may see it now; NULL when he may not */
};

/* A user of whom something was changed; see record/forget.h. */
struct changed_user {
    struct uuid id;
    bool has_new_password;
    const struct changed_user *next;
};

struct call {
    struct arena *arena;
    const struct platform *platform;
    const struct catalog *catalog;
    const struct settings *settings; /* as they were when it began */
    struct connection *connection;   /* held from the first step that needs it to the last */
    const struct identity *identity; /* NULL until known */
    struct uuid session_id;          /* empty without a session */
    const char *request_id;          /* the client's, or one of ours; never NULL */
    bool has_request_id;             /* it is the client's: a write under it is done once */
    const char *application;         /* the client's name for itself, or NULL */
    const char *peer_address;        /* for the log and for counting attempts */
    enum language language;          /* of fault texts and labels */
    struct zone *zone;               /* of moments without offset: the request's, else the user's;
                                        NULL: they are refused */
    bool is_validate_only;
    bool is_repeated;         /* a conflict with others made it begin anew */
    bool has_one_write;       /* the operation writes one record and asks nothing after it */
    bool is_filing_by_rule;   /* what e-mails are about is found out, and said by nobody */
    bool is_security_changed; /* who may what: identities remembered are worth nothing any more */
    const struct changed_user *changed_users; /* or NULL */
    bool has_expected_version;
    int64_t expected_version;
    struct conflict conflict;
    struct array *staged;         /* struct file *, beside those of the request: stored before the
                                     transaction, dropped when it fails; NULL: none */
    const void *prepared;         /* what the operation found out before its transaction, or NULL */
    struct array *gathered_notes; /* of change/change.h; NULL: each is written as it comes */
    struct held *held;            /* of query/held.h; NULL: each new row is written as it comes */
    int64_t now;                  /* moment the call began; the time of all it writes */
    int64_t deadline;             /* monotonic ms; 0: none */
    int64_t row_count;            /* records answered or written, for the log */
};

/* Makes a call on a platform, with a request id of its own and the catalog held for as long as
 * the arena lives. */
struct call *call_make(struct arena *arena, const struct platform *platform);

/* A new id, UUID version 7 of the call's time. */
struct uuid call_new_id(struct call *call);

#endif
