/*
 * test_mail.c - messages that come in: each becomes an e-mail, once, of those whom it concerns.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "database/database.h"
#include "database/row.h"
#include "database/sql.h"
#include "generated/messages.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "query/tables.h"
#include "record/file.h"
#include "support/letters.h"

enum { COPIES = 4, FILE_MOST = 1024 * 1024 };

static struct office office;

/* ---- what became of it ---- */

static const char *bytes_of(const struct file *kept)
{
    struct call *call = test_call_begin(&office.house);
    struct file *file = NULL;
    struct error error = {0};
    struct buffer bytes;
    size_t length = 0;

    buffer_init(&bytes, office.arena, 64);
    assert_true(file_open(call, &kept->id, &file, &error));
    do {
        char *room = buffer_reserve(&bytes, FILE_MOST);
        assert_true(file->read(file, room, FILE_MOST, &length, &error));
        buffer_commit(&bytes, length);
    } while (length > 0);
    test_call_end(&call);
    return bytes.bytes;
}

/* ---- filed ---- */

void test_mail__becomes_an_email_that_was_received(void **state)
{
    (void)state;
    office_open(&office);
    const char *letter = letters_write(&office, "Ann <ann@example.com>", "a1@example.com", "");
    const struct delivered_email *result = letters_deliver(&office, letter, NULL);
    assert_true(result->created.value);
    assert_string_equal(result->reason, "AcceptAll");
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "subject", "description", "mimeType",
                         "messageId", "sender", "sentOn", "isOutgoing", "statusReason", "state",
                         "original", "from", "to", "toRecipients", "messageKind", NULL);
    assert_string_equal(office_text(&office, email, "subject"), "Order");
    assert_string_equal(office_text(&office, email, "description"), "Please send three.\n");
    assert_string_equal(office_text(&office, email, "mimeType"), "text/plain");
    assert_string_equal(office_text(&office, email, "messageId"), "a1@example.com");
    assert_string_equal(office_text(&office, email, "sentOn"), "2024-01-01T09:00:00Z");
    assert_string_equal(office_text(&office, email, "isOutgoing"), "false");
    assert_string_equal(office_text(&office, email, "state"), "Completed");
    assert_string_equal(office_text(&office, email, "statusReason"), "Received");
    assert_string_equal(office_text(&office, email, "messageKind"), "Ordinary");
    assert_string_equal(office_text(&office, email, "toRecipients"), "sales@svyaz.example");
    assert_string_equal(letters_value(email, "from")->parties.items[0].name, "Ann");
    assert_null(letters_value(email, "to")->parties.items[0].name);
    assert_string_equal(bytes_of(letters_value(email, "original")->file), letter);
    office_close(&office);
}

void test_mail__its_files_become_notes_of_the_email(void **state)
{
    (void)state;
    office_open(&office);
    const struct delivered_email *result = letters_deliver(
        &office,
        letters_write(&office, "ann@example.com", "a1@x",
                      "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
                      "--b\n\nhi\n--b\nContent-Type: text/csv; name=\"../a.csv\"\n"
                      "Content-Transfer-Encoding: base64\n\nMTsyCg==\n--b\n"
                      "Content-Type: image/png\nContent-ID: <i@x>\n"
                      "Content-Disposition: inline\n\npng\n--b--\n"),
        NULL);
    assert_int_equal(result->attachments.value, 2);
    assert_int_equal(letters_count(&office, "Note"), 2);
    const struct query_request query = {
        .columns = office_list(&office, "subject", "document", "contentId", "regarding", NULL)};
    const struct retrieve_multiple_entity_request request = {.query =
                                                                 (struct query_request *)&query};
    const struct retrieve_multiple_entity_response *response =
        office_run(&office, "Note", "RetrieveMultipleNote", &request);
    bool has_inline = false;
    for (size_t i = 0; i < response->page->records.count; i++) {
        const struct record *note = response->page->records.items[i];
        bool is_inline = office_text(&office, note, "contentId") != NULL;
        has_inline |= is_inline;
        assert_string_equal(office_text(&office, note, "subject"),
                            is_inline ? "attachment-2.png" : "a.csv");
        assert_string_equal(bytes_of(letters_value(note, "document")->file),
                            is_inline ? "png" : "1;2\n");
        assert_true(
            uuid_is_equal(&letters_value(note, "regarding")->reference.id, &result->id.value));
    }
    assert_true(has_inline);
    office_close(&office);
}

