/*
 * test_mail_bulk.c - mail to many: a job of one e-mail for each reader, but for those who want
 * none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "database/database.h"
#include "generated/messages.h"
#include "job/scheduler.h"
#include "job/worker.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "support/mail_office.h"
#include "support/office.h"

enum { STEPS_MOST = 1000, MANY = 60 };

static struct office office;
static struct job_worker *worker;
static struct uuid template_id;

static void open(void)
{
    office_open(&office);
    worker = job_worker_create(&office.house.platform);
    (void)mail_add_user(&office, "mark", "marketing", "mark@svyaz.example");
    (void)mail_add_user(&office, "postman", "mail-connector", "postman@svyaz.example");
    office.house.settings.mail.unsubscribe_address = "https://svyaz.example/bye?t={token}&x=1";
    office.credentials.basic_name = "mark";
    struct record *template = office_record(&office, "EmailTemplate", "title", "News");
    office_set(&office, template, "subject", "News for {{Contact.lastName}}");
    office_set(&office, template, "body", "<p>{{User.fullName}}</p>");
    template_id = mail_create(&office, template);
}

static void close(void)
{
    job_worker_destroy(&worker);
    office_close(&office);
}

static void run_all(void)
{
    const struct chore *chore = &job_worker_chores(worker)[JOB_CHORE_RUN];
    bool has_more = true;

    for (int step = 0; has_more; step++) {
        struct arena *arena = arena_create();
        struct chore_call call = {
            .platform = &office.house.platform, .arena = arena, .context = chore->context};
        struct error error = {0};
        assert_true(step < STEPS_MOST);
        bool is_done = database_acquire(office.house.platform.database, &call.connection, &error) &&
                       chore->run(&call, &has_more, &error);
        database_release(&call.connection);
        arena_destroy(&arena);
        if (!is_done && error.code != ERROR_DATABASE_CONFLICT) {
            fail_msg("%s (%s)", error.message, error.cause);
        }
        has_more |= !is_done;
    }
}

static struct reference *to_contact(struct uuid id)
{
    const struct reference reference = {
        .entity = catalog_find_entity(office.house.platform.catalog, "Contact"), .id = id};
    return arena_copy(office.arena, &reference, sizeof(reference));
}

static const struct job *send_to(struct array *recipients)
{
    const struct send_bulk_mail_request request = {
        .template_id = {.is_set = true, .value = template_id},
        .recipients = {.is_set = true, .count = recipients->count, .items = recipients->items},
        .name = "news",
    };
    const struct send_bulk_mail_response *response =
        office_run(&office, "Mail", "SendBulkMail", &request);
    return response->job;
}

static const struct job *job_of(const struct job *job)
{
    const struct retrieve_job_request request = {.job_id = job->id};
    const struct retrieve_job_response *response =
        office_run(&office, "Jobs", "RetrieveJob", &request);
    return response->job;
}

static const struct job_row_page *rows_of(const struct job *job)
{
    const struct retrieve_job_rows_request request = {.job_id = job->id};
    const struct retrieve_job_rows_response *response =
        office_run(&office, "Jobs", "RetrieveJobRows", &request);
    return response->page;
}

static const char *message_of(const struct uuid *id)
{
    const struct record *email = mail_read_record(&office, "Email", id, "original", NULL);
    return mail_bytes(&office, mail_value(email, "original")->file);
}

static bool wants_none(const struct uuid *id)
{
    const struct record *contact = mail_read_record(&office, "Contact", id, "doNotBulkEmail", NULL);
    return strcmp(office_text(&office, contact, "doNotBulkEmail"), "true") == 0;
}

void test_mail_bulk__each_gets_his_own_and_who_wants_none_gets_none(void **state)
{
    struct array recipients;

    (void)state;
    open();
    const struct uuid ann = mail_add_contact(&office, "Ann", "ann@example.com", NULL, NULL);
    const struct uuid shy =
        mail_add_contact(&office, "Shy", "shy@example.com", "doNotBulkEmail", "true");
    const struct uuid poor = mail_add_contact(&office, "Poor", NULL, NULL, NULL);
    const struct uuid bob = mail_add_contact(&office, "Bob", "bob@example.com", NULL, NULL);
    array_init(&recipients, office.arena);
    array_add(&recipients, to_contact(ann));
    array_add(&recipients, to_contact(shy));
    array_add(&recipients, to_contact(ann));
    array_add(&recipients, to_contact(poor));
    array_add(&recipients, to_contact(bob));
    const struct job *job = send_to(&recipients);
    assert_int_equal(job->row_count.value, 4);
    assert_string_equal(job->name, "news");
    assert_int_equal(mail_count(&office, "Email"), 0);
    run_all();
    assert_int_equal(job_of(job)->succeeded.value, 2);
    assert_int_equal(job_of(job)->failed.value, 2);
    assert_int_equal(mail_count(&office, "Email"), 2);
    const struct job_row_page *rows = rows_of(job);
    const struct job_row *first = rows->rows.items[0], *second = rows->rows.items[1];
    assert_memory_equal(first->row_tag, "Contact ", 8);
    assert_string_equal(second->result->code, "RULE_BROKEN");
    const char *message = message_of(&first->result->id.value);
    assert_non_null(strstr(message, "Subject: News for Ann"));
    assert_non_null(strstr(message, "To: Ann <ann@example.com>"));
    assert_non_null(strstr(message, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert_non_null(strstr(message, "Auto-Submitted: auto-generated\r\n"));
    close();
}

void test_mail_bulk__a_query_finds_as_many_as_there_are(void **state)
{
    (void)state;
    open();
    office.house.settings.limits.page = 25;
    for (int i = 0; i < MANY; i++) {
        (void)mail_add_contact(&office, arena_format(office.arena, "N%d", i),
                               arena_format(office.arena, "n%d@example.com", i), NULL, NULL);
    }
    (void)mail_add_contact(&office, "Other", "other@example.com", NULL, NULL);
    void *values[] = {"N%"};
    struct condition_request named = {
        .field = "lastName",
        .operator= "like",
        .values = {.is_set = true, .count = 1, .items = values},
    };
    void *conditions[] = {&named};
    struct filter_request filter = {
        .conditions = {.is_set = true, .count = 1, .items = conditions}};
    struct query_request query = {.filter = &filter, .page_size = {.is_set = true, .value = 25}};
    const struct send_bulk_mail_request request = {
        .template_id = {.is_set = true, .value = template_id},
        .entity = "Contact",
        .query = &query,
    };
    const struct send_bulk_mail_response *response =
        office_run(&office, "Mail", "SendBulkMail", &request);
    run_all();
    assert_int_equal(job_of(response->job)->succeeded.value, MANY);
    office.credentials.basic_name = "postman";
    const struct claim_outgoing_emails_request all = {.limit = {.is_set = true, .value = 200}};
    const struct claim_outgoing_emails_response *claimed =
        office_run(&office, "Mail", "ClaimOutgoingEmails", &all);
    assert_int_equal(claimed->result->emails.count, MANY);
    close();
}

/* The address in the message is enough, and is good for nothing else. */
void test_mail_bulk__a_reader_says_that_he_wants_no_more(void **state)
{
    struct array recipients;

    (void)state;
    open();
    const struct uuid ann = mail_add_contact(&office, "Ann", "ann@example.com", NULL, NULL);
    const struct uuid bob = mail_add_contact(&office, "Bob", "bob@example.com", NULL, NULL);
    array_init(&recipients, office.arena);
    array_add(&recipients, to_contact(ann));
    const struct job *job = send_to(&recipients);
    run_all();
    const struct job_row *row = rows_of(job)->rows.items[0];
    const char *message = message_of(&row->result->id.value);
    const char *begin = strstr(message, "https://svyaz.example/bye?t=");
    assert_non_null(begin);
    begin += strlen("https://svyaz.example/bye?t=");
    char *token = arena_copy_part(office.arena, begin, strcspn(begin, "&"));
    struct unsubscribe_by_token_request request = {.token = token};
    const struct credentials mine = office.credentials;
    office.credentials = (struct credentials){.basic_name = NULL}; /* nobody */
    const char *tricks[] = {"",
                            "Contact",
                            "Contact..",
                            "a.b.c",
                            arena_format(office.arena, "%s0", token),
                            arena_format(office.arena, "Account%s", strchr(token, '.'))};
    for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
        request.token = tricks[i];
        office_expect(&office, office_try(&office, "Mail", "UnsubscribeByToken", &request),
                      ERROR_VALUE_INVALID);
    }
    request.token = token;
    (void)office_run(&office, "Mail", "UnsubscribeByToken", &request);
    (void)office_run(&office, "Mail", "UnsubscribeByToken", &request);
    office.credentials = mine;
    assert_true(wants_none(&ann));
    assert_false(wants_none(&bob));
    run_all();
    job = send_to(&recipients);
    run_all();
    assert_int_equal(job_of(job)->failed.value, 1);
    close();
}

