/*
 * waiting.h - which letter goes next, and when: the order of the spool, in memory.
 *
 * Letters go by age. One that failed waits, longer each time, and others go before it. When the
 * platform is away a gate closes: one letter after another knocks, at growing intervals, and with
 * the first that gets through all may go at once.
 *
 * Memory: lives in the arena given, some 80 bytes a letter.
 * Threads: any thread.
 */
#ifndef APPS_MAIL_WAITING_H
#define APPS_MAIL_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct waiting;

struct waiting_letter {
    char name[UUID_TEXT_SIZE];
    bool is_away;      /* it waits for the platform, not for itself */
    int attempts;      /* that failed while the platform took others */
    int64_t failed_on; /* when it failed first, by time_monotonic(); 0: never */
    int64_t due;       /* when it may go, by time_monotonic() */
    uint64_t turn;     /* among those that are due at once */
};

/* longest: milliseconds, the most that a letter, or the gate, waits between two attempts. */
struct waiting *waiting_create(struct arena *arena, int64_t longest);

/* Ends it; accepts a pointer to NULL and leaves NULL. Nobody may be in waiting_take() any more. */
void waiting_destroy(struct waiting **waiting);

/* Adds a letter, to go at once. */
void waiting_add(struct waiting *waiting, const char *name);

/* Takes the next letter out, when it is due; waits for it. False once waiting_stop() was called. */
must_check bool waiting_take(struct waiting *waiting, struct waiting_letter *letter_out);

/* Has everybody in waiting_take() leave, for good. */
void waiting_stop(struct waiting *waiting);

/* ---- what became of the letter that was taken ---- */

/* The platform took it, or refused it: it is there, and all may go. */
void waiting_note_answer(struct waiting *waiting);

/* It is there, and failed on this letter, which is put back to wait. */
void waiting_put_back(struct waiting *waiting, const struct waiting_letter *letter);

/* The platform takes nothing: the letter is put back, and the gate closes. */
void waiting_close(struct waiting *waiting, const struct waiting_letter *letter);

/* Since how many milliseconds the platform has been away; 0: it is there. */
int64_t waiting_away_for(struct waiting *waiting);

#endif
