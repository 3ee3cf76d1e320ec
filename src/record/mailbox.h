/*
 * mailbox.h - whose address a mailbox may have.
 *
 * Whoever holds a mailbox gets the mail of its address and sends under it. So one whose address a
 * user, a team or another queue has as its own is made and restored only by that user, or by who
 * may write that record; so is one of that address with something after a plus. No address has two
 * mailboxes, also when two are made at once. In which form it is written makes no difference.
 * Changes are not looked at: address and holder stay as they are, and what else a mailbox has is
 * for those who may write it.
 */
#ifndef RECORD_MAILBOX_H
#define RECORD_MAILBOX_H

#include <stdbool.h>

#include "base/attributes.h"

struct error;
struct write;

/* Before a new row. NOT_ALLOWED, without a word of whose the address is; DUPLICATE_KEY when another
 * mailbox has it. True at once for other entities and for the platform's own writes. */
must_check bool mailbox_check(const struct write *write, struct error *error);

#endif
