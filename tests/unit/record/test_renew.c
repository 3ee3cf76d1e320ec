/*
 * test_renew.c - what an organisation that an earlier release made is given when its server starts
 * with newer metadata: rights on entities that are new to it, once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "change/event.h"
#include "change/tables.h"
#include "database/row.h"
#include "database/table.h"
#include "metadata/catalog.h"
#include "record/engine.h"
#include "record/house.h"
#include "record/renew.h"
#include "record/tables.h"
#include "security/identity.h"
#include "security/role.h"
#include "security/tables.h"

static struct test_platform house;

/* ---- short ways ---- */

static struct uuid role_of(struct call *call, const char *name)
{
    struct error error = {0};
    struct uuid id;
    bool is_found = false;
    house_must(renew_find_role(call, name, &id, &is_found, &error), &error);
    assert_true(is_found);
    return id;
}

/* As before the entity came: the roles say nothing of it, and nothing is noted. */
static void forget_entity(struct call *call, const char *entity)
{
    const struct row_condition of_entity = {"entity_name", ROW_IS, cell_text(entity)};
    const struct row_condition by_name = {
        "name", ROW_IS, cell_text(arena_format(call->arena, "rights %s", entity))};
    struct error error = {0};
    int64_t rows = 0;
    house_must(row_delete(call->connection, call->arena, &role_privilege_table, &of_entity, 1, NULL,
                          &error),
               &error);
    house_must(
        row_delete(call->connection, call->arena, &setting_table, &by_name, 1, &rows, &error),
        &error);
    assert_int_equal(rows, 1);
}

static void allow(struct call *call, const struct uuid *role, const char *entity, const char *right,
                  enum depth depth)
{
    const struct row_value values[] = {
        {"role_id", cell_uuid(role)},
        {"entity_name", cell_text(entity)},
        {"right_name", cell_text(right)},
        {"depth", cell_integer(depth)},
    };
    struct error error = {0};
    house_must(row_insert(call->connection, call->arena, &role_privilege_table, values, 4, &error),
               &error);
}

/* How many rights a role has on an entity. */
static int64_t count_rights(struct call *call, const struct uuid *role, const char *entity)
{
    const struct row_condition conditions[] = {{"role_id", ROW_IS, cell_uuid(role)},
                                               {"entity_name", ROW_IS, cell_text(entity)}};
    struct error error = {0};
    int64_t count = 0;
    house_must(row_count(call->connection, call->arena, &role_privilege_table, conditions, 2,
                         &count, &error),
               &error);
    return count;
}

/* The depth of a right; none when the role does not have it. */
static enum depth depth_of(struct call *call, const struct uuid *role, const char *entity,
                           const char *right)
{
    static const char *const columns[] = {"depth"};
    const struct row_condition conditions[] = {{"role_id", ROW_IS, cell_uuid(role)},
                                               {"entity_name", ROW_IS, cell_text(entity)},
                                               {"right_name", ROW_IS, cell_text(right)}};
    const struct row_query query = {.table = &role_privilege_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = conditions,
                                    .condition_count = 3};
    struct error error = {0};
    struct row_set rows;
    house_must(row_select(call->connection, call->arena, &query, &rows, &error), &error);
    return rows.count == 0 ? DEPTH_NONE : (enum depth)row_cell(&rows, 0, 0)->integer;
}

/* How often the log of security says that what a role allows was changed. */
static int64_t count_events(struct call *call, const struct uuid *role)
{
    bool is_wanted[EVENT_KIND_COUNT] = {[EVENT_PRIVILEGES_CHANGED] = true};
    const struct event_record about = event_record_of(call, "Role", role);
    const struct event_filter filter = {
        .about = &about, .until = INT64_MAX, .is_wanted = is_wanted, .limit = 100};
    struct error error = {0};
    struct event_entry *entries = NULL;
    size_t count = 0;
    house_must(event_select(call, &filter, &entries, &count, &error), &error);
    return (int64_t)count;
}

static void start_again(void)
{
    struct error error = {0};
    struct call *call = test_call_begin(&house);
    house_must(renew_organization(call, &error), &error);
    test_call_end(&call);
}

/* ---- tests ---- */

void test_renew__gives_rights_on_a_new_entity_once(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid sales = role_of(call, "salesperson");
    struct uuid service = role_of(call, "service-representative");
    int64_t before = count_rights(call, &service, "Case");
    assert_true(before > 0);
    forget_entity(call, "Case");
    assert_int_equal(count_rights(call, &service, "Case"), 0);
    house_commit(&call);

    start_again();
    call = house_begin(&house);
    assert_int_equal(count_rights(call, &service, "Case"), before);
    assert_int_equal(depth_of(call, &service, "Case", "read"), DEPTH_ORGANIZATION);
    assert_int_equal(depth_of(call, &sales, "Case", "read"), DEPTH_UNIT);
    assert_int_equal(depth_of(call, &sales, "Case", "delete"), DEPTH_NONE);
    assert_int_equal(count_events(call, &service), 1);

    /* What is taken from a role afterwards stays away. */
    const struct row_condition of_role = {"role_id", ROW_IS, cell_uuid(&service)};
    struct error error = {0};
    house_must(
        row_delete(call->connection, call->arena, &role_privilege_table, &of_role, 1, NULL, &error),
        &error);
    house_commit(&call);

    start_again();
    call = house_begin(&house);
    assert_int_equal(count_rights(call, &service, "Case"), 0);
    assert_int_equal(count_events(call, &service), 1);
    house_undo(&call);
    test_platform_close(&house);
}

void test_renew__leaves_a_role_that_knows_the_entity(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid service = role_of(call, "service-representative");
    struct uuid manager = role_of(call, "service-manager");
    forget_entity(call, "Case");
    allow(call, &service, "Case", "read", DEPTH_USER);
    house_commit(&call);

    start_again();
    call = house_begin(&house);
    assert_int_equal(count_rights(call, &service, "Case"), 1);
    assert_int_equal(depth_of(call, &service, "Case", "read"), DEPTH_USER);
    assert_int_equal(count_events(call, &service), 0);
    assert_int_equal(depth_of(call, &manager, "Case", "delete"), DEPTH_UNIT_AND_BELOW);
    house_undo(&call);
    test_platform_close(&house);
}

void test_renew__leaves_deleted_roles_and_old_entities_alone(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct error error = {0};
    struct uuid service = role_of(call, "service-representative");
    struct uuid manager = role_of(call, "service-manager");
    forget_entity(call, "Case");
    const struct row_condition on_account[] = {{"role_id", ROW_IS, cell_uuid(&manager)},
                                               {"entity_name", ROW_IS, cell_text("Account")}};
    house_must(row_delete(call->connection, call->arena, &role_privilege_table, on_account, 2, NULL,
                          &error),
               &error);
    house_must(record_delete(call, catalog_find_entity(call->catalog, "Role"), &service, &error),
               &error);
    house_commit(&call);

    start_again();
    call = house_begin(&house);
    assert_int_equal(count_rights(call, &service, "Case"), 0);
    assert_int_equal(count_rights(call, &manager, "Account"), 0);
    assert_true(count_rights(call, &manager, "Case") > 0);
    house_undo(&call);
    test_platform_close(&house);
}
