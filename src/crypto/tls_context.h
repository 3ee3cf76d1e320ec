/*
 * tls_context.h - what every context of ours keeps to. Private to the files named tls*.c.
 */
#ifndef CRYPTO_TLS_CONTEXT_H
#define CRYPTO_TLS_CONTEXT_H

struct ssl_ctx_st;

/* Protocol versions, ciphers and groups; partial writes; no renegotiation, no compression. */
void tls_restrict(struct ssl_ctx_st *context);

#endif
