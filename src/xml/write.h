/*
 * write.h - XML into a buffer: escaped text for those in a hurry, elements with indentation for
 * documents that people read.
 *
 * Texts are UTF-8. A character that XML 1.0 does not allow becomes U+FFFD, so that whatever is
 * written can be read again.
 *
 * Memory: the buffer's; names of open elements are borrowed until they are closed.
 */
#ifndef XML_WRITE_H
#define XML_WRITE_H

#include <stdbool.h>

#include "base/attributes.h"

struct buffer;

/* Adds text as the content of an element; or as an attribute's value, without its quotes. */
void xml_write_text(struct buffer *buffer, const char *text);
void xml_write_value(struct buffer *buffer, const char *text);

enum { XML_WRITER_DEPTH = 64 };

struct xml_writer {
    struct buffer *buffer;
    const char *names[XML_WRITER_DEPTH]; /* of the open elements, the root first */
    int depth;
    bool is_in_tag;    /* the last tag still takes attributes */
    bool has_elements; /* the last thing written was the end of an element */
};

/* Begins a document, with its XML declaration. */
void xml_writer_init(struct xml_writer *writer, struct buffer *buffer);

/* Opens an element within the open one. */
void xml_writer_open(struct xml_writer *writer, const char *name);

/* Adds an attribute to the element just opened; nothing when the value is NULL. */
void xml_writer_attribute(struct xml_writer *writer, const char *name, const char *value);
printf_like(3, 4) void xml_writer_attribute_format(struct xml_writer *writer, const char *name,
                                                   const char *format, ...);

/* Adds text to the open element, which then should have no elements. */
void xml_writer_text(struct xml_writer *writer, const char *text);

/* Closes the element opened last. */
void xml_writer_close(struct xml_writer *writer);

/* Writes an element that holds just text; nothing when text is NULL. */
void xml_writer_element(struct xml_writer *writer, const char *name, const char *text);

#endif
