/*
 * test_lmtp.c - the conversation with a mail server: what is taken, what is refused, where a
 * message ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "apps/mail/letter.h"
#include "apps/mail/lmtp_session.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

#define HELLO "LHLO mail.example.com\r\n"
#define MAIL "MAIL FROM:<ann@example.com>\r\n"
#define RCPT "RCPT TO:<bob@example.org>\r\n"
#define MESSAGE HELLO MAIL RCPT "DATA\r\n"

enum { SIZE_MOST = 1000, RECIPIENTS_MOST = 3 };

/* A house that keeps what it is given. */
static struct arena *arena;
static struct lmtp_session *session;
static struct buffer letters; /* each as "sender>recipient,recipient:content|" */
static struct buffer draft;
static int dropped;
static enum error_code trouble; /* of begin; of add when it is_late */
static bool is_late;
static const char *refusal; /* of the last report */

static bool takes(void *context, const char *recipient)
{
    (void)context;
    return strstr(recipient, "@elsewhere") == NULL;
}

static bool make_trouble(struct error *error)
{
    return error_set(error, trouble, NULL, "No");
}

static bool begin_letter(void *context, struct arena *of_message,
                         const struct letter_envelope *envelope, void **letter_out,
                         struct error *error)
{
    (void)context;
    (void)of_message;
    if (trouble != ERROR_NONE && !is_late) {
        return make_trouble(error);
    }
    buffer_clear(&draft);
    buffer_add_format(&draft, "%s>", envelope->sender);
    for (size_t i = 0; i < envelope->recipients.count; i++) {
        buffer_add_format(&draft, "%s%s", i == 0 ? "" : ",",
                          (const char *)envelope->recipients.items[i]);
    }
    buffer_add_char(&draft, ':');
    *letter_out = &draft;
    return true;
}

static bool add_to_letter(void *letter, const void *bytes, size_t length, struct error *error)
{
    if (trouble != ERROR_NONE) {
        return make_trouble(error);
    }
    buffer_add(letter, bytes, length);
    return true;
}

static bool commit_letter(void *context, void *letter, char name_out[UUID_TEXT_SIZE],
                          struct error *error)
{
    (void)context;
    (void)error;
    assert_ptr_equal(letter, &draft);
    buffer_add(&letters, draft.bytes, draft.length);
    buffer_add_char(&letters, '|');
    strcpy(name_out, "7");
    return true;
}

static void drop_letter(void *letter)
{
    assert_ptr_equal(letter, &draft);
    dropped++;
}

static void note(void *context, const struct lmtp_report *report)
{
    (void)context;
    refusal = report->refusal;
}

static struct lmtp_house house = {
    .name = "crm.test",
    .size = SIZE_MOST,
    .recipients = RECIPIENTS_MOST,
    .takes = takes,
    .begin = begin_letter,
    .add = add_to_letter,
    .commit = commit_letter,
    .drop = drop_letter,
    .note = note,
};

static void begin(void)
{
    arena = arena_create();
    buffer_init(&letters, arena, 64);
    buffer_init(&draft, arena, 64);
    dropped = 0;
    trouble = ERROR_NONE;
    is_late = false;
    refusal = NULL;
    house.has_tls = false;
    session = lmtp_session_create(arena, &house);
    buffer_clear(lmtp_session_replies(session));
}

static void end(void)
{
    lmtp_session_destroy(&session);
    arena_destroy(&arena);
}

/* Says something; the replies to all that was said since the last time. */
static const char *say_bytes(const char *bytes, size_t length)
{
    struct buffer *replies = lmtp_session_replies(session);
    size_t used = 0;

    buffer_clear(replies);
    (void)!lmtp_session_take(session, bytes, length, &used);
    return replies->bytes;
}

static const char *say(const char *text)
{
    return say_bytes(text, strlen(text));
}

/* Whether the last of the replies begins so. */
static void assert_ends_with(const char *replies, const char *begin_of_last)
{
    const char *last = replies;

    for (const char *at = replies; at[0] != '\0' && at[1] != '\0'; at++) {
        if (at[0] == '\n') {
            last = at + 1;
        }
    }
    if (strncmp(last, begin_of_last, strlen(begin_of_last)) != 0) {
        fail_msg("expected %s, got %s", begin_of_last, last);
    }
}

/* ---- the usual way ---- */

