/*
 * test_bin.c - deleted records restored, purged, and swept; requests undone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "change/bin.h"
#include "change/history.h"
#include "database/row.h"
#include "generated/settings.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/query.h"
#include "query/tables.h"
#include "record/bin.h"
#include "record/file.h"
#include "record/house.h"
#include "record/undo.h"
#include "security/identity.h"

static struct test_platform house;

/* ---- short ways ---- */

static const struct entity *entity_of(struct call *call, const char *name)
{
    return catalog_find_entity(call->catalog, name);
}

static void delete_record(struct call *call, const char *entity, const struct uuid *id)
{
    struct error error = {0};
    house_must(record_delete(call, entity_of(call, entity), id, &error), &error);
}

static bool is_there(struct call *call, const char *entity, const struct uuid *id)
{
    bool is_found = false;
    struct error error = {0};
    house_must(query_exists(call, entity_of(call, entity), id, ROW_LOCK_NONE, &is_found, &error),
               &error);
    return is_found;
}

static struct restored restore(struct call *call, const char *entity, const struct uuid *id)
{
    struct restored restored;
    struct error error = {0};
    house_must(record_restore(call, entity_of(call, entity), id, &restored, &error), &error);
    return restored;
}

static enum error_code refusal_of(struct call *call, const char *entity, const struct uuid *id)
{
    struct restored restored;
    struct error error = {0};
    assert_false(record_restore(call, entity_of(call, entity), id, &restored, &error));
    return error.code;
}

/* Every request has an id of its own. */
static struct call *next_call(struct call *call)
{
    house_commit(&call);
    return house_begin(&house);
}

/* ---- restoring ---- */

void test_bin__a_record_comes_back_as_it_was(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id =
        house_create(call, house_record(call, "Account", "name", "A", "telephone1", "1\n2", NULL));
    (void)house_update(call, house_record(call, "Account", "fax", "9", NULL), &id);
    const char *made = arena_copy_text(house.arena, house_text(call, "Account", &id, "createdOn"));
    call = next_call(call);
    delete_record(call, "Account", &id);
    call = next_call(call);
    struct restored restored = restore(call, "Account", &id);
    assert_int_equal(restored.records.count, 1);
    assert_int_equal(restored.emptied.count, 0);
    assert_string_equal(house_text(call, "Account", &id, "name"), "A");
    assert_string_equal(house_text(call, "Account", &id, "telephone1"), "1\n2");
    assert_string_equal(house_text(call, "Account", &id, "fax"), "9");
    assert_string_equal(house_text(call, "Account", &id, "createdOn"), made);
    assert_int_equal(house_version(call, "Account", &id), 3);
    assert_int_equal(refusal_of(call, "Account", &id), ERROR_RECORD_NOT_FOUND);
    house_undo(&call);
    test_platform_close(&house);
}

/* Both ways: the account's contact, and the contact's account; and who pointed at them from
 * outside. */
void test_bin__what_went_along_comes_back_with_its_links(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct record *below = house_record(call, "Contact", "lastName", "C", NULL);
    house_refer(below, "parentCustomer", "Account", &account);
    struct uuid contact = house_create(call, below);
    struct record *above = house_record(call, "Account", NULL, NULL);
    house_refer(above, "primaryContact", "Contact", &contact);
    (void)house_update(call, above, &account);
    struct record *outside = house_record(call, "Account", "name", "O", NULL);
    house_refer(outside, "primaryContact", "Contact", &contact);
    struct uuid other = house_create(call, outside);
    call = next_call(call);
    delete_record(call, "Account", &account);
    assert_null(house_text(call, "Account", &other, "primaryContact"));
    call = next_call(call);
    struct restored restored = restore(call, "Account", &account);
    assert_int_equal(restored.records.count, 2);
    assert_int_equal(restored.emptied.count, 0);
    const char *contact_text = house_text(call, "Account", &account, "primaryContact");
    assert_non_null(contact_text);
    assert_string_equal(house_text(call, "Account", &other, "primaryContact"), contact_text);
    assert_non_null(house_text(call, "Contact", &contact, "parentCustomer"));
    house_commit(&call);
    test_platform_close(&house);
}

