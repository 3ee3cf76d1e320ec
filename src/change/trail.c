/*
 * trail.c - rows of svyaz_change by record.
 */
#include "change/trail.h"

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "change/sight.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "security/access.h"
#include "security/authorise.h"

/* ---- rows ---- */

enum { CONDITIONS = 4 };

static bool read_rows(const struct trail *trail, int64_t after, int64_t before, bool is_descending,
                      int64_t limit, struct change_row **rows_out, size_t *count_out,
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
        .conditions = conditions,
        .condition_count = CONDITIONS,
        .order = "number",
        .is_descending = is_descending,
        .limit = limit,
    };
    return change_select(call, query, CHANGE_WITH_FORMER, rows_out, count_out, error);
}

bool trail_read_after(const struct trail *trail, int64_t number, int64_t limit,
                      struct change_row **rows_out, size_t *count_out, struct error *error)
{
    int64_t after = number < trail->first ? trail->first - 1 : number;
    return read_rows(trail, after, INT64_MAX, false, limit, rows_out, count_out, error);
}

bool trail_read_before(const struct trail *trail, int64_t number, int64_t limit,
                       struct change_row **rows_out, size_t *count_out, struct error *error)
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
    struct change_row *rows = NULL;
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
    struct call *call = trail->call;
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(&trail->id)},
        {"entity_name", ROW_IS, cell_text(trail->entity->name)},
        {"kind", ROW_IS, cell_integer(CHANGE_CREATED)},
    };
    struct change_row *last = NULL, *first = NULL;
    if (!change_select_last(call, conditions, 2, false, &last, error) ||
        !change_select_last(call, conditions, 3, false, &first, error)) {
        return false;
    }
    trail->last = last == NULL ? 0 : last->number;
    trail->first = first == NULL ? 0 : first->number;
    trail->first_on = first == NULL ? INT64_MIN : first->changed_on;
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