void test_mail__what_the_writer_wishes_is_kept(void **state)
{
    (void)state;
    office_open(&office);
    const struct delivered_email *result =
        letters_deliver(&office,
                        letters_write(&office, "ann@example.com", "a1@x",
                                      "Reply-To: Bob <bob@example.net>\nX-Priority: 1 (Highest)\n"
                                      "Return-Receipt-To: ann@example.com\n"
                                      "Disposition-Notification-To: ann@example.com\n"),
                        NULL);
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "priority", "readReceiptRequested",
                         "deliveryReceiptRequested", "replyTo", NULL);
    assert_string_equal(office_text(&office, email, "replyTo"), "bob@example.net");
    assert_string_equal(office_text(&office, email, "priority"), "High");
    assert_string_equal(office_text(&office, email, "readReceiptRequested"), "true");
    assert_string_equal(office_text(&office, email, "deliveryReceiptRequested"), "true");
    office_close(&office);
}

/* ---- once ---- */

void test_mail__is_filed_once_through_however_many_mailboxes(void **state)
{
    (void)state;
    office_open(&office);
    const char *letter = letters_write(&office, "ann@example.com", "a1@Example.COM", "");
    const struct uuid boss = office_add_user(&office, "boss", "salesperson");
    struct record *user =
        office_record(&office, "SystemUser", "internalEmailAddress", "Boss@svyaz.example");
    *record_value(user, user->entity->id) = (struct value){.state = VALUE_SET, .uuid = boss};
    const struct update_entity_request change = {.record = user};
    (void)office_run(&office, "SystemUser", "UpdateSystemUser", &change);

    const struct delivered_email *first = letters_deliver(&office, letter, "sales@svyaz.example");
    const struct delivered_email *again = letters_deliver(&office, letter, "sales@svyaz.example");
    const struct delivered_email *other = letters_deliver(&office, letter, "boss@svyaz.example");
    const struct delivered_email *relayed =
        letters_deliver(&office,
                        letters_write(&office, "ann@example.com", "new@relay.example",
                                      "Received: by relay; Mon, 1 Jan 2024 12:00:05 +0300\n"),
                        "third@svyaz.example");
    assert_true(first->created.value);
    assert_false(again->created.value || other->created.value || relayed->created.value);
    assert_string_equal(again->reason, "Duplicate");
    assert_int_equal(again->version.value, 1);
    assert_int_equal(relayed->version.value, 3);
    assert_int_equal(letters_count(&office, "Email"), 1);
    const struct record *email =
        letters_retrieve(&office, "Email", &first->id.value, "to", "bcc", NULL);
    const struct value *bcc = letters_value(email, "bcc");
    assert_int_equal(letters_value(email, "to")->parties.count, 1);
    assert_int_equal(bcc->parties.count, 2);
    assert_true(uuid_is_equal(&bcc->parties.items[0].reference.id, &boss));
    assert_string_equal(bcc->parties.items[1].address, "third@svyaz.example");
    office_close(&office);
}

/* An id that another message has makes no duplicate of it: nothing is lost. */
void test_mail__a_used_id_hides_no_message(void **state)
{
    (void)state;
    office_open(&office);
    (void)letters_deliver(&office, letters_write(&office, "ann@example.com", "same@x", ""), NULL);
    const char *second = "From: robot@x.org\nDate: Tue, 2 Jan 2024 12:00:00 +0300\n"
                         "Message-ID: <same@x>\nSubject: Alarm\n\nFire.\n";
    const struct delivered_email *result = letters_deliver(&office, second, NULL);
    assert_true(result->created.value);
    assert_false(letters_deliver(&office, second, NULL)->created.value);
    assert_int_equal(letters_count(&office, "Email"), 2);
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "messageId", NULL);
    assert_null(office_text(&office, email, "messageId"));
    office_close(&office);
}

