/*
 * row.c - columns of svyaz_change, and what each becomes.
 */
#include "change/row.h"

#include "base/arena.h"
#include "call/call.h"
#include "change/tables.h"
#include "metadata/catalog.h"

enum column {
    NUMBER,
    POSITION,
    ENTITY_NAME,
    RECORD_ID,
    VERSION,
    KIND,
    FIELD_NAMES,
    SIGHT,
    USER_ID,
    APPLICATION,
    REQUEST_ID,
    CHANGED_ON,
    BIN_ENTITY,
    WITH_ID,
    FORMER, /* the last: it may be left out */
    COLUMN_COUNT
};

static const char *const columns[COLUMN_COUNT] = {
    [NUMBER] = "number",           [POSITION] = "position",     [ENTITY_NAME] = "entity_name",
    [RECORD_ID] = "record_id",     [VERSION] = "version",       [KIND] = "kind",
    [FIELD_NAMES] = "field_names", [SIGHT] = "sight",           [USER_ID] = "user_id",
    [APPLICATION] = "application", [REQUEST_ID] = "request_id", [CHANGED_ON] = "changed_on",
    [BIN_ENTITY] = "bin_entity",   [WITH_ID] = "with_id",       [FORMER] = "former",
};

static const char *text_of(const struct cell *cell)
{
    return cell->is_null ? NULL : cell->text;
}

static int64_t number_of(const struct cell *cell)
{
    return cell->is_null ? 0 : cell->integer;
}

static struct uuid id_of(const struct cell *cell)
{
    return cell->is_null ? (struct uuid){{0}} : cell->uuid;
}

static struct change_row take_row(const struct call *call, const struct cell *cells,
                                  enum change_values values)
{
    return (struct change_row){
        .number = number_of(&cells[NUMBER]),
        .position = number_of(&cells[POSITION]),
        .entity = catalog_find_entity(call->catalog, text_of(&cells[ENTITY_NAME])),
        .id = id_of(&cells[RECORD_ID]),
        .version = number_of(&cells[VERSION]),
        .kind = (enum change_kind)number_of(&cells[KIND]),
        .field_names = text_of(&cells[FIELD_NAMES]),
        .sight = text_of(&cells[SIGHT]),
        .user_id = id_of(&cells[USER_ID]),
        .application = text_of(&cells[APPLICATION]),
        .request_id = text_of(&cells[REQUEST_ID]),
        .changed_on = cells[CHANGED_ON].moment,
        .is_in_bin = !cells[BIN_ENTITY].is_null,
        .with_id = id_of(&cells[WITH_ID]),
        .former = values == CHANGE_WITH_FORMER ? text_of(&cells[FORMER]) : NULL,
    };
}

bool change_select(struct call *call, struct row_query query, enum change_values values,
                   struct change_row **rows_out, size_t *count_out, struct error *error)
{
    struct row_set rows;
    query.table = &change_table;
    query.columns = columns;
    query.column_count = values == CHANGE_WITH_FORMER ? COLUMN_COUNT : FORMER;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *rows_out = arena_allocate_array(call->arena, rows.count, sizeof(**rows_out));
    *count_out = rows.count;
    for (size_t row = 0; row < rows.count; row++) {
        (*rows_out)[row] = take_row(call, row_cell(&rows, row, 0), values);
    }
    return true;
}

bool change_select_last(struct call *call, const struct row_condition *conditions, size_t count,
                        bool is_locked, struct change_row **row_out, struct error *error)
{
    const struct row_query query = {
        .conditions = conditions,
        .condition_count = count,
        .order = "number",
        .is_descending = true,
        .limit = 1,
        .is_locked = is_locked,
    };
    size_t found = 0;
    if (!change_select(call, query, CHANGE_WITH_FORMER, row_out, &found, error)) {
        return false;
    }
    *row_out = found == 0 ? NULL : *row_out;
    return true;
}
