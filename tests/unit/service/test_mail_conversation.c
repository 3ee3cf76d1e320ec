/*
 * test_mail_conversation.c - what makes e-mails one conversation, in whatever order they come, and
 * what they are about then.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/time.h"
#include "change/tables.h"
#include "database/row.h"
#include "generated/messages.h"
#include "mail/tables.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "security/stored.h"
#include "support/letters.h"
#include "support/mail_office.h"

enum { AT_ONCE = 4, MANY = 1001, BATCH = 500 };

static struct office office;
static struct uuid account; /* that the offer is about */

static void open_place(void)
{
    account = letters_open_offer(&office);
}

/* A message from a stranger, each of its own minute. */
static const char *write_letter(const char *id, const char *subject, const char *more)
{
    static int minute;

    minute = (minute + 1) % 60;
    return arena_format(office.arena,
                        "From: x@else.example\nTo: y@else.example\nSubject: %s\nMessage-ID: <%s>\n"
                        "Date: Mon, 1 Jan 2024 12:%02d:00 +0300\n%s\nText of %s.\n",
                        subject, id, minute, more, id);
}

static struct uuid deliver(const char *id, const char *more)
{
    return letters_deliver(&office, write_letter(id, id, more), NULL)->id.value;
}

static struct uuid conversation_of(const struct uuid *email)
{
    const struct value *value = letters_value(
        letters_retrieve(&office, "Email", email, "conversation", NULL), "conversation");

    assert_int_equal(value->state, VALUE_SET);
    return value->uuid;
}

static bool are_together(const struct uuid *one, const struct uuid *other)
{
    const struct uuid first = conversation_of(one), second = conversation_of(other);

    return uuid_is_equal(&first, &second);
}

/* What it is about; NULL: nothing. */
static void expect_about(const struct uuid *email, const struct uuid *record)
{
    letters_expect_about(&office, email, record);
}

/* ---- the order in which they come ---- */

void test_mail_conversation__an_answer_may_come_before_what_it_answers(void **state)
{
    (void)state;
    open_place();
    const struct uuid third = deliver("third@x", "References: <first@x> <second@x>\n");
    const struct uuid second = deliver("second@x", "In-Reply-To: <first@x>\n");
    expect_about(&second, NULL);
    office.credentials.basic_name = ADMINISTRATOR;
    assert_int_equal(letters_lying(&office, "Unsorted mail", &second), 0); /* it is an answer */
    assert_int_equal(letters_lying(&office, "Unsorted mail", &third), 1);
    office.credentials.basic_name = "postman";
    const struct uuid first = deliver("first@x", "In-Reply-To: <offer@svyaz>\n");
    expect_about(&first, &account);
    expect_about(&second, &account);
    expect_about(&third, &account);
    assert_true(are_together(&first, &second) && are_together(&first, &third));
    office.credentials.basic_name = ADMINISTRATOR;
    assert_int_equal(letters_lying(&office, "Unsorted mail", &third), 0); /* it has its place */
    office_close(&office);
}

static int64_t now_next_day(void)
{
    return time_now() + 25 * 3600 * (int64_t)1000;
}

/* What lies about nothing for longer than mail is under way is filed by no message that names it.
 */
void test_mail_conversation__takes_nothing_along_after_a_day(void **state)
{
    (void)state;
    open_place();
    const struct uuid hidden = deliver("hidden@x", "");
    const struct uuid below = deliver("below@x", "In-Reply-To: <hidden@x>\n");
    office.house.platform.now = now_next_day;
    const struct uuid bold = deliver("bold@x", "References: <hidden@x> <offer@svyaz>\n");
    expect_about(&bold, &account);
    expect_about(&hidden, NULL);
    expect_about(&below, NULL);
    assert_true(are_together(&hidden, &bold) && are_together(&hidden, &below));
    office_close(&office);
}

/* More ids than one statement may have values. */
void test_mail_conversation__may_name_very_many(void **state)
{
    struct buffer references;

    (void)state;
    open_place();
    office.house.settings.limits.parameters = 100;
    buffer_init(&references, office.arena, 64);
    buffer_add_text(&references, "References:");
    for (int i = 0; i < 90; i++) {
        buffer_add_format(&references, " <n%d@x>", i);
    }
    buffer_add_text(&references, " <offer@svyaz>\n");
    const struct uuid email = deliver("many@x", references.bytes);
    expect_about(&email, &account);
    office_close(&office);
}

