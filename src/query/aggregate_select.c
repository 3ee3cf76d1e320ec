/*
 * aggregate_select.c - groups by SQL: cells of keys, and what each measure is made of.
 *
 * A text that has a folded form is grouped by it, and shown as the first of its spellings.
 */
#include "query/aggregate_select.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "query/aggregate_zone.h"
#include "query/reach.h"
#include "query/select.h"
#include "query/store.h"

enum { NAME_SIZE = 16, ENTITY_NAME_LENGTH = 40 };

#define PICKED_ALIAS "picked"

/* What stands in the columns of the inner SELECT. */
enum picked {
    PICKED_KEY,    /* what is grouped by */
    PICKED_TEXT,   /* the text that is shown of it */
    PICKED_ENTITY, /* the entity of a reference */
    PICKED_MEASURE,
};

static const char *make_name(char name[NAME_SIZE], enum picked picked, size_t place)
{
    static const char *const words[] = {
        [PICKED_KEY] = "k", [PICKED_TEXT] = "t", [PICKED_ENTITY] = "e", [PICKED_MEASURE] = "m"};
    snprintf(name, NAME_SIZE, "%s%u", words[picked], (unsigned)place);
    return name;
}

static bool is_folded(const struct aggregate_group_key *key)
{
    return key->field->fold_column != NULL;
}

/* ---- the inner SELECT ---- */

/* Writes what stands between two columns, the column, and its name. */
static void pick_column(struct sql *sql, bool *is_first, const char *column, enum picked picked,
                        size_t place)
{
    char name[NAME_SIZE];
    sql_add(sql, *is_first ? "" : ", ");
    sql_add_column(sql, ROOT_ALIAS, column);
    sql_add(sql, " AS ");
    sql_add_name(sql, make_name(name, picked, place));
    *is_first = false;
}

static void pick_local_day(struct sql *sql, bool *is_first, const struct aggregate_zones *zones,
                           const struct aggregate_group_key *key, size_t place)
{
    char name[NAME_SIZE];
    const struct aggregate_offsets *offsets = &zones->of_keys[place];
    sql_add(sql, *is_first ? "" : ", ");
    summary_add_local_day(sql, ROOT_ALIAS, key->field->column, offsets->items, offsets->count);
    sql_add(sql, " AS ");
    sql_add_name(sql, make_name(name, PICKED_KEY, place));
    *is_first = false;
}

static void pick_key(struct sql *sql, bool *is_first, const struct aggregate_zones *zones,
                     const struct aggregate_group_key *key, size_t place)
{
    const struct field *field = key->field;
    if (aggregate_is_zoned(key)) {
        pick_local_day(sql, is_first, zones, key, place);
        return;
    }
    pick_column(sql, is_first, is_folded(key) ? field->fold_column : field->column, PICKED_KEY,
                place);
    if (is_folded(key)) {
        pick_column(sql, is_first, field->column, PICKED_TEXT, place);
    }
    if (field->entity_column != NULL) {
        pick_column(sql, is_first, field->entity_column, PICKED_ENTITY, place);
    }
}

/* Equal texts are one as in filters. */
static const char *measured_column(const struct aggregate_measure *measure)
{
    const struct field *field = measure->field;
    bool is_folded_text = measure->function == MEASURE_COUNT_DISTINCT && field->fold_column != NULL;
    return is_folded_text ? field->fold_column : field->column;
}

static void write_picked(struct sql *sql, const struct aggregate *aggregate,
                         const struct reach *reach, const struct aggregate_zones *zones)
{
    bool is_first = true;
    sql_add(sql, " FROM (SELECT ");
    for (size_t place = 0; place < aggregate->key_count; place++) {
        pick_key(sql, &is_first, zones, &aggregate->keys[place], place);
    }
    for (size_t place = 0; place < aggregate->measure_count; place++) {
        const struct aggregate_measure *measure = &aggregate->measures[place];
        if (measure->field != NULL) {
            pick_column(sql, &is_first, measured_column(measure), PICKED_MEASURE, place);
        }
    }
    sql_add(sql, is_first ? "1 AS one FROM " : " FROM ");
    reach_write_table(reach, sql, aggregate->query.entity);
    (void)reach_write_conditions(reach, sql);
    sql_add(sql, ") " PICKED_ALIAS);
}

/* ---- the outer one ---- */

