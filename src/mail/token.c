/*
 * token.c - tokens made, put into subjects and addresses, and found there again.
 */
#include "mail/token.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "call/call.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "text/fold.h"
#include "text/utf8.h"

/* The alphabet of Crockford: no letter can be taken for a digit. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum {
    DIGIT_BITS = 5,
    CHECK_DIGITS = 6,
    SERIAL_DIGITS = 12,
    ID_BITS = 128,
    ID_DIGITS = 26,
    BODY_MOST = 43, /* with hyphen and check: Email.trackingToken */
    TOKEN_MOST = BODY_MOST + 1 + CHECK_DIGITS,
    LOCAL_MOST = 64,
};

/* What a check is bound to, so that no token of one kind is one of another. */
static const char *const owners[] = {
    [MAIL_TOKEN_SERIAL] = "mail token: serial",
    [MAIL_TOKEN_NUMBER] = "mail token: number",
    [MAIL_TOKEN_ID] = "mail token: id",
};

/* ---- making ---- */

/* The first bits of bytes, five a digit; what is missing of the last is zero. */
static const char *write_digits(struct arena *arena, const uint8_t *bytes, size_t bits)
{
    size_t count = (bits + DIGIT_BITS - 1) / DIGIT_BITS;
    char *text = arena_allocate(arena, count + 1);

    for (size_t bit = 0; bit < count * DIGIT_BITS; bit++) {
        unsigned one = bit < bits ? bytes[bit / 8] >> (7 - bit % 8) & 1U : 0;
        text[bit / DIGIT_BITS] = (char)((unsigned char)text[bit / DIGIT_BITS] << 1 | one);
    }
    for (size_t i = 0; i < count; i++) {
        text[i] = digits[(unsigned char)text[i]];
    }
    return text;
}

static const char *check_of(const struct call *call, enum mail_token_kind kind, const char *body)
{
    const struct platform *platform = call->platform;
    char organization[UUID_TEXT_SIZE];
    uint8_t digest[SHA256_SIZE];

    uuid_format(&platform->organization_id, organization);
    const char *sealed = arena_format(call->arena, "%s %s", organization, body);
    seal_digest(platform->seal_key, owners[kind], sealed, strlen(sealed), digest);
    return write_digits(call->arena, digest, (size_t)CHECK_DIGITS * DIGIT_BITS);
}

static const char *make(struct call *call, enum mail_token_kind kind, const char *body)
{
    return arena_format(call->arena, "%s-%s", body, check_of(call, kind, body));
}

const char *mail_token_new(struct call *call)
{
    uint8_t bytes[8];

    random_bytes(bytes, sizeof(bytes));
    return make(call, MAIL_TOKEN_SERIAL,
                write_digits(call->arena, bytes, (size_t)SERIAL_DIGITS * DIGIT_BITS));
}

const char *mail_token_of_id(struct call *call, const struct uuid *id)
{
    return make(call, MAIL_TOKEN_ID, write_digits(call->arena, id->bytes, ID_BITS));
}

static bool is_token_character(char character)
{
    return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
           (character >= 'a' && character <= 'z') || character == '-';
}

const char *mail_token_upper(struct call *call, const char *text)
{
    char *copy = arena_copy_text(call->arena, text);

    for (char *at = copy; *at != '\0'; at++) {
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    }
    return copy;
}

const char *mail_token_of_number(struct call *call, const char *number)
{
    size_t length = 0;

    while (is_token_character(number[length])) {
        length++;
    }
    return length == 0 || length > BODY_MOST || number[length] != '\0'
               ? NULL
               : make(call, MAIL_TOKEN_NUMBER, mail_token_upper(call, number));
}

/* ---- reading ---- */

/* Whether the body can be one of the kind: numbers may look like anything. */
static bool has_shape(enum mail_token_kind kind, const char *body)
{
    static const size_t lengths[] = {
        [MAIL_TOKEN_SERIAL] = SERIAL_DIGITS, [MAIL_TOKEN_NUMBER] = 0, [MAIL_TOKEN_ID] = ID_DIGITS};
    size_t length = strlen(body);

    return lengths[kind] == 0 ? length > 0 && length <= BODY_MOST
                              : length == lengths[kind] && strspn(body, digits) == length;
}

bool mail_token_read(struct call *call, const char *token, struct mail_token *token_out)
{
    const char *text = mail_token_upper(call, token);
    const char *check = strrchr(text, '-');

    if (check == NULL || strlen(check + 1) != CHECK_DIGITS || strlen(text) > TOKEN_MOST) {
        return false;
    }
    const char *body = arena_copy_part(call->arena, text, (size_t)(check - text));
    for (int kind = 0; kind < MAIL_TOKEN_KINDS; kind++) {
        if (has_shape(kind, body) &&
            digest_is_equal(check_of(call, kind, body), check + 1, CHECK_DIGITS)) {
            *token_out = (struct mail_token){.kind = kind, .body = body};
            return true;
        }
    }
    return false;
}

