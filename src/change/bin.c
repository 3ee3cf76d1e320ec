/*
 * bin.c - deletions that can be undone, found and taken out.
 */
#include "change/bin.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "change/sight.h"
#include "change/tables.h"
#include "database/row.h"
#include "generated/settings.h"
#include "metadata/catalog.h"
#include "security/access.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum column {
    NUMBER,
    ENTITY_NAME,
    RECORD_ID,
    VERSION,
    KIND,
    FORMER,
    SIGHT,
    USER_ID,
    APPLICATION,
    REQUEST_ID,
    CHANGED_ON,
    BIN_ENTITY,
    WITH_ID,
    COLUMN_COUNT
};

static const char *const columns[COLUMN_COUNT] = {
    [NUMBER] = "number",
    [ENTITY_NAME] = "entity_name",
    [RECORD_ID] = "record_id",
    [VERSION] = "version",
    [KIND] = "kind",
    [FORMER] = "former",
    [SIGHT] = "sight",
    [USER_ID] = "user_id",
    [APPLICATION] = "application",
    [REQUEST_ID] = "request_id",
    [CHANGED_ON] = "changed_on",
    [BIN_ENTITY] = "bin_entity",
    [WITH_ID] = "with_id",
};

/* ---- rows ---- */

static const char *text_at(const struct row_set *rows, size_t row, enum column column)
{
    const struct cell *cell = row_cell(rows, row, column);
    return cell->is_null ? NULL : cell->text;
}

static struct uuid id_at(const struct row_set *rows, size_t row, enum column column)
{
    const struct cell *cell = row_cell(rows, row, column);
    return cell->is_null ? (struct uuid){{0}} : cell->uuid;
}

static struct bin_row take_row(const struct call *call, const struct row_set *rows, size_t row)
{
    const struct cell *version = row_cell(rows, row, VERSION);
    return (struct bin_row){
        .number = row_cell(rows, row, NUMBER)->integer,
        .entity = catalog_find_entity(call->catalog, text_at(rows, row, ENTITY_NAME)),
        .id = id_at(rows, row, RECORD_ID),
        .version = version->is_null ? 0 : version->integer,
        .kind = (enum change_kind)row_cell(rows, row, KIND)->integer,
        .former = text_at(rows, row, FORMER),
        .sight = text_at(rows, row, SIGHT),
        .user_id = id_at(rows, row, USER_ID),
        .application = text_at(rows, row, APPLICATION),
        .request_id = text_at(rows, row, REQUEST_ID),
        .changed_on = row_cell(rows, row, CHANGED_ON)->moment,
        .is_in_bin = text_at(rows, row, BIN_ENTITY) != NULL,
        .with_id = id_at(rows, row, WITH_ID),
    };
}

static bool select_rows(struct call *call, struct row_query query, struct bin_row **rows_out,
                        size_t *count_out, struct error *error)
{
    struct row_set rows;
    query.table = &change_table;
    query.columns = columns;
    query.column_count = COLUMN_COUNT;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *rows_out = arena_allocate_array(call->arena, rows.count, sizeof(**rows_out));
    *count_out = rows.count;
    for (size_t row = 0; row < rows.count; row++) {
        (*rows_out)[row] = take_row(call, &rows, row);
    }
    return true;
}

/* ---- finding ---- */

bool bin_could_read(struct call *call, const struct bin_row *row, bool *could_out,
                    struct error *error)
{
    const struct access_scope *scope =
        access_scope_make(call->arena, call->identity, row->entity, RIGHT_READ);
    return sight_had(call, scope, row->sight, could_out, error);
}

static bool refuse(const struct entity *entity, const struct uuid *id, struct error *error)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return error_set_about(error, ERROR_RECORD_NOT_FOUND, entity->name, NULL,
                           "There is no deleted %s %s that can be restored", entity->name, text);
}

static int64_t oldest(const struct call *call)
{
    return call->now - call->settings->bin.keep;
}

bool bin_find(struct call *call, const struct entity *entity, const struct uuid *id,
              struct bin_row *row_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(id)},
        {"bin_entity", ROW_IS, cell_text(entity->name)},
        {"changed_on", ROW_IS_ABOVE, cell_moment(oldest(call))},
    };
    const struct row_query query = {
        .conditions = conditions,
        .condition_count = COUNT(conditions),
        .order = "number",
        .is_descending = true,
        .limit = 1,
        .is_locked = true,
    };
    struct bin_row *rows = NULL;
    size_t count = 0;
    bool could = false;
    if (!select_rows(call, query, &rows, &count, error) ||
        (count > 0 && !bin_could_read(call, &rows[0], &could, error))) {
        return false;
    }
    if (!could) {
        return refuse(entity, id, error);
    }
    *row_out = rows[0];
    return true;
}

