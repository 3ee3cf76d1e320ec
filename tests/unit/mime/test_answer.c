/*
 * test_answer.c - what a reader says of a message, whole and spoilt in every place.
 */
#define _GNU_SOURCE /* memfd_create */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "mime/answer.h"
#include "mime/describe.h"
#include "text/utf8.h"

static const char letter[] =
    "From: =?koi8-r?B?4c7OwQ==?= <ann@x.org>\nTo: b@x.org, c@x.org\nSubject: Order\n"
    "Message-ID: <1@x.org>\nReferences: <2@x.org> <3@x.org>\n"
    "Date: Mon, 1 Jan 2024 12:00:00 +0300\nContent-Type: multipart/mixed; boundary=b\n\n"
    "--b\nContent-Type: text/html\n\n<p>Five <b>lathes</b>.</p>\n"
    "--b\nContent-Type: application/pdf\n"
    "Content-Disposition: attachment; filename=order.pdf\n\nPDF\n"
    "--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n--b--\n";

static struct mime_limits limits;
static struct arena *arena;
static int file;
static struct mime_answer answer;
static struct mime_message *whole;

static void begin(void)
{
    struct error error = {0};

    arena = arena_create();
    limits = ordinary_limits();
    whole = read_text(arena, letter);
    file = memfd_create("answer", MFD_CLOEXEC);
    assert_true(file >= 0);
    assert_true(mime_answer_write(arena, whole, file, &answer, &error));
}

static void end(void)
{
    close(file);
    arena_destroy(&arena);
}

static struct mime_message *take(struct arena *into)
{
    struct mime_message *message = NULL;
    return mime_answer_take(into, file, &answer, &limits, &message) ? message : NULL;
}

void test_answer__brings_the_message(void **state)
{
    (void)state;
    begin();
    const struct mime_message *message = take(arena);
    assert_non_null(message);
    assert_string_equal(describe(arena, message), describe(arena, whole));
    assert_string_equal(message->digest, whole->digest);
    assert_int_equal(message->part_count, 2);
    assert_string_equal(content_of(arena, &message->parts[0]), "PDF");
    assert_string_equal(content_of(arena, &message->parts[1]), "BEGIN:VCALENDAR");
    end();
}

/* Whatever is still taken is a message: its texts are texts, its parts are there. */
static void expect_none_or_sound(void)
{
    struct arena *scratch = arena_create();
    const struct mime_message *message = take(scratch);

    if (message != NULL) {
        const char *told = describe(scratch, message);
        assert_true(text_is_valid_utf8(told, strlen(told)));
        for (size_t i = 0; i < message->part_count; i++) {
            assert_true(strlen(content_of(scratch, &message->parts[i])) <= sizeof(letter));
        }
    }
    arena_destroy(&scratch);
}

void test_answer__with_a_byte_changed_is_sound_or_none(void **state)
{
    static const char changes[] = {'\0', 1, '\x7f', '\x80', '\xff', '/'};

    (void)state;
    begin();
    for (int64_t at = answer.begin; at < answer.begin + answer.length; at++) {
        char before = 0;
        assert_int_equal(pread(file, &before, 1, at), 1);
        for (size_t i = 0; i < sizeof(changes); i++) {
            assert_int_equal(pwrite(file, &changes[i], 1, at), 1);
            expect_none_or_sound();
        }
        assert_int_equal(pwrite(file, &before, 1, at), 1);
    }
    assert_non_null(take(arena));
    end();
}

void test_answer__that_breaks_off_or_goes_on_is_none(void **state)
{
    (void)state;
    begin();
    const struct mime_answer right = answer;
    for (answer.length = 0; answer.length < right.length; answer.length++) {
        assert_null(take(arena));
    }
    answer = right;
    assert_int_equal(pwrite(file, "12345678", 8, right.begin + right.length), 8);
    answer.length += 8;
    assert_null(take(arena));
    end();
}

void test_answer__from_nowhere_is_none(void **state)
{
    static const struct mime_answer nowhere[] = {
        {.begin = -1, .length = 100},
        {.begin = 0, .length = -1},
        {.begin = INT64_MAX, .length = 100},
        {.begin = 0, .length = INT64_MAX},
        {.begin = INT64_MIN, .length = INT64_MIN},
    };

    (void)state;
    begin();
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        answer = nowhere[i];
        assert_null(take(arena));
    }
    end();
}

/* What the limits of the server do not allow, no reader brings. */
void test_answer__beyond_the_limits_is_none(void **state)
{
    static const size_t offsets[] = {
        offsetof(struct mime_limits, recipients), offsetof(struct mime_limits, references),
        offsetof(struct mime_limits, parts), offsetof(struct mime_limits, text)};

    (void)state;
    begin();
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        limits = ordinary_limits();
        assert_non_null(take(arena));
        *(size_t *)((char *)&limits + offsets[i]) = 1;
        assert_null(take(arena));
    }
    end();
}

/* Bytes of parts that the reader takes away again are missed, and not made up. */
void test_answer__whose_parts_vanish_cannot_be_read(void **state)
{
    struct error error = {0};
    char bytes[16];
    size_t length = 0;

    (void)state;
    begin();
    const struct mime_message *message = take(arena);
    assert_int_equal(ftruncate(file, 1), 0);
    assert_true(
        mime_content_read(message->parts[0].content, bytes, sizeof(bytes), &length, &error));
    assert_int_equal(length, 1);
    assert_false(
        mime_content_read(message->parts[0].content, bytes, sizeof(bytes), &length, &error));
    assert_int_equal(error.code, ERROR_INTERNAL);
    end();
}
