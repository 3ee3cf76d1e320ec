/*
 * test_history.c - who changed what, and what records were.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "change/as_of.h"
#include "change/history.h"
#include "change/tables.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/house.h"
#include "security/identity.h"

enum { MANY = 100 };

static struct test_platform house;

/* ---- short ways ---- */

static const struct entity *entity_of(struct call *call, const char *name)
{
    return catalog_find_entity(call->catalog, name);
}

static struct history_page read_page(struct call *call, struct history_request request)
{
    struct history_page page;
    struct error error = {0};
    house_must(history_read(call, &request, &page, &error), &error);
    return page;
}

static struct history_page read_all(struct call *call, const char *entity, const struct uuid *id)
{
    return read_page(call, (struct history_request){
                               .entity = entity_of(call, entity), .id = *id, .limit = MANY});
}

static enum error_code refusal_of(struct call *call, const char *entity, const struct uuid *id)
{
    const struct history_request request = {
        .entity = entity_of(call, entity), .id = *id, .limit = MANY};
    struct history_page page;
    struct error error = {0};
    assert_false(history_read(call, &request, &page, &error));
    return error.code;
}

static const char *text_of(struct call *call, const struct field *field, const struct value *value)
{
    if (value->state != VALUE_SET) {
        return "-";
    }
    if (field->type == FIELD_LOOKUP) {
        return value->reference.name == NULL ? "?" : value->reference.name;
    }
    return value_format(call->arena, field, value);
}

/* "updated 2 name:A>B fax:->9", of the fields named. */
static const char *told(struct call *call, const struct history_change *change, const char *fields)
{
    const char *text =
        arena_format(call->arena, "%s %lld", change->kind, (long long)change->version);
    for (size_t index = 0; index < change->field_count; index++) {
        const struct history_field *field = &change->fields[index];
        if (strstr(fields, field->field->name) != NULL) {
            text = arena_format(call->arena, "%s %s:%s>%s", text, field->field->name,
                                text_of(call, field->field, &field->old_value),
                                text_of(call, field->field, &field->new_value));
        }
    }
    return text;
}

static void delete_record(struct call *call, const char *entity, const struct uuid *id)
{
    struct error error = {0};
    house_must(record_delete(call, entity_of(call, entity), id, &error), &error);
}

static void rename_record(struct call *call, const struct uuid *id, const char *name)
{
    (void)house_update(call, house_record(call, "Account", "name", name, NULL), id);
}

/* The name of an account at a moment; or the fault. */
static const char *name_at(struct call *call, const struct uuid *id, int64_t moment)
{
    const struct entity *account = entity_of(call, "Account");
    struct column_set columns;
    struct record *record = NULL;
    struct error error = {0};
    house_must(query_columns(call, account, NULL, 0, true, &columns, &error), &error);
    if (!as_of_read(call, account, id, moment, &columns, &record, &error)) {
        return error_kind(error.code)->name;
    }
    return arena_format(call->arena, "%s %lld",
                        record_value(record, entity_find_field(account, "name"))->text,
                        (long long)record_value(record, account->version)->integer);
}

/* ---- history ---- */

void test_history__tells_old_and_new_values(void **state)
{
    static const char fields[] = "name fax primaryContact";
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid contact = house_create(call, house_record(call, "Contact", "lastName", "C", NULL));
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    (void)house_update(call, house_record(call, "Account", "name", "B", "fax", "9", NULL), &id);
    struct record *linked = house_record(call, "Account", "name", "C", NULL);
    house_refer(linked, "primaryContact", "Contact", &contact);
    (void)house_update(call, linked, &id);
    house_commit(&call);

    call = house_begin(&house);
    struct history_page page = read_all(call, "Account", &id);
    assert_int_equal(page.count, 3);
    assert_string_equal(told(call, &page.changes[0], fields),
                        "updated 3 name:B>C primaryContact:->C");
    assert_string_equal(told(call, &page.changes[1], fields), "updated 2 name:A>B fax:->9");
    assert_string_equal(told(call, &page.changes[2], fields), "created 1 name:->A");
    assert_true(page.is_complete);
    assert_null(page.next_cookie);
    assert_true(uuid_is_equal(&page.changes[0].changed_by.id, &call->identity->user_id));
    assert_non_null(page.changes[0].changed_by.name);
    assert_non_null(page.changes[0].request_id);
    house_undo(&call);
    test_platform_close(&house);
}

