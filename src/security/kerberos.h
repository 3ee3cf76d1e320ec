/*
 * kerberos.h - tickets of the company network, as HTTP Negotiate brings them (RFC 4559): the only
 * door to GSSAPI.
 *
 * One token is all: Kerberos needs no second round, and nothing else is negotiated. Each has a
 * mark by which the caller takes it once (security/replay.h). The KDC is not asked. Still files
 * are read, so tokens are checked on threads of their own, for a bounded time.
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
    const void *mark;      /* the same for a token however it is wrapped, and for no other */
    size_t mark_length;
};

/* For how long a token could be taken, in milliseconds: beyond twice any clockskew that makes
 * sense in krb5.conf. */
enum { KERBEROS_TOKEN_AGE = 60 * 60 * 1000 };

/* Checks that the keytab can be read; NULL when there is none in the settings, which must
 * outlive it. Fails with SETTING_INVALID. */
must_check bool kerberos_create(const struct settings_kerberos *settings,
                                struct kerberos **kerberos_out, struct error *error);
void kerberos_destroy(struct kerberos **kerberos);

/* Reads a token. Fails with CREDENTIALS_INVALID when it is forged, over, for another service, not
 * Kerberos, or of a realm or principal that is not taken; with BUSY. */
must_check bool kerberos_accept(struct kerberos *kerberos, struct arena *arena, const void *token,
                                size_t length, struct kerberos_ticket *ticket_out,
                                struct error *error);

#endif
