/*
 * test_compose.c - messages of ours: what goes into a draft comes out of the message, and no more.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "mime/compose.h"
#include "mime/describe.h"

enum { LINE_MOST = 998, LARGE = 700 * 1024 };

static struct arena *arena;
static struct error error;

/* ---- a draft, and the message it becomes ---- */

struct given_file {
    const char *bytes;
    size_t length, at;
};

static bool read_given(void *context, void *bytes, size_t capacity, size_t *length_out,
                       struct error *ignored)
{
    struct given_file *given = context;
    size_t left = given->length - given->at;

    (void)ignored;
    *length_out = left < capacity ? left : capacity;
    memcpy(bytes, given->bytes + given->at, *length_out);
    given->at += *length_out;
    return true;
}

static struct mime_attachment attach(const char *name, const char *media_type, const char *id,
                                     const char *bytes, size_t length)
{
    struct given_file *given = arena_allocate(arena, sizeof(*given));

    *given = (struct given_file){.bytes = bytes, .length = length};
    return (struct mime_attachment){.name = name,
                                    .media_type = media_type,
                                    .content_id = id,
                                    .size = (int64_t)length,
                                    .source = {.read = read_given, .context = given}};
}

static struct mime_draft plain_draft(void)
{
    static const struct mime_address to[] = {{.address = "ann@example.com"}};

    return (struct mime_draft){
        .message_id = "one@svyaz.example",
        .date = 1704099600000,
        .from = {.name = "Boss", .address = "boss@svyaz.example"},
        .to = {.items = to, .count = 1},
        .subject = "Order",
        .text = "Three, please.\n",
    };
}

static const char *try_compose(const struct mime_draft *draft, size_t *length_out)
{
    struct mime_content *content = NULL;
    struct buffer bytes;
    int64_t size = 0;
    size_t length = 0;

    if (!mime_compose(arena, draft, ordinary_limits().folder, &content, &size, &error)) {
        return NULL;
    }
    buffer_init(&bytes, arena, 1024);
    do {
        char *room = buffer_reserve(&bytes, 4096);
        assert_true(mime_content_read(content, room, 4096, &length, &error));
        buffer_commit(&bytes, length);
    } while (length > 0);
    assert_int_equal(bytes.length, size);
    *length_out = bytes.length;
    return bytes.bytes;
}

static const char *compose(const struct mime_draft *draft)
{
    size_t length = 0;
    const char *bytes = try_compose(draft, &length);

    if (bytes == NULL) {
        fail_msg("%s (%s)", error.message, error.cause);
    }
    return bytes;
}

static const struct mime_message *compose_and_read(const struct mime_draft *draft)
{
    return read_text(arena, compose(draft));
}

/* ASCII lines that end with CR LF and are not too long: what any mail server takes. */
static void expect_clean(const char *bytes)
{
    size_t line = 0;

    for (const char *at = bytes; *at != '\0'; at++) {
        assert_true((unsigned char)*at < 128);
        assert_true((*at == '\n') == (at > bytes && at[-1] == '\r'));
        line = *at == '\n' ? 0 : line + 1;
        assert_true(line <= LINE_MOST + 1);
    }
}

static size_t count_lines_of(const char *bytes, const char *name)
{
    size_t count = 0;

    for (const char *at = bytes; at != NULL && strncmp(at, "\r\n", 2) != 0;) {
        count += strncasecmp(at, name, strlen(name)) == 0;
        at = strstr(at, "\r\n");
        at = at == NULL ? NULL : at + 2;
    }
    return count;
}

/* ---- header ---- */

