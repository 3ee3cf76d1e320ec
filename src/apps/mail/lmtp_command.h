/*
 * lmtp_command.h - one command line of LMTP taken apart (RFC 2033, RFC 5321).
 *
 * Memory: texts live in the arena given.
 */
#ifndef APPS_MAIL_LMTP_COMMAND_H
#define APPS_MAIL_LMTP_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

/* MAIL FROM:<sender> and what may follow it. */
struct lmtp_mail {
    const char *sender; /* without brackets; "": nobody */
    int64_t size;       /* as announced; 0: not */
    bool is_utf8;       /* addresses may have other than ASCII characters */
};

enum lmtp_fault {
    LMTP_FINE,
    LMTP_BAD_SYNTAX,     /* what is there cannot be read */
    LMTP_BAD_ADDRESS,    /* it is no address */
    LMTP_BAD_PARAMETER,  /* a parameter that nobody offered */
    LMTP_NEEDS_SMTPUTF8, /* other than ASCII characters, and nobody said so */
};

/* The part of a command line after its verb; NULL when it is another command. Verbs have no case.
 */
const char *lmtp_match_verb(const char *line, const char *verb);

/* Reads the argument of MAIL. */
enum lmtp_fault lmtp_read_mail(struct arena *arena, const char *argument,
                               struct lmtp_mail *mail_out);

/* Reads the argument of RCPT. */
enum lmtp_fault lmtp_read_recipient(struct arena *arena, const char *argument, bool is_utf8,
                                    const char **recipient_out);

#endif