/* Whichever way one reads, the same is told of each change. */
void test_history__pages_both_ways(void **state)
{
    static const char *const expected[] = {"created 1 name:->A", "updated 2 name:A>B", "updated 3",
                                           "updated 4 name:B>C", "updated 5 name:C>D"};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    rename_record(call, &id, "B");
    (void)house_update(call, house_record(call, "Account", "fax", "9", NULL), &id);
    rename_record(call, &id, "C");
    rename_record(call, &id, "D");
    house_commit(&call);

    call = house_begin(&house);
    for (int way = 0; way < 2; way++) {
        struct history_request request = {.entity = entity_of(call, "Account"),
                                          .id = id,
                                          .is_oldest_first = way == 1,
                                          .limit = 2};
        for (size_t seen = 0; seen < 5;) {
            struct history_page page = read_page(call, request);
            assert_int_equal(page.count, seen == 4 ? 1 : 2);
            for (size_t index = 0; index < page.count; index++, seen++) {
                assert_string_equal(told(call, &page.changes[index], "name"),
                                    expected[way == 1 ? seen : 4 - seen]);
            }
            assert_int_equal(page.next_cookie == NULL, seen == 5);
            request.cookie = page.next_cookie;
        }
    }
    house_undo(&call);
    test_platform_close(&house);
}

void test_history__of_one_field(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    (void)house_update(call, house_record(call, "Account", "fax", "1", NULL), &id);
    rename_record(call, &id, "B");
    (void)house_update(call, house_record(call, "Account", "fax", "2", NULL), &id);
    house_commit(&call);

    call = house_begin(&house);
    const struct entity *account = entity_of(call, "Account");
    struct history_page page =
        read_page(call, (struct history_request){.entity = account,
                                                 .id = id,
                                                 .field = entity_find_field(account, "name"),
                                                 .limit = MANY});
    assert_int_equal(page.count, 2);
    assert_string_equal(told(call, &page.changes[0], "name fax"), "updated 3 name:A>B");
    assert_string_equal(told(call, &page.changes[1], "name fax"), "created 1 name:->A");
    house_undo(&call);
    test_platform_close(&house);
}

