/*
 * test_names.c - names made from names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "metadata/names.h"

void test_names__are_made_from_each_other(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    assert_string_equal(name_with_small_initial(arena, "SalesOrder"), "salesOrder");
    assert_string_equal(name_with_capital_initial(arena, "salesOrder"), "SalesOrder");
    assert_string_equal(name_in_lower_case(arena, "salesOrder"), "salesorder");
    assert_string_equal(name_with_separator(arena, "SalesOrder", '_'), "sales_order");
    assert_string_equal(name_with_separator(arena, "SalesOrder", '-'), "sales-order");
    assert_string_equal(name_with_separator(arena, "UnitOfMeasure", '_'), "unit_of_measure");
    assert_string_equal(name_with_separator(arena, "SMSGateway", '_'), "smsgateway");
    arena_destroy(&arena);
}

void test_names__that_are_too_long_are_cut_but_differ(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    const char *short_name = name_join(arena, "account", "key_name", 20);
    const char *first = name_join(arena, "opportunity_product", "of_opportunityOne", 30);
    const char *second = name_join(arena, "opportunity_product", "of_opportunityTwo", 30);
    assert_string_equal(short_name, "account_key_name");
    assert_int_equal(strlen(first), 30);
    assert_int_equal(strlen(second), 30);
    assert_string_not_equal(first, second);
    assert_string_equal(first, name_join(arena, "opportunity_product", "of_opportunityOne", 30));
    arena_destroy(&arena);
}

void test_names__of_clients_and_of_the_contract_are_reserved(void **state)
{
    (void)state;
    assert_true(name_is_reserved_type("Object"));
    assert_true(name_is_reserved_type("query"));
    assert_false(name_is_reserved_type("Account"));
    assert_true(name_is_reserved_field("fault"));
    assert_true(name_is_reserved_field("FieldsToNull"));
    assert_false(name_is_reserved_field("query"));
}
