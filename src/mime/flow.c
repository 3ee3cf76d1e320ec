/*
 * flow.c - lines that a program broke, put together again (RFC 3676).
 *
 * A line that ends with a blank goes on in the next one, as far as both are quoted as deeply. What
 * separates a signature goes on nowhere.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "mime/part.h"

/* One line of a text, without its end. */
struct line {
    const char *begin; /* behind the marks of a quote, and the blank that hides others */
    size_t length;
    size_t quotes;
    bool is_signature;
};

static const char *take_line(const char *at, struct line *line)
{
    size_t length = strcspn(at, "\n");
    const char *next = at + length + (at[length] == '\n');

    length -= length > 0 && at[length - 1] == '\r';
    line->quotes = strspn(at, ">");
    line->quotes = line->quotes < length ? line->quotes : length;
    at += line->quotes;
    length -= line->quotes;
    bool is_stuffed = length > 0 && *at == ' ';
    line->begin = at + is_stuffed;
    line->length = length - is_stuffed;
    line->is_signature = line->length == 3 && strncmp(line->begin, "-- ", 3) == 0;
    return next;
}

static bool goes_on(const struct line *line)
{
    return line->length > 0 && line->begin[line->length - 1] == ' ' && !line->is_signature;
}

static void add_marks(struct buffer *text, const struct line *line)
{
    for (size_t i = 0; i < line->quotes; i++) {
        buffer_add_char(text, '>');
    }
    buffer_add_text(text, line->quotes > 0 && line->length > 0 ? " " : "");
}

const char *mime_unflow(struct arena *arena, const char *text, enum mime_flow flow)
{
    struct buffer whole;
    struct line before = {.length = 0};
    bool is_open = false; /* the line before goes on */

    buffer_init(&whole, arena, strlen(text) + 1);
    for (const char *at = text; *at != '\0';) {
        struct line line;
        const char *next = take_line(at, &line);
        bool is_same = is_open && line.quotes == before.quotes && !line.is_signature;
        if (is_open && !is_same) {
            buffer_add_char(&whole, '\n');
        }
        if (!is_same) {
            add_marks(&whole, &line);
        }
        is_open = goes_on(&line) && *next != '\0';
        bool is_blank_left_out = is_open && flow == MIME_FLOW_WITHOUT_BLANKS;
        buffer_add(&whole, line.begin, line.length - is_blank_left_out);
        if (!is_open && next[-1] == '\n') {
            buffer_add_char(&whole, '\n');
        }
        before = line;
        at = next;
    }
    return whole.bytes;
}
