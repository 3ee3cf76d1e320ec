/* Decimals against an oracle that calculates as one does on paper, digit by digit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/decimal.h"
#include "support/random.h"

/* ---- the oracle: a sign and decimal digits, the least first ---- */

enum { PAPER_DIGITS = 120 };

struct paper {
    bool is_negative;
    int digits[PAPER_DIGITS];
};

static struct paper paper_from(int64_t value, int zeros)
{
    struct paper paper = {.is_negative = value < 0};
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    for (int place = zeros; rest > 0; place++) {
        paper.digits[place] = (int)(rest % 10);
        rest /= 10;
    }
    return paper;
}

static int compare_sizes(const struct paper *left, const struct paper *right)
{
    for (int place = PAPER_DIGITS - 1; place >= 0; place--) {
        if (left->digits[place] != right->digits[place]) {
            return left->digits[place] < right->digits[place] ? -1 : 1;
        }
    }
    return 0;
}

static void add_size(struct paper *to, const struct paper *from)
{
    int carry = 0;
    for (int place = 0; place < PAPER_DIGITS; place++) {
        int sum = to->digits[place] + from->digits[place] + carry;
        to->digits[place] = sum % 10;
        carry = sum / 10;
    }
}

static void subtract_size(struct paper *from, const struct paper *what)
{
    int borrow = 0;
    for (int place = 0; place < PAPER_DIGITS; place++) {
        int difference = from->digits[place] - what->digits[place] - borrow;
        borrow = difference < 0 ? 1 : 0;
        from->digits[place] = difference + 10 * borrow;
    }
}

static struct paper paper_add(struct paper left, struct paper right)
{
    if (left.is_negative == right.is_negative) {
        add_size(&left, &right);
        return left;
    }
    if (compare_sizes(&left, &right) >= 0) {
        subtract_size(&left, &right);
        return left;
    }
    subtract_size(&right, &left);
    return right;
}

static struct paper paper_multiply(const struct paper *left, const struct paper *right)
{
    struct paper product = {.is_negative = left->is_negative != right->is_negative};
    for (int place = 0; place < PAPER_DIGITS / 2; place++) {
        int carry = 0;
        for (int at = 0; at < PAPER_DIGITS / 2; at++) {
            int sum = product.digits[place + at] + left->digits[place] * right->digits[at] + carry;
            product.digits[place + at] = sum % 10;
            carry = sum / 10;
        }
    }
    return product;
}

/* Long division; *has_rest_of_half says whether what remains is half of the divisor or more. */
static struct paper paper_divide(const struct paper *left, const struct paper *right,
                                 bool *has_rest_of_half)
{
    struct paper quotient = {.is_negative = left->is_negative != right->is_negative};
    struct paper rest = {0};
    for (int place = PAPER_DIGITS - 1; place >= 0; place--) {
        memmove(rest.digits + 1, rest.digits, sizeof(rest.digits) - sizeof(*rest.digits));
        rest.digits[0] = left->digits[place];
        while (compare_sizes(&rest, right) >= 0) {
            subtract_size(&rest, right);
            quotient.digits[place]++;
        }
    }
    struct paper twice = rest;
    add_size(&twice, &rest);
    *has_rest_of_half = compare_sizes(&twice, right) >= 0;
    return quotient;
}

static void add_one(struct paper *paper)
{
    static const struct paper one = {.digits = {1}};
    add_size(paper, &one);
}

/* Takes away places, rounding half away from zero, or adds them. */
static struct paper paper_rescale(struct paper paper, int from, int to)
{
    struct paper result = {.is_negative = paper.is_negative};
    int shift = from - to;
    for (int place = 0; place < PAPER_DIGITS; place++) {
        int source = place + shift;
        result.digits[place] = source >= 0 && source < PAPER_DIGITS ? paper.digits[source] : 0;
    }
    if (shift > 0 && paper.digits[shift - 1] >= 5) {
        add_one(&result);
    }
    return result;
}

/* Whether it has 18 digits at most, and which. */
static bool paper_fits(const struct paper *paper, int64_t *digits_out)
{
    for (int place = DECIMAL_DIGITS; place < PAPER_DIGITS; place++) {
        if (paper->digits[place] != 0) {
            return false;
        }
    }
    int64_t digits = 0;
    for (int place = DECIMAL_DIGITS - 1; place >= 0; place--) {
        digits = digits * 10 + paper->digits[place];
    }
    *digits_out = paper->is_negative ? -digits : digits;
    return true;
}

