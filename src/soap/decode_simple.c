/*
 * decode_simple.c - simple values of structs: text, numbers, moments, ids.
 */
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "base/uuid.h"
#include "metadata/shape.h"
#include "soap/decode.h"
#include "soap/names.h"
#include "soap/walk.h"
#include "soap/wire.h"
#include "text/utf8.h"
#include "text/zone.h"

/* ---- what xsi:type claims ---- */

/* XML Schema's integer: a sign and digits. */
static bool parse_integer(const char *text, int64_t *value_out)
{
    bool is_negative = *text == '-';
    uint64_t value = 0;
    uint64_t most = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);

    text += *text == '-' || *text == '+' ? 1 : 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)(*text - '0');
        if (digit > 9 || value > (most - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *value_out = is_negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static bool is_integer(const char *text)
{
    text += *text == '-' || *text == '+' ? 1 : 0;
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool is_number(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && strspn(text, "+-.0123456789eE") == length &&
           strpbrk(text, "0123456789") != NULL;
}

static bool is_boolean(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 || strcmp(text, "1") == 0 ||
           strcmp(text, "0") == 0;
}

static bool is_moment(const char *text)
{
    int64_t moment = 0;
    enum moment_zone zone = MOMENT_ZONED;
    return moment_parse(text, &moment, &zone);
}

static bool is_date(const char *text)
{
    int32_t days = 0;
    return date_parse(text, &days);
}

/* Types of XML Schema that clients write in xsi:type; those without a check take any text. */
static const struct claim {
    const char *name;
    bool (*is_true)(const char *text);
} claims[] = {
    {"string", NULL},
    {"normalizedString", NULL},
    {"token", NULL},
    {"anyType", NULL},
    {"anySimpleType", NULL},
    {"anyURI", NULL},
    {"base64Binary", NULL},
    {"boolean", is_boolean},
    {"date", is_date},
    {"dateTime", is_moment},
    {"decimal", is_number},
    {"double", is_number},
    {"float", is_number},
    {"byte", is_integer},
    {"short", is_integer},
    {"int", is_integer},
    {"integer", is_integer},
    {"long", is_integer},
    {"unsignedInt", is_integer},
    {"nonNegativeInteger", is_integer},
};

enum { CLAIM_COUNT = sizeof(claims) / sizeof(claims[0]) };

static bool check_claim(struct decoder *decoder, const char *claimed, const char *text,
                        struct error *error)
{
    for (size_t i = 0; i < CLAIM_COUNT; i++) {
        if (strcmp(claims[i].name, claimed) == 0 &&
            (claims[i].is_true == NULL || claims[i].is_true(decode_trim(decoder->arena, text)))) {
            return true;
        }
    }
    return error_set(error, ERROR_VALUE_INVALID, claimed,
                     "The value is not of the type %s that xsi:type says", claimed);
}

bool decode_text(struct decoder *decoder, const struct wire_type *type, const char **text_out,
                 struct error *error)
{
    const char *namespace = NULL;
    const char *claimed = NULL;

    if (!walk_type(decoder->walk, &namespace, &claimed, error)) {
        return false;
    }
    if (claimed == NULL) {
        return walk_text(decoder->walk, text_out, error);
    }
    if (strcmp(namespace, NAMESPACE_SCHEMA) != 0) {
        return decode_check_type(decoder, type, error) && walk_text(decoder->walk, text_out, error);
    }
    claimed = arena_copy_text(decoder->arena, claimed);
    return walk_text(decoder->walk, text_out, error) &&
           check_claim(decoder, claimed, *text_out, error);
}

/* ---- values ---- */

/* What a parser may ask beside the text. */
struct wish {
    const struct decoder *decoder;
    const struct wire_member *member;
};

static bool refuse(const struct wish *wish, const char *expected, const char *text,
                   struct error *error)
{
    enum { SHOWN = 60 };
    const char *name = wish->member->name;

    if (wish->member->is_secret || strlen(text) > SHOWN) {
        return error_set(error, ERROR_VALUE_INVALID, name, "%s must be %s", name, expected);
    }
    return error_set(error, ERROR_VALUE_INVALID, name, "%s must be %s, not \"%s\"", name, expected,
                     text);
}

static bool read_integer(const struct wish *wish, const char *text, void *place,
                         struct error *error)
{
    struct message_integer *integer = place;
    bool is_int = wish->member->type->kind == WIRE_INTEGER;
    int64_t value = 0;

    if (!is_integer(text)) {
        return refuse(wish, "a whole number", text, error);
    }
    if (!parse_integer(text, &value) || (is_int && (value < INT32_MIN || value > INT32_MAX))) {
        return error_set(error, ERROR_VALUE_OUT_OF_RANGE, wish->member->name,
                         "%s must be a whole number of %d bits", wish->member->name,
                         is_int ? 32 : 64);
    }
    *integer = (struct message_integer){.is_set = true, .value = value};
    return true;
}

static bool read_boolean(const struct wish *wish, const char *text, void *place,
                         struct error *error)
{
    struct message_boolean *boolean = place;

    if (!is_boolean(text)) {
        return refuse(wish, "true or false", text, error);
    }
    *boolean = (struct message_boolean){.is_set = true, .value = *text == 't' || *text == '1'};
    return true;
}

static bool read_moment(const struct wish *wish, const char *text, void *place, struct error *error)
{
    struct message_moment *moment = place;
    enum moment_zone zone = MOMENT_ZONED;
    int64_t value = 0;

    if (!moment_parse(text, &value, &zone)) {
        return refuse(wish, "a moment such as 2024-01-31T12:00:00Z", text, error);
    }
    if (zone == MOMENT_WITHOUT_ZONE && wish->decoder->zone == NULL) {
        return refuse(wish, "a moment with a zone, or sent with Request/timeZone", text, error);
    }
    if (zone == MOMENT_WITHOUT_ZONE && !zone_to_moment(wish->decoder->zone, value, &value)) {
        return refuse(wish, "a moment in the years 1753 to 9999 of UTC", text, error);
    }
    *moment = (struct message_moment){.is_set = true, .value = value};
    return true;
}

static bool read_decimal(const struct wish *wish, const char *text, void *place,
                         struct error *error)
{
    struct message_decimal *decimal = place;

    if (!decimal_parse(text, &decimal->value)) {
        return refuse(wish, "a decimal number of at most 18 digits", text, error);
    }
    decimal->is_set = true;
    return true;
}

static bool read_uuid(const struct wish *wish, const char *text, void *place, struct error *error)
{
    struct message_uuid *uuid = place;

    if (!uuid_parse(text, &uuid->value)) {
        return refuse(wish, "an id such as 018f4e2a-1c3b-7d5e-8f90-a1b2c3d4e5f6", text, error);
    }
    uuid->is_set = true;
    return true;
}

static bool (*const readers[WIRE_STRUCT])(const struct wish *wish, const char *text, void *place,
                                          struct error *error) = {
    [WIRE_INTEGER] = read_integer, [WIRE_LONG] = read_integer,    [WIRE_BOOLEAN] = read_boolean,
    [WIRE_MOMENT] = read_moment,   [WIRE_DECIMAL] = read_decimal, [WIRE_UUID] = read_uuid,
};

static bool is_among(const char *const *tokens, const char *text)
{
    for (; *tokens != NULL; tokens++) {
        if (strcmp(*tokens, text) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_text(const struct wire_member *member, const char *text, const char **place,
                      struct error *error)
{
    if (member->length > 0 && text_count_characters(text) > member->length) {
        return error_set(error, ERROR_VALUE_TOO_LONG, member->name,
                         "%s may have %zu characters at most", member->name, member->length);
    }
    if (member->tokens != NULL && !is_among(member->tokens, text)) {
        return error_set(error, ERROR_CHOICE_UNKNOWN, member->name, "%s cannot be \"%.60s\"",
                         member->name, text);
    }
    *place = text;
    return true;
}

bool decode_simple(const struct decoder *decoder, const struct wire_member *member,
                   const char *text, void *place, struct error *error)
{
    enum wire_kind kind = member->type->kind;
    struct wish wish = {decoder, member};

    if (kind == WIRE_TEXT) {
        const char *value = member->tokens == NULL ? text : decode_trim(decoder->arena, text);
        return read_text(member, value, place, error);
    }
    return readers[kind](&wish, decode_trim(decoder->arena, text), place, error);
}
