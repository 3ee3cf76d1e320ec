/*
 * aggregate_zone.c - reads the years in which moments lie, and lists what was in force in them.
 */
#include "query/aggregate_zone.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/time.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "metadata/field.h"
#include "query/reach.h"
#include "query/select.h"

enum { FIRST_YEAR = 1753, LAST_YEAR = 9999, YEARS = LAST_YEAR - FIRST_YEAR + 1 };

static const int64_t day = 86400000; /* ms */

static const struct zone_offset utc = {.since = 0, .seconds = 0};

/* The years in which there are moments, by their distance to the first. */
struct years {
    bool has[YEARS];
};

bool aggregate_is_zoned(const struct aggregate_group_key *key)
{
    return key->is_period && key->field->type == FIELD_DATE_TIME;
}

const char *aggregate_zone_name(const struct call *call)
{
    return call->zone == NULL ? "UTC" : zone_name(call->zone);
}

/* ---- years ---- */

static void write_years(struct sql *sql, const struct aggregate *aggregate,
                        const struct reach *reach, const struct field *field)
{
    reach_write_lists(reach, sql);
    sql_add(sql, "SELECT DISTINCT ");
    summary_add_period(sql, "picked", "day", PERIOD_YEAR);
    sql_expect(sql, (struct sql_column){.type = COLUMN_DATE});
    sql_add(sql, " FROM (SELECT ");
    summary_add_local_day(sql, ROOT_ALIAS, field->column, &utc, 1);
    sql_add(sql, " AS ");
    sql_add_name(sql, "day");
    sql_add(sql, " FROM ");
    reach_write_table(reach, sql, aggregate->query.entity);
    (void)reach_write_conditions(reach, sql);
    sql_add(sql, ") picked");
}

static void add_year(struct years *years, int32_t days)
{
    int year = 0;
    int month = 0;
    int of_month = 0;
    date_split(days, &year, &month, &of_month);
    if (year >= FIRST_YEAR && year <= LAST_YEAR) {
        years->has[year - FIRST_YEAR] = true;
    }
}

static void take_year(void *context, const struct result *result)
{
    const struct cell *first_day = result_cell(result, 0);
    if (!first_day->is_null) {
        add_year(context, first_day->date);
    }
}

/* ---- what was in force ---- */

static int64_t begin_of_year(int year)
{
    int32_t days = 0;
    return date_join(year, 1, 1, &days) ? days * day : 0;
}

static struct zone_offset *copy_offset(struct arena *arena, int64_t since, int32_t seconds)
{
    struct zone_offset *offset = arena_allocate(arena, sizeof(*offset));
    *offset = (struct zone_offset){.since = since, .seconds = seconds};
    return offset;
}

/* No local day lies before the first or after the last that are kept. */
static void list_year(struct call *call, int year, struct array *offsets)
{
    int64_t from = begin_of_year(year);
    int64_t until = year == LAST_YEAR ? from + 365 * day : begin_of_year(year + 1);
    zone_list_offsets(call->zone, from, until, offsets);
    const struct zone_offset *last = offsets->items[offsets->count - 1];
    if (year == FIRST_YEAR && last->seconds < 0) {
        array_add(offsets, copy_offset(call->arena, from + day, last->seconds));
        ((struct zone_offset *)offsets->items[0])->seconds = 0;
    }
    if (year == LAST_YEAR && last->seconds > 0) {
        array_add(offsets, copy_offset(call->arena, until - day, 0));
    }
}

static struct aggregate_offsets list_offsets(struct call *call, const struct years *years)
{
    struct array offsets;
    array_init(&offsets, call->arena);
    for (int year = FIRST_YEAR; year <= LAST_YEAR; year++) {
        if (years->has[year - FIRST_YEAR]) {
            list_year(call, year, &offsets);
        }
    }
    struct zone_offset *items =
        arena_allocate_array(call->arena, offsets.count + 1, sizeof(*items));
    for (size_t index = 0; index < offsets.count; index++) {
        items[index] = *(const struct zone_offset *)offsets.items[index];
    }
    return (struct aggregate_offsets){.items = items, .count = offsets.count};
}

/* The year of the call is always among them: records may come between the two statements. */
static bool read_offsets(struct call *call, const struct aggregate *aggregate,
                         const struct reach *reach, const struct field *field,
                         struct aggregate_offsets *offsets_out, struct error *error)
{
    struct years *years = arena_allocate(call->arena, sizeof(*years));
    struct sql sql;
    add_year(years, (int32_t)(call->now / day));
    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    write_years(&sql, aggregate, reach, field);
    if (!reach_check_values(reach, call, &sql, error) ||
        !connection_select_each(call->connection, &sql, take_year, years, error)) {
        return false;
    }
    *offsets_out = list_offsets(call, years);
    return true;
}

bool aggregate_read_zones(struct call *call, const struct aggregate *aggregate,
                          const struct reach *reach, struct aggregate_zones *zones_out,
                          struct error *error)
{
    struct aggregate_zones zones = {.arena = call->arena};
    bool is_utc = strcmp(aggregate_zone_name(call), "UTC") == 0;
    for (size_t place = 0; place < aggregate->key_count; place++) {
        const struct aggregate_group_key *key = &aggregate->keys[place];
        zones.of_keys[place] = (struct aggregate_offsets){.items = &utc, .count = 1};
        if (aggregate_is_zoned(key) && !is_utc &&
            !read_offsets(call, aggregate, reach, key->field, &zones.of_keys[place], error)) {
            return false;
        }
    }
    *zones_out = zones;
    return true;
}
