/*
 * decode.c - structs, lists and contents; records are in decode_record.c, simple values in
 * decode_simple.c.
 */
#include "soap/decode.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/suggest.h"
#include "metadata/entity.h"
#include "metadata/value.h"
#include "soap/characters.h"
#include "soap/content.h"
#include "soap/limits.h"
#include "soap/multipart.h"
#include "soap/names.h"
#include "soap/walk.h"
#include "soap/wire.h"
#include "soap/wire_fixed.h"

const char *decode_trim(struct arena *arena, const char *text)
{
    size_t length = 0;

    while (is_xml_space(*text)) {
        text++;
    }
    length = strlen(text);
    if (length == 0 || !is_xml_space(text[length - 1])) {
        return text;
    }
    while (length > 0 && is_xml_space(text[length - 1])) {
        length--;
    }
    return arena_copy_part(arena, text, length);
}

/* ": did you mean name?", or nothing. */
static const char *suggest(const struct decoder *decoder, const struct wire_type *type,
                           const char *name)
{
    const char **names = arena_allocate_array(decoder->arena, type->member_count, sizeof(*names));
    const char *meant = NULL;

    for (size_t i = 0; i < type->member_count; i++) {
        names[i] = type->members[i].name;
    }
    meant = suggest_word(name, names, type->member_count);
    return meant == NULL ? "" : arena_format(decoder->arena, ": did you mean %s?", meant);
}

static bool refuse_unknown(const struct decoder *decoder, const struct wire_type *type,
                           const struct element *element, struct error *error)
{
    const char *hint = suggest(decoder, type, element->name);

    if (type->kind == WIRE_RECORD) {
        return error_set_about(error, ERROR_FIELD_UNKNOWN, type->entity->name, element->name,
                               "%s has no field %s%s", type->entity->name, element->name, hint);
    }
    return error_set(error, ERROR_PARAMETER_UNKNOWN, element->name, "%s has no element %s%s",
                     type->name, element->name, hint);
}

bool decode_find_member(const struct decoder *decoder, const struct wire_type *type,
                        const struct element *element, bool *seen,
                        const struct wire_member **member_out, struct error *error)
{
    const struct wire_member *member = wire_find_member(type, element->name);

    if (member == NULL) {
        return refuse_unknown(decoder, type, element, error);
    }
    if (strcmp(element->namespace, decoder->target_namespace) != 0) {
        return error_set(error, ERROR_PARAMETER_UNKNOWN, element->name,
                         "The element %s must be in the namespace %s", element->name,
                         decoder->target_namespace);
    }
    if (seen[member - type->members]) {
        return error_set(error, ERROR_PARAMETER_REPEATED, element->name, "%s is sent twice",
                         element->name);
    }
    seen[member - type->members] = true;
    *member_out = member;
    return true;
}

bool decode_nil(struct decoder *decoder, const struct element *element, struct error *error)
{
    const char *text = NULL;
    const char *name = arena_copy_text(decoder->arena, element->name);

    if (!walk_text(decoder->walk, &text, error)) {
        return false;
    }
    if (*decode_trim(decoder->arena, text) != '\0') {
        return error_set(error, ERROR_VALUE_INVALID, name, "%s is nil and has a value", name);
    }
    return true;
}

bool decode_check_type(struct decoder *decoder, const struct wire_type *type, struct error *error)
{
    const char *namespace = NULL;
    const char *name = NULL;

    if (!walk_type(decoder->walk, &namespace, &name, error)) {
        return false;
    }
    if (name == NULL ||
        (strcmp(namespace, decoder->target_namespace) == 0 && strcmp(name, type->name) == 0) ||
        (strcmp(namespace, NAMESPACE_SCHEMA) == 0 && strcmp(name, "anyType") == 0)) {
        return true;
    }
    return error_set(error, ERROR_VALUE_INVALID, name, "xsi:type says %s, the contract %s", name,
                     type->name);
}

static bool check_required(const struct wire_type *type, const bool *is_present,
                           struct error *error)
{
    for (size_t i = 0; i < type->member_count; i++) {
        const struct wire_member *member = &type->members[i];
        if (member->is_required && !is_present[i]) {
            return error_set(error, ERROR_PARAMETER_REQUIRED, member->name, "%s is required",
                             member->name);
        }
    }
    return true;
}

static bool decode_members(struct decoder *decoder, const struct wire_type *type, char *place,
                           struct error *error)
{
    bool *seen = arena_allocate(decoder->arena, type->member_count);
    bool *is_present = arena_allocate(decoder->arena, type->member_count);
    const struct wire_member *member = NULL;
    struct element element;

    for (;;) {
        if (!walk_next(decoder->walk, &element, error)) {
            return false;
        }
        if (element.name == NULL) {
            return check_required(type, is_present, error);
        }
        if (!decode_find_member(decoder, type, &element, seen, &member, error)) {
            return false;
        }
        if (element.is_nil) {
            if (!decode_nil(decoder, &element, error)) {
                return false;
            }
            continue;
        }
        is_present[member - type->members] = true;
        if (!decode_value(decoder, member, &element, place + member->offset, error)) {
            return false;
        }
    }
}

bool decode_struct(struct decoder *decoder, const struct wire_type *type, void *place,
                   struct error *error)
{
    return decode_check_type(decoder, type, error) && walk_enter(decoder->walk, error) &&
           decode_members(decoder, type, place, error) && walk_leave(decoder->walk, error);
}

