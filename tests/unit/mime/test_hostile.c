/*
 * test_hostile.c - messages made to break, exhaust or mislead whoever reads them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "mime/describe.h"
#include "support/harmless.h"

enum { MEBIBYTE = 1024 * 1024, LITTLE_TIME = 5 /* seconds of the processor */ };

static struct arena *arena;
static struct buffer bytes;

static void begin(const char *head)
{
    arena = arena_create();
    buffer_init(&bytes, arena, 4096);
    buffer_add_text(&bytes, "From: a@x.org\nMIME-Version: 1.0\n");
    buffer_add_text(&bytes, head);
}

static void add_often(const char *text, int times)
{
    for (int i = 0; i < times; i++) {
        buffer_add_text(&bytes, text);
    }
}

static struct mime_message *read_all(void)
{
    return read_message(arena, bytes.bytes, bytes.length);
}

static void expect_refusal(enum error_code code)
{
    const struct mime_limits limits = ordinary_limits();
    struct error error = {0};

    assert_null(try_message(arena, &limits, bytes.bytes, bytes.length, &error));
    assert_int_equal(error.code, code);
    arena_destroy(&arena);
}

void test_hostile__five_hundred_parts_within_each_other(void **state)
{
    (void)state;
    begin("");
    for (int i = 0; i < 500; i++) {
        buffer_add_format(&bytes, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    }
    buffer_add_text(&bytes, "Content-Type: text/plain\n\ndeep\n");
    const struct mime_message *message = read_all();
    assert_true(message->is_cut);
    assert_string_equal(message->text, "");
    arena_destroy(&arena);
}

void test_hostile__five_hundred_messages_within_each_other(void **state)
{
    (void)state;
    begin("");
    add_often("Content-Type: message/rfc822\n\n", 500);
    buffer_add_text(&bytes, "From: deep@x.org\n\ndeep\n");
    const struct mime_message *message = read_all();
    assert_int_equal(message->part_count, 1);
    assert_int_equal(message->parts[0].kind, MIME_MESSAGE);
    assert_non_null(strstr(content_of(arena, &message->parts[0]), "deep@x.org"));
    arena_destroy(&arena);
}

void test_hostile__a_million_header_lines_are_refused(void **state)
{
    (void)state;
    begin("");
    add_often("X-A: b\n", 1000000);
    buffer_add_text(&bytes, "\nhi\n");
    expect_refusal(ERROR_LIMIT_EXCEEDED);
}

void test_hostile__a_header_of_one_line_is_bounded_too(void **state)
{
    (void)state;
    begin("Subject: ");
    add_often("0123456789abcdef", 2 * MEBIBYTE / 16);
    expect_refusal(ERROR_LIMIT_EXCEEDED);
}

/* Nothing is made of them; what the header says is there all the same. */
void test_hostile__a_million_header_lines_of_a_part_are_not_taken_apart(void **state)
{
    (void)state;
    begin("Subject: kept\nContent-Type: multipart/mixed; boundary=b\n\n--b\n");
    add_often("X-A: b\n", 1000000);
    buffer_add_text(&bytes, "\nhi\n--b--\n");
    const struct mime_message *message = read_all();
    assert_true(message->is_cut);
    assert_string_equal(message->subject, "kept");
    assert_int_equal(message->part_count, 0);
    assert_true(arena_size(arena) < 64 * (size_t)MEBIBYTE);
    arena_destroy(&arena);
}

/* Two messages with one header are two: what is in them counts as it is. */
void test_hostile__what_is_not_taken_apart_is_known_by_its_bytes(void **state)
{
    char digests[3][65];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        begin("Subject: one\nDate: Mon, 1 Jan 2024 12:00:00 +0300\n");
        buffer_add_text(&bytes, i == 1 ? "Received: by relay.example\n" : "");
        buffer_add_text(&bytes, "Content-Type: multipart/mixed; boundary=b\n\n--b\n");
        add_often("X-A: b\n", 1000000);
        buffer_add_text(&bytes, i == 2 ? "\nother\n--b--\n" : "\nhi\n--b--\n");
        const struct mime_message *message = read_all();
        assert_true(message->is_cut);
        memcpy(digests[i], message->digest, sizeof(digests[i]));
        arena_destroy(&arena);
    }
    assert_string_equal(digests[0], digests[1]);
    assert_string_not_equal(digests[0], digests[2]);
}

