/*
 * test_mail_policy.c - which messages a mailbox lets in, whose they are then, and where they wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "support/letters.h"

static struct office office;

/* ---- messages of every sort ---- */

enum sort { REPLY, OF_CUSTOMER, OF_QUEUE, TO_CUSTOMER, OF_STRANGER, INTERNAL, TO_STRANGER, SORTS };

static const char *write(enum sort sort)
{
    static int number;
    static const struct {
        const char *from, *to, *more;
    } sorts[] = {
        [REPLY] = {"x@else.example", "box@svyaz.example", "In-Reply-To: <offer@svyaz>\n"},
        [OF_CUSTOMER] = {"ann@example.com", "box@svyaz.example", ""},
        [OF_QUEUE] = {"partners@partner.example", "box@svyaz.example, z@else.example", ""},
        [TO_CUSTOMER] = {"olga@svyaz.example", "ann@example.com", ""},
        [OF_STRANGER] = {"x@else.example", "box@svyaz.example", ""},
        [INTERNAL] = {"olga@svyaz.example", "box@svyaz.example", "Cc: boss@svyaz.example\n"},
        [TO_STRANGER] = {"olga@svyaz.example", "x@else.example", ""},
    };
    char *id = arena_format(office.arena, "p%d@example.com", ++number);

    return arena_format(office.arena,
                        "From: %s\nTo: %s\nDate: Mon, 1 Jan 2024 12:00:00 +0300\n"
                        "Message-ID: <%s>\nSubject: Order\n%s\nText of %s.\n",
                        sorts[sort].from, sorts[sort].to, id, sorts[sort].more, id);
}

static struct uuid olga;

static void open_place(void)
{
    office_open(&office);
    olga = letters_add_user(&office, "olga", "olga@svyaz.example", "salesperson");
    (void)letters_add_user(&office, "boss", "boss@svyaz.example", "sales-manager");
    (void)letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    (void)letters_add_queue(&office, "Partners", "partners@partner.example", NULL, NULL);
    struct record *offer = office_record(&office, "Email", "subject", "Offer");
    office_set(&office, offer, "messageId", "offer@svyaz");
    (void)letters_create(&office, offer);
}

/* Checked, and delivered: both say the same, and what is refused leaves nothing. */
static void expect(enum sort sort, const char *mailbox, const char *reason, bool is_filed)
{
    const char *letter = write(sort);
    int64_t before = letters_count(&office, "Email");
    const struct incoming_email_check *found = letters_check(&office, letter, mailbox);
    const struct delivered_email *result = letters_deliver(&office, letter, mailbox);

    if (strcmp(result->reason, reason) != 0) {
        fail_msg("%d: %s, not %s", (int)sort, result->reason, reason);
    }
    assert_string_equal(found->reason, reason);
    assert_int_equal(found->deliverable.value, is_filed);
    assert_int_equal(result->filed.value, is_filed);
    assert_int_equal(result->created.value, is_filed);
    assert_int_equal(result->id.is_set, is_filed);
    assert_int_equal(letters_count(&office, "Email"), before + is_filed);
}

static void expect_all(const char *mailbox, const char *const reasons[SORTS])
{
    for (int sort = 0; sort < SORTS; sort++) {
        bool is_filed =
            strstr("CorrelationMatch SenderMatch RecipientMatch AcceptAll", reasons[sort]) != NULL;
        expect(sort, mailbox, reasons[sort], is_filed);
    }
}

/* ---- policies ---- */

void test_mail_policy__of_a_users_mailbox(void **state)
{
    static const struct {
        const char *policy;
        const char *reasons[SORTS];
    } policies[] = {
        {"Everything",
         {"CorrelationMatch", "SenderMatch", "SenderMatch", "SenderMatch", "AcceptAll",
          "InternalEmailReject", "SenderMatch"}},
        {"RepliesOnly",
         {"CorrelationMatch", "NoCorrelationMatch", "NoCorrelationMatch", "NoCorrelationMatch",
          "NoCorrelationMatch", "NoCorrelationMatch", "NoCorrelationMatch"}},
        {"KnownPeople",
         {"CorrelationMatch", "SenderMatch", "NoRecipientMatch", "SenderMatch", "NoSenderMatch",
          "NoRecipientMatch", "NoRecipientMatch"}},
        {"AnyRecord",
         {"CorrelationMatch", "SenderMatch", "SenderMatch", "SenderMatch", "NoSenderMatch",
          "InternalEmailReject", "SenderMatch"}},
        {"Nothing",
         {"NothingIsFiled", "NothingIsFiled", "NothingIsFiled", "NothingIsFiled", "NothingIsFiled",
          "NothingIsFiled", "NothingIsFiled"}},
    };

    (void)state;
    open_place();
    const struct uuid mailbox =
        letters_add_mailbox(&office, "box@svyaz.example", "SystemUser", &olga, NULL, NULL);
    expect_all("box@svyaz.example", policies[1].reasons); /* unless somebody says otherwise */
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        letters_change(&office, "Mailbox", &mailbox, "filingPolicy", policies[i].policy);
        expect_all("BOX@svyaz.example", policies[i].reasons);
    }
    letters_change(&office, "Mailbox", &mailbox, "filingPolicy", "Everything");
    letters_change(&office, "Mailbox", &mailbox, "incomingDelivery", "None");
    expect(REPLY, "box@svyaz.example", "NothingIsFiled", false);
    letters_change(&office, "Mailbox", &mailbox, "incomingDelivery", "MailServer");
    letters_change(&office, "Mailbox", &mailbox, "state", "Inactive");
    expect(REPLY, "box@svyaz.example", "NothingIsFiled", false);
    office_close(&office);
}

