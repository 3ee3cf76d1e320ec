/*
 * word.c - a header is cut into encoded words and what stands between them.
 */
#define _GNU_SOURCE /* memmem */
#include "mime/word.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include <gmime/gmime.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/base64.h"
#include "mime/transfer.h"
#include "text/charset.h"
#include "text/utf8.h"

/* Longer ones than programs write are no words: else each that begins would be looked for an end to
 * the end of the header. */
enum { WORD_MOST = 16 * 1024 };

/* An encoded word: =?charset?B?text?= */
struct word {
    const char *charset;
    size_t charset_length;
    char encoding; /* 'b' or 'q' */
    const char *text;
    size_t text_length;
    const char *end; /* after it */
};

/* A header on its way: words of one character set wait for each other. */
struct decoding {
    struct arena *arena;
    struct buffer out;
    struct buffer waiting;     /* decoded bytes of words */
    const char *charset;       /* of them; NULL: none wait */
    struct mime_base64 base64; /* digits of a byte that the next word ends */
    bool is_relabelled;
};

static bool read_word(const char *at, struct word *word)
{
    if (at[0] != '=' || at[1] != '?') {
        return false;
    }
    word->charset = at + 2;
    word->charset_length = strcspn(word->charset, "? \t");
    const char *encoding = word->charset + word->charset_length;
    if (word->charset_length == 0 || encoding[0] != '?' || encoding[1] == '\0' ||
        encoding[2] != '?') {
        return false;
    }
    word->encoding = (char)tolower((unsigned char)encoding[1]);
    word->text = encoding + 3;
    /* "?=" within the text would be an encoded question mark: "=3F=". */
    const char *end = memmem(word->text, strnlen(word->text, WORD_MOST), "?=", 2);
    if (end == NULL || (word->encoding != 'b' && word->encoding != 'q')) {
        return false;
    }
    word->text_length = (size_t)(end - word->text);
    word->end = end + 2;
    return memchr(word->text, '?', word->text_length) == NULL || word->encoding == 'q';
}

static void add_quoted(struct decoding *decoding, const struct word *word)
{
    GMimeEncoding state;
    char *text = arena_copy_part(decoding->arena, word->text, word->text_length);

    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '_' ? ' ' : *at;
    }
    g_mime_encoding_init_decode(&state, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    size_t room = g_mime_encoding_outlen(&state, word->text_length);
    char *bytes = buffer_reserve(&decoding->waiting, room);
    buffer_commit(&decoding->waiting,
                  g_mime_encoding_flush(&state, text, word->text_length, bytes));
}

/* Some programs cut base64 anywhere: what cannot be the end of a word is the begin of the next. */
static void add_base64(struct decoding *decoding, const struct word *word)
{
    enum { AT_THE_END = 2 };
    char *bytes = buffer_reserve(&decoding->waiting, word->text_length + AT_THE_END);
    size_t length = mime_base64_add(&decoding->base64, word->text, word->text_length, bytes);

    if (!mime_base64_is_cut(&decoding->base64)) {
        length += mime_base64_end(&decoding->base64, bytes + length);
    }
    buffer_commit(&decoding->waiting, length);
}

static void add_decoded(struct decoding *decoding, const struct word *word)
{
    if (word->encoding == 'b') {
        add_base64(decoding, word);
        return;
    }
    decoding->base64 = (struct mime_base64){0, 0};
    add_quoted(decoding, word);
}

/* Line breaks of what was decoded would begin new headers. */
static const char *on_one_line(struct arena *arena, const char *text)
{
    char *line = arena_copy_text(arena, text);

    for (char *at = line; *at != '\0'; at++) {
        *at = *at == '\r' || *at == '\n' || *at == '\t' ? ' ' : *at;
    }
    return line;
}

/* The words that waited are complete. */
static void end_words(struct decoding *decoding)
{
    struct arena *arena = decoding->arena;

    if (decoding->charset == NULL) {
        return;
    }
    const char *text =
        on_one_line(arena, text_decode(arena, decoding->charset, decoding->waiting.bytes,
                                       decoding->waiting.length));
    if (decoding->is_relabelled) {
        buffer_add_format(&decoding->out,
                          "=?utf-8?B?%s?=", base64_encode(arena, text, strlen(text)));
    } else {
        buffer_add_text(&decoding->out, text);
    }
    buffer_clear(&decoding->waiting);
    decoding->charset = NULL;
    decoding->base64 = (struct mime_base64){0, 0};
}

static void add_word(struct decoding *decoding, const struct word *word)
{
    const char *charset = arena_copy_part(decoding->arena, word->charset, word->charset_length);

    if (decoding->charset != NULL && strcasecmp(decoding->charset, charset) != 0) {
        end_words(decoding);
    }
    decoding->charset = charset;
    add_decoded(decoding, word);
}

/* Blanks between two encoded words are none. */
static const char *skip_to_word(const struct decoding *decoding, const char *at)
{
    struct word word;

    if (decoding->charset == NULL) {
        return at;
    }
    const char *next = at + strspn(at, " \t\r\n");
    return read_word(next, &word) ? next : at;
}

/* Without line breaks, and as UTF-8 whatever the bytes are. A label of nothing but seven bits,
 * whose escapes look like text, is not thought of here. */
static const char *unfold(struct arena *arena, const char *raw, const char *charset)
{
    char *line = arena_copy_text(arena, raw);
    char *to = line;

    for (const char *at = raw; *at != '\0'; at++) {
        if (*at == '\r' && at[1] != '\n') {
            *to++ = ' ';
        } else if (*at != '\r' && *at != '\n') {
            *to++ = *at == '\t' ? ' ' : *at;
        }
    }
    *to = '\0';
    size_t length = strlen(line);
    bool is_utf8 = text_is_valid_utf8(line, length);
    return text_decode(arena, is_utf8 ? NULL : charset, line, length);
}

static const char *decode(struct arena *arena, const char *raw, const char *charset,
                          bool is_relabelled)
{
    struct decoding decoding = {.arena = arena, .is_relabelled = is_relabelled};
    struct word word;

    buffer_init(&decoding.out, arena, strlen(raw) + 1);
    buffer_init(&decoding.waiting, arena, strlen(raw) + 1);
    for (const char *at = unfold(arena, raw, charset); *at != '\0';) {
        at = skip_to_word(&decoding, at);
        if (read_word(at, &word)) {
            add_word(&decoding, &word);
            at = word.end;
        } else {
            end_words(&decoding);
            buffer_add_char(&decoding.out, *at++);
        }
    }
    end_words(&decoding);
    return decoding.out.bytes;
}

/* Whether a word is left: what was encoded was encoded before. */
static bool has_word(const char *text)
{
    struct word word;
    const char *begin = strstr(text, "=?");

    return begin != NULL && read_word(begin, &word);
}

const char *mime_words_decode(struct arena *arena, const char *raw, const char *charset)
{
    const char *text = decode(arena, raw, charset, false);

    if (has_word(text)) {
        text = decode(arena, text, NULL, false);
    }
    text += strspn(text, " ");
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ') {
        length--;
    }
    return arena_copy_part(arena, text, length);
}

const char *mime_words_relabel(struct arena *arena, const char *raw, const char *charset)
{
    return decode(arena, raw, charset, true);
}
