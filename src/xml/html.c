/*
 * html.c - a document by libxml2, walked without recursion, written anew by tables.
 */
#include "xml/html.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <libxml/HTMLparser.h>
#include <libxml/tree.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/expect.h"
#include "xml/html_bound.h"
#include "xml/html_table.h"
#include "xml/library.h"
#include "xml/write.h"

enum { FIRST_SIZE = 1024 };

/* One document on its way out. */
struct writing {
    struct arena *arena;
    struct buffer *html; /* NULL: not asked for */
    struct buffer *text; /* NULL: not asked for */
    bool is_space_due;   /* a blank was met that the text has not yet */
    int preformatted;    /* elements open whose blanks are kept */
};

/* ---- text ---- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

static bool is_at_line_start(const struct buffer *text)
{
    return text->length == 0 || text->bytes[text->length - 1] == '\n';
}

static void end_line(struct writing *writing)
{
    while (writing->text->length > 0 && writing->text->bytes[writing->text->length - 1] == ' ') {
        writing->text->length--;
    }
    if (!is_at_line_start(writing->text)) {
        buffer_add_char(writing->text, '\n');
    }
    writing->is_space_due = false;
}

/* A paragraph stands apart, but from nothing above it. */
static void end_paragraph(struct writing *writing)
{
    struct buffer *text = writing->text;

    end_line(writing);
    if (text->length > 1 && text->bytes[text->length - 2] != '\n') {
        buffer_add_char(text, '\n');
    }
}

/* Blanks become one, as on a screen; a no-break space is a blank too. */
static void add_words(struct writing *writing, const char *words)
{
    for (const char *at = words; *at != '\0'; at++) {
        bool is_no_break = strncmp(at, "\xC2\xA0", 2) == 0;
        at += is_no_break;
        if (is_no_break || is_blank(*at)) {
            writing->is_space_due = true;
            continue;
        }
        if (writing->is_space_due && !is_at_line_start(writing->text)) {
            buffer_add_char(writing->text, ' ');
        }
        writing->is_space_due = false;
        buffer_add_char(writing->text, *at);
    }
}

static void write_text(struct writing *writing, const char *text)
{
    if (writing->html != NULL) {
        xml_write_text(writing->html, text);
    }
    if (writing->text == NULL) {
        return;
    }
    if (writing->preformatted > 0) {
        buffer_add_text(writing->text, text);
    } else {
        add_words(writing, text);
    }
}

/* ---- attributes ---- */

/* The value without blanks and control characters at its ends and within: browsers skip them in
 * addresses. */
static const char *squeeze(struct arena *arena, const char *value)
{
    char *squeezed = arena_copy_text(arena, value);
    char *to = squeezed;

    for (const char *at = value; *at != '\0'; at++) {
        if ((unsigned char)*at > ' ') {
            *to++ = *at;
        }
    }
    *to = '\0';
    return squeezed;
}

static void write_attribute(struct writing *writing, const char *name, const char *value)
{
    buffer_add_char(writing->html, ' ');
    buffer_add_text(writing->html, name);
    buffer_add_text(writing->html, "=\"");
    xml_write_value(writing->html, value);
    buffer_add_char(writing->html, '"');
}

static void write_link(struct writing *writing, const char *name, const char *value)
{
    const char *address = squeeze(writing->arena, value);

    if (html_is_link(address)) {
        write_attribute(writing, name, address);
        write_attribute(writing, "rel", "noopener noreferrer nofollow");
        write_attribute(writing, "target", "_blank");
    }
}

static void write_picture(struct writing *writing, const char *name, const char *value)
{
    const char *address = squeeze(writing->arena, value);

    if (html_is_own_picture(address)) {
        write_attribute(writing, name, address);
    } else if (html_is_far_picture(address)) {
        write_attribute(writing, "data-src", address);
    }
}

