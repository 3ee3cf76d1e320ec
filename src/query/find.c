/*
 * find.c - single records and single facts, for the record engine.
 */
#include "query/query.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/expect.h"
#include "call/call.h"
#include "database/database.h"
#include "database/dialect.h"
#include "database/sql.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/access.h"
#include "query/held.h"
#include "query/select.h"
#include "query/store.h"
#include "security/access.h"

static const char referrer_alias[] = "referrer";

static void write_condition(struct sql *sql, const char *alias, const char *column,
                            struct cell cell)
{
    sql_add_column(sql, alias, column);
    sql_add(sql, " = ");
    sql_add_cell(sql, cell);
}

/* ---- one record ---- */

/* Reads the only row there may be, and its facts where they are wanted. */
static bool read_row(struct selection *selection, const struct sql *sql, struct record **record_out,
                     struct access_facts *facts_out, struct error *error)
{
    struct result *result = NULL;
    struct record *record = NULL;
    bool has_row = false;
    bool done = false;

    if (!connection_select(selection->call->connection, sql, &result, error)) {
        goto finish;
    }
    if (!result_next(result, &has_row, error)) {
        goto finish;
    }
    if (has_row) {
        record = selection_read(selection, result);
        if (facts_out != NULL) {
            *facts_out = selection_facts(selection, result);
        }
    }
    *record_out = record;
    done = true;

finish:
    result_close(&result);
    return done;
}

static void write_by_id(struct sql *sql, const struct entity *entity, const struct uuid *id)
{
    sql_add(sql, " WHERE ");
    write_condition(sql, ROOT_ALIAS, entity->id->column, cell_uuid(id));
}

/* A locked row is about to be changed: names are not wanted, and no engine locks through joins. */
bool query_find(struct call *call, const struct entity *entity, const struct uuid *id,
                const struct column_set *columns, enum row_lock lock, struct record **record_out,
                struct error *error)
{
    struct selection selection;
    struct record *record = NULL;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql.is_apart = !held_has(call, entity, id);
    selection_plan(&selection, call, entity, columns, false);
    selection_write(&selection, &sql, NULL, 0);
    write_by_id(&sql, entity, id);
    sql_add_row_lock(&sql, lock);
    if (!read_row(&selection, &sql, &record, NULL, error)) {
        return false;
    }
    if (record != NULL && !selection_complete(&selection, &record, 1, error)) {
        return false;
    }
    *record_out = record;
    return true;
}

/* What decides is read with the record, in one statement. The second question is put as well
 * where there is no record, so that none and forbidden take the same time. */
bool query_read(struct call *call, const struct entity *entity, const struct uuid *id,
                const struct column_set *columns, struct record **record_out, struct error *error)
{
    struct selection selection;
    struct access_facts facts = {0};
    struct may may = {.entity = entity, .id = *id, .right = RIGHT_READ, .facts = &facts};
    struct record *record = NULL;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    selection_plan(&selection, call, entity, columns, true);
    selection.has_facts = true;
    selection_write(&selection, &sql, NULL, 0);
    write_by_id(&sql, entity, id);
    if (!read_row(&selection, &sql, &record, &facts, error) ||
        !query_may_all(call, &may, 1, error)) {
        return false;
    }
    if (record == NULL || !may.is_allowed) {
        *record_out = NULL;
        return true;
    }
    if (!selection_complete(&selection, &record, 1, error)) {
        return false;
    }
    *record_out = record;
    return true;
}

bool query_exists(struct call *call, const struct entity *entity, const struct uuid *id,
                  enum row_lock lock, bool *is_found_out, struct error *error)
{
    const struct column_set columns = {.fields = (const struct field *[]){entity->id}, .count = 1};
    struct record *record = NULL;
    bool is_done = query_find(call, entity, id, &columns, lock, &record, error);
    *is_found_out = record != NULL;
    return is_done;
}

/* ---- many facts at once ---- */

static void write_probe(struct sql *sql, const struct probe *probe)
{
    sql_add(sql, "(SELECT ");
    sql_add_result(sql, ROOT_ALIAS, probe->field->column, store_column(probe->field));
    sql_add(sql, " FROM ");
    sql_add_name(sql, probe->entity->table);
    sql_add(sql, " ");
    sql_add_name(sql, ROOT_ALIAS);
    sql_add(sql, " WHERE ");
    write_condition(sql, ROOT_ALIAS, probe->entity->id->column, cell_uuid(&probe->id));
    sql_add_row_lock(sql, probe->lock);
    sql_add(sql, ")");
}