struct copy {
    struct letter letter;
    const char *text, *mailbox;
    struct arena *arena;
    struct deliver_incoming_email_response response;
    struct error error;
    bool is_done;
};

static bool keep_response(void *context, struct call *call, const struct operation *operation,
                          const void *response, struct error *error)
{
    (void)call;
    (void)operation;
    (void)error;
    ((struct copy *)context)->response = *(const struct deliver_incoming_email_response *)response;
    return true;
}

static void *run_copy(void *context)
{
    struct copy *copy = context;
    struct call *call = call_make(copy->arena, &office.house.platform);
    const struct message_codec codec = {.encode = keep_response, .context = copy};
    const struct deliver_incoming_email_request request = {
        .message = letter_put(&copy->letter, copy->text, strlen(copy->text)),
        .mailbox = copy->mailbox};

    copy->is_done = service_run(call, office_operation(&office, "Mail", "DeliverIncomingEmail"),
                                &office.credentials, &request, &codec, &copy->error);
    return NULL;
}

/* By its id, and by its content alone. */
void test_mail__of_copies_that_race_one_is_filed(void **state)
{
    (void)state;
    office_open(&office);
    for (int round = 0; round < 6; round++) {
        struct copy copies[COPIES] = {{.is_done = false}};
        pthread_t threads[COPIES];
        int created = 0;
        for (size_t i = 0; i < COPIES; i++) {
            const char *id =
                arena_format(office.arena, "r%d-%d@x", round, round % 2 == 0 ? 0 : (int)i);
            copies[i].text =
                letters_write(&office, arena_format(office.arena, "r%d@x.org", round), id, "");
            copies[i].mailbox = arena_format(office.arena, "box%zu@x.org", i);
            copies[i].arena = arena_create();
        }
        for (size_t i = 0; i < COPIES; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, run_copy, &copies[i]), 0);
        }
        for (size_t i = 0; i < COPIES; i++) {
            pthread_join(threads[i], NULL);
            if (!copies[i].is_done) {
                fail_msg("%s (%s)", copies[i].error.message, copies[i].error.cause);
            }
            created += copies[i].response.result->created.value;
            assert_true(uuid_is_equal(&copies[i].response.result->id.value,
                                      &copies[0].response.result->id.value));
        }
        assert_int_equal(created, 1);
        const struct record *email =
            letters_retrieve(&office, "Email", &copies[0].response.result->id.value, "bcc", NULL);
        assert_int_equal(letters_value(email, "bcc")->parties.count, COPIES);
        for (size_t i = 0; i < COPIES; i++) {
            arena_destroy(&copies[i].arena);
        }
    }
    assert_int_equal(letters_count(&office, "Email"), 6);
    office_close(&office);
}

/* ---- whose it is ---- */

void test_mail__every_address_is_tied_to_its_records(void **state)
{
    (void)state;
    office_open(&office);
    (void)letters_add(&office, "Lead", "lastName", "Lead", "ANN@example.com");
    const struct uuid contact =
        letters_add(&office, "Contact", "lastName", "Ann", "Ann@Example.com");
    const struct uuid account = letters_add(&office, "Account", "name", "Firm", "firm@example.com");
    const struct uuid lead = letters_add(&office, "Lead", "lastName", "Firm's", "firm@example.com");
    const char *letter = letters_write(&office, "ann@EXAMPLE.com", "p1@x",
                                       "Cc: Firm@example.com, nobody@example.com\n");
    const struct incoming_email_check *found = letters_check(&office, letter, NULL);
    assert_string_equal(found->reason, "SenderMatch");
    assert_int_equal(found->candidates.count, 3);
    const struct delivered_email *result = letters_deliver(&office, letter, NULL);
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "from", "cc", NULL);
    const struct value *from = letters_value(email, "from");
    const struct value *cc = letters_value(email, "cc");
    /* One sender: the contact goes before the lead. All recipients. */
    assert_int_equal(from->parties.count, 1);
    assert_true(uuid_is_equal(&from->parties.items[0].reference.id, &contact));
    assert_int_equal(cc->parties.count, 3);
    assert_true(uuid_is_equal(&cc->parties.items[0].reference.id, &account));
    assert_true(uuid_is_equal(&cc->parties.items[1].reference.id, &lead));
    assert_null(cc->parties.items[2].reference.entity);
    assert_string_equal(cc->parties.items[2].address, "nobody@example.com");
    office_close(&office);
}