void test_lmtp__takes_a_message(void **state)
{
    (void)state;
    begin();
    assert_ends_with(say(HELLO), "250 SIZE 1000\r\n");
    assert_ends_with(say(MAIL), "250 2.1.0");
    assert_ends_with(say(RCPT), "250 2.1.5");
    assert_ends_with(say("DATA\r\n"), "354 ");
    assert_true(lmtp_session_is_busy(session));
    assert_ends_with(say("Subject: x\r\n\r\ntext\r\n.\r\n"), "250 2.1.5 <bob@example.org>");
    assert_false(lmtp_session_is_busy(session));
    assert_string_equal(letters.bytes,
                        "ann@example.com>bob@example.org:Subject: x\r\n\r\ntext\r\n|");
    assert_ends_with(say("QUIT\r\n"), "221 ");
    end();
}

void test_lmtp__answers_for_each_recipient(void **state)
{
    (void)state;
    begin();
    const char *replies = say(HELLO MAIL RCPT "RCPT TO:<eve@example.org>\r\nDATA\r\ntext\r\n.\r\n");
    assert_non_null(strstr(replies, "354 "));
    assert_string_equal(strstr(replies, "250 2.1.5 <bob"),
                        "250 2.1.5 <bob@example.org> taken as 7\r\n"
                        "250 2.1.5 <eve@example.org> taken as 7\r\n");
    assert_string_equal(letters.bytes, "ann@example.com>bob@example.org,eve@example.org:text\r\n|");
    end();
}

/* Two messages and the good-bye in one piece, and byte by byte: the same replies, the same letters.
 */
void test_lmtp__cuts_do_not_matter(void **state)
{
    static const char talk[] = MESSAGE "a\r\n..b\r\n.\r\nMAIL FROM:<> SIZE=5 BODY=8BITMIME\r\n" RCPT
                                       "DATA\r\n.\r\nQUIT\r\n";
    char whole[2048];
    size_t length = 0;

    (void)state;
    begin();
    snprintf(whole, sizeof(whole), "%s%s", say(talk), letters.bytes);
    end();
    for (size_t step = 1; step < 20; step++) {
        char pieces[2048] = "";
        begin();
        for (size_t at = 0; at < strlen(talk); at += step) {
            length = strlen(talk) - at < step ? strlen(talk) - at : step;
            strcat(pieces, say_bytes(talk + at, length));
        }
        strcat(pieces, letters.bytes);
        assert_string_equal(pieces, whole);
        end();
    }
    assert_non_null(
        strstr(whole, "ann@example.com>bob@example.org:a\r\n.b\r\n|>bob@example.org:|"));
}

/* ---- where a message ends ---- */

/* What looks like the end of a message, and is content; then the end. */
static void assert_is_content(const char *bytes, size_t length, const char *expected,
                              size_t expected_length)
{
    begin();
    say(MESSAGE);
    assert_string_equal(say_bytes(bytes, length), "");
    assert_true(lmtp_session_is_busy(session));
    assert_ends_with(say("\r\n.\r\n"), "250 ");
    const char *content = strchr(letters.bytes, ':') + 1;
    assert_int_equal(letters.length - (size_t)(content - letters.bytes), expected_length + 3);
    assert_memory_equal(content, expected, expected_length);
    end();
}

#define ASSERT_IS_CONTENT(bytes, expected)                                                         \
    assert_is_content((bytes), sizeof(bytes) - 1, (expected), sizeof(expected) - 1)

void test_lmtp__only_one_end(void **state)
{
    (void)state;
    ASSERT_IS_CONTENT("a\n.\nMAIL FROM:<evil@x>", "a\n.\nMAIL FROM:<evil@x>");
    ASSERT_IS_CONTENT("a\n.\r\nMAIL", "a\n.\r\nMAIL");
    ASSERT_IS_CONTENT("a\r.\r\nMAIL", "a\r.\r\nMAIL");
    ASSERT_IS_CONTENT("a\r\n.\nMAIL", "a\r\n\nMAIL");
    ASSERT_IS_CONTENT("a\r\n.\rMAIL", "a\r\n\rMAIL");
    ASSERT_IS_CONTENT("a\r\n.\r\r\nMAIL", "a\r\n\r\r\nMAIL");
    ASSERT_IS_CONTENT("a\r\n\0.\r\nMAIL", "a\r\n\0.\r\nMAIL");
    ASSERT_IS_CONTENT("a\r\n. \r\nMAIL", "a\r\n \r\nMAIL");
    ASSERT_IS_CONTENT("a\0b\x80\xff", "a\0b\x80\xff");
}

void test_lmtp__dots_are_taken_off(void **state)
{
    (void)state;
    ASSERT_IS_CONTENT("..\r\n...\r\n..a\r\n.a", ".\r\n..\r\n.a\r\na");
}

