/*
 * test_permit.c - which rights a write needs, depth by depth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/database.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/house.h"
#include "security/identity.h"
#include "security/role.h"

static struct test_platform house;

static struct uuid make_account(struct call *call, const char *name, const struct uuid *owner)
{
    struct record *account = house_record(call, "Account", "name", name, NULL);
    house_refer(account, "owner", "SystemUser", owner);
    return house_create(call, account);
}

static enum error_code create_fails(struct call *call, struct record *record)
{
    struct write_outcome outcome = {0};
    struct error error = {0};
    if (record_create(call, record, &outcome, &error)) {
        return ERROR_NONE;
    }
    return error.code;
}

static enum error_code update_fails(struct call *call, struct record *record, const struct uuid *id)
{
    struct write_outcome outcome = {0};
    struct error error = {0};
    record_value(record, record->entity->id)->state = VALUE_SET;
    record_value(record, record->entity->id)->uuid = *id;
    return record_update(call, record, NULL, &outcome, &error) ? ERROR_NONE : error.code;
}

static enum error_code rename_fails(struct call *call, const struct uuid *id)
{
    return update_fails(call, house_record(call, "Account", "name", "renamed", NULL), id);
}

static enum error_code assign_fails(struct call *call, const struct uuid *id,
                                    const struct uuid *owner)
{
    struct record *record = house_record(call, "Account", NULL);
    house_refer(record, "owner", "SystemUser", owner);
    return update_fails(call, record, id);
}

static const char *const reader[] = {"Account read user", NULL};

void test_permit__a_change_reaches_as_far_as_its_depth(void **state)
{
    static const char *const words[] = {"Account read unit", "Account write user",
                                        "Account delete user", NULL};
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid unit = house_create(call, house_record(call, "BusinessUnit", "name", "far", NULL));
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid bob = house_make_user(call, "bob", NULL, reader);
    struct uuid eve = house_make_user(call, "eve", &unit, reader);
    struct uuid own = make_account(call, "own", &ann);
    struct uuid near = make_account(call, "near", &bob);
    struct uuid far = make_account(call, "far", &eve);
    house_become(call, &ann);
    const struct entity *account = catalog_find_entity(call->catalog, "Account");

    assert_int_equal(rename_fails(call, &own), ERROR_NONE);
    assert_int_equal(rename_fails(call, &near), ERROR_NOT_ALLOWED);
    assert_int_equal(rename_fails(call, &far), ERROR_RECORD_NOT_FOUND); /* not even readable */
    assert_false(record_delete(call, account, &near, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    assert_false(record_delete(call, account, &far, &error));
    assert_int_equal(error.code, ERROR_RECORD_NOT_FOUND);
    house_must(record_delete(call, account, &own, &error), &error);
    house_undo(&call);
    test_platform_close(&house);
}

void test_permit__a_creation_must_reach_the_owner(void **state)
{
    static const char *const words[] = {"Account read unit", "Account create unit",
                                        "Account assign user", "SystemUser read organization",
                                        NULL};
    static const char *const handing[] = {"Account read unit", "Account create unit",
                                          "Account assign unit", "SystemUser read organization",
                                          NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid unit = house_create(call, house_record(call, "BusinessUnit", "name", "far", NULL));
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid dan = house_make_user(call, "dan", NULL, handing);
    struct uuid bob = house_make_user(call, "bob", NULL, reader);
    struct uuid eve = house_make_user(call, "eve", &unit, reader);
    struct uuid blind = house_make_user(call, "blind", NULL, (const char *const[]){NULL});
    const struct uuid *const owners[] = {&bob, &eve, &blind};
    static const enum error_code of_ann[] = {ERROR_NOT_ALLOWED, ERROR_NOT_ALLOWED,
                                             ERROR_NOT_ALLOWED};
    static const enum error_code of_dan[] = {ERROR_NONE, ERROR_NOT_ALLOWED,
                                             ERROR_OWNER_CANNOT_READ};

    for (int index = 0; index < 3; index++) {
        house_become(call, &ann);
        struct record *record = house_record(call, "Account", "name", "x", NULL);
        house_refer(record, "owner", "SystemUser", owners[index]);
        assert_int_equal(create_fails(call, record), of_ann[index]);
        house_become(call, &dan);
        record = house_record(call, "Account", "name", "x", NULL);
        house_refer(record, "owner", "SystemUser", owners[index]);
        assert_int_equal(create_fails(call, record), of_dan[index]);
    }
    house_become(call, &ann);
    assert_int_equal(create_fails(call, house_record(call, "Account", "name", "mine", NULL)),
                     ERROR_NONE);
    house_undo(&call);
    test_platform_close(&house);
}

void test_permit__an_assignment_needs_its_right_and_an_owner_who_reads(void **state)
{
    static const char *const words[] = {"Account read user", "Account assign user",
                                        "SystemUser read organization", NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid bob = house_make_user(call, "bob", NULL, reader);
    struct uuid blind = house_make_user(call, "blind", NULL, (const char *const[]){NULL});
    struct uuid own = make_account(call, "own", &ann);
    struct uuid other = make_account(call, "other", &bob);
    house_become(call, &ann);
    assert_int_equal(assign_fails(call, &own, &blind), ERROR_OWNER_CANNOT_READ);
    assert_int_equal(assign_fails(call, &other, &ann), ERROR_RECORD_NOT_FOUND);
    assert_int_equal(rename_fails(call, &own), ERROR_NOT_ALLOWED);
    assert_int_equal(assign_fails(call, &own, &bob), ERROR_NONE);
    assert_int_equal(assign_fails(call, &own, &ann), ERROR_RECORD_NOT_FOUND); /* his no more */
    house_undo(&call);
    test_platform_close(&house);
}

/* A client may send back the owner that it read; an assignment to him asks for its right still. */
void test_permit__an_owner_who_stays_is_no_assignment(void **state)
{
    static const char *const words[] = {"Account read user", "Account write user", NULL};
    struct write_outcome outcome = {0};
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid own = make_account(call, "own", &ann);
    house_become(call, &ann);
    struct record *record = house_record(call, "Account", "name", "renamed", NULL);
    house_refer(record, "owner", "SystemUser", &ann);
    record_value(record, record->entity->id)->state = VALUE_SET;
    record_value(record, record->entity->id)->uuid = own;
    house_must(record_update(call, record, NULL, &outcome, &error), &error);
    assert_int_equal(assign_fails(call, &own, &ann), ERROR_NOT_ALLOWED);
    house_undo(&call);
    test_platform_close(&house);
}

/* Both are refused with the same code, of the same field; the message names what was sent. */
static void expect_told_alike(struct call *call, struct record *hidden, const struct uuid *id,
                              struct record *absent)
{
    struct write_outcome outcome = {0};
    struct error of_hidden = {0};
    struct error of_absent = {0};
    char text[UUID_TEXT_SIZE];
    assert_false(record_create(call, hidden, &outcome, &of_hidden));
    assert_false(record_create(call, absent, &outcome, &of_absent));
    assert_int_equal(of_hidden.code, ERROR_REFERENCE_NOT_FOUND);
    assert_int_equal(of_absent.code, ERROR_REFERENCE_NOT_FOUND);
    assert_string_equal(of_hidden.subject, of_absent.subject);
    uuid_format(id, text);
    assert_non_null(strstr(of_hidden.message, text));
}

/* Whatever else is wrong, who may not read a target is told what he were told if there were none.
 */
void test_permit__a_hidden_target_is_told_as_none(void **state)
{
    static const char *const words[] = {"Account read user", "Account create user",
                                        "Contact read user", "Contact create user", NULL};
    static const struct uuid nobody = {{1}};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid bob = house_make_user(call, "bob", NULL, words);
    struct uuid own = make_account(call, "own", &ann);
    struct record *contact = house_record(call, "Contact", "lastName", "hidden", NULL);
    house_refer(contact, "owner", "SystemUser", &bob);
    struct uuid hidden = house_create(call, contact);
    const struct uuid *const owners[] = {&bob, &nobody};
    const struct uuid *const contacts[] = {&hidden, &nobody};
    struct record *records[2];
    house_become(call, &ann);
    for (int index = 0; index < 2; index++) {
        records[index] = house_record(call, "Account", "name", "x", NULL);
        house_refer(records[index], "owner", "SystemUser", owners[index]);
    }
    expect_told_alike(call, records[0], &bob, records[1]);
    for (int index = 0; index < 2; index++) {
        /* The one before may be read, and not be appended to. */
        records[index] = house_record(call, "Account", "name", "x", NULL);
        house_refer(records[index], "parentAccount", "Account", &own);
        house_refer(records[index], "primaryContact", "Contact", contacts[index]);
    }
    expect_told_alike(call, records[0], &hidden, records[1]);
    house_undo(&call);
    test_platform_close(&house);
}

static int64_t version_of(struct call *call, const struct uuid *id)
{
    return strtoll(house_text(call, "Account", id, "version"), NULL, 10);
}

/* Who may change a record and not read it cannot find out by trying what it holds. */
void test_permit__what_is_there_is_not_told_by_trying(void **state)
{
    static const char *const words[] = {"Account write organization", "Account assign organization",
                                        "Account append organization",
                                        "Contact appendTo organization", NULL};
    static const struct uuid nobody = {{1}};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid admin = call->identity->user_id;
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid bob = house_make_user(call, "bob", NULL, reader);
    struct uuid there =
        house_create(call, house_record(call, "Contact", "lastName", "hidden", NULL));
    struct record *account = house_record(call, "Account", "name", "Bon", NULL);
    house_refer(account, "owner", "SystemUser", &bob);
    house_refer(account, "primaryContact", "Contact", &there);
    struct uuid id = house_create(call, account);
    const struct uuid *const contacts[] = {&there, &nobody};
    const struct uuid *const owners[] = {&bob, &admin, &nobody};

    house_become(call, &ann);
    for (int index = 0; index < 2; index++) {
        struct record *record = house_record(call, "Account", NULL);
        house_refer(record, "primaryContact", "Contact", contacts[index]);
        assert_int_equal(update_fails(call, record, &id), ERROR_REFERENCE_NOT_FOUND);
    }
    for (int index = 0; index < 3; index++) {
        assert_int_equal(assign_fails(call, &id, owners[index]), ERROR_REFERENCE_NOT_FOUND);
    }
    struct record *same = house_record(call, "Account", "name", "Bon", NULL);
    assert_int_equal(update_fails(call, same, &id), ERROR_NONE);
    house_become(call, &admin);
    assert_int_equal(version_of(call, &id), 2);
    house_undo(&call);
    test_platform_close(&house);
}

static const char *owner_of(struct call *call, const char *entity, const struct uuid *id)
{
    return house_text(call, entity, id, "owner");
}

void test_permit__children_go_with_an_assignment(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    static const char *const words[] = {"Account read user", "Contact read user", "Task read user",
                                        NULL};
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid bob = house_make_user(call, "bob", NULL, words);
    struct uuid account = make_account(call, "Bon", &ann);
    struct record *contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "owner", "SystemUser", &ann);
    house_refer(contact, "parentCustomer", "Account", &account);
    struct uuid contact_id = house_create(call, contact);
    struct record *task = house_record(call, "Task", "subject", "T", NULL);
    house_refer(task, "owner", "SystemUser", &ann);
    house_refer(task, "regarding", "Contact", &contact_id);
    struct uuid task_id = house_create(call, task);
    /* A record above itself ends where it began. */
    struct record *ring = house_record(call, "Account", NULL);
    house_refer(ring, "parentAccount", "Account", &account);
    (void)house_update(call, ring, &account);

    assert_int_equal(assign_fails(call, &account, &bob), ERROR_NONE);
    assert_string_equal(owner_of(call, "Contact", &contact_id),
                        owner_of(call, "Account", &account));
    assert_string_equal(owner_of(call, "Task", &task_id), owner_of(call, "Account", &account));
    house_undo(&call);
    test_platform_close(&house);
}

/* Whoever is asked about is asked about as it is before anything has its new owner. */
void test_permit__what_goes_along_is_judged_as_it_was(void **state)
{
    static const char *const words[] = {
        "Account read user",   "Account assign user",          "Contact read user",
        "Contact assign user", "SystemUser read organization", NULL};
    static const char *const taking[] = {"Account read unit", "Account assign unit",
                                         "Contact read user", "Contact assign user", NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid bob = house_make_user(call, "bob", NULL, words);
    struct uuid eve = house_make_user(call, "eve", NULL, words);
    struct uuid dan = house_make_user(call, "dan", NULL, taking);
    struct uuid account = make_account(call, "Bon", &ann);
    struct record *contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "owner", "SystemUser", &bob);
    house_refer(contact, "parentCustomer", "Account", &account);
    struct uuid contact_id = house_create(call, contact);

    /* He reaches the account alone; that he will own it gives him no contact. */
    house_become(call, &dan);
    assert_int_equal(assign_fails(call, &account, &dan), ERROR_NOT_ALLOWED);
    house_undo(&call);
    test_platform_close(&house);

    house_open(&house);
    call = house_begin(&house);
    ann = house_make_user(call, "ann", NULL, words);
    bob = house_make_user(call, "bob", NULL, words);
    eve = house_make_user(call, "eve", NULL, words);
    account = make_account(call, "Bon", &ann);
    contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "owner", "SystemUser", &bob);
    house_refer(contact, "parentCustomer", "Account", &account);
    contact_id = house_create(call, contact);
    /* She reaches the contact by owning the account, which she does until both are gone. */
    house_become(call, &ann);
    assert_int_equal(assign_fails(call, &account, &eve), ERROR_NONE);
    house_become(call, &eve);
    assert_string_equal(owner_of(call, "Contact", &contact_id),
                        owner_of(call, "Account", &account));
    house_undo(&call);
    test_platform_close(&house);
}

void test_permit__a_lookup_needs_append_and_append_to(void **state)
{
    static const char *const all[] = {"Account read unit",   "Account appendTo user",
                                      "Contact create user", "Contact read user",
                                      "Contact append user", NULL};
    static const char *const no_append[] = {"Account read unit", "Account appendTo user",
                                            "Contact create user", "Contact read user", NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid unit = house_create(call, house_record(call, "BusinessUnit", "name", "far", NULL));
    struct uuid ann = house_make_user(call, "ann", NULL, all);
    struct uuid bob = house_make_user(call, "bob", NULL, no_append);
    struct uuid eve = house_make_user(call, "eve", &unit, reader);
    struct uuid own = make_account(call, "own", &ann);
    struct uuid near = make_account(call, "near", &bob);
    struct uuid far = make_account(call, "far", &eve);
    const struct uuid *const targets[] = {&own, &near, &far};
    static const enum error_code of_ann[] = {ERROR_NONE, ERROR_NOT_ALLOWED,
                                             ERROR_REFERENCE_NOT_FOUND};
    static const enum error_code of_bob[] = {ERROR_NOT_ALLOWED, ERROR_NOT_ALLOWED,
                                             ERROR_REFERENCE_NOT_FOUND};
    for (int index = 0; index < 3; index++) {
        house_become(call, &ann);
        struct record *record = house_record(call, "Contact", "lastName", "L", NULL);
        house_refer(record, "parentCustomer", "Account", targets[index]);
        assert_int_equal(create_fails(call, record), of_ann[index]);
        house_become(call, &bob);
        record = house_record(call, "Contact", "lastName", "L", NULL);
        house_refer(record, "parentCustomer", "Account", targets[index]);
        assert_int_equal(create_fails(call, record), of_bob[index]);
    }
    house_undo(&call);
    test_platform_close(&house);
}

/* Who may not see whose key it is is told what a creation is told. */
void test_permit__a_key_tells_nothing_of_a_record_out_of_sight(void **state)
{
    static const char *const words[] = {"Account read user", "Account create user",
                                        "Account write user", NULL};
    struct write_outcome outcome = {0};
    struct error upserted = {0};
    struct error created = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid bob = house_make_user(call, "bob", NULL, reader);
    struct record *account =
        house_record(call, "Account", "name", "x", "accountNumber", "A1", NULL);
    house_refer(account, "owner", "SystemUser", &bob);
    (void)house_create(call, account);
    house_must(connection_commit(call->connection, &created), &created);
    house_must(connection_begin(call->connection, TRANSACTION_WRITE, &created), &created);
    house_become(call, &ann);
    const struct entity *entity = catalog_find_entity(call->catalog, "Account");
    const struct key *key = entity_find_key(entity, "accountNumber");
    assert_false(
        record_upsert(call, house_record(call, "Account", "name", "y", "accountNumber", "A1", NULL),
                      key, &outcome, &upserted));
    assert_false(
        record_update(call, house_record(call, "Account", "name", "y", "accountNumber", "A1", NULL),
                      key, &outcome, &created));
    assert_int_equal(created.code, ERROR_RECORD_NOT_FOUND);
    assert_string_equal(created.message, "There is no Account with this accountNumber");
    assert_false(
        record_create(call, house_record(call, "Account", "name", "y", "accountNumber", "A1", NULL),
                      &outcome, &created));
    assert_int_equal(upserted.code, ERROR_DUPLICATE_KEY);
    assert_int_equal(created.code, ERROR_DUPLICATE_KEY);
    assert_string_equal(upserted.message, created.message);
    house_undo(&call);
    test_platform_close(&house);
}

static struct record *make_queue_item(struct call *call, const struct uuid *queue,
                                      const struct uuid *lies_there)
{
    struct record *item = house_record(call, "QueueItem", NULL);

    house_refer(item, "queue", "Queue", queue);
    house_refer(item, "item", "Case", lies_there);
    return item;
}

/* A key of lookups is not told of where what it names is out of sight. */
void test_permit__a_key_tells_nothing_of_what_it_names(void **state)
{
    static const char *const words[] = {"Queue read user",
                                        "Queue write user",
                                        "Queue append user",
                                        "Case read user",
                                        "Case write user",
                                        "Case appendTo user",
                                        "QueueItem create user",
                                        "QueueItem write user",
                                        "QueueItem read user",
                                        "QueueItem append user",
                                        NULL};
    static const struct uuid nobody = {{1}};
    struct write_outcome outcome = {0};
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "x", NULL));
    struct record *asked = house_record(call, "Case", "title", "It leaks", NULL);
    house_refer(asked, "customer", "Account", &account);
    house_refer(asked, "owner", "SystemUser", &ann);
    struct uuid id = house_create(call, asked);
    struct uuid queue = house_create(call, house_record(call, "Queue", "name", "hidden", NULL));
    const struct uuid *const queues[] = {&queue, &nobody};
    (void)house_create(call, make_queue_item(call, &queue, &id));
    house_become(call, &ann);
    for (int index = 0; index < 2; index++) {
        struct record *item = make_queue_item(call, queues[index], &id);
        assert_false(
            record_upsert(call, item, entity_find_key(item->entity, "item"), &outcome, &error));
        assert_int_equal(error.code, ERROR_REFERENCE_NOT_FOUND);
    }
    house_undo(&call);
    test_platform_close(&house);
}