static bool probe_some(struct call *call, struct probe *probes, size_t count, struct error *error)
{
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql.is_apart = true;
    for (size_t index = 0; index < count; index++) {
        sql.is_apart = sql.is_apart && !held_has(call, probes[index].entity, &probes[index].id);
        sql_add(&sql, index == 0 ? "SELECT " : ", ");
        write_probe(&sql, &probes[index]);
    }
    if (!connection_select_row(call->connection, &sql, &cells, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        probes[index].value->state = VALUE_ABSENT;
        if (!cells[index].is_null) {
            store_read(call, probes[index].field, &cells[index], probes[index].value);
        }
    }
    return true;
}

bool query_probe(struct call *call, struct probe *probes, size_t count, struct error *error)
{
    enum { AT_ONCE = 50 };
    for (size_t index = 0; index < count; index += AT_ONCE) {
        size_t some = count - index < AT_ONCE ? count - index : AT_ONCE;
        if (!probe_some(call, probes + index, some, error)) {
            return false;
        }
    }
    return true;
}

/* ---- locking ---- */

bool query_lock_target(struct call *call, const struct field *lookup, const struct uuid *id,
                       struct error *error)
{
    const struct dialect *dialect = connection_dialect(call->connection);
    const struct entity *target = lookup->targets[0];
    const struct cell *cells = NULL;
    struct sql sql;

    expect(lookup->target_count == 1);
    if (!dialect_locks_rows(dialect)) {
        return true;
    }
    sql_begin(&sql, call->arena, dialect);
    sql_add(&sql, "SELECT ");
    sql_add_result(&sql, ROOT_ALIAS, target->id->column, store_column(target->id));
    sql_add(&sql, " FROM ");
    sql_add_name(&sql, target->table);
    sql_add(&sql, " ");
    sql_add_name(&sql, ROOT_ALIAS);
    sql_add(&sql, " WHERE ");
    sql_add_column(&sql, ROOT_ALIAS, target->id->column);
    sql_add(&sql, " = (SELECT ");
    sql_add_column(&sql, referrer_alias, lookup->column);
    sql_add(&sql, " FROM ");
    sql_add_name(&sql, lookup->entity->table);
    sql_add(&sql, " ");
    sql_add_name(&sql, referrer_alias);
    sql_add(&sql, " WHERE ");
    write_condition(&sql, referrer_alias, lookup->entity->id->column, cell_uuid(id));
    sql_add(&sql, ")");
    sql_add_row_lock(&sql, ROW_LOCK_CHANGE);
    return connection_select_row(call->connection, &sql, &cells, error);
}

/* ---- by alternate key ---- */

static struct cell key_cell(struct call *call, const struct field *field, const struct value *value)
{
    return field->fold_column != NULL ? store_fold_cell(call, field, value->text)
                                      : store_cell(field, value);
}

bool query_find_by_key(struct call *call, const struct key *key, const struct value *values,
                       struct uuid *id_out, bool *is_found_out, struct error *error)
{
    const struct entity *entity = key->fields[0]->entity;
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql.is_apart = !held_has_key(call, key, values);
    sql_add(&sql, "SELECT ");
    sql_add_column(&sql, ROOT_ALIAS, entity->id->column);
    sql_expect(&sql, store_column(entity->id));
    sql_add(&sql, " FROM ");
    sql_add_name(&sql, entity->table);
    sql_add(&sql, " ");
    sql_add_name(&sql, ROOT_ALIAS);
    for (size_t index = 0; index < key->field_count; index++) {
        const struct field *field = key->fields[index];
        expect(values[index].state == VALUE_SET);
        sql_add(&sql, index == 0 ? " WHERE " : " AND ");
        write_condition(&sql, ROOT_ALIAS,
                        field->fold_column != NULL ? field->fold_column : field->column,
                        key_cell(call, field, &values[index]));
    }
    if (!connection_select_row(call->connection, &sql, &cells, error)) {
        return false;
    }
    *is_found_out = cells != NULL;
    if (cells != NULL) {
        *id_out = cells[0].uuid;
    }
    return true;
}

/* ---- sums and referrers ---- */

bool query_totals(struct call *call, const struct field *link, const struct field *const *fields,
                  size_t field_count, const struct uuid *parent_id, struct decimal *totals_out,
                  struct error *error)
{
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    for (size_t index = 0; index < field_count; index++) {
        sql_add(&sql, index == 0 ? "SELECT SUM(" : ", SUM(");
        sql_add_column(&sql, ROOT_ALIAS, fields[index]->column);
        sql_add(&sql, ")");
        sql_expect(&sql, store_column(fields[index]));
    }
    sql_add(&sql, " FROM ");
    sql_add_name(&sql, link->entity->table);
    sql_add(&sql, " ");
    sql_add_name(&sql, ROOT_ALIAS);
    sql_add(&sql, " WHERE ");
    write_condition(&sql, ROOT_ALIAS, link->column, cell_uuid(parent_id));
    if (!connection_select_row(call->connection, &sql, &cells, error)) {
        return false;
    }
    for (size_t index = 0; index < field_count; index++) {
        struct decimal zero = {.scale = fields[index]->scale};
        bool is_integer = cells[index].type == COLUMN_INTEGER;
        struct decimal sum =
            is_integer ? (struct decimal){.digits = cells[index].integer} : cells[index].decimal;
        totals_out[index] = cells[index].is_null ? zero : sum;
    }
    return true;
}

static void add_id(void *context, const struct result *result)
{
    struct array *ids = context;
    array_add(ids, arena_copy(ids->arena, &result_cell(result, 0)->uuid, sizeof(struct uuid)));
}

bool query_referrers(struct call *call, const struct field *lookup, const struct uuid *target_id,
                     size_t limit, struct uuid **ids_out, size_t *count_out, struct error *error)
{
    const struct entity *entity = lookup->entity;
    struct array found;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql_add(&sql, "SELECT ");
    sql_add_column(&sql, ROOT_ALIAS, entity->id->column);
    sql_expect(&sql, store_column(entity->id));
    sql_add(&sql, " FROM ");
    sql_add_name(&sql, entity->table);
    sql_add(&sql, " ");
    sql_add_name(&sql, ROOT_ALIAS);
    sql_add(&sql, " WHERE ");
    write_condition(&sql, ROOT_ALIAS, lookup->column, cell_uuid(target_id));
    sql_add(&sql, " ORDER BY ");
    sql_add_column(&sql, ROOT_ALIAS, entity->id->column);
    sql_add_limit(&sql, (int64_t)limit);
    array_init(&found, call->arena);
    if (!connection_select_each(call->connection, &sql, add_id, &found, error)) {
        return false;
    }
    struct uuid *ids = arena_allocate_array(call->arena, found.count, sizeof(*ids));
    for (size_t index = 0; index < found.count; index++) {
        ids[index] = *(const struct uuid *)found.items[index];
    }
    *ids_out = ids;
    *count_out = found.count;
    return true;
}