void test_compose__what_goes_in_comes_out(void **state)
{
    (void)state;
    arena = arena_create();
    static const struct mime_address to[] = {
        {.name = "Анна Ивановна", .address = "Ann@Example.com"},
        {.name = "Doe, \"John\" <j>", .address = "o'neil+tag@x.org"}};
    static const struct mime_address cc[] = {{.address = "cc@x.org"}};
    static const char *const references[] = {"zero@x.org", "first@x.org"};
    struct mime_draft draft = plain_draft();
    draft.from.name = "Отдел продаж";
    draft.to = (struct mime_addresses){.items = to, .count = 2};
    draft.cc = (struct mime_addresses){.items = cc, .count = 1};
    draft.subject = "Заказ № 5 — очень длинная тема письма, которую нельзя уместить в одну строку "
                    "заголовка без переноса; поэтому она кодируется по частям, и каждая цела";
    draft.in_reply_to = "first@x.org";
    draft.references = references;
    draft.reference_count = 2;
    draft.html = "<p>Добрый&nbsp;день!</p><p>Нужно &lt;три&gt;.</p>";
    draft.text = NULL;
    expect_clean(compose(&draft));
    const struct mime_message *message = compose_and_read(&draft);
    assert_string_equal(message->message_id, "one@svyaz.example");
    assert_string_equal(message->subject, draft.subject);
    assert_string_equal(message->from.items[0].name, "Отдел продаж");
    assert_int_equal(message->to.count, 2);
    assert_string_equal(message->to.items[0].name, "Анна Ивановна");
    assert_string_equal(message->to.items[0].address, "Ann@Example.com");
    assert_string_equal(message->to.items[1].name, to[1].name);
    assert_string_equal(message->to.items[1].address, to[1].address);
    assert_string_equal(message->cc.items[0].address, "cc@x.org");
    assert_string_equal(message->in_reply_to, "first@x.org");
    assert_int_equal(message->reference_count, 2);
    assert_string_equal(message->references[0], "zero@x.org");
    assert_int_equal(message->date.moment, draft.date);
    assert_string_equal(message->html, draft.html);
    assert_non_null(strstr(message->text, "Нужно <три>."));
    assert_int_equal(message->kind, MIME_ORDINARY);
    assert_int_equal(message->part_count, 0);
    arena_destroy(&arena);
}

void test_compose__ids_of_any_length_stay_whole(void **state)
{
    (void)state;
    arena = arena_create();
    struct mime_draft draft = plain_draft();
    const char *references[40];
    char *tail = arena_allocate(arena, 201);
    memset(tail, 'x', 200);
    for (size_t i = 0; i < 40; i++) {
        references[i] = arena_format(arena, "%zu.%s@x.org", i, tail);
    }
    draft.in_reply_to = references[39];
    draft.references = references;
    draft.reference_count = 40;
    const char *bytes = compose(&draft);
    expect_clean(bytes);
    const struct mime_message *message = read_text(arena, bytes);
    assert_string_equal(message->in_reply_to, references[39]);
    assert_int_equal(message->reference_count, 40);
    for (size_t i = 0; i < 40; i++) {
        assert_string_equal(message->references[i], references[i]);
    }
    arena_destroy(&arena);
}

void test_compose__marks_are_those_that_were_asked_for(void **state)
{
    (void)state;
    arena = arena_create();
    struct mime_draft draft = plain_draft();
    const char *bare = compose(&draft);
    assert_int_equal(count_lines_of(bare, "Auto-Submitted:"), 0);
    assert_int_equal(count_lines_of(bare, "List-Unsubscribe"), 0);
    draft.is_automatic = draft.is_receipt_wanted = true;
    draft.importance = "high";
    draft.unsubscribe_address =
        "https://svyaz.example/u/a-token-that-is-longer-than-a-line-of-mail-"
        "ought-to-be.0123456789abcdef0123456789abcdef?x=1";
    const char *marked = compose(&draft);
    assert_non_null(strstr(marked, "\r\nAuto-Submitted: auto-generated\r\n"));
    assert_non_null(strstr(marked, "\r\nImportance: high\r\n"));
    assert_non_null(strstr(marked, "\r\nDisposition-Notification-To: <boss@svyaz.example>\r\n"));
    assert_non_null(strstr(
        marked, arena_format(arena, "\r\nList-Unsubscribe: <%s>\r\n", draft.unsubscribe_address)));
    assert_non_null(strstr(marked, "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert_int_equal(read_text(arena, marked)->kind, MIME_AUTOMATIC);
    arena_destroy(&arena);
}

/* ---- nothing gets in between ---- */

void test_compose__nobody_writes_header_lines_of_his_own(void **state)
{
    static const char *const tricks[] = {
        "x\r\nBcc: thief@x.org",
        "x\nBcc: thief@x.org",
        "x\rBcc: thief@x.org",
        "x\r\n\r\nBody",
        "=?utf-8?Q?x=0D=0ABcc:_thief@x.org?=",
        "x\x0B\x0C\x1B\x7F",
        "\r\n",
    };

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
        struct mime_address to = {.name = tricks[i], .address = "ann@example.com"};
        const char *references[] = {tricks[i], "good@x.org"};
        const struct mime_attachment file = attach(tricks[i], tricks[i], tricks[i], "1", 1);
        struct mime_draft draft = plain_draft();
        draft.from.name = draft.subject = tricks[i];
        draft.to = (struct mime_addresses){.items = &to, .count = 1};
        draft.in_reply_to = draft.unsubscribe_address = tricks[i];
        draft.references = references;
        draft.reference_count = 2;
        draft.attachments = &file;
        draft.attachment_count = 1;
        const char *bytes = compose(&draft);
        expect_clean(bytes);
        assert_int_equal(count_lines_of(bytes, "Bcc:"), 0);
        assert_int_equal(count_lines_of(bytes, "From:"), 1);
        const struct mime_message *message = read_text(arena, bytes);
        assert_int_equal(message->bcc.count, 0);
        assert_int_equal(message->to.count, 1);
        assert_int_equal(message->part_count, 1);
        assert_string_equal(message->text, "Three, please.\n");
        assert_string_equal(message->references[message->reference_count - 1], "good@x.org");
    }
    arena_destroy(&arena);
}

#define ANN_TOO_LONG "анна-анна-анна-анна-анна-анна-анна-ааа"

void test_compose__addresses_are_written_as_they_go_over_wires(void **state)
{
    static const char *const forms[][2] = {
        {"o'neil+tag=1@Mail.x-y.example", "o'neil+tag=1@Mail.x-y.example"},
        {"Ann@Почта.рф", "Ann@xn--80a1acny.xn--p1ai"},
        {"Анна@почта.рф", "Анна@xn--80a1acny.xn--p1ai"},
        {"用户@xn--80a1acny.xn--p1ai", "用户@xn--80a1acny.xn--p1ai"},
        {"анна@x.org", "анна@x.org"},
    };

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        assert_string_equal(mime_sendable_address(arena, forms[i][0]), forms[i][1]);
    }
    arena_destroy(&arena);
}

