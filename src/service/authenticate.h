/*
 * authenticate.h - turns the credentials of a message into the identity of the call.
 */
#ifndef SERVICE_AUTHENTICATE_H
#define SERVICE_AUTHENTICATE_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct credentials;
struct error;
struct identity;
struct password_proof;

/* Checks every credential that is present and sets call->identity, and call->session_id when a
 * session is among them. Fails with NOT_AUTHENTICATED when there is none, with
 * CREDENTIALS_INVALID when two of them name different users. */
must_check bool authenticate(struct call *call, const struct credentials *credentials,
                             struct error *error);

/* Takes what the message may use once, its nonce, signature and ticket, so that it is not let in
 * again, by any node. Fails with CREDENTIALS_INVALID when it was used before. Called once for a
 * message, when its credentials have been checked, outside a transaction. */
must_check bool authenticate_once(struct call *call, const struct credentials *credentials,
                                  struct error *error);

/* What a password may be: a person's, or the secret of a program too. */
enum password_kind { PASSWORD_OF_PERSON, PASSWORD_OR_SECRET };

/* Whoever says that he is somebody, and brings a password. */
struct password_bearer {
    const char *name;
    const char *password; /* NULL: an empty one */
    enum password_kind kind;
    const char *way;               /* that he came by, as the log of security calls it */
    const struct uuid *session_id; /* by which he is here already, or NULL */
};

/* Checks a name and a password. Fails with CREDENTIALS_INVALID or TOO_MANY_ATTEMPTS, and notes
 * that, and the name for the log of the program. */
must_check bool authenticate_password(struct call *call, const struct password_bearer *bearer,
                                      struct password_proof *proof_out, struct error *error);

/* The same, and who he is. */
must_check bool authenticate_person(struct call *call, const struct password_bearer *bearer,
                                    struct password_proof *proof_out,
                                    const struct identity **identity_out, struct error *error);

#endif
