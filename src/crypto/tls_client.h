/*
 * tls_client.h - encrypted connections, client side: the server proves that it is who was meant.
 *
 * TLS 1.2 and 1.3 with the ciphers of tls.h. The certificate must lead to one of the authorities
 * and name the host, or the address, that was asked for; there is no switch to turn that off.
 *
 * Memory: a client lives in the arena given. Sessions are those of tls.h.
 * Threads: a client may be used by any thread.
 */
#ifndef CRYPTO_TLS_CLIENT_H
#define CRYPTO_TLS_CLIENT_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct error;
struct tls_client;
struct tls_session;

/* Reads the authorities, PEM. SETTING_INVALID. */
must_check bool tls_client_open(struct arena *arena, const char *ca_file,
                                struct tls_client **client_out, struct error *error);

/* Begins a session with a host; is_numeric: it is an address. NULL for a name that no certificate
 * can have. */
struct tls_session *tls_client_session(struct tls_client *client, int descriptor, const char *host,
                                       bool is_numeric);

/* What was wrong with the server's certificate, for a person; NULL: nothing, or not known. */
const char *tls_client_complaint(const struct tls_session *session);

#endif
