/*
 * parameter.c - names and values found wherever they stand; pieces put in order and together.
 */
#define _GNU_SOURCE /* strnlen */
#include "mime/parameter.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "mime/header.h"
#include "text/charset.h"

enum {
    PLAIN = -2,
    WHOLE = -1,        /* in place of the number of a piece */
    VALUE_MOST = 4096, /* bytes: no name is as long, however it is encoded */
};

static const char of_name[] = "*-_.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* One value of the parameter that is looked for. */
struct value {
    int number;   /* of a piece; PLAIN; or WHOLE: "name*=" */
    size_t order; /* in the field */
    bool is_encoded;
    const char *text;
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at)) {
        at++;
    }
    return at;
}

static bool is_of_name(char byte)
{
    return byte != '\0' && strchr(of_name, byte) != NULL;
}

/* Where the value begins of a name that begins here; NULL: none does. A colon is taken for the
 * sign if nothing stands at once behind it. */
static const char *value_after_name(const char *at)
{
    const char *end = at;

    while (is_of_name(*end)) {
        end++;
    }
    const char *sign = skip_blanks(end);
    bool is_sign = *sign == '=' || (*sign == ':' && is_blank(sign[1]));
    return end > at && is_sign ? skip_blanks(sign + 1) : NULL;
}

/* ---- values ---- */

/* A quote within quotes ends nothing: what follows the last one is the end, or another name. */
static bool ends_value(const char *after)
{
    after = skip_blanks(after);
    return *after == '\0' || strchr(";,(", *after) != NULL || value_after_name(after) != NULL;
}

/* NULL: no quote ends it. */
static const char *end_of_quoted(const char *at)
{
    for (at++; *at != '\0'; at++) {
        if (*at == '\\' && (at[1] == '"' || at[1] == '\\')) {
            at++;
        } else if (*at == '"' && ends_value(at + 1)) {
            return at;
        }
    }
    return NULL;
}

/* Backslashes before other signs than these two are of a path. */
static const char *unquote(struct arena *arena, const char *begin, const char *end)
{
    struct buffer plain;

    buffer_init(&plain, arena, (size_t)(end - begin) + 1);
    for (const char *at = begin; at < end; at++) {
        at += *at == '\\' && at + 1 < end && (at[1] == '"' || at[1] == '\\');
        if (*at != '\r' && *at != '\n') {
            buffer_add_char(&plain, *at);
        }
    }
    return plain.bytes;
}

/* Without quotes a value goes on to the semicolon, or to a blank behind which a name begins. */
static const char *end_of_bare(const char *at)
{
    while (*at != '\0' && *at != ';' &&
           !(is_blank(*at) && is_of_name(at[1]) && value_after_name(at + 1) != NULL)) {
        at++;
    }
    return at;
}

static const char *take_bare(struct arena *arena, const char *begin, const char *end)
{
    while (end > begin && is_blank(end[-1])) {
        end--;
    }
    bool is_single = end - begin > 1 && *begin == '\'' && end[-1] == '\'';
    return unquote(arena, begin + is_single, end - is_single);
}

/* Where one quote has no end, those behind it have none. */
static const char *take_value(struct arena *arena, const char **at, bool *has_open_quote)
{
    const char *begin = *at;
    bool is_quoted = *begin == '"' && !*has_open_quote;
    const char *end = is_quoted ? end_of_quoted(begin) : NULL;

    *has_open_quote |= is_quoted && end == NULL;
    if (end != NULL) {
        *at = end + 1;
        return unquote(arena, begin + 1, end);
    }
    *at = end_of_bare(begin);
    return take_bare(arena, begin + (*begin == '"'), *at);
}

/* ---- pieces ---- */

/* What the name looked for has behind it: "", "*", "*0", "*0*". */
static bool read_form(const char *form, size_t length, struct value *value)
{
    value->is_encoded = length > 0 && form[length - 1] == '*';
    if (length == 0) {
        value->number = PLAIN;
        return true;
    }
    bool is_number = length > 1 && isdigit((unsigned char)form[1]);
    value->number = is_number ? (int)(strtol(form + 1, NULL, 10) % 10000) : WHOLE;
    return *form == '*' && (is_number || length == 1);
}

static void find_values(struct arena *arena, const char *field, const char *name,
                        struct array *values)
{
    size_t length = strlen(name);
    bool has_open_quote = false;