/* In a header everything but the local parts is ASCII, names too, and every reader knows who is
 * meant. */
void test_compose__local_parts_alone_are_beyond_ascii(void **state)
{
    static const struct mime_address to[] = {{.name = "Анна", .address = "анна@почта.рф"},
                                             {.address = "ann@почта.рф"}};

    (void)state;
    arena = arena_create();
    struct mime_draft draft = plain_draft();
    draft.from.address = "boss@почта.рф";
    draft.is_receipt_wanted = true;
    draft.to = (struct mime_addresses){.items = &to[1], .count = 1};
    expect_clean(compose(&draft));
    assert_non_null(strstr(compose(&draft), "To: ann@xn--80a1acny.xn--p1ai\r\n"));
    assert_non_null(strstr(compose(&draft),
                           "\r\nDisposition-Notification-To: <boss@xn--80a1acny.xn--p1ai>\r\n"));
    draft.to = (struct mime_addresses){.items = to, .count = 2};
    const char *bytes = compose(&draft);
    const char *local = strstr(bytes, "<анна@xn--80a1acny.xn--p1ai>");
    assert_non_null(local);
    for (const char *at = bytes; *at != '\0'; at++) {
        assert_true((unsigned char)*at < 128 || (at > local && at <= local + strlen("анна")));
    }
    const struct mime_message *message = read_text(arena, bytes);
    assert_string_equal(message->to.items[0].name, "Анна");
    assert_string_equal(message->to.items[0].compared, "анна@почта.рф");
    assert_string_equal(message->to.items[1].compared, "ann@почта.рф");
    arena_destroy(&arena);
}

void test_compose__addresses_that_are_none_are_refused(void **state)
{
    static const char *const none[] = {"",
                                       "ann",
                                       "@x.org",
                                       "ann@",
                                       "a b@x.org",
                                       "ann@x.org\r\nBcc: thief@x.org",
                                       "ann@x.org,thief@x.org",
                                       "<ann@x.org>",
                                       "ann@x..org",
                                       "ann@.org",
                                       "ан на@x.org",
                                       "ан\u00A0на@x.org",
                                       "анна\u200B@x.org",
                                       "\xD0@x.org",
                                       "ann@поч та.рф",
                                       "ann@почта..рф",
                                       "ann@xn--zzzzzz.com",
                                       ANN_TOO_LONG "@x.org",
                                       "ann@[127.0.0.1]",
                                       "\"ann\"@x.org",
                                       "ann@x.org>",
                                       "a@b@x.org"};

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        const struct mime_address to = {.address = none[i]};
        struct mime_draft draft = plain_draft();
        size_t length = 0;
        draft.cc = (struct mime_addresses){.items = &to, .count = 1};
        assert_null(mime_sendable_address(arena, none[i]));
        assert_null(try_compose(&draft, &length));
        assert_int_equal(error.code, ERROR_VALUE_INVALID);
    }
    arena_destroy(&arena);
}

