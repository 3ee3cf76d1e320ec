/*
 * held.c - rows kept in the order in which they came, and written kind by kind.
 */
#include "query/held.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/expect.h"
#include "call/call.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "query/store.h"

/* A new record, or a row of a table of the platform's own. */
struct held_row {
    struct row_change change; /* without a record: the others */
    const struct table *table;
    const struct row_value *values;
    size_t value_count;
};

struct held {
    struct array rows; /* struct held_row * */
};

void held_begin(struct call *call)
{
    call->held = arena_allocate(call->arena, sizeof(*call->held));
    array_init(&call->held->rows, call->arena);
}

void held_end(struct call *call)
{
    call->held = NULL;
}

size_t held_count(const struct call *call)
{
    return call->held->rows.count;
}

void held_drop_after(struct call *call, size_t count)
{
    expect(count <= call->held->rows.count);
    call->held->rows.count = count;
}

/* ---- writing ---- */

static const struct entity *entity_of(const struct held_row *row)
{
    return row->change.record == NULL ? NULL : row->change.record->entity;
}

static bool is_of_kind(const struct held_row *row, const struct held_row *first)
{
    return entity_of(row) == entity_of(first) && row->table == first->table;
}

static bool write_records(struct call *call, const struct held_row *const *rows, size_t count,
                          struct error *error)
{
    const struct row_change **changes = arena_allocate_array(call->arena, count, sizeof(*changes));
    for (size_t index = 0; index < count; index++) {
        changes[index] = &rows[index]->change;
    }
    return query_insert_all(call, changes, count, error);
}

/* Rows of one table have the same columns, wherever they come from. */
static bool write_others(struct call *call, const struct held_row *const *rows, size_t count,
                         struct error *error)
{
    size_t width = rows[0]->value_count;
    const char **columns = arena_allocate_array(call->arena, width, sizeof(*columns));
    struct cell *cells = arena_allocate_array(call->arena, count * width, sizeof(*cells));
    const struct row_batch batch = {.table = rows[0]->table,
                                    .columns = columns,
                                    .column_count = width,
                                    .cells = cells,
                                    .row_count = count};
    for (size_t column = 0; column < width; column++) {
        columns[column] = rows[0]->values[column].column;
    }
    for (size_t index = 0; index < count; index++) {
        expect(rows[index]->value_count == width);
        for (size_t column = 0; column < width; column++) {
            cells[index * width + column] = rows[index]->values[column].cell;
        }
    }
    return row_insert_all(call->connection, call->arena, &batch, error);
}

/* Takes those of the first one's kind out of the rows, and writes them. */
static bool write_kind(struct call *call, struct array *rows, struct error *error)
{
    const struct held_row **taken = arena_allocate_array(call->arena, rows->count, sizeof(*taken));
    const struct held_row *first = rows->items[0];
    size_t taken_count = 0;
    size_t left = 0;
    for (size_t index = 0; index < rows->count; index++) {
        struct held_row *row = rows->items[index];
        if (is_of_kind(row, first)) {
            taken[taken_count++] = row;
        } else {
            rows->items[left++] = row;
        }
    }
    rows->count = left;
    return first->table == NULL ? write_records(call, taken, taken_count, error)
                                : write_others(call, taken, taken_count, error);
}

static bool write_all(void *context, struct error *error)
{
    struct call *call = context;
    struct array *rows = &call->held->rows;
    while (rows->count > 0) {
        if (!write_kind(call, rows, error)) {
            return false;
        }
    }
    return true;
}

bool held_write(struct call *call, struct error *error)
{
    return connection_write_held(call->connection, error);
}

/* ---- holding ---- */

static void add(struct call *call, const struct held_row *row)
{
    array_add(&call->held->rows, arena_copy(call->arena, row, sizeof(*row)));
    connection_hold(call->connection, &(const struct holder){.write = write_all, .context = call});
}

void held_add_record(struct call *call, const struct row_change *change)
{
    add(call, &(const struct held_row){.change = *change});
}

static const struct row_value *copy_values(struct arena *arena, const struct row_value *values,
                                           size_t count)
{
    struct row_value *copies = arena_copy(arena, values, count * sizeof(*values));
    for (size_t index = 0; index < count; index++) {
        copies[index].cell = cell_copy(arena, &values[index].cell);
    }
    return copies;
}

bool held_insert(struct call *call, const struct table *table, const struct row_value *values,
                 size_t value_count, struct error *error)
{
    if (call->held == NULL) {
        return row_insert(call->connection, call->arena, table, values, value_count, error);
    }
    add(call, &(const struct held_row){.table = table,
                                       .values = copy_values(call->arena, values, value_count),
                                       .value_count = value_count});
    return true;
}

/* ---- what is held ---- */

static bool has(const struct record *record, const struct uuid *id)
{
    return uuid_is_equal(&record_value(record, record->entity->id)->uuid, id);
}

/* As their folded forms are; of two ASCII characters that differ by more than case so do those. */
static bool is_same_folded(struct call *call, const struct field *field, const char *left,
                           const char *right)
{
    enum { ASCII = 0x80 };
    const unsigned char *one = (const unsigned char *)left;
    const unsigned char *other = (const unsigned char *)right;
    while (*one != '\0' && *one < ASCII && *other < ASCII && tolower(*one) == tolower(*other)) {
        one++;
        other++;
    }
    if (*one < ASCII && *other < ASCII) {
        return *one == *other;
    }
    return strcmp(store_fold_cell(call, field, left).text,
                  store_fold_cell(call, field, right).text) == 0;
}

static bool is_same(struct call *call, const struct field *field, const struct value *left,
                    const struct value *right)
{
    bool is_folded = field->fold_column != NULL && left->state == VALUE_SET;
    return left->state == right->state &&
           (is_folded ? is_same_folded(call, field, left->text, right->text)
                      : value_is_equal(field, left, right));
}

static bool has_key(struct call *call, const struct record *record, const struct key *key,
                    const struct value *values)
{
    for (size_t index = 0; index < key->field_count; index++) {
        const struct field *field = key->fields[index];
        if (!is_same(call, field, record_value(record, field), &values[index])) {
            return false;
        }
    }
    return true;
}

bool held_has(const struct call *call, const struct entity *entity, const struct uuid *id)
{
    for (size_t index = 0; call->held != NULL && index < call->held->rows.count; index++) {
        const struct held_row *row = call->held->rows.items[index];
        if (entity_of(row) == entity && has(row->change.record, id)) {
            return true;
        }
    }
    return false;
}

bool held_has_key(struct call *call, const struct key *key, const struct value *values)
{
    const struct entity *entity = key->fields[0]->entity;
    for (size_t index = 0; call->held != NULL && index < call->held->rows.count; index++) {
        const struct held_row *row = call->held->rows.items[index];
        if (entity_of(row) == entity && has_key(call, row->change.record, key, values)) {
            return true;
        }
    }
    return false;
}
