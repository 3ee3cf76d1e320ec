/*
 * kerberos.h - tickets of the company network, as HTTP Negotiate brings them (RFC 4559): the only
 * door to GSSAPI.
 *
 * One token is all: Kerberos needs no second round, and nothing else is negotiated. A token is
 * taken once; what was taken is remembered in a file of the data folder, also over a restart.
 * The KDC is not asked. Still files are read and locked, so tokens are checked on threads of
 * their own, for a bounded time.
 *
 * Memory: what is answered lives in the arena given.
 * Threads: shared.
 */
#ifndef SECURITY_KERBEROS_H
#define SECURITY_KERBEROS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct error;
struct kerberos;
struct settings_kerberos;

/* Who a ticket names. */
struct kerberos_ticket {
    const char *user_name; /* as the settings make it of the principal */
    const char *principal; /* name@realm, for the log */
    const char *answer;    /* base64; proves us to the client, NULL: he did not ask */
};

/* Checks that the keytab can be read; NULL when there is none in the settings, which must
 * outlive it. folder is where used tokens are remembered. Fails with SETTING_INVALID. */
must_check bool kerberos_create(const struct settings_kerberos *settings, const char *folder,
                                struct kerberos **kerberos_out, struct error *error);
void kerberos_destroy(struct kerberos **kerberos);

/* Takes a token. Fails with CREDENTIALS_INVALID when it is forged, over, for another service, not
 * Kerberos, used before, or of a realm or principal that is not taken; with BUSY. */
must_check bool kerberos_accept(struct kerberos *kerberos, struct arena *arena, const void *token,
                                size_t length, struct kerberos_ticket *ticket_out,
                                struct error *error);

#endif
