/*
 * turn.c - records found by whom they refer to, and what they refer to changed.
 */
#include "query/turn.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/expect.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "metadata/entity.h"
#include "query/ids.h"
#include "query/query.h"
#include "query/select.h"
#include "query/store.h"
#include "query/tables.h"
#include "security/identity.h"

/* ---- finding ---- */

static void add_id(void *context, const struct result *result)
{
    struct array *ids = context;
    array_add(ids, arena_copy(ids->arena, &result_cell(result, 0)->uuid, sizeof(struct uuid)));
}

static void write_equal(struct sql *sql, const char *before, const char *column, struct cell cell)
{
    sql_add(sql, before);
    sql_add_name(sql, column);
    sql_add(sql, " = ");
    sql_add_cell(sql, cell);
}

/* Records of different entities may have the same id. */
static void write_party(struct sql *sql, const struct reference *party)
{
    write_equal(sql, " WHERE ", "party_id", cell_uuid(&party->id));
    write_equal(sql, " AND ", "party_entity", cell_text(party->entity->name));
}

static void write_party_search(struct sql *sql, const struct entity *entity,
                               const struct reference *party, size_t limit)
{
    sql_add(sql, "SELECT ");
    sql_add_result(sql, ROOT_ALIAS, entity->id->column, store_column(entity->id));
    sql_add(sql, " FROM ");
    sql_add_name(sql, entity->table);
    sql_add(sql, " ");
    sql_add_name(sql, ROOT_ALIAS);
    sql_add(sql, " WHERE ");
    sql_add_column(sql, ROOT_ALIAS, entity->id->column);
    sql_add(sql, " IN (SELECT ");
    sql_add_name(sql, "record_id");
    sql_add(sql, " FROM ");
    sql_add_name(sql, party_table.name);
    write_party(sql, party);
    sql_add(sql, ") ORDER BY ");
    sql_add_column(sql, ROOT_ALIAS, entity->id->column);
    sql_add_limit(sql, (int64_t)limit);
}

bool turn_find_by_party(struct call *call, const struct entity *entity,
                        const struct reference *party, size_t limit, struct uuid **ids_out,
                        size_t *count_out, struct error *error)
{
    struct array found;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    write_party_search(&sql, entity, party, limit);
    array_init(&found, call->arena);
    if (!connection_select_each(call->connection, &sql, add_id, &found, error)) {
        return false;
    }
    *ids_out = arena_allocate_array(call->arena, found.count, sizeof(**ids_out));
    *count_out = found.count;
    for (size_t index = 0; index < found.count; index++) {
        (*ids_out)[index] = *(const struct uuid *)found.items[index];
    }
    return true;
}

/* ---- reading ---- */

struct taking {
    struct selection *selection;
    struct array records; /* struct record * */
};

static void take_record(void *context, const struct result *result)
{
    struct taking *taking = context;
    array_add(&taking->records, selection_read(taking->selection, result));
}

bool turn_read(struct call *call, const struct entity *entity, const struct uuid *ids, size_t count,
               const struct column_set *columns, struct record ***records_out, size_t *count_out,
               struct error *error)
{
    struct selection selection;
    struct taking taking = {.selection = &selection};
    struct sql sql;

    expect(count <= TURN_AT_ONCE);
    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    array_init(&taking.records, call->arena);
    selection_plan(&selection, call, entity, columns, false);
    selection_write(&selection, &sql, NULL, 0);
    sql_add(&sql, " WHERE ");
    sql_add_column(&sql, ROOT_ALIAS, entity->id->column);
    ids_write(&sql, ids, count);
    sql_add(&sql, " ORDER BY ");
    sql_add_column(&sql, ROOT_ALIAS, entity->id->column);
    sql_add_row_lock(&sql, ROW_LOCK_CHANGE);
    if (!connection_select_each(call->connection, &sql, take_record, &taking, error)) {
        return false;
    }
    struct record **records = (struct record **)taking.records.items;
    if (!selection_complete(&selection, records, taking.records.count, error)) {
        return false;
    }
    *records_out = records;
    *count_out = taking.records.count;
    return true;
}

/* ---- writing ---- */

bool turn_write(struct call *call, const struct turn *turn, struct error *error)
{
    const struct entity *entity = turn->entity;
    const struct field *version = entity->version;
    struct sql sql;

    expect(turn->count <= TURN_AT_ONCE);
    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql_add(&sql, "UPDATE ");
    sql_add_name(&sql, entity->table);
    sql_add(&sql, " SET ");
    sql_add_name(&sql, version->column);
    sql_add(&sql, " = ");
    sql_add_name(&sql, version->column);
    sql_add(&sql, " + 1");
    write_equal(&sql, ", ", entity->modified_on->column, cell_moment(call->now));
    write_equal(&sql, ", ", entity->modified_by->column, cell_uuid(&call->identity->user_id));
    if (turn->lookup != NULL) {
        write_equal(&sql, ", ", turn->lookup->column, cell_uuid(turn->target_id));
    }
    sql_add(&sql, " WHERE ");
    sql_add_name(&sql, entity->id->column);
    ids_write(&sql, turn->ids, turn->count);
    return connection_change(call->connection, &sql, NULL, error);
}

bool turn_parties(struct call *call, const struct uuid *ids, size_t count,
                  const struct reference *from, const struct uuid *to, struct error *error)
{
    struct sql sql;

    expect(count <= TURN_AT_ONCE);
    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql_add(&sql, "UPDATE ");
    sql_add_name(&sql, party_table.name);
    write_equal(&sql, " SET ", "party_id", cell_uuid(to));
    write_party(&sql, from);
    sql_add(&sql, " AND ");
    sql_add_name(&sql, "record_id");
    ids_write(&sql, ids, count);
    return connection_change(call->connection, &sql, NULL, error);
}