/* Whichever of its two forms a domain was written down in, and whichever comes. */
void test_mail__a_domain_in_letters_is_known_in_ascii(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid ann = letters_add(&office, "Contact", "lastName", "Ann", "ann@почта.рф");
    const struct uuid eve =
        letters_add(&office, "Contact", "lastName", "Eve", "eve@xn--80a1acny.xn--p1ai");
    const char *const letters[] = {
        letters_write(&office, "ann@xn--80a1acny.xn--p1ai", "i1@x", "Cc: eve@Почта.рф\n"),
        letters_write(&office, "ann@ПОЧТА.рф", "i2@x", "Cc: eve@XN--80A1ACNY.xn--p1ai\n"),
    };
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        const struct delivered_email *result = letters_deliver(&office, letters[i], NULL);
        const struct record *email =
            letters_retrieve(&office, "Email", &result->id.value, "from", "cc", NULL);
        assert_true(
            uuid_is_equal(&letters_value(email, "from")->parties.items[0].reference.id, &ann));
        assert_int_equal(letters_value(email, "cc")->parties.count, 1);
        assert_true(
            uuid_is_equal(&letters_value(email, "cc")->parties.items[0].reference.id, &eve));
    }
    office_close(&office);
}

static void merge_contacts(const struct uuid *master, const struct uuid *subordinate)
{
    const struct merge_entity_request request = {
        .id = {.is_set = true, .value = *master},
        .subordinate_id = {.is_set = true, .value = *subordinate},
    };
    (void)office_run(&office, "Contact", "MergeContact", &request);
}

/* Two who were one, and were merged: what either had as its address is the master's. */
void test_mail__the_address_of_who_was_merged_is_the_masters(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid gone = letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    const struct uuid master = letters_add(&office, "Contact", "lastName", "A.", "ann@example.com");
    const struct uuid old = letters_add(&office, "Contact", "lastName", "Old", "old@example.com");
    const struct uuid *const merged[] = {&gone, &old};
    for (size_t i = 0; i < 2; i++) {
        merge_contacts(&master, merged[i]);
    }
    const struct delivered_email *result = letters_deliver(
        &office, letters_write(&office, "ann@example.com", "g1@x", "Cc: old@example.com\n"), NULL);
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "from", "cc", NULL);
    const struct value *from = letters_value(email, "from");
    const struct value *cc = letters_value(email, "cc");
    assert_int_equal(from->parties.count, 1);
    assert_true(uuid_is_equal(&from->parties.items[0].reference.id, &master));
    assert_int_equal(cc->parties.count, 1);
    assert_true(uuid_is_equal(&cc->parties.items[0].reference.id, &master));
    office_close(&office);
}

/* However often the one who was left was merged again. */
void test_mail__the_address_of_who_was_merged_twice_is_the_last_ones(void **state)
{
    enum { CONTACTS = 4 };
    struct uuid contacts[CONTACTS];
    (void)state;
    office_open(&office);
    for (int i = 0; i < CONTACTS; i++) {
        contacts[i] = letters_add(&office, "Contact", "lastName", "Ann",
                                  arena_format(office.arena, "ann%d@example.com", i));
        if (i > 0) {
            merge_contacts(&contacts[i], &contacts[i - 1]);
        }
    }
    const struct delivered_email *result =
        letters_deliver(&office, letters_write(&office, "ann0@example.com", "g2@x", ""), NULL);
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "from", NULL);
    const struct value *from = letters_value(email, "from");
    assert_int_equal(from->parties.count, 1);
    assert_true(uuid_is_equal(&from->parties.items[0].reference.id, &contacts[CONTACTS - 1]));
    office_close(&office);
}

