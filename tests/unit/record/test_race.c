/*
 * test_race.c - one refers to a record while another deletes it: no reference is left dangling,
 * whoever is first; and those who write the lines of one order wait, but never begin again.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/error.h"
#include "database/database.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/house.h"
#include "security/identity.h"

static struct test_platform house;
static struct uuid account;
static struct uuid contact;
static struct uuid mail;

static void open_with_subjects(void)
{
    house_open(&house);
    struct call *call = house_begin(&house);
    account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    contact = house_create(call, house_record(call, "Contact", "lastName", "C", NULL));
    house_commit(&call);
}

/* ---- what is done to the subjects ---- */

typedef bool (*deed)(struct call *call, struct error *error);

static bool order_for_account(struct call *call, struct error *error)
{
    struct write_outcome outcome;
    struct record *order = house_record(call, "SalesOrder", "name", "o", NULL);
    house_refer(order, "customer", "Account", &account);
    return record_create(call, order, &outcome, error);
}

static bool delete_account(struct call *call, struct error *error)
{
    return record_delete(call, catalog_find_entity(call->catalog, "Account"), &account, error);
}

static bool write_to_contact(struct call *call, struct error *error)
{
    struct write_outcome outcome;
    struct record *email = house_record(call, "Email", "subject", "e", NULL);
    struct value *value = record_value(email, entity_find_field(email->entity, "to"));
    struct party party = {.address = "c@example.com"};
    party.reference =
        (struct reference){.entity = catalog_find_entity(call->catalog, "Contact"), .id = contact};
    value->parties.items = &party;
    value->parties.count = 1;
    value->state = VALUE_SET;
    if (!record_create(call, email, &outcome, error)) {
        return false;
    }
    mail = outcome.id;
    return true;
}

static struct record *read_mail(struct call *call)
{
    static const char *const names[] = {"to"};
    const struct entity *email = catalog_find_entity(call->catalog, "Email");
    struct column_set columns;
    struct record *record = NULL;
    struct error error = {0};
    house_must(query_columns(call, email, names, 1, false, &columns, &error), &error);
    house_must(record_retrieve(call, email, &mail, &columns, &record, &error), &error);
    return record;
}

static bool delete_contact(struct call *call, struct error *error)
{
    return record_delete(call, catalog_find_entity(call->catalog, "Contact"), &contact, error);
}

/* ---- one after the other has written and before he commits ---- */

struct rival {
    deed deed;
    bool is_done;
    struct error error;
};

static void *run_rival(void *context)
{
    struct rival *rival = context;
    struct call *call = house_begin(&house);
    rival->is_done =
        rival->deed(call, &rival->error) && connection_commit(call->connection, &rival->error);
    house_undo(&call);
    return NULL;
}

/* The rival begins when the first has written, and is given time to run into him; the first
 * then commits. Tells what became of the rival. */
static enum error_code race(deed first, deed second)
{
    struct rival rival = {.deed = second};
    struct error error = {0};
    pthread_t thread;
    struct call *call = house_begin(&house);

    house_must(first(call, &error), &error);
    assert_int_equal(pthread_create(&thread, NULL, run_rival, &rival), 0);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    house_commit(&call);
    pthread_join(thread, NULL);
    return rival.is_done ? ERROR_NONE : rival.error.code;
}

static bool make_mailbox(struct call *call, const char *address, struct error *error)
{
    struct write_outcome outcome;
    struct record *mailbox =
        house_record(call, "Mailbox", "name", address, "address", address, NULL);
    house_refer(mailbox, "holder", "SystemUser", &call->identity->user_id);
    return record_create(call, mailbox, &outcome, error);
}

static bool make_mailbox_in_letters(struct call *call, struct error *error)
{
    return make_mailbox(call, "ivan@почта.рф", error);
}

static bool make_mailbox_in_ascii(struct call *call, struct error *error)
{
    return make_mailbox(call, "ivan@xn--80a1acny.xn--p1ai", error);
}

static bool make_another_mailbox(struct call *call, struct error *error)
{
    return make_mailbox(call, "olga@почта.рф", error);
}

/* The forms of its address have different keys. */
void test_race__no_address_gets_two_mailboxes(void **state)
{
    (void)state;
    house_open(&house);
    assert_int_equal(race(make_mailbox_in_letters, make_mailbox_in_ascii), ERROR_DUPLICATE_KEY);
    assert_int_equal(race(make_another_mailbox, make_mailbox_in_letters), ERROR_DUPLICATE_KEY);
    test_platform_close(&house);
}

void test_race__mailboxes_of_other_addresses_wait_and_are_made(void **state)
{
    (void)state;
    house_open(&house);
    assert_int_equal(race(make_mailbox_in_letters, make_another_mailbox), ERROR_NONE);
    test_platform_close(&house);
}

void test_race__a_record_is_not_deleted_while_another_begins_to_refer_to_it(void **state)
{
    (void)state;
    open_with_subjects();
    assert_int_equal(race(order_for_account, delete_account), ERROR_RECORD_IN_USE);
    test_platform_close(&house);
}

void test_race__nobody_refers_to_a_record_that_is_being_deleted(void **state)
{
    (void)state;
    open_with_subjects();
    assert_int_equal(race(delete_account, order_for_account), ERROR_REFERENCE_NOT_FOUND);
    test_platform_close(&house);
}

void test_race__nobody_writes_to_a_contact_that_is_being_deleted(void **state)
{
    (void)state;
    open_with_subjects();
    assert_int_equal(race(delete_contact, write_to_contact), ERROR_REFERENCE_NOT_FOUND);
    test_platform_close(&house);
}