struct uuid mail_token_id(const struct mail_token *token)
{
    struct uuid id = {{0}};

    for (size_t bit = 0; bit < ID_BITS; bit++) {
        size_t digit = (size_t)(strchr(digits, token->body[bit / DIGIT_BITS]) - digits);
        size_t one = digit >> (DIGIT_BITS - 1 - bit % DIGIT_BITS) & 1U;
        id.bytes[bit / 8] = (uint8_t)(id.bytes[bit / 8] << 1 | one);
    }
    return id;
}

/* The token that begins here. Where folding has put a blank into it, it ends at a later one: each
 * end is tried. */
static const char *read_here(struct call *call, const char *text)
{
    char token[TOKEN_MOST + 1];
    size_t length = 0;
    struct mail_token read;

    for (; *text != '\0' && length < TOKEN_MOST; text++) {
        if (is_token_character(*text)) {
            token[length++] = *text;
        }
        bool is_end = !is_token_character(text[1]);
        token[length] = '\0';
        if (is_token_character(*text) && is_end && mail_token_read(call, token, &read)) {
            return mail_token_upper(call, token);
        }
        if (!is_token_character(*text) && *text != ' ') {
            break;
        }
    }
    return NULL;
}

const char *mail_token_in_subject(struct call *call, const char *subject)
{
    const struct text_rules *rules = call->platform->text_rules;
    const char *prefix = text_fold(call->arena, rules, call->settings->filing.token_prefix);
    const char *at = text_fold(call->arena, rules, subject);
    const char *token = NULL;

    while (*prefix != '\0' && token == NULL && (at = strstr(at, prefix)) != NULL) {
        at += strlen(prefix);
        token = read_here(call, at);
    }
    return token;
}

/* ---- subjects ---- */

/* The bytes of "[CRM:...]" when it stands here, else 0. */
static size_t mark_length(const char *text, const char *prefix)
{
    size_t length = 1 + strlen(prefix);

    if (*prefix == '\0' || *text != '[' || strncasecmp(text + 1, prefix, strlen(prefix)) != 0) {
        return 0;
    }
    while (is_token_character(text[length]) || text[length] == ' ') {
        length++;
    }
    return text[length] == ']' ? length + 1 : 0;
}

const char *mail_token_cut(struct call *call, const char *subject)
{
    const char *prefix = call->settings->filing.token_prefix;
    struct buffer rest;

    buffer_init(&rest, call->arena, strlen(subject) + 1);
    while (*subject != '\0') {
        size_t length = mark_length(subject, prefix);
        subject += length;
        if (length == 0) {
            buffer_add_char(&rest, *subject++);
        } else if (rest.length > 0 && rest.bytes[rest.length - 1] == ' ' && *subject == ' ') {
            subject++;
        }
    }
    while (rest.length > 0 && rest.bytes[rest.length - 1] == ' ') {
        rest.length--;
    }
    return arena_copy_part(call->arena, rest.bytes, rest.length);
}

const char *mail_token_into_subject(struct call *call, const char *subject, const char *token,
                                    size_t most)
{
    const char *prefix = call->settings->filing.token_prefix;
    const char *mark = arena_format(call->arena, "[%s%s]", prefix, token);
    const char *rest = mail_token_cut(call, subject);
    size_t left = text_count_characters(mark) + 1;

    if (*prefix == '\0' || left > most) {
        return subject;
    }
    left = most - left;
    return *rest == '\0'
               ? mark
               : arena_format(call->arena, "%.*s %s", (int)text_length_of(rest, left), rest, mark);
}

/* ---- addresses ---- */

const char *mail_token_into_address(struct call *call, const char *address, const char *token)
{
    const char *domain = strrchr(address, '@');

    if (domain == NULL || domain == address) {
        return NULL;
    }
    size_t length = (size_t)(domain - address);
    if (length + 1 + strlen(token) > LOCAL_MOST) {
        return NULL;
    }
    char *lower = arena_copy_text(call->arena, token);
    for (char *at = lower; *at != '\0'; at++) {
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    }
    return arena_format(call->arena, "%.*s+%s%s", (int)length, address, lower, domain);
}

const char *mail_tag_of_address(struct call *call, const char *address)
{
    const char *domain = strrchr(address, '@');
    const char *plus = domain;

    while (plus != NULL && plus > address && *plus != '+') {
        plus--;
    }
    return plus == NULL || *plus != '+' || plus + 1 == domain
               ? NULL
               : arena_copy_part(call->arena, plus + 1, (size_t)(domain - plus - 1));
}
