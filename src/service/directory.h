/*
 * directory.h - whom the directory knows becomes, and stays, a user of ours.
 *
 * Memory: what is made lives in the call's arena.
 */
#ifndef SERVICE_DIRECTORY_H
#define SERVICE_DIRECTORY_H

#include <stdbool.h>

#include "base/attributes.h"
#include "security/credential.h"

struct call;
struct error;
struct uuid;

/* How passwords are verified that are not kept here; NULL when there is no directory. Whoever
 * the directory lets in is found by its id, or by his name; his roles are brought to his
 * groups; where settings say so he is made. Must not be used in a transaction. */
const struct credential_elsewhere *directory_elsewhere(struct call *call);

/* Finds the user of a name that was proved in another way, by a ticket: one of ours, or one that
 * the directory has. Not found: CREDENTIALS_INVALID. */
must_check bool directory_user_of_name(struct call *call, const char *name,
                                       struct uuid *user_id_out, struct error *error);

/* Looks up again, after directory.recheck, a user who came from the directory. When he is gone
 * from it his sessions end, and it fails with CREDENTIALS_INVALID. A directory that does not
 * answer changes nothing. */
must_check bool directory_recheck(struct call *call, const struct uuid *user_id,
                                  struct error *error);

/* Whether the directory keeps the user's password, so that none may be set here. */
must_check bool directory_check_may_set_password(struct call *call, const struct uuid *user_id,
                                                 struct error *error);

#endif
