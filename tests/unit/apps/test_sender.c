/*
 * test_sender.c - what the server answers to a row: it is wrong, or everything is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "apps/admin/draft.h"
#include "apps/admin/ledger.h"
#include "apps/admin/mapping.h"
#include "apps/admin/queue.h"
#include "apps/admin/sender.h"
#include "apps/admin/target.h"
#include "apps/false_server.h"
#include "base/arena.h"
#include "client/client.h"

#define NOBODY "<RetrieveMultipleAccountResponse><page/></RetrieveMultipleAccountResponse>"
#define FAULT(code, retryable)                                                                     \
    "<e:Fault><faultcode>e:Server</faultcode><faultstring>" code ": A sentence.</faultstring>"     \
    "<detail><CrmFault><code>" code "</code><message>A sentence.</message><retryable>" retryable   \
    "</retryable></CrmFault></detail></e:Fault>"

/* Whether all stops when the row of one account is answered so; else the row alone has failed. */
static bool stops(const char *fault)
{
    const struct false_answer answers[] = {{200, NOBODY}, {500, fault}};
    static const size_t places[] = {0};
    struct field_rule field = {.name = "name"};
    struct pass pass = {
        .name = "accounts", .entity = "Account", .key = "name", .fields = &field, .field_count = 1};
    const struct target target = {.entity = "Account",
                                  .element = "account",
                                  .list_element = "accounts",
                                  .key_fields = places,
                                  .key_field_count = 1};
    struct draft_value value = {.is_sent = true, .text = "Ann"};
    const char *const cells[] = {"Ann"};
    struct draft draft = {.line = 2, .cells = cells, .values = &value};
    struct arena *arena = arena_create();
    struct chunk chunk = {.arena = arena, .drafts = {&draft}, .count = 1};
    struct ledger *ledger = ledger_make(arena, 10);
    struct false_server server;
    struct client_error error;
    struct client *client = NULL;

    false_server_begin(&server, answers, 2);
    const struct client_options options = {
        .url = server.url, .user_name = "p", .secret = "s", .timeout = 5, .attempts = 1};
    assert_true(client_open(arena, &options, &client, &error));
    ledger_begin_pass(ledger, &pass, 1);
    const struct sender sender = {
        .client = client, .ledger = ledger, .pass = &pass, .target = &target};
    sender_send(&sender, &chunk);
    false_server_end(&server);
    bool is_stopped = ledger_is_stopped(ledger);
    assert_int_equal(ledger_failures(ledger)->count, is_stopped ? 0 : 1);
    arena_destroy(&arena);
    return is_stopped;
}

void test_sender__stops_when_it_is_not_the_row_that_is_wrong(void **state)
{
    (void)state;
    assert_false(stops(FAULT("FIELD_REQUIRED", "false")));
    assert_false(stops(FAULT("DATABASE_CONFLICT", "true")));
    assert_false(stops(FAULT("DATABASE_TIMEOUT", "true")));
    assert_false(stops(FAULT("INTERNAL", "false")));
    assert_true(stops(FAULT("NOT_ALLOWED", "false")));
    assert_true(stops(FAULT("CREDENTIALS_INVALID", "false")));
    assert_true(stops(FAULT("SESSION_INVALID", "false")));
    assert_true(stops(FAULT("DATABASE_UNAVAILABLE", "true")));
    assert_true(stops(FAULT("OUTCOME_UNKNOWN", "true")));
    assert_true(stops(FAULT("DATABASE_FULL", "true")));
    assert_true(stops(FAULT("DIRECTORY_UNAVAILABLE", "true")));
    assert_true(stops(FAULT("BUSY", "true")));
}
