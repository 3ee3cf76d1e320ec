/*
 * party.c - reads the parties of many records at once, and writes those of one.
 */
#include "query/party.h"

#include <string.h>

#include "base/arena.h"
#include "call/call.h"
#include "database/database.h"
#include "database/row.h"
#include "database/sql.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/held.h"
#include "query/tables.h"

enum { RECORDS_AT_ONCE = 256, ENTITY_NAME_LENGTH = 40 };

enum { CELL_RECORD, CELL_PARTY, CELL_ENTITY, CELL_ADDRESS, CELL_NAME };

/* ---- reading ---- */

/* Lists are filled up to a few lengths, so that few statements differ. */
static size_t fill_up(size_t count)
{
    size_t length = 1;
    while (length < count) {
        length *= 2;
    }
    return length;
}

static const struct uuid *id_of(const struct record *record)
{
    return &record_value(record, record->entity->id)->uuid;
}

static void write_select(struct sql *sql, const struct field *field, struct record *const *records,
                         size_t count)
{
    static const struct {
        const char *name;
        struct sql_column type;
    } columns[] = {
        [CELL_RECORD] = {"record_id", {.type = COLUMN_UUID}},
        [CELL_PARTY] = {"party_id", {.type = COLUMN_UUID}},
        [CELL_ENTITY] = {"party_entity", {.type = COLUMN_TEXT, .length = ENTITY_NAME_LENGTH}},
        [CELL_ADDRESS] = {"address", {.type = COLUMN_TEXT, .length = PARTY_ADDRESS_LENGTH}},
        [CELL_NAME] = {"name", {.type = COLUMN_TEXT, .length = PARTY_NAME_LENGTH}},
    };
    for (size_t index = 0; index < sizeof(columns) / sizeof(columns[0]); index++) {
        sql_add(sql, index == 0 ? "SELECT " : ", ");
        sql_add_name(sql, columns[index].name);
        sql_expect(sql, columns[index].type);
    }
    sql_add(sql, " FROM ");
    sql_add_name(sql, party_table.name);
    sql_add(sql, " WHERE ");
    sql_add_name(sql, "field_name");
    sql_add(sql, " = ");
    sql_add_cell(sql, cell_text(field->name));
    sql_add(sql, " AND ");
    sql_add_name(sql, "record_id");
    size_t length = fill_up(count);
    for (size_t index = 0; index < length; index++) {
        sql_add(sql, index == 0 ? " IN (" : ", ");
        sql_add_cell(sql, cell_uuid(id_of(records[index < count ? index : count - 1])));
    }
    sql_add(sql, ") ORDER BY ");
    sql_add_name(sql, "record_id");
    sql_add(sql, ", ");
    sql_add_name(sql, "position");
}

static struct party *make_party(struct call *call, const struct field *field,
                                const struct result *result)
{
    const struct cell *id = result_cell(result, CELL_PARTY);
    const struct cell *entity = result_cell(result, CELL_ENTITY);
    const struct cell *address = result_cell(result, CELL_ADDRESS);
    const struct cell *name = result_cell(result, CELL_NAME);
    struct party *party = arena_allocate(call->arena, sizeof(*party));
    party->participation = field->participation;
    party->address = address->is_null ? NULL : arena_copy_text(call->arena, address->text);
    party->name = name->is_null ? NULL : arena_copy_text(call->arena, name->text);
    if (!id->is_null && !entity->is_null) {
        party->reference.entity = catalog_find_entity(call->catalog, entity->text);
        party->reference.id = id->uuid;
    }
    return party;
}

/* The rows come record by record: a list grows at its end only. */
static void add_party(struct call *call, struct value *value, const struct party *party)
{
    size_t count = value->parties.count;
    struct party *parties = arena_grow(call->arena, (struct party *)value->parties.items,
                                       count * sizeof(*parties), (count + 1) * sizeof(*parties));
    parties[count] = *party;
    value->parties.items = parties;
    value->parties.count = count + 1;
}

/* Records that get the participants of one field. */
struct giving {
    struct call *call;
    const struct field *field;
    struct record *const *records;
    size_t count;
};

static void give_party(void *context, const struct result *result)
{
    const struct giving *giving = context;
    const struct uuid *id = &result_cell(result, CELL_RECORD)->uuid;
    const struct party *party = make_party(giving->call, giving->field, result);
    for (size_t index = 0; index < giving->count; index++) {
        struct record *record = giving->records[index];
        if (uuid_is_equal(id_of(record), id)) {
            add_party(giving->call, record_value(record, giving->field), party);
        }
    }
}