void test_hostile__a_million_parts_are_not_taken_apart(void **state)
{
    (void)state;
    begin("Content-Type: multipart/mixed; boundary=b\n\n");
    add_often("--b\n\n", 1000000);
    const struct mime_message *message = read_all();
    assert_true(message->is_cut);
    assert_int_equal(message->part_count, 0);
    arena_destroy(&arena);
}

/* Nor because the type is told twice, and the parts would be found by looking for their boundary.
 */
void test_hostile__a_million_parts_are_not_looked_for(void **state)
{
    (void)state;
    begin("Content-Type: multipart/mixed\nContent-Type: text/plain\n\n");
    add_often("--b\n\n", 1000000);
    const struct mime_message *message = read_all();
    assert_true(message->is_cut);
    assert_int_equal(message->part_count, 0);
    assert_true(arena_size(arena) < 64 * (size_t)MEBIBYTE);
    arena_destroy(&arena);
}

/* One address, and what looks for its end in vain: the time of each is that of its length. */
void test_hostile__signs_without_an_end_cost_little(void **state)
{
    static const char *const signs[] = {"\"", "(",          "<",   "<@", "a@b ",
                                        ". ", "=?utf-8?B?", "<\"", ","};

    (void)state;
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        begin("Cc: ann@x.org, ");
        add_often(signs[i], 300000 / (int)strlen(signs[i]));
        buffer_add_text(&bytes, "\n\nhi\n");
        const struct mime_message *message = read_all();
        assert_string_equal(message->text, "hi\n");
        assert_true(arena_size(arena) < 64 * (size_t)MEBIBYTE);
        arena_destroy(&arena);
    }
}

/* ---- fields that a parser cannot bear ---- */

enum { CHARSET_LENGTH = 9 * 1024 * 1024 };

static void add_long_charset(size_t length)
{
    buffer_add_text(&bytes, "Content-Disposition: attachment; filename*=");
    memset(buffer_reserve(&bytes, length), 'A', length);
    buffer_commit(&bytes, length);
    buffer_add_text(&bytes, "'\n");
}

/* Would have the parser take a stack as large as it. */
void test_hostile__a_part_with_a_field_of_nine_megabytes_is_not_taken_apart(void **state)
{
    (void)state;
    begin("Subject: kept\nContent-Type: multipart/mixed; boundary=b\n\n--b\n");
    add_long_charset(CHARSET_LENGTH);
    buffer_add_text(&bytes, "\nhi\n--b--\n");
    const struct mime_message *message = read_all();
    assert_true(message->is_cut);
    assert_string_equal(message->subject, "kept");
    assert_int_equal(message->part_count, 0);
    arena_destroy(&arena);
}

void test_hostile__a_folded_field_of_a_part_is_as_long_as_its_lines(void **state)
{
    (void)state;
    begin("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type : text/plain");
    add_often(";\n a=\"0123456789abcdef\"", 2000);
    buffer_add_text(&bytes, "\n\nhi\n--b--\n");
    assert_true(read_all()->is_cut);
    arena_destroy(&arena);
}

/* It is left out; what else the header says, and the text, are there. */
void test_hostile__a_long_field_of_the_header_is_not_seen(void **state)
{
    (void)state;
    begin("");
    add_long_charset(MEBIBYTE / 2);
    buffer_add_text(&bytes, "Subject: kept\n\nhi\n");
    const struct mime_message *message = read_all();
    assert_true(message->is_cut);
    assert_string_equal(message->subject, "kept");
    assert_string_equal(message->text, "hi\n");
    arena_destroy(&arena);
}

