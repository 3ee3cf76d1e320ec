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

/* Checks every credential that is present and sets call->identity, and call->session_id when a
 * session is among them. Fails with NOT_AUTHENTICATED when there is none, with
 * CREDENTIALS_INVALID when two of them name different users. */
must_check bool authenticate(struct call *call, const struct credentials *credentials,
                             struct error *error);

#endif
