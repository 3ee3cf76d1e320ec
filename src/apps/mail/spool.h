/*
 * spool.h - letters on disk, between the mail server's leave and the platform's answer.
 *
 * A directory with four entries:
 *
 *   tmp/      letters that are being written; whoever opens the spool removes them
 *   new/      letters that wait: written and synced, with their names, before anybody is told yes
 *   refused/  letters that the platform refused for good, each with the reason in NAME.why
 *   lock      held by the program that has the spool
 *
 * A letter's name is a UUID of version 7, so names sort by age, and is the id of its write: after a
 * crash, or a power cut that brings a letter back, the platform knows it.
 *
 * Memory: a spool lives in the arena given; a draft in that of its begin.
 * Threads: a spool may be used by any thread, a draft by one at a time.
 */
#ifndef APPS_MAIL_SPOOL_H
#define APPS_MAIL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct array;
struct spool_draft;
struct error;
struct letter_envelope;
struct spool;

struct spool_options {
    const char *folder;
    int64_t bytes;    /* that may wait */
    int64_t messages; /* that may wait */
};

/* Opens the spool and takes it for this program; names_out gets the letters that wait, the oldest
 * first (const char *). Fails with SETTING_INVALID: the directory cannot be used, or somebody else
 * has it. */
must_check bool spool_open(struct arena *arena, const struct spool_options *options,
                           struct spool **spool_out, struct array *names_out, struct error *error);

/* Lets go of it; accepts a pointer to NULL and leaves NULL. */
void spool_close(struct spool **spool);

/* How many letters wait, and their bytes; those being written are counted. */
void spool_count(struct spool *spool, int64_t *messages_out, int64_t *bytes_out);

/* ---- writing ---- */

/* Begins a letter. Fails with BUSY when the spool is full, or its disk, with INTERNAL when nothing
 * can be written; so does adding to it. */
must_check bool spool_begin(struct arena *arena, struct spool *spool,
                            const struct letter_envelope *envelope, struct spool_draft **draft_out,
                            struct error *error);
must_check bool spool_add(struct spool_draft *draft, const void *bytes, size_t length,
                          struct error *error);

/* Makes the letter durable under its name, and ends the draft. What fails leaves nothing. */
must_check bool spool_commit(struct spool_draft **draft, char name_out[UUID_TEXT_SIZE],
                             struct error *error);

/* Ends the draft and leaves nothing; accepts a pointer to NULL. */
void spool_drop(struct spool_draft **draft);

/* ---- reading ---- */

/* Opens a letter that waits; file_out -1: somebody has removed it. Fails with INTERNAL. */
must_check bool spool_read(struct spool *spool, const char *name, int *file_out,
                           struct error *error);

/* Removes a letter that has been delivered, or is gone. */
void spool_remove(struct spool *spool, const char *name);

/* Puts a letter aside with the reason. Fails with INTERNAL; it waits on then. */
must_check bool spool_refuse(struct spool *spool, const char *name, const char *why,
                             struct error *error);

#endif
