/*
 * mailbox.h - whose address a mailbox may have.
 *
 * Whoever holds a mailbox gets the mail of its address and sends under it. So one whose address a
 * user, a team or another queue has as its own is made, changed and restored only by that user, or
 * by who may write that record. In which form the address is written makes no difference.
 */
#ifndef RECORD_MAILBOX_H
#define RECORD_MAILBOX_H

#include <stdbool.h>

#include "base/attributes.h"

struct error;
struct write;

/* Before the row. NOT_ALLOWED, without a word of whose the address is. True at once for other
 * entities and for the platform's own writes. */
must_check bool mailbox_check(const struct write *write, struct error *error);

#endif