/* More than a hundred have it: it names nobody. */
void test_mail__an_address_of_too_many_is_nobodys(void **state)
{
    (void)state;
    office_open(&office);
    for (int i = 0; i < 101; i++) {
        (void)letters_add(&office, "Contact", "lastName", arena_format(office.arena, "C%d", i),
                          "info@example.com");
    }
    const struct uuid other = letters_add(&office, "Contact", "lastName", "O", "other@example.com");
    const struct delivered_email *result = letters_deliver(
        &office, letters_write(&office, "info@example.com", "c1@x", "Cc: other@example.com\n"),
        NULL);
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "from", "cc", NULL);
    assert_null(letters_value(email, "from")->parties.items[0].reference.entity);
    assert_true(uuid_is_equal(&letters_value(email, "cc")->parties.items[0].reference.id, &other));
    office_close(&office);
}

void test_mail__an_answer_is_about_what_it_answers(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid account = letters_add(&office, "Account", "name", "Firm", "firm@example.com");
    struct record *offer = office_record(&office, "Email", "subject", "Offer");
    office_set(&office, offer, "messageId", "<offer@svyaz>");
    struct value *regarding = record_value(offer, entity_find_field(offer->entity, "regarding"));
    *regarding = (struct value){
        .state = VALUE_SET,
        .reference = {.entity = catalog_find_entity(office.house.platform.catalog, "Account"),
                      .id = account}};
    const struct uuid offer_id = letters_create(&office, offer);
    const char *answer =
        letters_write(&office, "ann@example.com", "n1@x", "In-Reply-To: <offer@svyaz>\n");
    const struct incoming_email_check *found = letters_check(&office, answer, NULL);
    const struct mail_candidate *first = found->candidates.items[0];
    assert_string_equal(found->reason, "CorrelationMatch");
    assert_string_equal(first->reason, "InReplyTo");
    assert_true(uuid_is_equal(&first->email->id, &offer_id));
    assert_true(uuid_is_equal(&letters_deliver(&office, answer, NULL)->regarding->id, &account));
    /* and so on, by References alone */
    const struct delivered_email *next = letters_deliver(
        &office, letters_write(&office, "bob@example.com", "n2@x", "References: <gone@y> <n1@x>\n"),
        NULL);
    assert_string_equal(next->reason, "CorrelationMatch");
    assert_true(uuid_is_equal(&next->regarding->id, &account));
    /* what nobody here has ever had is what both go on from */
    assert_true(uuid_is_equal(
        &letters_deliver(&office,
                         letters_write(&office, "c@example.com", "n3@x", "References: <gone@y>\n"),
                         NULL)
             ->regarding->id,
        &account));
    assert_null(
        letters_deliver(&office,
                        letters_write(&office, "d@example.com", "n4@x", "References: <other@y>\n"),
                        NULL)
            ->regarding);
    office_close(&office);
}

void test_mail__belongs_to_the_user_of_its_mailbox(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid olga = office_add_user(&office, "olga", "salesperson");
    struct record *user =
        office_record(&office, "SystemUser", "internalEmailAddress", "olga@svyaz.example");
    *record_value(user, user->entity->id) = (struct value){.state = VALUE_SET, .uuid = olga};
    const struct update_entity_request change = {.record = user};
    (void)office_run(&office, "SystemUser", "UpdateSystemUser", &change);
    (void)letters_add(&office, "Contact", "lastName", "Admin's", "ann@example.com");
    struct record *own = office_record(&office, "Contact", "lastName", "Olga's");
    office_set(&office, own, "emailAddress1", "ann@example.com");
    *record_value(own, own->entity->owner) = (struct value){
        .state = VALUE_SET,
        .reference = {.entity = catalog_find_entity(office.house.platform.catalog, "SystemUser"),
                      .id = olga}};
    const struct uuid contact = letters_create(&office, own);
    const struct delivered_email *result = letters_deliver(
        &office, letters_write(&office, "ann@example.com", "o1@x", ""), "Olga@svyaz.example");
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "owner", "from", NULL);
    assert_true(uuid_is_equal(&letters_value(email, "owner")->reference.id, &olga));
    assert_true(
        uuid_is_equal(&letters_value(email, "from")->parties.items[0].reference.id, &contact));
    office_close(&office);
}

