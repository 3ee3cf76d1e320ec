/*
 * test_tables.c - what the entities need in the database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/map.h"
#include "database/table.h"
#include "metadata/catalog.h"
#include "sample.h"

static const struct table *find_table(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->table_count; i++) {
        if (strcmp(catalog->tables[i]->name, name) == 0) {
            return catalog->tables[i];
        }
    }
    fail_msg("there is no table %s", name);
    return NULL;
}

static const struct table_column *find_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return &table->columns[i];
        }
    }
    return NULL;
}

static const struct table_index *find_index(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->index_count; i++) {
        if (strcmp(table->indexes[i].name, name) == 0) {
            return &table->indexes[i];
        }
    }
    fail_msg("%s has no index %s", table->name, name);
    return NULL;
}

void test_tables__have_columns_of_the_fields(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    const struct table *account = find_table(catalog, "account");
    const struct table_column *name = find_column(account, "name");
    const struct table_column *amount = find_column(account, "creditLimit");
    assert_string_equal(account->primary_key[0], "id");
    assert_null(account->primary_key[1]);
    assert_int_equal(name->type, COLUMN_TEXT);
    assert_int_equal(name->length, 160);
    assert_false(name->is_required);
    assert_true(find_column(account, "id")->is_required);
    assert_int_equal(find_column(account, "name_sort")->length, FIELD_SORT_BYTES);
    assert_int_equal(find_column(account, "name_fold")->length, 320);
    assert_null(find_column(account, "yearFounded_sort"));
    assert_int_equal(find_column(account, "description")->length, 0);
    assert_int_equal(amount->type, COLUMN_DECIMAL);
    assert_int_equal(amount->precision, 18);
    assert_int_equal(amount->scale, 4);
    assert_null(find_column(find_table(catalog, "email"), "to"));
    catalog_release(&catalog);
}

void test_tables__refer_where_there_is_one_target(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    const struct table *order = find_table(catalog, "sales_order");
    assert_string_equal(find_column(order, "opportunity")->references, "opportunity");
    assert_null(find_column(order, "customer")->references);
    assert_int_equal(find_column(order, "customer_entity")->type, COLUMN_TEXT);
    /* Written by the platform in every row, and never deleted. */
    assert_null(find_column(order, "createdBy")->references);
    catalog_release(&catalog);
}

void test_tables__index_keys_names_and_lookups(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    const struct table *account = find_table(catalog, "account");
    const struct table *line = find_table(catalog, "sales_order_detail");
    const struct table_index *key = find_index(account, "account_key_externalId");
    const struct table_index *two = find_index(line, "sales_order_detail_key_line");
    const struct table_index *name = find_index(account, "account_by_name");
    assert_true(key->is_unique);
    assert_string_equal(key->columns[0], "externalId_fold");
    assert_null(key->columns[1]);
    assert_true(two->is_unique);
    assert_string_equal(two->columns[0], "salesOrder");
    assert_string_equal(two->columns[1], "lineItemNumber");
    assert_false(name->is_unique);
    assert_string_equal(name->columns[0], "name_sort");
    assert_string_equal(name->columns[1], "id");
    assert_string_equal(find_index(account, "account_of_parentAccount")->columns[0],
                        "parentAccount");
    assert_string_equal(find_index(account, "account_find_telephone1")->columns[0],
                        "telephone1_fold");
    /* What is always set, what is ordered by and what must be unique has all rows. */
    assert_true(find_index(account, "account_of_parentAccount")->is_sparse);
    assert_true(find_index(account, "account_find_telephone1")->is_sparse);
    assert_true(find_index(account, "account_find_name")->is_sparse);
    assert_false(find_index(account, "account_of_owner")->is_sparse);
    assert_false(name->is_sparse);
    assert_false(key->is_sparse);
    catalog_release(&catalog);
}

void test_tables__have_names_that_every_engine_takes(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    struct arena *arena = arena_create();
    struct map *names = map_create(arena);
    for (size_t i = 0; i < catalog->table_count; i++) {
        const struct table *table = catalog->tables[i];
        for (size_t j = 0; j < table->column_count; j++) {
            assert_true(strlen(table->columns[j].name) <= 63);
        }
        for (size_t j = 0; j < table->index_count; j++) {
            /* SQLite and PostgreSQL have one space of names for the indexes of all tables. */
            assert_true(strlen(table->indexes[j].name) <= 63);
            assert_null(map_get(names, table->indexes[j].name));
            map_set(names, table->indexes[j].name, table);
            for (size_t k = 0; k < TABLE_COLUMNS_IN_KEY && table->indexes[j].columns[k]; k++) {
                assert_non_null(find_column(table, table->indexes[j].columns[k]));
            }
        }
    }
    arena_destroy(&arena);
    catalog_release(&catalog);
}