/* Each word without an end is looked for one to the end of the field. */
void test_hostile__words_without_an_end_are_not_looked_for_one(void **state)
{
    static const char *const words[] = {"=?a?b? ", "=?a?b?=", "=\\?a?\"Q? ", "=?a?q?\n "};
    static const char *const fields[] = {"Subject: ", "To: ", "Content-Description: "};

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (size_t j = 0; j < sizeof(fields) / sizeof(fields[0]); j++) {
            begin(fields[j]);
            add_often(words[i], 15000);
            buffer_add_text(&bytes, "\nCc: b@x.org\n\nhi\n");
            const struct mime_message *message = read_all();
            assert_true(message->is_cut);
            assert_int_equal(message->cc.count, 1);
            assert_string_equal(message->text, "hi\n");
            arena_destroy(&arena);
        }
        begin("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
              "Content-Disposition: attachment; filename=\"");
        add_often(words[i], 100000);
        buffer_add_text(&bytes, "\"\n\nhi\n--b--\n");
        assert_true(read_all()->is_cut);
        arena_destroy(&arena);
    }
}

void test_hostile__a_character_set_is_no_longer_than_a_name(void **state)
{
    (void)state;
    begin("Content-Type: message/rfc822\n\nSubject: =?");
    add_often("0123456789abcdef", CHARSET_LENGTH / 16);
    buffer_add_text(&bytes, "?b?x?=\n\nhi\n");
    assert_true(read_all()->is_cut);
    arena_destroy(&arena);
}

void test_hostile__blanks_after_a_word_are_looked_at_once(void **state)
{
    (void)state;
    begin("Subject: =?utf-8?q?a?=");
    add_often("                ", MEBIBYTE / 32);
    buffer_add_text(&bytes, "b\n\nhi\n");
    const char *subject = read_all()->subject;
    assert_int_equal(strlen(subject), MEBIBYTE / 2 + 2);
    arena_destroy(&arena);
}

void test_hostile__a_date_is_short(void **state)
{
    (void)state;
    begin("Date: Mon, 1 Jan 2024 12:00:00 +0300");
    add_often(" ", MEBIBYTE / 2);
    buffer_add_text(&bytes, ".\n\nhi\n");
    assert_false(read_all()->date.is_known);
    arena_destroy(&arena);
}

/* The parser goes down into each. */
void test_hostile__groups_within_groups_are_not_read(void **state)
{
    (void)state;
    begin("To: ");
    add_often("a:", MEBIBYTE / 4);
    buffer_add_text(&bytes, "\nCc: b@x.org\n\nhi\n");
    const struct mime_message *message = read_all();
    assert_true(message->is_cut);
    assert_int_equal(message->to.count, 0);
    assert_int_equal(message->cc.count, 1);
    arena_destroy(&arena);
}

/* The parser reads all of them again for each. */
void test_hostile__ten_thousand_lists_of_addresses_are_not_all_read(void **state)
{
    (void)state;
    begin("");
    for (int i = 0; i < 10000; i++) {
        buffer_add_format(&bytes, "To: u%d@x.org\n", i);
    }
    buffer_add_text(&bytes, "\nhi\n");
    const struct mime_message *message = read_all();
    assert_true(message->is_cut);
    assert_true(message->to.count > 50 && message->to.count <= 100);
    arena_destroy(&arena);
}

/* The parser goes back to the begin of what is no address, each time. */
void test_hostile__a_long_list_of_what_is_no_address_costs_little(void **state)
{
    (void)state;
    begin("To: bob@x.org");
    add_often(",a b", MEBIBYTE / 8);
    buffer_add_text(&bytes, "\nCc: c@x.org\nSubject: kept\n\nhi\n");
    clock_t since = clock();
    const struct mime_message *message = read_all();
    assert_true(clock() - since < LITTLE_TIME * CLOCKS_PER_SEC);
    assert_string_equal(message->from.items[0].address, "a@x.org");
    assert_string_equal(message->to.items[0].address, "bob@x.org");
    assert_int_equal(message->cc.count, 1);
    assert_string_equal(message->text, "hi\n");
    assert_false(message->is_cut);
    arena_destroy(&arena);
}

