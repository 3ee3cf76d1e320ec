/*
 * trail.c - rows of svyaz_change by record.
 */
#include "change/trail.h"

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "change/sight.h"
#include "change/tables.h"
#include "database/row.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "security/access.h"
#include "security/authorise.h"

enum column {
    NUMBER,
    VERSION,
    KIND,
    FIELD_NAMES,
    FORMER,
    SIGHT,
    USER_ID,
    APPLICATION,
    REQUEST_ID,
    CHANGED_ON,
    COLUMN_COUNT
};

static const char *const columns[COLUMN_COUNT] = {
    [NUMBER] = "number",           [VERSION] = "version",         [KIND] = "kind",
    [FIELD_NAMES] = "field_names", [FORMER] = "former",           [SIGHT] = "sight",
    [USER_ID] = "user_id",         [APPLICATION] = "application", [REQUEST_ID] = "request_id",
    [CHANGED_ON] = "changed_on",
};

/* ---- rows ---- */

static const char *text_at(const struct row_set *rows, size_t row, enum column column)
{
    const struct cell *cell = row_cell(rows, row, column);
    return cell->is_null ? NULL : cell->text;
}

static struct trail_row take_row(const struct row_set *rows, size_t row)
{
    const struct cell *version = row_cell(rows, row, VERSION);
    const struct cell *user = row_cell(rows, row, USER_ID);
    return (struct trail_row){
        .number = row_cell(rows, row, NUMBER)->integer,
        .version = version->is_null ? 0 : version->integer,
        .kind = (enum change_kind)row_cell(rows, row, KIND)->integer,
        .field_names = text_at(rows, row, FIELD_NAMES),
        .former = text_at(rows, row, FORMER),
        .sight = text_at(rows, row, SIGHT),
        .user_id = user->is_null ? (struct uuid){{0}} : user->uuid,
        .application = text_at(rows, row, APPLICATION),
        .request_id = text_at(rows, row, REQUEST_ID),
        .changed_on = row_cell(rows, row, CHANGED_ON)->moment,
    };
}

enum { CONDITIONS = 4 };

static bool read_rows(const struct trail *trail, int64_t after, int64_t before, bool is_descending,
                      int64_t limit, struct trail_row **rows_out, size_t *count_out,
                      struct error *error)
{
    struct call *call = trail->call;
    const struct row_condition conditions[CONDITIONS] = {
        {"record_id", ROW_IS, cell_uuid(&trail->id)},
        {"entity_name", ROW_IS, cell_text(trail->entity->name)},
        {"number", ROW_IS_ABOVE, cell_integer(after)},
        {"number", ROW_IS_BELOW, cell_integer(before)},
    };
    const struct row_query query = {
        .table = &change_table,
        .columns = columns,
        .column_count = COLUMN_COUNT,
        .conditions = conditions,
        .condition_count = CONDITIONS,
        .order = "number",
        .is_descending = is_descending,
        .limit = limit,
    };
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *rows_out = arena_allocate_array(call->arena, rows.count, sizeof(**rows_out));
    for (size_t row = 0; row < rows.count; row++) {
        (*rows_out)[row] = take_row(&rows, row);
    }
    *count_out = rows.count;
    return true;
}

bool trail_read_after(const struct trail *trail, int64_t number, int64_t limit,
                      struct trail_row **rows_out, size_t *count_out, struct error *error)
{
    int64_t after = number < trail->first ? trail->first - 1 : number;
    return read_rows(trail, after, INT64_MAX, false, limit, rows_out, count_out, error);
}

bool trail_read_before(const struct trail *trail, int64_t number, int64_t limit,
                       struct trail_row **rows_out, size_t *count_out, struct error *error)
{
    return read_rows(trail, trail->first - 1, number, true, limit, rows_out, count_out, error);
}

/* ---- the record ---- */

static bool refuse(const struct entity *entity, const struct uuid *id, struct error *error)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return error_set_about(error, ERROR_RECORD_NOT_FOUND, entity->name, NULL, "There is no %s %s",
                           entity->name, text);
}

/* All that he may read; query_columns says it once more. */
static bool read_present(struct trail *trail, struct error *error)
{
    struct call *call = trail->call;
    const struct entity *entity = trail->entity;
    const char **names = arena_allocate_array(call->arena, entity->field_count, sizeof(*names));
    struct column_set all;
    size_t count = 0;
    for (size_t index = 0; index < entity->field_count; index++) {
        if (!entity->fields[index]->is_secret) {
            names[count++] = entity->fields[index]->name;
        }
    }
    return query_columns(call, entity, names, count, false, &all, error) &&
           query_read(call, entity, &trail->id, &all, &trail->present, error);
}

/* Of a record that is gone: what is told to whom. */
static bool permit_gone(const struct trail *trail, struct error *error)
{
    struct call *call = trail->call;
    const struct access_scope *scope =
        access_scope_make(call->arena, call->identity, trail->entity, RIGHT_READ);
    struct trail_row *rows = NULL;
    size_t count = 0;
    bool had = false;
    if (!trail_read_before(trail, trail->last + 1, 1, &rows, &count, error)) {
        return false;
    }
    if (count == 0 || rows[0].kind != CHANGE_DELETED) {
        return refuse(trail->entity, &trail->id, error);
    }
    if (!sight_had(call, scope, rows[0].sight, &had, error)) {
        return false;
    }
    return had ? authorise_task(call->identity, TASK_READ_AUDIT, error)
               : refuse(trail->entity, &trail->id, error);
}

/* The numbers of the last change, and of the last that made a record of this id. */
static bool find_ends(struct trail *trail, struct error *error)
{
    static const char *const number[] = {"number"};
    struct call *call = trail->call;
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(&trail->id)},
        {"entity_name", ROW_IS, cell_text(trail->entity->name)},
        {"kind", ROW_IS, cell_integer(CHANGE_CREATED)},
    };
    struct row_query query = {
        .table = &change_table,
        .columns = number,
        .column_count = 1,
        .conditions = conditions,
        .condition_count = 2,
        .order = "number",
        .is_descending = true,
        .limit = 1,
    };
    struct row_set last, first;
    if (!row_select(call->connection, call->arena, &query, &last, error)) {
        return false;
    }
    query.condition_count = 3;
    if (!row_select(call->connection, call->arena, &query, &first, error)) {
        return false;
    }
    trail->last = last.count == 0 ? 0 : row_cell(&last, 0, 0)->integer;
    trail->first = first.count == 0 ? 0 : row_cell(&first, 0, 0)->integer;
    return true;
}

/* The ends are found before the record is read: it is at least as new as the last change. */
bool trail_find(struct call *call, const struct entity *entity, const struct uuid *id,
                struct trail *trail_out, struct error *error)
{
    struct trail trail = {.call = call, .entity = entity, .id = *id};
    if (!authorise_privilege(call->identity, entity, RIGHT_READ, error) ||
        !find_ends(&trail, error) || !read_present(&trail, error) ||
        (trail.present == NULL && !permit_gone(&trail, error))) {
        return false;
    }
    *trail_out = trail;
    return true;
}
