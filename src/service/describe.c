/*
 * describe.c - the operations of the Metadata service, answered from what the validator uses.
 */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/decimal.h"
#include "base/settings.h"
#include "call/call.h"
#include "call/platform.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/field.h"
#include "security/field_access.h"
#include "service/named_entity.h"

static const char *const ownership_names[] = {
    [OWNERSHIP_USER] = "user",
    [OWNERSHIP_BUSINESS] = "business",
    [OWNERSHIP_ORGANIZATION] = "organization",
    [OWNERSHIP_PARENT] = "parent",
};

static struct message_boolean truth(bool value)
{
    return (struct message_boolean){.is_set = true, .value = value};
}

/* A number that says nothing when it is zero. */
static struct message_integer number_if_any(int64_t value)
{
    return (struct message_integer){.is_set = value != 0, .value = value};
}

static struct message_list list_of(const struct array *array)
{
    return (struct message_list){.is_set = true, .count = array->count, .items = array->items};
}

static const char *decimal_text(struct arena *arena, bool has, struct decimal value)
{
    char text[DECIMAL_TEXT_SIZE];

    if (!has) {
        return NULL;
    }
    decimal_format(value, text);
    return arena_copy_text(arena, text);
}

static const char *token_of_state(const struct field *field, const struct choice *choice)
{
    const struct field *state = field->entity->state;

    if (field->type != FIELD_STATUS_REASON || state == NULL) {
        return NULL;
    }
    const struct choice *found = field_find_choice_value(state, choice->state);
    return found == NULL ? NULL : found->token;
}

static struct message_list describe_next(struct call *call, const struct choice *choice)
{
    struct array names;

    if (!choice->has_next) {
        return (struct message_list){.is_set = false};
    }
    array_init(&names, call->arena);
    for (size_t i = 0; i < choice->next_count; i++) {
        array_add(&names, (void *)choice->next[i]->token);
    }
    return list_of(&names);
}

static struct message_list describe_choices(struct call *call, const struct field *field)
{
    struct array descriptions;

    if (field->choice_count == 0) {
        return (struct message_list){.is_set = false};
    }
    array_init(&descriptions, call->arena);
    for (size_t i = 0; i < field->choice_count; i++) {
        const struct choice *choice = &field->choices[i];
        struct choice_description *description = arena_allocate(call->arena, sizeof(*description));
        description->token = choice->token;
        description->value = (struct message_integer){.is_set = true, .value = choice->value};
        description->label = label_text(&choice->label, call->language);
        description->state_token = token_of_state(field, choice);
        description->next = describe_next(call, choice);
        array_add(&descriptions, description);
    }
    return list_of(&descriptions);
}

static struct message_list describe_targets(struct call *call, const struct field *field)
{
    struct array names;

    if (field->target_count == 0) {
        return (struct message_list){.is_set = false};
    }
    array_init(&names, call->arena);
    for (size_t i = 0; i < field->target_count; i++) {
        array_add(&names, field->targets[i]->name);
    }
    return list_of(&names);
}

static bool is_key_alone(const struct field *field)
{
    for (size_t i = 0; i < field->entity->key_count; i++) {
        const struct key *key = field->entity->keys[i];
        if (key->field_count == 1 && key->fields[0] == field) {
            return true;
        }
    }
    return false;
}

/* What the caller may do with the field, so that a form can be made from it. */
static void describe_uses(const struct identity *identity, const struct field *field,
                          struct field_description *description)
{
    bool is_readable = field_may(identity, field, FIELD_RIGHT_READ);
    bool may_set = field_may(identity, field, FIELD_RIGHT_CREATE);
    bool may_change = field_may(identity, field, FIELD_RIGHT_UPDATE);

    description->required = truth(field->is_required);
    description->creatable = truth(field->is_creatable && may_set);
    description->updatable = truth(field->is_updatable && may_change);
    description->filterable = truth(field_is_filterable(field) && is_readable);
    description->sortable = truth(field_is_sortable(field) && is_readable);
    description->secured = truth(field->is_secured);
    description->readable = truth(is_readable);
    description->searchable = truth(field->is_searchable);
    description->unique = truth(is_key_alone(field));
    description->computed = truth(field->computed.kind != COMPUTED_NOT);
}

static const char *name_type(const struct field *field)
{
    return field->is_time_zone ? "timeZone"
           : field->is_email   ? "email"
                               : field_type_row(field->type)->name;
}

static struct field_description *describe_field(struct call *call, const struct field *field)
{
    struct field_description *description = arena_allocate(call->arena, sizeof(*description));

    description->name = field->name;
    description->classic_name = field->classic_name;
    description->field_type = name_type(field);
    description->label = label_text(&field->label, call->language);
    description->description = label_text(&field->description, call->language);
    describe_uses(call->identity, field, description);
    description->length = number_if_any((int64_t)field->length);
    description->precision = number_if_any(field->precision);
    description->scale =
        (struct message_integer){.is_set = field->precision != 0, .value = field->scale};
    description->minimum = decimal_text(call->arena, field->has_minimum, field->minimum);
    description->maximum = decimal_text(call->arena, field->has_maximum, field->maximum);
    description->default_value = field->default_text;
    description->file_size = number_if_any(field->file_size);
    description->choices = describe_choices(call, field);
    description->targets = describe_targets(call, field);
    return description;
}