/* ---- what is refused ---- */

void test_lmtp__order(void **state)
{
    (void)state;
    begin();
    assert_ends_with(say(MAIL), "503 5.5.1 say LHLO");
    assert_ends_with(say("EHLO x\r\n"), "500 5.5.1");
    assert_ends_with(say("LHLO \r\n"), "501 5.5.4");
    assert_ends_with(say(HELLO RCPT), "503 5.5.1");
    assert_ends_with(say(MAIL MAIL), "503 5.5.1");
    assert_ends_with(say("DATA\r\n"), "503 5.5.1 there is no recipient");
    assert_ends_with(say("RSET\r\n"), "250 ");
    assert_ends_with(say(RCPT), "503 5.5.1");
    assert_ends_with(say("NOOP\r\n"), "250 ");
    assert_ends_with(say("VRFY bob\r\n"), "252 ");
    assert_ends_with(say("STARTTLS\r\n"), "502 5.5.1");
    end();
}

void test_lmtp__lines(void **state)
{
    char line[9000];

    (void)state;
    begin();
    assert_string_equal(say("LHLO x\n"), "");
    assert_ends_with(say("MAIL FROM:<a@b>\r\n"), "500 5.5.2");
    assert_ends_with(say("LHLO a\rb\r\n"), "500 5.5.2");
    assert_ends_with(say_bytes("LHLO a\0b\r\n", 10), "500 5.5.2");
    memset(line, 'x', sizeof(line));
    memcpy(line + sizeof(line) - 3, "\r\n", 3);
    assert_ends_with(say(line), "500 5.5.2 the line is too long");
    assert_ends_with(say(HELLO), "250 SIZE");
    end();
}

void test_lmtp__nonsense_has_an_end(void **state)
{
    size_t used = 0;
    int said = 0;

    (void)state;
    begin();
    while (lmtp_session_take(session, "GET / HTTP/1.1\r\n", 16, &used) == LMTP_GO_ON) {
        assert_true(++said < 100);
    }
    assert_ends_with(lmtp_session_replies(session)->bytes, "421 4.7.0");
    end();
}

/* A mail server sends the recipients without waiting for the answer to MAIL, and they are as people
 * wrote them. */
void test_lmtp__what_people_wrote_is_no_nonsense(void **state)
{
    (void)state;
    begin();
    say(HELLO "MAIL FROM:<ann@example.com> SIZE=1001\r\n");
    for (int i = 0; i < 50; i++) {
        assert_ends_with(say(RCPT), "503 5.5.1 not now");
    }
    assert_ends_with(say("DATA\r\n" MAIL), "250 2.1.0");
    for (int i = 0; i < 50; i++) {
        assert_ends_with(say("RSET\r\n" MAIL "RCPT TO:<\xd0\xb8@example.org>\r\n"), "553 5.6.7");
    }
    assert_ends_with(say(RCPT "DATA\r\nx\r\n.\r\n"), "250 2.1.5");
    end();
}

void test_lmtp__blanks_at_the_end_of_a_command(void **state)
{
    (void)state;
    begin();
    assert_ends_with(say("LHLO mail.example.com \r\nMAIL FROM:<ann@example.com> \t\r\n"),
                     "250 2.1.0");
    assert_ends_with(say("RCPT TO:<bob@example.org> \r\n"), "250 2.1.5");
    assert_ends_with(say("DATA \r\nx \r\n. \r\n.\r\n"), "250 2.1.5");
    assert_string_equal(letters.bytes, "ann@example.com>bob@example.org:x \r\n \r\n|");
    assert_ends_with(say_bytes("NOOP \0\r\n", 8), "500 5.5.2");
    end();
}

