/*
 * test_subscriptions.c - who may subscribe to what, at which addresses; dead letters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "change/dead_letter.h"
#include "change/node.h"
#include "change/subscription.h"
#include "database/database.h"
#include "generated/messages.h"
#include "generated/settings.h"
#include "support/office.h"
#include "support/test_call.h"

static struct office office;

static const struct change_subscription *subscribe(const char *url, const char *password)
{
    struct change_subscription asked = {.url = url, .user_name = password == NULL ? NULL : "crm"};
    const struct subscribe_request request = {.subscription = &asked, .password = password};
    const struct subscribe_response *answer =
        office_run(&office, "Subscriptions", "Subscribe", &request);

    return answer->result;
}

static void refuse(const struct change_subscription *asked, const char *password,
                   enum error_code code)
{
    const struct subscribe_request request = {.subscription = (struct change_subscription *)asked,
                                              .password = password};

    office_expect(&office, office_try(&office, "Subscriptions", "Subscribe", &request), code);
}

static struct subscription read_row(const struct change_subscription *of)
{
    struct call *call = test_call_begin(&office.house);
    struct subscription row;
    struct error error = {0};
    bool is_found = false;

    assert_true(subscription_read(call->connection, office.arena, &of->id.value, false, &row,
                                  &is_found, &error));
    assert_true(is_found);
    test_call_end(&call);
    return row;
}

void test_subscriptions__need_the_task(void **state)
{
    struct change_subscription asked = {.url = "https://erp.example/"};

    (void)state;
    office_open(&office);
    office_add_user(&office, "seller", "salesperson");
    office.credentials.basic_name = "seller";
    refuse(&asked, NULL, ERROR_NOT_ALLOWED);
    office_close(&office);
}

void test_subscriptions__addresses_that_are_refused(void **state)
{
    static const struct {
        const char *url;
        enum error_code code;
    } samples[] = {
        {NULL, ERROR_VALUE_INVALID},
        {"", ERROR_VALUE_INVALID},
        {"gopher://erp.example/", ERROR_VALUE_INVALID},
        {"http://user@erp.example/", ERROR_VALUE_INVALID},
        {"http://127.0.0.1/", ERROR_NOT_ALLOWED},
        {"http://[::1]:8080/", ERROR_NOT_ALLOWED},
        {"http://169.254.169.254/", ERROR_NOT_ALLOWED},
        {"http://[fd00:ec2::254]/", ERROR_NOT_ALLOWED},
        {"http://10.20.30.40/", ERROR_NOT_ALLOWED},
    };

    (void)state;
    office_open(&office);
    for (size_t index = 0; index < sizeof(samples) / sizeof(samples[0]); index++) {
        const struct change_subscription asked = {.url = samples[index].url};
        refuse(&asked, NULL, samples[index].code);
    }
    const struct change_subscription plain = {.url = "http://erp.example/", .user_name = "crm"};
    const struct change_subscription nameless = {.url = "https://erp.example/"};
    refuse(&plain, "secret", ERROR_VALUE_INVALID);
    refuse(&nameless, "secret", ERROR_VALUE_INVALID);
    assert_non_null(subscribe("http://93.184.216.34/", NULL));
    office_close(&office);
}

void test_subscriptions__a_password_is_sealed_and_stays_with_its_server(void **state)
{
    (void)state;
    office_open(&office);
    const struct change_subscription *made = subscribe("https://erp.example/a", "very secret");
    struct subscription row = read_row(made);
    assert_non_null(row.sealed_password);
    assert_null(strstr(row.sealed_password, "very secret"));

    struct change_subscription changed = {.id = made->id, .url = "https://erp.example/b"};
    const struct update_subscription_request same = {.subscription = &changed};
    office_run(&office, "Subscriptions", "UpdateSubscription", &same);
    assert_non_null(read_row(made).sealed_password);
    changed.url = "https://other.example/b";
    office_run(&office, "Subscriptions", "UpdateSubscription", &same);
    row = read_row(made);
    assert_string_equal(row.url, "https://other.example/b");
    assert_null(row.sealed_password);
    office_close(&office);
}

void test_subscriptions__a_password_goes_with_its_name(void **state)
{
    (void)state;
    office_open(&office);
    const struct change_subscription *made = subscribe("https://erp.example/", "very secret");
    struct change_subscription changed = {.id = made->id, .user_name = "erp"};
    const struct update_subscription_request update = {.subscription = &changed};
    office_run(&office, "Subscriptions", "UpdateSubscription", &update);
    assert_non_null(read_row(made).sealed_password);
    changed.user_name = "";
    office_run(&office, "Subscriptions", "UpdateSubscription", &update);
    assert_null(read_row(made).user_name);
    assert_null(read_row(made).sealed_password);
    changed.user_name = "erp:crm";
    office_expect(&office, office_try(&office, "Subscriptions", "UpdateSubscription", &update),
                  ERROR_VALUE_INVALID);
    office_close(&office);
}

void test_subscriptions__are_counted(void **state)
{
    (void)state;
    office_open(&office);
    struct settings settings = *office.house.platform.settings;
    settings.push.subscriptions = 2;
    const struct settings *before = office.house.platform.settings;
    office.house.platform.settings = &settings;
    subscribe("https://erp.example/1", NULL);
    subscribe("https://erp.example/2", NULL);
    const struct change_subscription third = {.url = "https://erp.example/3"};
    refuse(&third, NULL, ERROR_LIMIT_EXCEEDED);
    office.house.platform.settings = before;
    office_close(&office);
}

void test_subscriptions__interests_are_what_one_may_read(void **state)
{
    struct change_interest account = {.entity = "Account"};
    struct change_interest *one[] = {&account, &account};
    struct change_subscription asked = {
        .url = "https://erp.example/",
        .interests = {.is_set = true, .count = 1, .items = (void **)one},
    };

    (void)state;
    office_open(&office);
    account.kinds = office_list(&office, "created", "eaten", NULL);
    refuse(&asked, NULL, ERROR_VALUE_INVALID);
    account.kinds = office_list(&office, "created", NULL);
    account.fields = office_list(&office, "name", "nothing", NULL);
    refuse(&asked, NULL, ERROR_FIELD_UNKNOWN);
    account.fields = office_list(&office, "name", NULL);
    asked.interests.count = 2;
    refuse(&asked, NULL, ERROR_VALUE_INVALID);
    asked.interests.count = 1;
    account.entity = "Nothing";
    refuse(&asked, NULL, ERROR_ENTITY_UNKNOWN);
    account.entity = "Account";
    const struct subscribe_request request = {.subscription = &asked};
    const struct subscribe_response *answer =
        office_run(&office, "Subscriptions", "Subscribe", &request);
    assert_string_equal(read_row(answer->result).interests, "Account\tcreated\tname\t\n");
    office_close(&office);
}

void test_subscriptions__belong_to_their_user(void **state)
{
    (void)state;
    office_open(&office);
    const struct change_subscription *made = subscribe("https://erp.example/", NULL);
    office_add_user(&office, "erp", "erp-integration");
    office.credentials.basic_name = "erp";
    const struct unsubscribe_request end = {.subscription_id = made->id};
    office_expect(&office, office_try(&office, "Subscriptions", "Unsubscribe", &end),
                  ERROR_RECORD_NOT_FOUND);
    const struct retrieve_subscriptions_response *none =
        office_run(&office, "Subscriptions", "RetrieveSubscriptions", NULL);
    assert_int_equal(none->subscriptions.count, 0);
    const struct change_subscription *own = subscribe("https://erp.example/", NULL);

    /* An administrator sees and ends all, but does not say where another's changes go. */
    office.credentials.basic_name = ADMINISTRATOR;
    const struct retrieve_subscriptions_response *both =
        office_run(&office, "Subscriptions", "RetrieveSubscriptions", NULL);
    assert_int_equal(both->subscriptions.count, 2);
    struct change_subscription moved = {.id = own->id, .url = "https://mine.example/"};
    const struct update_subscription_request move = {.subscription = &moved};
    office_expect(&office, office_try(&office, "Subscriptions", "UpdateSubscription", &move),
                  ERROR_NOT_ALLOWED);
    const struct unsubscribe_request end_own = {.subscription_id = own->id};
    office_run(&office, "Subscriptions", "Unsubscribe", &end_own);
    office_close(&office);
}