void test_mail_conversation__a_question_is_about_what_its_answer_is(void **state)
{
    (void)state;
    open_place();
    const struct uuid answer =
        deliver("answer@x", "In-Reply-To: <question@x>\nReferences: <offer@svyaz> <question@x>\n");
    const char *letter = write_letter("question@x", "Question", "");
    const struct incoming_email_check *found = letters_check(&office, letter, NULL);
    assert_string_equal(found->reason, "CorrelationMatch");
    assert_true(uuid_is_equal(&found->regarding->id, &account));
    const struct uuid question = letters_deliver(&office, letter, NULL)->id.value;
    expect_about(&question, &account);
    assert_true(are_together(&question, &answer));
    office_close(&office);
}

void test_mail_conversation__what_somebody_took_away_stays_away(void **state)
{
    (void)state;
    open_place();
    const struct uuid answer = deliver("answer@x", "In-Reply-To: <question@x>\n");
    const struct uuid other = deliver("other@x", "In-Reply-To: <question@x>\n");
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid mistaken =
        letters_add(&office, "Account", "name", "Other", "other@firm.example");
    const struct reference record = {
        .entity = catalog_find_entity(office.house.platform.catalog, "Account"), .id = mistaken};
    const struct refile_email_request refile = {.id = {.is_set = true, .value = answer},
                                                .regarding = (struct reference *)&record};
    const struct unfile_email_request unfile = {.id = {.is_set = true, .value = answer}};
    (void)office_run(&office, "Mail", "RefileEmail", &refile);
    (void)office_run(&office, "Mail", "UnfileEmail", &unfile);
    office.credentials.basic_name = "postman";
    (void)deliver("question@x", "In-Reply-To: <offer@svyaz>\n");
    expect_about(&answer, NULL);
    expect_about(&other, &account);
    assert_true(are_together(&answer, &other));
    office_close(&office);
}

struct sender {
    const char *text;
    struct letter letter;
    struct arena *arena;
    struct error error;
    bool is_done;
};

static bool keep_nothing(void *context, struct call *call, const struct operation *operation,
                         const void *response, struct error *error)
{
    (void)context;
    (void)call;
    (void)operation;
    (void)response;
    (void)error;
    return true;
}

static void *send(void *context)
{
    struct sender *sender = context;
    struct call *call = call_make(sender->arena, &office.house.platform);
    const struct message_codec codec = {.encode = keep_nothing};
    const struct deliver_incoming_email_request request = {
        .message = letter_put(&sender->letter, sender->text, strlen(sender->text))};

    sender->is_done = service_run(call, office_operation(&office, "Mail", "DeliverIncomingEmail"),
                                  &office.credentials, &request, &codec, &sender->error);
    return NULL;
}

/* The first is an answer to the offer, each of the others to the one before it. */
static void send_at_once(int round)
{
    struct sender senders[AT_ONCE] = {{.is_done = false}};
    pthread_t threads[AT_ONCE];

    for (int i = 0; i < AT_ONCE; i++) {
        const char *before =
            i == 0 ? "offer@svyaz" : arena_format(office.arena, "r%d-%d@x", round, i - 1);
        senders[i].text = write_letter(arena_format(office.arena, "r%d-%d@x", round, i), "Race",
                                       arena_format(office.arena, "In-Reply-To: <%s>\n", before));
        senders[i].arena = arena_create();
    }
    for (int i = AT_ONCE - 1; i >= 0; i--) {
        assert_int_equal(pthread_create(&threads[i], NULL, send, &senders[i]), 0);
    }
    for (int i = 0; i < AT_ONCE; i++) {
        pthread_join(threads[i], NULL);
        if (!senders[i].is_done) {
            fail_msg("%s (%s)", senders[i].error.message, senders[i].error.cause);
        }
        arena_destroy(&senders[i].arena);
    }
}

