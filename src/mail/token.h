/*
 * token.h - tokens: what our messages carry, so that their answers find the record again.
 *
 * A token is a body and a check: "CAS-2026-000123-7KQ2MF". The body is the number of a record,
 * where its entity has a key of one auto-number; else its id; or it is a serial, which the e-mails
 * of one conversation bear in Email.trackingToken. The check is made with the key file of the
 * organisation: nobody outside can make a token up, and so attach mail where he likes.
 *
 * In a subject a token stands as "[CRM:CAS-2026-000123-7KQ2MF]", the prefix being the setting
 * filing.token_prefix; in an address after a plus: "support+cas-2026-000123-7kq2mf@firm.example".
 * Mail programs put Re: before it, break it in folding, change case and brackets: it is found yet.
 *
 * Memory: everything lives in the arena of the call.
 * Threads: a call belongs to one thread.
 */
#ifndef MAIL_TOKEN_H
#define MAIL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct call;
struct error;
struct reference;
struct uuid;

enum mail_token_kind {
    MAIL_TOKEN_SERIAL, /* of a conversation */
    MAIL_TOKEN_NUMBER, /* of the record with this number */
    MAIL_TOKEN_ID,     /* of the record with this id */
    MAIL_TOKEN_KINDS
};

/* Made of a body by its kind, as below. */
struct mail_token {
    enum mail_token_kind kind;
    const char *body;
};

/* ---- token.c: tokens as text ---- */

/* A new serial, for a message and those that will go on from it. Who writes the e-mail keeps it in
 * Email.trackingToken. */
const char *mail_token_new(struct call *call);

/* The token of a number; NULL for one that is too long, or has other characters than letters and
 * digits of ASCII and hyphens. */
const char *mail_token_of_number(struct call *call, const char *number);

const char *mail_token_of_id(struct call *call, const struct uuid *id);

/* Takes a token apart; false when its check is not ours. */
must_check bool mail_token_read(struct call *call, const char *token, struct mail_token *token_out);

/* A token in the form in which it was made: capital letters. */
const char *mail_token_upper(struct call *call, const char *text);

/* The id that is the body of a token of this kind. */
struct uuid mail_token_id(const struct mail_token *token);

/* The subject with the token at its end, in place of another; of at most so many characters, for
 * which the subject is cut. The subject as it is when filing.token_prefix is empty. */
const char *mail_token_into_subject(struct call *call, const char *subject, const char *token,
                                    size_t most);

/* The first token of ours in a subject, in the form in which it was made; NULL: none. */
const char *mail_token_in_subject(struct call *call, const char *subject);

/* The subject without what looks like a token in brackets, whoever made it. */
const char *mail_token_cut(struct call *call, const char *subject);

/* The address with the token after a plus; NULL when it is none, or its local part would become
 * longer than 64 bytes (RFC 5321, 4.5.3.1.1). */
const char *mail_token_into_address(struct call *call, const char *address, const char *token);

/* What stands after the last plus of the local part; NULL: nothing. It is a token if
 * mail_token_read says so. */
const char *mail_tag_of_address(struct call *call, const char *address);

/* ---- token_record.c: tokens and records ---- */

/* The token of a record: of an e-mail that which it bears, else a new one, which is stored in it;
 * of any other that of its number, or of its id. Fails with RECORD_NOT_FOUND where the caller may
 * not read it, and as the update of the e-mail does. */
must_check bool mail_token_of(struct call *call, const struct reference *record,
                              const char **token_out, struct error *error);

/* The record that a token names, of those that an e-mail may be about; its entity is NULL when
 * there is none, or it is the token of a conversation. Whoever asks: rights are his business. */
must_check bool mail_token_find(struct call *call, const struct mail_token *token,
                                struct reference *record_out, struct error *error);

/* The same of a number. That somebody knows it proves nothing: anybody can guess it. */
must_check bool mail_number_find(struct call *call, const char *number,
                                 struct reference *record_out, struct error *error);

#endif
