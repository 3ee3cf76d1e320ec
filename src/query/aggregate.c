/*
 * aggregate.c - groups, sorted and cut, as the texts of an answer.
 */
#include "query/aggregate.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/time.h"
#include "call/call.h"
#include "metadata/catalog.h"
#include "query/aggregate_select.h"
#include "query/aggregate_tree.h"
#include "query/aggregate_zone.h"
#include "query/name.h"
#include "query/reach.h"
#include "query/request.h"
#include "query/store.h"
#include "security/authorise.h"

/* An answer being made. */
struct answering {
    struct call *call;
    const struct aggregate *aggregate;
    struct array unnamed;  /* struct reference *: whose names are to be asked for */
    struct array labelled; /* struct aggregate_key *: the keys they are of */
};

static struct message_list list_of(const struct array *items)
{
    return (struct message_list){.is_set = true, .count = items->count, .items = items->items};
}

/* ---- keys ---- */

static const char *choice_label(const struct call *call, const struct field *field,
                                const struct value *value)
{
    const struct choice *choice =
        field->choice_count == 0 ? NULL : field_find_choice_value(field, (int32_t)value->integer);
    return choice == NULL ? NULL : label_text(&choice->label, call->language);
}

static const char *format_day(struct arena *arena, int32_t days)
{
    char *text = arena_allocate(arena, DATE_TEXT_SIZE);
    date_format(days, text);
    return text;
}

static void want_name(struct answering *answering, struct aggregate_key *key,
                      const struct group_key_value *value)
{
    const struct entity *entity =
        key->entity == NULL ? NULL : catalog_find_entity(answering->call->catalog, key->entity);
    if (entity == NULL || entity->name_field == NULL) {
        return;
    }
    struct reference *reference = arena_allocate(answering->call->arena, sizeof(*reference));
    *reference = (struct reference){.entity = entity, .id = value->cell.uuid};
    array_add(&answering->unnamed, reference);
    array_add(&answering->labelled, key);
}

static struct aggregate_key *answer_key(struct answering *answering,
                                        const struct aggregate_group_key *of,
                                        const struct group_key_value *value)
{
    struct call *call = answering->call;
    struct aggregate_key *key = arena_allocate(call->arena, sizeof(*key));
    key->name = of->name;
    if (value->cell.is_null) {
        return key;
    }
    if (of->is_period) {
        key->value = format_day(call->arena, value->cell.date);
        return key;
    }
    struct value stored = {.state = VALUE_SET};
    store_read(call, of->field, &value->cell, &stored);
    key->value = value_format(call->arena, of->field, &stored);
    if (of->field->type == FIELD_LOOKUP) {
        key->entity = value->entity;
        want_name(answering, key, value);
    } else {
        key->label = choice_label(call, of->field, &stored);
    }
    return key;
}

static bool name_keys(struct answering *answering, struct error *error)
{
    if (answering->unnamed.count == 0) {
        return true;
    }
    struct reference *const *references = (struct reference *const *)answering->unnamed.items;
    if (!name_references(answering->call, references, answering->unnamed.count, error)) {
        return false;
    }
    for (size_t index = 0; index < answering->unnamed.count; index++) {
        ((struct aggregate_key *)answering->labelled.items[index])->label = references[index]->name;
    }
    return true;
}

/* ---- values ---- */

static const char *format_measured(struct call *call, const struct aggregate_measure *measure,
                                   const struct group_measured *measured)
{
    if (measured->is_null) {
        return NULL;
    }
    if (measured->is_number) {
        char *text = arena_allocate(call->arena, WIDE_TEXT_SIZE);
        wide_format(measured->number, text);
        return text;
    }
    struct value value = {.state = VALUE_SET};
    store_read(call, measure->field, &measured->cell, &value);
    return value_format(call->arena, measure->field, &value);
}

static struct aggregate_row *answer_row(struct answering *answering,
                                        const struct aggregate_group *group)
{
    const struct aggregate *aggregate = answering->aggregate;
    struct arena *arena = answering->call->arena;
    struct aggregate_row *row = arena_allocate(arena, sizeof(*row));
    struct array keys;
    struct array values;
    array_init(&keys, arena);
    array_init(&values, arena);
    for (size_t place = 0; place < aggregate->key_count; place++) {
        array_add(&keys, answer_key(answering, &aggregate->keys[place], &group->keys[place]));
    }
    for (size_t place = 0; place < aggregate->measure_count; place++) {
        struct aggregate_value *value = arena_allocate(arena, sizeof(*value));
        value->name = aggregate->measures[place].name;
        value->value =
            format_measured(answering->call, &aggregate->measures[place], &group->measured[place]);
        array_add(&values, value);
    }
    row->keys = list_of(&keys);
    row->values = list_of(&values);
    return row;
}