void test_mail_conversation__what_comes_at_once_belongs_together(void **state)
{
    (void)state;
    open_place();
    for (int round = 0; round < 6; round++) {
        send_at_once(round);
    }
    office.credentials.basic_name = ADMINISTRATOR;
    struct query_request query = {.page_size = {.is_set = true, .value = 100}};
    const struct retrieve_multiple_entity_request request = {.query = &query};
    const struct retrieve_multiple_entity_response *response =
        office_run(&office, "Email", "RetrieveMultipleEmail", &request);
    const struct message_list *emails = &response->page->records;
    assert_int_equal(emails->count, 6 * AT_ONCE + 1);
    for (size_t i = 0; i < emails->count; i++) {
        const struct uuid *id = &letters_value(emails->items[i], "id")->uuid;
        expect_about(id, &account);
        assert_true(are_together(&letters_value(emails->items[0], "id")->uuid, id));
    }
    office_close(&office);
}

/* ---- the ids of one message ---- */

static const char *relayed(const char *letter, const char *old_id, const char *new_id)
{
    const char *at = strstr(letter, old_id);

    return arena_format(office.arena, "%.*s%s%s", (int)(at - letter), letter, new_id,
                        at + strlen(old_id));
}

void test_mail_conversation__an_answer_may_name_any_id_of_a_message(void **state)
{
    (void)state;
    open_place();
    const char *letter = write_letter("own@x", "Question", "In-Reply-To: <offer@svyaz>\n");
    const struct uuid question = letters_deliver(&office, letter, NULL)->id.value;
    /* before the copy that has this id, and after it */
    const struct uuid early = deliver("early@x", "In-Reply-To: <Given@Relay.Example>\n");
    expect_about(&early, NULL);
    const struct delivered_email *copy =
        letters_deliver(&office, relayed(letter, "own@x", "given@relay.example"), "box@x.org");
    assert_false(copy->created.value);
    const struct uuid late = deliver("late@x", "References: <given@relay.example>\n");
    expect_about(&early, &account);
    expect_about(&late, &account);
    assert_true(are_together(&question, &early) && are_together(&question, &late));
    office_close(&office);
}

void test_mail_conversation__two_that_were_apart_become_one(void **state)
{
    (void)state;
    open_place();
    const struct uuid a1 = deliver("a1@x", ""), b1 = deliver("b1@x", "");
    const struct uuid a2 = deliver("a2@x", "In-Reply-To: <a1@x>\n");
    const struct uuid b2 = deliver("b2@x", "In-Reply-To: <b1@x>\n");
    assert_false(are_together(&a2, &b2));
    const struct uuid both = deliver("both@x", "References: <a2@x> <b2@x>\n");
    assert_true(are_together(&a1, &b1) && are_together(&a2, &b2) && are_together(&a1, &both) &&
                are_together(&b2, &both));
    office_close(&office);
}

static int64_t version_of(const struct uuid *email)
{
    return letters_value(letters_retrieve(&office, "Email", email, "version", NULL), "version")
        ->integer;
}

/* How many rows of a table meet a condition. */
static int64_t count_rows(const struct table *table, const struct row_condition *condition)
{
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    int64_t count = 0;

    assert_true(row_count(call->connection, call->arena, table, condition, 1, &count, &error));
    test_call_end(&call);
    return count;
}

void test_mail_conversation__the_smaller_becomes_part_of_the_larger(void **state)
{
    (void)state;
    const struct row_condition of_emails = {"entity_name", ROW_IS, cell_text("Email")};
    open_place();
    const struct uuid a1 = deliver("a1@x", ""), b1 = deliver("b1@x", "");
    const struct uuid b2 = deliver("b2@x", "In-Reply-To: <b1@x>\n");
    const struct uuid larger = conversation_of(&b2);
    const int64_t version = version_of(&a1), notes = count_rows(&change_table, &of_emails);
    const struct uuid both = deliver("both@x", "References: <a1@x> <b2@x>\n");
    const struct uuid one = conversation_of(&both);
    assert_true(uuid_is_equal(&one, &larger));
    assert_true(are_together(&a1, &both) && are_together(&b1, &both));
    /* nobody did anything to what moved */
    assert_int_equal(version_of(&a1), version);
    assert_int_equal(count_rows(&change_table, &of_emails), notes + 1);
    office_close(&office);
}