static void write_group(struct sql *sql, const struct aggregate_group_key *key, size_t place)
{
    char name[NAME_SIZE];
    make_name(name, PICKED_KEY, place);
    if (key->is_period) {
        summary_add_period(sql, PICKED_ALIAS, name, key->period);
    } else {
        sql_add_column(sql, PICKED_ALIAS, name);
    }
}

static void write_call(struct sql *sql, const char *function, enum picked picked, size_t place)
{
    char name[NAME_SIZE];
    sql_add(sql, function);
    sql_add_column(sql, PICKED_ALIAS, make_name(name, picked, place));
    sql_add(sql, ")");
}

static void write_key(struct sql *sql, const struct aggregate_group_key *key, size_t place)
{
    if (is_folded(key)) {
        write_call(sql, "MIN(", PICKED_TEXT, place);
    } else {
        write_group(sql, key, place);
    }
    sql_expect(sql, key->is_period ? (struct sql_column){.type = COLUMN_DATE}
                                   : store_column(key->field));
    if (key->field->entity_column != NULL) {
        write_call(sql, ", MIN(", PICKED_ENTITY, place);
        sql_expect(sql, (struct sql_column){.type = COLUMN_TEXT, .length = ENTITY_NAME_LENGTH});
    }
}

static void write_measure(struct sql *sql, const struct aggregate_measure *measure, size_t place)
{
    char name[NAME_SIZE];
    const struct sql_column integer = {.type = COLUMN_INTEGER};
    switch (measure->function) {
    case MEASURE_COUNT:
    case MEASURE_COUNT_DISTINCT:
        if (measure->field == NULL) {
            sql_add(sql, "COUNT(*)");
        } else {
            write_call(sql, measure->function == MEASURE_COUNT ? "COUNT(" : "COUNT(DISTINCT ",
                       PICKED_MEASURE, place);
        }
        sql_expect(sql, integer);
        break;
    case MEASURE_SUM:
    case MEASURE_AVERAGE:
        summary_add_sum(sql, PICKED_ALIAS, make_name(name, PICKED_MEASURE, place));
        write_call(sql, ", COUNT(", PICKED_MEASURE, place);
        sql_expect(sql, integer);
        break;
    case MEASURE_LEAST:
    case MEASURE_GREATEST:
        write_call(sql, measure->function == MEASURE_LEAST ? "MIN(" : "MAX(", PICKED_MEASURE,
                   place);
        sql_expect(sql, store_column(measure->field));
        break;
    }
}

static void write_statement(struct sql *sql, const struct aggregate *aggregate,
                            const struct reach *reach, const struct aggregate_zones *zones)
{
    reach_write_lists(reach, sql);
    sql_add(sql, "SELECT ");
    for (size_t place = 0; place < aggregate->key_count; place++) {
        sql_add(sql, place == 0 ? "" : ", ");
        write_key(sql, &aggregate->keys[place], place);
    }
    for (size_t place = 0; place < aggregate->measure_count; place++) {
        sql_add(sql, place + aggregate->key_count == 0 ? "" : ", ");
        write_measure(sql, &aggregate->measures[place], place);
    }
    write_picked(sql, aggregate, reach, zones);
    for (size_t place = 0; place < aggregate->key_count; place++) {
        sql_add(sql, place == 0 ? " GROUP BY " : ", ");
        write_group(sql, &aggregate->keys[place], place);
    }
}

/* ---- reading ---- */

/* A row being read, cell after cell. */
struct reading {
    struct call *call;
    const struct aggregate *aggregate;
    const struct result *result;
    size_t next;
};

static const struct cell *next_cell(struct reading *reading)
{
    return result_cell(reading->result, reading->next++);
}

static void read_key(struct reading *reading, const struct aggregate_group_key *key,
                     struct group_key_value *value)
{
    struct call *call = reading->call;
    value->cell = *next_cell(reading);
    value->sort = cell_null(COLUMN_BYTES);
    if (value->cell.type == COLUMN_TEXT && !value->cell.is_null) {
        value->cell.text = arena_copy_text(call->arena, value->cell.text);
        value->sort = store_sort_cell(call, value->cell.text);
    }
    if (key->field->entity_column != NULL) {
        const struct cell *entity = next_cell(reading);
        value->entity = entity->is_null ? NULL : arena_copy_text(call->arena, entity->text);
    } else if (key->field->type == FIELD_LOOKUP) {
        value->entity = key->field->targets[0]->name;
    }
}

