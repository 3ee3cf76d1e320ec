/*
 * entity_read.c - one <entity> with its fields and states, into a draft.
 */
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "metadata/names.h"
#include "metadata/reader.h"
#include "xml/document.h"

#define BLANKS " \t\r\n"

static const char *const ownership_names[] = {
    [OWNERSHIP_USER] = "user",
    [OWNERSHIP_BUSINESS] = "business",
    [OWNERSHIP_ORGANIZATION] = "organization",
    [OWNERSHIP_PARENT] = "parent",
};

static enum ownership read_ownership(struct reader *reader, const struct xml_node *node)
{
    const char *name = xml_attribute_or(node, "ownership", "");
    for (size_t i = 0; i < sizeof(ownership_names) / sizeof(ownership_names[0]); i++) {
        if (strcmp(ownership_names[i], name) == 0) {
            return (enum ownership)i;
        }
    }
    reader_problem(reader, node, "there is no ownership \"%s\"", name);
    return OWNERSHIP_ORGANIZATION;
}

/* ---- names ---- */

static void read_names(struct reader *reader, const struct xml_node *node, struct entity *entity)
{
    struct arena *arena = reader->arena;
    entity->name = arena_copy_text(arena, xml_attribute_or(node, "name", ""));
    entity->plural = arena_copy_text(arena, xml_attribute_or(node, "plural", ""));
    entity->element = name_with_small_initial(arena, entity->name);
    entity->plural_element = name_with_small_initial(arena, entity->plural);
    entity->classic_name = arena_copy_text(arena, xml_attribute_or(node, "classic", ""));
    entity->table = name_with_separator(arena, entity->name, '_');
    entity->label = label_read(reader, node, "label", true);
    entity->plural_label = label_read(reader, node, "plural", true);
    entity->description = label_read(reader, node, "description", false);
}

static void check_type_name(struct reader *reader, const struct xml_node *node, const char *name)
{
    if (name_is_reserved_type(name) || strncmp(name, "ArrayOf", strlen("ArrayOf")) == 0) {
        reader_problem(reader, node,
                       "\"%s\" may not be the name of an entity: clients or the "
                       "contract need the word",
                       name);
    }
}

static void check_ending(struct reader *reader, const struct xml_node *node, const char *name)
{
    if (name_is_of_message(name)) {
        reader_problem(reader, node,
                       "\"%s\" may not be the name of an entity: those of the contract's messages "
                       "end in Request or Response",
                       name);
    }
}

/* The file is found by the name of the entity: SalesOrder is in sales-order.xml. */
static void check_file_name(struct reader *reader, const struct xml_node *node,
                            const struct entity *entity)
{
    const char *slash = strrchr(node->file, '/');
    const char *file = slash == NULL ? node->file : slash + 1;
    const char *wanted = arena_format(reader->scratch, "%s.xml",
                                      name_with_separator(reader->scratch, entity->name, '-'));
    if (strcmp(file, wanted) != 0) {
        reader_problem(reader, node, "entity \"%s\" belongs into a file %s", entity->name, wanted);
    }
}

/* ---- states ---- */

static struct choice *copy_choices(struct reader *reader, const struct array *from)
{
    struct choice *choices =
        arena_allocate_array(reader->arena, from->count, sizeof(struct choice));
    for (size_t i = 0; i < from->count; i++) {
        choices[i] = *(const struct choice *)from->items[i];
    }
    return choices;
}

/* Gives a state's reasons their state, and the first the default when none says it is. */
static void finish_reasons(struct reader *reader, const struct xml_node *node, size_t first,
                           const struct array *reasons, int32_t state)
{
    size_t defaults = 0;
    for (size_t i = first; i < reasons->count; i++) {
        struct choice *reason = reasons->items[i];
        reason->state = state;
        defaults += reason->is_default ? 1 : 0;
    }
    if (defaults == 0 && first < reasons->count) {
        ((struct choice *)reasons->items[first])->is_default = true;
    }
    if (defaults > 1) {
        reader_problem(reader, node, "state \"%s\" has %zu default reasons",
                       xml_attribute_or(node, "name", ""), defaults);
    }
}

static const struct choice *find_state(const struct array *states, const char *name)
{
    for (size_t i = 0; i < states->count; i++) {
        const struct choice *state = states->items[i];
        if (strcmp(state->token, name) == 0) {
            return state;
        }
    }
    return NULL;
}

static void add_next(struct reader *reader, const struct xml_node *node, const struct choice *state,
                     const struct choice *next, struct array *found)
{
    if (next == state) {
        reader_problem(reader, node, "state \"%s\" need not be said to follow itself",
                       state->token);
        return;
    }
    for (size_t i = 0; i < found->count; i++) {
        if (found->items[i] == next) {
            reader_problem(reader, node, "state \"%s\" is said twice to follow \"%s\"", next->token,
                           state->token);
            return;
        }
    }
    array_add(found, (void *)next);
}

