/*
 * subscription.c - columns of svyaz_subscription, and what each becomes.
 */
#include "change/subscription.h"

#include "base/arena.h"
#include "change/tables.h"
#include "database/row.h"

enum column {
    ID,
    NAME,
    URL,
    USER_NAME,
    PASSWORD,
    USER_ID,
    APPLICATION,
    INTERESTS,
    SKIPS_OWN,
    CHANGES_PER_MESSAGE,
    PARK_AFTER,
    STATE,
    CREATED_ON,
    TOKEN,
    EDITION,
    NODE_ID,
    ATTEMPTS,
    LAST_ERROR,
    DELIVERED,
    DELIVERED_ON,
    COLUMN_COUNT
};

static const char *const columns[COLUMN_COUNT] = {
    [ID] = "id",
    [NAME] = "name",
    [URL] = "url",
    [USER_NAME] = "user_name",
    [PASSWORD] = "password",
    [USER_ID] = "user_id",
    [APPLICATION] = "application",
    [INTERESTS] = "interests",
    [SKIPS_OWN] = "skips_own",
    [CHANGES_PER_MESSAGE] = "changes_per_message",
    [PARK_AFTER] = "park_after",
    [STATE] = "state",
    [CREATED_ON] = "created_on",
    [TOKEN] = "token",
    [EDITION] = "edition",
    [NODE_ID] = "node_id",
    [ATTEMPTS] = "attempts",
    [LAST_ERROR] = "last_error",
    [DELIVERED] = "delivered",
    [DELIVERED_ON] = "delivered_on",
};

/* Written when they are made alone. */
static const enum column fixed[] = {ID,      USER_ID,   APPLICATION, CREATED_ON,
                                    NODE_ID, DELIVERED, DELIVERED_ON};
/* Written by operations. */
static const enum column changed[] = {
    NAME,       URL,   USER_NAME, PASSWORD, INTERESTS, SKIPS_OWN, CHANGES_PER_MESSAGE,
    PARK_AFTER, STATE, TOKEN,     EDITION,  ATTEMPTS,  LAST_ERROR};
/* Written by the node that brings it on. */
static const enum column advanced[] = {TOKEN, ATTEMPTS, LAST_ERROR, DELIVERED, DELIVERED_ON};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- cells ---- */

static struct cell id_or_null(const struct uuid *id)
{
    return uuid_is_empty(id) ? cell_null(COLUMN_UUID) : cell_uuid(id);
}

static void make_cells(const struct subscription *from, struct cell cells[COLUMN_COUNT])
{
    cells[ID] = cell_uuid(&from->id);
    cells[NAME] = cell_text(from->name);
    cells[URL] = cell_text(from->url);
    cells[USER_NAME] = cell_text(from->user_name);
    cells[PASSWORD] = cell_text(from->sealed_password);
    cells[USER_ID] = cell_uuid(&from->user_id);
    cells[APPLICATION] = cell_text(from->application);
    cells[INTERESTS] = cell_text(from->interests);
    cells[SKIPS_OWN] = cell_boolean(from->skips_own);
    cells[CHANGES_PER_MESSAGE] = cell_integer(from->changes_per_message);
    cells[PARK_AFTER] = cell_integer(from->park_after);
    cells[STATE] = cell_integer(from->state);
    cells[CREATED_ON] = cell_moment(from->created_on);
    cells[TOKEN] = cell_text(from->token);
    cells[EDITION] = cell_integer(from->edition);
    cells[NODE_ID] = id_or_null(&from->node_id);
    cells[ATTEMPTS] = cell_integer(from->attempts);
    cells[LAST_ERROR] = cell_text(from->last_error);
    cells[DELIVERED] = cell_integer(from->delivered);
    cells[DELIVERED_ON] =
        from->delivered_on == 0 ? cell_null(COLUMN_MOMENT) : cell_moment(from->delivered_on);
}

static const char *text_of(const struct cell *cell)
{
    return cell->is_null ? NULL : cell->text;
}

static struct subscription take_row(const struct cell *cells)
{
    return (struct subscription){
        .id = cells[ID].uuid,
        .name = text_of(&cells[NAME]),
        .url = text_of(&cells[URL]),
        .user_name = text_of(&cells[USER_NAME]),
        .sealed_password = text_of(&cells[PASSWORD]),
        .user_id = cells[USER_ID].uuid,
        .application = text_of(&cells[APPLICATION]),
        .interests = text_of(&cells[INTERESTS]),
        .skips_own = cells[SKIPS_OWN].boolean,
        .changes_per_message = cells[CHANGES_PER_MESSAGE].integer,
        .park_after = cells[PARK_AFTER].integer,
        .state = (enum subscription_state)cells[STATE].integer,
        .created_on = cells[CREATED_ON].moment,
        .token = text_of(&cells[TOKEN]),
        .edition = cells[EDITION].integer,
        .node_id = cells[NODE_ID].is_null ? (struct uuid){{0}} : cells[NODE_ID].uuid,
        .attempts = cells[ATTEMPTS].integer,
        .last_error = text_of(&cells[LAST_ERROR]),
        .delivered = cells[DELIVERED].integer,
        .delivered_on = cells[DELIVERED_ON].is_null ? 0 : cells[DELIVERED_ON].moment,
    };
}

