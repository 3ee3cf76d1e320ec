/*
 * test_number.c - auto-numbers: without a gap where the invoice needs it, in blocks elsewhere.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "database/database.h"
#include "record/house.h"
#include "record/number_block.h"

enum { BLOCK = 3, NODES = 2, THREADS_OF_NODE = 2, DRAWS = 20 };

static struct test_platform house;
static struct uuid customer;

static void open_house(void)
{
    struct error error = {0};
    house_open(&house);
    house_must(number_blocks_open(&house.test.options, BLOCK, &house.platform.numbers, &error),
               &error);
    struct call *call = house_begin(&house);
    customer = house_create(call, house_record(call, "Account", "name", "A", NULL));
    house_commit(&call);
}

static void close_house(void)
{
    number_blocks_close(&house.platform.numbers);
    test_platform_close(&house);
}

/* Creates a record and answers the number in its auto-number. */
static long number_of_new(struct call *call, const char *entity, const char *field)
{
    struct record *record = house_record(call, entity, "name", "n", NULL);
    house_refer(record, "customer", "Account", &customer);
    struct uuid id = house_create(call, record);
    const char *text = house_text(call, entity, &id, field);
    return strtol(text + strlen(text) - 6, NULL, 10);
}

static long number_of_order(struct call *call)
{
    return number_of_new(call, "SalesOrder", "orderNumber");
}

static long number_of_invoice(struct call *call)
{
    return number_of_new(call, "Invoice", "invoiceNumber");
}

void test_number__a_rolled_back_number_is_left_out_unless_gapless(void **state)
{
    (void)state;
    open_house();
    struct call *call = house_begin(&house);
    assert_int_equal(number_of_order(call), 1);
    assert_int_equal(number_of_invoice(call), 1);
    house_undo(&call);
    call = house_begin(&house);
    long left_out = house.platform.numbers == NULL ? 0 : 1;
    for (long number = 1; number <= 2 * BLOCK + 1; number++) {
        assert_int_equal(number_of_order(call), number + left_out);
        assert_int_equal(number_of_invoice(call), number);
    }
    house_commit(&call);
    close_house();
}

/* The node ends with numbers left; the next begins after them. */
void test_number__what_is_left_of_a_block_is_never_given(void **state)
{
    struct error error = {0};

    (void)state;
    open_house();
    struct call *call = house_begin(&house);
    assert_int_equal(number_of_order(call), 1);
    house_commit(&call);
    number_blocks_close(&house.platform.numbers);
    house_must(number_blocks_open(&house.test.options, BLOCK, &house.platform.numbers, &error),
               &error);
    call = house_begin(&house);
    assert_int_equal(number_of_order(call), house.platform.numbers == NULL ? 2 : BLOCK + 1);
    house_commit(&call);
    close_house();
}

/* Neither a call that has drawn and not yet committed nor one that holds the last connection keeps
 * another from drawing. */
void test_number__nobody_waits_for_the_commit_of_another(void **state)
{
    struct connection *held[2] = {NULL, NULL};
    struct error error = {0};

    (void)state;
    open_house();
    struct call *first = house_begin(&house);
    struct call *second = NULL;
    if (house.platform.numbers != NULL) { /* else one writer waits for the other */
        second = house_begin(&house);
        for (int index = 0; index < 2; index++) {
            house_must(database_acquire(house.test.database, &held[index], &error), &error);
        }
        for (long number = 1; number <= 2 * BLOCK; number += 2) {
            assert_int_equal(number_of_order(first), number);
            assert_int_equal(number_of_order(second), number + 1);
        }
        house_commit(&second);
    }
    house_commit(&first);
    for (int index = 0; index < 2; index++) {
        database_release(&held[index]);
    }
    close_house();
}

/* ---- two nodes ---- */

struct drawer {
    struct number_blocks *blocks;
    int64_t numbers[DRAWS];
    bool is_done;
    struct error error;
};

static void *draw_many(void *context)
{
    struct drawer *drawer = context;
    drawer->is_done = true;
    for (int index = 0; index < DRAWS && drawer->is_done; index++) {
        do { /* as the pipeline: a conflict is tried again */
            error_clear(&drawer->error);
            drawer->is_done = number_blocks_draw(drawer->blocks, "series", &drawer->numbers[index],
                                                 &drawer->error);
        } while (!drawer->is_done && drawer->error.code == ERROR_DATABASE_CONFLICT);
    }
    return NULL;
}

void test_number__two_nodes_never_give_one_twice(void **state)
{
    enum { DRAWERS = NODES * THREADS_OF_NODE, MOST = DRAWERS * DRAWS + NODES * BLOCK };
    struct number_blocks *nodes[NODES] = {NULL};
    struct drawer drawers[DRAWERS] = {{NULL}};
    pthread_t threads[DRAWERS];
    int given[MOST + 1] = {0};
    struct error error = {0};

    (void)state;
    house_open(&house);
    for (int index = 0; index < NODES; index++) {
        house_must(number_blocks_open(&house.test.options, BLOCK, &nodes[index], &error), &error);
    }
    if (nodes[0] == NULL) {
        test_platform_close(&house);
        skip(); /* one writer only: no blocks */
    }
    for (int index = 0; index < DRAWERS; index++) {
        drawers[index].blocks = nodes[index % NODES];
        assert_int_equal(pthread_create(&threads[index], NULL, draw_many, &drawers[index]), 0);
    }
    for (int index = 0; index < DRAWERS; index++) {
        pthread_join(threads[index], NULL);
        house_must(drawers[index].is_done, &drawers[index].error);
        for (int draw = 0; draw < DRAWS; draw++) {
            assert_in_range(drawers[index].numbers[draw], 1, MOST);
            assert_int_equal(given[drawers[index].numbers[draw]]++, 0);
        }
    }
    for (int index = 0; index < NODES; index++) {
        number_blocks_close(&nodes[index]);
    }
    test_platform_close(&house);
}
