/*
 * tables.h - the tables of this floor.
 */
#ifndef MAIL_TABLES_H
#define MAIL_TABLES_H

#include "database/table.h"

extern const struct table outbox_table;         /* number -> a message that waits to be sent */
extern const struct table outbox_mailbox_table; /* sender -> when, and who has taken his messages */
extern const struct table conversation_id_table; /* digest of an id -> its conversation */

/* All of them. */
const struct table *const *mail_tables(int *count_out);

#endif
