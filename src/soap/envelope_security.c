/*
 * envelope_security.c - WS-Security: a UsernameToken, a Timestamp, and whether there is a
 * signature, which signature.c checks.
 *
 * A header is read strictly: nothing twice, nothing that is not understood, and of what must not
 * be old nothing without its time.
 */
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "crypto/base64.h"
#include "soap/decode.h"
#include "soap/envelope.h"
#include "soap/names.h"
#include "soap/walk.h"

enum { NONCE_LEAST = 8, NONCE_MOST = 128 /* bytes of a nonce with a digest; of any nonce */ };

static bool refuse(struct error *error, const char *sentence)
{
    return error_set(error, ERROR_CREDENTIALS_INVALID, "Security", "%s", sentence);
}

static bool refuse_twice(struct error *error)
{
    return refuse(error, "An element of the Security header is sent twice");
}

static bool is_in(const struct element *element, const char *namespace, const char *name)
{
    return strcmp(element->namespace, namespace) == 0 && strcmp(element->name, name) == 0;
}

/* What may stand within an element, and what reads it. */
struct child {
    const char *namespace;
    const char *name;
    bool (*read)(struct envelope_reading *reading, struct error *error);
};

static const struct child *find_child(const struct child *children, const struct element *element)
{
    for (; children->name != NULL; children++) {
        if (is_in(element, children->namespace, children->name)) {
            return children;
        }
    }
    return NULL;
}

/* Reads the children of the element just gone to; the list ends with one without a name. */
static bool read_children(struct envelope_reading *reading, const struct child *children,
                          struct error *error)
{
    struct walk *walk = reading->decoder->walk;
    struct element element;

    if (!walk_enter(walk, error)) {
        return false;
    }
    for (;;) {
        if (!walk_next(walk, &element, error)) {
            return false;
        }
        if (element.name == NULL) {
            return walk_leave(walk, error);
        }
        const struct child *child = find_child(children, &element);
        if (child == NULL) {
            return refuse(error, "The Security header holds what is not understood");
        }
        if (!child->read(reading, error)) {
            return false;
        }
    }
}

/* Reads a text once. */
static bool read_once(struct envelope_reading *reading, const char **text, struct error *error)
{
    if (*text != NULL) {
        return refuse_twice(error);
    }
    return walk_text(reading->decoder->walk, text, error);
}

/* Decodes canonical base64, so that one value has one text. */
static bool decode_bytes(struct envelope_reading *reading, const char *text,
                         struct credential_bytes *bytes_out, struct error *error)
{
    void *bytes = NULL;
    size_t length = 0;

    text = decode_trim(reading->decoder->arena, text);
    if (!base64_decode(reading->decoder->arena, text, strlen(text), &bytes, &length) ||
        length == 0) {
        return refuse(error, "A Nonce or a digest is not in base64");
    }
    *bytes_out = (struct credential_bytes){.bytes = bytes, .length = length};
    return true;
}

/* ---- time ---- */

static bool parse_moment(struct envelope_reading *reading, const char *text, int64_t *moment_out,
                         struct error *error)
{
    enum moment_zone zone = MOMENT_ZONED;

    if (!moment_parse(decode_trim(reading->decoder->arena, text), moment_out, &zone) ||
        zone != MOMENT_ZONED) {
        return refuse(error, "The Security header holds what is not a moment with a zone");
    }
    return true;
}

/* A time of creation: neither in the future nor too long ago. */
static bool check_created(struct envelope_reading *reading, int64_t created, struct error *error)
{
    const struct envelope_rules *rules = reading->rules;
    int64_t until = created + rules->window + rules->skew;

    if (created > rules->now + rules->skew || until < rules->now) {
        return refuse(error, "The message is too old, or from the future");
    }
    if (until < reading->envelope->fresh_until) {
        reading->envelope->fresh_until = until;
    }
    return true;
}

static bool read_created(struct envelope_reading *reading, struct error *error)
{
    return read_once(reading, &reading->envelope->created, error);
}

static bool read_expires(struct envelope_reading *reading, struct error *error)
{
    return read_once(reading, &reading->envelope->expires, error);
}

static bool read_timestamp(struct envelope_reading *reading, struct error *error)
{
    static const struct child children[] = {
        {NAMESPACE_UTILITY, "Created", read_created},
        {NAMESPACE_UTILITY, "Expires", read_expires},
        {NULL, NULL, NULL},
    };
    struct envelope *envelope = reading->envelope;
    int64_t created = INT64_MIN;
    int64_t expires = INT64_MAX;

    if (envelope->has_timestamp) {
        return refuse_twice(error);
    }
    envelope->has_timestamp = true;
    if (!read_children(reading, children, error) ||
        (envelope->created != NULL && (!parse_moment(reading, envelope->created, &created, error) ||
                                       !check_created(reading, created, error))) ||
        (envelope->expires != NULL && !parse_moment(reading, envelope->expires, &expires, error))) {
        return false;
    }
    if (expires < reading->rules->now - reading->rules->skew || expires < created) {
        return refuse(error, "The Timestamp says that the message is not valid now");
    }
    return true;
}

