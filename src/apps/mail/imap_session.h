/*
 * imap_session.h - commands of IMAP that libetpan has not, or not as they are needed here.
 *
 * Its IDLE forgets what the server told before it, and does not hear what it tells between the
 * command and its leave to wait.
 *
 * Threads: one at a time.
 */
#ifndef APPS_MAIL_IMAP_SESSION_H
#define APPS_MAIL_IMAP_SESSION_H

#include <stdbool.h>

#include "base/attributes.h"

struct mailimap;

/* Whether the server has told of messages since imap_session_forget_news(). */
bool imap_session_has_news(const struct mailimap *session);
void imap_session_forget_news(struct mailimap *session);

/* Begins IDLE (RFC 2177); mailimap_idle_done() ends it. False: it is refused, or the connection has
 * ended. */
must_check bool imap_session_idle(struct mailimap *session);

#endif
