/*
 * security_log.h - events of security, the newest first, as one reader may see them.
 *
 * Whoever may read who changed what (TASK_READ_AUDIT) is told of the events about records that he
 * may read; of those about nobody whom we know, and about records that are gone, when he may read
 * all of the entity. Everybody is told who came in as himself, or tried to, and what became of his
 * password: not by a session with a scope, and not from where others did what they did to him.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef CHANGE_SECURITY_LOG_H
#define CHANGE_SECURITY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "change/event.h"

struct call;
struct error;

struct security_log_request {
    const struct event_record *about; /* a record that they are about, or name; NULL: any */
    const struct uuid *user_id;       /* who did it; NULL: anybody */
    int64_t from, until;              /* moments; INT64_MIN, INT64_MAX: without end */
    bool is_wanted[EVENT_KIND_COUNT];
    const char *cookie; /* next_cookie of the page before; NULL: the first */
    int64_t limit;      /* events to look at, at most */
};

struct security_log_page {
    struct event_entry **entries;
    size_t count;
    const char *next_cookie; /* NULL: that was all */
};

/* Reads a page. NOT_ALLOWED, COOKIE_INVALID. */
must_check bool security_log_read(struct call *call, const struct security_log_request *request,
                                  struct security_log_page *page_out, struct error *error);

#endif
