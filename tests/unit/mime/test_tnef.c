/*
 * test_tnef.c - what is in a winmail.dat, and what becomes of those that are made to mislead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/log.h"
#include "mime/describe.h"
#include "mime/reader.h"

enum {
    SIGNATURE = 0x223E9F78,
    OF_MESSAGE = 1,
    OF_FILE = 2,
    BODY = 0x0002800C,
    CODE_PAGE = 0x00069007,
    MESSAGE_PROPERTIES = 0x00069003,
    FILE_PROPERTIES = 0x00069005,
    FILE_BEGINS = 0x00069002,
    FILE_TITLE = 0x00018010,
    FILE_DATA = 0x0006800F,
    TYPE_OBJECT = 0x0D,
    TYPE_TEXT = 0x1E,
    TYPE_BYTES = 0x102,
    LONG_NAME = 0x3707,
    MEDIA_TYPE = 0x370E,
    OBJECT_DATA = 0x3701,
    HTML = 0x1013,
    MEBIBYTE = 1024 * 1024
};

static struct arena *arena;

/* ---- writing ---- */

static struct buffer *make(void)
{
    struct buffer *bytes = arena_allocate(arena, sizeof(*bytes));
    buffer_init(bytes, arena, 64);
    return bytes;
}

static void put(struct buffer *bytes, uint32_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        buffer_add_char(bytes, (char)(number >> (8 * i) & 0xFF));
    }
}

static struct buffer *begin(void)
{
    struct buffer *bytes = make();
    put(bytes, SIGNATURE, 4);
    put(bytes, 1, 2);
    return bytes;
}

static void add(struct buffer *bytes, uint32_t level, uint32_t id, const void *value, size_t length)
{
    uint32_t sum = 0;

    put(bytes, level, 1);
    put(bytes, id, 4);
    put(bytes, (uint32_t)length, 4);
    buffer_add(bytes, value, length);
    for (size_t i = 0; i < length; i++) {
        sum += ((const uint8_t *)value)[i];
    }
    put(bytes, sum, 2);
}

/* An attribute that holds one property. */
static void add_property(struct buffer *bytes, uint32_t level, uint32_t type, uint32_t id,
                         const void *value, size_t length)
{
    struct buffer *property = make();

    put(property, 1, 4);
    put(property, type, 2);
    put(property, id, 2);
    put(property, 1, 4);
    put(property, (uint32_t)length, 4);
    buffer_add(property, value, length);
    put(property, 0, (4 - length % 4) % 4);
    add(bytes, level, level == OF_MESSAGE ? MESSAGE_PROPERTIES : FILE_PROPERTIES, property->bytes,
        property->length);
}

static void add_text(struct buffer *bytes, uint32_t level, uint32_t id, const char *text)
{
    add_property(bytes, level, TYPE_TEXT, id, text, strlen(text) + 1);
}

static void add_file(struct buffer *bytes, const char *title, const char *data)
{
    add(bytes, OF_FILE, FILE_BEGINS, "", 0);
    add(bytes, OF_FILE, FILE_TITLE, title, strlen(title) + 1);
    add(bytes, OF_FILE, FILE_DATA, data, strlen(data));
}

static struct buffer *letter_with(const char *text)
{
    struct buffer *letter = make();
    buffer_add_format(letter,
                      "From: a@x.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; "
                      "boundary=edge\n\n--edge\n\n%s\n--edge\nContent-Type: application/ms-tnef\n"
                      "Content-Disposition: attachment; filename=winmail.dat\n"
                      "Content-Transfer-Encoding: binary\n\n",
                      text);
    return letter;
}

static struct mime_message *read_within(const char *text, const char *bytes, size_t length)
{
    struct buffer *letter = letter_with(text);
    buffer_add(letter, bytes, length);
    buffer_add_text(letter, "\n--edge--\n");
    return read_message(arena, letter->bytes, letter->length);
}

static struct mime_message *read_it(const struct buffer *bytes)
{
    return read_within("", bytes->bytes, bytes->length);
}

static void expect_kept_whole(const struct mime_message *message, size_t length)
{
    assert_int_equal(message->part_count, 1);
    assert_int_equal(message->parts[0].kind, MIME_TNEF);
    assert_string_equal(message->parts[0].name, "winmail.dat");
    assert_int_equal(message->parts[0].size, length);
    assert_string_equal(message->text, "");
}

/* ---- what it is for ---- */