/* Reads a repeated child; each goes to an item of its own. */
static bool decode_list(struct decoder *decoder, const struct wire_type *type,
                        struct message_list *list, struct error *error)
{
    const struct wire_member *member = &type->members[0];
    struct element element;
    struct array items;

    array_init(&items, decoder->arena);
    if (!decode_check_type(decoder, type, error) || !walk_enter(decoder->walk, error)) {
        return false;
    }
    for (;;) {
        void *item = NULL;
        bool seen = false;
        if (!walk_next(decoder->walk, &element, error)) {
            return false;
        }
        if (element.name == NULL) {
            break;
        }
        if (!decode_find_member(decoder, type, &element, &seen, &member, error)) {
            return false;
        }
        if (element.is_nil) {
            return error_set(error, ERROR_VALUE_INVALID, member->name,
                             "An item of a list must not be nil");
        }
        if (!decode_value(decoder, member, &element, &item, error)) {
            return false;
        }
        array_add(&items, item);
    }
    *list = (struct message_list){.is_set = true, .count = items.count, .items = items.items};
    return walk_leave(decoder->walk, error);
}

/* <xop:Include href="cid:..."/> in the place of base64 text. */
static bool decode_include(struct decoder *decoder, struct content *content, struct error *error)
{
    const char *reference = NULL;
    const struct part *part = NULL;
    struct element element;

    if (!walk_enter(decoder->walk, error) || !walk_next(decoder->walk, &element, error)) {
        return false;
    }
    if (element.name == NULL || strcmp(element.namespace, NAMESPACE_XOP) != 0 ||
        strcmp(element.name, "Include") != 0) {
        return error_set(error, ERROR_VALUE_INVALID, "content",
                         "content holds base64 text or one xop:Include");
    }
    reference = walk_attribute(decoder->walk, "", "href");
    if (reference != NULL && decoder->multipart != NULL) {
        part = multipart_find(decoder->arena, decoder->multipart, reference);
    }
    if (part == NULL) {
        return error_set(error, ERROR_ATTACHMENT_MISSING, "content",
                         "The message has no part that xop:Include names");
    }
    content->bytes = decoder->multipart->body;
    content->bytes.bytes += part->offset;
    content->bytes.length = part->length;
    if (!walk_skip(decoder->walk, error) || !walk_next(decoder->walk, &element, error)) {
        return false;
    }
    if (element.name != NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "content", "content holds two elements");
    }
    return walk_leave(decoder->walk, error);
}

static bool decode_content(struct decoder *decoder, const struct element *element,
                           struct content **content_out, struct error *error)
{
    struct content *content = arena_allocate(decoder->arena, sizeof(*content));
    const char *text = NULL;

    *content_out = content;
    content->limit = decoder->limits->attachment;
    if (!element->is_leaf) {
        return decode_include(decoder, content, error);
    }
    content->is_base64 = true;
    if (!walk_raw(decoder->walk, &content->bytes, error)) {
        return false;
    }
    if (content->bytes.bytes != NULL) {
        return true;
    }
    if (!walk_text(decoder->walk, &text, error)) {
        return false;
    }
    content->bytes = (struct body){.bytes = text, .length = strlen(text)};
    return true;
}

static bool decode_bytes(struct decoder *decoder, const struct element *element,
                         struct file **file_out, struct error *error)
{
    struct file *file = arena_allocate(decoder->arena, sizeof(*file));
    struct content *content = NULL;

    *file = (struct file){.size = -1};
    *file_out = file;
    return decode_content(decoder, element, &content, error) &&
           content_open(decoder->arena, content, file, error);
}

static bool decode_to_pointer(struct decoder *decoder, const struct wire_type *type, void **place,
                              struct error *error)
{
    *place = arena_allocate(decoder->arena, type->size);
    return decode_struct(decoder, type, *place, error);
}

static bool decode_to_key(struct decoder *decoder, const struct wire_type *type, void **place,
                          struct error *error)
{
    struct key_message message = {0};
    struct alternate_key *key = arena_allocate(decoder->arena, sizeof(*key));

    if (!decode_struct(decoder, type, &message, error)) {
        return false;
    }
    *key = (struct alternate_key){.name = message.name,
                                  .values = (const char **)message.values.items,
                                  .value_count = message.values.count};
    *place = key;
    return true;
}

static bool decode_to_reference(struct decoder *decoder, const struct wire_type *type, void **place,
                                struct error *error)
{
    struct reference_message message = {0};
    struct reference *reference = arena_allocate(decoder->arena, sizeof(*reference));

    *place = reference;
    return decode_struct(decoder, type, &message, error) &&
           decode_reference(decoder, NULL, &message, reference, error);
}

bool decode_value(struct decoder *decoder, const struct wire_member *member,
                  const struct element *element, void *place, struct error *error)
{
    const struct wire_type *type = member->type;
    const char *text = NULL;

    switch (type->kind) {
    case WIRE_STRUCT:
    case WIRE_PARTY:
    case WIRE_FILE:
        return decode_to_pointer(decoder, type, place, error);
    case WIRE_RECORD:
        return decode_record(decoder, type, place, error);
    case WIRE_KEY:
        return decode_to_key(decoder, type, place, error);
    case WIRE_REFERENCE:
        return decode_to_reference(decoder, type, place, error);
    case WIRE_LIST:
        return decode_list(decoder, type, place, error);
    case WIRE_CONTENT:
        return decode_content(decoder, element, place, error);
    case WIRE_BYTES:
        return decode_bytes(decoder, element, place, error);
    default:
        return decode_text(decoder, type, &text, error) &&
               decode_simple(decoder, member, text, place, error);
    }
}
