/*
 * store.c - one row a column type: how its cell is made of a value and read into one.
 */
#include "query/store.h"

#include "base/arena.h"
#include "call/call.h"
#include "metadata/entity.h"
#include "text/fold.h"

struct sql_column store_column(const struct field *field)
{
    enum column_type type = field_type_row(field->type)->column;
    return (struct sql_column){
        .type = type,
        .scale = type == COLUMN_DECIMAL ? field->scale : 0,
        .length = type == COLUMN_TEXT && field->type != FIELD_MEMO ? field->length : 0,
    };
}

/* ---- values to cells ---- */

static struct cell uuid_cell(const struct field *field, const struct value *value)
{
    if (field->type == FIELD_LOOKUP) {
        return cell_uuid(&value->reference.id);
    }
    return cell_uuid(field->type == FIELD_FILE ? &value->file->id : &value->uuid);
}

struct cell store_cell(const struct field *field, const struct value *value)
{
    enum column_type type = field_type_row(field->type)->column;
    struct cell cell = cell_null(type);
    if (value->state == VALUE_SET) {
        switch (type) {
        case COLUMN_TEXT:
            cell = cell_text(value->text);
            break;
        case COLUMN_INTEGER:
            cell = cell_integer(value->integer);
            break;
        case COLUMN_DECIMAL:
            cell = cell_decimal(value->decimal);
            break;
        case COLUMN_BOOLEAN:
            cell = cell_boolean(value->boolean);
            break;
        case COLUMN_DATE:
            cell = cell_date(value->date);
            break;
        case COLUMN_MOMENT:
            cell = cell_moment(value->moment);
            break;
        case COLUMN_UUID:
            cell = uuid_cell(field, value);
            break;
        case COLUMN_BYTES:
            break;
        }
    }
    cell.scale = field->scale;
    return cell;
}

/* ---- cells to values ---- */

static void read_text(struct call *call, const struct field *field, const struct cell *cell,
                      struct value *value)
{
    (void)field;
    value->text = arena_copy_text(call->arena, cell->text);
}

static void read_integer(struct call *call, const struct field *field, const struct cell *cell,
                         struct value *value)
{
    (void)call;
    (void)field;
    value->integer = cell->integer;
}

static void read_decimal(struct call *call, const struct field *field, const struct cell *cell,
                         struct value *value)
{
    (void)call;
    (void)field;
    value->decimal = cell->decimal;
}

static void read_boolean(struct call *call, const struct field *field, const struct cell *cell,
                         struct value *value)
{
    (void)call;
    (void)field;
    value->boolean = cell->boolean;
}

static void read_date(struct call *call, const struct field *field, const struct cell *cell,
                      struct value *value)
{
    (void)call;
    (void)field;
    value->date = cell->date;
}

static void read_moment(struct call *call, const struct field *field, const struct cell *cell,
                        struct value *value)
{
    (void)call;
    (void)field;
    value->moment = cell->moment;
}

static void read_uuid(struct call *call, const struct field *field, const struct cell *cell,
                      struct value *value)
{
    if (field->type == FIELD_LOOKUP) {
        value->reference = (struct reference){
            .entity = field->target_count == 1 ? field->targets[0] : NULL, .id = cell->uuid};
    } else if (field->type == FIELD_FILE) {
        value->file = arena_allocate(call->arena, sizeof(*value->file));
        value->file->id = cell->uuid;
        value->file->size = -1;
    } else {
        value->uuid = cell->uuid;
    }
}

typedef void (*cell_reader)(struct call *call, const struct field *field, const struct cell *cell,
                            struct value *value);

static const cell_reader readers[] = {
    [COLUMN_TEXT] = read_text,       [COLUMN_INTEGER] = read_integer,
    [COLUMN_DECIMAL] = read_decimal, [COLUMN_BOOLEAN] = read_boolean,
    [COLUMN_DATE] = read_date,       [COLUMN_MOMENT] = read_moment,
    [COLUMN_UUID] = read_uuid,
};

void store_read(struct call *call, const struct field *field, const struct cell *cell,
                struct value *value_out)
{
    value_out->state = VALUE_NULL;
    if (!cell->is_null) {
        value_out->state = VALUE_SET;
        readers[field_type_row(field->type)->column](call, field, cell, value_out);
    }
}

/* ---- the columns beside a string ---- */

struct cell store_sort_cell(struct call *call, const char *text)
{
    if (text == NULL) {
        return cell_null(COLUMN_BYTES);
    }
    const uint8_t *bytes = NULL;
    size_t length = 0;
    text_sort_key(call->arena, call->platform->text_rules, text, FIELD_SORT_BYTES, &bytes, &length);
    return cell_bytes(bytes, length);
}

struct cell store_fold_cell(struct call *call, const struct field *field, const char *text)
{
    if (text == NULL) {
        return cell_null(COLUMN_TEXT);
    }
    return cell_text(
        text_fold_within(call->arena, call->platform->text_rules, text, field_fold_length(field)));
}
