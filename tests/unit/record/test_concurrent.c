/*
 * test_concurrent.c - writers at the same time: no total, number, update or key is lost or doubled.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "database/database.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "record/house.h"

enum { THREADS = 3, ROUNDS = 8, ATTEMPTS = 100 };

static struct test_platform house;
static struct uuid subject; /* the record that all write about */

/* One try in a transaction of its own; a conflict is tried again, as the pipeline does. */
typedef bool (*attempt_function)(struct call *call, int number, struct error *error);

struct writer {
    attempt_function attempt;
    int first;
    bool is_done;
    struct error error;
};

static bool write_once(struct call *call, const struct writer *writer, int number,
                       struct error *error)
{
    if (!connection_begin(call->connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    if (!writer->attempt(call, number, error)) {
        connection_rollback(call->connection);
        return false;
    }
    return connection_commit(call->connection, error);
}

static bool write_until_done(const struct writer *writer, int number, struct error *error)
{
    bool done = false;
    for (int attempt = 0; attempt < ATTEMPTS && !done; attempt++) {
        struct call *call = house_begin(&house);
        connection_rollback(call->connection);
        error_clear(error);
        call->is_repeated = attempt > 0;
        done = write_once(call, writer, number, error);
        test_call_end(&call);
        if (!done && error->code != ERROR_DATABASE_CONFLICT) {
            return false;
        }
    }
    return done;
}

static void *run_writer(void *context)
{
    struct writer *writer = context;
    writer->is_done = true;
    for (int round = 0; round < ROUNDS && writer->is_done; round++) {
        writer->is_done = write_until_done(writer, writer->first + round, &writer->error);
    }
    return NULL;
}

static void run_writers(attempt_function attempt)
{
    pthread_t threads[THREADS];
    struct writer writers[THREADS];
    for (int index = 0; index < THREADS; index++) {
        writers[index] = (struct writer){.attempt = attempt, .first = 1 + index * ROUNDS};
        assert_int_equal(pthread_create(&threads[index], NULL, run_writer, &writers[index]), 0);
    }
    for (int index = 0; index < THREADS; index++) {
        pthread_join(threads[index], NULL);
    }
    for (int index = 0; index < THREADS; index++) {
        house_must(writers[index].is_done, &writers[index].error);
    }
}

static void make_order(void)
{
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(
        call, house_record(call, "Account", "name", "A", "numberOfEmployees", "0", NULL));
    struct record *order = house_record(call, "SalesOrder", "name", "o", NULL);
    house_refer(order, "customer", "Account", &account);
    subject = house_create(call, order);
    house_commit(&call);
}

/* ---- lines of one order ---- */

static bool add_line(struct call *call, int number, struct error *error)
{
    char text[12];
    struct write_outcome outcome;
    snprintf(text, sizeof(text), "%d", number);
    struct record *line = house_record(call, "SalesOrderDetail", "lineItemNumber", text, "quantity",
                                       text, "pricePerUnit", "1", NULL);
    house_refer(line, "salesOrder", "SalesOrder", &subject);
    return record_create(call, line, &outcome, error);
}

void test_concurrent__no_line_is_missing_in_the_total(void **state)
{
    (void)state;
    make_order();
    run_writers(add_line);
    struct call *call = house_begin(&house);
    /* 1 + 2 + ... + 24 */
    assert_string_equal(house_text(call, "SalesOrder", &subject, "totalAmount"), "300.0000");
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- read, add one, write ---- */

static bool add_one(struct call *call, int number, struct error *error)
{
    char text[24];
    struct write_outcome outcome;
    (void)number;
    /* The version first: a value that is read after it is no older. */
    call->has_expected_version = true;
    call->expected_version = house_version(call, "Account", &subject);
    long count = strtol(house_text(call, "Account", &subject, "numberOfEmployees"), NULL, 10);
    snprintf(text, sizeof(text), "%ld", count + 1);
    struct record *record = house_record(call, "Account", "numberOfEmployees", text, NULL);
    record_value(record, record->entity->id)->state = VALUE_SET;
    record_value(record, record->entity->id)->uuid = subject;
    if (record_update(call, record, NULL, &outcome, error)) {
        return true;
    }
    if (error->code == ERROR_VERSION_CONFLICT) {
        error->code = ERROR_DATABASE_CONFLICT; /* read again, add again */
    }
    return false;
}

/* As the operation Update: looked at without a lock first, written with the commit. */
static bool add_one_alone(struct call *call, int number, struct error *error)
{
    call->has_one_write = true;
    return add_one(call, number, error);
}

static void add_many(attempt_function attempt)
{
    house_open(&house);
    struct call *call = house_begin(&house);
    subject = house_create(
        call, house_record(call, "Account", "name", "A", "numberOfEmployees", "0", NULL));
    house_commit(&call);
    run_writers(attempt);
    call = house_begin(&house);
    assert_string_equal(house_text(call, "Account", &subject, "numberOfEmployees"), "24");
    assert_int_equal(house_version(call, "Account", &subject), 25);
    house_undo(&call);
    test_platform_close(&house);
}

void test_concurrent__no_update_is_lost(void **state)
{
    (void)state;
    add_many(add_one);
}

void test_concurrent__no_update_that_goes_alone_is_lost(void **state)
{
    (void)state;
    add_many(add_one_alone);
}

/* ---- one key, many who upsert it ---- */

static bool upsert_one(struct call *call, int number, struct error *error)
{
    char text[20];
    struct write_outcome outcome;
    snprintf(text, sizeof(text), "name %d", number);
    struct record *record =
        house_record(call, "Account", "externalId", "the same", "name", text, NULL);
    return record_upsert(call, record, entity_find_key(record->entity, "externalId"), &outcome,
                         error);
}

void test_concurrent__upserts_of_one_key_make_one_record(void **state)
{
    (void)state;
    house_open(&house);
    run_writers(upsert_one);
    struct call *call = house_begin(&house);
    struct write_outcome outcome;
    struct error error = {0};
    struct record *record = house_record(call, "Account", "externalId", "the same", NULL);
    house_must(record_update(call, record, NULL, &outcome, &error), &error);
    assert_int_equal(outcome.version, THREADS * ROUNDS);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- numbers ---- */

static bool draw_number(struct call *call, int number, struct error *error)
{
    struct write_outcome outcome;
    struct record *order = house_record(call, "SalesOrder", "name", "n", NULL);
    house_refer(order, "customer", "Account", &subject);
    (void)number;
    return record_create(call, order, &outcome, error);
}

void test_concurrent__numbers_have_no_gap_and_no_double(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    subject = house_create(call, house_record(call, "Account", "name", "A", NULL));
    house_commit(&call);
    run_writers(draw_number); /* doubles would break the key */
    call = house_begin(&house);
    struct record *order = house_record(call, "SalesOrder", "name", "last", NULL);
    house_refer(order, "customer", "Account", &subject);
    struct uuid id = house_create(call, order);
    assert_string_equal(house_text(call, "SalesOrder", &id, "orderNumber") + 9, "000025");
    house_undo(&call);
    test_platform_close(&house);
}
