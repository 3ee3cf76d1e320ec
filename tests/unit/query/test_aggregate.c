/*
 * test_aggregate.c - groups and measures, exact on every engine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "metadata/catalog.h"
#include "query/aggregate.h"
#include "query/crowd.h"
#include "query/garden.h"
#include "text/zone.h"

static struct test_platform house;

static struct call *plant(void)
{
    garden_open(&house);
    struct call *call = test_call_begin(&house);
    garden_plant(call, "Contact", "lastName", "Adams", "numberOfChildren", "1", "creditLimitBase",
                 "99999999999999.9999", "birthDate", "2024-02-29", "createdOn",
                 "2024-03-31T21:30:00Z", "leadSource", "1", NULL);
    garden_plant(call, "Contact", "lastName", "ADAMS", "numberOfChildren", "2", "creditLimitBase",
                 "99999999999999.9999", "birthDate", "2024-03-03", "createdOn",
                 "2024-03-31T20:30:00Z", "leadSource", "1", NULL);
    garden_plant(call, "Contact", "lastName", "Zoë", "numberOfChildren", "4", "creditLimitBase",
                 "-0.0001", "birthDate", "2024-03-04", "createdOn", "2024-01-31T21:30:00Z", NULL);
    garden_plant(call, "Contact", "lastName", "Zoë", "createdOn", "9999-12-31T23:30:00Z", NULL);
    return call;
}

static void end(struct call *call)
{
    test_call_end(&call);
    test_platform_close(&house);
}

static struct message_list list(struct call *call, const void *items, size_t size, size_t count)
{
    struct message_list made = {.is_set = true, .count = count};
    made.items = arena_allocate_array(call->arena, count, sizeof(void *));
    for (size_t index = 0; index < count; index++) {
        made.items[index] = arena_copy(call->arena, (const char *)items + index * size, size);
    }
    return made;
}

static void expect_rows(struct call *call, const struct aggregate_request *request,
                        const char *expected)
{
    struct aggregate_table *table = NULL;
    struct error error = {0};
    struct buffer text;
    crowd_must(query_aggregate(call, catalog_find_entity(call->catalog, "Contact"), request, &table,
                               &error),
               &error);
    buffer_init(&text, call->arena, 64);
    for (size_t index = 0; index < table->rows.count; index++) {
        const struct aggregate_row *row = table->rows.items[index];
        buffer_add_text(&text, index == 0 ? "" : "; ");
        for (size_t key = 0; key < row->keys.count; key++) {
            const struct aggregate_key *of = row->keys.items[key];
            buffer_add_text(&text, of->value == NULL ? "-" : of->value);
            buffer_add_text(&text, " ");
        }
        for (size_t place = 0; place < row->values.count; place++) {
            const struct aggregate_value *of = row->values.items[place];
            buffer_add_text(&text, place == 0 ? "= " : " ");
            buffer_add_text(&text, of->value == NULL ? "-" : of->value);
        }
    }
    assert_string_equal(text.bytes, expected);
}

#define LIST(call, ...)                                                                            \
    list((call), (__VA_ARGS__), sizeof((__VA_ARGS__)[0]),                                          \
         sizeof(__VA_ARGS__) / sizeof((__VA_ARGS__)[0]))

void test_aggregate__of_all_records_is_one_row(void **state)
{
    (void)state;
    struct call *call = plant();
    struct aggregate_request request = {
        .measures = LIST(call,
                         (struct measure_request[]){
                             {.function = "count"},
                             {.function = "count", .field = "numberOfChildren"},
                             {.function = "countDistinct", .field = "lastName"},
                             {.function = "sum", .field = "numberOfChildren"},
                             {.function = "avg", .field = "numberOfChildren"},
                             {.function = "sum", .field = "creditLimitBase"},
                             {.function = "avg", .field = "creditLimitBase"},
                             {.function = "min", .field = "creditLimitBase"},
                             {.function = "max", .field = "birthDate"},
                             {.function = "min", .field = "createdOn"},
                         }),
    };
    expect_rows(call, &request,
                "= 4 3 2 7 2.3333 199999999999999.9997 66666666666666.6666 -0.0001 2024-03-04 "
                "2024-01-31T21:30:00Z");
    request.filter = garden_filter(call, NULL);
    garden_where(call, request.filter, "lastName", "eq", "nobody", NULL);
    expect_rows(call, &request, "= 0 0 0 - - - - - - -");
    end(call);
}

void test_aggregate__sums_are_exact_beyond_the_digits_of_a_field(void **state)
{
    (void)state;
    struct call *call = plant();
    for (int count = 0; count < 100; count++) {
        garden_plant(call, "Contact", "lastName", "Rich", "creditLimitBase", "99999999999999.9999",
                     NULL);
    }
    struct aggregate_request request = {
        .measures = LIST(call,
                         (struct measure_request[]){
                             {.function = "sum", .field = "creditLimitBase"},
                         }),
    };
    expect_rows(call, &request, "= 10199999999999999.9897");
    end(call);
}

void test_aggregate__texts_that_filters_do_not_tell_apart_are_one_group(void **state)
{
    (void)state;
    struct call *call = plant();
    struct aggregate_request request = {
        .groups = LIST(call, (struct group_request[]){{.field = "lastName"}}),
        .measures = LIST(call,
                         (struct measure_request[]){
                             {.function = "sum", .field = "numberOfChildren", .name = "all"},
                         }),
    };
    expect_rows(call, &request, "ADAMS = 3; Zoë = 4");
    request.orders =
        LIST(call, (struct order_request[]){{.field = "all", .descending = {true, true}}});
    request.limit = (struct message_integer){true, 1};
    expect_rows(call, &request, "Zoë = 4");
    end(call);
}

void test_aggregate__periods_are_named_by_their_first_day(void **state)
{
    static const struct {
        const char *by, *rows;
    } rows[] = {
        {"day", "- = 1; 2024-02-29 = 1; 2024-03-03 = 1; 2024-03-04 = 1"},
        {"week", "- = 1; 2024-02-26 = 2; 2024-03-04 = 1"},
        {"month", "- = 1; 2024-02-01 = 1; 2024-03-01 = 2"},
        {"quarter", "- = 1; 2024-01-01 = 3"},
        {"year", "- = 1; 2024-01-01 = 3"},
    };
    (void)state;
    struct call *call = plant();
    for (size_t index = 0; index < sizeof(rows) / sizeof(rows[0]); index++) {
        struct aggregate_request request = {
            .groups =
                LIST(call, (struct group_request[]){{.field = "birthDate", .by = rows[index].by}}),
            .measures = LIST(call, (struct measure_request[]){{.function = "count"}}),
        };
        expect_rows(call, &request, rows[index].rows);
    }
    end(call);
}

void test_aggregate__moments_lie_in_the_days_of_the_zone(void **state)
{
    (void)state;
    struct call *call = plant();
    struct aggregate_request request = {
        .groups = LIST(call, (struct group_request[]){{.field = "createdOn", .by = "day"}}),
        .measures = LIST(call, (struct measure_request[]){{.function = "count"}}),
    };
    call->zone = NULL;
    expect_rows(call, &request, "2024-01-31 = 1; 2024-03-31 = 2; 9999-12-31 = 1");
    call->zone = zone_open(call->arena, "Europe/Moscow");
    expect_rows(call, &request, "2024-02-01 = 1; 2024-03-31 = 1; 2024-04-01 = 1; 9999-12-31 = 1");
    call->zone = zone_open(call->arena, "Europe/Berlin"); /* summer began on the 31st of March */
    expect_rows(call, &request, "2024-01-31 = 1; 2024-03-31 = 2; 9999-12-31 = 1");
    end(call);
}