void test_permit__a_part_needs_the_whole(void **state)
{
    static const char *const words[] = {
        "SalesOrder read unit",       "SalesOrder write user",       "SalesOrderDetail create user",
        "SalesOrderDetail read user", "SalesOrderDetail write user", NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    struct uuid bob = house_make_user(call, "bob", NULL, words);
    struct uuid customer = house_create(call, house_record(call, "Account", "name", "Bon", NULL));
    struct record *order = house_record(call, "SalesOrder", "name", "mine", NULL);
    house_refer(order, "owner", "SystemUser", &ann);
    house_refer(order, "customer", "Account", &customer);
    struct uuid own = house_create(call, order);
    order = house_record(call, "SalesOrder", "name", "his", NULL);
    house_refer(order, "owner", "SystemUser", &bob);
    house_refer(order, "customer", "Account", &customer);
    struct uuid other = house_create(call, order);
    house_become(call, &ann);
    const struct uuid *const orders[] = {&own, &other};
    static const enum error_code expected[] = {ERROR_NONE, ERROR_NOT_ALLOWED};
    for (int index = 0; index < 2; index++) {
        struct record *line = house_record(call, "SalesOrderDetail", "productDescription", "bolt",
                                           "quantity", "1", "pricePerUnit", "2", NULL);
        house_refer(line, "salesOrder", "SalesOrder", orders[index]);
        assert_int_equal(create_fails(call, line), expected[index]);
    }
    house_undo(&call);
    test_platform_close(&house);
}