/* Of a message within too; what is kept of it is what came. */
static void expect_kept(const char *within, const char *around)
{
    begin("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n");
    buffer_add_text(&bytes, around);
    buffer_add_text(&bytes, "\n--b\nContent-Type: message/rfc822\n\n");
    buffer_add_text(&bytes, within);
    buffer_add_text(&bytes, "\n--b\nContent-Type: text/plain; name=log.txt\n\n");
    buffer_add_text(&bytes, around);
    buffer_add_text(&bytes, "\n--b--\n");
    const struct mime_message *message = read_all();
    assert_false(message->is_cut);
    assert_int_equal(message->part_count, 2);
    assert_string_equal(message->text, around);
    assert_string_equal(message->parts[0].media_type, "message/rfc822");
    assert_string_equal(content_of(arena, &message->parts[0]), within);
    assert_string_equal(content_of(arena, &message->parts[1]), around);
    arena_destroy(&arena);
}

static const char *long_list(struct arena *own, const char *name, const char *entry, int count)
{
    struct buffer list;

    buffer_init(&list, own, 4096);
    buffer_add_format(&list, "%s: bob@x.org", name);
    for (int i = 0; i < count; i++) {
        buffer_add_text(&list, entry);
    }
    return list.bytes;
}

void test_hostile__a_long_list_of_a_message_within_costs_little(void **state)
{
    static const char *const names[] = {"To", "to", "FROM", "cc", "Reply-To", "bCC", "sender"};
    struct arena *own = arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *list = long_list(own, names[i], ",a b", MEBIBYTE / 8);
        expect_kept(arena_format(own, "Subject: s\n%s\nTo: c@x.org\n\nhi\n", list), "a text");
    }
    arena_destroy(&own);
}

/* Wherever such a list stands: in a message within one within, behind a boundary, in a text. */
void test_hostile__what_looks_like_a_long_list_is_kept_as_it_came(void **state)
{
    static const char within[] =
        "Subject: s\nContent-Type: multipart/mixed; boundary=c\n\n%s\n\n--c\n%s\n"
        "Content-Type: message/rfc822\n\nSubject: t\n%s\nContent-Type: message/rfc822\n\n"
        "Subject: u\nfrom: d@x.org\n%s\n\n%s\n--c\n\n%s\n--c--\n%s\n";
    struct arena *own = arena_create();

    (void)state;
    for (int size = 1000; size <= 5000; size *= 5) {
        const char *list = long_list(own, "Cc", ", a@x.org, b@x.org,\n c@x.org", size);
        expect_kept(arena_format(own, within, list, list, list, list, list, list, list),
                    arena_format(own, "%s\nand so on", list));
    }
    arena_destroy(&own);
}

/* Of two such messages that differ in the list alone neither is the other. */
void test_hostile__a_list_that_is_hidden_counts(void **state)
{
    static const char letter[] =
        "From: a@x.org\nContent-Type: message/rfc822\n\n%s\nTo: w@x.org\n\nhi\n";
    const char *digests[3];
    struct arena *own = arena_create();

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const char *list = long_list(own, "to", i < 2 ? ", u@x.org" : ", v@x.org", 5000);
        digests[i] = read_text(own, arena_format(own, letter, list))->digest;
    }
    assert_string_equal(digests[0], digests[1]);
    assert_string_not_equal(digests[0], digests[2]);
    arena_destroy(&own);
}

