/*
 * date_form.c - one table of the parts that a form may have.
 */
#include "apps/admin/date_form.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/time.h"

enum date_part { PART_YEAR, PART_MONTH, PART_DAY, PART_HOUR, PART_MINUTE, PART_SECOND, PART_COUNT };

/* The longer before the shorter. */
static const struct token {
    const char *text;
    enum date_part part;
    int digits_min, digits_max;
} tokens[] = {
    {.text = "yyyy", .part = PART_YEAR, .digits_min = 4, .digits_max = 4},
    {.text = "yy", .part = PART_YEAR, .digits_min = 2, .digits_max = 2},
    {.text = "MM", .part = PART_MONTH, .digits_min = 2, .digits_max = 2},
    {.text = "M", .part = PART_MONTH, .digits_min = 1, .digits_max = 2},
    {.text = "dd", .part = PART_DAY, .digits_min = 2, .digits_max = 2},
    {.text = "d", .part = PART_DAY, .digits_min = 1, .digits_max = 2},
    {.text = "HH", .part = PART_HOUR, .digits_min = 2, .digits_max = 2},
    {.text = "mm", .part = PART_MINUTE, .digits_min = 2, .digits_max = 2},
    {.text = "ss", .part = PART_SECOND, .digits_min = 2, .digits_max = 2},
};

enum { TOKEN_COUNT = sizeof(tokens) / sizeof(tokens[0]), CENTURY = 2000, PIVOT = 70 };

static const struct token *token_at(const char *form)
{
    for (size_t i = 0; i < TOKEN_COUNT; i++) {
        if (strncmp(form, tokens[i].text, strlen(tokens[i].text)) == 0) {
            return &tokens[i];
        }
    }
    return NULL;
}

bool date_form_is_valid(const char *form)
{
    int counts[PART_COUNT] = {0};

    while (*form != '\0') {
        const struct token *token = token_at(form);
        if (token != NULL) {
            counts[token->part]++;
        }
        form += token == NULL ? 1 : strlen(token->text);
    }
    return counts[PART_YEAR] == 1 && counts[PART_MONTH] == 1 && counts[PART_DAY] == 1 &&
           counts[PART_HOUR] <= 1 && counts[PART_MINUTE] <= 1 && counts[PART_SECOND] <= 1;
}

/* Reads the digits of a token; false when there are too few. */
static bool read_digits(const struct token *token, const char **text, int *value_out)
{
    int value = 0;
    int count = 0;

    while (count < token->digits_max && isdigit((unsigned char)**text)) {
        value = value * 10 + (**text - '0');
        (*text)++;
        count++;
    }
    if (token->digits_max == 2 && token->part == PART_YEAR) {
        value += value < PIVOT ? CENTURY : CENTURY - 100;
    }
    *value_out = value;
    return count >= token->digits_min;
}

/* Reads all parts; false when the text does not follow the form to its end. */
static bool read_parts(const char *form, const char *text, int parts[PART_COUNT], bool *has_time)
{
    while (*form != '\0') {
        const struct token *token = token_at(form);
        if (token == NULL) {
            if (*form++ != *text++) {
                return false;
            }
            continue;
        }
        if (!read_digits(token, &text, &parts[token->part])) {
            return false;
        }
        *has_time = *has_time || token->part == PART_HOUR;
        form += strlen(token->text);
    }
    return *text == '\0';
}

const char *date_form_read(struct arena *arena, const char *form, const char *zone,
                           const char *text)
{
    int parts[PART_COUNT] = {0};
    bool has_time = false;
    int32_t days;

    if (!read_parts(form, text, parts, &has_time) ||
        !date_join(parts[PART_YEAR], parts[PART_MONTH], parts[PART_DAY], &days) ||
        parts[PART_HOUR] > 23 || parts[PART_MINUTE] > 59 || parts[PART_SECOND] > 59) {
        return NULL;
    }
    char date[DATE_TEXT_SIZE];
    date_format(days, date);
    if (!has_time) {
        return arena_copy_text(arena, date);
    }
    return arena_format(arena, "%sT%02d:%02d:%02d%s", date, parts[PART_HOUR], parts[PART_MINUTE],
                        parts[PART_SECOND], zone);
}
