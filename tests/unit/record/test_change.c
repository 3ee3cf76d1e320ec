/*
 * test_change.c - what is noted of changes, in which order readers see them, and what they are
 * told.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "change/change.h"
#include "change/feed.h"
#include "change/former.h"
#include "change/history.h"
#include "change/number.h"
#include "change/sight.h"
#include "change/tables.h"
#include "database/database.h"
#include "database/dialect.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "record/house.h"
#include "record/organization.h"
#include "security/access.h"
#include "security/identity.h"
#include "security/share.h"

enum { MANY = 1000 };

static struct test_platform house;

/* ---- short ways ---- */

static struct feed_page read_feed(struct call *call, const char *entity, const char *token)
{
    return house_read_feed(&house, call, entity, token, MANY);
}

static enum error_code refusal_of(struct call *call, const char *entity, const char *token)
{
    const struct feed_request request = {
        .entity = catalog_find_entity(call->catalog, entity), .token = token, .limit = MANY};
    struct feed_page page;
    struct error error = {0};
    assert_false(feed_read(call, &request, &page, &error));
    return error.code;
}

/* "created 1, updated 2 name", of one record. */
static const char *told_of(struct call *call, const struct feed_page *page, const struct uuid *id)
{
    const char *told = "";
    for (size_t index = 0; index < page->count; index++) {
        const struct feed_change *change = &page->changes[index];
        if (!uuid_is_equal(&change->id, id)) {
            continue;
        }
        told = arena_format(call->arena, "%s%s%s %lld", told, told[0] == '\0' ? "" : ", ",
                            change->kind, (long long)change->version);
        for (size_t field = 0; field < change->field_count; field++) {
            told = arena_format(call->arena, "%s %s", told, change->field_names[field]);
        }
    }
    return told;
}

static const char *former_of_last(struct call *call, const struct uuid *id)
{
    static const char *const columns[] = {"former"};
    const struct row_condition by_id = {"record_id", ROW_IS, cell_uuid(id)};
    const struct row_query query = {
        .table = &change_table,
        .columns = columns,
        .column_count = 1,
        .conditions = &by_id,
        .condition_count = 1,
        .order = "number",
    };
    struct row_set rows;
    struct error error = {0};
    house_must(row_select(call->connection, call->arena, &query, &rows, &error), &error);
    assert_true(rows.count > 0);
    const struct cell *cell = row_cell(&rows, rows.count - 1, 0);
    return cell->is_null ? "" : cell->text;
}

static void delete_record(struct call *call, const char *entity, const struct uuid *id)
{
    struct error error = {0};
    house_must(record_delete(call, catalog_find_entity(call->catalog, entity), id, &error), &error);
}

static void give_to(struct call *call, const struct uuid *account, const struct uuid *user)
{
    struct record *record = house_record(call, "Account", NULL, NULL);
    house_refer(record, "owner", "SystemUser", user);
    (void)house_update(call, record, account);
}

static void share(struct call *call, const struct uuid *account, const struct uuid *user,
                  enum share_change change)
{
    const struct reference record = {.entity = catalog_find_entity(call->catalog, "Account"),
                                     .id = *account};
    const struct reference principal = {.entity = catalog_find_entity(call->catalog, "SystemUser"),
                                        .id = *user};
    int64_t rights = change == SHARE_REVOKE ? 0 : share_mask(RIGHT_READ);
    struct error error = {0};
    house_must(record_share(call, &record, &principal, rights, change, &error), &error);
}

/* ---- what is noted ---- */

void test_change__tells_what_became_of_a_record(void **state)
{
    (void)state;
    house_open(&house);
    house_number_all(&house);
    struct call *call = house_begin(&house);
    const char *start = read_feed(call, "Account", NULL).next_token;
    struct uuid id = house_create(
        call, house_record(call, "Account", "name", "A", "telephone1", "1\\2\n3", NULL));
    (void)house_update(call, house_record(call, "Account", "name", "A", NULL), &id);
    (void)house_update(
        call, house_record(call, "Account", "name", "B", "telephone1", NULL, "fax", "9", NULL),
        &id);
    assert_string_equal(former_of_last(call, &id), "name=A\ntelephone1=1\\\\2\\n3\nfax");
    house_commit(&call);
    house_number_all(&house);

    call = house_begin(&house);
    struct feed_page page = read_feed(call, "Account", start);
    assert_string_equal(told_of(call, &page, &id), "created 1, updated 2 name telephone1 fax");
    delete_record(call, "Account", &id);
    struct record *was =
        former_read(call->arena, call->catalog, catalog_find_entity(call->catalog, "Account"),
                    former_of_last(call, &id));
    assert_string_equal(record_value(was, entity_find_field(was->entity, "name"))->text, "B");
    assert_int_equal(record_value(was, was->entity->owner)->state, VALUE_SET);
    assert_true(uuid_is_equal(&record_value(was, was->entity->owner)->reference.id,
                              &call->identity->user_id));
    house_commit(&call);
    house_number_all(&house);

    call = house_begin(&house);
    page = read_feed(call, "Account", page.next_token);
    assert_string_equal(told_of(call, &page, &id), "deleted 2");
    assert_false(page.has_more);
    house_undo(&call);
    test_platform_close(&house);
}

