/*
 * pipeline.h - the one way through which every operation runs, whatever door it came by.
 *
 * Steps, in order: acquire a connection, find out who asks and whether he asks too much at once,
 * check the privilege, decode the request, stage files, prepare, begin, run the handler, encode the
 * answer, keep it, commit. A conflict runs the handler again from begin. The first step that fails
 * ends it; nothing half-done stays.
 *
 * A write that carries the client's request id is done once: its answer is kept in its own
 * transaction, and whoever sends it again gets that answer.
 */
#ifndef SERVICE_PIPELINE_H
#define SERVICE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct call;
struct error;
struct kerberos_ticket;
struct operation;

/* Decoded; NULL: none. */
struct credential_bytes {
    const void *bytes;
    size_t length;
};

/* Ways in that a message carried. What is present must be valid, and all must name one user. */
struct credentials {
    const char *token;      /* of the Session header */
    const char *basic_name; /* HTTP Basic */
    const char *basic_password;
    struct credential_bytes ticket; /* HTTP Negotiate */
    struct kerberos_ticket *taken;  /* what the ticket said, once it was taken: not twice */
    const char *token_name;         /* WS-Security UsernameToken */
    const char *token_password;     /* PasswordText; NULL: PasswordDigest */
    struct credential_bytes token_digest;
    const char *token_created; /* as it was written, or NULL */
    struct credential_bytes nonce;
    const char *signer;                /* fingerprint of the certificate that signed it, or NULL */
    struct credential_bytes statement; /* what the signature is over */
    const char *client_certificate;    /* fingerprint of TLS's, or NULL */
    int64_t fresh_until;               /* moment after which the message is refused as too old */
};

/* Verifies the credentials of a message, before anything else of it is known. Fails as their ways
 * in do, with NOT_AUTHENTICATED when there are none. */
must_check bool service_verify(struct call *call, const struct credentials *credentials,
                               struct error *error);

/* What only the door knows how to do with a message; handed down by it. */
struct message_codec {
    /* Fills in the request, once, when it is known who asks, where his moments without offset are
     * meant (call->zone), and that he may. NULL: it is filled in already. */
    bool (*decode)(void *context, struct call *call, struct error *error);
    /* Encodes the answer while the transaction is still open. Called again when the commit met a
     * conflict: each time it begins anew. */
    bool (*encode)(void *context, struct call *call, const struct operation *operation,
                   const void *response, struct error *error);
    /* What encode made, to be kept for whoever sends the request again. */
    const char *(*answer)(void *context);
    /* Answers with what was kept, in place of encode. */
    void (*repeat)(void *context, const char *answer);
    void *context;
};

/* Runs an operation. request is a struct of operation->pattern->request's shape. The answer is
 * what the encoder made; on failure error says why and nothing was written, save for
 * OUTCOME_UNKNOWN. Logs one line. */
must_check bool service_run(struct call *call, const struct operation *operation,
                            const struct credentials *credentials, const void *request,
                            const struct message_codec *codec, struct error *error);

#endif
