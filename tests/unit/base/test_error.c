/* struct error: texts cut at whole characters; every code has a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

void test_error__sets_every_part(void **state)
{
    (void)state;
    struct error error = {0};
    assert_false(error_set_about(&error, ERROR_FIELD_REQUIRED, "Account", "name", "%s is %s",
                                 "Name", "required"));
    assert_int_equal(error.code, ERROR_FIELD_REQUIRED);
    assert_string_equal(error.entity, "Account");
    assert_string_equal(error.subject, "name");
    assert_string_equal(error.message, "Name is required");
    assert_string_equal(error.cause, "");
    assert_false(error_add_cause(&error, "one"));
    assert_false(error_add_cause(&error, "%s", "two"));
    assert_string_equal(error.cause, "one; two");
    assert_false(error_set(&error, ERROR_INTERNAL, NULL, "again: %s", error.message));
    assert_string_equal(error.message, "again: Name is required");
    assert_string_equal(error.entity, "");
    assert_string_equal(error.subject, "");
    assert_string_equal(error.cause, "");
    error_clear(&error);
    assert_int_equal(error.code, ERROR_NONE);
    assert_string_equal(error.message, "");
}

static size_t trailing_bytes(const char *text, const char *character)
{
    size_t length = strlen(text);
    size_t width = strlen(character);
    return length >= width && strcmp(text + length - width, character) == 0 ? 0 : 1;
}

void test_error__cuts_at_whole_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"\xD0\xB6", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    for (size_t kind = 0; kind < 3; kind++) {
        for (size_t shift = 0; shift < 5; shift++) {
            char text[2000] = "";
            memset(text, 'a', shift);
            for (int index = 0; index < 400; index++) {
                strcat(text, characters[kind]);
            }
            struct error error = {0};
            error_set(&error, ERROR_INTERNAL, text, "%s", text);
            error_add_cause(&error, "%s", text);
            size_t width = strlen(characters[kind]);
            assert_true(strlen(error.message) > ERROR_MESSAGE_SIZE - 1 - width);
            assert_true(strlen(error.subject) > ERROR_SUBJECT_SIZE - 1 - width);
            assert_int_equal(trailing_bytes(error.message, characters[kind]), 0);
            assert_int_equal(trailing_bytes(error.subject, characters[kind]), 0);
            assert_int_equal(trailing_bytes(error.cause, characters[kind]), 0);
            assert_false(error_add_cause(&error, "more"));
        }
    }
}

void test_error__has_a_row_for_every_code(void **state)
{
    (void)state;
    for (int code = 0; code < ERROR_CODE_COUNT; code++) {
        const struct error_kind *kind = error_kind((enum error_code)code);
        assert_non_null(kind->name);
        assert_non_null(kind->hint);
        assert_non_null(kind->hint_russian);
        assert_true(kind->http_status >= 200 && kind->http_status < 600);
    }
    assert_string_equal(error_kind(ERROR_BUSY)->name, "BUSY");
    assert_int_equal(error_kind(ERROR_BUSY)->http_status, 503);
    assert_true(error_kind(ERROR_BUSY)->is_retryable);
    assert_false(error_kind(ERROR_BUSY)->is_client_fault);
    assert_true(error_kind(ERROR_VALUE_INVALID)->is_client_fault);
}
