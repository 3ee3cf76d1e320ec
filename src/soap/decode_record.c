/*
 * decode_record.c - records: values by the types of their fields, references, children.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "soap/content.h"
#include "soap/decode.h"
#include "soap/walk.h"
#include "soap/wire.h"
#include "soap/wire_fixed.h"

static bool refuse(const struct field *field, enum error_code code, const char *sentence,
                   struct error *error)
{
    if (field == NULL) {
        return error_set(error, code, "entity", "%s", sentence);
    }
    return error_set_about(error, code, field->entity->name, field->name, "%s: %s", field->name,
                           sentence);
}

/* ---- references, parties, files ---- */

static bool find_target(const struct decoder *decoder, const struct field *field, const char *name,
                        const struct entity **entity_out, struct error *error)
{
    if (name == NULL) {
        if (field != NULL && field->target_count == 1) {
            *entity_out = field->targets[0];
            return true;
        }
        return refuse(field, ERROR_VALUE_INVALID, "a reference must say its entity", error);
    }
    *entity_out = catalog_find_entity(decoder->catalog, name);
    if (*entity_out == NULL) {
        return refuse(field, ERROR_ENTITY_UNKNOWN, "there is no such entity", error);
    }
    if (field != NULL && !field_may_refer_to(field, *entity_out)) {
        return refuse(field, ERROR_VALUE_INVALID, "the field cannot refer to this entity", error);
    }
    return true;
}

bool decode_reference(const struct decoder *decoder, const struct field *field,
                      const struct reference_message *message, struct reference *reference_out,
                      struct error *error)
{
    struct reference reference = {.name = message->name, .alternate_key = message->alternate_key};

    if (message->id.is_set == (message->alternate_key != NULL)) {
        return refuse(field, ERROR_VALUE_INVALID,
                      "a reference needs an id, or an alternate key in its place", error);
    }
    if (!find_target(decoder, field, message->entity, &reference.entity, error)) {
        return false;
    }
    reference.id = message->id.value;
    *reference_out = reference;
    return true;
}

bool decode_party(const struct decoder *decoder, const struct field *field,
                  const struct party_message *message, struct party *party_out, struct error *error)
{
    const struct reference_message *reference = &message->reference;
    struct party party = {.participation = field->participation, .address = message->address};

    if (message->participation != NULL &&
        strcmp(message->participation, field->participation) != 0) {
        return refuse(field, ERROR_VALUE_INVALID, "the participation is not that of the field",
                      error);
    }
    if (reference->id.is_set || reference->alternate_key != NULL) {
        if (!decode_reference(decoder, field, reference, &party.reference, error)) {
            return false;
        }
    } else if (message->address == NULL) {
        return refuse(field, ERROR_VALUE_INVALID, "a party needs a record or an address", error);
    }
    *party_out = party;
    return true;
}

static bool decode_file(const struct decoder *decoder, const struct field *field,
                        const struct file_message *message, struct file **file_out,
                        struct error *error)
{
    struct file *file = arena_allocate(decoder->arena, sizeof(*file));

    *file = (struct file){.name = message->name, .media_type = message->media_type, .size = -1};
    *file_out = file;
    if (message->content == NULL) {
        return true;
    }
    message->content->field = field;
    return content_open(decoder->arena, message->content, file, error);
}

/* ---- the values of fields ---- */

static bool is_text(enum field_type type)
{
    return type == FIELD_STRING || type == FIELD_MEMO || type == FIELD_AUTO_NUMBER;
}

static bool decode_plain(struct decoder *decoder, const struct wire_member *member,
                         struct value *value, struct error *error)
{
    const struct field *field = member->field;
    const char *text = NULL;

    if (!decode_text(decoder, member->type, &text, error)) {
        return false;
    }
    if (!is_text(field->type)) {
        text = decode_trim(decoder->arena, text);
        if (*text == '\0') {
            return refuse(field, ERROR_VALUE_INVALID,
                          "the element is empty: leave it out, or name it in fieldsToNull", error);
        }
    }
    return value_parse(decoder->arena, field, text, decoder->zone, value, error);
}

static bool decode_lookup(struct decoder *decoder, const struct wire_member *member,
                          struct value *value, struct error *error)
{
    struct reference_message message = {0};

    if (!decode_struct(decoder, member->type, &message, error) ||
        !decode_reference(decoder, member->field, &message, &value->reference, error)) {
        return false;
    }
    value->state = VALUE_SET;
    return true;
}

static bool decode_parties(struct decoder *decoder, const struct wire_member *member,
                           struct value *value, struct error *error)
{
    const struct element unused = {0};
    struct message_list list = {0};
    struct party *parties = NULL;

