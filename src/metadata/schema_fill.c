/*
 * schema_fill.c - a walk through the ids of a table: a piece is read, then the rows in which
 * something is wrong are locked, read again and written.
 */
#include "metadata/schema_fill.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "database/database.h"
#include "database/row.h"
#include "database/table.h"
#include "text/fold.h"

/* Others who write may be met in the same rows; one piece is short. */
enum { ATTEMPTS = 10 };

/* Where in a row that was read a column is found, and what it is made of. */
struct place {
    size_t made, from;
};

struct walk {
    const struct schema_fill *fill;
    struct text_rules *rules;
    struct arena *arena; /* of one piece */
    const char **names;  /* of the columns that are read, the id first */
    size_t name_count;
    struct place *places; /* of each column that is filled */
    struct uuid last;
    bool has_last;
    int64_t rows; /* written */
};

/* ---- what a cell should be ---- */

static struct cell make_folded(struct walk *walk, const struct table_column *column,
                               const char *text)
{
    return cell_text(text_fold_within(walk->arena, walk->rules, text, column->length));
}

static struct cell make_sort_key(struct walk *walk, const struct table_column *column,
                                 const char *text)
{
    const uint8_t *bytes = NULL;
    size_t length = 0;
    text_sort_key(walk->arena, walk->rules, text, column->length, &bytes, &length);
    return cell_bytes(bytes, length);
}

static struct cell (*const makers[])(struct walk *walk, const struct table_column *column,
                                     const char *text) = {
    [MAKING_FOLD] = make_folded,
    [MAKING_SORT_KEY] = make_sort_key,
};

static struct cell make(struct walk *walk, const struct row_set *rows, size_t row, size_t index)
{
    const struct table_column *column = walk->fill->columns[index];
    const struct cell *from = row_cell(rows, row, walk->places[index].from);
    return from->is_null ? cell_null(column->type)
                         : makers[column->making](walk, column, from->text);
}

static bool is_same(const struct cell *left, const struct cell *right)
{
    if (left->is_null || right->is_null) {
        return left->is_null && right->is_null;
    }
    if (left->type == COLUMN_TEXT) {
        return strcmp(left->text, right->text) == 0;
    }
    return left->bytes.length == right->bytes.length &&
           memcmp(left->bytes.data, right->bytes.data, left->bytes.length) == 0;
}

static bool is_right(struct walk *walk, const struct row_set *rows, size_t row)
{
    for (size_t index = 0; index < walk->fill->column_count; index++) {
        struct cell made = make(walk, rows, row, index);
        if (!is_same(&made, row_cell(rows, row, walk->places[index].made))) {
            return false;
        }
    }
    return true;
}

/* ---- pieces ---- */

static struct row_query query_rows(const struct walk *walk)
{
    return (struct row_query){
        .table = walk->fill->table, .columns = walk->names, .column_count = walk->name_count};
}

static bool read_piece(struct walk *walk, struct row_set *rows_out, struct error *error)
{
    const char *id = walk->names[0];
    const struct row_condition behind = {id, ROW_IS_ABOVE, cell_uuid(&walk->last)};
    struct row_query query = query_rows(walk);
    query.conditions = &behind;
    query.condition_count = walk->has_last ? 1 : 0;
    query.order = id;
    query.limit = SCHEMA_FILL_PIECE;
    return row_select(walk->fill->connection, walk->arena, &query, rows_out, error);
}

static bool write_row(struct walk *walk, const struct row_set *rows, size_t row,
                      struct error *error)
{
    const struct schema_fill *fill = walk->fill;
    const struct row_condition by_id = {walk->names[0], ROW_IS, *row_cell(rows, row, 0)};
    struct row_value *values =
        arena_allocate_array(walk->arena, fill->column_count, sizeof(*values));
    for (size_t index = 0; index < fill->column_count; index++) {
        values[index] =
            (struct row_value){fill->columns[index]->name, make(walk, rows, row, index)};
    }
    return row_update(fill->connection, walk->arena, fill->table, values, fill->column_count,
                      &by_id, 1, NULL, error);
}