void test_mail_bulk__what_cannot_be_is_refused_at_once(void **state)
{
    (void)state;
    open();
    struct send_bulk_mail_request request = {.template_id = {.is_set = true, .value = template_id}};
    struct query_request query = {.cookie = NULL};
    office_expect(&office, office_try(&office, "Mail", "SendBulkMail", &request),
                  ERROR_PARAMETER_REQUIRED);
    request.query = &query;
    office_expect(&office, office_try(&office, "Mail", "SendBulkMail", &request),
                  ERROR_PARAMETER_REQUIRED);
    struct record *deal = office_record(&office, "Task", "subject", "No reader");
    (void)mail_create(&office, deal);
    request.entity = "Task";
    office_expect(&office, office_try(&office, "Mail", "SendBulkMail", &request),
                  ERROR_VALUE_INVALID);
    request.entity = "Contact";
    request.template_id.value = (struct uuid){{1}};
    office_expect(&office, office_try(&office, "Mail", "SendBulkMail", &request),
                  ERROR_RECORD_NOT_FOUND);
    close();
}

/* The rows of such a job are the platform's own. */
void test_mail_bulk__no_client_sends_its_rows(void **state)
{
    (void)state;
    open();
    struct batch_row row = {.operation = "sendBulkMail", .entity = "Email"};
    void *rows[] = {&row};
    const struct execute_batch_request request = {
        .rows = {.is_set = true, .count = 1, .items = rows}};
    const struct execute_batch_response *response =
        office_run(&office, "Batch", "ExecuteBatch", &request);
    const struct row_result *result = response->result->rows.items[0];
    assert_false(result->ok.value);
    close();
}