/* Makes a conversation one of more e-mails than are moved. */
static void swell(const char *subject, const struct uuid *conversation)
{
    const struct entity *entity = catalog_find_entity(office.house.platform.catalog, "Email");
    const struct row_value value = {stored_column(entity, "conversation"), cell_uuid(conversation)};
    const struct row_condition condition = {stored_column(entity, "subject"), ROW_IS,
                                            cell_text(subject)};
    struct record *records[BATCH];
    struct error error = {0};
    int64_t count = 0;

    office.credentials.basic_name = ADMINISTRATOR;
    for (size_t done = 0, some = 0; done < MANY; done += some) {
        some = MANY - done < BATCH ? MANY - done : BATCH;
        for (size_t i = 0; i < some; i++) {
            records[i] = office_record(&office, "Email", "subject", subject);
        }
        const struct create_multiple_entity_request request = {
            .records = {.is_set = true, .count = some, .items = (void **)records}};
        (void)office_run(&office, "Email", "CreateMultipleEmail", &request);
    }
    office.credentials.basic_name = "postman";
    struct call *call = test_call_begin(&office.house);
    assert_true(row_update(call->connection, call->arena, stored_table(call->catalog, entity),
                           &value, 1, &condition, 1, &count, &error));
    test_call_end(&call);
    assert_int_equal(count, MANY);
}

void test_mail_conversation__what_would_take_long_to_move_stays(void **state)
{
    (void)state;
    open_place();
    const struct uuid a1 = deliver("a1@x", ""), b1 = deliver("b1@x", ""), c1 = deliver("c1@x", "");
    const struct uuid a = conversation_of(&a1), b = conversation_of(&b1);
    swell("A", &a);
    swell("B", &b);
    const struct uuid all = deliver("all@x", "References: <a1@x> <b1@x> <c1@x>\n");
    assert_false(are_together(&a1, &b1));
    assert_true(are_together(&all, &a1) || are_together(&all, &b1));
    assert_true(are_together(&all, &c1));
    office_close(&office);
}

/* ---- what is kept of ids, and by whom ---- */

void test_mail_conversation__of_ids_that_nobody_has_the_nearest_are_kept(void **state)
{
    (void)state;
    const char *references = "References:";
    open_place();
    for (int i = 0; i < 100; i++) {
        references = arena_format(office.arena, "%s <n%d@x>\n", references, i);
    }
    const struct uuid email = deliver("long@x", references);
    const struct uuid conversation = conversation_of(&email);
    const struct row_condition is_its = {"conversation", ROW_IS, cell_uuid(&conversation)};
    assert_int_equal(count_rows(&conversation_id_table, &is_its), 21);
    const struct uuid first = deliver("n0@x", ""), last = deliver("n99@x", "");
    const struct uuid far = deliver("n50@x", "");
    assert_true(are_together(&email, &first) && are_together(&email, &last));
    assert_false(are_together(&email, &far));
    office_close(&office);
}

void test_mail_conversation__no_client_says_which_it_is(void **state)
{
    (void)state;
    open_place();
    const struct uuid email = deliver("a1@x", ""), conversation = conversation_of(&email);
    office.credentials.basic_name = "olga";
    struct record *forged = office_record(&office, "Email", "subject", "Forged");
    *record_value(forged, entity_find_field(forged->entity, "conversation")) =
        (struct value){.state = VALUE_SET, .uuid = conversation};
    const struct create_entity_request request = {.record = forged};
    office_expect(&office, office_try(&office, "Email", "CreateEmail", &request),
                  ERROR_FIELD_NOT_WRITABLE);
    office_close(&office);
}

static void delete_email(const struct uuid *id)
{
    const struct delete_entity_request request = {.id = {.is_set = true, .value = *id}};

    office.credentials.basic_name = ADMINISTRATOR;
    (void)office_run(&office, "Email", "DeleteEmail", &request);
    office.credentials.basic_name = "postman";
}

