/*
 * smtp.h - messages handed to a mail server by submission: SMTP with TLS and a password.
 *
 * One conversation after another over a kept connection. A password goes over TLS only, and TLS
 * only to a server whose certificate is for its name. Addresses beyond ASCII are for servers that
 * speak SMTPUTF8; by another the other recipients get the message, with a header that it takes.
 *
 * Memory: lives in the arena given.
 * Threads: one at a time.
 * Specifications: RFC 5321, 6409, 3207, 8314, 4954, 4616, 3461, 1870, 6531.
 */
#ifndef APPS_MAIL_SMTP_H
#define APPS_MAIL_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/attributes.h"

struct arena;
struct error;
struct smtp;

enum { SMTP_SAID_SIZE = 900 };

enum smtp_verdict {
    SMTP_TAKEN, /* the server has it; some recipients may have been refused: said names them */
    SMTP_LATER, /* it may take it another time */
    SMTP_NEVER,
    SMTP_AWAY, /* the connection broke within the message */
    SMTP_SHUT, /* there is no server to talk to, or it does not let us in */
};

struct smtp_options {
    const char *host;
    int port;
    const char *security; /* "starttls", "tls" from the first byte, "none" */
    const char *user;     /* "" sends without a password */
    const char *password;
    const char *ca_file; /* PEM: who may vouch for it */
    int64_t timeout;     /* milliseconds for an answer; ten times that for the last one */
};

struct smtp_message {
    const char *sender;
    struct array recipients; /* const char * */
    int file;                /* holds it: lines end with CR LF */
    int64_t length;
    int64_t deadline;       /* by time_monotonic(): its last line is not sent after it */
    bool can_wait;          /* put off for one of the recipients, it is put off for all */
    bool is_receipt_wanted; /* a report of delivery, where the server knows how */
};

/* Prepares; nothing is sent. Fails with SETTING_INVALID where the authorities cannot be read. */
must_check bool smtp_make(struct arena *arena, const struct smtp_options *options,
                          struct smtp **smtp_out, struct error *error);

/* Sends one message, connecting when need be. said: what the server said, or what went wrong. After
 * SMTP_AWAY nobody knows whether the server has it. What cannot be done
 * by the deadline is given up (SMTP_LATER, or SMTP_AWAY within its content): the server does not
 * have it then. */
enum smtp_verdict smtp_send(struct smtp *smtp, const struct smtp_message *message,
                            char said[SMTP_SAID_SIZE]);

/* Whether the server refused the password: to ask often makes it shut us out. */
bool smtp_is_refused(const struct smtp *smtp);

/* Says goodbye and closes the connection; the next message opens another. */
void smtp_close(struct smtp *smtp);

#endif