/* They may have changed since they were found. */
static bool write_rows(struct walk *walk, const struct uuid *ids, size_t count, struct error *error)
{
    struct row_query query = query_rows(walk);
    struct row_set rows;
    query.among = walk->names[0];
    query.ids = ids;
    query.id_count = count;
    query.is_locked = true;
    if (!row_select(walk->fill->connection, walk->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        if (!write_row(walk, &rows, row, error)) {
            return false;
        }
    }
    return true;
}

static bool set_right(struct walk *walk, const struct uuid *ids, size_t count, struct error *error)
{
    struct connection *connection = walk->fill->connection;
    bool done = connection_begin(connection, TRANSACTION_WRITE, error) &&
                write_rows(walk, ids, count, error) && connection_commit(connection, error);
    if (!done) {
        connection_rollback(connection);
    }
    return done;
}

/* Goes on behind the piece; count is how many rows it had. */
static bool fill_piece(struct walk *walk, size_t *count_out, struct error *error)
{
    struct uuid ids[SCHEMA_FILL_PIECE];
    struct row_set rows;
    size_t count = 0;
    if (!read_piece(walk, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        if (!is_right(walk, &rows, row)) {
            ids[count++] = row_cell(&rows, row, 0)->uuid;
        }
    }
    if (count > 0 && !set_right(walk, ids, count, error)) {
        return false;
    }
    if (rows.count > 0) {
        walk->last = row_cell(&rows, rows.count - 1, 0)->uuid;
        walk->has_last = true;
    }
    walk->rows += (int64_t)count;
    *count_out = rows.count;
    return true;
}

static bool try_piece(struct walk *walk, size_t *count_out, struct error *error)
{
    bool done = fill_piece(walk, count_out, error);
    for (int attempt = 1; !done && error->code == ERROR_DATABASE_CONFLICT && attempt < ATTEMPTS;
         attempt++) {
        error_clear(error);
        done = fill_piece(walk, count_out, error);
    }
    return done;
}

/* ---- the walk ---- */

static size_t find_name(const struct walk *walk, const char *name)
{
    size_t place = 0;
    while (place < walk->name_count && strcmp(walk->names[place], name) != 0) {
        place++;
    }
    return place;
}

/* The place of a column, read once however many are made of it. */
static size_t read_column(struct walk *walk, const char *name)
{
    size_t place = find_name(walk, name);
    if (place == walk->name_count) {
        walk->names[walk->name_count++] = name;
    }
    return place;
}

static void find_places(struct walk *walk, struct arena *arena)
{
    const struct schema_fill *fill = walk->fill;
    walk->names = arena_allocate_array(arena, 2 * fill->column_count + 1, sizeof(*walk->names));
    walk->places = arena_allocate_array(arena, fill->column_count, sizeof(*walk->places));
    (void)read_column(walk, fill->table->primary_key[0]);
    for (size_t index = 0; index < fill->column_count; index++) {
        const struct table_column *column = fill->columns[index];
        walk->places[index] = (struct place){.made = read_column(walk, column->name),
                                             .from = read_column(walk, column->made_from)};
    }
}

bool schema_fill(const struct schema_fill *fill, int64_t *rows_out, struct error *error)
{
    struct arena *arena = arena_create();
    struct walk walk = {.fill = fill, .arena = arena_create()};
    size_t count = SCHEMA_FILL_PIECE;
    bool done = false;

    expect(fill->column_count > 0 && fill->table->primary_key[1] == NULL);
    find_places(&walk, arena);
    if (!text_rules_open(arena, &walk.rules, error)) {
        goto finish;
    }
    while (count == SCHEMA_FILL_PIECE) {
        if (!fill->may_go_on(fill->context, error) || !try_piece(&walk, &count, error)) {
            goto finish;
        }
        arena_reset(walk.arena);
    }
    *rows_out = walk.rows;
    done = true;

finish:
    arena_destroy(&walk.arena);
    arena_destroy(&arena);
    return done;
}
