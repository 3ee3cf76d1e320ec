/*
 * test_share.c - a record that is shared with very many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "query/access.h"
#include "query/query.h"
#include "query/request.h"
#include "record/house.h"
#include "record/renew.h"
#include "security/identity.h"
#include "security/role.h"
#include "security/share.h"

enum { SHARES = 10000, PAGE = 1000 };

static struct test_platform house;

/* Salespeople read what they own, and what is shared with them. */
static void narrow_role(struct call *call)
{
    const struct role_privilege read = {.entity = catalog_find_entity(call->catalog, "Account"),
                                        .right = RIGHT_READ,
                                        .depth = DEPTH_USER};
    const struct role_template narrow = {.privileges = &read, .privilege_count = 1};
    struct error error = {0};
    struct uuid role;
    bool is_found = false;
    house_must(renew_find_role(call, "salesperson", &role, &is_found, &error), &error);
    house_must(role_set_privileges(call->connection, call->arena, &role, &narrow, &error), &error);
}

static void share(struct call *call, const struct uuid *account, const struct uuid *principal)
{
    const struct row_value values[] = {
        {"entity_name", cell_text("Account")},
        {"record_id", cell_uuid(account)},
        {"principal_id", cell_uuid(principal)},
        {"rights", cell_integer(share_mask(RIGHT_READ))},
        {"granted_by", cell_uuid(&call->identity->user_id)},
        {"granted_on", cell_moment(call->now)},
    };
    struct error error = {0};
    house_must(row_insert(call->connection, call->arena, &share_table, values, 6, &error), &error);
}

/* Walks through all pages: each principal once, in order. */
static size_t count_shares(struct call *call, const struct uuid *account)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Account");
    struct error error = {0};
    struct uuid last = {{0}};
    size_t total = 0;
    size_t count = PAGE;
    while (count == PAGE) {
        struct share *shares = NULL;
        house_must(share_list(call->connection, call->arena, entity, account, &last, PAGE, &shares,
                              &count, &error),
                   &error);
        for (size_t index = 0; index < count; index++) {
            assert_true(uuid_compare(&last, &shares[index].principal_id) < 0);
            last = shares[index].principal_id;
        }
        total += count;
    }
    return total;
}

/* What a user finds in the list, and whether he may read the one record. */
static size_t count_found(const char *user, const struct uuid *account, bool *may_read_out)
{
    const struct query_request everything = {.cookie = NULL};
    struct call *call = house_begin_as(&house, user, "salesperson");
    const struct entity *entity = catalog_find_entity(call->catalog, "Account");
    struct error error = {0};
    struct page page;
    house_must(query_may(call, entity, account, RIGHT_READ, may_read_out, &error), &error);
    house_must(query_run(call, entity, &everything, &page, &error), &error);
    size_t count = page.count;
    house_undo(&call);
    return count;
}

static struct uuid id_of(const char *user)
{
    struct call *call = house_begin_as(&house, user, "salesperson");
    struct uuid id = call->identity->user_id;
    house_commit(&call);
    return id;
}

static void erase(struct call *call, const char *entity, const struct uuid *id)
{
    struct error error = {0};
    house_must(record_delete(call, catalog_find_entity(call->catalog, entity), id, &error), &error);
}

void test_share__ten_thousand_on_one_record(void **state)
{
    bool may_read = false;
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    narrow_role(call);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    (void)house_create(call, house_record(call, "Account", "name", "B", NULL));
    house_commit(&call);
    struct uuid ann = id_of("ann");

    call = house_begin(&house);
    share(call, &account, &ann);
    for (int count = 1; count < SHARES; count++) {
        struct uuid somebody = call_new_id(call);
        share(call, &account, &somebody);
    }
    house_commit(&call);

    assert_int_equal(count_found("ann", &account, &may_read), 1);
    assert_true(may_read);
    assert_int_equal(count_found("bob", &account, &may_read), 0);
    assert_false(may_read);

    call = house_begin(&house);
    assert_int_equal(count_shares(call, &account), SHARES);
    erase(call, "SystemUser", &ann);
    assert_int_equal(count_shares(call, &account), SHARES - 1);
    erase(call, "Account", &account);
    assert_int_equal(count_shares(call, &account), 0);
    house_commit(&call);
    test_platform_close(&house);
}