/* The mark by which such lists are known is ours. */
void test_hostile__nobody_else_writes_a_list_that_is_hidden(void **state)
{
    (void)state;
    begin("_rom: bob@x.org\n_o: bob@x.org\n\nhi\n");
    const struct mime_message *message = read_all();
    assert_int_equal(message->from.count, 1);
    assert_int_equal(message->to.count, 0);
    arena_destroy(&arena);
    begin("Content-Type: message/rfc822\n\nSubject: s\n~o: bob@x.org\n\nhi\n");
    assert_true(read_all()->is_cut);
    arena_destroy(&arena);
}

/* Together they are cut at mail.text: no more of them is kept than that takes. */
void test_hostile__many_large_texts_stay_out_of_memory(void **state)
{
    static const char *const types[] = {"plain; charset=koi8-r", "html; charset=koi8-r"};

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        begin("Content-Type: multipart/mixed; boundary=b\n\n");
        for (int j = 0; j < 25; j++) {
            buffer_add_format(&bytes, "--b\nContent-Type: text/%s\n\n", types[i]);
            add_often("\xc1\xc2\xc3\xc4 \xc1\xc2\xc3\xc4\n", 50000);
        }
        buffer_add_text(&bytes, "--b--\n");
        struct arena *own = arena_create();
        const struct mime_message *message = read_message(own, bytes.bytes, bytes.length);
        assert_true(message->is_cut);
        assert_int_equal(strlen(message->text) / 1000, MEBIBYTE / 1000);
        assert_true(arena_size(own) < 48 * MEBIBYTE);
        arena_destroy(&own);
        arena_destroy(&arena);
    }
}

/* Nobody's mail is that: long words, long lists, marks in a text. */
void test_hostile__fields_that_are_only_long_are_read(void **state)
{
    (void)state;
    begin("X-Query: =?a?b? =?a?b?\nSubject: ");
    add_often("=?utf-8?Q?=D0=9F?= ", 5000);
    buffer_add_text(&bytes, "\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
                            "Content-Type: message/rfc822\n\nTo: u@x.org");
    add_often(",\n \"Somebody\" <u@x.org>", 10000);
    buffer_add_text(&bytes, "\n\nhi\n--b\n\nselect a=?b? ");
    add_often("where a=? and b=?q? or c=?B?\n ", 1000);
    buffer_add_text(&bytes, "\n--b--\n");
    const struct mime_message *message = read_all();
    assert_false(message->is_cut);
    assert_int_equal(strlen(message->subject), 5000 * strlen("П"));
    assert_int_equal(message->part_count, 1);
    arena_destroy(&arena);
}

void test_hostile__a_log_as_text_is_read_however_like_headers_it_looks(void **state)
{
    (void)state;
    begin("Content-Type: text/plain\n\n");
    add_often("error: disk: full\n", 30000);
    const struct mime_message *message = read_all();
    assert_false(message->is_cut);
    assert_int_equal(strlen(message->text), 30000 * strlen("error: disk: full\n"));
    arena_destroy(&arena);
}

void test_hostile__more_parts_than_there_may_be_are_left_out(void **state)
{
    (void)state;
    begin("Content-Type: multipart/mixed; boundary=b\n\n");
    add_often("--b\nContent-Type: application/x\n\nx\n", 600);
    buffer_add_text(&bytes, "--b--\n");
    const struct mime_message *message = read_all();
    assert_true(message->is_cut);
    assert_int_equal(message->part_count, 500);
    arena_destroy(&arena);
}

void test_hostile__of_ten_thousand_recipients_the_first_thousand_are_known(void **state)
{
    (void)state;
    begin("To: u@x.org");
    for (int i = 1; i < 10000; i++) {
        buffer_add_format(&bytes, ",\n u%d@x.org", i);
    }
    buffer_add_text(&bytes, "\n\nhi\n");
    const struct mime_message *message = read_all();
    assert_true(message->is_cut);
    assert_int_equal(message->to.count, 1000);
    assert_string_equal(message->to.items[999].address, "u999@x.org");
    arena_destroy(&arena);
}

