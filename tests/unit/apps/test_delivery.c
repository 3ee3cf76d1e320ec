/*
 * test_delivery.c - what an answer of the platform means for a letter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "apps/mail/delivery.h"
#include "base/error.h"

static enum delivery_verdict judge(enum client_failure failure, const char *code, int status)
{
    struct client_error error = {.failure = failure, .status = status};

    snprintf(error.code, sizeof(error.code), "%s", code);
    return delivery_judge(&error);
}

/* Of a fault that passes, or is the platform's own, no message is given up. */
void test_delivery__only_what_is_wrong_with_the_message_refuses_it(void **state)
{
    (void)state;
    for (int code = ERROR_NONE + 1; code < ERROR_CODE_COUNT; code++) {
        const struct error_kind *kind = error_kind((enum error_code)code);
        enum delivery_verdict verdict = judge(CLIENT_FAULT, kind->name, 500);
        if ((kind->is_retryable || !kind->is_client_fault) && verdict != DELIVERY_LATER &&
            verdict != DELIVERY_AWAY) {
            fail_msg("%s gives a message up", kind->name);
        }
    }
    assert_int_equal(judge(CLIENT_FAULT, "LIMIT_EXCEEDED", 500), DELIVERY_REFUSED);
    assert_int_equal(judge(CLIENT_FAULT, "VALUE_INVALID", 500), DELIVERY_REFUSED);
    assert_int_equal(judge(CLIENT_FAULT, "A_CODE_OF_A_LATER_RELEASE", 500), DELIVERY_LATER);
    assert_int_equal(judge(CLIENT_UNREACHABLE, "UNREACHABLE", 0), DELIVERY_AWAY);
    assert_int_equal(judge(CLIENT_NOT_SOAP, "NOT_SOAP", 200), DELIVERY_AWAY);
    assert_int_equal(judge(CLIENT_NOT_SOAP, "NOT_SOAP", 503), DELIVERY_AWAY);
    assert_int_equal(judge(CLIENT_NOT_SOAP, "NOT_SOAP", 413), DELIVERY_REFUSED);
}

/* An administrator has made a field required, say: that sends no mail back to who wrote it. */
void test_delivery__what_an_administrator_asks_of_records_refuses_no_message(void **state)
{
    static const char *const codes[] = {"FIELD_REQUIRED", "RULE_BROKEN", "RECORD_NOT_FOUND",
                                        "STATE_INVALID", "NOT_ALLOWED"};

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        enum delivery_verdict verdict = judge(CLIENT_FAULT, codes[i], 500);
        assert_true(verdict == DELIVERY_LATER || verdict == DELIVERY_AWAY);
    }
}
