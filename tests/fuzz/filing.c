/*
 * filing.c - fuzz target: any bytes as a message that is filed in an organisation.
 *
 * A first line that begins with ">" is the envelope: the mailbox ("-" for none) and recipients,
 * with blanks between them. The rest is the message, or, where it begins with "|", the parts of one
 * (read_parsed); it is checked, filed, and filed again, with limits so small that they are met. It
 * is filed as the check said, or refused with a code that says what is wrong with it; the second
 * time nothing is written and the same is told; the original is there byte for byte; what is shown
 * runs nothing, and names of files lead nowhere. Then a user files it by hand, and a lead is made
 * of who wrote it.
 *
 * The organisation is made once: customers, mailboxes of every policy, a queue that opens cases, a
 * message that was sent and may bounce, a conversation, a meeting. After each message its database
 * is what it was before.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/file.h"
#include "metadata/record.h"
#include "mime/reader.h"
#include "query/request.h"
#include "record/file.h"
#include "support/harmless.h"
#include "support/letters.h"
#include "support/mail_office.h"
#include "text/utf8.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SUPPORT "support@svyaz.example"

enum {
    PIECE = 4096,
    DATABASE_MOST = 64 * 1024 * 1024,
    JOURNAL_AT = 18,
    JOURNAL_ROLLBACK = 1,
    ENVELOPE_MOST = 320
};

static const int64_t noon = 1796040000000; /* of 30 November 2026 */

static struct {
    struct office office;
    struct arena *arena; /* the office's, of what lasts */
    const char *file;    /* of the database */
    char *image;         /* its bytes between two messages */
    size_t image_size;
    int64_t last_change; /* by then */
} town;

/* A message as it comes: its bytes, or what a mail program has made of them. */
struct given {
    const char *mailbox;
    struct message_list recipients;
    const char *bytes;
    size_t length;
    struct parsed_email *parsed; /* NULL: its bytes */
};

/* The fields of a message that comes in parts. */
enum part_name {
    PART_ID,
    PART_ANSWERED,
    PART_REFERENCE,
    PART_NAME,
    PART_FROM,
    PART_TO,
    PART_CC,
    PART_SUBJECT,
    PART_FILE,
    PART_KIND,
    PART_CONTENT_ID,
    PARTS
};

static int64_t now(void)
{
    return noon;
}

/* ---- the organisation ---- */

/* The number of the latest change. */
static int64_t last_change(void)
{
    struct call *call = test_call_begin(&town.office.house);
    const struct cell *cells = NULL;
    struct error error = {0};
    struct sql sql;

    sql_begin(&sql, call->arena, database_dialect(town.office.house.platform.database));
    sql_add(&sql, "SELECT MAX(number) FROM svyaz_change");
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    expect(connection_select_row(call->connection, &sql, &cells, &error) && cells != NULL);
    int64_t number = cells[0].integer;
    test_call_end(&call);
    return number;
}

static void set_limits(struct settings *settings)
{
    settings->data.dir = town.office.house.test.options.folder;
    settings->filing.domains = "own.example, svyaz.example";
    settings->filing.match_smartly = true;
    settings->mail.header = 16384;
    settings->mail.header_lines = 200;
    settings->mail.depth = 8;
    settings->mail.parts = 12;
    settings->mail.recipients = 20;
    settings->mail.references = 10;
    settings->mail.text = 4096;
    settings->mail.hops = 10;
    settings->mail.calendar = 16384;
    settings->mail.calendar_components = 12;
}

static void add_mailboxes(void)
{
    static const char *const boxes[][2] = {
        {"all@svyaz.example", "Everything"},    {"replies@svyaz.example", "RepliesOnly"},
        {"known@svyaz.example", "KnownPeople"}, {"record@svyaz.example", "AnyRecord"},
        {"nothing@svyaz.example", "Nothing"},
    };
    struct office *office = &town.office;
    const struct uuid olga = letters_add_user(office, "olga", "olga@svyaz.example", "salesperson");
    const struct uuid queue =
        letters_add_queue(office, "Support", SUPPORT, "incomingFilter", "Everything");

    letters_change(office, "Queue", &queue, "opensCases", "true");
    for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
        const struct uuid box = letters_add_mailbox(office, boxes[i][0], "SystemUser", &olga,
                                                    "filingPolicy", boxes[i][1]);
        letters_change(office, "Mailbox", &box, "matchSmartly", "true");
    }
}

static void send_one(const struct uuid *contact)
{
    struct office *office = &town.office;
    struct record *draft = mail_draft(office, "Our offer", contact);

    office_set(office, draft, "isOutgoing", "true");
    office_set(office, draft, "messageId", "sent@svyaz.example");
    (void)mail_create(office, draft);
}

