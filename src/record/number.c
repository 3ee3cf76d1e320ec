/*
 * number.c - numbers that run by themselves: "ORD-{year}-{number:6}".
 *
 * The last number of each series is a row; drawing one locks it until the transaction ends, so
 * a number that is rolled back is drawn again and none is left out. A format with the year in it
 * begins again each year, with the month too each month.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/time.h"
#include "database/database.h"
#include "database/row.h"
#include "record/tables.h"
#include "record/write.h"

enum { MILLISECONDS_OF_DAY = 86400000 };

struct number_date {
    int year, month, day;
};

static struct number_date date_of(int64_t moment)
{
    struct number_date date;
    int64_t days = moment / MILLISECONDS_OF_DAY - (moment % MILLISECONDS_OF_DAY < 0);
    date_split((int32_t)days, &date.year, &date.month, &date.day);
    return date;
}

static bool has_part(const char *format, const char *part)
{
    return strstr(format, part) != NULL;
}

/* Each series counts for itself. */
static const char *name_series(struct arena *arena, const struct field *field,
                               const struct number_date *date)
{
    const char *format = field->number_format;
    if (!has_part(format, "{year}")) {
        return arena_format(arena, "%s.%s", field->entity->name, field->name);
    }
    if (!has_part(format, "{month}")) {
        return arena_format(arena, "%s.%s %04d", field->entity->name, field->name, date->year);
    }
    return arena_format(arena, "%s.%s %04d-%02d", field->entity->name, field->name, date->year,
                        date->month);
}

/* ---- drawing ---- */

static bool add_one(struct call *call, const char *series, bool *is_counted_out,
                    struct error *error)
{
    const struct row_condition by_name = {"name", ROW_IS, cell_text(series)};
    int64_t rows = 0;
    if (!row_add(call->connection, call->arena, &counter_table, "last_number", 1, &by_name, 1,
                 &rows, error)) {
        return false;
    }
    *is_counted_out = rows == 1;
    return true;
}

/* Begins a series; another call may do so at the same moment, which is as good. */
static bool begin_series(struct call *call, const char *series, struct error *error)
{
    const struct row_value values[] = {
        {"name", cell_text(series)},
        {"last_number", cell_integer(0)},
    };
    if (!connection_savepoint(call->connection, error)) {
        return false;
    }
    if (row_insert(call->connection, call->arena, &counter_table, values, 2, error)) {
        return connection_savepoint_keep(call->connection, error);
    }
    if (error->code != ERROR_DATABASE_UNIQUE) {
        return false;
    }
    error_clear(error);
    return connection_savepoint_undo(call->connection, error);
}

static bool read_number(struct call *call, const char *series, int64_t *number_out,
                        struct error *error)
{
    static const char *const columns[] = {"last_number"};
    const struct row_condition by_name = {"name", ROW_IS, cell_text(series)};
    const struct row_query query = {
        .table = &counter_table,
        .columns = columns,
        .column_count = 1,
        .conditions = &by_name,
        .condition_count = 1,
    };
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    if (rows.count == 0) {
        return error_set(error, ERROR_INTERNAL, NULL, "A number series has no counter");
    }
    *number_out = row_cell(&rows, 0, 0)->integer;
    return true;
}

static bool draw(struct call *call, const char *series, int64_t *number_out, struct error *error)
{
    bool is_counted = false;
    if (!add_one(call, series, &is_counted, error)) {
        return false;
    }
    if (!is_counted &&
        (!begin_series(call, series, error) || !add_one(call, series, &is_counted, error))) {
        return false;
    }
    return read_number(call, series, number_out, error);
}

/* ---- writing ---- */

/* Writes what stands between braces; what is not ours stays as it is. */
static void write_part(struct buffer *text, const char *part, size_t length,
                       const struct number_date *date, int64_t number)
{
    static const char name[] = "number";
    if (length == 4 && memcmp(part, "year", length) == 0) {
        buffer_add_format(text, "%04d", date->year);
    } else if (length == 5 && memcmp(part, "month", length) == 0) {
        buffer_add_format(text, "%02d", date->month);
    } else if (length == 3 && memcmp(part, "day", length) == 0) {
        buffer_add_format(text, "%02d", date->day);
    } else if (length >= sizeof(name) - 1 && memcmp(part, name, sizeof(name) - 1) == 0) {
        bool has_width = length > sizeof(name) && part[sizeof(name) - 1] == ':';
        int width = has_width ? part[sizeof(name)] - '0' : 1;
        buffer_add_format(text, "%0*lld", width, (long long)number);
    } else {
        buffer_add_format(text, "{%.*s}", (int)length, part);
    }
}

static const char *write_number(struct arena *arena, const char *format,
                                const struct number_date *date, int64_t number)
{
    struct buffer text;
    buffer_init(&text, arena, 32);
    while (*format != '\0') {
        const char *end = *format == '{' ? strchr(format, '}') : NULL;
        if (end == NULL) {
            buffer_add_char(&text, *format++);
            continue;
        }
        write_part(&text, format + 1, (size_t)(end - format - 1), date, number);
        format = end + 1;
    }
    return text.bytes;
}

static bool draw_field(struct write *write, const struct field *field, struct error *error)
{
    struct call *call = write->call;
    struct number_date date = date_of(call->now);
    struct value *value = record_value(write->after, field);
    int64_t number = 0;
    if (!draw(call, name_series(call->arena, field, &date), &number, error)) {
        return false;
    }
    value->state = VALUE_SET;
    value->text = write_number(call->arena, field->number_format, &date, number);
    return true;
}

bool number_draw(struct write *write, struct error *error)
{
    for (size_t index = 0; index < write->entity->field_count; index++) {
        const struct field *field = write->entity->fields[index];
        if (field->type == FIELD_AUTO_NUMBER && !record_has(write->after, field) &&
            !draw_field(write, field, error)) {
            return false;
        }
    }
    return true;
}
