/*
 * event.h - what happened to security: who came in or was refused, who changed who may what.
 *
 * An event is about a user, team, role, unit or profile, but about no version of its record, and
 * of a refused login there may be no record at all: so events have a table of their own, whose
 * rows no reader of the feed meets. What each kind is, event.def says. An event is written by the
 * transaction of what it tells of; no secret is ever part of one.
 *
 * Memory: what is read lives in the call's arena.
 * Threads: a call belongs to one thread.
 */
#ifndef CHANGE_EVENT_H
#define CHANGE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct array;
struct call;
struct connection;
struct entity;
struct error;
struct reference;

enum { EVENT_ADDRESS_LENGTH = 64 };

enum event_kind {
#define EVENT(constant, name, class, own, other, about) EVENT_##constant,
#include "change/event.def"
#undef EVENT
    EVENT_KIND_COUNT
};

/* ENTRY, CHANGE and WRITE of event.def. */
enum event_class { EVENT_CLASS_ENTRY, EVENT_CLASS_CHANGE, EVENT_CLASS_WRITE };

const char *event_name(enum event_kind kind);
bool event_parse(const char *name, enum event_kind *kind_out);
enum event_class event_class_of(enum event_kind kind);

/* Whether the user it is about is told of it. */
bool event_is_own(enum event_kind kind);

/* A record as events keep it. */
struct event_record {
    const struct entity *entity; /* NULL: none */
    struct uuid id;
};

struct event_record event_record_of(const struct call *call, const char *entity,
                                    const struct uuid *id);

/* One thing that got another value; NULL: there was or is none. */
struct event_detail {
    const char *name;
    const char *old_value, *new_value;
    struct reference *old_reference, *new_reference; /* when the values are ids */
};

struct event {
    enum event_kind kind;
    struct event_record about; /* entity NULL: nobody whom we know */
    struct event_record other; /* the role given, the member added ... */
    struct uuid session_id;    /* or empty */
    const char *way;           /* by which somebody came or tried to; or NULL */
    const char *reason;        /* why he was refused, an error's name; or NULL */
    const struct event_detail *details;
    size_t detail_count;
    struct uuid row_id; /* by which event_count_again finds it; empty: it will not be asked to */
    bool is_of_many;    /* it stands for several callers: where they come from is not told */
};

/* Writes an event: in the open transaction, else by itself. Who did it, from where, when and by
 * which request is the call's. */
must_check bool event_note(struct call *call, const struct event *event, struct error *error);

/* Short ways: a record alone, by the name of its entity; and with another. */
must_check bool event_note_of(struct call *call, enum event_kind kind, const char *entity,
                              const struct uuid *id, struct error *error);
must_check bool event_note_pair(struct call *call, enum event_kind kind, const char *entity,
                                const struct uuid *id, const char *other_entity,
                                const struct uuid *other_id, struct error *error);

/* Counts that the same has happened once more. */
must_check bool event_count_again(struct call *call, const struct uuid *row_id,
                                  bool *is_counted_out, struct error *error);

/* ---- reading ---- */

/* An event as it is told. */
struct event_entry {
    int64_t number; /* later ones have greater ones */
    struct event event;
    int64_t happened_on;
    int64_t count;       /* how often, within the minute or hour that it stands for */
    struct uuid user_id; /* who did it; empty: the platform itself, or nobody whom we know */
    const char *address, *application, *request_id; /* or NULL */
};

struct event_filter {
    const struct event_record *about; /* NULL: any */
    bool is_either;                   /* about may be the other one too */
    bool is_of_history;               /* of class CHANGE alone */
    const struct uuid *user_id;       /* who did it; NULL: anybody */
    int64_t from, until;              /* moments, both included */
    const bool *is_wanted;            /* by enum event_kind */
    bool is_descending;
    int64_t number; /* from here on, without it itself */
    int64_t limit;
};

/* Reads events in the order of their numbers. */
must_check bool event_select(struct call *call, const struct event_filter *filter,
                             struct event_entry **entries_out, size_t *count_out,
                             struct error *error);

/* What an event changed, as old and new values. Where two records are named, the other one is a
 * value, seen from one of them; NULL: both are told elsewhere. Adds the references to those that
 * want names. */
const struct event_detail *event_details(struct call *call, const struct event_entry *entry,
                                         const struct uuid *seen_from, struct array *references,
                                         size_t *count_out);

/* Forgets a part of the events from before a moment; how many. */
must_check bool event_sweep(struct connection *connection, struct arena *arena, int64_t before,
                            int64_t *count_out, struct error *error);

#endif
