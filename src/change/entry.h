/*
 * entry.h - who came in and went, and who was refused: noted so that no stranger and no busy
 * program can make the log grow without end.
 *
 *   session   a session was opened: ten of a user, address and application in an hour have entries
 *             of their own, further ones are counted with the last
 *   request   credentials came with a request: the first of a user, way, address and application
 *             in an hour is noted
 *   refused   a secret was compared and was wrong: counted by user, way, address and reason in a
 *             minute
 *   unasked   refused without that, which costs next to nothing: noted once in a minute
 *   locked    an account was shut: counted by user, way and address in an hour
 *   logout, ended, password: what a user may do with his own session, his sessions and his
 *             password, as often as he likes: counted as sessions are
 *
 * A user who comes from very many addresses or applications, and refusals of very many in an hour,
 * are counted together. What was noted is remembered by each node for itself, so a busy node makes
 * as many entries as an idle one, at most.
 *
 * A name that was tried is told by its user alone: what is no user's name may be a password.
 *
 * Threads: a memory is shared.
 */
#ifndef CHANGE_ENTRY_H
#define CHANGE_ENTRY_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct call;
struct entry_memory;
struct error;

enum entry_sort {
    ENTRY_SESSION,
    ENTRY_REQUEST,
    ENTRY_REFUSED,
    ENTRY_UNASKED,
    ENTRY_LOCKED,
    ENTRY_LOGOUT,
    ENTRY_ENDED,
    ENTRY_PASSWORD,
    ENTRY_SORT_COUNT
};

struct entry {
    enum entry_sort sort;
    struct uuid user_id;    /* empty: nobody whom we know */
    struct uuid session_id; /* that was opened or ended, or empty */
    const char *way;        /* of coming in, or NULL */
    const char *reason;     /* of a refusal: the name of an error; or NULL */
};

struct entry_memory *entry_memory_create(void);
void entry_memory_destroy(struct entry_memory **memory);

/* Notes an entry, in the open transaction, else by itself. On a platform that remembers none
 * (platform->entries NULL) requests are not noted, and of the others each is. */
must_check bool entry_note(struct call *call, const struct entry *entry, struct error *error);

#endif
