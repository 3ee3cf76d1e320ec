/*
 * wire_record.c - entities become record types: fields, lists of children, fieldsToNull.
 */
#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "metadata/catalog.h"
#include "soap/wire_types.h"

enum { DOCUMENTED_CHOICES = 60, DOCUMENTATION_SIZE = 128 };

/* The kind of each field type; TEXT where there is a table of its own below. */
static const enum wire_kind kinds_of_fields[] = {
    [FIELD_STRING] = WIRE_TEXT,      [FIELD_MEMO] = WIRE_TEXT,
    [FIELD_INTEGER] = WIRE_INTEGER,  [FIELD_LONG] = WIRE_LONG,
    [FIELD_DECIMAL] = WIRE_DECIMAL,  [FIELD_MONEY] = WIRE_DECIMAL,
    [FIELD_BOOLEAN] = WIRE_BOOLEAN,  [FIELD_DATE] = WIRE_DATE,
    [FIELD_DATE_TIME] = WIRE_MOMENT, [FIELD_CHOICE] = WIRE_TEXT,
    [FIELD_STATE] = WIRE_TEXT,       [FIELD_STATUS_REASON] = WIRE_TEXT,
    [FIELD_LOOKUP] = WIRE_REFERENCE, [FIELD_PARTY_LIST] = WIRE_LIST,
    [FIELD_UUID] = WIRE_UUID,        [FIELD_FILE] = WIRE_FILE,
    [FIELD_AUTO_NUMBER] = WIRE_TEXT,
};
static_assert(sizeof(kinds_of_fields) / sizeof(kinds_of_fields[0]) == FIELD_TYPE_COUNT,
              "each field type has its kind on the wire");

/* A decimal of so many digits. */
static const struct wire_type *decimal_type(struct wire_types *types, const struct field *field)
{
    bool is_new = false;
    const char *name = field->type == FIELD_MONEY
                           ? arena_format(types->arena, "Money%u", (unsigned)field->scale)
                           : arena_format(types->arena, "Decimal%uOf%u", (unsigned)field->scale,
                                          (unsigned)field->precision);
    struct wire_type *type = wire_types_add(types, name, WIRE_DECIMAL, &is_new);

    type->total_digits = field->precision;
    type->fraction_digits = field->scale;
    return type;
}

/* States are a closed set. */
static const struct wire_type *state_type(struct wire_types *types, const struct field *field)
{
    bool is_new = false;
    struct wire_type *type = wire_types_add(
        types, arena_format(types->arena, "%sState", field->entity->name), WIRE_TEXT, &is_new);

    if (is_new) {
        const char **tokens =
            arena_allocate_array(types->arena, field->choice_count + 1, sizeof(*tokens));
        for (size_t i = 0; i < field->choice_count; i++) {
            tokens[i] = field->choices[i].token;
        }
        type->tokens = tokens;
    }
    return type;
}

static const struct wire_type *type_of_field(struct wire_types *types, const struct field *field)
{
    switch (field->type) {
    case FIELD_DECIMAL:
    case FIELD_MONEY:
        return decimal_type(types, field);
    case FIELD_STATE:
        return state_type(types, field);
    case FIELD_LOOKUP:
        return types->reference;
    case FIELD_PARTY_LIST:
        return types->parties;
    case FIELD_FILE:
        return types->file;
    default:
        return wire_builtin(kinds_of_fields[field->type]);
    }
}

static void add_choices(struct buffer *text, const struct field *field)
{
    buffer_add_text(text, " One of:");
    for (size_t i = 0; i < field->choice_count; i++) {
        buffer_add_format(text, " %s", field->choices[i].token);
    }
    buffer_add_char(text, '.');
}

static void add_targets(struct buffer *text, const struct field *field)
{
    buffer_add_text(text, " Refers to:");
    for (size_t i = 0; i < field->target_count; i++) {
        buffer_add_format(text, " %s", field->targets[i]->name);
    }
    buffer_add_char(text, '.');
}

/* "Credit limit. The most that ... One of: A B." */
static const char *document_field(struct wire_types *types, const struct field *field)
{
    const char *description = field->description.text[LANGUAGE_ENGLISH];
    struct buffer text;

    buffer_init(&text, types->arena, DOCUMENTATION_SIZE);
    buffer_add_format(&text, "%s.", label_text(&field->label, LANGUAGE_ENGLISH));
    if (description != NULL && *description != '\0') {
        buffer_add_format(&text, " %s", description);
    }
    if (field->choice_count > 0 && field->type != FIELD_STATE &&
        field->choice_count <= DOCUMENTED_CHOICES) {
        add_choices(&text, field);
    }
    if (field->type == FIELD_LOOKUP && field->target_count > 0) {
        add_targets(&text, field);
    }
    return text.bytes;
}

static size_t count_children(const struct entity *entity)
{
    size_t count = 0;

    for (size_t i = 0; i < entity->referrer_count; i++) {
        const struct field *link = entity->referrers[i];
        count += link->relation != NULL && link->relation->children != NULL;
    }
    return 2 * count;
}

/* "In requests: ids of order lines to delete." */
static const char *document_deletion(struct wire_types *types, const struct entity *child)
{
    return arena_format(types->arena, "In requests: ids of records of \"%s\" to delete.",
                        label_text(&child->plural_label, LANGUAGE_ENGLISH));
}

/* Adds the lists of children that may be written with the entity: the children, and the ids of
 * those to delete. */
static size_t add_children(struct wire_types *types, const struct entity *entity,
                           struct wire_member *members)
{
    size_t count = 0;

    for (size_t i = 0; i < entity->referrer_count; i++) {
        const struct field *link = entity->referrers[i];
        if (link->relation != NULL && link->relation->children != NULL) {
            members[count++] = (struct wire_member){
                .name = link->relation->children,
                .type = wire_list_of(types, wire_type_of_entity(types, link->entity)),
                .link = link,
                .documentation = label_text(&link->entity->plural_label, LANGUAGE_ENGLISH),
            };
            members[count++] = (struct wire_member){
                .name = link->relation->children_to_delete,
                .type = types->strings,
                .link = link,
                .is_to_delete = true,
                .documentation = document_deletion(types, link->entity),
            };
        }
    }
    return count;
}

const struct wire_type *wire_type_of_entity(struct wire_types *types, const struct entity *entity)
{
    bool is_new = false;
    struct wire_type *type = wire_types_add(types, entity->name, WIRE_RECORD, &is_new);
    struct wire_member *members = NULL;
    size_t count = 0;

    if (!is_new) {
        return type;
    }
    members = arena_allocate_array(types->arena, entity->field_count + count_children(entity) + 1,
                                   sizeof(*members));
    for (size_t i = 0; i < entity->field_count; i++) {
        const struct field *field = entity->fields[i];
        if (!field->is_secret) {
            members[count++] = (struct wire_member){.name = field->name,
                                                    .type = type_of_field(types, field),
                                                    .field = field,
                                                    .documentation = document_field(types, field)};
        }
    }
    count += add_children(types, entity, members + count);
    members[count++] = (struct wire_member){.name = WIRE_FIELDS_TO_NULL,
                                            .type = types->strings,
                                            .documentation = "In requests: names of fields to make "
                                                             "null."};
    type->entity = entity;
    type->documentation = entity->description.text[LANGUAGE_ENGLISH];
    wire_type_set_members(types, type, members, count);
    return type;
}