static void settle(void)
{
    struct office *office = &town.office;
    const struct uuid ann = letters_add(office, "Contact", "lastName", "Ann", "ann@example.com");

    (void)letters_add(office, "Account", "name", "Works", "info@works.example");
    (void)letters_add(office, "Lead", "lastName", "Lee", "lee@example.net");
    (void)office_add_user(office, "postman", "mail-connector");
    add_mailboxes();
    send_one(&ann);
    office->credentials.basic_name = "postman";
    (void)letters_deliver(office,
                          "From: ann@example.com\nTo: " SUPPORT "\nSubject: Pump stands still\n"
                          "Message-ID: <first@example.com>\nDate: Mon, 23 Nov 2026 9:00 +0300\n\n"
                          "Please help.\n",
                          SUPPORT);
    (void)letters_deliver(
        office,
        "From: ann@example.com\nTo: all@svyaz.example\nSubject: Meeting\n"
        "Message-ID: <meet@example.com>\nDate: Mon, 23 Nov 2026 9:00 +0300\nMIME-Version: 1.0\n"
        "Content-Type: text/calendar; charset=utf-8\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\n"
        "BEGIN:VEVENT\nUID:1@x\nSEQUENCE:1\nDTSTAMP:20261123T080000Z\nDTSTART:20261207T090000Z\n"
        "ORGANIZER:mailto:ann@example.com\nATTENDEE:mailto:all@svyaz.example\n"
        "ATTENDEE:mailto:lee@example.net\nEND:VEVENT\nEND:VCALENDAR\n",
        "all@svyaz.example");
}

/* ---- its database ---- */

/* With a journal in memory all that is committed is in the file, and nothing else belongs to it. */
static void take_image(void)
{
    struct error error = {0};

    test_database_run(&town.office.house.test, "PRAGMA journal_mode = MEMORY");
    test_database_run(&town.office.house.test, "PRAGMA synchronous = OFF");
    town.file = arena_format(town.arena, "%s/svyaz.db", town.office.house.test.options.folder);
    expect(file_read(town.arena, town.file, DATABASE_MOST, &town.image, &town.image_size, &error));
    expect(town.image[JOURNAL_AT] == JOURNAL_ROLLBACK);
    town.last_change = last_change();
}

/* The connection sees by the file's head that the file is another. */
static void restore(void)
{
    int file = open(town.file, O_WRONLY | O_CLOEXEC);

    expect(file >= 0);
    for (size_t at = 0; at < town.image_size;) {
        ssize_t length = pwrite(file, town.image + at, town.image_size - at, (off_t)at);
        expect(length > 0);
        at += (size_t)length;
    }
    expect(ftruncate(file, (off_t)town.image_size) == 0);
    close(file);
    expect(last_change() == town.last_change);
}

static void leave(void)
{
    office_close(&town.office);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    mime_readers_serve(*count, *arguments);
    office_open(&town.office);
    town.arena = town.office.arena;
    town.office.house.platform.now = now;
    town.office.house.platform.readers = NULL; /* what is read elsewhere is not seen to be */
    set_limits(&town.office.house.settings);
    settle();
    take_image();
    atexit(leave);
    return 0;
}

/* ---- one message ---- */

/* What the door lets through as a text. */
static bool is_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < ' ' && text[i] != '\n') {
            return false;
        }
    }
    return text_is_valid_utf8(text, length);
}

static const char *if_any(const char *text)
{
    return *text == '\0' ? NULL : text;
}

static struct message_list one_of(struct arena *arena, void *item)
{
    struct array items;

    array_init(&items, arena);
    if (item != NULL) {
        array_add(&items, item);
    }
    return (struct message_list){.is_set = true, .count = items.count, .items = items.items};
}

static struct parsed_address *address_of(struct arena *arena, const char *name, const char *address)
{
    struct parsed_address *parsed = arena_allocate(arena, sizeof(*parsed));

    *parsed = (struct parsed_address){.name = name, .address = address};
    return *address == '\0' ? NULL : parsed;
}

static struct parsed_attachment *attachment_of(struct arena *arena, char *const *fields,
                                               const char *bytes, size_t length)
{
    struct letter *letter = arena_allocate(arena, sizeof(*letter));
    struct parsed_attachment *attachment = arena_allocate(arena, sizeof(*attachment));

    *attachment = (struct parsed_attachment){.name = if_any(fields[PART_FILE]),
                                             .media_type = if_any(fields[PART_KIND]),
                                             .content_id = if_any(fields[PART_CONTENT_ID]),
                                             .content = letter_put(letter, bytes, length)};
    return length == 0 ? NULL : attachment;
}

/* "|" and the fields, with "|" between them; the text, the HTML and a file, with form feeds between
 * them. NULL: it is nothing of the kind. */
