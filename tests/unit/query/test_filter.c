/*
 * test_filter.c - each operator on each kind of field finds what it should, and no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "query/garden.h"

static struct test_platform house;

/* Six contacts, all the same in no field. */
static struct call *plant(void)
{
    garden_open(&house);
    struct call *call = test_call_begin(&house);
    garden_plant(call, "Contact", "lastName", "Adams", "firstName", "Ann", "numberOfChildren", "1",
                 "creditLimit", "10.50", "birthDate", "1970-01-31", "doNotEmail", "true",
                 "leadSource", "1", "nickName", "Mouse", NULL);
    garden_plant(call, "Contact", "lastName", "adamson", "firstName", "Bob", "numberOfChildren",
                 "2", "creditLimit", "10.5001", "birthDate", "1980-06-15", "nickName", "mouse",
                 NULL);
    garden_plant(call, "Contact", "lastName", "Иванов", "firstName", "Пётр", "numberOfChildren",
                 "3", "creditLimit", "999999999999.9999", NULL);
    garden_plant(call, "Contact", "lastName", "O'Neil_100%!", "birthDate", "1753-01-01", NULL);
    garden_plant(call, "Contact", "lastName", "Straße", "birthDate", "9999-12-31", NULL);
    garden_plant(call, "Contact", "lastName", "Zoë", "firstName", "", "numberOfChildren", "0",
                 "creditLimit", "0", NULL);
    return call;
}

static void end(struct call *call)
{
    test_call_end(&call);
    test_platform_close(&house);
}

/* Runs one condition ordered by lastName and compares the names found. */
static void expect_names(struct call *call, const char *names, const char *field,
                         const char *operator, const char * first, const char *second)
{
    struct query_request *request = garden_request(call);
    request->filter = garden_filter(call, NULL);
    garden_where(call, request->filter, field, operator, first, second, NULL);
    garden_order(call, request, "lastName", false);
    struct page page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), names);
}

void test_filter__strings_ignore_case(void **state)
{
    (void)state;
    struct call *call = plant();
    expect_names(call, "Adams", "lastName", "eq", "ADAMS", NULL);
    expect_names(call, "Adams adamson", "lastName", "in", "adams", "ADAMSON");
    expect_names(call, "Иванов", "lastName", "eq", "ИВАНОВ", NULL);
    expect_names(call, "Straße", "lastName", "eq", "STRASSE", NULL);
    expect_names(call, "Adams adamson Straße Zoë Иванов", "lastName", "ne", "o'neil_100%!", NULL);
    expect_names(call, "O'Neil_100%! Straße Zoë Иванов", "lastName", "notIn", "adams", "ADAMSON");
    end(call);
}

void test_filter__strings_that_are_not_searchable_are_exact(void **state)
{
    (void)state;
    struct call *call = plant();
    expect_names(call, "Adams", "nickName", "eq", "Mouse", NULL);
    expect_names(call, "adamson", "nickName", "eq", "mouse", NULL);
    expect_names(call, "adamson", "nickName", "like", "m%", NULL);
    expect_names(call, "", "nickName", "eq", "mouse ", NULL);
    end(call);
}

void test_filter__patterns_and_their_special_characters(void **state)
{
    (void)state;
    struct call *call = plant();
    expect_names(call, "Adams adamson", "lastName", "like", "ADAM%", NULL);
    expect_names(call, "Adams", "lastName", "like", "_dams", NULL);
    expect_names(call, "Иванов", "lastName", "like", "%ВАН%", NULL);
    expect_names(call, "O'Neil_100%!", "lastName", "like", "%[%]!", NULL);
    expect_names(call, "O'Neil_100%!", "lastName", "like", "%[_]%", NULL);
    expect_names(call, "", "lastName", "like", "", NULL);
    expect_names(call, "", "lastName", "like", "[", NULL);
    expect_names(call, "O'Neil_100%! Straße Zoë Иванов", "lastName", "notLike", "adam%", NULL);
    end(call);
}

void test_filter__strings_compare_as_people_order_them(void **state)
{
    (void)state;
    struct call *call = plant();
    expect_names(call, "Adams adamson", "lastName", "lt", "B", NULL);
    expect_names(call, "Straße Zoë Иванов", "lastName", "ge", "strasse", NULL);
    expect_names(call, "O'Neil_100%! Straße", "lastName", "between", "M", "T");
    expect_names(call, "Adams adamson Zoë Иванов", "lastName", "notBetween", "M", "T");
    end(call);
}