void test_tnef__its_text_is_shown_when_there_is_no_better(void **state)
{
    (void)state;
    arena = arena_create();
    struct buffer *bytes = begin();
    add(bytes, OF_MESSAGE, CODE_PAGE, "\xE3\x04\0\0\0\0\0\0", 8); /* 1251 */
    add(bytes, OF_MESSAGE, BODY, "\xCF\xF0\xE8\xE2\xE5\xF2\0", 7);
    assert_string_equal(read_it(bytes)->text, "Привет");
    assert_string_equal(read_within("Hello", bytes->bytes, bytes->length)->text, "Hello");
    add_property(bytes, OF_MESSAGE, TYPE_BYTES, HTML, "<b>\xCF\xF0\xE8</b><script>x()</script>",
                 31);
    const struct mime_message *message = read_it(bytes);
    assert_string_equal(message->clean_html, "<b>При</b>");
    assert_string_equal(message->text, "Привет");
    assert_int_equal(message->part_count, 0);
    arena_destroy(&arena);
}

void test_tnef__files_are_parts_like_others(void **state)
{
    (void)state;
    arena = arena_create();
    struct buffer *bytes = begin();
    add_file(bytes, "../../etc/passwd", "root");
    add_file(bytes, "LONGNA~1.HTM", "<p>");
    add_text(bytes, OF_FILE, LONG_NAME, "C:\\temp\\long name.html");
    add_text(bytes, OF_FILE, MEDIA_TYPE, "Text/HTML");
    add_file(bytes, "", "1");
    add_text(bytes, OF_FILE, MEDIA_TYPE, "a\r\nb/c");
    add_file(bytes, "meeting.ics", "BEGIN:VCALENDAR");
    const struct mime_message *message = read_it(bytes);
    assert_int_equal(message->part_count, 4);
    assert_string_equal(message->parts[0].name, "passwd");
    assert_string_equal(message->parts[0].media_type, "application/octet-stream");
    assert_string_equal(content_of(arena, &message->parts[0]), "root");
    assert_string_equal(message->parts[1].name, "long name.html");
    assert_string_equal(message->parts[1].media_type, "text/html");
    assert_int_equal(message->parts[1].size, 3);
    assert_string_equal(message->parts[2].name, "attachment-3.bin");
    assert_string_equal(message->parts[2].media_type, "application/octet-stream");
    assert_int_equal(message->parts[3].kind, MIME_CALENDAR);
    assert_false(message->is_cut);
    arena_destroy(&arena);
}

/* ---- made to break ---- */

static struct buffer *ordinary(void)
{
    struct buffer *bytes = begin();
    add_text(bytes, OF_MESSAGE, HTML, "<p>hi</p>");
    add_file(bytes, "a.txt", "hello");
    add_text(bytes, OF_FILE, LONG_NAME, "a long name.txt");
    return bytes;
}

/* Cut anywhere it is either understood or kept whole; nothing is half there. */
void test_tnef__broken_off_it_is_kept_whole(void **state)
{
    (void)state;
    arena = arena_create();
    struct buffer *bytes = ordinary();
    size_t whole = 0;
    for (size_t length = 0; length < bytes->length; length++) {
        const struct mime_message *message = read_within("", bytes->bytes, length);
        if (message->part_count > 0 && message->parts[0].kind == MIME_TNEF) {
            expect_kept_whole(message, length);
            whole++;
        }
    }
    assert_true(whole > bytes->length / 2);
    arena_destroy(&arena);
}

/* Any byte may be another: what is said of lengths, counts and types is never believed. */
void test_tnef__no_byte_is_believed(void **state)
{
    static const uint8_t others[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};

    (void)state;
    arena = arena_create();
    struct buffer *bytes = ordinary();
    for (size_t at = 0; at < bytes->length; at++) {
        for (size_t i = 0; i < sizeof(others); i++) {
            char *changed = arena_copy(arena, bytes->bytes, bytes->length);
            changed[at] = (char)others[i];
            const struct mime_message *message = read_within("", changed, bytes->length);
            assert_true(message->part_count <= 2);
            for (size_t part = 0; part < message->part_count; part++) {
                assert_true(message->parts[part].size <= (int64_t)bytes->length);
            }
        }
    }
    arena_destroy(&arena);
}