void test_hostile__names_lead_nowhere(void **state)
{
    static const struct {
        const char *given, *name;
    } names[] = {
        {"../../etc/passwd", "passwd"},
        {"C:\\\\windows\\\\system32\\\\evil.dll", "evil.dll"},
        {"..", "attachment-3.bin"},
        {"a/..", "attachment-4.bin"},
        {".htaccess", "htaccess"},
        {"con.txt", "_con.txt"},
        {"LPT1", "_LPT1"},
        {"trailing. . ", "trailing"},
        {"\xE2\x80\xAE"
         "fdp.exe",
         "fdp.exe"},
        {"a<b>:|?*.txt", "a_b_____.txt"},
        {"=?utf-8?Q?=2E=2E=2Fx=0D=0Ay?=", "x  y"},
        {"bell\x07.txt", "bell.txt"},
    };
    enum { NAMES = sizeof(names) / sizeof(names[0]) };

    (void)state;
    begin("Content-Type: multipart/mixed; boundary=b\n\n");
    for (size_t i = 0; i < NAMES; i++) {
        buffer_add_format(&bytes, "--b\nContent-Type: application/x; name=\"%s\"\n\nx\n",
                          names[i].given);
    }
    buffer_add_text(&bytes, "--b--\n");
    const struct mime_message *message = read_all();
    assert_int_equal(message->part_count, NAMES);
    for (size_t i = 0; i < NAMES; i++) {
        assert_string_equal(message->parts[i].name, names[i].name);
    }
    arena_destroy(&arena);
}

void test_hostile__a_long_name_keeps_its_extension(void **state)
{
    (void)state;
    begin("Content-Type: application/x; name=\"");
    add_often("Ж", 500);
    buffer_add_text(&bytes, ".pdf\"\n\nx\n");
    const struct mime_message *message = read_all();
    size_t length = strlen(message->parts[0].name);
    assert_true(length <= 180);
    assert_string_equal(message->parts[0].name + length - 4, ".pdf");
    arena_destroy(&arena);
}

void test_hostile__a_name_is_cut_where_it_may_end(void **state)
{
    (void)state;
    begin("Content-Type: application/x; name=\"");
    add_often("a", 178);
    buffer_add_text(&bytes, " .");
    add_often("b", 100);
    buffer_add_text(&bytes, "\"\n\nx\n");
    const struct mime_message *message = read_all();
    assert_int_equal(strlen(message->parts[0].name), 178);
    assert_true(harmless_is_name(message->parts[0].name));
    arena_destroy(&arena);
}

void test_hostile__text_is_cut_between_characters(void **state)
{
    struct mime_limits limits = ordinary_limits();
    struct error error = {0};

    (void)state;
    begin("Content-Type: text/plain; charset=utf-8\n\n");
    add_often("Ж", 1000);
    limits.text = 1001;
    const struct mime_message *message =
        try_message(arena, &limits, bytes.bytes, bytes.length, &error);
    assert_non_null(message);
    assert_true(message->is_cut);
    assert_int_equal(strlen(message->text), 1000);
    arena_destroy(&arena);
}

void test_hostile__a_large_attachment_stays_out_of_memory(void **state)
{
    (void)state;
    begin("Content-Type: application/x\nContent-Transfer-Encoding: base64\n\n");
    for (int i = 0; i < 300000; i++) {
        buffer_add_text(&bytes, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJz\n");
    }
    struct arena *others = arena_create();
    const struct mime_message *message = read_message(others, bytes.bytes, bytes.length);
    assert_int_equal(message->parts[0].size, 300000 * 45);
    assert_true(arena_size(others) < MEBIBYTE);
    arena_destroy(&others);
    arena_destroy(&arena);
}

void test_hostile__what_has_no_header_is_no_message(void **state)
{
    static const char *const nothing[] = {"", "\n", "\n\nhi", "hello world\n", "\x01\x02\xFF"};

    (void)state;
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        arena = arena_create();
        buffer_init(&bytes, arena, 64);
        buffer_add_text(&bytes, nothing[i]);
        expect_refusal(ERROR_VALUE_INVALID);
    }
}