static bool read_some(struct call *call, const struct field *field, struct record *const *records,
                      size_t count, struct error *error)
{
    struct giving giving = {.call = call, .field = field, .records = records, .count = count};
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    write_select(&sql, field, records, count);
    return connection_select_each(call->connection, &sql, give_party, &giving, error);
}

bool party_read(struct call *call, const struct field *field, struct record *const *records,
                size_t count, struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        *record_value(records[index], field) = (struct value){.state = VALUE_SET};
    }
    for (size_t index = 0; index < count; index += RECORDS_AT_ONCE) {
        size_t some = count - index < RECORDS_AT_ONCE ? count - index : RECORDS_AT_ONCE;
        if (!read_some(call, field, records + index, some, error)) {
            return false;
        }
    }
    return true;
}

/* ---- writing ---- */

enum { CELLS_OF_PARTY = 4 };

/* Who it is. */
static void describe(const struct party *party, struct row_value *values)
{
    bool is_record = party->reference.entity != NULL;
    values[0] = (struct row_value){"party_id", is_record ? cell_uuid(&party->reference.id)
                                                         : cell_null(COLUMN_UUID)};
    values[1] = (struct row_value){"party_entity",
                                   cell_text(is_record ? party->reference.entity->name : NULL)};
    values[2] = (struct row_value){"address", cell_text(party->address)};
    values[3] = (struct row_value){"name", cell_text(party->name)};
}

static bool insert_party(struct call *call, const struct field *field, const struct uuid *record_id,
                         size_t position, const struct party *party, struct error *error)
{
    enum { KEYS = 3 };
    struct row_value values[KEYS + CELLS_OF_PARTY] = {
        {"record_id", cell_uuid(record_id)},
        {"field_name", cell_text(field->name)},
        {"position", cell_integer((int64_t)position)},
    };
    describe(party, values + KEYS);
    return held_insert(call, &party_table, values, KEYS + CELLS_OF_PARTY, error);
}

static size_t count_parties(const struct value *value)
{
    return value->state == VALUE_SET ? value->parties.count : 0;
}

/* Those behind the first few, which are there. */
static bool add_from(struct call *call, const struct field *field, const struct uuid *record_id,
                     size_t first, const struct value *value, struct error *error)
{
    for (size_t index = first; index < count_parties(value); index++) {
        if (!insert_party(call, field, record_id, index, &value->parties.items[index], error)) {
            return false;
        }
    }
    return true;
}

bool party_add(struct call *call, const struct field *field, const struct uuid *record_id,
               const struct value *value, struct error *error)
{
    return add_from(call, field, record_id, 0, value, error);
}

/* Those behind the first few. */
static bool cut(struct call *call, const struct field *field, const struct uuid *record_id,
                size_t kept, struct error *error)
{
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(record_id)},
        {"field_name", ROW_IS, cell_text(field->name)},
        {"position", ROW_IS_ABOVE, cell_integer((int64_t)kept - 1)},
    };
    return row_delete(call->connection, call->arena, &party_table, conditions, 3, NULL, error);
}

static bool change_party(struct call *call, const struct field *field, const struct uuid *record_id,
                         size_t position, const struct party *party, struct error *error)
{
    struct row_value values[CELLS_OF_PARTY];
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(record_id)},
        {"field_name", ROW_IS, cell_text(field->name)},
        {"position", ROW_IS, cell_integer((int64_t)position)},
    };
    describe(party, values);
    return row_update(call->connection, call->arena, &party_table, values, CELLS_OF_PARTY,
                      conditions, 3, NULL, error);
}

/* As values are compared: what a message called him stays with him. */
static bool is_same(const struct party *left, const struct party *right)
{
    bool is_record = left->reference.entity != NULL;
    bool is_same_record = left->reference.entity == right->reference.entity &&
                          (!is_record || uuid_is_equal(&left->reference.id, &right->reference.id));
    return is_same_record && (left->address == NULL || right->address == NULL
                                  ? left->address == right->address
                                  : strcmp(left->address, right->address) == 0);
}

bool party_write(struct call *call, const struct field *field, const struct uuid *record_id,
                 const struct value *before, const struct value *value, struct error *error)
{
    size_t old = count_parties(before), new = count_parties(value);
    size_t both = old < new ? old : new;
    for (size_t index = 0; index < both; index++) {
        const struct party *party = &value->parties.items[index];
        if (!is_same(&before->parties.items[index], party) &&
            !change_party(call, field, record_id, index, party, error)) {
            return false;
        }
    }
    return new < old ? cut(call, field, record_id, new, error)
                     : add_from(call, field, record_id, old, value, error);
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
