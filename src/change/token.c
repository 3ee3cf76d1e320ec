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
    POSITION_SIZE = 8,
    RIGHTS_AT = 1 + POSITION_SIZE,
    SIGNATURE_AT = RIGHTS_AT + TOKEN_RIGHTS_SIZE,
    SIGNATURE_SIZE = 16,
    TOKEN_SIZE = SIGNATURE_AT + SIGNATURE_SIZE,
    TEXT_MOST = 2 * TOKEN_SIZE,
};

/* The key signs paging cookies as well: what begins so is a token of changes and nothing else. */
static const char purpose[] = "svyaz changes";

static void sign(const struct call *call, const uint8_t bytes[SIGNATURE_AT],
                 uint8_t signature[SHA256_SIZE])
{
    uint8_t signed_bytes[sizeof(purpose) + SIGNATURE_AT];
    memcpy(signed_bytes, purpose, sizeof(purpose));
    memcpy(signed_bytes + sizeof(purpose), bytes, SIGNATURE_AT);
    digest_hmac_sha256(call->platform->cookie_key, PLATFORM_KEY_SIZE, signed_bytes,
                       sizeof(signed_bytes), signature);
}

const char *change_token_write(struct call *call, const struct change_token *token)
{
    uint8_t bytes[SIGNATURE_AT + SHA256_SIZE];
    bytes[0] = VERSION;
    for (int index = 0; index < POSITION_SIZE; index++) {
        bytes[1 + index] =
            (uint8_t)((uint64_t)token->position >> (8 * (POSITION_SIZE - 1 - index)));
    }
    memcpy(bytes + RIGHTS_AT, token->rights, TOKEN_RIGHTS_SIZE);
    sign(call, bytes, bytes + SIGNATURE_AT);
    return base64_encode_url(call->arena, bytes, TOKEN_SIZE);
}

static bool is_ours(struct call *call, const char *text, void **bytes_out)
{
    size_t length = strnlen(text, TEXT_MOST + 1);
    size_t size = 0;
    uint8_t signature[SHA256_SIZE];
    if (length > TEXT_MOST || !base64_decode_url(call->arena, text, length, bytes_out, &size) ||
        size != TOKEN_SIZE) {
        return false;
    }
    sign(call, *bytes_out, signature);
    return digest_is_equal(signature, (const uint8_t *)*bytes_out + SIGNATURE_AT, SIGNATURE_SIZE) &&
           *(const uint8_t *)*bytes_out == VERSION;
}

bool change_token_read(struct call *call, const char *text, struct change_token *token_out,
                       struct error *error)
{
    void *decoded = NULL;
    uint64_t position = 0;
    if (!is_ours(call, text, &decoded)) {
        return error_set(error, ERROR_CHANGE_TOKEN_INVALID, "token",
                         "The token is not one of ours");
    }
    const uint8_t *bytes = decoded;
    for (int index = 0; index < POSITION_SIZE; index++) {
        position = position << 8 | bytes[1 + index];
    }
    token_out->position = (int64_t)position;
    memcpy(token_out->rights, bytes + RIGHTS_AT, TOKEN_RIGHTS_SIZE);
    return true;
}