static struct parsed_email *read_parsed(struct arena *arena, const char *data, size_t size)
{
    struct parsed_email *parsed = arena_allocate(arena, sizeof(*parsed));
    char *rest = arena_copy_part(arena, data, size), *fields[PARTS];
    char *line = strsep(&rest, "\n"), *text = strsep(&rest, "\f"), *html = strsep(&rest, "\f");

    if (*strsep(&line, "|") != '\0' || rest == NULL || !is_text(text, strlen(text)) ||
        !is_text(html, strlen(html))) {
        return NULL;
    }
    for (size_t i = 0; i < PARTS; i++) {
        fields[i] = line == NULL ? NULL : strsep(&line, "|");
        if (fields[i] == NULL || !is_text(fields[i], strlen(fields[i]))) {
            return NULL;
        }
    }
    const char *from = fields[PART_FROM];
    *parsed = (struct parsed_email){
        .message_id = if_any(fields[PART_ID]),
        .in_reply_to = if_any(fields[PART_ANSWERED]),
        .references = one_of(arena, fields[PART_REFERENCE]),
        .sent_on = {.is_set = true, .value = noon},
        .from = address_of(arena, if_any(fields[PART_NAME]), *from == '\0' ? "x" : from),
        .to = one_of(arena, address_of(arena, NULL, fields[PART_TO])),
        .cc = one_of(arena, address_of(arena, fields[PART_NAME], fields[PART_CC])),
        .subject = if_any(fields[PART_SUBJECT]),
        .text = if_any(text),
        .html = if_any(html),
        .attachments = one_of(
            arena, attachment_of(arena, fields, rest, size - (size_t)(rest - fields[0]) - 1)),
    };
    return parsed;
}

static void read_envelope(struct arena *arena, char *line, struct given *given)
{
    struct array recipients;
    char *rest = NULL;
    const char *mailbox = strtok_r(line, " ", &rest);

    array_init(&recipients, arena);
    for (char *word = NULL; (word = strtok_r(NULL, " ", &rest)) != NULL;) {
        array_add(&recipients, word);
    }
    given->recipients =
        (struct message_list){.is_set = true, .count = recipients.count, .items = recipients.items};
    given->mailbox = strcmp(mailbox, "-") != 0 ? mailbox : NULL;
}

static struct given read_input(struct arena *arena, const char *data, size_t size)
{
    struct given given = {.mailbox = SUPPORT, .bytes = data, .length = size};
    const char *end = size > 0 && data[0] == '>' ? memchr(data, '\n', size) : NULL;

    if (size > 0 && data[0] == '|') {
        given.parsed = read_parsed(arena, data, size);
    }
    if (end != NULL) {
        size_t length = (size_t)(end - data - 1);
        given.bytes = end + 1;
        given.length = size - length - 2;
        if (length > 0 && length < ENVELOPE_MOST && data[1] != ' ' && is_text(data + 1, length)) {
            read_envelope(arena, arena_copy_part(arena, data + 1, length), &given);
        }
    }
    return given;
}

static const struct incoming_email_check *check(const struct given *given)
{
    struct letter letter;
    const struct check_incoming_email_request request = {
        .message = given->parsed == NULL ? letter_put(&letter, given->bytes, given->length) : NULL,
        .recipients = given->recipients,
        .mailbox = given->mailbox,
        .parsed = given->parsed,
    };
    const struct check_incoming_email_response *response =
        office_try(&town.office, "Mail", "CheckIncomingEmail", &request);

    return response == NULL ? NULL : response->result;
}

static const struct delivered_email *deliver(const struct given *given)
{
    struct letter letter;
    const struct deliver_incoming_email_request request = {
        .message = given->parsed == NULL ? letter_put(&letter, given->bytes, given->length) : NULL,
        .recipients = given->recipients,
        .mailbox = given->mailbox,
        .parsed = given->parsed,
    };
    const struct deliver_incoming_email_response *response =
        office_try(&town.office, "Mail", "DeliverIncomingEmail", &request);

    return response == NULL ? NULL : response->result;
}

/* ---- what became of it ---- */

static void expect_original(const struct value *original, const struct given *given)
{
    struct call *call = test_call_begin(&town.office.house);
    struct file *file = NULL;
    struct error error = {0};
    char bytes[PIECE];
    size_t at = 0, length = 0;

    expect(original->state == VALUE_SET && original->file->size == (int64_t)given->length);
    expect(file_open(call, &original->file->id, &file, &error));
    do {
        expect(file->read(file, bytes, sizeof(bytes), &length, &error));
        expect(at + length <= given->length && memcmp(given->bytes + at, bytes, length) == 0);
        at += length;
    } while (length > 0);
    expect(at == given->length);
    test_call_end(&call);
}