void test_aggregate__refuses_what_makes_no_sense(void **state)
{
    static const struct {
        struct group_request group;
        struct measure_request measure;
        enum error_code code;
        const char *subject;
    } rows[] = {
        {{.field = "description"}, {.function = "count"}, ERROR_FIELD_NOT_USABLE, "description"},
        {{.field = "lastName", .by = "day"},
         {.function = "count"},
         ERROR_FIELD_NOT_USABLE,
         "lastName"},
        {{.field = "birthDate", .by = "hour"},
         {.function = "count"},
         ERROR_QUERY_INVALID,
         "birthDate"},
        {{.field = "birthdate"}, {.function = "count"}, ERROR_FIELD_UNKNOWN, "birthdate"},
        {{.field = "lastName"}, {.function = "sum"}, ERROR_QUERY_INVALID, "measures"},
        {{.field = "lastName"}, {.function = "median"}, ERROR_QUERY_INVALID, "measures"},
        {{.field = "lastName"},
         {.function = "sum", .field = "lastName"},
         ERROR_FIELD_NOT_USABLE,
         "lastName"},
        {{.field = "lastName"},
         {.function = "sum", .field = "creditLimit"},
         ERROR_FIELD_NOT_USABLE,
         "creditLimit"},
        {{.field = "lastName", .name = "count"},
         {.function = "count"},
         ERROR_QUERY_INVALID,
         "name"},
    };
    (void)state;
    struct call *call = plant();
    for (size_t index = 0; index < sizeof(rows) / sizeof(rows[0]); index++) {
        struct aggregate_table *table = NULL;
        struct error error = {0};
        struct aggregate_request request = {
            .groups = list(call, &rows[index].group, sizeof(rows[0].group), 1),
            .measures = list(call, &rows[index].measure, sizeof(rows[0].measure), 1),
        };
        assert_false(query_aggregate(call, catalog_find_entity(call->catalog, "Contact"), &request,
                                     &table, &error));
        assert_int_equal(error.code, rows[index].code);
        assert_string_equal(error.subject, rows[index].subject);
    }
    end(call);
}

void test_aggregate__groups_at_the_limit_and_one_above(void **state)
{
    struct aggregate_table *table = NULL;
    struct error error = {0};
    (void)state;
    struct call *call = plant();
    struct aggregate_request request = {
        .groups = LIST(call, (struct group_request[]){{.field = "lastName"}}),
    };
    house.settings.limits.groups = 2;
    expect_rows(call, &request, "ADAMS ; Zoë ");
    house.settings.limits.groups = 1;
    assert_false(query_aggregate(call, catalog_find_entity(call->catalog, "Contact"), &request,
                                 &table, &error));
    assert_int_equal(error.code, ERROR_LIMIT_EXCEEDED);
    end(call);
}