/* What may follow a state: names with blanks between. */
static void read_next(struct reader *reader, const struct xml_node *node,
                      const struct array *states, struct choice *state)
{
    const char *at = xml_attribute(node, "next");
    struct array found;
    if (at == NULL) {
        return;
    }
    array_init(&found, reader->arena);
    for (at += strspn(at, BLANKS); *at != '\0'; at += strspn(at, BLANKS)) {
        size_t length = strcspn(at, BLANKS);
        const char *name = arena_copy_part(reader->scratch, at, length);
        const struct choice *next = find_state(states, name);
        at += length;
        if (next != NULL) {
            add_next(reader, node, state, next, &found);
        } else {
            reader_problem(reader, node, "there is no state \"%s\" to follow \"%s\"", name,
                           state->token);
        }
    }
    state->has_next = true;
    state->next = (const struct choice *const *)found.items;
    state->next_count = found.count;
}

static struct field *add_state_field(struct reader *reader, struct entity_draft *draft,
                                     const struct xml_node *node, enum field_type type,
                                     const struct array *choices)
{
    bool is_state = type == FIELD_STATE;
    struct field *field = arena_allocate(reader->arena, sizeof(*field));
    struct field_draft *result = arena_allocate(reader->scratch, sizeof(*result));
    *field = (struct field){
        .entity = draft->entity,
        .name = is_state ? "state" : "statusReason",
        .classic_name = is_state ? "statecode" : "statuscode",
        .type = type,
        .label = is_state ? (struct label){{"State", "Состояние"}}
                          : (struct label){{"Status reason", "Причина состояния"}},
        .is_required = true,
        .is_creatable = true,
        .is_updatable = true,
        .is_system = true,
        .choices = copy_choices(reader, choices),
        .choice_count = choices->count,
    };
    result->field = field;
    result->node = node;
    entity_draft_add(reader, draft, result);
    return field;
}

static void read_states(struct reader *reader, struct entity_draft *draft)
{
    const struct xml_node *node = xml_child(draft->node, "states");
    struct array states;
    struct array reasons;
    size_t index = 0;
    if (node == NULL) {
        return;
    }
    array_init(&states, reader->scratch);
    array_init(&reasons, reader->scratch);
    choices_read(reader, node, "state", &states);
    for (const struct xml_node *at = xml_child(node, "state"); at != NULL; at = xml_next(at)) {
        size_t first = reasons.count;
        struct choice *state = states.items[index];
        choices_read(reader, at, "reason", &reasons);
        finish_reasons(reader, at, first, &reasons, state->value);
        state->is_default = index == 0;
        read_next(reader, at, &states, state);
        index++;
    }
    draft->entity->state = add_state_field(reader, draft, node, FIELD_STATE, &states);
    draft->entity->status_reason =
        add_state_field(reader, draft, node, FIELD_STATUS_REASON, &reasons);
}

/* ---- the entity ---- */

static void read_fields(struct reader *reader, struct entity_draft *draft)
{
    for (const struct xml_node *at = xml_child(draft->node, "field"); at != NULL;
         at = xml_next(at)) {
        struct field_draft *field = field_read(reader, draft, at);
        if (field == NULL) {
            continue;
        }
        entity_draft_add(reader, draft, field);
        if (field->field->type == FIELD_MONEY) {
            system_fields_add_twin(reader, draft, field);
        }
    }
}

struct entity_draft *entity_read(struct reader *reader, const struct xml_node *node)
{
    struct entity *entity = arena_allocate(reader->arena, sizeof(*entity));
    struct entity_draft *draft = arena_allocate(reader->scratch, sizeof(*draft));
    draft->entity = entity;
    draft->node = node;
    draft->name_field = xml_attribute_or(node, "nameField", "name");
    draft->fields_by_name = map_create(reader->scratch);
    array_init(&draft->fields, reader->scratch);
    read_names(reader, node, entity);
    check_type_name(reader, node, entity->name);
    check_ending(reader, node, entity->name);
    check_type_name(reader, node, entity->plural);
    check_file_name(reader, node, entity);
    entity->ownership = read_ownership(reader, node);
    entity->is_activity = xml_attribute_is_true(node, "activity", false);
    entity->is_customer = xml_attribute_is_true(node, "customer", false);
    entity->is_principal = xml_attribute_is_true(node, "principal", false);
    entity->is_party = xml_attribute_is_true(node, "party", false);
    entity->has_activities = xml_attribute_is_true(node, "activities", false);
    entity->has_notes = xml_attribute_is_true(node, "notes", false);
    entity->has_queues = xml_attribute_is_true(node, "queues", false);
    system_fields_add_first(reader, draft);
    read_fields(reader, draft);
    read_states(reader, draft);
    system_fields_add_last(reader, draft);
    return draft;
}