static size_t pick(const struct cell *cells, const enum column *picked, size_t count,
                   struct row_value *values)
{
    for (size_t index = 0; index < count; index++) {
        values[index] = (struct row_value){columns[picked[index]], cells[picked[index]]};
    }
    return count;
}

/* ---- rows ---- */

bool subscription_insert(struct connection *connection, struct arena *arena,
                         const struct subscription *subscription, struct error *error)
{
    struct cell cells[COLUMN_COUNT];
    struct row_value values[COLUMN_COUNT];
    size_t count = 0;

    make_cells(subscription, cells);
    count = pick(cells, fixed, COUNT(fixed), values);
    count += pick(cells, changed, COUNT(changed), values + count);
    return row_insert(connection, arena, &subscription_table, values, count, error);
}

static bool select_rows(struct connection *connection, struct arena *arena, struct row_query query,
                        struct row_set *rows_out, struct error *error)
{
    query.table = &subscription_table;
    query.columns = columns;
    query.column_count = COLUMN_COUNT;
    return row_select(connection, arena, &query, rows_out, error);
}

bool subscription_read(struct connection *connection, struct arena *arena, const struct uuid *id,
                       bool is_locked, struct subscription *subscription_out, bool *found_out,
                       struct error *error)
{
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(id)};
    const struct row_query query = {
        .conditions = &by_id, .condition_count = 1, .is_locked = is_locked};
    struct row_set rows;

    if (!select_rows(connection, arena, query, &rows, error)) {
        return false;
    }
    *found_out = rows.count == 1;
    if (*found_out) {
        *subscription_out = take_row(row_cell(&rows, 0, 0));
    }
    return true;
}

bool subscription_list(struct connection *connection, struct arena *arena,
                       const struct uuid *user_id, struct subscription **list_out,
                       size_t *count_out, struct error *error)
{
    const struct row_condition by_user = {
        "user_id", ROW_IS, user_id == NULL ? cell_null(COLUMN_UUID) : cell_uuid(user_id)};
    const struct row_query query = {
        .conditions = &by_user, .condition_count = user_id == NULL ? 0 : 1, .order = "created_on"};
    struct row_set rows;

    if (!select_rows(connection, arena, query, &rows, error)) {
        return false;
    }
    *list_out = arena_allocate_array(arena, rows.count, sizeof(**list_out));
    *count_out = rows.count;
    for (size_t row = 0; row < rows.count; row++) {
        (*list_out)[row] = take_row(row_cell(&rows, row, 0));
    }
    return true;
}

bool subscription_change(struct connection *connection, struct arena *arena,
                         const struct subscription *subscription, struct error *error)
{
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(&subscription->id)};
    struct subscription next = *subscription;
    struct cell cells[COLUMN_COUNT];
    struct row_value values[COLUMN_COUNT];

    next.edition++;
    make_cells(&next, cells);
    return row_update(connection, arena, &subscription_table, values,
                      pick(cells, changed, COUNT(changed), values), &by_id, 1, NULL, error);
}

bool subscription_delete(struct connection *connection, struct arena *arena, const struct uuid *id,
                         struct error *error)
{
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(id)};

    return row_delete(connection, arena, &subscription_table, &by_id, 1, NULL, error);
}

static struct row_condition held_by(const struct uuid *node)
{
    return uuid_is_empty(node) ? (struct row_condition){.column = "node_id", .test = ROW_IS_NULL}
                               : (struct row_condition){"node_id", ROW_IS, cell_uuid(node)};
}

bool subscription_hand_over(struct connection *connection, struct arena *arena,
                            const struct uuid *id, const struct uuid *from, const struct uuid *to,
                            bool *held_out, struct error *error)
{
    const struct row_condition as_expected[] = {{"id", ROW_IS, cell_uuid(id)}, held_by(from)};
    const struct row_value value = {"node_id", id_or_null(to)};
    int64_t count = 0;

    bool is_done = row_update(connection, arena, &subscription_table, &value, 1, as_expected,
                              COUNT(as_expected), &count, error);
    *held_out = is_done && count == 1;
    return is_done;
}

bool subscription_advance(struct connection *connection, struct arena *arena,
                          const struct subscription *subscription, const char *from, bool *held_out,
                          struct error *error)
{
    const struct row_condition as_expected[] = {
        {"id", ROW_IS, cell_uuid(&subscription->id)},
        held_by(&subscription->node_id),
        {"token", ROW_IS, cell_text(from)},
        {"edition", ROW_IS, cell_integer(subscription->edition)},
    };
    struct cell cells[COLUMN_COUNT];
    struct row_value values[COLUMN_COUNT];
    int64_t count = 0;

    make_cells(subscription, cells);
    bool is_done = row_update(connection, arena, &subscription_table, values,
                              pick(cells, advanced, COUNT(advanced), values), as_expected,
                              COUNT(as_expected), &count, error);
    *held_out = is_done && count == 1;
    return is_done;
}
