/*
 * test_row_text.c - rows that came as one text, and texts that are no rows.
 */
#include "database/sample.h"

#include "database/row_text.h"

enum { VALUES = 3 };

static bool split(const char *text, struct row_text_value values[VALUES], char *copy)
{
    strcpy(copy, text);
    return row_text_split(copy, strlen(text), values, VALUES);
}

void test_row_text__is_split(void **state)
{
    static const struct {
        const char *text;
        const char *values[VALUES];
    } rows[] = {
        {"(a,b,c)", {"a", "b", "c"}},
        {"(,,)", {NULL, NULL, NULL}},
        {"(\"\",,\"\")", {"", NULL, ""}},
        {"(\"a, (b)\",c,\" \")", {"a, (b)", "c", " "}},
        {"(\"a\"\"b\",\"\"\"\",\"\\\\x\")", {"a\"b", "\"", "\\x"}},
        {"(NULL,\"one\ntwo\",\")\")", {"NULL", "one\ntwo", ")"}},
    };
    struct row_text_value values[VALUES];
    char copy[100];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(split(rows[i].text, values, copy));
        for (size_t j = 0; j < VALUES; j++) {
            if (rows[i].values[j] == NULL) {
                assert_null(values[j].text);
                continue;
            }
            assert_string_equal(values[j].text, rows[i].values[j]);
            assert_int_equal(values[j].length, strlen(rows[i].values[j]));
        }
    }
}

void test_row_text__refuses_what_is_no_row(void **state)
{
    static const char *const texts[] = {
        "",
        "(",
        ")",
        "()",
        "(a,b)",
        "(a,b,c,d)",
        "a,b,c",
        "(a,b,\"c)",
        "(a,\"b\"c,d)",
        "(a,b,\"c\\)",
        "(a,b,\"c\"\")",
        "(a,b,c",
        "(\"a,b,c)",
        "(a,b,\"\"\")",
    };
    struct row_text_value values[VALUES];
    char copy[100];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (split(texts[i], values, copy)) {
            fail_msg("%s is taken for a row", texts[i]);
        }
    }
}

void test_row_text__bytes(void **state)
{
    static const char *const wrong[] = {"", "x", "\\x0", "\\x0G", "\\X00", "0x00"};
    char text[] = "\\x00ff5c";
    struct row_text_value value = {.text = text, .length = strlen(text)};

    (void)state;
    assert_true(row_text_read_bytes(&value));
    assert_int_equal(value.length, 3);
    assert_memory_equal(value.text, "\0\xff\x5c", 3);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char copy[10];
        value.text = strcpy(copy, wrong[i]);
        value.length = strlen(wrong[i]);
        assert_false(row_text_read_bytes(&value));
    }
}
