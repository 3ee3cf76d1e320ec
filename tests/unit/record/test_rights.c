/*
 * test_rights.c - a user without the right learns nothing and changes nothing.
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
#include "query/request.h"
#include "record/house.h"
#include "security/identity.h"

static struct test_platform house;

static bool retrieve(struct call *call, const char *entity, const struct uuid *id,
                     struct record **record_out, struct error *error)
{
    const struct entity *description = catalog_find_entity(call->catalog, entity);
    struct column_set columns;
    house_must(query_columns(call, description, NULL, 0, true, &columns, error), error);
    return record_retrieve(call, description, id, &columns, record_out, error);
}

void test_rights__each_verb_asks_for_its_own(void **state)
{
    struct write_outcome outcome = {0};
    struct record *record = NULL;
    struct page page = {0};
    struct error error = {0};
    static const struct query_request everything;
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid product = house_create(
        call, house_record(call, "Product", "name", "Chai", "productNumber", "1", NULL));
    house_commit(&call);

    call = house_begin_as(&house, "sally", "salesperson");
    const struct entity *entity = catalog_find_entity(call->catalog, "Product");
    house_must(retrieve(call, "Product", &product, &record, &error), &error);
    house_must(query_run(call, entity, &everything, &page, &error), &error);
    assert_int_equal(page.count, 1);

    assert_false(
        record_create(call, house_record(call, "Product", "name", "x", NULL), &outcome, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    record = house_record(call, "Product", "name", "x", NULL);
    record_value(record, entity->id)->state = VALUE_SET;
    record_value(record, entity->id)->uuid = product;
    assert_false(record_update(call, record, NULL, &outcome, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    assert_false(record_upsert(call, house_record(call, "Product", "productNumber", "1", NULL),
                               entity_find_key(entity, "productNumber"), &outcome, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    assert_false(record_delete(call, entity, &product, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    assert_string_equal(error.entity, "Product");
    house_undo(&call);
    test_platform_close(&house);
}

void test_rights__nobody_sees_what_he_may_not_read(void **state)
{
    struct write_outcome outcome = {0};
    struct record *record = NULL;
    struct page page = {0};
    struct error error = {0};
    static const struct query_request everything;
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid lead =
        house_create(call, house_record(call, "Lead", "lastName", "L", "subject", "s", NULL));
    struct uuid level =
        house_create(call, house_record(call, "PriceLevel", "name", "Secret list", NULL));
    struct record *account = house_record(call, "Account", "name", "A", NULL);
    house_refer(account, "defaultPriceLevel", "PriceLevel", &level);
    struct uuid account_id = house_create(call, account);
    house_commit(&call);

    call = house_begin_as(&house, "phone", "mail-connector");
    const struct entity *levels = catalog_find_entity(call->catalog, "PriceLevel");
    assert_false(query_run(call, levels, &everything, &page, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    assert_false(retrieve(call, "PriceLevel", &level, &record, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    house_must(retrieve(call, "Lead", &lead, &record, &error), &error);

    /* The reference is there, its name is not. */
    house_must(retrieve(call, "Account", &account_id, &record, &error), &error);
    const struct value *value =
        record_value(record, entity_find_field(record->entity, "defaultPriceLevel"));
    assert_int_equal(value->state, VALUE_SET);
    assert_null(value->reference.name);

    /* One that exists and one that does not are refused alike, also at a depth that opens none. */
    const struct uuid nobody = {{3}};
    const struct uuid *ids[] = {&level, &nobody, &level, &nobody};
    for (int index = 0; index < 4; index++) {
        call->identity->depths[levels->index * RIGHT_COUNT + RIGHT_READ] =
            index < 2 ? DEPTH_NONE : DEPTH_USER;
        record = house_record(call, "Contact", "lastName", "L", NULL);
        house_refer(record, "defaultPriceLevel", "PriceLevel", ids[index]);
        assert_false(record_create(call, record, &outcome, &error));
        assert_int_equal(error.code, ERROR_REFERENCE_NOT_FOUND);
    }
    house_undo(&call);
    test_platform_close(&house);
}

void test_rights__names_come_with_references_one_may_read(void **state)
{
    struct record *record = NULL;
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "Bon", NULL));
    struct record *contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "parentCustomer", "Account", &account);
    struct uuid contact_id = house_create(call, contact);
    struct record *task = house_record(call, "Task", "subject", "t", NULL);
    house_refer(task, "regarding", "Account", &account);
    struct uuid task_id = house_create(call, task);

    house_must(retrieve(call, "Contact", &contact_id, &record, &error), &error);
    const struct entity *entity = record->entity;
    assert_string_equal(
        record_value(record, entity_find_field(entity, "parentCustomer"))->reference.name, "Bon");
    assert_string_equal(record_value(record, entity->owner)->reference.name, "admin");
    assert_string_equal(record_value(record, entity->created_by)->reference.name, "admin");

    house_must(retrieve(call, "Task", &task_id, &record, &error), &error);
    assert_string_equal(
        record_value(record, entity_find_field(record->entity, "regarding"))->reference.name,
        "Bon");
    house_undo(&call);
    test_platform_close(&house);
}