/* ---- body ---- */

static const char *bytes_of(const struct mime_part *part, size_t length)
{
    char *bytes = arena_allocate(arena, length + 1);
    size_t got = 0, at = 0;

    mime_content_rewind(part->content);
    do {
        assert_true(mime_content_read(part->content, bytes + at, length + 1 - at, &got, &error));
        at += got;
    } while (got > 0 && at <= length);
    assert_int_equal(at, length);
    return bytes;
}

void test_compose__files_arrive_byte_for_byte(void **state)
{
    (void)state;
    arena = arena_create();
    char *large = arena_allocate(arena, LARGE);
    for (size_t i = 0; i < LARGE; i++) {
        large[i] = (char)(i * 2654435761U >> 13);
    }
    const struct mime_attachment files[] = {
        attach("Счёт № 5 «итог».txt", "text/plain", NULL, "a\nb\r\nc\rd\n", 9),
        attach("logo.png", "image/png", "logo@svyaz", "png\0png", 7),
        attach("../../etc/passwd", "nonsense", NULL, "", 0),
        attach("letter.eml", "message/rfc822", NULL, "From: a@x.org\n\nhi\n", 18),
        attach("large.bin", "application/octet-stream", NULL, large, LARGE),
    };
    struct mime_draft draft = plain_draft();
    draft.html = "<p>See <img src=\"cid:logo@svyaz\"></p>";
    draft.attachments = files;
    draft.attachment_count = 5;
    const char *bytes = compose(&draft);
    expect_clean(bytes);
    const struct mime_message *message = read_text(arena, bytes);
    assert_int_equal(message->part_count, 5);
    const struct mime_part *logo = &message->parts[0];
    assert_int_equal(logo->kind, MIME_INLINE);
    assert_string_equal(logo->content_id, "logo@svyaz");
    assert_memory_equal(bytes_of(logo, 7), "png\0png", 7);
    assert_string_equal(message->parts[1].name, "Счёт № 5 «итог».txt");
    assert_memory_equal(bytes_of(&message->parts[1], 9), "a\nb\r\nc\rd\n", 9);
    assert_string_equal(message->parts[2].name, "passwd");
    assert_string_equal(message->parts[2].media_type, "application/octet-stream");
    assert_int_equal(message->parts[2].size, 0);
    assert_memory_equal(bytes_of(&message->parts[3], 18), "From: a@x.org\n\nhi\n", 18);
    assert_memory_equal(bytes_of(&message->parts[4], LARGE), large, LARGE);
    assert_string_equal(message->html, draft.html);
    arena_destroy(&arena);
}

/* Names of files that a parameter of a header can hardly bear. */
void test_compose__any_name_of_a_file_is_written_in_time(void **state)
{
    (void)state;
    arena = arena_create();
    static const char *const pieces[] = {"я", "a", "'", "%",    "\"", " ",
                                         ";", "=", "😀", "*0*=", "\\"};
    for (size_t piece = 0; piece < sizeof(pieces) / sizeof(pieces[0]); piece++) {
        for (size_t count = 1; count < 220; count += 7) {
            struct buffer name;
            buffer_init(&name, arena, 64);
            for (size_t i = 0; i < count; i++) {
                buffer_add_text(&name, pieces[piece]);
            }
            buffer_add_text(&name, "я.txt");
            const struct mime_attachment file = attach(name.bytes, "text/plain", NULL, "1", 1);
            struct mime_draft draft = plain_draft();
            draft.attachments = &file;
            draft.attachment_count = 1;
            const char *bytes = compose(&draft);
            expect_clean(bytes);
            const char *read = read_text(arena, bytes)->parts[0].name;
            assert_string_equal(read + strlen(read) - 4, ".txt");
        }
    }
    arena_destroy(&arena);
}

void test_compose__long_lines_and_odd_ends_arrive(void **state)
{
    (void)state;
    arena = arena_create();
    struct mime_draft draft = plain_draft();
    char *text = arena_allocate(arena, 5001);
    memset(text, 'x', 5000);
    draft.text = arena_format(arena, ".\nFrom here\n%s\n--b\n end ", text);
    const char *bytes = compose(&draft);
    expect_clean(bytes);
    assert_string_equal(read_text(arena, bytes)->text, draft.text);
    draft.text = "a\rb\r\nc\n";
    assert_string_equal(compose_and_read(&draft)->text, "a\nb\nc\n");
    arena_destroy(&arena);
}