void test_change__what_was_undone_is_not_told(void **state)
{
    (void)state;
    house_open(&house);
    house_number_all(&house);
    struct call *call = house_begin(&house);
    const char *start = read_feed(call, NULL, NULL).next_token;
    (void)house_create(call, house_record(call, "Account", "name", "A", NULL));
    house_undo(&call);
    house_number_all(&house);
    call = house_begin(&house);
    assert_int_equal(read_feed(call, NULL, start).count, 0);
    house_undo(&call);
    test_platform_close(&house);
}

void test_change__former_values_of_all_types(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "K", NULL));
    struct record *mail = house_record(call, "Email", "subject", "s=1", "description", "a\\b\n\nc",
                                       "scheduledEnd", "2026-01-02T03:04:05.678Z", NULL);
    const struct field *to = entity_find_field(mail->entity, "to");
    const struct party parties[] = {
        {.reference = {.entity = catalog_find_entity(call->catalog, "Account"), .id = account},
         .participation = "To"},
        {.participation = "To", .address = "a\\n/b@example.com"},
    };
    struct value *value = record_value(mail, to);
    value->state = VALUE_SET;
    value->parties.items = parties;
    value->parties.count = 2;
    struct former former = former_of(call->arena, mail, NULL);
    struct record *read = former_read(call->arena, call->catalog, mail->entity, former.values);
    for (size_t index = 0; index < mail->entity->field_count; index++) {
        const struct field *field = mail->entity->fields[index];
        if (field->type == FIELD_PARTY_LIST && field != to) {
            continue;
        }
        assert_int_equal(mail->values[index].state, read->values[index].state);
        assert_true(mail->values[index].state != VALUE_SET ||
                    value_is_equal(field, &mail->values[index], &read->values[index]));
    }
    assert_int_equal(record_value(read, to)->parties.count, 2);
    assert_string_equal(record_value(read, to)->parties.items[1].address, "a\\n/b@example.com");
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- the order ---- */

/* A transaction that began first and ends last stands last: nobody who has read the other misses
 * it. */
void test_change__a_long_transaction_comes_when_it_is_over(void **state)
{
    (void)state;
    house_open(&house);
    house_number_all(&house);
    struct call *slow = house_begin(&house);
    if (!dialect_locks_rows(connection_dialect(slow->connection))) {
        house_undo(&slow);
        test_platform_close(&house);
        skip(); /* one writer only: nothing overlaps */
    }
    struct uuid first = house_create(slow, house_record(slow, "Account", "name", "slow", NULL));
    struct call *quick = house_begin(&house);
    const char *start = read_feed(quick, "Account", NULL).next_token;
    struct uuid second = house_create(quick, house_record(quick, "Account", "name", "quick", NULL));
    house_commit(&quick);
    house_number_all(&house);

    struct call *reader = house_begin(&house);
    struct feed_page page = read_feed(reader, "Account", start);
    assert_string_equal(told_of(reader, &page, &second), "created 1");
    assert_int_equal(page.count, 1);
    house_commit(&slow);
    house_number_all(&house);
    page = read_feed(reader, "Account", page.next_token);
    assert_string_equal(told_of(reader, &page, &first), "created 1");
    assert_int_equal(page.count, 1);
    house_undo(&reader);
    test_platform_close(&house);
}

/* Changes of a record that there need not be. */
static void write_many(struct call *call, int count)
{
    struct change_note *notes = arena_allocate_array(call->arena, (size_t)count, sizeof(*notes));
    struct error error = {0};
    for (int index = 0; index < count; index++) {
        notes[index] = (struct change_note){
            .entity = catalog_find_entity(call->catalog, "Contact"),
            .id = call_new_id(call),
            .version = 1,
            .kind = CHANGE_CREATED,
        };
    }
    house_must(change_write(call, notes, (size_t)count, false, &error), &error);
}

/* However many others have committed since it began, what it did to a record is told before what
 * was done to the record after it. */
