/*
 * test_pipeline.c - who may call, and what is tried again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/time.h"
#include "generated/messages.h"
#include "service/admission.h"
#include "service/metrics.h"
#include "support/office.h"

static struct office office;
static const struct who_am_i_request who_am_i;

static const struct login_result *log_in(const char *name, const char *password)
{
    const struct login_request request = {.user_name = name, .password = password};
    const struct credentials before = office.credentials;
    office.credentials = (struct credentials){.token = NULL};
    const struct login_response *response = office_try(&office, "Session", "Login", &request);
    office.credentials = before;
    return response == NULL ? NULL : response->result;
}

void test_pipeline__asks_who_calls(void **state)
{
    (void)state;
    office_open(&office);
    office.credentials = (struct credentials){.token = NULL};
    office_expect(&office, office_try(&office, "Session", "WhoAmI", &who_am_i),
                  ERROR_NOT_AUTHENTICATED);
    office.credentials = (struct credentials){.token = "nonsense"};
    office_expect(&office, office_try(&office, "Session", "WhoAmI", &who_am_i),
                  ERROR_SESSION_INVALID);
    office.credentials = (struct credentials){.basic_name = ADMINISTRATOR, .basic_password = "x"};
    office_expect(&office, office_try(&office, "Session", "WhoAmI", &who_am_i),
                  ERROR_CREDENTIALS_INVALID);
    office.credentials = (struct credentials){.basic_name = ADMINISTRATOR};
    office_expect(&office, office_try(&office, "Session", "WhoAmI", &who_am_i),
                  ERROR_CREDENTIALS_INVALID);
    assert_int_equal(office.encoded, 0);
    office_close(&office);
}

void test_pipeline__takes_each_way_of_saying_who_one_is(void **state)
{
    (void)state;
    office_open(&office);
    const struct login_result *session = log_in(ADMINISTRATOR, PASSWORD);
    assert_non_null(session);
    const struct credentials ways[] = {
        {.token = session->token},
        {.basic_name = ADMINISTRATOR, .basic_password = PASSWORD},
        {.token_name = ADMINISTRATOR, .token_password = PASSWORD},
        {.token = session->token,
         .basic_name = ADMINISTRATOR,
         .basic_password = PASSWORD,
         .token_name = ADMINISTRATOR,
         .token_password = PASSWORD},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        office.credentials = ways[i];
        const struct who_am_i_response *response =
            office_run(&office, "Session", "WhoAmI", &who_am_i);
        assert_string_equal(response->result->user_name, ADMINISTRATOR);
        assert_true(uuid_is_equal(&response->result->user_id.value, &session->user_id.value));
    }
    office_close(&office);
}

void test_pipeline__all_credentials_must_name_one_user(void **state)
{
    (void)state;
    office_open(&office);
    (void)office_add_user(&office, "olga", "salesperson");
    office.credentials = (struct credentials){.basic_name = ADMINISTRATOR,
                                              .basic_password = PASSWORD,
                                              .token_name = "olga",
                                              .token_password = PASSWORD};
    office_expect(&office, office_try(&office, "Session", "WhoAmI", &who_am_i),
                  ERROR_CREDENTIALS_INVALID);
    office.credentials.token_name = ADMINISTRATOR;
    office.credentials.token_password = "wrong";
    office_expect(&office, office_try(&office, "Session", "WhoAmI", &who_am_i),
                  ERROR_CREDENTIALS_INVALID);
    office_close(&office);
}

void test_pipeline__asks_for_the_privilege_before_the_handler(void **state)
{
    (void)state;
    office_open(&office);
    (void)office_add_user(&office, "audit", "read-only-auditor");
    office.credentials = (struct credentials){.basic_name = "audit", .basic_password = PASSWORD};
    const struct create_entity_request request = {
        .record = office_record(&office, "Account", "name", "A")};
    office_expect(&office, office_try(&office, "Account", "CreateAccount", &request),
                  ERROR_NOT_ALLOWED);
    const struct retrieve_multiple_entity_request all = {.query = NULL};
    (void)office_run(&office, "Account", "RetrieveMultipleAccount", &all);
    office_close(&office);
}

void test_session__ends_at_logout(void **state)
{
    const struct logout_request nothing = {0};

    (void)state;
    office_open(&office);
    office_expect(&office, office_try(&office, "Session", "Logout", &nothing),
                  ERROR_PARAMETER_REQUIRED);
    office.credentials = (struct credentials){.token = log_in(ADMINISTRATOR, PASSWORD)->token};
    (void)office_run(&office, "Session", "WhoAmI", &who_am_i);
    (void)office_run(&office, "Session", "Logout", &nothing);
    office_expect(&office, office_try(&office, "Session", "WhoAmI", &who_am_i),
                  ERROR_SESSION_INVALID);
    office_close(&office);
}

void test_session__a_changed_password_counts_at_once(void **state)
{
    struct change_password_request request = {.old_password = "wrong",
                                              .new_password = "another horse"};

    (void)state;
    office_open(&office);
    const char *other = log_in(ADMINISTRATOR, PASSWORD)->token;
    office.credentials = (struct credentials){.token = log_in(ADMINISTRATOR, PASSWORD)->token};
    office_expect(&office, office_try(&office, "Session", "ChangePassword", &request),
                  ERROR_CREDENTIALS_INVALID);
    request.old_password = PASSWORD;
    request.new_password = "short";
    office_expect(&office, office_try(&office, "Session", "ChangePassword", &request),
                  ERROR_PASSWORD_WEAK);
    request.new_password = "another horse";
    office.is_validate_only = true;
    (void)office_run(&office, "Session", "ChangePassword", &request);
    office.is_validate_only = false;
    assert_non_null(log_in(ADMINISTRATOR, PASSWORD));
    (void)office_run(&office, "Session", "ChangePassword", &request);
    (void)office_run(&office, "Session", "WhoAmI", &who_am_i);
    assert_null(log_in(ADMINISTRATOR, PASSWORD));
    assert_non_null(log_in(ADMINISTRATOR, "another horse"));
    office.credentials = (struct credentials){.token = other};
    office_expect(&office, office_try(&office, "Session", "WhoAmI", &who_am_i),
                  ERROR_SESSION_INVALID);
    office_close(&office);
}

/* An operation whose handler fails some times before it succeeds. */
struct rehearsal {
    int failures;
    enum error_code code;
    int runs;
};

