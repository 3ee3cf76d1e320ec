/*
 * conversation.h - the e-mails that belong together by what they answer.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_CONVERSATION_H
#define MAIL_CONVERSATION_H

#include <stdbool.h>

#include "base/attributes.h"

struct array;
struct call;
struct error;
struct uuid;

/* Finds the e-mails, at most 500, that an e-mail answers or refers to, that answer it, and so on
 * from each of them, as far as the caller may read them: struct record * with id, messageId,
 * inReplyTo, referencedMessages and regarding, the e-mail itself the first. Fails with
 * RECORD_NOT_FOUND. */
must_check bool mail_find_conversation(struct call *call, const struct uuid *id,
                                       struct array *emails, struct error *error);

#endif
