/*
 * html_table.h - what of HTML is let through. Private to the files named html*.c.
 */
#ifndef XML_HTML_TABLE_H
#define XML_HTML_TABLE_H

#include <stdbool.h>

/* What an element does to the lines of a text. */
enum html_layout { HTML_INLINE, HTML_BREAK, HTML_BLOCK, HTML_PARAGRAPH, HTML_ITEM, HTML_CELL };

enum html_attribute_kind {
    HTML_ATTRIBUTE_PLAIN,
    HTML_ATTRIBUTE_LINK,    /* an address that is followed by a click */
    HTML_ATTRIBUTE_PICTURE, /* one that is fetched by looking */
    HTML_ATTRIBUTE_STYLE,
    HTML_ATTRIBUTE_KINDS
};

struct html_attribute {
    const char *name;
    const char *element; /* that it belongs to; NULL: any */
    enum html_attribute_kind kind;
};

struct html_element {
    const char *name;
    enum html_layout layout;
    bool is_void;         /* has no end */
    bool is_preformatted; /* its blanks count */
    bool is_dropped;      /* with all within it */
};

/* The row of an element; NULL: unknown, only what is within it is let through. */
const struct html_element *html_find_element(const char *name);

/* The row of an attribute that the element may have, or NULL. */
const struct html_attribute *html_find_attribute(const struct html_element *element,
                                                 const char *name);

/* Whether an address without blanks may be a link; is a picture that came with the message; is one
 * somewhere else. */
bool html_is_link(const char *address);
bool html_is_own_picture(const char *address);
bool html_is_far_picture(const char *address);

/* Whether a declaration of style ("color: red") only says how its element looks. */
bool html_is_style(const char *declaration);

#endif