void test_filter__numbers_and_dates(void **state)
{
    (void)state;
    struct call *call = plant();
    expect_names(call, "adamson Иванов", "numberOfChildren", "gt", "1", NULL);
    expect_names(call, "Zoë", "numberOfChildren", "le", "0", NULL);
    expect_names(call, "Adams adamson", "numberOfChildren", "between", "1", "2");
    expect_names(call, "", "numberOfChildren", "lt", "-5", NULL);
    expect_names(call, "Adams", "creditLimit", "eq", "10.5", NULL);
    expect_names(call, "adamson", "creditLimit", "between", "10.5001", "11");
    expect_names(call, "Иванов", "creditLimit", "ge", "999999999999.9999", NULL);
    expect_names(call, "O'Neil_100%!", "birthDate", "eq", "1753-01-01", NULL);
    expect_names(call, "Straße", "birthDate", "gt", "9999-01-01", NULL);
    expect_names(call, "Adams", "doNotEmail", "eq", "true", NULL);
    end(call);
}

void test_filter__negations_find_nulls_too(void **state)
{
    (void)state;
    struct call *call = plant();
    expect_names(call, "O'Neil_100%! Straße", "firstName", "null", NULL, NULL);
    expect_names(call, "Adams adamson Zoë Иванов", "firstName", "notNull", NULL, NULL);
    expect_names(call, "adamson O'Neil_100%! Straße Zoë Иванов", "firstName", "ne", "ann", NULL);
    expect_names(call, "adamson O'Neil_100%! Straße Zoë Иванов", "firstName", "notIn", "ann", NULL);
    expect_names(call, "Zoë", "firstName", "eq", "", NULL);
    expect_names(call, "adamson O'Neil_100%! Straße Иванов", "numberOfChildren", "notIn", "0", "1");
    expect_names(call, "Adams O'Neil_100%! Straße Zoë Иванов", "firstName", "notLike", "_[o]b",
                 NULL);
    expect_names(call, "Adams adamson O'Neil_100%! Straße Zoë Иванов", "parentCustomer", "null",
                 NULL, NULL);
    end(call);
}

void test_filter__references_take_an_id(void **state)
{
    char id[UUID_TEXT_SIZE];
    (void)state;
    struct call *call = plant();
    struct uuid account = garden_plant(call, "Account", "name", "A", NULL);
    uuid_format(&account, id);
    expect_names(call, "", "parentCustomer", "eq", id, NULL);
    expect_names(call, "", "defaultPriceLevel", "in", id, id);
    struct query_request *request = garden_request(call);
    request->filter = garden_filter(call, NULL);
    garden_where(call, request->filter, "parentCustomer", "eq", "A", NULL);
    garden_refuse(call, request, ERROR_VALUE_INVALID, "parentCustomer");
    end(call);
}

void test_filter__choices_take_token_or_number(void **state)
{
    (void)state;
    struct call *call = plant();
    expect_names(call, "Adams", "leadSource", "eq", "1", NULL);
    struct query_request *request = garden_request(call);
    request->filter = garden_filter(call, NULL);
    garden_where(call, request->filter, "leadSource", "eq", "Nonsense", NULL);
    garden_refuse(call, request, ERROR_CHOICE_UNKNOWN, "leadSource");
    end(call);
}

void test_filter__groups_nest(void **state)
{
    (void)state;
    struct call *call = plant();
    struct query_request *request = garden_request(call);
    request->filter = garden_filter(call, "or");
    garden_where(call, request->filter, "lastName", "eq", "Zoë", NULL);
    struct filter_request *both = garden_filter(call, "and");
    garden_where(call, both, "lastName", "like", "adam%", NULL);
    garden_where(call, both, "numberOfChildren", "gt", "1", NULL);
    garden_group(call, request->filter, both);
    garden_group(call, request->filter, garden_filter(call, "or")); /* holds nothing back */
    garden_order(call, request, "lastName", false);
    struct page page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "adamson Zoë");
    end(call);
}

void test_filter__nothing_from_outside_becomes_sql(void **state)
{
    static const char *const payloads[] = {
        "' OR '1'='1",  "\"; DROP TABLE Contact; --",
        "%' OR 1=1 --", "?",
        "\\",           "{fn now()}",
        "$1",           ":name",
        "''",           "/* */",
        "\x01",
    };
    (void)state;
    struct call *call = plant();
    for (size_t index = 0; index < sizeof(payloads) / sizeof(payloads[0]) - 1; index++) {
        expect_names(call, "", "lastName", "eq", payloads[index], NULL);
        expect_names(call, "", "firstName", "in", payloads[index], "x");
        expect_names(call, "", "nickName", "like", payloads[index], NULL);
        struct query_request *request = garden_request(call);
        request->filter = garden_filter(call, NULL);
        garden_where(call, request->filter, payloads[index], "eq", "x", NULL);
        garden_refuse(call, request, ERROR_FIELD_UNKNOWN, payloads[index]);
        request = garden_request(call);
        garden_order(call, request, payloads[index], false);
        garden_refuse(call, request, ERROR_FIELD_UNKNOWN, payloads[index]);
        request = garden_request(call);
        request->filter = garden_filter(call, NULL);
        garden_where(call, request->filter, "lastName", payloads[index], "x", NULL);
        garden_refuse(call, request, ERROR_QUERY_INVALID, "lastName");
        request = garden_request(call);
        request->filter = garden_filter(call, payloads[index]);
        garden_refuse(call, request, ERROR_QUERY_INVALID, "filter");
    }
    end(call);
}

