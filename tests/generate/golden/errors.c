/*
 * errors.c - what is known of each error code.
 *
 * Made by build/generate from metadata/errors.xml. Edit that instead.
 */
#include "base/error.h"

#include <assert.h>

static const struct error_kind kinds[] = {
    [ERROR_NONE] = {.name = "NONE", .http_status = 200, .hint = "", .hint_russian = ""},
    [ERROR_INTERNAL] = {
        .name = "INTERNAL",
        .http_status = 500,
        .is_client_fault = false,
        .is_retryable = false,
        .hint = "Why\? Say \"\\\" to us.",
        .hint_russian = "Почему\?",
    },
    [ERROR_SOME_THING] = {
        .name = "SOME_THING",
        .http_status = 404,
        .is_client_fault = true,
        .is_retryable = true,
        .hint = "No.",
        .hint_russian = "Нет.",
    },
};

static_assert(sizeof(kinds) / sizeof(*kinds) == ERROR_CODE_COUNT, "one row a code");

const struct error_kind *error_kind(enum error_code code)
{
    return &kinds[code];
}