bool bin_find_request(struct call *call, const struct bin_row *deletion, struct array *rows,
                      struct error *error)
{
    const struct row_condition conditions[] = {
        {"request_id", ROW_IS, cell_text(deletion->request_id)},
        {"changed_on", ROW_IS, cell_moment(deletion->changed_on)},
        {"user_id", ROW_IS, cell_uuid(&deletion->user_id)},
    };
    bool has_user = !uuid_is_empty(&deletion->user_id);
    const struct row_query query = {
        .conditions = conditions,
        .condition_count = COUNT(conditions) - (has_user ? 0 : 1),
        .order = "number",
    };
    struct bin_row *found = NULL;
    size_t count = 0;
    if (!select_rows(call, query, &found, &count, error)) {
        return false;
    }
    for (size_t row = 0; row < count; row++) {
        array_add(rows, &found[row]);
    }
    return true;
}

bool bin_find_last(struct call *call, const char *request_id, const struct uuid *user_id,
                   struct bin_row *row_out, bool *is_found_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"request_id", ROW_IS, cell_text(request_id)},
        {"user_id", ROW_IS, cell_uuid(user_id)},
    };
    const struct row_query query = {
        .conditions = conditions,
        .condition_count = COUNT(conditions),
        .order = "number",
        .is_descending = true,
        .limit = 1,
    };
    struct bin_row *rows = NULL;
    size_t count = 0;
    if (!select_rows(call, query, &rows, &count, error)) {
        return false;
    }
    *is_found_out = count == 1;
    if (count == 1) {
        *row_out = rows[0];
    }
    return true;
}

bool bin_find_last_change(struct call *call, const struct entity *entity, const struct uuid *id,
                          int64_t *number_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(id)},
        {"entity_name", ROW_IS, cell_text(entity->name)},
        {"kind", ROW_IS_NOT, cell_integer(CHANGE_SHARED)},
    };
    const struct row_query query = {
        .conditions = conditions,
        .condition_count = COUNT(conditions),
        .order = "number",
        .is_descending = true,
        .limit = 1,
    };
    struct bin_row *rows = NULL;
    size_t count = 0;
    if (!select_rows(call, query, &rows, &count, error)) {
        return false;
    }
    *number_out = count == 0 ? 0 : rows[0].number;
    return true;
}

bool bin_went_with(const struct bin_row *row, const struct bin_row *deletion)
{
    return row->number == deletion->number ||
           (row->is_in_bin && uuid_is_equal(&row->with_id, &deletion->id));
}

bool bin_list(struct call *call, const struct entity *entity, int64_t before, int64_t limit,
              struct bin_row **rows_out, size_t *count_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"bin_entity", ROW_IS, cell_text(entity->name)},
        {"number", ROW_IS_BELOW, cell_integer(before)},
        {"changed_on", ROW_IS_ABOVE, cell_moment(oldest(call))},
        {.column = "with_id", .test = ROW_IS_NULL},
    };
    return select_rows(call,
                       (struct row_query){
                           .conditions = conditions,
                           .condition_count = COUNT(conditions),
                           .order = "number",
                           .is_descending = true,
                           .limit = limit,
                       },
                       rows_out, count_out, error);
}

bool bin_find_old(struct call *call, int64_t before, int64_t limit, struct bin_row **rows_out,
                  size_t *count_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"bin_entity", ROW_IS_ABOVE, cell_text("")},
        {"changed_on", ROW_IS_BELOW, cell_moment(before)},
    };
    return select_rows(call,
                       (struct row_query){
                           .conditions = conditions,
                           .condition_count = COUNT(conditions),
                           .limit = limit,
                       },
                       rows_out, count_out, error);
}

/* ---- changing ---- */

bool bin_take_out(struct call *call, const struct bin_row *row, bool *was_in_out,
                  struct error *error)
{
    const struct row_value value = {"bin_entity", cell_null(COLUMN_TEXT)};
    const struct row_condition is_in[] = {
        {"number", ROW_IS, cell_integer(row->number)},
        {"bin_entity", ROW_IS_ABOVE, cell_text("")},
    };
    int64_t rows = 0;
    if (!row_update(call->connection, call->arena, &change_table, &value, 1, is_in, COUNT(is_in),
                    &rows, error)) {
        return false;
    }
    *was_in_out = rows == 1;
    return true;
}

bool bin_purge(struct call *call, const struct bin_row *row, struct error *error)
{
    const struct row_value value = {"former", cell_null(COLUMN_TEXT)};
    const struct row_condition of_record[] = {
        {"record_id", ROW_IS, cell_uuid(&row->id)},
        {"entity_name", ROW_IS, cell_text(row->entity->name)},
    };
    return row_update(call->connection, call->arena, &change_table, &value, 1, of_record,
                      COUNT(of_record), NULL, error);
}
