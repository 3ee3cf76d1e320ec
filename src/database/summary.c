/*
 * summary.c - writes what the dialect says, around our columns.
 */
#include "database/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/expect.h"
#include "database/cell.h"
#include "database/dialect_driver.h"
#include "database/sql.h"
#include "text/zone.h"

enum { PART = 1000000000 /* sums that come in two parts: this many times the first */ };

/* Writes a text of the dialect; each @ in it is the column. */
static void write_around(struct sql *sql, const char *text, const char *alias, const char *column)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '@') {
            sql_add_column(sql, alias, column);
        } else {
            buffer_add_char(&sql->text, *at);
        }
    }
}

/* ---- sums ---- */

void summary_add_sum(struct sql *sql, const char *alias, const char *column)
{
    write_around(sql, sql->dialect->sum, alias, column);
    sql_expect(sql, (struct sql_column){.type = COLUMN_TEXT, .length = 2 * WIDE_TEXT_SIZE});
}

bool summary_read_sum(const struct cell *cell, uint8_t scale, struct wide *sum_out)
{
    const char *second = strchr(cell->text, ' ');
    if (second == NULL) {
        return wide_parse(cell->text, scale, sum_out);
    }
    char *end = NULL;
    long long high = strtoll(cell->text, &end, 10);
    if (end != second) {
        return false;
    }
    long long low = strtoll(second + 1, &end, 10);
    *sum_out = (struct wide){.digits = (wide_digits)high * PART + low, .scale = scale};
    return *end == '\0';
}

/* ---- days ---- */

void summary_add_period(struct sql *sql, const char *alias, const char *column,
                        enum summary_period period)
{
    expect(period < SUMMARY_PERIODS);
    write_around(sql, sql->dialect->periods[period], alias, column);
}

static void write_seconds(struct sql *sql, const char *alias, const char *column,
                          const struct zone_offset *offsets, size_t count)
{
    sql_add(sql, "(");
    for (size_t index = 0; index + 1 < count; index++) {
        sql_add(sql, index == 0 ? "CASE WHEN " : " WHEN ");
        sql_add_column(sql, alias, column);
        sql_add(sql, " < ");
        sql_add_cell(sql, cell_moment(offsets[index + 1].since));
        sql_add(sql, " THEN ");
        sql_add_number(sql, offsets[index].seconds);
    }
    sql_add(sql, count > 1 ? " ELSE " : "");
    sql_add_number(sql, offsets[count - 1].seconds);
    sql_add(sql, count > 1 ? " END)" : ")");
}

void summary_add_local_day(struct sql *sql, const char *alias, const char *column,
                           const struct zone_offset *offsets, size_t count)
{
    const char *const *day = sql->dialect->day;
    expect(count > 0);
    sql_add(sql, day[0]);
    sql_add_column(sql, alias, column);
    sql_add(sql, day[1]);
    write_seconds(sql, alias, column, offsets, count);
    sql_add(sql, day[2]);
}