/* An order comes back with its lines; its total is what they add up to. */
void test_bin__totals_follow(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct record *given = house_record(call, "SalesOrder", "name", "S", NULL);
    house_refer(given, "customer", "Account", &account);
    struct uuid order = house_create(call, given);
    struct record *line = house_record(call, "SalesOrderDetail", "productDescription", "P",
                                       "quantity", "2", "pricePerUnit", "5", NULL);
    house_refer(line, "salesOrder", "SalesOrder", &order);
    struct uuid line_id = house_create(call, line);
    const char *total = house_text(call, "SalesOrder", &order, "totalAmount");
    total = arena_copy_text(house.arena, total);
    call = next_call(call);
    delete_record(call, "SalesOrder", &order);
    call = next_call(call);
    assert_int_equal(restore(call, "SalesOrder", &order).records.count, 2);
    assert_string_equal(house_text(call, "SalesOrder", &order, "totalAmount"), total);
    call = next_call(call);
    delete_record(call, "SalesOrderDetail", &line_id);
    assert_string_not_equal(house_text(call, "SalesOrder", &order, "totalAmount"), total);
    call = next_call(call);
    (void)restore(call, "SalesOrderDetail", &line_id);
    assert_string_equal(house_text(call, "SalesOrder", &order, "totalAmount"), total);
    house_undo(&call);
    test_platform_close(&house);
}

void test_bin__a_link_to_what_is_gone_stays_empty(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid contact = house_create(call, house_record(call, "Contact", "lastName", "C", NULL));
    struct record *given = house_record(call, "Account", "name", "A", NULL);
    house_refer(given, "primaryContact", "Contact", &contact);
    struct uuid account = house_create(call, given);
    call = next_call(call);
    delete_record(call, "Account", &account);
    call = next_call(call);
    delete_record(call, "Contact", &contact);
    call = next_call(call);
    struct restored restored = restore(call, "Account", &account);
    assert_int_equal(restored.emptied.count, 1);
    const struct unlinked *link = restored.emptied.items[0];
    assert_string_equal(link->field->name, "primaryContact");
    assert_null(house_text(call, "Account", &account, "primaryContact"));
    house_undo(&call);
    test_platform_close(&house);
}

/* Of several that one request deleted, one by one, each comes back alone. */
void test_bin__one_of_many_comes_back_alone(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid one = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct uuid two = house_create(call, house_record(call, "Account", "name", "B", NULL));
    call = next_call(call);
    delete_record(call, "Account", &one);
    delete_record(call, "Account", &two);
    call = next_call(call);
    assert_int_equal(restore(call, "Account", &two).records.count, 1);
    assert_false(is_there(call, "Account", &one));
    house_undo(&call);
    test_platform_close(&house);
}