/* The files that came with it. */
static void expect_names(const struct uuid *id, int64_t count)
{
    char text[UUID_TEXT_SIZE];
    struct condition_request condition = {.field = "regarding", .operator= "eq" };
    void *conditions[] = {&condition};
    struct filter_request filter = {
        .conditions = {.is_set = true, .count = 1, .items = conditions}};
    struct query_request query = {.filter = &filter};
    const struct retrieve_multiple_entity_request request = {.query = &query};

    uuid_format(id, text);
    condition.values = office_list(&town.office, text, NULL);
    query.columns = office_list(&town.office, "fileName", "document", NULL);
    const struct retrieve_multiple_entity_response *response =
        office_run(&town.office, "Note", "RetrieveMultipleNote", &request);
    const struct message_list *notes = &response->page->records;
    expect((int64_t)notes->count == count);
    for (size_t i = 0; i < notes->count; i++) {
        const char *name = letters_value(notes->items[i], "fileName")->text;
        expect(harmless_is_name(name));
        expect(strcmp(letters_value(notes->items[i], "document")->file->name, name) == 0);
    }
}

static void expect_filed(const struct delivered_email *filed, const struct given *given)
{
    const struct record *email = letters_retrieve(&town.office, "Email", &filed->id.value,
                                                  "original", "description", "mimeType", NULL);
    const struct value *text = letters_value(email, "description");
    const char *type = letters_value(email, "mimeType")->text;

    if (given->parsed == NULL) {
        expect_original(letters_value(email, "original"), given);
    }
    expect_names(&filed->id.value, filed->attachments.value);
    expect(strcmp(type, "text/html") == 0 || strcmp(type, "text/plain") == 0);
    if (strcmp(type, "text/html") == 0 && text->state == VALUE_SET) {
        expect(harmless_is_html(text->text));
    }
}

/* Codes that tell the sender what is wrong with his message, or his envelope. */
static bool is_refusal(enum error_code code)
{
    return code == ERROR_VALUE_INVALID || code == ERROR_VALUE_TOO_LONG ||
           code == ERROR_LIMIT_EXCEEDED;
}

static void expect_again(const struct delivered_email *first, const struct given *given)
{
    int64_t before = last_change();
    const struct delivered_email *again = deliver(given);

    expect(again != NULL && !again->created.value && again->filed.value == first->filed.value);
    expect(last_change() == before);
    if (first->filed.value) {
        expect(uuid_is_equal(&again->id.value, &first->id.value) &&
               again->version.value == first->version.value);
    } else {
        expect(strcmp(again->reason, first->reason) == 0 && before == town.last_change);
    }
}

/* What people do with it; each is done, or is their mistake. */
static const void *ask_as(const char *user, const char *operation, const void *request)
{
    const char *postman = town.office.credentials.basic_name;

    town.office.credentials.basic_name = user;
    const void *response = office_try(&town.office, "Mail", operation, request);
    town.office.credentials.basic_name = postman;
    expect(response != NULL || error_kind(town.office.error.code)->is_client_fault);
    return response;
}

/* A user files it by hand, twice. */
static const struct promoted_email *promote(const struct given *given)
{
    struct letter letter;
    const struct promote_email_request request = {
        .message = letter_put(&letter, given->bytes, given->length)};
    const struct promote_email_response *response = ask_as("olga", "PromoteEmail", &request);

    return response == NULL ? NULL : response->result;
}

static void expect_by_hand(const struct given *given)
{
    const struct promoted_email *first = promote(given);
    int64_t before = last_change();
    const struct promoted_email *again = first == NULL ? NULL : promote(given);

    if (first != NULL) {
        expect(again != NULL && !again->created.value && last_change() == before);
        expect(uuid_is_equal(&again->id.value, &first->id.value));
    }
}

static void make_lead(const struct delivered_email *filed)
{
    const struct convert_email_to_lead_request request = {.id = filed->id};

    if (filed->filed.value) {
        (void)ask_as(ADMINISTRATOR, "ConvertEmailToLead", &request);
    }
}

static void file_message(const struct given *given)
{
    const struct incoming_email_check *checked = check(given);
    enum error_code code = town.office.error.code;
    const struct delivered_email *filed = deliver(given);

    if (filed == NULL) {
        expect(checked == NULL && code == town.office.error.code && is_refusal(code));
        expect(last_change() == town.last_change);
        return;
    }
    expect(checked != NULL && checked->deliverable.value == filed->created.value);
    if (filed->created.value) {
        expect_filed(filed, given);
    }
    expect_again(filed, given);
    if (given->parsed == NULL) {
        expect_by_hand(given);
    }
    make_lead(filed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    town.office.arena = arena_create();
    const struct given given = read_input(town.office.arena, (const char *)data, size);

    file_message(&given);
    arena_destroy(&town.office.arena);
    town.office.arena = town.arena;
    restore();
    return 0;
}
