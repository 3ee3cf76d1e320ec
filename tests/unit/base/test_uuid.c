/* UUID version 7: bits, order, reading and writing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/uuid.h"
#include "support/random.h"

static void fill(struct random_source *source, uint8_t bytes[10])
{
    for (int index = 0; index < 10; index++) {
        bytes[index] = (uint8_t)random_next(source);
    }
}

void test_uuid__has_version_variant_and_time(void **state)
{
    (void)state;
    static const uint8_t ones[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    struct uuid uuid = uuid_make(0x0123456789AB, ones);
    char text[UUID_TEXT_SIZE];
    uuid_format(&uuid, text);
    assert_string_equal(text, "01234567-89ab-7fff-bfff-ffffffffffff");
    static const uint8_t zeros[10] = {0};
    uuid = uuid_make(0, zeros);
    uuid_format(&uuid, text);
    assert_string_equal(text, "00000000-0000-7000-8000-000000000000");
}

void test_uuid__sorts_by_time(void **state)
{
    (void)state;
    struct random_source source = random_begin();
    for (int index = 0; index < 100000; index++) {
        uint8_t random[10];
        int64_t early = (int64_t)random_below(&source, (uint64_t)1 << 47);
        int64_t late = early + 1 + (int64_t)random_below(&source, 1000);
        fill(&source, random);
        struct uuid first = uuid_make(early, random);
        fill(&source, random);
        struct uuid second = uuid_make(late, random);
        char first_text[UUID_TEXT_SIZE];
        char second_text[UUID_TEXT_SIZE];
        uuid_format(&first, first_text);
        uuid_format(&second, second_text);
        assert_true(memcmp(first.bytes, second.bytes, 16) < 0);
        assert_true(strcmp(first_text, second_text) < 0);
    }
}

void test_uuid__reads_what_it_writes(void **state)
{
    (void)state;
    struct random_source source = random_begin();
    for (int index = 0; index < 100000; index++) {
        uint8_t random[10];
        fill(&source, random);
        struct uuid uuid = uuid_make((int64_t)random_below(&source, (uint64_t)1 << 48), random);
        char text[UUID_TEXT_SIZE];
        uuid_format(&uuid, text);
        struct uuid read;
        assert_true(uuid_parse(text, &read));
        assert_true(uuid_is_equal(&uuid, &read));
    }
}

void test_uuid__accepts_case_and_braces(void **state)
{
    (void)state;
    struct uuid plain;
    struct uuid other;
    assert_true(uuid_parse("0123abcd-89ab-7def-8012-abcdefabcdef", &plain));
    assert_true(uuid_parse("0123ABCD-89AB-7DEF-8012-ABCDEFABCDEF", &other));
    assert_true(uuid_is_equal(&plain, &other));
    assert_true(uuid_parse("{0123abcd-89AB-7def-8012-abcdefabcdef}", &other));
    assert_true(uuid_is_equal(&plain, &other));
    assert_false(uuid_is_empty(&plain));
    assert_true(uuid_parse("00000000-0000-0000-0000-000000000000", &plain));
    assert_true(uuid_is_empty(&plain));
}

void test_uuid__refuses_everything_else(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "{",
        "{}",
        "0123abcd89ab7def8012abcdefabcdef",
        "0123abcd-89ab-7def-8012-abcdefabcde",
        "0123abcd-89ab-7def-8012-abcdefabcdef0",
        "0123abcd-89ab-7def-8012-abcdefabcdeg",
        "0123abcd-89ab-7def-8012-abcdefabcdef ",
        " 0123abcd-89ab-7def-8012-abcdefabcdef",
        "{0123abcd-89ab-7def-8012-abcdefabcdef",
        "0123abcd-89ab-7def-8012-abcdefabcdef}",
        "(0123abcd-89ab-7def-8012-abcdefabcdef)",
        "{0123abcd-89ab-7def-8012-abcdefabcdef}}",
        "0123abcd+89ab-7def-8012-abcdefabcdef",
        "0123abcd-89ab-7def-8012-abcdefabcd\xC3\xA9",
    };
    struct uuid uuid;
    for (size_t index = 0; index < sizeof(refused) / sizeof(*refused); index++) {
        assert_false(uuid_parse(refused[index], &uuid));
    }
}