/* ---- the UsernameToken ---- */

static bool read_username(struct envelope_reading *reading, struct error *error)
{
    return read_once(reading, &reading->envelope->user_name, error);
}

static bool read_password(struct envelope_reading *reading, struct error *error)
{
    const char *type = walk_attribute(reading->decoder->walk, "", "Type");

    reading->envelope->is_digest = type != NULL && strcmp(type, TYPE_PASSWORD_DIGEST) == 0;
    if (type != NULL && !reading->envelope->is_digest && strcmp(type, TYPE_PASSWORD_TEXT) != 0) {
        return refuse(error, "The Type of the Password is neither PasswordText nor PasswordDigest");
    }
    return read_once(reading, &reading->envelope->password, error);
}

static bool read_nonce(struct envelope_reading *reading, struct error *error)
{
    const char *encoding = walk_attribute(reading->decoder->walk, "", "EncodingType");

    if (encoding != NULL && strcmp(encoding, ENCODING_BASE64) != 0) {
        return refuse(error, "The EncodingType of the Nonce is not Base64Binary");
    }
    return read_once(reading, &reading->envelope->nonce_text, error);
}

static bool read_token_created(struct envelope_reading *reading, struct error *error)
{
    return read_once(reading, &reading->envelope->token_created, error);
}

static bool check_nonce(struct envelope_reading *reading, struct error *error)
{
    struct envelope *envelope = reading->envelope;
    size_t least = envelope->is_digest ? NONCE_LEAST : 1;

    if (envelope->nonce_text == NULL) {
        return true;
    }
    if (!decode_bytes(reading, envelope->nonce_text, &envelope->nonce, error)) {
        return false;
    }
    return (envelope->nonce.length >= least && envelope->nonce.length <= NONCE_MOST) ||
           refuse(error, "The Nonce is too short or too long");
}

static bool check_token(struct envelope_reading *reading, struct error *error)
{
    struct envelope *envelope = reading->envelope;
    int64_t created = 0;

    if (envelope->user_name == NULL || *envelope->user_name == '\0' || envelope->password == NULL) {
        return refuse(error, "The UsernameToken needs a Username and a Password");
    }
    if (!check_nonce(reading, error) ||
        (envelope->token_created != NULL &&
         (!parse_moment(reading, envelope->token_created, &created, error) ||
          !check_created(reading, created, error)))) {
        return false;
    }
    if (!envelope->is_digest) {
        return true;
    }
    if (envelope->nonce.bytes == NULL || envelope->token_created == NULL) {
        return refuse(error, "A PasswordDigest needs a Nonce and a Created");
    }
    return decode_bytes(reading, envelope->password, &envelope->digest, error);
}

static bool read_user_name_token(struct envelope_reading *reading, struct error *error)
{
    static const struct child children[] = {
        {NAMESPACE_SECURITY, "Username", read_username},
        {NAMESPACE_SECURITY, "Password", read_password},
        {NAMESPACE_SECURITY, "Nonce", read_nonce},
        {NAMESPACE_UTILITY, "Created", read_token_created},
        {NULL, NULL, NULL},
    };

    if (reading->envelope->user_name != NULL) {
        return refuse(error, "Two UsernameTokens are sent");
    }
    return read_children(reading, children, error) && check_token(reading, error);
}

/* ---- the whole ---- */

/* A signature is checked over the bytes of the message; here it is only found. */
static bool read_signature(struct envelope_reading *reading, struct error *error)
{
    if (reading->envelope->is_signed) {
        return refuse_twice(error);
    }
    reading->envelope->is_signed = true;
    return walk_skip(reading->decoder->walk, error);
}

static bool read_certificate(struct envelope_reading *reading, struct error *error)
{
    if (reading->envelope->has_certificate) {
        return refuse_twice(error);
    }
    reading->envelope->has_certificate = true;
    return walk_skip(reading->decoder->walk, error);
}

static bool check_whole(const struct envelope *envelope, struct error *error)
{
    if (envelope->has_certificate != envelope->is_signed) {
        return refuse(error, "A BinarySecurityToken and a Signature go together");
    }
    if ((envelope->is_digest || envelope->is_signed) && envelope->created == NULL) {
        return refuse(error, "A PasswordDigest or a Signature needs a Timestamp with its Created");
    }
    return true;
}

bool envelope_read_security(struct envelope_reading *reading, struct error *error)
{
    static const struct child children[] = {
        {NAMESPACE_SECURITY, "UsernameToken", read_user_name_token},
        {NAMESPACE_UTILITY, "Timestamp", read_timestamp},
        {NAMESPACE_SECURITY, "BinarySecurityToken", read_certificate},
        {NAMESPACE_SIGNATURE, "Signature", read_signature},
        {NULL, NULL, NULL},
    };
    const struct envelope_rules *rules = reading->rules;

    reading->envelope->fresh_until = rules->now + rules->window + 2 * rules->skew;
    return read_children(reading, children, error) && check_whole(reading->envelope, error);
}
