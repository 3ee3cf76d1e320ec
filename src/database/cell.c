/*
 * cell.c - makes cells.
 */
#include "database/cell.h"

#include "base/arena.h"

struct cell cell_null(enum column_type type)
{
    return (struct cell){.type = type, .is_null = true};
}

struct cell cell_text(const char *text)
{
    return (struct cell){.type = COLUMN_TEXT, .is_null = !text, .text = text};
}

struct cell cell_integer(int64_t integer)
{
    return (struct cell){.type = COLUMN_INTEGER, .integer = integer};
}

struct cell cell_decimal(struct decimal decimal)
{
    return (struct cell){.type = COLUMN_DECIMAL, .scale = decimal.scale, .decimal = decimal};
}

struct cell cell_boolean(bool boolean)
{
    return (struct cell){.type = COLUMN_BOOLEAN, .boolean = boolean};
}

struct cell cell_date(int32_t date)
{
    return (struct cell){.type = COLUMN_DATE, .date = date};
}

struct cell cell_moment(int64_t moment)
{
    return (struct cell){.type = COLUMN_MOMENT, .moment = moment};
}

struct cell cell_uuid(const struct uuid *uuid)
{
    return (struct cell){.type = COLUMN_UUID, .uuid = *uuid};
}

struct cell cell_bytes(const void *data, size_t length)
{
    return (struct cell){
        .type = COLUMN_BYTES, .is_null = !data, .bytes = {.data = data, .length = length}};
}

struct cell cell_copy(struct arena *arena, const struct cell *cell)
{
    struct cell copy = *cell;

    if (!copy.is_null && copy.type == COLUMN_TEXT) {
        copy.text = arena_copy_text(arena, cell->text);
    }
    if (!copy.is_null && copy.type == COLUMN_BYTES) {
        copy.bytes.data = arena_copy(arena, cell->bytes.data, cell->bytes.length);
    }
    return copy;
}