void test_change__a_very_long_transaction_keeps_its_turn(void **state)
{
    enum { OTHERS = 12000 };
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    if (!dialect_locks_rows(connection_dialect(call->connection))) {
        house_undo(&call);
        test_platform_close(&house);
        skip(); /* one writer only: nothing overlaps */
    }
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    house_commit(&call);
    house_number_all(&house);

    struct call *slow = house_begin(&house);
    const char *start = read_feed(slow, "Account", NULL).next_token;
    (void)house_update(slow, house_record(slow, "Account", "name", "B", NULL), &id);
    call = house_begin(&house);
    write_many(call, OTHERS);
    house_commit(&call);
    house_number_all(&house);
    house_commit(&slow);
    call = house_begin(&house);
    (void)house_update(call, house_record(call, "Account", "name", "C", NULL), &id);
    house_commit(&call);
    house_number_all(&house);
    call = house_begin(&house);
    struct feed_page page = {.next_token = start, .has_more = true};
    const char *told = "";
    while (page.has_more) {
        page = read_feed(call, "Account", page.next_token);
        told = arena_format(call->arena, "%s%s", told, told_of(call, &page, &id));
    }
    assert_string_equal(told, "updated 2 name, updated 3 name");
    house_undo(&call);
    test_platform_close(&house);
}

static void *number_in_thread(void *context)
{
    bool *is_done = context;
    struct call *call = test_call_begin(&house);
    struct error error = {0};
    int64_t count = 1;
    *is_done = true;
    while (count > 0 && *is_done) {
        bool is_numbered = change_number(call->connection, call->arena, &count, &error);
        *is_done = is_numbered || error.code == ERROR_DATABASE_CONFLICT;
        count = is_numbered ? count : 1;
        error_clear(&error);
    }
    test_call_end(&call);
    return NULL;
}