void test_bin__a_key_that_was_taken_meanwhile(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = house_create(
        call, house_record(call, "Account", "name", "A", "accountNumber", "N-1", NULL));
    call = next_call(call);
    delete_record(call, "Account", &id);
    (void)house_create(call,
                       house_record(call, "Account", "name", "B", "accountNumber", "N-1", NULL));
    call = next_call(call);
    assert_int_equal(refusal_of(call, "Account", &id), ERROR_DUPLICATE_KEY);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- rights ---- */

void test_bin__is_for_who_could_read_and_may_create(void **state)
{
    static const char *const reader[] = {"Account read organization", NULL};
    static const char *const own[] = {"Account read user", "Account create user", NULL};
    static const char *const maker[] = {"Account read organization", "Account create user", NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid reads = house_make_user(call, "reader", NULL, reader);
    struct uuid owns = house_make_user(call, "owner", NULL, own);
    struct uuid makes = house_make_user(call, "maker", NULL, maker);
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    delete_record(call, "Account", &id);
    house_become(call, &reads);
    assert_int_equal(refusal_of(call, "Account", &id), ERROR_NOT_ALLOWED);
    house_become(call, &owns);
    assert_int_equal(refusal_of(call, "Account", &id), ERROR_RECORD_NOT_FOUND);
    house_become(call, &makes);
    assert_int_equal(refusal_of(call, "Account", &id), ERROR_NOT_ALLOWED);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- the end ---- */

static enum error_code purge_refusal(struct call *call, const struct uuid *id)
{
    struct array gone;
    int64_t count = 0;
    struct error error = {0};
    array_init(&gone, call->arena);
    assert_false(record_purge(call, entity_of(call, "Account"), id, &gone, &count, &error));
    return error.code;
}

/* Nothing of it is left in history either. */
void test_bin__what_is_purged_is_gone_for_ever(void **state)
{
    static const char *const deleter[] = {"Account read organization", "Account delete unit", NULL};
    struct array gone;
    int64_t count = 0;
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    array_init(&gone, call->arena);
    struct uuid user = house_make_user(call, "deleter", NULL, deleter);
    struct uuid administrator = call->identity->user_id;
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    (void)house_update(call, house_record(call, "Account", "name", "B", NULL), &id);
    delete_record(call, "Account", &id);
    house_become(call, &user);
    assert_int_equal(purge_refusal(call, &id), ERROR_NOT_ALLOWED);
    house_become(call, &administrator);
    house_must(record_purge(call, entity_of(call, "Account"), &id, &gone, &count, &error), &error);
    assert_int_equal(count, 1);
    assert_int_equal(gone.count, 1); /* as it was */
    const struct record *former = gone.items[0];
    assert_string_equal(record_value(former, entity_find_field(former->entity, "name"))->text, "B");
    assert_int_equal(purge_refusal(call, &id), ERROR_RECORD_NOT_FOUND);
    assert_int_equal(refusal_of(call, "Account", &id), ERROR_RECORD_NOT_FOUND);
    const struct history_request request = {
        .entity = entity_of(call, "Account"), .id = id, .limit = 10};
    struct history_page page;
    house_must(history_read(call, &request, &page, &error), &error);
    assert_int_equal(page.count, 3);
    for (size_t index = 0; index < page.count; index++) {
        assert_int_equal(page.changes[index].field_count, 0);
    }
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- files ---- */

static bool read_letter(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                        struct error *error)
{
    bool *is_read = file->context;
    (void)error;
    *length_out = *is_read || capacity == 0 ? 0 : 1;
    memcpy(bytes, "x", *length_out);
    *is_read = true;
    return true;
}

static bool is_linked(struct call *call, const struct uuid *file_id)
{
    static const char *const columns[] = {"is_linked"};
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(file_id)};
    const struct row_query query = {.table = &file_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &by_id,
                                    .condition_count = 1};
    struct row_set rows;
    struct error error = {0};
    house_must(row_select(call->connection, call->arena, &query, &rows, &error), &error);
    assert_int_equal(rows.count, 1);
    return row_cell(&rows, 0, 0)->boolean;
}

/* A file stays for as long as its record can come back; then it is swept. */
void test_bin__a_file_comes_back_with_its_note(void **state)
{
    bool is_read = false;
    struct array gone;
    int64_t count = 0;
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct record *note = house_record(call, "Note", "subject", "N", NULL);
    const struct field *document = entity_find_field(note->entity, "document");
    struct file file = {.name = "a.txt",
                        .media_type = "text/plain",
                        .size = -1,
                        .read = read_letter,
                        .context = &is_read};
    house_must(file_stage_within(call, document, &file, &error), &error);
    *record_value(note, document) = (struct value){.state = VALUE_SET, .file = &file};
    struct uuid id = house_create(call, note);
    call = next_call(call);
    delete_record(call, "Note", &id);
    assert_true(is_linked(call, &file.id));
    call = next_call(call);
    (void)restore(call, "Note", &id);
    assert_true(is_linked(call, &file.id));
    call = next_call(call);
    delete_record(call, "Note", &id);
    int64_t deleted_on = call->now;
    call = next_call(call);
    array_init(&gone, call->arena);
    house_must(bin_sweep(call, deleted_on, &gone, &count, &error), &error);
    assert_true(is_linked(call, &file.id));
    house_must(bin_sweep(call, deleted_on + 1, &gone, &count, &error), &error);
    assert_true(count >= 1);
    assert_false(is_linked(call, &file.id));
    assert_int_equal(refusal_of(call, "Note", &id), ERROR_RECORD_NOT_FOUND);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- undoing ---- */

/* Calls of a test have no client who gives requests an id. */
static struct call *begin_request(const char *id)
{
    struct call *call = house_begin(&house);
    call->request_id = id;
    return call;
}

static struct undone undo(struct call *call, const char *request)
{
    struct undone undone;
    struct error error = {0};
    house_must(request_undo(call, request, &call->identity->user_id, &undone, &error), &error);
    return undone;
}

static enum error_code undo_refusal(struct call *call, const char *request, const struct uuid *user)
{
    struct undone undone;
    struct error error = {0};
    assert_false(request_undo(call, request, user, &undone, &error));
    return error.code;
}

void test_undo__turns_back_what_one_request_did(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid kept = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct uuid gone = house_create(call, house_record(call, "Account", "name", "G", NULL));
    house_commit(&call);
    call = begin_request("R-1");
    struct record *below = house_record(call, "Contact", "lastName", "C", NULL);
    house_refer(below, "parentCustomer", "Account", &kept);
    struct uuid made = house_create(call, below);
    struct record *changed = house_record(call, "Account", "name", "B", "fax", "9", NULL);
    house_refer(changed, "primaryContact", "Contact", &made);
    (void)house_update(call, changed, &kept);
    (void)house_update(call, house_record(call, "Account", "name", "C", NULL), &kept);
    delete_record(call, "Account", &gone);
    house_commit(&call);

    call = begin_request("R-2");
    struct undone undone = undo(call, "R-1");
    assert_int_equal(undone.deleted.count, 1);
    assert_int_equal(undone.updated.count, 1);
    assert_int_equal(undone.restored.count, 1);
    assert_string_equal(house_text(call, "Account", &kept, "name"), "A");
    assert_null(house_text(call, "Account", &kept, "fax"));
    assert_false(is_there(call, "Contact", &made));
    assert_string_equal(house_text(call, "Account", &gone, "name"), "G");
    assert_int_equal(undo_refusal(call, "R-1", &call->identity->user_id),
                     ERROR_RECORD_CHANGED_SINCE);
    house_commit(&call);

    call = begin_request("R-3"); /* and an undoing is undone */
    undone = undo(call, "R-2");
    assert_string_equal(house_text(call, "Account", &kept, "name"), "C");
    assert_string_equal(house_text(call, "Contact", &made, "lastName"), "C");
    assert_non_null(house_text(call, "Account", &kept, "primaryContact"));
    assert_false(is_there(call, "Account", &gone));
    house_undo(&call);
    test_platform_close(&house);
}

/* So that one that made too many is not read whole. */
void test_undo__changes_of_a_request_are_read_up_to_a_limit(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = begin_request("R-1");
    struct change_row *last = NULL;
    struct error error = {0};
    for (int number = 0; number < 3; number++) {
        (void)house_create(call, house_record(call, "Account", "name", "A", NULL));
    }
    const struct uuid user = call->identity->user_id;
    house_must(bin_find_last(call, "R-1", &user, &last, &error), &error);
    assert_non_null(last);
    static const struct {
        int64_t limit;
        size_t count;
    } expected[] = {{2, 2}, {4, 3}, {0, 3}};
    for (size_t index = 0; index < 3; index++) {
        struct array rows;
        array_init(&rows, call->arena);
        house_must(bin_find_request(call, last, expected[index].limit, &rows, &error), &error);
        assert_int_equal(rows.count, expected[index].count);
    }
    house_undo(&call);
    test_platform_close(&house);
}

void test_undo__only_where_nothing_came_after(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = begin_request("R-1");
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    house_commit(&call);
    call = begin_request("R-2");
    struct record *below = house_record(call, "Contact", "lastName", "C", NULL);
    house_refer(below, "parentCustomer", "Account", &id);
    (void)house_create(call, below);
    const struct uuid user = call->identity->user_id;
    assert_int_equal(undo_refusal(call, "R-1", &user), ERROR_RECORD_IN_USE);
    house_commit(&call);
    call = begin_request("R-3");
    (void)house_update(call, house_record(call, "Account", "name", "B", NULL), &id);
    assert_int_equal(undo_refusal(call, "R-1", &user), ERROR_RECORD_CHANGED_SINCE);
    assert_int_equal(undo_refusal(call, "nothing", &user), ERROR_REQUEST_UNKNOWN);
    house_undo(&call);
    test_platform_close(&house);
}

/* Another's requests are undone by who may act in his name; an assignment takes nothing along that
 * did not go along. */
void test_undo__assigns_back_what_was_assigned(void **state)
{
    static const char *const words[] = {"Account read organization", "Account write organization",
                                        "Contact read organization", NULL};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid user = house_make_user(call, "other", NULL, words);
    struct uuid administrator = call->identity->user_id;
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct uuid contacts[2];
    for (int index = 0; index < 2; index++) {
        struct record *below = house_record(call, "Contact", "lastName", "C", NULL);
        house_refer(below, "parentCustomer", "Account", &account);
        house_refer(below, "owner", "SystemUser", index == 0 ? &user : &administrator);
        contacts[index] = house_create(call, below);
    }
    const char *his =
        arena_copy_text(house.arena, house_text(call, "Contact", &contacts[0], "owner"));
    const char *mine =
        arena_copy_text(house.arena, house_text(call, "Contact", &contacts[1], "owner"));
    house_commit(&call);
    call = begin_request("R-1");
    struct record *given = house_record(call, "Account", NULL, NULL);
    house_refer(given, "owner", "SystemUser", &user);
    (void)house_update(call, given, &account);
    assert_string_equal(house_text(call, "Contact", &contacts[1], "owner"), his);
    house_commit(&call);
    call = begin_request("R-2");
    house_become(call, &user);
    assert_int_equal(undo_refusal(call, "R-1", &administrator), ERROR_NOT_ALLOWED);
    house_become(call, &administrator);
    (void)undo(call, "R-1");
    assert_string_equal(house_text(call, "Account", &account, "owner"), mine);
    assert_string_equal(house_text(call, "Contact", &contacts[0], "owner"), his);
    assert_string_equal(house_text(call, "Contact", &contacts[1], "owner"), mine);
    house_undo(&call);
    test_platform_close(&house);
}
