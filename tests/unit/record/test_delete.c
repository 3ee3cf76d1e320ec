/*
 * test_delete.c - what goes with a record, what stays without it, what is in the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/house.h"
#include "security/identity.h"

static struct test_platform house;

static bool try_delete(struct call *call, const char *entity, const struct uuid *id,
                       struct error *error)
{
    return record_delete(call, catalog_find_entity(call->catalog, entity), id, error);
}

static bool exists(struct call *call, const char *entity, const struct uuid *id)
{
    const struct entity *description = catalog_find_entity(call->catalog, entity);
    const struct field *columns[] = {description->id};
    struct column_set set = {columns, 1};
    struct record *record = NULL;
    struct error error = {0};
    return record_retrieve(call, description, id, &set, &record, &error);
}

void test_delete__is_refused_while_in_use(void **state)
{
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct record *order = house_record(call, "SalesOrder", "name", "o", NULL);
    house_refer(order, "customer", "Account", &account);
    struct uuid id = house_create(call, order);
    assert_false(try_delete(call, "Account", &account, &error));
    assert_int_equal(error.code, ERROR_RECORD_IN_USE);
    house_must(try_delete(call, "SalesOrder", &id, &error), &error);
    house_must(try_delete(call, "Account", &account, &error), &error);
    assert_false(exists(call, "Account", &account));
    assert_false(try_delete(call, "Account", &account, &error));
    assert_int_equal(error.code, ERROR_RECORD_NOT_FOUND);
    house_undo(&call);
    test_platform_close(&house);
}

void test_delete__takes_what_is_part_of_it(void **state)
{
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct record *contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "parentCustomer", "Account", &account);
    struct uuid contact_id = house_create(call, contact);
    struct record *task = house_record(call, "Task", "subject", "t", NULL);
    house_refer(task, "regarding", "Contact", &contact_id);
    struct uuid task_id = house_create(call, task);
    struct record *child = house_record(call, "Account", "name", "B", NULL);
    house_refer(child, "parentAccount", "Account", &account);
    struct uuid child_id = house_create(call, child);
    struct record *primary = house_record(call, "Account", NULL, NULL);
    house_refer(primary, "primaryContact", "Contact", &contact_id);
    (void)house_update(call, primary, &account); /* a ring of references */

    house_must(try_delete(call, "Account", &account, &error), &error);
    assert_false(exists(call, "Contact", &contact_id));
    assert_false(exists(call, "Task", &task_id));
    assert_true(exists(call, "Account", &child_id));
    assert_null(house_text(call, "Account", &child_id, "parentAccount"));
    assert_int_equal(house_version(call, "Account", &child_id), 2);
    house_undo(&call);
    test_platform_close(&house);
}

void test_delete__honours_the_expected_version(void **state)
{
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    call->has_expected_version = true;
    call->expected_version = 2;
    assert_false(try_delete(call, "Account", &id, &error));
    assert_int_equal(error.code, ERROR_VERSION_CONFLICT);
    call->expected_version = 1;
    house_must(try_delete(call, "Account", &id, &error), &error);
    house_undo(&call);
    test_platform_close(&house);
}

void test_delete__a_user_who_wrote_something_stays(void **state)
{
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin_as(&house, "sally", "salesperson");
    (void)house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct uuid sally = call->identity->user_id;
    house_commit(&call);
    call = house_begin(&house);
    assert_false(try_delete(call, "SystemUser", &sally, &error));
    assert_int_equal(error.code, ERROR_RECORD_IN_USE);
    house_undo(&call);
    test_platform_close(&house);
}