/* Whoever numbers, each change has one position, and none is left out. */
void test_change__two_number_at_once(void **state)
{
    enum { NUMBERERS = 3, RECORDS = 120 };
    static const char *const columns[] = {"position"};
    pthread_t threads[NUMBERERS];
    bool is_done[NUMBERERS];
    struct row_set rows;
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    for (int record = 0; record < RECORDS; record++) {
        (void)house_create(call, house_record(call, "Account", "name", "A", NULL));
    }
    house_commit(&call);
    for (int thread = 0; thread < NUMBERERS; thread++) {
        assert_int_equal(pthread_create(&threads[thread], NULL, number_in_thread, &is_done[thread]),
                         0);
    }
    for (int thread = 0; thread < NUMBERERS; thread++) {
        pthread_join(threads[thread], NULL);
        assert_true(is_done[thread]);
    }
    call = house_begin(&house);
    const struct row_query query = {
        .table = &change_table, .columns = columns, .column_count = 1, .order = "position"};
    house_must(row_select(call->connection, call->arena, &query, &rows, &error), &error);
    assert_true(rows.count > RECORDS);
    for (size_t row = 0; row < rows.count; row++) {
        assert_false(row_cell(&rows, row, 0)->is_null);
        assert_int_equal(row_cell(&rows, row, 0)->integer, row + 1);
    }
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- what a reader is told ---- */

/* What he could see and no longer may, and nothing of what happened out of his sight. */
void test_change__out_of_sight_is_told(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin_as(&house, "sales", "salesperson");
    struct uuid sales = call->identity->user_id;
    house_undo(&call);
    house_number_all(&house);
    call = house_begin_as(&house, "sales", "salesperson");
    const char *start = read_feed(call, "Account", NULL).next_token;
    house_undo(&call);

    call = house_begin(&house);
    struct uuid unit = house_create(call, house_record(call, "BusinessUnit", "name", "U", NULL));
    struct uuid other;
    struct error error = {0};
    house_must(organization_add_user(call, "other", PASSWORD, "salesperson", &other, &error),
               &error);
    struct record *moved = house_record(call, "SystemUser", NULL, NULL);
    house_refer(moved, "businessUnit", "BusinessUnit", &unit);
    (void)house_update(call, moved, &other);
    struct uuid his = house_create(call, house_record(call, "Account", "name", "his", NULL));
    struct uuid shared = house_create(call, house_record(call, "Account", "name", "sh", NULL));
    struct uuid hidden = house_create(call, house_record(call, "Account", "name", "hid", NULL));
    give_to(call, &hidden, &other);
    give_to(call, &shared, &other);
    give_to(call, &his, &sales);
    give_to(call, &his, &other);
    share(call, &shared, &sales, SHARE_GRANT);
    share(call, &shared, &sales, SHARE_REVOKE);
    delete_record(call, "Account", &hidden);
    house_commit(&call);
    house_number_all(&house);

    call = house_begin_as(&house, "sales", "salesperson");
    struct feed_page page = read_feed(call, "Account", start);
    assert_string_equal(told_of(call, &page, &hidden), "left 2");
    assert_string_equal(told_of(call, &page, &his), "left 2, left 3, childrenMoved 0");
    assert_string_equal(told_of(call, &page, &shared), "left 2, left 0, childrenMoved 0");
    house_undo(&call);
    test_platform_close(&house);
}

/* Whether a record was seen by who sees all contacts, where its active ones come along with them.
 */
static bool came_with_contact(struct call *call, const char *entity_name, const char *sight)
{
    const struct entity *entity = catalog_find_entity(call->catalog, entity_name);
    const struct access_scope contacts = {.entity = catalog_find_entity(call->catalog, "Contact"),
                                          .is_everything = true};
    struct access_rule rule = {.by = ACCESS_BY_PARENT,
                               .lookup = entity_find_field(entity, "regarding"),
                               .parent = &contacts,
                               .cascade = CASCADE_ACTIVE};
    const struct access_scope scope = {.entity = entity, .rules = &rule, .rule_count = 1};
    struct error error = {0};
    bool had = false;

    house_must(sight_had(call, &scope, sight, &had, &error), &error);
    return had;
}

void test_change__what_has_no_state_comes_along_with_the_active(void **state)
{
    static const char below[] = "p=regarding:Contact:01890000-0000-7000-8000-000000000001";
    static const char active[] = "a p=regarding:Contact:01890000-0000-7000-8000-000000000001";
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    assert_true(came_with_contact(call, "Task", active));
    assert_false(came_with_contact(call, "Task", below));
    assert_true(came_with_contact(call, "Note", below));
    house_undo(&call);
    test_platform_close(&house);
}

/* A node of this release passes over what one of a later release notes. */
void test_change__of_a_kind_to_come_nothing_is_told(void **state)
{
    struct error error = {0};
    (void)state;
    house_open(&house);
    house_number_all(&house);
    struct call *call = house_begin(&house);
    const char *start = read_feed(call, NULL, NULL).next_token;
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    const struct change_note note = {.entity = catalog_find_entity(call->catalog, "Account"),
                                     .id = id,
                                     .version = 1,
                                     .kind = (enum change_kind)99};
    house_must(change_write(call, &note, 1, false, &error), &error);
    house_commit(&call);
    house_number_all(&house);
    call = house_begin(&house);
    struct feed_page page = read_feed(call, NULL, start);
    assert_string_equal(told_of(call, &page, &id), "created 1");
    const struct history_request request = {.entity = note.entity, .id = id, .limit = MANY};
    struct history_page history;
    house_must(history_read(call, &request, &history, &error), &error);
    assert_int_equal(history.count, 1);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- retention ---- */

void test_change__what_is_swept_has_expired(void **state)
{
    struct error error = {0};
    int64_t count = 1;
    (void)state;
    house_open(&house);
    house_number_all(&house);
    struct call *call = house_begin(&house);
    const char *start = read_feed(call, "Account", NULL).next_token;
    struct uuid id = house_create(call, house_record(call, "Account", "name", "A", NULL));
    int64_t now = call->now;
    house_commit(&call);
    house_number_all(&house);
    call = house_begin(&house);
    const char *end = read_feed(call, "Account", start).next_token;
    house_undo(&call);

    call = test_call_begin(&house);
    house_must(change_sweep(call->connection, call->arena, now - 1000000, &count, &error), &error);
    assert_int_equal(count, 0);
    while (count > 0 || now > 0) {
        house_must(change_sweep(call->connection, call->arena, now + 1000, &count, &error), &error);
        now = count > 0 ? now : 0;
    }
    test_call_end(&call);
    call = house_begin(&house);
    assert_int_equal(refusal_of(call, "Account", start), ERROR_CHANGES_EXPIRED);
    assert_int_equal(read_feed(call, "Account", end).count, 0);
    (void)id;
    house_undo(&call);
    test_platform_close(&house);
}

void test_change__tokens_are_their_readers(void **state)
{
    (void)state;
    house_open(&house);
    house_number_all(&house);
    struct call *call = house_begin(&house);
    const char *accounts = read_feed(call, "Account", NULL).next_token;
    char *changed = arena_copy_text(call->arena, accounts);
    changed[3] = changed[3] == 'A' ? 'B' : 'A';
    assert_int_equal(refusal_of(call, "Account", changed), ERROR_CHANGE_TOKEN_INVALID);
    assert_int_equal(refusal_of(call, "Account", ""), ERROR_CHANGE_TOKEN_INVALID);
    assert_int_equal(refusal_of(call, "Contact", accounts), ERROR_RESYNC_REQUIRED);
    house_undo(&call);
    call = house_begin_as(&house, "sales", "salesperson");
    assert_int_equal(refusal_of(call, "Account", accounts), ERROR_RESYNC_REQUIRED);
    house_undo(&call);
    test_platform_close(&house);
}
