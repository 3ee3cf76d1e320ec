/*
 * security.h - what the operations of the Security service share.
 */
#ifndef SERVICE_SECURITY_H
#define SERVICE_SECURITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct call;
struct delegation;
struct error;
struct message_list;
struct uuid;

/* Whether the caller may manage security and read the record that a parameter names. */
must_check bool security_may_manage(struct call *call, const char *entity, const struct uuid *id,
                                    struct error *error);

/* The same for reading what is kept of a user: everybody may of himself. */
must_check bool security_may_see_user(struct call *call, const struct uuid *user_id,
                                      struct error *error);

/* Fails with RECORD_NOT_FOUND when there is no such record that the caller may read. */
must_check bool security_check_exists(struct call *call, const char *entity, const struct uuid *id,
                                      struct error *error);

/* Whoever gives a user a password or a secret can come in as him: NOT_ALLOWED unless the caller
 * could give all that the user has. */
must_check bool security_may_become(struct call *call, const struct uuid *user_id,
                                    struct error *error);

/* Waits for others who change who may what; the caller as one who hands on what he has. */
must_check bool security_begin_change(struct call *call, struct delegation *delegation_out,
                                      struct error *error);

/* After a change: an administrator is left, and what was remembered is forgotten. */
must_check bool security_end_change(struct call *call, struct error *error);

/* References, with names, to those of the records that the caller may read. */
must_check bool security_refer(struct call *call, const char *entity, const struct uuid *ids,
                               size_t count, struct message_list *list_out, struct error *error);

#endif