void test_subscriptions__are_held_by_one_node(void **state)
{
    const struct uuid nobody = {{0}};
    const struct uuid first = {{1}}, second = {{2}};
    struct error error = {0};
    bool is_held = false;

    (void)state;
    office_open(&office);
    struct subscription row = read_row(subscribe("https://erp.example/", NULL));
    struct call *call = test_call_begin(&office.house);
    struct connection *connection = call->connection;
    assert_true(subscription_hand_over(connection, call->arena, &row.id, &nobody, &first, &is_held,
                                       &error));
    assert_true(is_held);
    assert_true(subscription_hand_over(connection, call->arena, &row.id, &nobody, &second, &is_held,
                                       &error));
    assert_false(is_held);
    const char *token = row.token;
    row.node_id = second;
    row.token = "another";
    assert_true(subscription_advance(connection, call->arena, &row, token, &is_held, &error));
    assert_false(is_held);
    row.node_id = first;
    assert_true(subscription_advance(connection, call->arena, &row, "elsewhere", &is_held, &error));
    assert_false(is_held);
    /* An operation changed it since it was read. */
    struct subscription before = row;
    before.edition--;
    assert_true(subscription_advance(connection, call->arena, &before, token, &is_held, &error));
    assert_false(is_held);
    assert_true(subscription_advance(connection, call->arena, &row, token, &is_held, &error));
    assert_true(is_held);
    assert_true(subscription_hand_over(connection, call->arena, &row.id, &first, &nobody, &is_held,
                                       &error));
    assert_true(is_held);
    test_call_end(&call);
    office_close(&office);
}