/* Declarations are let through one by one. */
static void write_style(struct writing *writing, const char *name, const char *value)
{
    struct buffer kept;

    buffer_init(&kept, writing->arena, strlen(value) + 1);
    for (const char *at = value; *at != '\0';) {
        size_t length = strcspn(at, ";");
        const char *declaration = arena_copy_part(writing->arena, at, length);
        if (html_is_style(declaration)) {
            buffer_add_text(&kept, declaration);
            buffer_add_char(&kept, ';');
        }
        at += length + (at[length] == ';');
    }
    if (kept.length > 0) {
        write_attribute(writing, name, kept.bytes);
    }
}

static void write_plain(struct writing *writing, const char *name, const char *value)
{
    write_attribute(writing, name, value);
}

static void (*const attribute_writers[HTML_ATTRIBUTE_KINDS])(struct writing *writing,
                                                             const char *name,
                                                             const char *value) = {
    [HTML_ATTRIBUTE_PLAIN] = write_plain,
    [HTML_ATTRIBUTE_LINK] = write_link,
    [HTML_ATTRIBUTE_PICTURE] = write_picture,
    [HTML_ATTRIBUTE_STYLE] = write_style,
};

/* libxml2 keeps a value as one text, or as none. */
static const char *value_of(const xmlAttr *attribute)
{
    const xmlNode *text = attribute->children;
    return text == NULL || text->content == NULL ? "" : (const char *)text->content;
}

static void write_attributes(struct writing *writing, const xmlNode *node,
                             const struct html_element *element)
{
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next) {
        const struct html_attribute *attribute =
            html_find_attribute(element, (const char *)at->name);
        if (attribute != NULL) {
            attribute_writers[attribute->kind](writing, attribute->name, value_of(at));
        }
    }
}

/* ---- elements ---- */

static void enter_text(struct writing *writing, const struct html_element *element)
{
    switch (element->layout) {
    case HTML_BREAK:
        buffer_add_char(writing->text, '\n');
        writing->is_space_due = false;
        break;
    case HTML_PARAGRAPH:
        end_paragraph(writing);
        break;
    case HTML_BLOCK:
        end_line(writing);
        break;
    case HTML_ITEM:
        end_line(writing);
        buffer_add_text(writing->text, "- ");
        break;
    case HTML_CELL:
        writing->is_space_due = true;
        break;
    case HTML_INLINE:
        break;
    }
    writing->preformatted += element->is_preformatted;
}

static void leave_text(struct writing *writing, const struct html_element *element)
{
    writing->preformatted -= element->is_preformatted;
    if (element->layout == HTML_PARAGRAPH) {
        end_paragraph(writing);
    } else if (element->layout == HTML_BLOCK || element->layout == HTML_ITEM) {
        end_line(writing);
    }
}

/* Whether what is within is to be walked too. */
static bool enter(struct writing *writing, const xmlNode *node)
{
    if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
        write_text(writing, node->content == NULL ? "" : (const char *)node->content);
        return false;
    }
    if (node->type != XML_ELEMENT_NODE) {
        return false;
    }
    const struct html_element *element = html_find_element((const char *)node->name);
    if (element == NULL || element->is_dropped) {
        return element == NULL; /* unknown: what is within counts */
    }
    if (writing->html != NULL) {
        buffer_add_char(writing->html, '<');
        buffer_add_text(writing->html, element->name);
        write_attributes(writing, node, element);
        buffer_add_char(writing->html, '>');
    }
    if (writing->text != NULL) {
        enter_text(writing, element);
    }
    return true;
}

static void leave(struct writing *writing, const xmlNode *node)
{
    const struct html_element *element =
        node->type == XML_ELEMENT_NODE ? html_find_element((const char *)node->name) : NULL;

    if (element == NULL || element->is_dropped) {
        return;
    }
    if (writing->html != NULL && !element->is_void) {
        buffer_add_text(writing->html, "</");
        buffer_add_text(writing->html, element->name);
        buffer_add_char(writing->html, '>');
    }
    if (writing->text != NULL) {
        leave_text(writing, element);
    }
}