static bool read_sum(struct reading *reading, const struct aggregate_measure *measure,
                     struct group_measured *measured, struct error *error)
{
    const struct field *field = measure->field;
    const struct cell *sum = next_cell(reading);
    int64_t count = next_cell(reading)->integer;
    bool is_decimal = field_type_row(field->type)->column == COLUMN_DECIMAL;
    measured->is_null = count == 0 || sum->is_null;
    if (measured->is_null) {
        return true;
    }
    if (!summary_read_sum(sum, is_decimal ? field->scale : 0, &measured->number)) {
        return error_set_about(error, ERROR_VALUE_OUT_OF_RANGE, field->entity->name, field->name,
                               "The sum of %s has too many digits", field->name);
    }
    if (measure->function == MEASURE_AVERAGE) {
        measured->number = wide_divide(measured->number, count, measure->scale);
    }
    return true;
}

static bool read_measure(struct reading *reading, const struct aggregate_measure *measure,
                         struct group_measured *measured, struct error *error)
{
    switch (measure->function) {
    case MEASURE_COUNT:
    case MEASURE_COUNT_DISTINCT:
        measured->is_number = true;
        measured->number.digits = next_cell(reading)->integer;
        return true;
    case MEASURE_SUM:
    case MEASURE_AVERAGE:
        measured->is_number = true;
        return read_sum(reading, measure, measured, error);
    case MEASURE_LEAST:
    case MEASURE_GREATEST:
        measured->cell = *next_cell(reading);
        measured->is_null = measured->cell.is_null;
        return true;
    }
    return true;
}

static bool read_group(struct reading *reading, struct aggregate_group *group, struct error *error)
{
    const struct aggregate *aggregate = reading->aggregate;
    struct arena *arena = reading->call->arena;
    group->aggregate = aggregate;
    group->keys = arena_allocate_array(arena, aggregate->key_count, sizeof(*group->keys));
    group->measured =
        arena_allocate_array(arena, aggregate->measure_count, sizeof(*group->measured));
    reading->next = 0;
    for (size_t place = 0; place < aggregate->key_count; place++) {
        read_key(reading, &aggregate->keys[place], &group->keys[place]);
    }
    for (size_t place = 0; place < aggregate->measure_count; place++) {
        if (!read_measure(reading, &aggregate->measures[place], &group->measured[place], error)) {
            return false;
        }
    }
    return true;
}

static bool refuse_more(int64_t most, struct error *error)
{
    return error_set(error, ERROR_LIMIT_EXCEEDED, "groupBy",
                     "An aggregate may form at most %lld groups (limits.groups)", (long long)most);
}

static bool read_groups(struct reading *reading, struct result *result,
                        struct aggregate_groups *groups, struct error *error)
{
    struct arena *arena = reading->call->arena;
    int64_t most = reading->call->settings->limits.groups;
    size_t size = sizeof(*groups->items);
    size_t capacity = 0;
    bool has_row = false;
    reading->result = result;
    do {
        if (!result_next(result, &has_row, error)) {
            return false;
        }
        if (has_row && (int64_t)groups->count == most) {
            return refuse_more(most, error);
        }
        if (has_row && groups->count == capacity) {
            size_t grown = capacity == 0 ? 16 : 2 * capacity;
            groups->items = arena_grow(arena, groups->items, capacity * size, grown * size);
            capacity = grown;
        }
        if (has_row && !read_group(reading, &groups->items[groups->count++], error)) {
            return false;
        }
    } while (has_row);
    return true;
}

bool aggregate_select(struct call *call, const struct aggregate *aggregate,
                      const struct reach *reach, struct aggregate_groups *groups_out,
                      struct error *error)
{
    struct reading reading = {.call = call, .aggregate = aggregate};
    struct aggregate_groups groups = {.items = NULL};
    struct aggregate_zones zones = {.arena = NULL};
    struct result *result = NULL;
    struct sql sql;

    if (!aggregate_read_zones(call, aggregate, reach, &zones, error)) {
        return false;
    }
    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    write_statement(&sql, aggregate, reach, &zones);
    sql_add_limit(&sql, call->settings->limits.groups + 1);
    bool done = reach_check_values(reach, call, &sql, error) &&
                connection_select(call->connection, &sql, &result, error) &&
                read_groups(&reading, result, &groups, error);
    result_close(&result);
    if (done) {
        *groups_out = groups;
    }
    return done;
}
