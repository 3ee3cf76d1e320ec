/*
 * shape_text.c - walks a struct by its shape, and a text by its brackets and lengths.
 */
#include "service/shape_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/expect.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/shape.h"
#include "metadata/value.h"

enum { SCALAR_SIZE = 64, LENGTH_DIGITS = 10 };

/* Texts of a reference, in this order; the values of its key follow. */
enum { REFERENCE_ENTITY, REFERENCE_ID, REFERENCE_KEY, REFERENCE_PARTS };

static bool is_scalar(enum shape_type type)
{
    return type == SHAPE_INTEGER || type == SHAPE_LONG || type == SHAPE_BOOLEAN ||
           type == SHAPE_DATE_TIME || type == SHAPE_UUID || type == SHAPE_DECIMAL;
}

/* ---- writing ---- */

static void add_text(struct buffer *text, const char *value)
{
    buffer_add_format(text, "%zu:", strlen(value));
    buffer_add_text(text, value);
}

static void add_reference(struct buffer *text, const struct reference *reference)
{
    const struct alternate_key *key = reference->alternate_key;
    char id[UUID_TEXT_SIZE];

    uuid_format(&reference->id, id);
    buffer_add_char(text, '[');
    add_text(text, reference->entity == NULL ? "" : reference->entity->name);
    add_text(text, id);
    add_text(text, key == NULL ? "" : key->name);
    for (size_t i = 0; key != NULL && i < key->value_count; i++) {
        add_text(text, key->values[i]);
    }
    buffer_add_char(text, ']');
}

/* What lies behind a pointer. */
static void add_item(struct buffer *text, const struct shape_member *member, const void *item)
{
    switch (member->type) {
    case SHAPE_STRING:
        add_text(text, item);
        break;
    case SHAPE_STRUCT:
        shape_text_write(text, member->shape, item);
        break;
    case SHAPE_REFERENCE:
        add_reference(text, item);
        break;
    default:
        expect(!"such a member can be kept");
    }
}

/* False when it is absent. */
static bool format_scalar(enum shape_type type, const void *place, char out[SCALAR_SIZE])
{
    const struct message_uuid *uuid = place;
    const struct message_boolean *boolean = place;
    const struct message_decimal *decimal = place;
    const struct message_integer *integer = place; /* moments lie in the same way */

    switch (type) {
    case SHAPE_UUID:
        uuid_format(&uuid->value, out);
        return uuid->is_set;
    case SHAPE_BOOLEAN:
        snprintf(out, SCALAR_SIZE, "%d", boolean->value);
        return boolean->is_set;
    case SHAPE_DECIMAL:
        decimal_format(decimal->value, out);
        return decimal->is_set;
    default:
        snprintf(out, SCALAR_SIZE, "%lld", (long long)integer->value);
        return integer->is_set;
    }
}

static void add_list(struct buffer *text, const struct shape_member *member,
                     const struct message_list *list)
{
    buffer_add_char(text, '[');
    for (size_t i = 0; i < list->count; i++) {
        add_item(text, member, list->items[i]);
    }
    buffer_add_char(text, ']');
}

static void add_member(struct buffer *text, const struct shape_member *member, const void *place)
{
    const struct message_list *list = place;
    const void *const *item = place;
    char scalar[SCALAR_SIZE];

    if (member->is_list) {
        if (list->is_set) {
            buffer_add_format(text, "%s=", member->name);
            add_list(text, member, list);
        }
    } else if (is_scalar(member->type)) {
        if (format_scalar(member->type, place, scalar)) {
            buffer_add_format(text, "%s=", member->name);
            add_text(text, scalar);
        }
    } else if (*item != NULL) {
        buffer_add_format(text, "%s=", member->name);
        add_item(text, member, *item);
    }
}

void shape_text_write(struct buffer *text, const struct shape *shape, const void *place)
{
    buffer_add_char(text, '{');
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        add_member(text, member, (const char *)place + member->offset);
    }
    buffer_add_char(text, '}');
}

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    const struct catalog *catalog;
    const char *at, *end;
    struct error *error;
};

static bool fail(const struct reader *reader)
{
    return error_set(reader->error, ERROR_INTERNAL, NULL,
                     "What was kept of a request cannot be read");
}

static bool is_next(const struct reader *reader, char character)
{
    return reader->at < reader->end && *reader->at == character;
}

static bool take(struct reader *reader, char character)
{
    if (!is_next(reader, character)) {
        return fail(reader);
    }
    reader->at++;
    return true;
}

static bool read_text(struct reader *reader, const char **text_out)
{
    size_t length = 0;
    int digits = 0;

    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
        length = length * 10 + (size_t)(*reader->at++ - '0');
        if (++digits > LENGTH_DIGITS) {
            return fail(reader);
        }
    }
    if (digits == 0 || !take(reader, ':') || length > (size_t)(reader->end - reader->at)) {
        return fail(reader);
    }
    *text_out = arena_copy_part(reader->arena, reader->at, length);
    reader->at += length;
    return true;
}

static bool read_name(struct reader *reader, const char **name_out)
{
    const char *end = memchr(reader->at, '=', (size_t)(reader->end - reader->at));

    if (end == NULL) {
        return fail(reader);
    }
    *name_out = arena_copy_part(reader->arena, reader->at, (size_t)(end - reader->at));
    reader->at = end + 1;
    return true;
}