void test_nodes__beat_and_go(void **state)
{
    const struct uuid id = {{7}};
    struct error error = {0};
    struct node *nodes = NULL;
    size_t count = 0;

    (void)state;
    office_open(&office);
    struct call *call = test_call_begin(&office.house);
    assert_true(node_beat(call->connection, call->arena, &id, &error));
    assert_true(node_beat(call->connection, call->arena, &id, &error));
    assert_true(node_list(call->connection, call->arena, &nodes, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(nodes[0].beat, 2);
    /* One that was seen at an older beat lives. */
    assert_true(node_delete(call->connection, call->arena, &id, 1, &error));
    assert_true(node_list(call->connection, call->arena, &nodes, &count, &error));
    assert_int_equal(count, 1);
    assert_true(node_delete(call->connection, call->arena, &id, 2, &error));
    assert_true(node_list(call->connection, call->arena, &nodes, &count, &error));
    assert_int_equal(count, 0);
    test_call_end(&call);
    office_close(&office);
}

static void expect_event(const struct security_event *event, const char *kind, const char *old_url,
                         const char *new_url)
{
    assert_string_equal(event->kind, kind);
    assert_int_equal(event->changes.count, 1);
    const struct field_change *detail = event->changes.items[0];
    assert_string_equal(detail->field, "url");
    assert_string_equal(detail->old_value == NULL ? "" : detail->old_value, old_url);
    assert_string_equal(detail->new_value == NULL ? "" : detail->new_value, new_url);
}

void test_subscriptions__are_noted_in_the_log_of_security(void **state)
{
    (void)state;
    office_open(&office);
    const struct change_subscription *made = subscribe("https://erp.example/", NULL);
    struct change_subscription changed = {.id = made->id, .name = "the same address"};
    const struct update_subscription_request update = {.subscription = &changed};
    office_run(&office, "Subscriptions", "UpdateSubscription", &update);
    changed.url = "https://other.example/?key=secret";
    office_run(&office, "Subscriptions", "UpdateSubscription", &update);
    const struct unsubscribe_request end = {.subscription_id = made->id};
    office_run(&office, "Subscriptions", "Unsubscribe", &end);

    const struct retrieve_security_log_request request = {
        .kinds = office_list(&office, "subscribed", "subscriptionMoved", "unsubscribed", NULL)};
    const struct retrieve_security_log_response *answer =
        office_run(&office, "Security", "RetrieveSecurityLog", &request);
    const struct message_list *events = &answer->log->events;
    assert_int_equal(events->count, 3);
    expect_event(events->items[0], "unsubscribed", "https://other.example/", "");
    expect_event(events->items[1], "subscriptionMoved", "https://erp.example/",
                 "https://other.example/");
    expect_event(events->items[2], "subscribed", "", "https://erp.example/");
    office_close(&office);
}

/* ---- dead letters ---- */

static void park(const struct uuid *subscription, int64_t position, const struct uuid *record,
                 const char *reason)
{
    const struct dead_letter letter = {.position = position,
                                       .entity_name = "Account",
                                       .record_id = *record,
                                       .parked_on = 1,
                                       .reason = reason};
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};

    assert_true(connection_begin(call->connection, TRANSACTION_WRITE, &error));
    assert_true(dead_letter_park(call->connection, call->arena, subscription, &letter, &error));
    assert_true(connection_commit(call->connection, &error));
    test_call_end(&call);
}

static const struct message_list *letters_of(const struct change_subscription *subscription)
{
    const struct retrieve_dead_letters_request request = {.subscription_id = subscription->id};
    const struct retrieve_dead_letters_response *answer =
        office_run(&office, "Subscriptions", "RetrieveDeadLetters", &request);

    return &answer->page->letters;
}

static const struct refused_change *letter_at(const struct change_subscription *of, size_t index,
                                              size_t count)
{
    const struct message_list *letters = letters_of(of);

    assert_int_equal(letters->count, count);
    return letters->items[index];
}

void test_dead_letters__are_replayed_with_those_before_them(void **state)
{
    const struct uuid first = {{1}}, second = {{2}};

    (void)state;
    office_open(&office);
    const struct change_subscription *made = subscribe("https://erp.example/", NULL);
    const struct uuid *id = &made->id.value;
    park(id, 10, &first, "no");
    park(id, 11, &second, "no");
    park(id, 12, &first, "behind");
    park(id, 13, &first, "behind");
    park(id, 10, &first, "still no"); /* again: the same letter */
    assert_string_equal(letter_at(made, 0, 4)->reason, "still no");

    const struct replay_dead_letters_request replay = {
        .subscription_id = made->id, .sequences = office_list(&office, "12", "99", NULL)};
    const struct replay_dead_letters_response *replayed =
        office_run(&office, "Subscriptions", "ReplayDeadLetters", &replay);
    assert_int_equal(replayed->count.value, 2);
    assert_true(letter_at(made, 0, 4)->replayed.value);
    assert_false(letter_at(made, 1, 4)->replayed.value);
    assert_true(letter_at(made, 2, 4)->replayed.value);
    assert_false(letter_at(made, 3, 4)->replayed.value);
    office_close(&office);
}

void test_dead_letters__are_listed_in_pages_and_dropped(void **state)
{
    const struct uuid record = {{1}};

    (void)state;
    office_open(&office);
    const struct change_subscription *made = subscribe("https://erp.example/", NULL);
    for (int64_t position = 1; position <= 5; position++) {
        park(&made->id.value, position, &record, NULL);
    }
    const struct retrieve_dead_letters_request request = {
        .subscription_id = made->id,
        .after_sequence = {.is_set = true, .value = 1},
        .limit = {.is_set = true, .value = 3},
    };
    const struct retrieve_dead_letters_response *page =
        office_run(&office, "Subscriptions", "RetrieveDeadLetters", &request);
    assert_int_equal(page->page->letters.count, 3);
    assert_true(page->page->more.value);
    assert_int_equal(((const struct refused_change *)page->page->letters.items[0])->sequence.value,
                     2);

    const struct drop_dead_letters_request drop = {.subscription_id = made->id,
                                                   .sequences = office_list(&office, "3", NULL)};
    const struct drop_dead_letters_response *dropped =
        office_run(&office, "Subscriptions", "DropDeadLetters", &drop);
    assert_int_equal(dropped->count.value, 1);
    letter_at(made, 0, 4);
    const struct drop_dead_letters_request none = {.subscription_id = made->id,
                                                   .sequences = {.is_set = true}};
    dropped = office_run(&office, "Subscriptions", "DropDeadLetters", &none);
    assert_int_equal(dropped->count.value, 0);
    const struct unsubscribe_request end = {.subscription_id = made->id};
    office_run(&office, "Subscriptions", "Unsubscribe", &end);

    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    int64_t left = -1;
    assert_true(dead_letter_count(call->connection, call->arena, &made->id.value, &left, &error));
    assert_int_equal(left, 0);
    test_call_end(&call);
    office_close(&office);
}

void test_dead_letters__behind_the_place_rewound_to_are_none_any_more(void **state)
{
    const struct uuid record = {{1}};

    (void)state;
    office_open(&office);
    const struct change_subscription *made = subscribe("https://erp.example/", NULL);
    park(&made->id.value, 1, &record, "no");
    struct rewind_subscription_request rewind = {
        .subscription_id = {.is_set = true, .value = made->id.value}};
    rewind.sequence = (struct message_integer){.is_set = true, .value = INT64_MIN};
    office_expect(&office, office_try(&office, "Subscriptions", "RewindSubscription", &rewind),
                  ERROR_VALUE_OUT_OF_RANGE);
    letter_at(made, 0, 1);
    rewind.sequence.value = 0;
    office_run(&office, "Subscriptions", "RewindSubscription", &rewind);
    assert_int_equal(letters_of(made)->count, 0);
    office_close(&office);
}
