/*
 * envelope.h - the envelope of a message: its version, its headers, and its one operation.
 *
 * Headers that are understood: Session and Request of ours, WS-Security's UsernameToken and
 * Timestamp, WS-Addressing as data. Others are passed over, unless they must be understood.
 *
 * Memory: texts live in the arena of the decoder.
 */
#ifndef SOAP_ENVELOPE_H
#define SOAP_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "metadata/field.h"
#include "metadata/value.h"
#include "service/pipeline.h"

struct arena;
struct decoder;
struct element;
struct error;
struct wire;
struct zone;

enum soap_version { SOAP_VERSION_1_1, SOAP_VERSION_1_2 };

struct request_header {
    const char *id; /* or NULL; so all texts */
    const char *application;
    bool is_validate_only;
    bool has_expected_version;
    int64_t expected_version;
    bool has_language;
    enum language language;
    struct zone *zone; /* or NULL */
};

struct envelope {
    enum soap_version version;
    const char *session_token; /* or NULL */
    const char *user_name;     /* of the UsernameToken, or NULL; so all its parts */
    const char *password;      /* as it was sent: text, or a digest in base64 */
    bool is_digest;
    struct credential_bytes digest;
    const char *nonce_text;
    struct credential_bytes nonce;
    const char *token_created;
    bool has_timestamp;
    const char *created; /* of the Timestamp */
    const char *expires;
    bool is_signed;         /* has a Signature; nothing is known of it yet */
    bool has_certificate;   /* has a BinarySecurityToken */
    bool has_request;       /* has a Request header */
    int64_t fresh_until;    /* moment after which it is refused as too old */
    const char *message_id; /* of WS-Addressing, or NULL */
    struct request_header request;
};

/* How old a message may be, and how far clocks may differ, in milliseconds. */
struct envelope_rules {
    int64_t now;
    int64_t window;
    int64_t skew;
};

/* Opens the envelope, reads its headers and goes to the operation, the only child of the body.
 * envelope_out->version is right as soon as it is known, also on failure.
 * Fails with SOAP_VERSION, SOAP_INVALID, SOAP_MUST_UNDERSTAND, or as what a header holds. */
must_check bool envelope_open(const struct wire *wire, struct decoder *decoder,
                              const struct envelope_rules *rules, struct envelope *envelope_out,
                              struct element *operation_out, struct error *error);

/* Opens the envelope and reads its headers, which must be there; nothing after them. */
must_check bool envelope_read_header(const struct wire *wire, struct decoder *decoder,
                                     const struct envelope_rules *rules,
                                     struct envelope *envelope_out, struct error *error);

/* Checks that nothing follows the operation, which has been read. */
must_check bool envelope_close(struct decoder *decoder, struct error *error);

/* ---- between the files named envelope*.c ---- */

struct envelope_reading {
    const struct wire *wire;
    struct decoder *decoder;
    struct envelope *envelope;
    const struct envelope_rules *rules;
};

/* Reads the Session, the Request and the wsse:Security header just gone to. */
must_check bool envelope_read_session(struct envelope_reading *reading, struct error *error);
must_check bool envelope_read_request(struct envelope_reading *reading, struct error *error);
must_check bool envelope_read_security(struct envelope_reading *reading, struct error *error);

#endif
