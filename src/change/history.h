/*
 * history.h - who changed what of one record, when, from where; old and new values.
 *
 * The old values are those that the change noted. The new ones are what the next change found, or
 * what the record holds now. A creation tells all that the record began with, a deletion all that
 * it had in the end. Fields that the caller may not read are left out.
 *
 * Between the changes stand, by their time, the events of security that no field tells: roles
 * given, passwords set. They are for who may read who changed what (TASK_READ_AUDIT); a user is
 * told those of himself that event.def says.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef CHANGE_HISTORY_H
#define CHANGE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/value.h"

struct call;
struct entity;
struct error;
struct event_detail;
struct field;

struct history_request {
    const struct entity *entity;
    struct uuid id;
    const struct field *field; /* changes of this one alone; NULL: all */
    bool is_oldest_first;
    const char *cookie; /* next_cookie of the page before; NULL: the first page */
    int64_t limit;      /* changes at most */
};

/* VALUE_ABSENT: there was no record. Files are told without their content. */
struct history_field {
    const struct field *field;
    struct value old_value;
    struct value new_value;
};

struct history_change {
    const char *kind; /* "created" "updated" "assigned" "shared" "deleted" "restored" "merged"; or
                       * what change/event.h calls it */
    int64_t version;  /* of the record after it; 0: not told */
    int64_t changed_on;
    struct reference changed_by; /* entity NULL: the platform itself */
    const char *application;
    const char *request_id;
    struct history_field *fields;
    size_t field_count;
    const struct event_detail *details; /* of an event of security, in place of fields */
    size_t detail_count;
};

struct history_page {
    struct history_change *changes;
    size_t count;
    const char *next_cookie; /* NULL: that was all */
    bool is_complete;        /* the history goes back to where the record was made */
};

/* Reads a page. RECORD_NOT_FOUND, NOT_ALLOWED, COOKIE_INVALID. */
must_check bool history_read(struct call *call, const struct history_request *request,
                             struct history_page *page_out, struct error *error);

#endif