/* ---- the comparison ---- */

static struct decimal random_decimal(struct random_source *source)
{
    struct decimal value = {.scale = (uint8_t)random_below(source, DECIMAL_DIGITS + 1)};
    uint64_t length = random_below(source, DECIMAL_DIGITS + 1);
    for (uint64_t index = 0; index < length; index++) {
        uint64_t kind = random_below(source, 4);
        int digit = kind == 0 ? 0 : kind == 1 ? 9 : (int)random_below(source, 10);
        value.digits = value.digits * 10 + digit;
    }
    if (random_below(source, 8) == 0) {
        value.digits = value.digits / 10 * 10 + 5; /* halves, for the rounding */
    }
    value.digits = random_below(source, 2) == 0 ? value.digits : -value.digits;
    return value;
}

static void check(const char *what, struct decimal left, struct decimal right, uint8_t scale,
                  const struct paper *expected, bool answered, struct decimal answer)
{
    int64_t digits = 0;
    bool fits = paper_fits(expected, &digits);
    if (fits != answered || (fits && (answer.digits != digits || answer.scale != scale))) {
        char left_text[DECIMAL_TEXT_SIZE];
        char right_text[DECIMAL_TEXT_SIZE];
        decimal_format(left, left_text);
        decimal_format(right, right_text);
        fail_msg("%s %s %s at scale %d", left_text, what, right_text, scale);
    }
}

static void check_sums(struct decimal left, struct decimal right, uint8_t scale)
{
    int common = DECIMAL_DIGITS;
    struct paper left_paper = paper_from(left.digits, common - left.scale);
    struct paper right_paper = paper_from(right.digits, common - right.scale);
    struct decimal answer = {0};
    struct paper sum = paper_rescale(paper_add(left_paper, right_paper), common, scale);
    check("+", left, right, scale, &sum, decimal_add(left, right, scale, &answer), answer);
    right_paper.is_negative = !right_paper.is_negative;
    struct paper difference = paper_rescale(paper_add(left_paper, right_paper), common, scale);
    check("-", left, right, scale, &difference, decimal_subtract(left, right, scale, &answer),
          answer);
    right_paper.is_negative = !right_paper.is_negative;
    int order = compare_sizes(&left_paper, &right_paper);
    if (left.digits < 0 && right.digits < 0) {
        order = -order;
    } else if ((left.digits < 0) != (right.digits < 0)) {
        order = left.digits < 0 ? -1 : left.digits > 0 || right.digits < 0 ? 1 : 0;
    }
    assert_int_equal(decimal_compare(left, right), order);
}

static void check_product(struct decimal left, struct decimal right, uint8_t scale)
{
    struct paper left_paper = paper_from(left.digits, 0);
    struct paper right_paper = paper_from(right.digits, 0);
    struct decimal answer = {0};
    struct paper product =
        paper_rescale(paper_multiply(&left_paper, &right_paper), left.scale + right.scale, scale);
    check("*", left, right, scale, &product, decimal_multiply(left, right, scale, &answer), answer);
}

static void check_quotient(struct decimal left, struct decimal right, uint8_t scale)
{
    struct decimal answer = {0};
    if (right.digits == 0) {
        assert_false(decimal_divide(left, right, scale, &answer));
        return;
    }
    struct paper left_paper = paper_from(left.digits, scale + right.scale);
    struct paper right_paper = paper_from(right.digits, left.scale);
    bool rounds_up;
    struct paper quotient = paper_divide(&left_paper, &right_paper, &rounds_up);
    if (rounds_up) {
        add_one(&quotient);
    }
    check("/", left, right, scale, &quotient, decimal_divide(left, right, scale, &answer), answer);
}

void test_decimal__calculates_as_on_paper(void **state)
{
    (void)state;
    struct random_source source = random_begin();
    for (int index = 0; index < 30000; index++) {
        struct decimal left = random_decimal(&source);
        struct decimal right = random_decimal(&source);
        uint8_t scale = (uint8_t)random_below(&source, DECIMAL_DIGITS + 1);
        check_sums(left, right, scale);
        check_product(left, right, scale);
        check_quotient(left, right, scale);
    }
}