/* However deep the document is, the stack is not. */
static void walk(struct writing *writing, const xmlNode *root)
{
    const xmlNode *node = root;

    while (node != NULL) {
        if (enter(writing, node) && node->children != NULL) {
            node = node->children;
            continue;
        }
        leave(writing, node);
        while (node != root && node->next == NULL) {
            node = node->parent;
            leave(writing, node);
        }
        node = node == root ? NULL : node->next;
    }
}

/* ---- documents ---- */

static void free_document(void *document)
{
    xmlFreeDoc(document);
}

/* Lines end in one way; and a name such as "o:p", of which libxml2 would make a p, is the name of
 * nothing. */
static const char *tidy(struct arena *arena, const char *html, size_t length, size_t *length_out)
{
    struct buffer tidied;
    bool is_in_name = false;

    buffer_init(&tidied, arena, length + 1);
    for (size_t i = 0; i < length; i++) {
        char byte = html[i];
        bool is_line_end = byte == '\r' && i + 1 < length && html[i + 1] == '\n';
        is_in_name = byte == '<' ||
                     (is_in_name && (byte == '/' || byte == ':' || isalpha((unsigned char)byte)));
        if (!is_line_end) {
            buffer_add_char(&tidied, byte == '\r' ? '\n' : is_in_name && byte == ':' ? '-' : byte);
        }
    }
    *length_out = tidied.length;
    return tidied.bytes;
}

/* Reads a document as browsers would; NULL when it nests deeper than libxml2 follows, since all
 * that comes after would be lost. */
static xmlDocPtr read_document(struct arena *arena, const char *html, size_t length)
{
    const int options = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                        HTML_PARSE_NONET | HTML_PARSE_COMPACT;
    htmlParserCtxtPtr context = htmlNewParserCtxt();
    expect(context != NULL);
    xmlDocPtr document = htmlCtxtReadMemory(context, html, (int)length, NULL, "UTF-8", options);

    if (document != NULL) {
        arena_on_release(arena, free_document, document);
    }
    bool is_whole = context->disableSAX == 0;
    htmlFreeParserCtxt(context);
    return is_whole ? document : NULL;
}

/* What no tree can be made of: its text, as far as it stands outside of tags. */
static void write_stripped(struct writing *writing, const char *html, size_t length)
{
    struct buffer words;
    bool is_in_tag = false;

    buffer_init(&words, writing->arena, length + 1);
    for (size_t i = 0; i < length; i++) {
        is_in_tag = is_in_tag ? html[i] != '>' : html[i] == '<';
        bool is_text = !is_in_tag && html[i] != '>';
        buffer_add_char(&words, is_text ? html[i] : ' ');
    }
    write_text(writing, words.bytes);
}

void html_read(struct arena *arena, const char *html, size_t length, const char **clean_out,
               const char **text_out)
{
    struct buffer clean, text;
    struct writing writing = {.arena = arena,
                              .html = clean_out == NULL ? NULL : &clean,
                              .text = text_out == NULL ? NULL : &text};

    xml_library_begin();
    buffer_init(&clean, arena, FIRST_SIZE);
    buffer_init(&text, arena, FIRST_SIZE);
    html = tidy(arena, html, length, &length);
    html = html_bound(arena, html, length, &length);
    const xmlDoc *document = length == 0 ? NULL : read_document(arena, html, length);
    if (document == NULL) {
        write_stripped(&writing, html, length);
    }
    for (const xmlNode *node = document == NULL ? NULL : document->children; node != NULL;
         node = node->next) {
        walk(&writing, node);
    }
    if (clean_out != NULL) {
        *clean_out = clean.bytes;
    }
    if (text_out != NULL) {
        end_line(&writing);
        *text_out = text.bytes;
    }
}
