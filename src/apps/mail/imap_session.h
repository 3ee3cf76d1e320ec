/*
 * imap_session.h - commands of IMAP that libetpan has not, or not as they are needed here.
 *
 * Its IDLE forgets what the server told before it, and does not hear what it tells between the
 * command and its leave to wait; its QRESYNC (RFC 7162) opens folders for writing alone.
 *
 * Threads: one at a time.
 */
#ifndef APPS_MAIL_IMAP_SESSION_H
#define APPS_MAIL_IMAP_SESSION_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct imap_folder;
struct imap_state;
struct mailimap;

/* Opens a folder for reading; known is how far it was read. Where the server offers QRESYNC it is
 * asked at once what has come since; where it does not, or refuses, folder_out says just how the
 * folder is now. False: it cannot be opened, or has no lasting UIDs. */
must_check bool imap_session_examine(struct mailimap *session, struct arena *arena,
                                     const char *name, const struct imap_state *known,
                                     struct imap_folder *folder_out);

/* Whether the server has told of messages since imap_session_forget_news(). */
bool imap_session_has_news(const struct mailimap *session);
void imap_session_forget_news(struct mailimap *session);

/* Begins IDLE (RFC 2177); mailimap_idle_done() ends it. False: it is refused, or the connection has
 * ended. */
must_check bool imap_session_idle(struct mailimap *session);

#endif
