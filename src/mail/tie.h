/*
 * tie.h - what ties messages together: the ids that they have and name.
 *
 * Every id belongs to one conversation. A message whose ids belong to several makes one of them, so
 * it makes no difference in which order messages come, nor which id of a message an answer names:
 * copies that relays gave other ids are the same e-mail, and all of its ids belong together. Only
 * conversations that would take long to move, of more than a thousand e-mails, stay apart.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_TIE_H
#define MAIL_TIE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "base/attributes.h"
#include "base/uuid.h"

struct call;
struct error;
struct mime_message;

/* The ids of a message, and what they belong to. */
struct mail_ties {
    struct array keys;  /* const char *: digests of the ids */
    const char *own;    /* that of its own id; NULL: it has none */
    bool is_by_program; /* what it names and nobody here has met ties it to nothing */
    struct array fresh; /* const char *: keys that belong to nothing yet, to be kept: its own
                           and the nearest that it names */
    struct array conversations; /* struct uuid *: that the others belong to, each once, the oldest
                                   first */
};

/* Begins with no ids. */
void mail_ties_begin(struct call *call, struct mail_ties *ties);

/* Adds an id, the nearest first; NULL: nothing happens. Those beyond two hundred are left out; of
 * those that belong to nothing yet only the first twenty-one are kept. */
void mail_ties_add(struct call *call, struct mail_ties *ties, const char *id);

/* Adds ids of earlier messages, given the oldest first. */
void mail_ties_add_references(struct call *call, struct mail_ties *ties, const char *const *ids,
                              size_t count);

/* The ids of a message that was read; its own counts only where it is nobody else's. */
void mail_ties_of(struct call *call, const struct mime_message *message, bool has_own,
                  struct mail_ties *ties);

/* Finds what the ids belong to, as far as the caller may know: who may not read every e-mail learns
 * nothing of conversations of which he may read none. */
must_check bool mail_ties_find(struct call *call, struct mail_ties *ties, struct error *error);

/* Likewise, and holds it until the transaction ends. */
must_check bool mail_ties_hold(struct call *call, struct mail_ties *ties, struct error *error);

/* One more conversation that the message is part of. */
void mail_ties_meet(struct call *call, struct mail_ties *ties, const struct uuid *conversation);

/* Whether two have been found to belong to the same. */
bool mail_ties_agree(const struct mail_ties *left, const struct mail_ties *right);

/* Makes one conversation of those that are held, or a new one, and lets all ids belong to it. The
 * smaller become part of the largest, at most a thousand e-mails together; what is beyond that
 * stays as it is. Fails with DATABASE_CONFLICT when another message was quicker. */
must_check bool mail_ties_join(struct call *call, const struct mail_ties *ties,
                               struct uuid *conversation_out, struct error *error);

/* Makes an e-mail part of a conversation, whoever asks. That is no change of the e-mail: it keeps
 * its version and who changed it last, and no reader of changes is told. */
must_check bool mail_ties_put(struct call *call, const struct uuid *email_id,
                              const struct uuid *conversation, struct error *error);

/* untie.c: forgets the ids of conversations whose last e-mail is among records that can never be
 * restored (struct record *, of any entities). */
must_check bool mail_ties_forget(struct call *call, const struct array *gone, struct error *error);

#endif