/* Goes over a value that this release does not know. */
static bool pass_over(struct reader *reader)
{
    const char *ignored = NULL;
    size_t depth = 0;

    do {
        if (is_next(reader, '{') || is_next(reader, '[')) {
            depth++;
            reader->at++;
        } else if (is_next(reader, '}') || is_next(reader, ']')) {
            if (depth == 0) {
                return fail(reader);
            }
            depth--;
            reader->at++;
        } else if (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
            if (!read_text(reader, &ignored)) {
                return false;
            }
        } else if (!read_name(reader, &ignored)) {
            return false;
        }
    } while (depth > 0);
    return true;
}

static bool read_reference(struct reader *reader, struct reference **reference_out)
{
    struct reference *reference = arena_allocate(reader->arena, sizeof(*reference));
    struct array texts;

    array_init(&texts, reader->arena);
    if (!take(reader, '[')) {
        return false;
    }
    while (!is_next(reader, ']')) {
        const char *text = NULL;
        if (!read_text(reader, &text)) {
            return false;
        }
        array_add(&texts, text);
    }
    reader->at++;
    if (texts.count < REFERENCE_PARTS || !uuid_parse(texts.items[REFERENCE_ID], &reference->id)) {
        return fail(reader);
    }
    const char *entity = texts.items[REFERENCE_ENTITY], *key = texts.items[REFERENCE_KEY];
    reference->entity = catalog_find_entity(reader->catalog, entity);
    if (reference->entity == NULL && *entity != '\0') {
        return error_set(reader->error, ERROR_ENTITY_UNKNOWN, "entity",
                         "There is no entity %.100s any more", entity);
    }
    if (*key != '\0') {
        struct alternate_key *alternate_key = arena_allocate(reader->arena, sizeof(*alternate_key));
        alternate_key->name = key;
        alternate_key->value_count = texts.count - REFERENCE_PARTS;
        alternate_key->values = (const char **)texts.items + REFERENCE_PARTS;
        reference->alternate_key = alternate_key;
    }
    *reference_out = reference;
    return true;
}

static bool read_struct(struct reader *reader, const struct shape *shape, void *place);

static bool read_item(struct reader *reader, const struct shape_member *member, void **item_out)
{
    switch (member->type) {
    case SHAPE_STRING: {
        const char *text = NULL;
        if (!read_text(reader, &text)) {
            return false;
        }
        *item_out = (void *)text;
        return true;
    }
    case SHAPE_REFERENCE: {
        struct reference *reference = NULL;
        if (!read_reference(reader, &reference)) {
            return false;
        }
        *item_out = reference;
        return true;
    }
    default:
        expect(member->type == SHAPE_STRUCT);
        *item_out = arena_allocate(reader->arena, member->shape->size);
        return read_struct(reader, member->shape, *item_out);
    }
}

static bool read_list(struct reader *reader, const struct shape_member *member,
                      struct message_list *list)
{
    struct array items;

    array_init(&items, reader->arena);
    if (!take(reader, '[')) {
        return false;
    }
    while (!is_next(reader, ']')) {
        void *item = NULL;
        if (!read_item(reader, member, &item)) {
            return false;
        }
        array_add(&items, item);
    }
    reader->at++;
    *list = (struct message_list){.is_set = true, .count = items.count, .items = items.items};
    return true;
}

static bool read_scalar(struct reader *reader, enum shape_type type, void *place)
{
    struct message_uuid *uuid = place;
    struct message_boolean *boolean = place;
    struct message_decimal *decimal = place;
    struct message_integer *integer = place;
    const char *text = NULL;

    if (!read_text(reader, &text)) {
        return false;
    }
    switch (type) {
    case SHAPE_UUID:
        uuid->is_set = uuid_parse(text, &uuid->value);
        return uuid->is_set || fail(reader);
    case SHAPE_BOOLEAN:
        *boolean = (struct message_boolean){.is_set = true, .value = strcmp(text, "1") == 0};
        return true;
    case SHAPE_DECIMAL:
        decimal->is_set = decimal_parse(text, &decimal->value);
        return decimal->is_set || fail(reader);
    default:
        *integer = (struct message_integer){.is_set = true, .value = strtoll(text, NULL, 10)};
        return true;
    }
}

static const struct shape_member *find_member(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        if (strcmp(shape->members[i].name, name) == 0) {
            return &shape->members[i];
        }
    }
    return NULL;
}

static bool read_member(struct reader *reader, const struct shape *shape, void *place)
{
    const char *name = NULL;

    if (!read_name(reader, &name)) {
        return false;
    }
    const struct shape_member *member = find_member(shape, name);
    if (member == NULL) {
        return pass_over(reader);
    }
    void *member_place = (char *)place + member->offset;
    if (member->is_list) {
        return read_list(reader, member, member_place);
    }
    return is_scalar(member->type) ? read_scalar(reader, member->type, member_place)
                                   : read_item(reader, member, member_place);
}

static bool read_struct(struct reader *reader, const struct shape *shape, void *place)
{
    if (!take(reader, '{')) {
        return false;
    }
    while (!is_next(reader, '}')) {
        if (!read_member(reader, shape, place)) {
            return false;
        }
    }
    reader->at++;
    return true;
}

bool shape_text_read(struct arena *arena, const struct catalog *catalog, const char *text,
                     const struct shape *shape, void *place, struct error *error)
{
    struct reader reader = {
        .arena = arena, .catalog = catalog, .at = text, .end = text + strlen(text), .error = error};

    return read_struct(&reader, shape, place) && (reader.at == reader.end || fail(&reader));
}
