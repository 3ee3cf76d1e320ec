/*
 * element.c - a tree that is built, and then written once.
 */
#include "client/element.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"

struct element *element_make(struct arena *arena, const char *name)
{
    struct element *element = arena_allocate(arena, sizeof(*element));

    element->name = name;
    return element;
}

void element_append(struct element *parent, struct element *child)
{
    if (parent->last_child == NULL) {
        parent->first_child = child;
    } else {
        parent->last_child->next = child;
    }
    parent->last_child = child;
}

struct element *element_add(struct arena *arena, struct element *parent, const char *name)
{
    struct element *child = element_make(arena, name);

    element_append(parent, child);
    return child;
}

struct element *element_add_text(struct arena *arena, struct element *parent, const char *name,
                                 const char *text)
{
    struct element *child = element_add(arena, parent, name);

    child->text = text;
    return child;
}

struct element *element_add_file(struct arena *arena, struct element *parent, const char *name)
{
    struct element *child = element_add(arena, parent, name);

    child->is_file = true;
    return child;
}

/* What stands for a character in XML; NULL: itself. A carriage return would be read as a line
 * feed, were it not escaped. */
static const char *escape_of(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\r':
        return "&#13;";
    default:
        return NULL;
    }
}

void element_write_text(const char *text, struct buffer *xml)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "&<>\"\r");
        buffer_add(xml, text, plain);
        text += plain;
        if (*text != '\0') {
            buffer_add_text(xml, escape_of(*text));
            text++;
        }
    }
}

void element_write(const struct element *element, struct buffer *xml)
{
    buffer_add_format(xml, "<%s>", element->name);
    if (element->text != NULL) {
        element_write_text(element->text, xml);
    }
    if (element->is_file) {
        buffer_add_text(xml, "<x:Include xmlns:x=\"http://www.w3.org/2004/08/xop/include\" "
                             "href=\"cid:" ELEMENT_FILE_ID "\"/>");
    }
    for (const struct element *child = element->first_child; child != NULL; child = child->next) {
        element_write(child, xml);
    }
    buffer_add_format(xml, "</%s>", element->name);
}