static struct rehearsal rehearsal;

static bool rehearse(struct call *call, const struct operation *operation, const void *request,
                     void *response, struct error *error)
{
    (void)call;
    (void)operation;
    (void)request;
    assert_int_equal(*(char *)response, 0);
    *(char *)response = 1;
    rehearsal.runs++;
    return rehearsal.runs > rehearsal.failures ||
           error_set(error, rehearsal.code, NULL, "Not yet.");
}

static bool accept(void *context, struct call *call, const struct operation *operation,
                   const void *response, struct error *error)
{
    (void)context;
    (void)call;
    (void)operation;
    (void)response;
    (void)error;
    return true;
}

static bool run_rehearsal(enum error_code code, int failures, int64_t deadline)
{
    const struct operation *logout = office_operation(&office, "Session", "Logout");
    struct operation_pattern pattern = *logout->pattern;
    struct operation operation = *logout;
    struct call *call = call_make(office.arena, &office.house.platform);
    const struct logout_request request = {0};
    const struct message_codec codec = {.encode = accept};

    pattern.handler = rehearse;
    operation.pattern = &pattern;
    call->deadline = deadline;
    rehearsal = (struct rehearsal){.failures = failures, .code = code};
    memset(&office.error, 0, sizeof(office.error));
    return service_run(call, &operation, &office.credentials, &request, &codec, &office.error);
}

void test_pipeline__a_conflict_is_run_again_a_few_times(void **state)
{
    (void)state;
    office_open(&office);
    assert_true(run_rehearsal(ERROR_DATABASE_CONFLICT, 3, 0));
    assert_int_equal(rehearsal.runs, 4);
    assert_false(run_rehearsal(ERROR_DATABASE_CONFLICT, 100, 0));
    assert_int_equal(rehearsal.runs, 6);
    assert_int_equal(office.error.code, ERROR_DATABASE_CONFLICT);
    office_close(&office);
}