/* Of a record that is gone: who could read it and may read who changed what. */
void test_history__of_a_deleted_record(void **state)
{
    static const char *const reader[] = {"Account read organization", NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid user = house_make_user(call, "reader", NULL, reader);
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    rename_record(call, &id, "B");
    delete_record(call, "Account", &id);
    struct history_page page = read_all(call, "Account", &id);
    assert_int_equal(page.count, 3);
    assert_string_equal(told(call, &page.changes[0], "name"), "deleted 2 name:B>-");
    assert_string_equal(told(call, &page.changes[1], "name"), "updated 2 name:A>B");
    assert_string_equal(told(call, &page.changes[2], "name"), "created 1 name:->A");
    house_become(call, &user);
    assert_int_equal(refusal_of(call, "Account", &id), ERROR_NOT_ALLOWED);
    house_commit(&call);
    call = house_begin_as(&house, "auditor", "read-only-auditor");
    assert_int_equal(read_all(call, "Account", &id).count, 3);
    house_undo(&call);
    test_platform_close(&house);
}

void test_history__of_what_one_may_not_read_there_is_none(void **state)
{
    static const char *const own[] = {"Account read user", "Account create user",
                                      "Account delete user", NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid user = house_make_user(call, "owner", NULL, own);
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct uuid gone = house_create(call, house_record(call, "Account", "name", "B", NULL));
    delete_record(call, "Account", &gone);
    house_become(call, &user);
    assert_int_equal(refusal_of(call, "Account", &id), ERROR_RECORD_NOT_FOUND);
    assert_int_equal(refusal_of(call, "Account", &gone), ERROR_RECORD_NOT_FOUND);
    assert_string_equal(name_at(call, &id, call->now), "RECORD_NOT_FOUND");
    assert_string_equal(name_at(call, &gone, call->now - 1), "RECORD_NOT_FOUND");
    assert_int_equal(refusal_of(call, "Contact", &id), ERROR_NOT_ALLOWED);
    house_undo(&call);
    test_platform_close(&house);
}

/* Who makes a record with the id of one that is gone learns nothing of that one. */
void test_history__an_id_that_is_used_again(void **state)
{
    static const char *const own[] = {"Account read user", "Account create user", NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid user = house_make_user(call, "owner", NULL, own);
    call->now -= 1000;
    struct uuid id = house_create(call, house_record(call, "Account", "name", "secret", NULL));
    delete_record(call, "Account", &id);
    int64_t before = call->now;
    call->now += 1000;
    house_become(call, &user);
    struct record *again = house_record(call, "Account", "name", "mine", NULL);
    *record_value(again, again->entity->id) = (struct value){.state = VALUE_SET, .uuid = id};
    (void)house_create(call, again);
    struct history_page page = read_all(call, "Account", &id);
    assert_int_equal(page.count, 1);
    assert_string_equal(told(call, &page.changes[0], "name"), "created 1 name:->mine");
    assert_string_equal(name_at(call, &id, before), "RECORD_NOT_FOUND");
    house_undo(&call);
    test_platform_close(&house);
}

/* A reference shows a name only to who may read what it refers to. */
void test_history__names_only_what_may_be_read(void **state)
{
    static const char *const accounts[] = {"Account read organization", NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid user = house_make_user(call, "reader", NULL, accounts);
    struct uuid contact = house_create(call, house_record(call, "Contact", "lastName", "C", NULL));
    struct record *linked = house_record(call, "Account", "name", "A", NULL);
    house_refer(linked, "primaryContact", "Contact", &contact);
    struct uuid id = house_create(call, linked);
    struct history_page page = read_all(call, "Account", &id);
    assert_string_equal(told(call, &page.changes[0], "primaryContact"),
                        "created 1 primaryContact:->C");
    house_become(call, &user);
    page = read_all(call, "Account", &id);
    assert_string_equal(told(call, &page.changes[0], "primaryContact"),
                        "created 1 primaryContact:->?");
    assert_null(page.changes[0].changed_by.name);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- as of ---- */

void test_as_of__lays_former_values_over_the_record(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    int64_t start = call->now;
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    call->now = start + 1000;
    rename_record(call, &id, "B");
    call->now = start + 2000;
    rename_record(call, &id, "C");
    assert_string_equal(name_at(call, &id, start - 1), "RECORD_NOT_FOUND");
    assert_string_equal(name_at(call, &id, start), "A 1");
    assert_string_equal(name_at(call, &id, start + 999), "A 1");
    assert_string_equal(name_at(call, &id, start + 1000), "B 2");
    assert_string_equal(name_at(call, &id, start + 2000), "C 3");
    call->now = start + 3000;
    delete_record(call, "Account", &id);
    assert_string_equal(name_at(call, &id, start + 1500), "B 2");
    assert_string_equal(name_at(call, &id, start + 2999), "C 3");
    assert_string_equal(name_at(call, &id, start + 3000), "RECORD_NOT_FOUND");
    house_undo(&call);
    test_platform_close(&house);
}

/* What was swept cannot be told, and is not guessed. */
void test_as_of__goes_back_as_far_as_is_kept(void **state)
{
    struct error error = {0};
    int64_t count = 1;
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    int64_t start = call->now;
    call->now = start - 5000;
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    call->now = start - 4000;
    rename_record(call, &id, "B");
    call->now = start;
    rename_record(call, &id, "C");
    struct uuid old = {{0}};
    call->now = start - 5000;
    old = house_create(call, house_record(call, "Account", "name", "O", NULL));
    house_commit(&call);

    call = test_call_begin(&house);
    const struct row_condition made_long_ago = {"changed_on", ROW_IS_BELOW,
                                                cell_moment(start - 3000)};
    house_must(
        row_delete(call->connection, call->arena, &change_table, &made_long_ago, 1, &count, &error),
        &error);
    assert_true(count >= 3);
    test_call_end(&call);
    call = house_begin(&house);
    assert_string_equal(name_at(call, &id, start - 4500), "HISTORY_TOO_SHORT");
    assert_string_equal(name_at(call, &id, start - 2000), "HISTORY_TOO_SHORT");
    assert_string_equal(name_at(call, &id, start), "C 3");
    assert_string_equal(name_at(call, &old, start - 2000), "O 1");
    assert_string_equal(name_at(call, &old, start - 6000), "HISTORY_TOO_SHORT");
    assert_false(read_all(call, "Account", &id).is_complete);
    house_undo(&call);
    test_platform_close(&house);
}