void test_lmtp__addresses(void **state)
{
    static const struct {
        const char *line;
        const char *reply;
    } rows[] = {
        {"RCPT TO:<postmaster>", "250"},
        {"RCPT TO:<\"a b\\\">c\"@example.org>", "250"},
        {"RCPT TO:<@relay.example,@other.example:bob@example.org>", "250"},
        {"RCPT TO:<bob@[192.0.2.1]>", "250"},
        {"RCPT TO:bob@example.org", "501 5.5.4"},
        {"RCPT TO:<>", "501 5.1.3"},
        {"RCPT TO:<bob@>", "501 5.1.3"},
        {"RCPT TO:<bob@example.org", "501 5.1.3"},
        {"RCPT TO:<\"bob@example.org>", "501 5.1.3"},
        {"RCPT TO:<bob@.org>", "501 5.1.3"},
        {"RCPT TO:<bob@example.org> NOTIFY=NEVER", "555"},
        {"RCPT TO:<\xd0\xb8@example.org>", "553 5.6.7"},
        {"RCPT TO:<bob@elsewhere.org>", "550 5.1.2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin();
        say(HELLO MAIL);
        say(rows[i].line);
        assert_ends_with(say("\r\n"), rows[i].reply);
        end();
    }
}

void test_lmtp__sender_parameters(void **state)
{
    static const struct {
        const char *line;
        const char *reply;
    } rows[] = {
        {"MAIL FROM:<> SIZE=1000", "250"},
        {"MAIL FROM:<a@b> size=1001", "552 5.3.4"},
        {"MAIL FROM:<a@b> SIZE=x", "501"},
        {"MAIL FROM:<a@b> SIZE=99999999999999999999", "501"},
        {"MAIL FROM:<a@b> BODY=BINARYMIME", "555"},
        {"MAIL FROM:<a@b>SIZE=1", "501"},
        {"MAIL FROM:<\xd0\xb8@b>", "553 5.6.7"},
        {"MAIL FROM:<\xd0\xb8@b> SMTPUTF8", "250"},
        {"MAIL FROM:<\xff@b> SMTPUTF8", "501 5.1.3"},
        {"MAIL TO:<a@b>", "501"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin();
        say(HELLO);
        say(rows[i].line);
        assert_ends_with(say("\r\n"), rows[i].reply);
        end();
    }
}

void test_lmtp__too_many_recipients(void **state)
{
    (void)state;
    begin();
    assert_ends_with(say(HELLO MAIL RCPT RCPT RCPT), "250");
    assert_ends_with(say(RCPT), "452 4.5.3");
    assert_ends_with(say("DATA\r\nx\r\n.\r\n"), "250 2.1.5");
    end();
}

/* ---- troubles ---- */

void test_lmtp__too_large(void **state)
{
    char content[SIZE_MOST + 1];

    (void)state;
    memset(content, 'x', sizeof(content));
    begin();
    say(MESSAGE);
    say_bytes(content, SIZE_MOST - 2);
    assert_ends_with(say("\r\n.\r\n"), "250");
    say(MAIL RCPT "DATA\r\n");
    say_bytes(content, SIZE_MOST - 1);
    assert_ends_with(say("\r\n.\r\n"), "552 5.3.4");
    assert_int_equal(dropped, 1);
    assert_non_null(refusal);
    assert_int_equal(letters.length, strlen("ann@example.com>bob@example.org:|") + SIZE_MOST);
    end();
}

void test_lmtp__house_is_full(void **state)
{
    static const struct {
        enum error_code code;
        const char *reply;
    } rows[] = {
        {ERROR_BUSY, "452 4.3.1"},
        {ERROR_ENDPOINT_UNREACHABLE, "451 4.4.1"},
        {ERROR_LIMIT_EXCEEDED, "552 5.3.4"},
        {ERROR_INTERNAL, "451 4.3.0"},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        begin();
        trouble = rows[i / 2].code;
        is_late = i % 2 == 1;
        const char *replies = say(MESSAGE);
        if (is_late) {
            assert_ends_with(replies, "354");
            replies = say("x\r\n.\r\n");
        }
        assert_ends_with(replies, rows[i / 2].reply);
        assert_int_equal(dropped, is_late ? 1 : 0);
        assert_int_equal(letters.length, 0);
        trouble = ERROR_NONE;
        assert_ends_with(say(MAIL RCPT "DATA\r\nx\r\n.\r\n"), "250 2.1.5");
        end();
    }
}

void test_lmtp__broken_connection_leaves_nothing(void **state)
{
    (void)state;
    begin();
    say(MESSAGE "half a mess");
    lmtp_session_destroy(&session);
    assert_int_equal(dropped, 1);
    assert_int_equal(letters.length, 0);
    end();
}

/* ---- STARTTLS ---- */

void test_lmtp__tls(void **state)
{
    static const char talk[] = "STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n";
    size_t used = 0;

    (void)state;
    begin();
    house.has_tls = true;
    assert_non_null(strstr(say(HELLO), "250-STARTTLS\r\n"));
    assert_int_equal(lmtp_session_take(session, talk, strlen(talk), &used), LMTP_TLS);
    assert_int_equal(used, strlen("STARTTLS\r\n")); /* what came with it is not read */
    lmtp_session_secure(session);
    assert_ends_with(say(MAIL), "503 5.5.1 say LHLO");
    assert_null(strstr(say(HELLO), "STARTTLS"));
    assert_ends_with(say("STARTTLS\r\n"), "502");
    end();
}