/* ---- who may ---- */

void test_mail__is_brought_by_the_connector_and_not_by_anybody(void **state)
{
    (void)state;
    office_open(&office);
    (void)office_add_user(&office, "postman", "mail-connector");
    (void)office_add_user(&office, "olga", "salesperson");
    (void)letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    const char *letter = letters_write(&office, "ann@example.com", "w1@x",
                                       "MIME-Version: 1.0\nContent-Type: application/pdf\n");
    office.credentials.basic_name = "postman";
    const struct delivered_email *result =
        letters_deliver(&office, letter, "postman@svyaz.example");
    assert_string_equal(result->reason, "SenderMatch");
    assert_int_equal(result->attachments.value, 1);
    assert_false(letters_deliver(&office, letter, "second@svyaz.example")->created.value);
    office.credentials.basic_name = "olga";
    office_expect(&office, letters_try(&office, letter, NULL), ERROR_NOT_ALLOWED);
    office_close(&office);
}

/* ---- what is refused, and what stays ---- */

void test_mail__recipients_of_the_envelope_are_bounded(void **state)
{
    char *address = NULL;
    struct letter letter;
    const char *text = NULL;

    (void)state;
    office_open(&office);
    text = letters_write(&office, "ann@example.com", "e1@x", "");
    address = arena_allocate(office.arena, 400);
    memset(address, 'a', 321);
    struct deliver_incoming_email_request request = {
        .message = letter_put(&letter, text, strlen(text)),
        .recipients = office_list(&office, address, NULL)};
    office_expect(&office, office_try(&office, "Mail", "DeliverIncomingEmail", &request),
                  ERROR_VALUE_TOO_LONG);
    /* What counts are characters, as for who takes the message from a mail server. */
    *address = '\0';
    for (int i = 0; i < 200; i++) {
        strcat(address, i < 190 ? "Ж" : i == 190 ? "@" : "x");
    }
    office.credentials.basic_name = ADMINISTRATOR;
    (void)office_run(&office, "Mail", "DeliverIncomingEmail", &request);
    office.house.settings.mail.recipients = 1;
    request.recipients = office_list(&office, "a@x.org", "b@x.org", NULL);
    office_expect(&office, office_try(&office, "Mail", "DeliverIncomingEmail", &request),
                  ERROR_LIMIT_EXCEEDED);
    office_close(&office);
}

/* A mark that no party is read with: a row that is written again is without it. */
static void mark_parties(const struct uuid *id)
{
    const struct row_value mark = {"party_entity", cell_text("Contact")};
    const struct row_condition of_record = {"record_id", ROW_IS, cell_uuid(id)};
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};

    assert_true(row_update(call->connection, call->arena, &party_table, &mark, 1, &of_record, 1,
                           NULL, &error));
    test_call_end(&call);
}

static int64_t count_parties(const struct uuid *id, bool is_marked)
{
    const struct row_condition conditions[] = {{"record_id", ROW_IS, cell_uuid(id)},
                                               {.column = "party_entity",
                                                .test = is_marked ? ROW_IS : ROW_IS_NULL,
                                                .cell = cell_text("Contact")}};
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    int64_t count = 0;

    assert_true(
        row_count(call->connection, call->arena, &party_table, conditions, 2, &count, &error));
    test_call_end(&call);
    return count;
}

