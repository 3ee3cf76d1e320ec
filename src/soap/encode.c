/*
 * encode.c - structs, lists and simple values; records are in encode_record.c.
 */
#include "soap/encode.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/decimal.h"
#include "base/expect.h"
#include "base/time.h"
#include "base/uuid.h"
#include "metadata/shape.h"
#include "metadata/value.h"
#include "soap/wire.h"

enum { FIRST_SIZE = 4096, INTEGER_SIZE = 24 };

/* What stands in the place of a byte; NULL: the byte itself. Control characters cannot be
 * written in XML at all. */
#define REPLACEMENT "\xEF\xBF\xBD"
static const char *const escapes[256] = {
    [0x01] = REPLACEMENT, [0x02] = REPLACEMENT, [0x03] = REPLACEMENT, [0x04] = REPLACEMENT,
    [0x05] = REPLACEMENT, [0x06] = REPLACEMENT, [0x07] = REPLACEMENT, [0x08] = REPLACEMENT,
    [0x0B] = REPLACEMENT, [0x0C] = REPLACEMENT, [0x0E] = REPLACEMENT, [0x0F] = REPLACEMENT,
    [0x10] = REPLACEMENT, [0x11] = REPLACEMENT, [0x12] = REPLACEMENT, [0x13] = REPLACEMENT,
    [0x14] = REPLACEMENT, [0x15] = REPLACEMENT, [0x16] = REPLACEMENT, [0x17] = REPLACEMENT,
    [0x18] = REPLACEMENT, [0x19] = REPLACEMENT, [0x1A] = REPLACEMENT, [0x1B] = REPLACEMENT,
    [0x1C] = REPLACEMENT, [0x1D] = REPLACEMENT, [0x1E] = REPLACEMENT, [0x1F] = REPLACEMENT,
    ['\r'] = "&#13;",     ['"'] = "&quot;",     ['&'] = "&amp;",      ['<'] = "&lt;",
    ['>'] = "&gt;",
};

void encode_text(struct buffer *buffer, const char *text)
{
    const char *start = text;

    for (; *text != '\0'; text++) {
        const char *escape = escapes[(unsigned char)*text];
        if (escape != NULL) {
            buffer_add(buffer, start, (size_t)(text - start));
            buffer_add_text(buffer, escape);
            start = text + 1;
        }
    }
    buffer_add(buffer, start, (size_t)(text - start));
}

void encode_integer(struct buffer *buffer, int64_t integer)
{
    char digits[INTEGER_SIZE];
    char *at = digits + sizeof(digits);
    uint64_t left = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;

    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (integer < 0) {
        *--at = '-';
    }
    buffer_add(buffer, at, (size_t)(digits + sizeof(digits) - at));
}

void encode_begin(struct encoder *encoder, struct arena *arena, bool is_mtom)
{
    encoder->is_mtom = is_mtom;
    buffer_init(&encoder->text, arena, FIRST_SIZE);
    array_init(&encoder->files, arena);
}

static void add_tag(struct encoder *encoder, const struct wire_tag *tag)
{
    buffer_add(&encoder->text, tag->text, tag->length);
}

/* ---- simple values: written, or left out when absent ---- */

static bool write_text(struct buffer *buffer, const void *place)
{
    const char *const *text = place;

    if (*text != NULL) {
        encode_text(buffer, *text);
    }
    return *text != NULL;
}

static bool write_integer(struct buffer *buffer, const void *place)
{
    const struct message_integer *integer = place;

    if (integer->is_set) {
        encode_integer(buffer, integer->value);
    }
    return integer->is_set;
}

static bool write_boolean(struct buffer *buffer, const void *place)
{
    const struct message_boolean *boolean = place;

    if (boolean->is_set) {
        buffer_add_text(buffer, boolean->value ? "true" : "false");
    }
    return boolean->is_set;
}