    if (!decode_value(decoder, member, &unused, &list, error)) {
        return false;
    }
    parties = arena_allocate_array(decoder->arena, list.count, sizeof(*parties));
    for (size_t i = 0; i < list.count; i++) {
        if (!decode_party(decoder, member->field, list.items[i], &parties[i], error)) {
            return false;
        }
    }
    value->parties.items = parties;
    value->parties.count = list.count;
    value->state = VALUE_SET;
    return true;
}

static bool decode_file_value(struct decoder *decoder, const struct wire_member *member,
                              struct value *value, struct error *error)
{
    struct file_message message = {0};

    value->state = VALUE_SET;
    return decode_struct(decoder, member->type, &message, error) &&
           decode_file(decoder, member->field, &message, &value->file, error);
}

/* Field types with elements of their own; all others are plain text. */
static bool (*const field_decoders[FIELD_TYPE_COUNT])(struct decoder *decoder,
                                                      const struct wire_member *member,
                                                      struct value *value, struct error *error) = {
    [FIELD_LOOKUP] = decode_lookup,
    [FIELD_PARTY_LIST] = decode_parties,
    [FIELD_FILE] = decode_file_value,
};

static bool decode_field(struct decoder *decoder, const struct wire_member *member,
                         const struct element *element, struct record *record, struct error *error)
{
    struct value *value = record_value(record, member->field);

    if (element->is_nil) {
        *value = (struct value){.state = VALUE_NULL};
        return decode_nil(decoder, element, error);
    }
    if (field_decoders[member->field->type] != NULL) {
        return field_decoders[member->field->type](decoder, member, value, error);
    }
    return decode_plain(decoder, member, value, error);
}

static bool decode_children(struct decoder *decoder, const struct wire_member *member,
                            const struct element *element, struct record *record,
                            struct error *error)
{
    struct record_children *children = NULL;
    struct message_list list = {0};

    if (element->is_nil) {
        return decode_nil(decoder, element, error);
    }
    if (!decode_value(decoder, member, element, &list, error)) {
        return false;
    }
    children = record_children_of(decoder->arena, record, member->link);
    for (size_t i = 0; i < list.count; i++) {
        record_add_child(decoder->arena, children, list.items[i]);
    }
    return true;
}

static bool decode_deleted(struct decoder *decoder, const struct wire_member *member,
                           const struct element *element, struct record *record,
                           struct error *error)
{
    const struct relation *relation = member->link->relation;
    struct record_children *children = NULL;
    struct message_list list = {0};
    struct uuid *ids = NULL;

    if (!decode_value(decoder, member, element, &list, error)) {
        return false;
    }
    ids = arena_allocate_array(decoder->arena, list.count, sizeof(*ids));
    for (size_t i = 0; i < list.count; i++) {
        const char *text = decode_trim(decoder->arena, list.items[i]);
        if (!uuid_parse(text, &ids[i])) {
            return error_set_about(error, ERROR_VALUE_INVALID, record->entity->name,
                                   relation->children_to_delete, "\"%.40s\" is no id", text);
        }
    }
    children = record_children_of(decoder->arena, record, member->link);
    children->deleted = ids;
    children->deleted_count = list.count;
    return true;
}

/* ---- fieldsToNull ---- */

static bool make_all_null(const struct decoder *decoder, struct record *record,
                          const struct message_list *names, struct error *error)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!record_make_null(record, decode_trim(decoder->arena, names->items[i]), error)) {
            return false;
        }
    }
    return true;
}

static bool decode_member(struct decoder *decoder, const struct wire_member *member,
                          const struct element *element, struct record *record,
                          struct message_list *names, struct error *error)
{
    if (member->field != NULL) {
        return decode_field(decoder, member, element, record, error);
    }
    if (member->link != NULL && !member->is_to_delete) {
        return decode_children(decoder, member, element, record, error);
    }
    if (element->is_nil) {
        return decode_nil(decoder, element, error);
    }
    if (member->is_to_delete) {
        return decode_deleted(decoder, member, element, record, error);
    }
    return decode_value(decoder, member, element, names, error);
}

bool decode_record(struct decoder *decoder, const struct wire_type *type,
                   struct record **record_out, struct error *error)
{
    struct record *record = record_make(decoder->arena, type->entity);
    bool *seen = arena_allocate(decoder->arena, type->member_count);
    const struct wire_member *member = NULL;
    struct message_list names = {0};
    struct element element;

    if (!decode_check_type(decoder, type, error) || !walk_enter(decoder->walk, error)) {
        return false;
    }
    for (;;) {
        if (!walk_next(decoder->walk, &element, error)) {
            return false;
        }
        if (element.name == NULL) {
            break;
        }
        if (!decode_find_member(decoder, type, &element, seen, &member, error) ||
            !decode_member(decoder, member, &element, record, &names, error)) {
            return false;
        }
    }
    *record_out = record;
    return make_all_null(decoder, record, &names, error) && walk_leave(decoder->walk, error);
}