static struct message_list describe_fields(struct call *call, const struct entity *entity)
{
    struct array descriptions;

    array_init(&descriptions, call->arena);
    for (size_t i = 0; i < entity->field_count; i++) {
        if (!entity->fields[i]->is_secret) {
            array_add(&descriptions, describe_field(call, entity->fields[i]));
        }
    }
    return list_of(&descriptions);
}

static struct key_description *describe_key(struct call *call, const struct key *key)
{
    struct key_description *description = arena_allocate(call->arena, sizeof(*description));
    struct array names;

    array_init(&names, call->arena);
    for (size_t i = 0; i < key->field_count; i++) {
        array_add(&names, key->fields[i]->name);
    }
    description->name = key->name;
    description->fields = list_of(&names);
    return description;
}

static struct message_list describe_keys(struct call *call, const struct entity *entity)
{
    struct array descriptions;

    array_init(&descriptions, call->arena);
    for (size_t i = 0; i < entity->key_count; i++) {
        array_add(&descriptions, describe_key(call, entity->keys[i]));
    }
    return list_of(&descriptions);
}

static struct relation_description *describe_relation(struct call *call, const struct field *lookup)
{
    struct relation_description *description = arena_allocate(call->arena, sizeof(*description));

    description->name = lookup->relation->name;
    description->label = label_text(&lookup->relation->label, call->language);
    description->entity = lookup->entity->name;
    description->field = lookup->name;
    return description;
}

static struct message_list describe_relations(struct call *call, const struct entity *entity)
{
    struct array descriptions;

    array_init(&descriptions, call->arena);
    for (size_t i = 0; i < entity->referrer_count; i++) {
        if (!entity->referrers[i]->is_secret) {
            array_add(&descriptions, describe_relation(call, entity->referrers[i]));
        }
    }
    return list_of(&descriptions);
}

/* The entity without its fields, keys and relations. */
static struct entity_description *describe_outline(struct call *call, const struct entity *entity)
{
    struct entity_description *description = arena_allocate(call->arena, sizeof(*description));

    description->name = entity->name;
    description->plural_name = entity->plural;
    description->classic_name = entity->classic_name;
    description->label = label_text(&entity->label, call->language);
    description->plural_label = label_text(&entity->plural_label, call->language);
    description->description = label_text(&entity->description, call->language);
    description->ownership = ownership_names[entity->ownership];
    description->name_field = entity->name_field == NULL ? NULL : entity->name_field->name;
    return description;
}

bool service_describe_entity(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct describe_entity_request *asked = request;
    struct describe_entity_response *answer = response;
    const struct entity *entity = NULL;

    (void)operation;
    if (!named_entity(call, "entityName", asked->entity_name, &entity, error)) {
        return false;
    }
    answer->description = describe_outline(call, entity);
    answer->description->fields = describe_fields(call, entity);
    answer->description->keys = describe_keys(call, entity);
    answer->description->relations = describe_relations(call, entity);
    return true;
}

bool service_describe_entities(struct call *call, const struct operation *operation,
                               const void *request, void *response, struct error *error)
{
    struct describe_entities_response *answer = response;
    struct array descriptions;

    (void)operation;
    (void)request;
    (void)error;
    array_init(&descriptions, call->arena);
    for (size_t i = 0; i < call->catalog->entity_count; i++) {
        array_add(&descriptions, describe_outline(call, call->catalog->entities[i]));
    }
    answer->descriptions = list_of(&descriptions);
    call->row_count = (int64_t)descriptions.count;
    return true;
}

/* The numbers of sections whose settings bound what a request may bring. */
static bool is_limit(const struct setting *setting)
{
    if (setting->type == SETTING_TEXT || setting->type == SETTING_BOOLEAN) {
        return false;
    }
    return strcmp(setting->section, "limits") == 0 || strcmp(setting->section, "mail") == 0;
}

/* Every limit, as the server runs with it. */
bool service_describe_limits(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    struct describe_limits_response *answer = response;
    struct array limits;

    (void)operation;
    (void)request;
    (void)error;
    array_init(&limits, call->arena);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &settings_table[i];
        if (!is_limit(setting)) {
            continue;
        }
        struct limit_description *limit = arena_allocate(call->arena, sizeof(*limit));
        limit->name = arena_format(call->arena, "%s.%s", setting->section, setting->key);
        limit->value = (struct message_integer){
            .is_set = true,
            .value = *(const int64_t *)((const char *)call->settings + setting->offset)};
        array_add(&limits, limit);
    }
    answer->limits = list_of(&limits);
    return true;
}