    for (const char *at = field; *at != '\0';) {
        const char *begin = is_of_name(*at) ? value_after_name(at) : NULL;
        size_t own = strspn(at, of_name);
        struct value value = {.order = values->count};
        if (begin == NULL) {
            at += own > 0 ? own : 1;
            continue;
        }
        bool is_wanted = own >= length && strncasecmp(at, name, length) == 0 &&
                         read_form(at + length, own - length, &value);
        at = begin;
        value.text = take_value(arena, &at, &has_open_quote);
        if (is_wanted) {
            struct value *kept = arena_allocate(arena, sizeof(*kept));
            *kept = value;
            array_add(values, kept);
        }
    }
}

static int compare(const void *left, const void *right)
{
    const struct value *const *one = left, *const *other = right;
    int difference = ((*one)->number > (*other)->number) - ((*one)->number < (*other)->number);
    return difference != 0 ? difference : (*one)->order > (*other)->order ? 1 : -1;
}

static int digit_of(char sign)
{
    return isdigit((unsigned char)sign) ? sign - '0' : tolower((unsigned char)sign) - 'a' + 10;
}

/* Percent signs that encode nothing stand for themselves. */
static void add_encoded(struct buffer *bytes, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '%' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])) {
            buffer_add_char(bytes, (char)(digit_of(at[1]) << 4 | digit_of(at[2])));
            at += 2;
        } else {
            buffer_add_char(bytes, *at);
        }
    }
}

const char *mime_percent_decode(struct arena *arena, const char *text)
{
    struct buffer bytes;

    buffer_init(&bytes, arena, strlen(text) + 1);
    add_encoded(&bytes, text);
    return bytes.bytes;
}

/* "set'language'text", or the text alone. */
static const char *split_charset(struct arena *arena, const char *text, const char **charset_out)
{
    const char *first = strchr(text, '\'');
    const char *second = first == NULL ? NULL : strchr(first + 1, '\'');

    if (second == NULL) {
        return text;
    }
    *charset_out = first == text ? NULL : arena_copy_part(arena, text, (size_t)(first - text));
    return second + 1;
}

/* What is encoded as a whole, or the pieces put together; of two with one number the first. */
static const char *join(struct arena *arena, const struct array *values, bool are_pieces)
{
    const char *charset = NULL;
    int last = PLAIN;
    bool is_encoded = false;
    struct buffer bytes;

    buffer_init(&bytes, arena, 64);
    for (size_t i = 0; i < values->count; i++) {
        const struct value *value = values->items[i];
        bool is_of_form = are_pieces ? value->number >= 0 : value->number == WHOLE;
        if (!is_of_form || value->number == last) {
            continue;
        }
        const char *text = value->is_encoded && last == PLAIN
                               ? split_charset(arena, value->text, &charset)
                               : value->text;
        if (value->is_encoded) {
            add_encoded(&bytes, text);
        } else {
            buffer_add_text(&bytes, text);
        }
        is_encoded |= value->is_encoded;
        last = value->number;
    }
    return is_encoded ? text_decode(arena, charset, bytes.bytes, bytes.length) : bytes.bytes;
}

static const char *first_plain(const struct array *values)
{
    for (size_t i = 0; i < values->count; i++) {
        const struct value *value = values->items[i];
        if (value->number == PLAIN && *value->text != '\0') {
            return value->text;
        }
    }
    return "";
}

static const char *find(struct arena *arena, const char *field, const char *name)
{
    struct array values;

    array_init(&values, arena);
    find_values(arena, field, name, &values);
    if (values.count == 0) {
        return NULL;
    }
    qsort(values.items, values.count, sizeof(*values.items), compare);
    const char *found = join(arena, &values, false);
    if (*found == '\0') {
        found = join(arena, &values, true);
    }
    return *found == '\0' ? first_plain(&values) : found;
}

const char *mime_parameter(struct arena *arena, const char *field, const char *name)
{
    struct arena *scratch = field == NULL ? NULL : arena_create();
    const char *found = field == NULL ? NULL : find(scratch, field, name);

    if (found != NULL) {
        found = arena_copy_part(arena, found, strnlen(found, VALUE_MOST));
    }
    arena_destroy(&scratch);
    return found;
}

const char *mime_before_parameters(struct arena *arena, const char *field)
{
    struct arena *scratch = arena_create();
    const char *text = field == NULL ? "" : mime_without_comments(scratch, field);
    struct buffer word;

    buffer_init(&word, arena, 32);
    for (const char *at = text; *at != '\0' && *at != ';'; at++) {
        bool is_name = is_of_name(*at) && (at == text || is_blank(at[-1]));
        if (is_name && value_after_name(at) != NULL) {
            break;
        }
        if (isgraph((unsigned char)*at) && *at != '"') {
            buffer_add_char(&word, (char)tolower((unsigned char)*at));
        }
    }
    arena_destroy(&scratch);
    return word.bytes;
}
