/*
 * text.c - the texts of a message put together, as text and as HTML.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "mime/part.h"
#include "text/utf8.h"
#include "xml/html.h"
#include "xml/write.h"

enum { FIRST_SIZE = 4096 };

/* Lines end in one way. */
static void add_plain(struct buffer *text, const char *plain)
{
    for (const char *at = plain; *at != '\0'; at++) {
        if (*at != '\r' || at[1] != '\n') {
            buffer_add_char(text, *at == '\r' ? '\n' : *at);
        }
    }
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static void add_text(struct arena *scratch, struct buffer *text, const struct mime_block *block)
{
    const char *plain = block->plain;

    if ((plain == NULL || is_blank(plain)) && block->html != NULL) {
        html_read(scratch, block->html, strlen(block->html), NULL, &plain);
    }
    if (plain == NULL) {
        return;
    }
    if (text->length > 0 && text->bytes[text->length - 1] != '\n') {
        buffer_add_char(text, '\n');
    }
    add_plain(text, plain);
}

/* A text between HTML is shown as it was written. */
static void add_html(struct buffer *html, const struct mime_block *block)
{
    if (block->html != NULL) {
        buffer_add_text(html, block->html);
    } else if (block->plain != NULL) {
        buffer_add_text(html, "<pre>");
        xml_write_text(html, block->plain);
        buffer_add_text(html, "</pre>");
    }
}

static const char *cut(struct mime_reading *reading, const struct buffer *text)
{
    size_t length = text_cut_length(text->bytes, text->length, reading->limits->text);

    reading->message->is_cut |= length < text->length;
    return arena_copy_part(reading->arena, text->bytes, length);
}

/* What lies behind the end of both is not looked at. */
static void join(struct mime_reading *reading, struct buffer *text, struct buffer *html)
{
    struct arena *scratch = arena_create();
    size_t most = reading->limits->text;

    for (size_t i = 0; i < reading->blocks.count; i++) {
        const struct mime_block *block = reading->blocks.items[i];
        if (text->length <= most) {
            add_text(scratch, text, block);
            arena_reset(scratch);
        }
        if (html->length <= most) {
            add_html(html, block);
        }
    }
    arena_destroy(&scratch);
}

static bool has_html(const struct mime_reading *reading)
{
    for (size_t i = 0; i < reading->blocks.count; i++) {
        const char *html = ((const struct mime_block *)reading->blocks.items[i])->html;
        if (html != NULL && !is_blank(html)) {
            return true;
        }
    }
    return false;
}

static bool has_words(const struct mime_reading *reading)
{
    for (size_t i = 0; i < reading->blocks.count; i++) {
        const char *plain = ((const struct mime_block *)reading->blocks.items[i])->plain;
        if (plain != NULL && !is_blank(plain)) {
            return true;
        }
    }
    return has_html(reading);
}

/* OpenPGP within a text, without MIME. */
static void note_armour(struct mime_message *message)
{
    message->is_encrypted |= strstr(message->text, "-----BEGIN PGP MESSAGE-----") != NULL;
    message->is_signed |= strstr(message->text, "-----BEGIN PGP SIGNED MESSAGE-----") != NULL;
}

void mime_choose_texts(struct mime_reading *reading)
{
    struct mime_message *message = reading->message;
    struct buffer text, html;
    const char *clean = NULL;

    if (!has_words(reading)) {
        reading->blocks.count = 0;
        array_add(&reading->blocks, &reading->unpacked);
    }
    buffer_init(&text, reading->arena, FIRST_SIZE);
    buffer_init(&html, reading->arena, FIRST_SIZE);
    join(reading, &text, &html);
    message->text = cut(reading, &text);
    note_armour(message);
    if (has_html(reading)) {
        message->html = cut(reading, &html);
        html_read(reading->arena, message->html, strlen(message->html), &clean, NULL);
        message->clean_html = html_cut(reading->arena, clean, reading->limits->text);
        message->is_cut |= message->clean_html != clean;
    }
}
