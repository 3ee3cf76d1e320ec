/*
 * test_waiting.c - which letter goes next, and what an answer means for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "apps/mail/delivery.h"
#include "apps/mail/waiting.h"
#include "base/arena.h"
#include "base/time.h"

static struct arena *arena;
static struct waiting *waiting;

static void begin(int64_t longest)
{
    arena = arena_create();
    waiting = waiting_create(arena, longest);
}

static void end(void)
{
    waiting_destroy(&waiting);
    arena_destroy(&arena);
}

/* Takes the next letter, whose name must be this. */
static struct waiting_letter take(const char *name)
{
    struct waiting_letter letter;

    assert_true(waiting_take(waiting, &letter));
    assert_string_equal(letter.name, name);
    return letter;
}

void test_waiting__letters_go_by_age(void **state)
{
    (void)state;
    begin(1000);
    for (int i = 0; i < 500; i++) {
        waiting_add(waiting, arena_format(arena, "%03d", i));
    }
    for (int i = 0; i < 500; i++) {
        take(arena_format(arena, "%03d", i));
    }
    end();
}

void test_waiting__one_that_failed_lets_others_go_before(void **state)
{
    (void)state;
    begin(1000);
    waiting_add(waiting, "a");
    waiting_add(waiting, "b");
    struct waiting_letter letter = take("a");
    int64_t before = time_monotonic();
    waiting_put_back(waiting, &letter);
    take("b");
    letter = take("a");
    assert_true(time_monotonic() - before >= 125);
    assert_int_equal(letter.attempts, 1);
    assert_true(letter.failed_on >= before);
    end();
}

void test_waiting__a_closed_gate_opens_for_all(void **state)
{
    (void)state;
    begin(300);
    for (const char *const *name = (const char *const[]){"a", "b", "c", "d", NULL}; *name != NULL;
         name++) {
        waiting_add(waiting, *name);
    }
    struct waiting_letter a = take("a");
    struct waiting_letter b = take("b");
    assert_int_equal(waiting_away_for(waiting), 0);
    waiting_close(waiting, &a);
    waiting_close(waiting, &b);
    int64_t before = time_monotonic();
    struct waiting_letter c = take("c"); /* the one that knocks */
    int64_t knocked = time_monotonic();
    assert_true(knocked - before >= 100);
    assert_true(waiting_away_for(waiting) > 0);
    waiting_close(waiting, &c);
    take("d"); /* another one, should c be the one to blame */
    waiting_note_answer(waiting);
    assert_int_equal(waiting_away_for(waiting), 0);
    before = time_monotonic();
    a = take("a");
    take("b");
    c = take("c");
    assert_true(time_monotonic() - before < 100);
    assert_int_equal(a.attempts, 0); /* the platform was away: that is not the letter's fault */
    assert_int_equal(c.attempts, 0);
    waiting_close(waiting, &c); /* but this time others went through */
    c = take("c");
    assert_int_equal(c.attempts, 1);
    end();
}

void test_waiting__stops(void **state)
{
    struct waiting_letter letter;

    (void)state;
    begin(1000);
    waiting_add(waiting, "a");
    waiting_stop(waiting);
    assert_false(waiting_take(waiting, &letter));
    end();
}

void test_waiting__verdicts(void **state)
{
    static const struct {
        struct client_error error;
        enum delivery_verdict verdict;
    } rows[] = {
        {{.failure = CLIENT_FAULT, .code = "LIMIT_EXCEEDED"}, DELIVERY_REFUSED},
        {{.failure = CLIENT_FAULT, .code = "VALUE_INVALID"}, DELIVERY_REFUSED},
        {{.failure = CLIENT_FAULT, .code = "DATABASE_UNAVAILABLE"}, DELIVERY_AWAY},
        {{.failure = CLIENT_FAULT, .code = "CREDENTIALS_INVALID"}, DELIVERY_AWAY},
        {{.failure = CLIENT_FAULT, .code = "DATABASE_CONFLICT"}, DELIVERY_LATER},
        {{.failure = CLIENT_FAULT, .code = "OUTCOME_UNKNOWN"}, DELIVERY_LATER},
        {{.failure = CLIENT_FAULT, .code = "INTERNAL"}, DELIVERY_LATER},
        {{.failure = CLIENT_FAULT, .code = "NEVER_HEARD_OF"}, DELIVERY_LATER},
        {{.failure = CLIENT_FAULT, .code = "REQUEST_ID_EXPIRED"}, DELIVERY_DONE},
        {{.failure = CLIENT_UNREACHABLE, .code = "UNREACHABLE"}, DELIVERY_AWAY},
        {{.failure = CLIENT_NOT_SOAP, .code = "NOT_SOAP", .status = 502}, DELIVERY_AWAY},
        {{.failure = CLIENT_NOT_SOAP, .code = "NOT_SOAP", .status = 413}, DELIVERY_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(delivery_judge(&rows[i].error), rows[i].verdict);
    }
}
