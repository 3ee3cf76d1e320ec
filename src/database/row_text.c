/*
 * row_text.c - takes apart rows that came as one text.
 */
#include "database/row_text.h"

#include <string.h>

/* Removes what doubles marks, to the closing one; answers what follows it, or NULL. */
static char *read_doubled(char *from, const char *end, struct row_text_value *value)
{
    char *to = from;

    while (from < end) {
        if (*from == '"' && (from + 1 == end || from[1] != '"')) {
            value->length = (size_t)(to - value->text);
            return from + 1;
        }
        if ((*from == '"' || *from == '\\') && ++from == end) {
            break;
        }
        *to++ = *from++;
    }
    return NULL;
}

/* Reads what follows an opening mark; most values have only blanks in them. */
static char *read_quoted(char *from, const char *end, struct row_text_value *value)
{
    char *mark = memchr(from, '"', (size_t)(end - from));

    value->text = from;
    if (mark == NULL) {
        return NULL;
    }
    if ((mark + 1 < end && mark[1] == '"') || memchr(from, '\\', (size_t)(mark - from)) != NULL) {
        return read_doubled(from, end, value);
    }
    value->length = (size_t)(mark - from);
    return mark + 1;
}

static char *read_plain(char *from, char *end, struct row_text_value *value)
{
    char *comma = memchr(from, ',', (size_t)(end - from));

    comma = comma == NULL ? end : comma;
    value->length = (size_t)(comma - from);
    value->text = value->length == 0 ? NULL : from;
    return comma;
}

bool row_text_split(char *text, size_t length, struct row_text_value *values, size_t count)
{
    char *at = text + 1;
    char *end = text + length - 1; /* the closing bracket; written over by the last NUL */

    if (length < 2 || *text != '(' || *end != ')') {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_quoted = at < end && *at == '"';

        at = is_quoted ? read_quoted(at + 1, end, &values[i]) : read_plain(at, end, &values[i]);
        if (at == NULL || (i + 1 < count ? at == end || *at != ',' : at != end)) {
            return false;
        }
        if (values[i].text != NULL) {
            values[i].text[values[i].length] = '\0';
        }
        at++;
    }
    return true;
}

static int read_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool row_text_read_bytes(struct row_text_value *value)
{
    size_t count = value->length / 2;

    if (count == 0 || value->length % 2 != 0 || memcmp(value->text, "\\x", 2) != 0) {
        return false;
    }
    const char *hex = value->text + 2;
    count--;
    for (size_t i = 0; i < count; i++) {
        int high = read_digit(hex[2 * i]);
        int low = read_digit(hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        value->text[i] = (char)(high * 16 + low);
    }
    value->length = count;
    return true;
}
