/*
 * lmtp_session.h - the conversation with a mail server (RFC 2033), without a socket.
 *
 * Bytes go in, cut anywhere; replies come out; letters go to whoever stands behind the door. The
 * content of a message is handed on while it comes and never kept.
 *
 * PIPELINING, SIZE, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES and STARTTLS are offered. Lines end
 * with CR LF; a command line with a bare CR or LF, or another control character, is refused.
 *
 * Memory: a session lives in the arena given and takes what the recipients of one message need.
 * Threads: one at a time.
 */
#ifndef APPS_MAIL_LMTP_SESSION_H
#define APPS_MAIL_LMTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct buffer;
struct error;
struct letter_envelope;
struct lmtp_session;

/* What became of a message, for the log. */
struct lmtp_report {
    char name[UUID_TEXT_SIZE]; /* empty: it was not taken */
    size_t recipients;
    int64_t bytes;
    const char *refusal; /* the reply that it got instead; NULL: none */
};

/* Who takes letters. Of a letter that was begun either commit or drop is called, once. */
struct lmtp_house {
    void *context;
    const char *name;
    int64_t size;       /* bytes that a message may have */
    int64_t recipients; /* that a message may have */
    bool has_tls;
    bool (*takes)(void *context, const char *recipient);

    /* BUSY: the house is full; ENDPOINT_UNREACHABLE: the platform is away; LIMIT_EXCEEDED: with
     * what the house puts before it the message is too large; else it cannot write. */
    bool (*begin)(void *context, struct arena *arena, const struct letter_envelope *envelope,
                  void **letter_out, struct error *error);
    bool (*add)(void *letter, const void *bytes, size_t length, struct error *error);
    bool (*commit)(void *context, void *letter, char name_out[UUID_TEXT_SIZE], struct error *error);
    void (*drop)(void *letter);
    void (*note)(void *context, const struct lmtp_report *report);
};

enum lmtp_wish {
    LMTP_GO_ON, /* more bytes */
    LMTP_TLS,   /* after the replies were sent: a handshake, then lmtp_session_secure() */
    LMTP_END    /* after the replies were sent: close */
};

/* Begins a session; the greeting is among the replies. */
struct lmtp_session *lmtp_session_create(struct arena *arena, const struct lmtp_house *house);

/* Drops what has begun. Accepts a pointer to NULL and leaves NULL. */
void lmtp_session_destroy(struct lmtp_session **session);

/* Reads on. used_out is less than length only when the wish is not GO_ON: what comes after
 * STARTTLS in plain text was not read, and must not be. */
must_check enum lmtp_wish lmtp_session_take(struct lmtp_session *session, const char *bytes,
                                            size_t length, size_t *used_out);

/* What is to be sent; the caller clears it. */
struct buffer *lmtp_session_replies(struct lmtp_session *session);

/* The connection is encrypted from now on; the mail server says LHLO again. */
void lmtp_session_secure(struct lmtp_session *session);

/* Whether a message is on its way in. */
bool lmtp_session_is_busy(const struct lmtp_session *session);

/* Adds the reply that ends a session from this side: "421 4.3.2 ...". */
void lmtp_session_dismiss(struct lmtp_session *session, const char *code, const char *why);

#endif