/* ---- columns ---- */

static const char *type_of_measure(const struct aggregate_measure *measure)
{
    bool is_integer =
        measure->field == NULL || field_type_row(measure->field->type)->column == COLUMN_INTEGER;
    switch (measure->function) {
    case MEASURE_COUNT:
    case MEASURE_COUNT_DISTINCT:
        return "long";
    case MEASURE_SUM:
        return is_integer ? "integer" : "decimal";
    case MEASURE_AVERAGE:
        return "decimal";
    case MEASURE_LEAST:
    case MEASURE_GREATEST:
        return field_type_row(measure->field->type)->xsd;
    }
    return NULL;
}

/* A reference comes as its id. */
static const char *type_of_key(const struct aggregate_group_key *key)
{
    if (key->is_period) {
        return "date";
    }
    return key->field->type == FIELD_LOOKUP ? "string" : field_type_row(key->field->type)->xsd;
}

static void add_column(struct arena *arena, struct array *columns, const char *name,
                       const char *type, const struct field *field)
{
    struct aggregate_column *column = arena_allocate(arena, sizeof(*column));
    *column = (struct aggregate_column){
        .name = name, .type = type, .field = field == NULL ? NULL : field->name};
    array_add(columns, column);
}

static struct message_list answer_columns(struct arena *arena, const struct aggregate *aggregate)
{
    struct array columns;
    array_init(&columns, arena);
    for (size_t place = 0; place < aggregate->key_count; place++) {
        const struct aggregate_group_key *key = &aggregate->keys[place];
        add_column(arena, &columns, key->name, type_of_key(key), key->field);
    }
    for (size_t place = 0; place < aggregate->measure_count; place++) {
        const struct aggregate_measure *measure = &aggregate->measures[place];
        add_column(arena, &columns, measure->name, type_of_measure(measure), measure->field);
    }
    return list_of(&columns);
}

/* ---- the whole ---- */

static bool has_zone(const struct aggregate *aggregate)
{
    for (size_t place = 0; place < aggregate->key_count; place++) {
        if (aggregate_is_zoned(&aggregate->keys[place])) {
            return true;
        }
    }
    return false;
}

static bool answer(struct answering *answering, const struct aggregate_groups *groups,
                   struct aggregate_table *table, struct error *error)
{
    struct call *call = answering->call;
    const struct aggregate *aggregate = answering->aggregate;
    bool has_more = (int64_t)groups->count > aggregate->limit;
    size_t count = has_more ? (size_t)aggregate->limit : groups->count;
    struct array rows;
    array_init(&rows, call->arena);
    array_init(&answering->unnamed, call->arena);
    array_init(&answering->labelled, call->arena);
    for (size_t index = 0; index < count; index++) {
        array_add(&rows, answer_row(answering, &groups->items[index]));
    }
    table->columns = answer_columns(call->arena, aggregate);
    table->rows = list_of(&rows);
    table->more = (struct message_boolean){.is_set = true, .value = has_more};
    table->time_zone = has_zone(aggregate) ? aggregate_zone_name(call) : NULL;
    return name_keys(answering, error);
}

bool query_aggregate(struct call *call, const struct entity *entity,
                     const struct aggregate_request *request, struct aggregate_table **table_out,
                     struct error *error)
{
    struct aggregate aggregate;
    struct aggregate_groups groups;
    struct reach reach;
    struct aggregate_table *table = arena_allocate(call->arena, sizeof(*table));
    struct answering answering = {.call = call, .aggregate = &aggregate};

    if (!authorise_privilege(call->identity, entity, RIGHT_READ, error) ||
        !aggregate_compile(call, entity, request, &aggregate, error) ||
        !reach_choose(call, &aggregate.query, &reach, error) ||
        !aggregate_select(call, &aggregate, &reach, &groups, error)) {
        return false;
    }
    aggregate_sort(groups.items, groups.count);
    if (!answer(&answering, &groups, table, error)) {
        return false;
    }
    *table_out = table;
    return true;
}