static bool write_moment(struct buffer *buffer, const void *place)
{
    const struct message_moment *moment = place;
    char text[MOMENT_TEXT_SIZE];

    if (moment->is_set) {
        moment_format(moment->value, text);
        buffer_add_text(buffer, text);
    }
    return moment->is_set;
}

static bool write_decimal(struct buffer *buffer, const void *place)
{
    const struct message_decimal *decimal = place;
    char text[DECIMAL_TEXT_SIZE];

    if (decimal->is_set) {
        decimal_format(decimal->value, text);
        buffer_add_text(buffer, text);
    }
    return decimal->is_set;
}

static bool write_uuid(struct buffer *buffer, const void *place)
{
    const struct message_uuid *uuid = place;
    char text[UUID_TEXT_SIZE];

    if (uuid->is_set) {
        uuid_format(&uuid->value, text);
        buffer_add(buffer, text, UUID_TEXT_SIZE - 1);
    }
    return uuid->is_set;
}

static bool (*const writers[WIRE_STRUCT])(struct buffer *buffer, const void *place) = {
    [WIRE_TEXT] = write_text,       [WIRE_INTEGER] = write_integer, [WIRE_LONG] = write_integer,
    [WIRE_BOOLEAN] = write_boolean, [WIRE_MOMENT] = write_moment,   [WIRE_DECIMAL] = write_decimal,
    [WIRE_UUID] = write_uuid,
};

/* Takes the tag away again when there was nothing to write. */
static void encode_simple(struct encoder *encoder, const struct wire_member *member,
                          const void *place)
{
    size_t before = encoder->text.length;

    add_tag(encoder, &member->open);
    if (writers[member->type->kind](&encoder->text, place)) {
        add_tag(encoder, &member->close);
    } else {
        encoder->text.length = before;
        encoder->text.bytes[before] = '\0';
    }
}

/* ---- what has members ---- */

static void encode_value(struct encoder *encoder, const struct wire_member *member,
                         const void *place);

static void encode_items(struct encoder *encoder, const struct wire_type *type,
                         const struct message_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        encode_value(encoder, &type->members[0], &list->items[i]);
    }
}

static void encode_key_members(struct encoder *encoder, const struct wire_type *type,
                               const struct alternate_key *key)
{
    const struct message_list values = {
        .is_set = true, .count = key->value_count, .items = (void **)key->values};

    encode_value(encoder, &type->members[0], &key->name);
    encode_value(encoder, &type->members[1], &values);
}

/* The struct that a member points to, or the list that it is; NULL when absent. */
static const void *target_of(enum wire_kind kind, const void *place)
{
    const struct message_list *list = place;
    const void *const *pointer = place;

    if (kind == WIRE_LIST) {
        return list->is_set ? list : NULL;
    }
    return *pointer;
}

static void encode_value(struct encoder *encoder, const struct wire_member *member,
                         const void *place)
{
    const struct wire_type *type = member->type;
    const void *target = NULL;

    if (type->kind < WIRE_STRUCT) {
        encode_simple(encoder, member, place);
        return;
    }
    target = target_of(type->kind, place);
    if (target == NULL) {
        return;
    }
    add_tag(encoder, &member->open);
    switch (type->kind) {
    case WIRE_LIST:
        encode_items(encoder, type, target);
        break;
    case WIRE_RECORD:
        encode_record_members(encoder, type, target);
        break;
    case WIRE_REFERENCE:
        encode_reference_members(encoder, target);
        break;
    case WIRE_KEY:
        encode_key_members(encoder, type, target);
        break;
    default:
        expect(type->kind == WIRE_STRUCT);
        encode_members(encoder, type, target);
        break;
    }
    add_tag(encoder, &member->close);
}

void encode_members(struct encoder *encoder, const struct wire_type *type, const void *place)
{
    for (size_t i = 0; i < type->member_count; i++) {
        encode_value(encoder, &type->members[i], (const char *)place + type->members[i].offset);
    }
}