static void purge_email(const struct uuid *id)
{
    struct reference email = {.entity = catalog_find_entity(office.house.platform.catalog, "Email"),
                              .id = *id};
    const struct purge_deleted_request request = {.record = &email};

    office.credentials.basic_name = ADMINISTRATOR;
    (void)office_run(&office, "RecycleBin", "PurgeDeleted", &request);
    office.credentials.basic_name = "postman";
}

static int64_t count_ids(const struct uuid *conversation)
{
    const struct row_condition is_its = {"conversation", ROW_IS, cell_uuid(conversation)};

    return count_rows(&conversation_id_table, &is_its);
}

/* As long as an e-mail of it is there, or the last one may come back. */
void test_mail_conversation__ids_go_with_the_last_email(void **state)
{
    (void)state;
    open_place();
    const struct uuid a1 = deliver("a1@x", "References: <a0@x> <b0@x>\n");
    const struct uuid a2 = deliver("a2@x", "In-Reply-To: <a1@x>\n");
    const struct uuid other = deliver("c1@x", "");
    const struct uuid conversation = conversation_of(&a1), others = conversation_of(&other);
    assert_true(are_together(&a1, &a2));
    delete_email(&a1);
    purge_email(&a1);
    assert_int_equal(count_ids(&conversation), 4);
    delete_email(&a2);
    assert_int_equal(count_ids(&conversation), 4);
    purge_email(&a2);
    assert_int_equal(count_ids(&conversation), 0);
    assert_int_equal(count_ids(&others), 1);
    const struct uuid anew = deliver("a3@x", "In-Reply-To: <a1@x>\n"); /* begins another */
    assert_int_equal(letters_value(letters_retrieve(&office, "Email", &anew, "conversation", NULL),
                                   "conversation")
                         ->state,
                     VALUE_SET);
    assert_int_equal(count_ids(&conversation), 0);
    office_close(&office);
}

/* More than are dropped at once. */
void test_mail_conversation__many_ids_go_with_it(void **state)
{
    (void)state;
    open_place();
    const struct uuid email = deliver("a1@x", "");
    const struct uuid conversation = conversation_of(&email);
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    for (int i = 0; i < MANY; i++) {
        const struct row_value values[] = {
            {"id", cell_text(arena_format(call->arena, "%064d", i))},
            {"conversation", cell_uuid(&conversation)},
        };
        assert_true(
            row_insert(call->connection, call->arena, &conversation_id_table, values, 2, &error));
    }
    test_call_end(&call);
    assert_int_equal(count_ids(&conversation), MANY + 1);
    delete_email(&email);
    purge_email(&email);
    assert_int_equal(count_ids(&conversation), 0);
    office_close(&office);
}

/* What is restored after them has its place, and is found by its own id. */
void test_mail_conversation__what_is_restored_is_part_of_it_still(void **state)
{
    (void)state;
    open_place();
    const struct uuid a1 = deliver("a1@x", ""), a2 = deliver("a2@x", "In-Reply-To: <a1@x>\n");
    delete_email(&a1);
    delete_email(&a2);
    purge_email(&a1);
    struct reference email = {.entity = catalog_find_entity(office.house.platform.catalog, "Email"),
                              .id = a2};
    const struct undelete_request request = {.record = &email};
    office.credentials.basic_name = ADMINISTRATOR;
    (void)office_run(&office, "RecycleBin", "Undelete", &request);
    office.credentials.basic_name = "postman";
    const struct uuid answer = deliver("a3@x", "In-Reply-To: <a2@x>\n");
    const struct uuid again = deliver("a4@x", "References: <a2@x> <a3@x>\n");
    assert_true(are_together(&a2, &answer) && are_together(&a2, &again));
    office_close(&office);
}

/* ---- other ties ---- */

#define INDEX "AcT9+CUlRgRKMiKZSj+BjT+PHEf8"

void test_mail_conversation__outlook_and_forwards(void **state)
{
    (void)state;
    open_place();
    const struct uuid first =
        deliver("o1@x", "In-Reply-To: <offer@svyaz>\nThread-Index: " INDEX "rQ==\n");
    const struct uuid answer = deliver("o2@x", "Thread-Index: " INDEX "rQAAdMaH\n");
    const struct uuid forward = deliver(
        "o3@x", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
                "Content-Type: message/rfc822\n\nMessage-ID: <o2@x>\nFrom: z@x.org\n\nx\n--b--\n");
    const struct uuid apart = deliver("o4@x", "Thread-Index: " INDEX "rg==\n");
    expect_about(&answer, &account);
    expect_about(&forward, &account);
    expect_about(&apart, NULL);
    assert_true(are_together(&first, &answer) && are_together(&first, &forward));
    assert_false(are_together(&first, &apart));
    office_close(&office);
}