/* A mailbox that leaves it open does as its queue says; the queue's own address too. */
void test_mail_policy__of_a_queue(void **state)
{
    static const char *const everything[SORTS] = {"CorrelationMatch", "SenderMatch", "SenderMatch",
                                                  "SenderMatch",      "AcceptAll",   "SenderMatch",
                                                  "SenderMatch"};
    static const char *const addresses[] = {"box@svyaz.example", "queue@svyaz.example"};

    (void)state;
    open_place();
    const struct uuid queue =
        letters_add_queue(&office, "Sales", "queue@svyaz.example", NULL, NULL);
    const struct uuid mailbox =
        letters_add_mailbox(&office, "box@svyaz.example", "Queue", &queue, NULL, NULL);
    for (size_t i = 0; i < 2; i++) {
        expect(OF_CUSTOMER, addresses[i], "NoCorrelationMatch", false);
        letters_change(&office, "Queue", &queue, "incomingFilter", "KnownPeople");
        expect(OF_CUSTOMER, addresses[i], "SenderMatch", true);
        expect(OF_STRANGER, addresses[i], "NoSenderMatch", false);
        letters_change(&office, "Queue", &queue, "incomingFilter", NULL);
        expect(OF_CUSTOMER, addresses[i], "NoCorrelationMatch", false);
        letters_change(&office, "Queue", &queue, "ignoreUnsolicitedEmail", "false");
        expect_all(addresses[i], everything);
        letters_change(&office, "Queue", &queue, "ignoreUnsolicitedEmail", "true");
        letters_change(&office, "Queue", &queue, "incomingFilter", "RepliesOnly");
    }
    letters_change(&office, "Mailbox", &mailbox, "filingPolicy", "Everything");
    expect(OF_STRANGER, "box@svyaz.example", "AcceptAll", true);
    office_close(&office);
}

/* Where nobody has set up a mailbox, everything comes in but what colleagues write one another. */
void test_mail_policy__where_there_is_no_mailbox(void **state)
{
    (void)state;
    open_place();
    expect(OF_STRANGER, NULL, "AcceptAll", true);
    expect(OF_STRANGER, "nobody@svyaz.example", "AcceptAll", true);
    expect(OF_STRANGER, "olga@svyaz.example", "AcceptAll", true);
    expect(TO_CUSTOMER, "olga@svyaz.example", "SenderMatch", true);
    const char *internal = "From: boss@svyaz.example\nTo: Olga <olga@svyaz.example>\n"
                           "Message-ID: <i1@x>\nSubject: Lunch\n\nNow?\n";
    assert_string_equal(letters_deliver(&office, internal, "olga@svyaz.example")->reason,
                        "InternalEmailReject");
    office_close(&office);
}

/* ---- whose they are, and where they wait ---- */

static bool is_owned_by(const struct uuid *email, const struct uuid *owner)
{
    const struct record *record = letters_retrieve(&office, "Email", email, "owner", NULL);

    return uuid_is_equal(&letters_value(record, "owner")->reference.id, owner);
}

void test_mail_policy__the_holder_owns_what_is_filed(void **state)
{
    (void)state;
    open_place();
    const struct uuid other = office_add_user(&office, "other", "salesperson");
    (void)letters_add_mailbox(&office, "box@svyaz.example", "SystemUser", &olga, "filingPolicy",
                              "Everything");
    const struct uuid queue =
        letters_add_queue(&office, "Sales", "queue@svyaz.example", "incomingFilter", "Everything");
    const struct delivered_email *of_user =
        letters_deliver(&office, write(OF_CUSTOMER), "box@svyaz.example");
    const struct delivered_email *of_queue =
        letters_deliver(&office, write(OF_CUSTOMER), "queue@svyaz.example");
    assert_true(is_owned_by(&of_user->id.value, &olga));
    assert_false(is_owned_by(&of_queue->id.value, &olga));
    struct record *change = office_record(&office, "Queue", "name", "Sales");
    *record_value(change, change->entity->id) = (struct value){.state = VALUE_SET, .uuid = queue};
    letters_refer(&office, change, "primaryUser", "SystemUser", &olga);
    const struct update_entity_request request = {.record = change};
    (void)office_run(&office, "Queue", "UpdateQueue", &request);
    of_queue = letters_deliver(&office, write(OF_CUSTOMER), "queue@svyaz.example");
    assert_true(is_owned_by(&of_queue->id.value, &olga));
    letters_refer(&office, change, "defaultOwner", "SystemUser", &other);
    (void)office_run(&office, "Queue", "UpdateQueue", &request);
    of_queue = letters_deliver(&office, write(OF_CUSTOMER), "queue@svyaz.example");
    assert_true(is_owned_by(&of_queue->id.value, &other));
    assert_int_equal(letters_lying(&office, "Sales", &of_queue->id.value), 1);
    assert_int_equal(letters_lying(&office, "Sales", &of_user->id.value), 0);
    office_close(&office);
}

