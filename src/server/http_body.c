/*
 * http_body.c - content by length and by chunks (RFC 9112, sections 6 and 7).
 */
#include "server/http_body.h"

#include "server/http_head.h"

enum {
    SIZE_DIGITS_MOST = 8,
    EXTENSION_CHARACTERS_MOST = 256,
    OVERHEAD_FREE = 16 * 1024, /* bytes of chunk lines that any body may have */
    OVERHEAD_FACTOR = 8,       /* and for each byte of content: a chunk of one byte has six */
};

static int hexadecimal_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* What may stand in extensions and trailers, which nobody reads. */
static bool is_text(char character)
{
    return (character >= ' ' && character <= '~') || character == '\t';
}

enum refusal http_body_begin(struct http_body *body, const struct http_head *head, int64_t limit)
{
    *body = (struct http_body){.limit = limit};
    if (head->is_chunked) {
        body->state = HTTP_BODY_SIZE;
        return REFUSAL_NONE;
    }
    body->remaining = head->content_length;
    body->state = body->remaining == 0 ? HTTP_BODY_COMPLETE : HTTP_BODY_LENGTH;
    return body->remaining > limit ? REFUSAL_BODY_TOO_LARGE : REFUSAL_NONE;
}

static enum refusal take_size_digit(struct http_body *body, char character)
{
    int value = hexadecimal_value(character);

    if (value >= 0 && body->line_characters < SIZE_DIGITS_MOST) {
        body->remaining = body->remaining * 16 + value;
        body->line_characters++;
        return REFUSAL_NONE;
    }
    if (body->line_characters == 0 || value >= 0) {
        return REFUSAL_CHUNK;
    }
    body->line_characters = 0;
    if (character == ';') {
        body->state = HTTP_BODY_EXTENSION;
    } else if (character == '\r') {
        body->state = HTTP_BODY_SIZE_END;
    } else {
        return REFUSAL_CHUNK;
    }
    return body->remaining > body->limit - body->content ? REFUSAL_BODY_TOO_LARGE : REFUSAL_NONE;
}

static enum refusal take_extension(struct http_body *body, char character)
{
    if (character == '\r') {
        body->line_characters = 0;
        body->state = HTTP_BODY_SIZE_END;
        return REFUSAL_NONE;
    }
    body->line_characters++;
    return is_text(character) && body->line_characters <= EXTENSION_CHARACTERS_MOST ? REFUSAL_NONE
                                                                                    : REFUSAL_CHUNK;
}

static enum refusal take_size_end(struct http_body *body, char character)
{
    body->state = body->remaining == 0 ? HTTP_BODY_TRAILER : HTTP_BODY_CHUNK;
    return character == '\n' ? REFUSAL_NONE : REFUSAL_CHUNK;
}

static enum refusal take_chunk_end(struct http_body *body, char character)
{
    body->state = HTTP_BODY_CHUNK_END_2;
    return character == '\r' ? REFUSAL_NONE : REFUSAL_CHUNK;
}

static enum refusal take_chunk_end_2(struct http_body *body, char character)
{
    body->state = HTTP_BODY_SIZE;
    return character == '\n' ? REFUSAL_NONE : REFUSAL_CHUNK;
}

static enum refusal take_trailer(struct http_body *body, char character)
{
    bool is_last = character == '\r';

    body->state = is_last ? HTTP_BODY_LAST : HTTP_BODY_TRAILER_LINE;
    /* A blank here would fold the line before. */
    return is_last || (is_text(character) && character != ' ' && character != '\t') ? REFUSAL_NONE
                                                                                    : REFUSAL_CHUNK;
}

static enum refusal take_trailer_line(struct http_body *body, char character)
{
    if (character == '\r') {
        body->state = HTTP_BODY_TRAILER_END;
        return REFUSAL_NONE;
    }
    return is_text(character) ? REFUSAL_NONE : REFUSAL_CHUNK;
}

static enum refusal take_trailer_end(struct http_body *body, char character)
{
    body->state = HTTP_BODY_TRAILER;
    return character == '\n' ? REFUSAL_NONE : REFUSAL_CHUNK;
}

static enum refusal take_last(struct http_body *body, char character)
{
    body->state = HTTP_BODY_COMPLETE;
    return character == '\n' ? REFUSAL_NONE : REFUSAL_CHUNK;
}

/* One character of framing; content has no row here. */
static enum refusal (*const takers[HTTP_BODY_STATE_COUNT])(struct http_body *, char) = {
    [HTTP_BODY_SIZE] = take_size_digit,
    [HTTP_BODY_EXTENSION] = take_extension,
    [HTTP_BODY_SIZE_END] = take_size_end,
    [HTTP_BODY_CHUNK_END] = take_chunk_end,
    [HTTP_BODY_CHUNK_END_2] = take_chunk_end_2,
    [HTTP_BODY_TRAILER] = take_trailer,
    [HTTP_BODY_TRAILER_LINE] = take_trailer_line,
    [HTTP_BODY_TRAILER_END] = take_trailer_end,
    [HTTP_BODY_LAST] = take_last,
};

static size_t take_content(struct http_body *body, size_t length)
{
    size_t count = (uint64_t)body->remaining < length ? (size_t)body->remaining : length;

    body->remaining -= (int64_t)count;
    body->content += (int64_t)count;
    if (body->remaining == 0) {
        body->state = body->state == HTTP_BODY_CHUNK ? HTTP_BODY_CHUNK_END : HTTP_BODY_COMPLETE;
    }
    return count;
}

enum refusal http_body_take(struct http_body *body, const char *bytes, size_t length,
                            size_t *taken_out, const char **span_out, size_t *span_length_out)
{
    enum refusal refusal = REFUSAL_NONE;
    size_t taken = 0;

    *span_out = bytes;
    *span_length_out = 0;
    while (refusal == REFUSAL_NONE && taken < length && takers[body->state] != NULL) {
        refusal = takers[body->state](body, bytes[taken++]);
        body->overhead++;
    }
    if (body->overhead > OVERHEAD_FREE + OVERHEAD_FACTOR * body->content) {
        refusal = REFUSAL_CHUNK;
    }
    if (refusal == REFUSAL_NONE && taken < length && !http_body_is_complete(body)) {
        *span_out = bytes + taken;
        *span_length_out = take_content(body, length - taken);
        taken += *span_length_out;
    }
    *taken_out = taken;
    return refusal;
}

bool http_body_is_complete(const struct http_body *body)
{
    return body->state == HTTP_BODY_COMPLETE;
}