void test_mail_conversation__programs_tie_nothing_by_ids_that_nobody_has(void **state)
{
    (void)state;
    open_place();
    static const char alarm[] = "Auto-Submitted: auto-generated\nReferences: <alarms@robot>\n";
    const struct uuid one = deliver("r1@robot", alarm), two = deliver("r2@robot", alarm);
    assert_false(are_together(&one, &two));
    /* by those that somebody has they do */
    const struct uuid away =
        deliver("away@x", "Auto-Submitted: auto-replied\nIn-Reply-To: <r1@robot>\n");
    assert_true(are_together(&one, &away));
    office_close(&office);
}

void test_mail_conversation__what_clients_wrote_joins_when_it_is_named(void **state)
{
    (void)state;
    open_place();
    office.credentials.basic_name = ADMINISTRATOR;
    struct record *written = office_record(&office, "Email", "subject", "By hand");
    office_set(&office, written, "messageId", "<hand@svyaz>");
    const struct uuid hand = letters_create(&office, written);
    office.credentials.basic_name = "postman";
    const struct uuid answer = deliver("answer@x", "In-Reply-To: <hand@svyaz>\n");
    assert_true(are_together(&hand, &answer));
    office_close(&office);
}

/* ---- what is sent, and filed by hand ---- */

static const char *id_of(const struct uuid *email)
{
    return office_text(&office, letters_retrieve(&office, "Email", email, "messageId", NULL),
                       "messageId");
}

/* A message that olga wrote and sent. */
static struct uuid send_one(const char *in_reply_to)
{
    office.credentials.basic_name = "olga";
    const struct uuid contact = mail_add_contact(&office, "Ann", "ann@example.com", NULL, NULL);
    struct record *draft = mail_draft(&office, "Hello", &contact);
    office_set(&office, draft, "inReplyTo", in_reply_to);
    const struct uuid id = mail_create(&office, draft);
    const struct send_email_request request = {.id = {.is_set = true, .value = id}};
    (void)office_run(&office, "Mail", "SendEmail", &request);
    office.credentials.basic_name = "postman";
    return id;
}

/* Reports that a server sent it under another id. */
static void rename_sent(const struct uuid *id, const char *message_id)
{
    const struct claim_outgoing_emails_request claim = {.limit = {.is_set = true, .value = 1}};
    const struct claim_outgoing_emails_response *claimed =
        office_run(&office, "Mail", "ClaimOutgoingEmails", &claim);
    const struct report_outgoing_email_request told = {.id = {.is_set = true, .value = *id},
                                                       .claim_id = claimed->result->claim_id,
                                                       .outcome = "Sent",
                                                       .message_id = message_id};
    (void)office_run(&office, "Mail", "ReportOutgoingEmail", &told);
}

void test_mail_conversation__answers_to_what_we_sent_are_part_of_it(void **state)
{
    (void)state;
    open_place();
    const struct uuid sent = send_one("unknown@x");
    expect_about(&sent, NULL);
    const char *reference = "References: <%s>\n";
    const struct uuid old = deliver("old@x", arena_format(office.arena, reference, id_of(&sent)));
    rename_sent(&sent, "<given@server.example>");
    const struct uuid new = deliver("new@x", "References: <given@server.example>\n");
    assert_true(are_together(&sent, &old) && are_together(&sent, &new));
    office_close(&office);
}

void test_mail_conversation__what_we_answer_is_about_what_it_is_about(void **state)
{
    (void)state;
    open_place();
    const struct uuid question = deliver("question@x", "In-Reply-To: <offer@svyaz>\n");
    const struct uuid sent = send_one("question@x");
    assert_true(are_together(&question, &sent));
    expect_about(&sent, &account);
    office_close(&office);
}
