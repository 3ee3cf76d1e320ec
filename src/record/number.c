/*
 * number.c - numbers that run by themselves: "ORD-{year}-{number:6}".
 *
 * The last number of each series is a row. A gapless one is drawn in the transaction of its record
 * and locks the row until that ends, so a number that is rolled back is drawn again and none is
 * left out. Others are taken in blocks (number_block.h), where the engine has many writers at
 * once. A format with the year in it begins again each year, with the month too each month.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/time.h"
#include "record/counter.h"
#include "record/number_block.h"
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

static bool draw(struct call *call, const struct field *field, const char *series,
                 int64_t *number_out, struct error *error)
{
    struct number_blocks *blocks = field->is_gapless ? NULL : call->platform->numbers;
    return blocks != NULL
               ? number_blocks_draw(blocks, series, number_out, error)
               : counter_add(call->connection, call->arena, series, 1, number_out, error);
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
    const char *series = name_series(call->arena, field, &date);
    if (!draw(call, field, series, &number, error)) {
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
