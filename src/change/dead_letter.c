/*
 * dead_letter.c - rows of svyaz_dead_letter.
 */
#include "change/dead_letter.h"

#include "base/arena.h"
#include "change/tables.h"
#include "database/row.h"

enum column { POSITION, ENTITY_NAME, RECORD_ID, PARKED_ON, REASON, IS_DUE, COLUMN_COUNT };

static const char *const columns[COLUMN_COUNT] = {
    [POSITION] = "position",   [ENTITY_NAME] = "entity_name", [RECORD_ID] = "record_id",
    [PARKED_ON] = "parked_on", [REASON] = "reason",           [IS_DUE] = "is_due",
};

static struct row_condition of(const struct uuid *subscription_id)
{
    return (struct row_condition){"subscription_id", ROW_IS, cell_uuid(subscription_id)};
}

static struct row_condition at(int64_t position)
{
    return (struct row_condition){"position", ROW_IS, cell_integer(position)};
}

/* ---- writing ---- */

bool dead_letter_park(struct connection *connection, struct arena *arena,
                      const struct uuid *subscription_id, const struct dead_letter *letter,
                      struct error *error)
{
    const struct row_condition is_it[] = {of(subscription_id), at(letter->position)};
    const struct row_value values[] = {
        {"reason", cell_text(letter->reason)},
        {"is_due", cell_boolean(false)},
        {"parked_on", cell_moment(letter->parked_on)},
        {"subscription_id", cell_uuid(subscription_id)},
        {"position", cell_integer(letter->position)},
        {"entity_name", cell_text(letter->entity_name)},
        {"record_id", cell_uuid(&letter->record_id)},
    };
    enum { CHANGED = 2, ALL = sizeof(values) / sizeof(values[0]) };
    int64_t count = 0;

    return row_update(connection, arena, &dead_letter_table, values, CHANGED, is_it, 2, &count,
                      error) &&
           (count > 0 || row_insert(connection, arena, &dead_letter_table, values, ALL, error));
}

bool dead_letter_make_due(struct connection *connection, struct arena *arena,
                          const struct uuid *subscription_id, const struct uuid *record_id,
                          int64_t position, int64_t *count_out, struct error *error)
{
    const struct row_condition up_to[] = {
        of(subscription_id),
        {"record_id", ROW_IS, cell_uuid(record_id)},
        {"position", ROW_IS_BELOW, cell_integer(position + 1)},
    };
    const struct row_value due = {"is_due", cell_boolean(true)};

    return row_update(connection, arena, &dead_letter_table, &due, 1, up_to, 3, count_out, error);
}

bool dead_letter_hold(struct connection *connection, struct arena *arena,
                      const struct uuid *subscription_id, const struct uuid *record_id,
                      struct error *error)
{
    const struct row_condition of_record[] = {
        of(subscription_id),
        {"record_id", ROW_IS, cell_uuid(record_id)},
    };
    const struct row_value not_due = {"is_due", cell_boolean(false)};

    return row_update(connection, arena, &dead_letter_table, &not_due, 1, of_record, 2, NULL,
                      error);
}

bool dead_letter_drop(struct connection *connection, struct arena *arena,
                      const struct uuid *subscription_id, int64_t position, int64_t *count_out,
                      struct error *error)
{
    const struct row_condition which[] = {of(subscription_id), at(position)};

    return row_delete(connection, arena, &dead_letter_table, which, 2, count_out, error);
}

bool dead_letter_drop_after(struct connection *connection, struct arena *arena,
                            const struct uuid *subscription_id, int64_t position,
                            struct error *error)
{
    const struct row_condition which[] = {
        of(subscription_id),
        {"position", ROW_IS_ABOVE, cell_integer(position)},
    };

    return row_delete(connection, arena, &dead_letter_table, which, 2, NULL, error);
}

/* ---- reading ---- */

static bool select_letters(struct connection *connection, struct arena *arena,
                           const struct row_condition *conditions, size_t count, int64_t limit,
                           struct dead_letter_list *list_out, struct error *error)
{
    const struct row_query query = {
        .table = &dead_letter_table,
        .columns = columns,
        .column_count = COLUMN_COUNT,
        .conditions = conditions,
        .condition_count = count,
        .order = "position",
        .limit = limit,
    };
    struct row_set rows;

    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    list_out->letters = arena_allocate_array(arena, rows.count, sizeof(*list_out->letters));
    list_out->count = rows.count;
    for (size_t row = 0; row < rows.count; row++) {
        const struct cell *cells = row_cell(&rows, row, 0);
        list_out->letters[row] = (struct dead_letter){
            .position = cells[POSITION].integer,
            .entity_name = cells[ENTITY_NAME].text,
            .record_id = cells[RECORD_ID].uuid,
            .parked_on = cells[PARKED_ON].moment,
            .reason = cells[REASON].is_null ? NULL : cells[REASON].text,
            .is_due = cells[IS_DUE].boolean,
        };
    }
    return true;
}

bool dead_letter_read(struct connection *connection, struct arena *arena,
                      const struct uuid *subscription_id, int64_t after, int64_t limit,
                      struct dead_letter_list *list_out, struct error *error)
{
    const struct row_condition which[] = {
        of(subscription_id),
        {"position", ROW_IS_ABOVE, cell_integer(after)},
    };

    return select_letters(connection, arena, which, 2, limit, list_out, error);
}

bool dead_letter_read_due(struct connection *connection, struct arena *arena,
                          const struct uuid *subscription_id, int64_t limit,
                          struct dead_letter_list *list_out, struct error *error)
{
    const struct row_condition which[] = {
        of(subscription_id),
        {"is_due", ROW_IS, cell_boolean(true)},
    };

    return select_letters(connection, arena, which, 2, limit, list_out, error);
}

bool dead_letter_find_records(struct connection *connection, struct arena *arena,
                              const struct uuid *subscription_id, const struct uuid *records,
                              size_t record_count, struct uuid **found_out, size_t *found_count_out,
                              struct error *error)
{
    static const char *const record_id[] = {"record_id"};
    const struct row_condition of_it = of(subscription_id);
    const struct row_query query = {
        .table = &dead_letter_table,
        .columns = record_id,
        .column_count = 1,
        .conditions = &of_it,
        .condition_count = 1,
        .among = "record_id",
        .ids = records,
        .id_count = record_count,
    };

    *found_count_out = 0;
    return record_count == 0 ||
           row_select_ids(connection, arena, &query, found_out, found_count_out, error);
}

bool dead_letter_count(struct connection *connection, struct arena *arena,
                       const struct uuid *subscription_id, int64_t *count_out, struct error *error)
{
    const struct row_condition of_it = of(subscription_id);

    return row_count(connection, arena, &dead_letter_table, &of_it, 1, count_out, error);
}
