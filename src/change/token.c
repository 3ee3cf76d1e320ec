/*
 * token.c - writes and reads tokens, trusting nothing before the signature.
 */
#include "change/token.h"

#include <string.h>

#include "base/error.h"
#include "call/call.h"
#include "crypto/base64.h"
#include "crypto/digest.h"

enum {
    VERSION = 1,
    VERSION_WITH_EVENT = 2,
    NUMBER_SIZE = 8,
    RIGHTS_AT = 1 + NUMBER_SIZE,
    END = RIGHTS_AT + TOKEN_RIGHTS_SIZE,
    END_WITH_EVENT = END + NUMBER_SIZE,
    SIGNATURE_SIZE = 16,
    TEXT_MOST = 2 * (END_WITH_EVENT + SIGNATURE_SIZE),
};

/* The key signs paging cookies as well: what begins so is a token of changes and nothing else. */
static const char purpose[] = "svyaz changes";

/* Where the signature begins. */
static size_t end_of(uint8_t version)
{
    return version == VERSION_WITH_EVENT ? END_WITH_EVENT : END;
}

static void sign(const struct call *call, const uint8_t *bytes, size_t length,
                 uint8_t signature[SHA256_SIZE])
{
    uint8_t signed_bytes[sizeof(purpose) + END_WITH_EVENT];
    memcpy(signed_bytes, purpose, sizeof(purpose));
    memcpy(signed_bytes + sizeof(purpose), bytes, length);
    digest_hmac_sha256(call->platform->cookie_key, PLATFORM_KEY_SIZE, signed_bytes,
                       sizeof(purpose) + length, signature);
}

static void write_number(uint8_t *bytes, int64_t number)
{
    for (int index = 0; index < NUMBER_SIZE; index++) {
        bytes[index] = (uint8_t)((uint64_t)number >> (8 * (NUMBER_SIZE - 1 - index)));
    }
}

static int64_t read_number(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (int index = 0; index < NUMBER_SIZE; index++) {
        number = number << 8 | bytes[index];
    }
    return (int64_t)number;
}

const char *change_token_write(struct call *call, const struct change_token *token)
{
    uint8_t bytes[END_WITH_EVENT + SHA256_SIZE];
    bytes[0] = token->has_event ? VERSION_WITH_EVENT : VERSION;
    size_t length = end_of(bytes[0]);
    write_number(bytes + 1, token->position);
    memcpy(bytes + RIGHTS_AT, token->rights, TOKEN_RIGHTS_SIZE);
    if (token->has_event) {
        write_number(bytes + END, token->event);
    }
    sign(call, bytes, length, bytes + length);
    return base64_encode_url(call->arena, bytes, length + SIGNATURE_SIZE);
}

static bool is_ours(struct call *call, const char *text, void **bytes_out)
{
    size_t length = strnlen(text, TEXT_MOST + 1);
    size_t size = 0;
    uint8_t signature[SHA256_SIZE];
    if (length > TEXT_MOST || !base64_decode_url(call->arena, text, length, bytes_out, &size) ||
        size == 0) {
        return false;
    }
    const uint8_t *bytes = *bytes_out;
    size_t end = end_of(bytes[0]);
    if (size != end + SIGNATURE_SIZE) {
        return false;
    }
    sign(call, bytes, end, signature);
    return digest_is_equal(signature, bytes + end, SIGNATURE_SIZE) &&
           (bytes[0] == VERSION || bytes[0] == VERSION_WITH_EVENT);
}

bool change_token_read(struct call *call, const char *text, struct change_token *token_out,
                       struct error *error)
{
    void *decoded = NULL;
    if (!is_ours(call, text, &decoded)) {
        return error_set(error, ERROR_CHANGE_TOKEN_INVALID, "token",
                         "The token is not one of ours");
    }
    const uint8_t *bytes = decoded;
    struct change_token token = {
        .position = read_number(bytes + 1),
        .has_event = bytes[0] == VERSION_WITH_EVENT,
    };
    token.event = token.has_event ? read_number(bytes + END) : 0;
    memcpy(token.rights, bytes + RIGHTS_AT, TOKEN_RIGHTS_SIZE);
    *token_out = token;
    return true;
}
