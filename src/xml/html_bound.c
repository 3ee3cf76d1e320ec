/*
 * html_bound.c - start tags taken apart as libxml2 does it, and what of them is too much left out.
 *
 * Whether a tag stands in a comment or a script is not known for sure. So in what is written
 * nothing within a tag begins another, whoever reads it: "<" in a value is written as a reference,
 * and elsewhere it ends the tag. And no tag goes on behind what may be the end of a comment: a
 * value that is still open there is closed before it.
 */
#define _GNU_SOURCE /* memmem */
#include "xml/html_bound.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"

enum { ATTRIBUTES_MOST = 100, NAME_MOST = 100 /* after which libxml2 begins another */ };

struct bounding {
    const char *at, *end; /* of the document, or of the comment */
    struct buffer *kept;
    int attributes;  /* of the tag, so far */
    bool has_no_end; /* no comment that begins from here on */
};

static bool is_one_of(const struct bounding *bounding, const char *bytes)
{
    return bounding->at < bounding->end && *bounding->at != '\0' &&
           strchr(bytes, *bounding->at) != NULL;
}

static bool begins_name(const char *at, const char *end)
{
    return at < end && (isalpha((unsigned char)*at) || *at == '_' || *at == ':' || *at == '.');
}

static bool is_blank(const struct bounding *bounding)
{
    return is_one_of(bounding, " \t\r\n");
}

/* Where the tag ends. */
static bool is_end(const struct bounding *bounding)
{
    const char *next = bounding->at + 1;

    return bounding->at == bounding->end || is_one_of(bounding, "<>") ||
           (*bounding->at == '/' && next < bounding->end && *next == '>');
}

static void take(struct bounding *bounding)
{
    char byte = *bounding->at++;

    if (bounding->attributes > ATTRIBUTES_MOST) {
        return;
    }
    if (byte == '<') {
        buffer_add_text(bounding->kept, "&lt;");
    } else {
        buffer_add_char(bounding->kept, byte);
    }
}

static void take_blanks(struct bounding *bounding)
{
    while (is_blank(bounding)) {
        take(bounding);
    }
}

static void take_name(struct bounding *bounding)
{
    for (int length = 0; length < NAME_MOST && bounding->at < bounding->end &&
                         (isalnum((unsigned char)*bounding->at) || is_one_of(bounding, "_:.-"));
         length++) {
        take(bounding);
    }
}

static void take_value(struct bounding *bounding)
{
    char quote = is_one_of(bounding, "\"'") ? *bounding->at : '\0';

    if (quote == '\0') {
        while (bounding->at < bounding->end && *bounding->at != '>' && !is_blank(bounding)) {
            take(bounding);
        }
        return;
    }
    do {
        take(bounding);
    } while (bounding->at < bounding->end && *bounding->at != quote);
    if (bounding->at < bounding->end) {
        take(bounding);
    } else if (bounding->attributes <= ATTRIBUTES_MOST) {
        buffer_add_char(bounding->kept, quote);
    }
}

static void take_attribute(struct bounding *bounding)
{
    bounding->attributes++;
    take_name(bounding);
    take_blanks(bounding);
    if (is_one_of(bounding, "=")) {
        take(bounding);
        take_blanks(bounding);
        take_value(bounding);
    }
}

/* What begins no attribute, up to the next blank. */
static void take_other(struct bounding *bounding)
{
    while (!is_end(bounding) && !is_blank(bounding)) {
        take(bounding);
    }
}

static void take_tag(struct bounding *bounding)
{
    buffer_add_char(bounding->kept, *bounding->at++);
    take_name(bounding);
    take_blanks(bounding);
    while (!is_end(bounding)) {
        if (begins_name(bounding->at, bounding->end)) {
            take_attribute(bounding);
        } else {
            take_other(bounding);
        }
        take_blanks(bounding);
    }
    if (bounding->at == bounding->end || is_one_of(bounding, "<")) {
        buffer_add_text(bounding->kept, " >"); /* not "-->" */
    }
    bounding->attributes = 0;
}

static void take_next(struct bounding *bounding)
{
    if (*bounding->at == '<' && begins_name(bounding->at + 1, bounding->end)) {
        take_tag(bounding);
    } else {
        buffer_add_char(bounding->kept, *bounding->at++);
    }
}

/* Where the comment ends that begins here. NULL: none begins, or it has no end. */
static const char *find_comment_end(struct bounding *bounding)
{
    static const char begin[] = "<!--", end[] = "-->";
    size_t rest = (size_t)(bounding->end - bounding->at);

    if (bounding->has_no_end || rest < strlen(begin) ||
        memcmp(bounding->at, begin, strlen(begin)) != 0) {
        return NULL;
    }
    const char *found = memmem(bounding->at + 2, rest - 2, end, strlen(end)); /* of "<!-->" too */
    bounding->has_no_end = found == NULL;
    return found;
}

static void take_comment(struct bounding *bounding, const char *comment_end)
{
    const char *end = bounding->end;

    bounding->end = comment_end;
    while (bounding->at < comment_end) {
        take_next(bounding);
    }
    bounding->end = end;
}

const char *html_bound(struct arena *arena, const char *html, size_t length, size_t *length_out)
{
    struct buffer kept;
    struct bounding bounding = {.at = html, .end = html + length, .kept = &kept};

    buffer_init(&kept, arena, length + 1);
    while (bounding.at < bounding.end) {
        const char *comment_end = find_comment_end(&bounding);
        if (comment_end != NULL) {
            take_comment(&bounding, comment_end);
        } else {
            take_next(&bounding);
        }
    }
    *length_out = kept.length;
    return kept.bytes;
}
