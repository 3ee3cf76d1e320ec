/*
 * test_parcel.c - what is sent next to a subscriber: changes, a part of them, and letters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "call/platform.h"
#include "change/dead_letter.h"
#include "change/feed.h"
#include "change/number.h"
#include "change/subscription.h"
#include "database/database.h"
#include "generated/messages.h"
#include "metadata/entity.h"
#include "push/notification.h"
#include "query/request.h"
#include "security/session.h"
#include "support/office.h"

enum { MANY = 100 };

static struct office office;
static struct subscription subscription;
static struct call *call;

static struct uuid create_account(const char *name)
{
    const struct create_entity_request request = {
        .record = office_record(&office, "Account", "name", name)};
    const struct create_entity_response *answer =
        office_run(&office, "Account", "CreateAccount", &request);

    return answer->result->id.value;
}

static void number_all(void)
{
    struct error error = {0};
    int64_t count = 1;

    while (count > 0) {
        assert_true(change_number(call->connection, call->arena, &count, &error));
    }
}

/* A call of the subscriber himself, after the changes so far were numbered. */
static void begin_call(void)
{
    struct error error = {0};

    call = test_call_begin(&office.house);
    assert_true(session_identity(call->platform->sessions, call->arena, call->connection,
                                 call->catalog, &subscription.user_id, &call->identity, &error));
    number_all();
}

/* The administrator has subscribed to everything from now on. */
static void open_subscription(void)
{
    const struct change_subscription asked = {.url = "https://erp.example/"};
    const struct subscribe_request request = {.subscription = (void *)&asked};
    struct error error = {0};
    bool is_found = false;

    office_open(&office);
    call = test_call_begin(&office.house);
    number_all();
    test_call_end(&call);
    const struct subscribe_response *answer =
        office_run(&office, "Subscriptions", "Subscribe", &request);
    call = test_call_begin(&office.house);
    assert_true(subscription_read(call->connection, office.arena, &answer->result->id.value, false,
                                  &subscription, &is_found, &error));
    assert_true(is_found);
    test_call_end(&call);
}

static struct parcel gather(void)
{
    struct parcel parcel;
    struct error error = {0};

    assert_true(parcel_gather(call, &subscription, MANY, &parcel, &error));
    return parcel;
}

void test_parcel__has_what_came_since(void **state)
{
    (void)state;
    open_subscription();
    const struct uuid first = create_account("First");
    const struct uuid second = create_account("Second");
    begin_call();
    struct parcel parcel = gather();
    assert_true(parcel_is_full(&parcel));
    assert_int_equal(parcel.count, 2);
    assert_true(uuid_is_equal(&parcel.changes[0].id, &first));
    assert_true(uuid_is_equal(&parcel.changes[1].id, &second));
    assert_int_equal(parcel_position(&parcel), 0);
    subscription.token = parcel.token;
    parcel = gather();
    assert_false(parcel_is_full(&parcel));
    test_call_end(&call);
    office_close(&office);
}

void test_parcel__is_reduced_to_its_first_change(void **state)
{
    (void)state;
    open_subscription();
    create_account("First");
    const struct uuid second = create_account("Second");
    begin_call();
    struct parcel parcel = gather();
    parcel_reduce(call, &parcel);
    assert_int_equal(parcel.count, 1);
    assert_true(parcel.has_more);
    assert_int_equal(parcel_position(&parcel), parcel.changes[0].position);
    subscription.token = parcel.token;
    parcel = gather();
    assert_int_equal(parcel.count, 1);
    assert_true(uuid_is_equal(&parcel.changes[0].id, &second));
    test_call_end(&call);
    office_close(&office);
}

void test_parcel__tells_of_a_merge_which_record_it_became(void **state)
{
    struct notify_request message;
    struct error error = {0};

    (void)state;
    open_subscription();
    const struct uuid master = create_account("First");
    const struct uuid subordinate = create_account("Second");
    const struct merge_entity_request request = {
        .id = {.is_set = true, .value = master},
        .subordinate_id = {.is_set = true, .value = subordinate},
    };
    (void)office_run(&office, "Account", "MergeAccount", &request);
    begin_call();
    const struct parcel parcel = gather();
    assert_true(parcel_write(call, &subscription, &parcel, &message, &error));
    const struct message_list *changes = &message.notification->changes;
    assert_int_equal(changes->count, 3);
    const struct notified_change *merged = changes->items[2];
    assert_string_equal(merged->kind, "merged");
    assert_true(uuid_is_equal(&merged->id.value, &subordinate));
    assert_true(uuid_is_equal(&merged->merged_into->id, &master));
    assert_null(((const struct notified_change *)changes->items[0])->merged_into);
    test_call_end(&call);
    office_close(&office);
}

/* Parks a change, and has it sent again. */
static void park(const struct feed_change *change)
{
    const struct dead_letter letter = {
        .position = change->position,
        .entity_name = change->entity->name,
        .record_id = change->id,
        .parked_on = call->now,
        .reason = "no",
    };
    struct error error = {0};
    int64_t count = 0;

    assert_true(connection_begin(call->connection, TRANSACTION_WRITE, &error));
    assert_true(dead_letter_park(call->connection, call->arena, &subscription.id, &letter, &error));
    assert_true(dead_letter_make_due(call->connection, call->arena, &subscription.id, &change->id,
                                     change->position, &count, &error));
    assert_true(connection_commit(call->connection, &error));
    assert_int_equal(count, 1);
}

static void sweep_all(void)
{
    struct error error = {0};
    int64_t count = 1;

    while (count > 0) {
        assert_true(change_sweep(call->connection, call->arena, call->now + 60000, &count, &error));
    }
}

void test_parcel__of_a_letter_whose_change_is_gone_names_the_record(void **state)
{
    struct notify_request message;
    struct error error = {0};

    (void)state;
    open_subscription();
    const struct uuid id = create_account("Once");
    begin_call();
    struct parcel parcel = gather();
    assert_int_equal(parcel.count, 1);
    const struct feed_change change = parcel.changes[0];
    park(&change);
    parcel = gather();
    assert_true(parcel.is_of_letters);
    assert_int_equal(parcel.count, 1);
    assert_string_equal(parcel.changes[0].kind, "created");

    sweep_all();
    parcel = gather();
    assert_int_equal(parcel.letter_count, 1);
    assert_int_equal(parcel.count, 1);
    assert_int_equal(parcel.changes[0].position, change.position);
    assert_true(parcel_write(call, &subscription, &parcel, &message, &error));
    const struct notified_change *told = message.notification->changes.items[0];
    assert_string_equal(told->kind, "resyncRequired");
    assert_string_equal(told->entity, "Account");
    assert_true(uuid_is_equal(&told->id.value, &id));
    assert_false(told->version.is_set);
    test_call_end(&call);
    office_close(&office);
}
