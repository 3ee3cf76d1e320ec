/*
 * envelope_security.c - WS-Security: one UsernameToken with its password as text, a Timestamp.
 *
 * A digest cannot be checked, because passwords are kept as hashes that do not give them away.
 */
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "soap/decode.h"
#include "soap/envelope.h"
#include "soap/names.h"
#include "soap/walk.h"

enum { CLOCK_SKEW = 5 * 60 * 1000 /* milliseconds that clocks may differ */ };

static bool refuse(struct error *error, const char *sentence)
{
    return error_set(error, ERROR_CREDENTIALS_INVALID, "Security", "%s", sentence);
}

static bool is_in(const struct element *element, const char *namespace, const char *name)
{
    return strcmp(element->namespace, namespace) == 0 && strcmp(element->name, name) == 0;
}

/* Reads a text once. */
static bool read_once(struct envelope_reading *reading, const char **text, struct error *error)
{
    if (*text != NULL) {
        return refuse(error, "An element of the Security header is sent twice");
    }
    return walk_text(reading->decoder->walk, text, error);
}

static bool read_password(struct envelope_reading *reading, struct error *error)
{
    const char *type = walk_attribute(reading->decoder->walk, "", "Type");

    if (type != NULL && strcmp(type, TYPE_PASSWORD_DIGEST) == 0) {
        return refuse(error, "PasswordDigest cannot be checked, since passwords are kept hashed: "
                             "send PasswordText over TLS");
    }
    if (type != NULL && strcmp(type, TYPE_PASSWORD_TEXT) != 0) {
        return refuse(error, "The Type of the Password is not PasswordText");
    }
    return read_once(reading, &reading->envelope->password, error);
}

static bool read_user_name_token(struct envelope_reading *reading, struct error *error)
{
    struct walk *walk = reading->decoder->walk;
    struct envelope *envelope = reading->envelope;
    struct element element;

    if (envelope->user_name != NULL) {
        return refuse(error, "Two UsernameTokens are sent");
    }
    if (!walk_enter(walk, error)) {
        return false;
    }
    for (;;) {
        bool is_read = false;
        if (!walk_next(walk, &element, error)) {
            return false;
        }
        if (element.name == NULL) {
            break;
        }
        if (is_in(&element, NAMESPACE_SECURITY, "Username")) {
            is_read = read_once(reading, &envelope->user_name, error);
        } else if (is_in(&element, NAMESPACE_SECURITY, "Password")) {
            is_read = read_password(reading, error);
        } else {
            is_read = walk_skip(walk, error);
        }
        if (!is_read) {
            return false;
        }
    }
    if (envelope->user_name == NULL || *envelope->user_name == '\0' || envelope->password == NULL) {
        return refuse(error, "The UsernameToken needs a Username and a Password");
    }
    return walk_leave(walk, error);
}

static bool read_moment(struct envelope_reading *reading, int64_t *moment_out, struct error *error)
{
    enum moment_zone zone = MOMENT_ZONED;
    const char *text = NULL;

    if (!walk_text(reading->decoder->walk, &text, error)) {
        return false;
    }
    if (!moment_parse(decode_trim(reading->decoder->arena, text), moment_out, &zone) ||
        zone != MOMENT_ZONED) {
        return refuse(error, "The Timestamp holds what is not a moment with a zone");
    }
    return true;
}

static bool read_timestamp(struct envelope_reading *reading, struct error *error)
{
    struct walk *walk = reading->decoder->walk;
    int64_t created = INT64_MIN;
    int64_t expires = INT64_MAX;
    struct element element;

    if (!walk_enter(walk, error)) {
        return false;
    }
    for (;;) {
        bool is_read = false;
        if (!walk_next(walk, &element, error)) {
            return false;
        }
        if (element.name == NULL) {
            break;
        }
        if (is_in(&element, NAMESPACE_UTILITY, "Created")) {
            is_read = read_moment(reading, &created, error);
        } else if (is_in(&element, NAMESPACE_UTILITY, "Expires")) {
            is_read = read_moment(reading, &expires, error);
        } else {
            is_read = walk_skip(walk, error);
        }
        if (!is_read) {
            return false;
        }
    }
    if (created > reading->now + CLOCK_SKEW || expires < reading->now - CLOCK_SKEW ||
        expires < created) {
        return refuse(error, "The Timestamp says that the message is not valid now");
    }
    return walk_leave(walk, error);
}

bool envelope_read_security(struct envelope_reading *reading, struct error *error)
{
    struct walk *walk = reading->decoder->walk;
    bool has_timestamp = false;
    struct element element;

    if (!walk_enter(walk, error)) {
        return false;
    }
    for (;;) {
        bool is_read = false;
        if (!walk_next(walk, &element, error)) {
            return false;
        }
        if (element.name == NULL) {
            return walk_leave(walk, error);
        }
        if (is_in(&element, NAMESPACE_SECURITY, "UsernameToken")) {
            is_read = read_user_name_token(reading, error);
        } else if (is_in(&element, NAMESPACE_UTILITY, "Timestamp") && !has_timestamp) {
            has_timestamp = true;
            is_read = read_timestamp(reading, error);
        } else {
            is_read = refuse(error, "The Security header holds what is not understood");
        }
        if (!is_read) {
            return false;
        }
    }
}