void test_tnef__messages_within_each_other_are_opened_to_a_depth(void **state)
{
    static const char class[] = "\x07\x03\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46";

    (void)state;
    arena = arena_create();
    struct buffer *bytes = ordinary();
    for (int i = 0; i < 100; i++) {
        struct buffer *object = make();
        buffer_add(object, class, sizeof(class) - 1);
        buffer_add(object, bytes->bytes, bytes->length);
        bytes = begin();
        add(bytes, OF_MESSAGE, BODY, "deep", 4);
        add(bytes, OF_FILE, FILE_BEGINS, "", 0);
        add(bytes, OF_FILE, FILE_TITLE, "within", 6);
        add_property(bytes, OF_FILE, TYPE_OBJECT, OBJECT_DATA, object->bytes, object->length);
    }
    const struct mime_message *message = read_it(bytes);
    size_t depth = ordinary_limits().depth;
    assert_string_equal(message->text, "deep");
    assert_int_equal(message->part_count, depth);
    assert_string_equal(message->parts[0].name, "within"); /* the one that is not opened */
    assert_string_equal(message->parts[1].name, "within.txt");
    assert_string_equal(content_of(arena, &message->parts[1]), "deep");
    arena_destroy(&arena);
}

void test_tnef__of_too_many_files_the_first_are_taken(void **state)
{
    (void)state;
    arena = arena_create();
    struct buffer *bytes = begin();
    for (int i = 0; i < 2000; i++) {
        add_file(bytes, "a", "b");
    }
    const struct mime_message *message = read_it(bytes);
    assert_true(message->is_cut);
    assert_true(message->part_count <= ordinary_limits().parts);
    for (int i = 0; i < 100000; i++) {
        add(bytes, OF_MESSAGE, BODY, "", 0);
    }
    expect_kept_whole(read_it(bytes), bytes->length);
    arena_destroy(&arena);
}

void test_tnef__a_large_file_stays_out_of_memory(void **state)
{
    (void)state;
    arena = arena_create();
    struct arena *own = arena_create();
    struct buffer *bytes = begin(), *letter = letter_with("");
    add_file(bytes, "large", arena_format(arena, "%0*d", 32 * MEBIBYTE, 7));
    buffer_add(letter, bytes->bytes, bytes->length);
    const struct mime_message *message = read_message(own, letter->bytes, letter->length);
    assert_int_equal(message->part_count, 1);
    assert_int_equal(message->parts[0].size, 32 * MEBIBYTE);
    assert_true(arena_size(own) < 8 * (size_t)MEBIBYTE);
    arena_destroy(&own);
    arena_destroy(&arena);
}

/* A reader has one file for all that it unpacks: each begins where another ends. */
void test_tnef__large_ones_are_unpacked_by_a_reader(void **state)
{
    enum { SIZE = 3 * MEBIBYTE / 4, COUNT = 3, TIME = 60000 };
    static struct log silence = {.descriptor = 2, .level = LOG_LEVEL_ERROR};
    const struct mime_bounds bounds = {.time = TIME, .request_id = "test"};
    const struct mime_limits limits = ordinary_limits();
    struct mime_readers *readers = NULL;
    struct mime_message *message = NULL;
    struct error error = {0};
    struct given given;

    (void)state;
    arena = arena_create();
    struct buffer *letter = make();
    buffer_add_text(letter, "From: a@x.org\nContent-Type: multipart/mixed; boundary=b\n\n");
    for (int i = 0; i < COUNT; i++) {
        struct buffer *bytes = begin();
        add_file(bytes, "large", arena_format(arena, "%0*d", SIZE, i));
        buffer_add_text(letter, "--b\nContent-Type: application/ms-tnef\n\n");
        buffer_add(letter, bytes->bytes, bytes->length);
        buffer_add_text(letter, "\n--b\nContent-Type: message/rfc822\n\nSubject: s\n\n");
        buffer_add_format(letter, "%0*d\n", SIZE, i);
    }
    buffer_add_text(letter, "--b--\n");
    const struct mime_source source = source_of(&given, letter->bytes, letter->length);
    assert_true(mime_readers_start(&silence, &readers, &error));
    assert_true(mime_readers_read(readers, arena, &source, &limits, &bounds, &message, &error));
    assert_int_equal(message->part_count, 2 * COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_string_equal(content_of(arena, &message->parts[2 * i]),
                            arena_format(arena, "%0*d", SIZE, i));
        assert_string_equal(content_of(arena, &message->parts[2 * i + 1]),
                            arena_format(arena, "Subject: s\n\n%0*d", SIZE, i));
    }
    assert_int_equal(mime_readers_count(readers).lost, 0);
    mime_readers_stop(&readers);
    arena_destroy(&arena);
}
