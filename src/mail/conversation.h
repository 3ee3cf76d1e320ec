/*
 * conversation.h - the e-mails that belong together by what they answer.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_CONVERSATION_H
#define MAIL_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct array;
struct call;
struct error;
struct page;
struct reference;
struct uuid;

/* Which e-mails of conversations are asked for. */
struct conversation_query {
    void *const *conversations; /* struct uuid *, at least one */
    size_t count;
    const char *const *names; /* fields to read beside the id */
    size_t name_count;
    size_t most;
    bool is_about_nothing; /* those alone that are about nothing */
};

/* Lists the e-mails that are part of conversations, the newest first, as far as the caller may read
 * them. */
must_check bool mail_list_conversations(struct call *call, const struct conversation_query *query,
                                        struct page *page_out, struct error *error);

/* Finds the e-mails, at most 500, that belong with one, as far as the caller may read them: those
 * of its conversation, and of those that clients wrote without one, what they answer or refer to,
 * what answers them, and so on. They are struct record * with id, messageId, inReplyTo,
 * referencedMessages, regarding and conversation, the e-mail itself the first. Fails with
 * RECORD_NOT_FOUND. */
must_check bool mail_find_conversation(struct call *call, const struct uuid *id,
                                       struct array *emails, struct error *error);

/* kin.c: finds what a conversation is about, as far as the caller may read its e-mails and file
 * under it; entity NULL: nothing. */
must_check bool mail_subject_of(struct call *call, const struct uuid *conversation,
                                struct reference *subject_out, struct error *error);

#endif