void test_filter__refuses_what_makes_no_sense(void **state)
{
    static const struct {
        const char *field, *operator, * value;
        enum error_code code;
        const char *subject;
    } rows[] = {
        {"lastName", "eq", NULL, ERROR_QUERY_INVALID, "lastName"},
        {"lastName", "null", "x", ERROR_QUERY_INVALID, "lastName"},
        {"lastName", "between", "x", ERROR_QUERY_INVALID, "lastName"},
        {"numberOfChildren", "like", "1%", ERROR_FIELD_NOT_USABLE, "numberOfChildren"},
        {"numberOfChildren", "eq", "1.5", ERROR_VALUE_INVALID, "numberOfChildren"},
        {"birthDate", "eq", "1999-02-29", ERROR_VALUE_INVALID, "birthDate"},
        {"description", "lt", "x", ERROR_FIELD_NOT_USABLE, "description"},
        {"doNotEmail", "eq", "maybe", ERROR_VALUE_INVALID, "doNotEmail"},
        {"LastName", "eq", "x", ERROR_FIELD_UNKNOWN, "LastName"},
        {"lastName", "eq", "\xff", ERROR_VALUE_INVALID, "lastName"},
        {"lastName", "like", "\xff", ERROR_VALUE_INVALID, "lastName"},
        {"createdOn", "gt", "2020-01-01T00:00:00", ERROR_VALUE_INVALID, "createdOn"},
    };
    (void)state;
    struct call *call = plant();
    for (size_t index = 0; index < sizeof(rows) / sizeof(rows[0]); index++) {
        struct query_request *request = garden_request(call);
        request->filter = garden_filter(call, NULL);
        garden_where(call, request->filter, rows[index].field, rows[index].operator,
                     rows[index].value, NULL);
        garden_refuse(call, request, rows[index].code, rows[index].subject);
    }
    end(call);
}

void test_filter__limits_at_the_limit_and_one_above(void **state)
{
    (void)state;
    struct call *call = plant();
    struct query_request *request = garden_request(call);
    request->filter = garden_filter(call, "or");
    for (int count = 0; count < 500; count++) {
        garden_where(call, request->filter, "numberOfChildren", "eq", "1", NULL);
    }
    assert_int_equal(garden_run(call, request).count, 1);
    garden_where(call, request->filter, "numberOfChildren", "eq", "1", NULL);
    garden_refuse(call, request, ERROR_LIMIT_EXCEEDED, "filter");

    request = garden_request(call);
    request->filter = garden_filter(call, NULL);
    struct filter_request *inner = request->filter;
    for (int depth = 1; depth < 16; depth++) {
        garden_group(call, inner, garden_filter(call, "and"));
        inner = inner->filters.items[0];
    }
    garden_where(call, inner, "numberOfChildren", "eq", "1", NULL);
    assert_int_equal(garden_run(call, request).count, 1);
    garden_group(call, inner, garden_filter(call, "and"));
    garden_refuse(call, request, ERROR_LIMIT_EXCEEDED, "filter");

    for (int more = 0; more <= 1; more++) {
        request = garden_request(call);
        request->filter = garden_filter(call, NULL);
        struct condition_request condition = {.field = "numberOfChildren", .operator= "in" };
        condition.values.count = 900;
        condition.values.items = arena_allocate_array(call->arena, 900, sizeof(void *));
        for (size_t value = 0; value < condition.values.count; value++) {
            condition.values.items[value] = "2";
        }
        void *conditions[] = {&condition};
        request->filter->conditions = (struct message_list){true, 1, conditions};
        if (more == 0) {
            assert_int_equal(garden_run(call, request).count, 1);
        } else {
            struct filter_request *one = garden_filter(call, "and");
            garden_where(call, one, "numberOfChildren", "eq", "2", NULL);
            garden_group(call, request->filter, one);
            garden_refuse(call, request, ERROR_LIMIT_EXCEEDED, "filter");
        }
    }
    end(call);
}