/* What is admitted and matches nothing is not lost from sight. */
void test_mail_policy__what_matches_nothing_is_unsorted(void **state)
{
    (void)state;
    open_place();
    (void)letters_add_queue(&office, "Sales", "queue@svyaz.example", "incomingFilter",
                            "Everything");
    const struct delivered_email *known = letters_deliver(&office, write(OF_CUSTOMER), NULL);
    assert_int_equal(letters_count(&office, "Queue"), 2);
    const char *letter = write(OF_STRANGER);
    const struct delivered_email *unknown = letters_deliver(&office, letter, NULL);
    const struct delivered_email *in_queue =
        letters_deliver(&office, write(OF_STRANGER), "queue@svyaz.example");
    assert_int_equal(letters_lying(&office, "Unsorted mail", &known->id.value), 0);
    assert_int_equal(letters_lying(&office, "Unsorted mail", &unknown->id.value), 1);
    assert_int_equal(letters_lying(&office, "Unsorted mail", &in_queue->id.value), 0);
    assert_int_equal(letters_lying(&office, "Sales", &in_queue->id.value), 1);
    (void)letters_deliver(&office, letter, NULL);
    assert_int_equal(letters_lying(&office, "Unsorted mail", &unknown->id.value), 1);
    assert_int_equal(letters_count(&office, "Queue"), 3);
    /* A queue of another name that is there. */
    (void)letters_add_queue(&office, "Разное", NULL, NULL, NULL);
    office.house.settings.filing.unsorted_queue = "разное";
    unknown = letters_deliver(&office, write(OF_STRANGER), NULL);
    assert_int_equal(letters_lying(&office, "Разное", &unknown->id.value), 1);
    assert_int_equal(letters_count(&office, "Queue"), 4);
    office_close(&office);
}

/* ---- one message, many mailboxes ---- */

/* In whatever order they bring it: one e-mail, in the queues of those that let it in. */
void test_mail_policy__one_message_through_many_mailboxes_is_one(void **state)
{
    static const char *const policies[] = {"Everything", "RepliesOnly", "KnownPeople", "AnyRecord",
                                           "Nothing"};
    static const bool lets_in[] = {true, false, true, true, false};
    enum { BOXES = 5 };
    char *names[BOXES];

    (void)state;
    open_place();
    for (size_t i = 0; i < BOXES; i++) {
        names[i] = arena_format(office.arena, "q%zu@svyaz.example", i);
        (void)letters_add_queue(&office, names[i], names[i], "incomingFilter", policies[i]);
    }
    for (size_t first = 0; first < BOXES; first++) {
        const char *letter = write(OF_CUSTOMER);
        int64_t before = letters_count(&office, "Email");
        struct uuid id = {{0}};
        for (size_t i = 0; i < 2 * BOXES; i++) {
            size_t box = (first + i * 2) % BOXES;
            const struct delivered_email *result = letters_deliver(&office, letter, names[box]);
            assert_int_equal(result->filed.value, lets_in[box]);
            assert_true(!lets_in[box] || uuid_is_empty(&id) ||
                        uuid_is_equal(&id, &result->id.value));
            id = lets_in[box] ? result->id.value : id;
        }
        assert_int_equal(letters_count(&office, "Email"), before + 1);
        for (size_t i = 0; i < BOXES; i++) {
            assert_int_equal(letters_lying(&office, names[i], &id), lets_in[i]);
        }
    }
    /* All at once, by the envelope. */
    const char *letter = write(OF_CUSTOMER);
    struct letter file;
    const struct deliver_incoming_email_request request = {
        .message = letter_put(&file, letter, strlen(letter)),
        .recipients = office_list(&office, names[1], names[4], names[2], names[0], NULL)};
    const struct deliver_incoming_email_response *response =
        office_run(&office, "Mail", "DeliverIncomingEmail", &request);
    assert_true(response->result->created.value);
    for (size_t i = 0; i < BOXES; i++) {
        assert_int_equal(letters_lying(&office, names[i], &response->result->id.value),
                         i == 0 || i == 2);
    }
    office_close(&office);
}
