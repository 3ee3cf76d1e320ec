/*
 * tls.h - encrypted connections, server side, without ever waiting.
 *
 * TLS 1.2 and 1.3 only, with ECDHE and AEAD ciphers; no renegotiation, no compression. A
 * session works over a non-blocking descriptor that it does not own, and answers "want read" or
 * "want write" where it would have to wait.
 *
 * Memory: a context lives in the arena of the program. A session is a pair open/close; an idle
 * one holds no buffers (about 14 KB).
 * Threads: a context may be used and reloaded by any thread; a session belongs to one at a time.
 */
#ifndef CRYPTO_TLS_H
#define CRYPTO_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "crypto/digest.h"

struct arena;
struct error;
struct tls_context;
struct tls_session;

enum tls_result {
    TLS_DONE,
    TLS_WANT_READ,
    TLS_WANT_WRITE,
    TLS_ENDED, /* the peer said goodbye, or hung up */
    TLS_FAILED /* broken; only closing is left */
};

/* Reads a certificate chain and its key, both PEM. */
must_check bool tls_context_open(struct arena *arena, const char *certificate_file,
                                 const char *key_file, struct tls_context **context_out,
                                 struct error *error);

/* Reads the files again. Sessions that exist keep what they have; on failure so does the
 * context. */
must_check bool tls_context_reload(struct tls_context *context, struct error *error);

/* Asks clients for a certificate from now on; none need send one. Whose signature it bears is not
 * asked about: that the client has its key is proved, and nothing else. */
must_check bool tls_context_ask_clients(struct tls_context *context, struct error *error);

/* The fingerprint, SHA-256 in hexadecimal digits, of the certificate whose key the client has
 * proved to have; false when it has sent none. */
must_check bool tls_client_fingerprint(const struct tls_session *session,
                                       char text_out[SHA256_TEXT_SIZE]);

/* Begins a session; nothing is sent yet. */
struct tls_session *tls_session_open(struct tls_context *context, int descriptor);

/* Ends it; accepts a pointer to NULL and leaves NULL. */
void tls_session_close(struct tls_session **session);

/* Goes on with the handshake; TLS_DONE once it is through. */
must_check enum tls_result tls_handshake(struct tls_session *session);

/* TLS_DONE with at least one byte in count_out, or another result. */
must_check enum tls_result tls_read(struct tls_session *session, void *bytes, size_t size,
                                    size_t *count_out);
must_check enum tls_result tls_write(struct tls_session *session, const void *bytes, size_t length,
                                     size_t *count_out);

/* Says goodbye, without waiting for the peer's. */
must_check enum tls_result tls_shutdown(struct tls_session *session);

/* True when bytes were received that no read has taken: the descriptor may not tell. */
bool tls_has_pending(const struct tls_session *session);

#endif
