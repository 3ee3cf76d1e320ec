/*
 * print_text.c - escaping, once for each format.
 */
#include "apps/admin/print_text.h"

/* Bytes of UTF-8 that continue a character begin with these bits. */
static int is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0U) == 0x80U;
}

size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++) {
        width += !is_continuation(*text);
    }
    return width;
}

static int is_control(char byte)
{
    return (unsigned char)byte < 0x20U || (unsigned char)byte == 0x7fU;
}

size_t text_print_plain(FILE *file, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        fputc(is_control(*at) ? ' ' : *at, file);
    }
    return text_width(text);
}

void text_print_tab(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '\t':
            fputs("\\t", file);
            break;
        case '\n':
            fputs("\\n", file);
            break;
        case '\r':
            fputs("\\r", file);
            break;
        case '\\':
            fputs("\\\\", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}

void text_print_json(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            fprintf(file, "\\%c", *text);
        } else if (is_control(*text)) {
            fprintf(file, "\\u%04x", (unsigned)(unsigned char)*text);
        } else {
            fputc(*text, file);
        }
    }
    fputc('"', file);
}

void text_print_xml(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '\r':
            fputs("&#13;", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}