void test_race__a_deleted_contact_is_forgotten_by_a_mail_that_was_just_written(void **state)
{
    (void)state;
    open_with_subjects();
    assert_int_equal(race(write_to_contact, delete_contact), ERROR_NONE);
    struct call *call = house_begin(&house);
    struct record *kept = read_mail(call);
    const struct value *to = record_value(kept, entity_find_field(kept->entity, "to"));
    assert_int_equal(to->parties.count, 1);
    assert_null(to->parties.items[0].reference.entity);
    assert_string_equal(to->parties.items[0].address, "c@example.com");
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- lines of one order ---- */

enum { WRITERS = 3, LINES = 6 };

static struct uuid order;
static struct uuid lines[WRITERS][LINES];

struct line_writer {
    int number; /* from 0 */
    struct error error;
    bool is_done;
};

static void number_line(char *text, size_t size, const struct line_writer *writer, int line)
{
    snprintf(text, size, "%d", 1 + writer->number * LINES + line);
}

static bool add_line(struct call *call, const struct line_writer *writer, int line,
                     struct error *error)
{
    char text[12];
    struct write_outcome outcome;
    number_line(text, sizeof(text), writer, line);
    struct record *record = house_record(call, "SalesOrderDetail", "lineItemNumber", text,
                                         "quantity", "1", "pricePerUnit", "1", NULL);
    house_refer(record, "salesOrder", "SalesOrder", &order);
    if (!record_create(call, record, &outcome, error)) {
        return false;
    }
    lines[writer->number][line] = outcome.id;
    return true;
}

static bool change_line(struct call *call, const struct line_writer *writer, int line,
                        struct error *error)
{
    struct write_outcome outcome;
    struct record *record = house_record(call, "SalesOrderDetail", "quantity", "2", NULL);
    record_value(record, record->entity->id)->state = VALUE_SET;
    record_value(record, record->entity->id)->uuid = lines[writer->number][line];
    return record_update(call, record, NULL, &outcome, error);
}

/* The order with all lines of the writer, each by its number. */
static bool change_order(struct call *call, const struct line_writer *writer, int line,
                         struct error *error)
{
    struct write_outcome outcome;
    struct record *record = house_record(call, "SalesOrder", NULL);
    record_value(record, record->entity->id)->state = VALUE_SET;
    record_value(record, record->entity->id)->uuid = order;
    struct record_children *children =
        record_children_of(call->arena, record, entity_find_children(record->entity, "lines"));
    for (int index = 0; index < LINES; index++) {
        char text[12];
        char price[12];
        number_line(text, sizeof(text), writer, index);
        snprintf(price, sizeof(price), "%d", 2 + writer->number + line);
        record_add_child(call->arena, children,
                         house_record(call, "SalesOrderDetail", "lineItemNumber", text,
                                      "pricePerUnit", price, NULL));
    }
    return record_update(call, record, NULL, &outcome, error);
}

static bool delete_with_order(struct call *call, const struct uuid *id, struct error *error)
{
    struct write_outcome outcome;
    struct record *record = house_record(call, "SalesOrder", NULL);
    record_value(record, record->entity->id)->state = VALUE_SET;
    record_value(record, record->entity->id)->uuid = order;
    struct record_children *children =
        record_children_of(call->arena, record, entity_find_children(record->entity, "lines"));
    children->deleted = id;
    children->deleted_count = 1;
    return record_update(call, record, NULL, &outcome, error);
}

/* Each second line goes by itself, the others by a change of their order. */
static bool delete_line(struct call *call, const struct line_writer *writer, int line,
                        struct error *error)
{
    if (line % 2 == 1) {
        return delete_with_order(call, &lines[writer->number][line], error);
    }
    return record_delete(call, catalog_find_entity(call->catalog, "SalesOrderDetail"),
                         &lines[writer->number][line], error);
}

typedef bool (*line_deed)(struct call *call, const struct line_writer *writer, int line,
                          struct error *error);

static void *write_lines(void *context)
{
    static const line_deed deeds[] = {add_line, change_line, change_order, delete_line};
    struct line_writer *writer = context;
    writer->is_done = true;
    for (size_t next = 0; next < sizeof(deeds) / sizeof(deeds[0]); next++) {
        for (int line = 0; line < LINES && writer->is_done; line++) {
            struct call *call = house_begin(&house);
            writer->is_done = deeds[next](call, writer, line, &writer->error) &&
                              connection_commit(call->connection, &writer->error);
            house_undo(&call);
        }
    }
    return NULL;
}

void test_race__writers_of_lines_of_one_order_do_not_run_into_each_other(void **state)
{
    (void)state;
    struct line_writer writers[WRITERS];
    pthread_t threads[WRITERS];

    open_with_subjects();
    struct call *call = house_begin(&house);
    struct record *record = house_record(call, "SalesOrder", "name", "o", NULL);
    house_refer(record, "customer", "Account", &account);
    order = house_create(call, record);
    house_commit(&call);
    for (int index = 0; index < WRITERS; index++) {
        writers[index] = (struct line_writer){.number = index};
        assert_int_equal(pthread_create(&threads[index], NULL, write_lines, &writers[index]), 0);
    }
    for (int index = 0; index < WRITERS; index++) {
        pthread_join(threads[index], NULL);
    }
    for (int index = 0; index < WRITERS; index++) {
        house_must(writers[index].is_done, &writers[index].error);
    }
    test_platform_close(&house);
}