void test_pipeline__a_lost_connection_is_tried_once_more(void **state)
{
    (void)state;
    office_open(&office);
    assert_true(run_rehearsal(ERROR_DATABASE_UNAVAILABLE, 1, 0));
    assert_int_equal(rehearsal.runs, 2);
    assert_false(run_rehearsal(ERROR_DATABASE_UNAVAILABLE, 2, 0));
    assert_int_equal(rehearsal.runs, 2);
    office_close(&office);
}

void test_pipeline__an_unknown_outcome_is_passed_on(void **state)
{
    (void)state;
    office_open(&office);
    assert_false(run_rehearsal(ERROR_OUTCOME_UNKNOWN, 1, 0));
    assert_int_equal(rehearsal.runs, 1);
    assert_int_equal(office.error.code, ERROR_OUTCOME_UNKNOWN);
    office_close(&office);
}

void test_pipeline__nothing_begins_after_the_deadline(void **state)
{
    (void)state;
    office_open(&office);
    assert_false(run_rehearsal(ERROR_NONE, 0, time_monotonic() - 1));
    assert_int_equal(rehearsal.runs, 0);
    assert_int_equal(office.error.code, ERROR_TIMEOUT);
    office_close(&office);
}

void test_pipeline__a_user_has_so_many_requests_at_once(void **state)
{
    const struct who_am_i_response *response;

    (void)state;
    office_open(&office);
    response = office_run(&office, "Session", "WhoAmI", &who_am_i);
    struct uuid user = response->result->user_id.value;
    struct uuid other = {{1}};
    struct admission *admission = admission_make(office.arena);
    office.house.platform.admission = admission;
    office.house.settings.http.requests_per_user = 2;
    assert_true(admission_enter(admission, &user, 2, &office.error));
    assert_true(admission_enter(admission, &other, 2, &office.error));
    (void)office_run(&office, "Session", "WhoAmI", &who_am_i);
    assert_true(admission_enter(admission, &user, 2, &office.error));
    office_expect(&office, office_try(&office, "Session", "WhoAmI", &who_am_i), ERROR_BUSY);
    admission_leave(admission, &user);
    (void)office_run(&office, "Session", "WhoAmI", &who_am_i);
    admission_leave(admission, &user);
    admission_leave(admission, &other);
    office_close(&office);
}

void test_admission__counts_each_of_many_users(void **state)
{
    struct arena *arena = arena_create();
    struct admission *admission = admission_make(arena);
    struct error error = {0};

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (uint8_t i = 0; i < 200; i++) {
            struct uuid user = {{i}};
            assert_true(admission_enter(admission, &user, 1, &error));
            assert_false(admission_enter(admission, &user, 1, &error));
        }
        for (uint8_t i = 0; i < 200; i++) {
            struct uuid user = {{i}};
            admission_leave(admission, &user);
        }
    }
    arena_destroy(&arena);
}

void test_metrics__count_calls_by_pattern_and_outcome(void **state)
{
    struct buffer text;

    (void)state;
    office_open(&office);
    struct service_metrics *metrics = service_metrics_make(office.arena);
    office.house.platform.metrics = metrics;
    (void)office_run(&office, "Session", "WhoAmI", &who_am_i);
    office.credentials.basic_password = "wrong";
    (void)!office_try(&office, "Session", "WhoAmI", &who_am_i);
    buffer_init(&text, office.arena, 1000);
    service_metrics_write(metrics, &text);
    assert_non_null(strstr(text.bytes, "crm_calls_total{operation=\"WhoAmI\",outcome=\"ok\"} 1\n"));
    assert_non_null(
        strstr(text.bytes, "crm_calls_total{operation=\"WhoAmI\",outcome=\"client_fault\"} 1\n"));
    assert_non_null(
        strstr(text.bytes, "crm_call_seconds_bucket{operation=\"WhoAmI\",le=\"+Inf\"} 2\n"));
    assert_null(strstr(text.bytes, "Logout"));
    office_close(&office);
}
