/*
 * lmtp_server.h - the door of crm-lmtpd: sockets, a thread for each connection, the end.
 *
 * A connection takes one thread with a small stack, one session, and no memory for content: that
 * goes to the spool while it comes.
 *
 * Memory: a server lives in the arena given.
 * Threads: made and ended by one thread.
 */
#ifndef APPS_MAIL_LMTP_SERVER_H
#define APPS_MAIL_LMTP_SERVER_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct carrier;
struct connector;
struct error;
struct lmtp_server;
struct spool;

/* Whether its settings are in order; nothing is listened on. Fails with SETTING_INVALID. */
must_check bool lmtp_server_check(struct arena *arena, const struct connector *connector,
                                  struct error *error);

/* Listens, and takes letters into the spool. Fails with SETTING_INVALID, INTERNAL. */
must_check bool lmtp_server_start(struct arena *arena, const struct connector *connector,
                                  struct spool *spool, struct carrier *carrier,
                                  struct lmtp_server **server_out, struct error *error);

/* Where it listens, for people: "127.0.0.1:2003, /run/crm-lmtpd/lmtp". */
const char *lmtp_server_name(const struct lmtp_server *server);

/* Reads certificate and key again; what fails leaves those that are in use. */
must_check bool lmtp_server_reload(struct lmtp_server *server, struct error *error);

/* Takes no more connections or messages, lets those under way finish for lmtp.drain_timeout, and
 * ends. True when none was cut off. Accepts a pointer to NULL and leaves NULL. */
bool lmtp_server_stop(struct lmtp_server **server);

#endif
