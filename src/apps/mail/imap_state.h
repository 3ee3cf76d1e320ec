/*
 * imap_state.h - how far a folder has been read, kept through any crash.
 *
 * A file for each folder, named by a digest of user and folder. It is written anew, synced and
 * renamed after each letter is in the spool: what is read twice after a crash the platform knows.
 */
#ifndef APPS_MAIL_IMAP_STATE_H
#define APPS_MAIL_IMAP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct error;
struct imap_account;

struct imap_state {
    uint32_t validity; /* UIDVALIDITY of the folder; 0: it was never read */
    uint32_t next;     /* UID of the first message that is not in the spool yet */
    int64_t since;     /* the moment from which on messages are wanted; 0: all are */
    uint32_t anew;     /* UIDs below were given anew when validity changed, to old messages too */
    uint64_t modseq;   /* HIGHESTMODSEQ when all below next had been read; 0: not known */
};

/* The name of the file. */
const char *imap_state_path(struct arena *arena, const char *folder,
                            const struct imap_account *account);

/* Reads it; a file that is not there is a folder that was never read, and one of an older program
 * ends before modseq. FILE_UNREADABLE. */
must_check bool imap_state_read(const char *path, struct imap_state *state_out,
                                struct error *error);

/* Writes it, durably. INTERNAL. */
must_check bool imap_state_write(const char *path, const struct imap_state *state,
                                 struct error *error);

#endif