void test_decimal__rescales_as_on_paper(void **state)
{
    (void)state;
    struct random_source source = random_begin();
    for (int index = 0; index < 100000; index++) {
        struct decimal value = random_decimal(&source);
        uint8_t scale = (uint8_t)random_below(&source, DECIMAL_DIGITS + 1);
        struct paper expected = paper_rescale(paper_from(value.digits, 0), value.scale, scale);
        struct decimal answer = {0};
        check("rescaled", value, value, scale, &expected, decimal_rescale(value, scale, &answer),
              answer);
        struct decimal back = {0};
        bool loses_nothing =
            decimal_rescale(value, scale, &answer)
                ? decimal_rescale(answer, value.scale, &back) && back.digits == value.digits
                : decimal_fits_scale(value, scale);
        assert_int_equal(decimal_fits_scale(value, scale), loses_nothing);
    }
}

void test_decimal__reads_what_it_writes(void **state)
{
    (void)state;
    struct random_source source = random_begin();
    for (int index = 0; index < 100000; index++) {
        struct decimal value = random_decimal(&source);
        struct decimal read;
        char text[DECIMAL_TEXT_SIZE];
        decimal_format(value, text);
        assert_true(decimal_parse(text, &read));
        assert_int_equal(read.digits, value.digits);
        assert_int_equal(read.scale, value.scale);
    }
}

static void check_text(const char *text, int64_t digits, uint8_t scale, const char *written)
{
    struct decimal value;
    char again[DECIMAL_TEXT_SIZE];
    assert_true(decimal_parse(text, &value));
    assert_int_equal(value.digits, digits);
    assert_int_equal(value.scale, scale);
    decimal_format(value, again);
    assert_string_equal(again, written);
}

void test_decimal__reads_every_form(void **state)
{
    (void)state;
    check_text("0", 0, 0, "0");
    check_text("-0", 0, 0, "0");
    check_text("-0.00", 0, 2, "0.00");
    check_text("12.50", 1250, 2, "12.50");
    check_text("-12.50", -1250, 2, "-12.50");
    check_text("+.5", 5, 1, "0.5");
    check_text("5.", 5, 0, "5");
    check_text("-.005", -5, 3, "-0.005");
    check_text("0000000000000000000000000000001.5", 15, 1, "1.5");
    check_text("999999999999999999", 999999999999999999, 0, "999999999999999999");
    check_text("0.999999999999999999", 999999999999999999, 18, "0.999999999999999999");
    check_text("-0.000000000000000001", -1, 18, "-0.000000000000000001");
    check_text("1.50000000000000000000000000", 15, 1, "1.5");
    check_text("123456789012345678.0000", 123456789012345678, 0, "123456789012345678");
}

void test_decimal__refuses_everything_else(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "-",
        "+",
        ".",
        "-.",
        "+-1",
        "--1",
        "1..2",
        "1.2.3",
        "1e3",
        "1E3",
        "0x1",
        " 1",
        "1 ",
        "1,5",
        "NaN",
        "INF",
        "-INF",
        "1_000",
        "a",
        "\xD9\xA1",
        "1000000000000000000",
        "1.0000000000000000001",
        "0.1234567890123456789",
        "9999999999999999999999999",
        "12345678901234567.89",
    };
    struct decimal value;
    for (size_t index = 0; index < sizeof(refused) / sizeof(*refused); index++) {
        assert_false(decimal_parse(refused[index], &value));
    }
}

void test_decimal__refuses_more_than_18_digits(void **state)
{
    (void)state;
    struct decimal most = {.digits = 999999999999999999};
    struct decimal one = {.digits = 1};
    struct decimal beyond = {.digits = INT64_MIN};
    struct decimal answer;
    assert_false(decimal_add(most, one, 0, &answer));
    assert_true(decimal_subtract(most, one, 0, &answer));
    assert_false(decimal_multiply(most, most, 18, &answer));
    assert_false(decimal_rescale(most, 1, &answer));
    assert_false(decimal_rescale(beyond, 0, &answer));
    assert_false(decimal_add(one, beyond, 0, &answer));
    assert_false(decimal_subtract(one, beyond, 0, &answer));
    assert_false(decimal_divide(one, beyond, 0, &answer));
    char text[DECIMAL_TEXT_SIZE];
    decimal_format(beyond, text);
    assert_string_equal(text, "-9223372036854775808");
}
