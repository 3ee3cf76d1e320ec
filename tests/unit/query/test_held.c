/*
 * test_held.c - new rows that are held back: few statements, written before they can be missed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/garden.h"
#include "query/held.h"
#include "query/party.h"
#include "query/tables.h"

enum { MANY = 200 };

static struct test_platform house;

static struct call *open_held(void)
{
    struct error error = {0};

    garden_open(&house);
    struct call *call = test_call_begin(&house);
    assert_true(connection_begin(call->connection, TRANSACTION_WRITE, &error));
    assert_true(connection_savepoint(call->connection, &error));
    held_begin(call);
    return call;
}

static void close_held(struct call *call)
{
    connection_rollback(call->connection);
    test_call_end(&call);
    test_platform_close(&house);
}

static const struct entity *contact(struct call *call)
{
    return catalog_find_entity(call->catalog, "Contact");
}

static bool is_there(struct call *call, const struct uuid *id)
{
    bool is_found = false;
    struct error error = {0};

    assert_true(query_exists(call, contact(call), id, ROW_LOCK_NONE, &is_found, &error));
    return is_found;
}

static size_t count_contacts(struct call *call)
{
    struct query_request *request = garden_request(call);

    request->page_size = (struct message_integer){.is_set = true, .value = MANY};
    return garden_run(call, request).count;
}

void test_held__many_rows_take_few_statements(void **state)
{
    (void)state;
    struct call *call = open_held();
    int64_t changes = connection_count_changes(call->connection);
    struct error error = {0};
    for (int i = 0; i < MANY; i++) {
        /* Their columns differ. */
        garden_plant(call, "Contact", "lastName", "A", i % 2 == 0 ? "jobTitle" : "nickName", "B",
                     NULL);
    }
    assert_int_equal(connection_count_changes(call->connection), changes);
    assert_int_equal(held_count(call), MANY);
    assert_true(held_write(call, &error));
    assert_int_equal(held_count(call), 0);
    assert_true(connection_count_changes(call->connection) - changes < MANY / 10);
    assert_int_equal(count_contacts(call), MANY);
    close_held(call);
}

void test_held__who_asks_for_a_row_finds_it(void **state)
{
    (void)state;
    struct call *call = open_held();
    struct uuid other = garden_plant(call, "Contact", "lastName", "A", NULL);
    struct error error = {0};
    assert_true(held_write(call, &error));
    struct uuid id = garden_plant(call, "Contact", "lastName", "B", NULL);
    assert_true(is_there(call, &other));
    assert_int_equal(held_count(call), 1); /* another was asked for */
    assert_true(is_there(call, &id));
    assert_int_equal(held_count(call), 0);
    garden_plant(call, "Contact", "lastName", "C", NULL);
    assert_int_equal(count_contacts(call), 3); /* anything else has all written before */
    garden_plant(call, "Contact", "lastName", "D", NULL);
    assert_true(connection_savepoint_keep(call->connection, &error));
    assert_int_equal(held_count(call), 0);
    close_held(call);
}

void test_held__what_is_dropped_or_undone_is_not_written(void **state)
{
    (void)state;
    struct call *call = open_held();
    struct error error = {0};
    struct uuid kept = garden_plant(call, "Contact", "lastName", "A", NULL);
    size_t count = held_count(call);
    struct uuid dropped = garden_plant(call, "Contact", "lastName", "B", NULL);
    held_drop_after(call, count);
    assert_true(is_there(call, &kept));
    assert_false(is_there(call, &dropped));
    garden_plant(call, "Contact", "lastName", "C", NULL);
    held_end(call);
    assert_true(connection_savepoint_undo(call->connection, &error));
    assert_int_equal(count_contacts(call), 0);
    close_held(call);
}

void test_held__keys_are_compared_as_the_database_does(void **state)
{
    static const struct {
        const char *held, *sought;
        bool is_same;
    } pairs[] = {
        {"a1", "A1", true},          {"a1", "a12", false},
        {"straße", "STRASSE", true}, {"Ёж", "ёЖ", true},
        {"Ёж", "Еж", false},         {"a", "b", false},
        {"ﬁ", "FI", true},           {"e\xCC\x81", "\xC3\x89", true},
        {"e", "\xC3\xA9", false},
    };
    (void)state;
    struct call *call = open_held();
    const struct key *key = entity_find_key(contact(call), "externalId");
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct value value = {.state = VALUE_SET, .text = pairs[i].sought};
        held_drop_after(call, 0);
        assert_false(held_has_key(call, key, &value));
        garden_plant(call, "Contact", "lastName", "A", "externalId", pairs[i].held, NULL);
        assert_int_equal(held_has_key(call, key, &value), pairs[i].is_same);
    }
    close_held(call);
}

/* Rows of two tables, in turn; what is held is a copy. */
void test_held__rows_of_other_tables_go_with_them(void **state)
{
    (void)state;
    struct call *call = open_held();
    struct error error = {0};
    struct uuid id = {{0}};
    for (int i = 0; i < 3; i++) {
        char address[] = "a@x.ru";
        struct party party = {.address = address};
        struct value value = {.state = VALUE_SET, .parties = {&party, 1}};
        const struct entity *mail = catalog_find_entity(call->catalog, "Email");
        id = garden_plant(call, "Contact", "lastName", "A", NULL);
        assert_true(party_add(call, entity_find_field(mail, "to"), &id, &value, &error));
        address[0] = 'b';
    }
    assert_int_equal(held_count(call), 6);
    assert_true(held_write(call, &error));
    static const char *const columns[] = {"address"};
    const struct row_condition is_copy = {"address", ROW_IS, cell_text("a@x.ru")};
    const struct row_query query = {.table = &party_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &is_copy,
                                    .condition_count = 1};
    struct row_set rows;
    assert_true(row_select(call->connection, call->arena, &query, &rows, &error));
    assert_int_equal(rows.count, 3);
    assert_int_equal(count_contacts(call), 3);
    close_held(call);
}

/* One that cannot be written fails the next question, and with it all until it is undone. */
void test_held__a_failure_is_met_by_who_asks_next(void **state)
{
    (void)state;
    struct call *call = open_held();
    struct error error = {0};
    bool is_found = false;
    struct uuid id = garden_plant(call, "Contact", "lastName", "A", "externalId", "1", NULL);
    garden_plant(call, "Contact", "lastName", "B", "externalId", "1", NULL);
    assert_false(query_exists(call, contact(call), &id, ROW_LOCK_NONE, &is_found, &error));
    assert_int_equal(error.code, ERROR_DATABASE_UNIQUE);
    held_end(call);
    assert_true(connection_savepoint_undo(call->connection, &error));
    assert_int_equal(count_contacts(call), 0);
    close_held(call);
}
