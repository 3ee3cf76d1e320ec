/*
 * party.c - reads and writes the rows of the party table.
 */
#include "query/party.h"

#include "base/arena.h"
#include "call/call.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/tables.h"

enum { CELL_POSITION, CELL_PARTY, CELL_ENTITY, CELL_ADDRESS, CELL_COUNT };

static const char *const columns[CELL_COUNT] = {
    [CELL_POSITION] = "position",
    [CELL_PARTY] = "party_id",
    [CELL_ENTITY] = "party_entity",
    [CELL_ADDRESS] = "address",
};

static void read_party(struct call *call, const struct field *field, const struct row_set *rows,
                       size_t row, struct party *party)
{
    const struct cell *id = row_cell(rows, row, CELL_PARTY);
    const struct cell *entity = row_cell(rows, row, CELL_ENTITY);
    const struct cell *address = row_cell(rows, row, CELL_ADDRESS);
    party->participation = field->participation;
    party->address = address->is_null ? NULL : address->text;
    if (!id->is_null && !entity->is_null) {
        party->reference.entity = catalog_find_entity(call->catalog, entity->text);
        party->reference.id = id->uuid;
    }
}

static bool read_list(struct call *call, const struct field *field, struct record *record,
                      struct error *error)
{
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(&record_value(record, record->entity->id)->uuid)},
        {"field_name", ROW_IS, cell_text(field->name)},
    };
    const struct row_query query = {
        .table = &party_table,
        .columns = columns,
        .column_count = CELL_COUNT,
        .conditions = conditions,
        .condition_count = 2,
        .order = "position",
    };
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    struct party *parties = arena_allocate_array(call->arena, rows.count, sizeof(*parties));
    for (size_t row = 0; row < rows.count; row++) {
        read_party(call, field, &rows, row, &parties[row]);
    }
    struct value *value = record_value(record, field);
    value->state = VALUE_SET;
    value->parties.items = parties;
    value->parties.count = rows.count;
    return true;
}

bool party_read(struct call *call, const struct field *field, struct record *const *records,
                size_t count, struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (!read_list(call, field, records[index], error)) {
            return false;
        }
    }
    return true;
}

static bool insert_party(struct call *call, const struct field *field, const struct uuid *record_id,
                         size_t position, const struct party *party, struct error *error)
{
    bool is_record = party->reference.entity != NULL;
    const struct row_value values[] = {
        {"record_id", cell_uuid(record_id)},
        {"field_name", cell_text(field->name)},
        {"position", cell_integer((int64_t)position)},
        {"party_id", is_record ? cell_uuid(&party->reference.id) : cell_null(COLUMN_UUID)},
        {"party_entity", cell_text(is_record ? party->reference.entity->name : NULL)},
        {"address", cell_text(party->address)},
    };
    return row_insert(call->connection, call->arena, &party_table, values, 6, error);
}

bool party_write(struct call *call, const struct field *field, const struct uuid *record_id,
                 const struct value *value, struct error *error)
{
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(record_id)},
        {"field_name", ROW_IS, cell_text(field->name)},
    };
    if (!row_delete(call->connection, call->arena, &party_table, conditions, 2, NULL, error)) {
        return false;
    }
    size_t count = value->state == VALUE_SET ? value->parties.count : 0;
    for (size_t index = 0; index < count; index++) {
        if (!insert_party(call, field, record_id, index, &value->parties.items[index], error)) {
            return false;
        }
    }
    return true;
}

bool party_forget(struct call *call, const struct uuid *record_id, struct error *error)
{
    const struct row_condition of_record = {"record_id", ROW_IS, cell_uuid(record_id)};
    const struct row_condition is_party = {"party_id", ROW_IS, cell_uuid(record_id)};
    const struct row_value nobody[] = {
        {"party_id", cell_null(COLUMN_UUID)},
        {"party_entity", cell_null(COLUMN_TEXT)},
    };
    return row_delete(call->connection, call->arena, &party_table, &of_record, 1, NULL, error) &&
           row_update(call->connection, call->arena, &party_table, nobody, 2, &is_party, 1, NULL,
                      error);
}