/* Copies for few of many recipients: each writes those who are new, however many there are. */
void test_mail__a_copy_writes_only_those_who_are_new(void **state)
{
    enum { COPIES_IN_ROW = 5, AT_ONCE = 40 };
    struct uuid id = {{0}};

    (void)state;
    office_open(&office);
    const char *text = letters_write(&office, "ann@example.com", "many@x", "");
    for (int copy = 0; copy < COPIES_IN_ROW; copy++) {
        struct letter letter;
        struct message_list recipients = {
            .is_set = true,
            .count = AT_ONCE + 1,
            .items = arena_allocate_array(office.arena, AT_ONCE + 1, sizeof(void *))};
        for (int i = 0; i < AT_ONCE; i++) {
            /* half of them got the copy before, too */
            recipients.items[i] =
                (void *)arena_format(office.arena, "r%d@example.com", copy * AT_ONCE / 2 + i);
        }
        recipients.items[AT_ONCE] = recipients.items[AT_ONCE - 1]; /* named twice */
        const struct deliver_incoming_email_request request = {
            .message = letter_put(&letter, text, strlen(text)), .recipients = recipients};
        const struct deliver_incoming_email_response *response =
            office_run(&office, "Mail", "DeliverIncomingEmail", &request);
        id = response->result->id.value;
        if (copy > 0) {
            assert_int_equal(count_parties(&id, false), AT_ONCE / 2);
        }
        mark_parties(&id);
    }
    /* from, to, and the recipients */
    assert_int_equal(count_parties(&id, true), 2 + AT_ONCE + (COPIES_IN_ROW - 1) * AT_ONCE / 2);
    office_close(&office);
}

static int64_t count_files(void)
{
    struct call *call = test_call_begin(&office.house);
    const struct cell *cells = NULL;
    struct error error = {0};
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql_add(&sql, "SELECT COUNT(*) FROM ");
    sql_add_name(&sql, file_table.name);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    assert_true(connection_select_row(call->connection, &sql, &cells, &error));
    int64_t files = cells[0].integer;
    test_call_end(&call);
    return files;
}

void test_mail__leaves_no_files_where_nothing_was_filed(void **state)
{
    (void)state;
    office_open(&office);
    const char *letter = letters_write(&office, "ann@example.com", "v1@x",
                                       "MIME-Version: 1.0\nContent-Type: application/pdf\n");
    office.is_validate_only = true;
    (void)letters_deliver(&office, letter, NULL);
    office.is_validate_only = false;
    assert_int_equal(letters_count(&office, "Email"), 0);
    assert_int_equal(count_files(), 0);
    (void)letters_deliver(&office, letter, NULL);
    assert_int_equal(count_files(), 2);
    (void)letters_deliver(&office, letter, NULL);
    assert_int_equal(count_files(), 2);
    office_expect(&office, letters_try(&office, "no header", NULL), ERROR_VALUE_INVALID);
    office_close(&office);
}

void test_mail__whatever_was_collected_is_filed(void **state)
{
    glob_t paths;
    int64_t created = 0;

    (void)state;
    office_open(&office);
    assert_int_equal(glob("tests/data/mail/*.eml", 0, NULL, &paths), 0);
    for (size_t i = 0; i < paths.gl_pathc; i++) {
        char *bytes = NULL;
        size_t length = 0;
        struct letter *letter = arena_allocate(office.arena, sizeof(*letter));
        assert_true(
            file_read(office.arena, paths.gl_pathv[i], FILE_MOST, &bytes, &length, &office.error));
        const struct deliver_incoming_email_request request = {
            .message = letter_put(letter, bytes, length)};
        const struct deliver_incoming_email_response *response =
            office_try(&office, "Mail", "DeliverIncomingEmail", &request);
        if (response == NULL) {
            fail_msg("%s: %s (%s)", paths.gl_pathv[i], office.error.message, office.error.cause);
        }
        created += response->result->created.value;
    }
    globfree(&paths);
    assert_int_equal(letters_count(&office, "Email"), created);
    office_close(&office);
}
