/*
 * test_parts.c - an answer in parts comes in pieces of any length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "client/client.h"
#include "client/parts.h"
#include "client/reception.h"

#define TYPE "multipart/related; type=\"application/xop+xml\"; boundary=\"edge\"; start=\"<a>\""
#define HEAD "Content-Type: application/octet-stream\r\nContent-ID: <b>\r\n\r\n"
/* What looks like a mark and is none, CR upon CR, and a NUL. */
#define CONTENT "\r\r\n\r\n--edg\r\n--\r\n-\r\r\n--Edge\0--edge\n--edge\r\n"
#define MESSAGE "--edge\r\n" HEAD "<e/>\r\n--edge\r\n" HEAD CONTENT "\r\n--edge--\r\n"

static const char message[] = MESSAGE;
static struct arena *arena;
static struct client_error error;
static struct client_target target;
static struct reception reception;

/* Receives it in pieces of so many bytes. */
static bool receive(const char *type, const char *bytes, size_t length, size_t piece)
{
    if (!reception_begin(&reception, arena, type, &target, &error)) {
        return false;
    }
    for (size_t at = 0; at < length; at += piece) {
        if (!reception_add(&reception, bytes + at, piece < length - at ? piece : length - at)) {
            return false;
        }
    }
    return reception_is_whole(&reception);
}

static void begin(int64_t most)
{
    arena = arena_create();
    target = (struct client_target){.descriptor = file_make_nameless("/tmp"), .most = most};
    assert_true(target.descriptor >= 0);
}

static void end(void)
{
    assert_int_equal(close(target.descriptor), 0);
    arena_destroy(&arena);
}

void test_parts__pieces_of_every_length(void **state)
{
    char content[sizeof(CONTENT)];

    (void)state;
    begin(1000);
    for (size_t piece = 1; piece <= sizeof(message); piece++) {
        assert_true(receive(TYPE, message, sizeof(message) - 1, piece));
        assert_string_equal(reception.text.bytes, "<e/>");
        assert_int_equal(target.length, sizeof(CONTENT) - 1);
        assert_int_equal(pread(target.descriptor, content, sizeof(content), 0),
                         sizeof(CONTENT) - 1);
        assert_memory_equal(content, CONTENT, sizeof(CONTENT) - 1);
    }
    end();
}

void test_parts__what_breaks_off_is_not_whole(void **state)
{
    size_t whole = sizeof(message) - 1 - strlen("\r\n");

    (void)state;
    begin(1000);
    assert_true(receive(TYPE, message, whole, 7));
    for (size_t length = 0; length < whole; length++) {
        assert_false(receive(TYPE, message, length, 7));
        assert_int_equal(error.failure, CLIENT_UNREACHABLE);
    }
    end();
}

void test_parts__what_is_in_none_is_text(void **state)
{
    static const char *const types[] = {"text/xml", "", "multipart/related", "multipart/relatedly",
                                        "multipart/related; boundary=\"\""};

    (void)state;
    begin(1000);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_true(receive(types[i], "<e/>", 4, 3));
        assert_string_equal(reception.text.bytes, "<e/>");
        assert_int_equal(target.length, 0);
    }
    end();
}

void test_parts__a_boundary_may_stand_without_quotes(void **state)
{
    (void)state;
    begin(1000);
    assert_true(
        receive("Multipart/Related ;a=b; Boundary=edge; c=d", message, sizeof(message) - 1, 9));
    assert_int_equal(target.length, sizeof(CONTENT) - 1);
    end();
}

void test_parts__a_file_may_be_empty_or_missing(void **state)
{
    static const char empty[] = "--edge\r\n\r\n<e/>\r\n--edge\r\n\r\n\r\n--edge--";
    static const char none[] = "--edge\r\n\r\n<e/>\r\n--edge--\r\nepilogue\r\n--edge\r\n\r\nx";

    (void)state;
    begin(1000);
    assert_true(receive(TYPE, empty, sizeof(empty) - 1, 5));
    assert_int_equal(target.length, 0);
    assert_true(receive(TYPE, none, sizeof(none) - 1, 5));
    assert_string_equal(reception.text.bytes, "<e/>");
    assert_int_equal(target.length, 0);
    end();
}

void test_parts__a_file_that_is_too_large_is_refused(void **state)
{
    (void)state;
    begin(sizeof(CONTENT) - 2);
    assert_false(receive(TYPE, message, sizeof(message) - 1, 4));
    assert_int_equal(error.failure, CLIENT_UNWRITABLE);
    assert_string_equal(error.code, "FILE_TOO_LARGE");
    end();
}

void test_parts__what_has_none_is_no_answer(void **state)
{
    static const char *const wrong[] = {
        "--edge nonsense\r\n\r\n<e/>\r\n--edge--\r\n",
        "--edge--\r\n",
        "--edge\r\n\r\na\r\n--edge\r\n\r\nb\r\n--edge\r\n\r\nc\r\n--edge--\r\n",
    };

    (void)state;
    begin(1000);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(receive(TYPE, wrong[i], strlen(wrong[i]), 100));
        assert_int_equal(error.failure, CLIENT_NOT_SOAP);
    }
    end();
}
