/*
 * scanner.h - what the two halves of the scanner share: scan.c reads the document, scan_tag.c
 * one start tag with its attributes and namespaces. Private to them.
 */
#ifndef SOAP_SCANNER_H
#define SOAP_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "soap/body.h"
#include "soap/limits.h"
#include "soap/scan.h"

/* A piece of the message; text is NULL when there is none. */
struct piece {
    const char *text;
    size_t length;
};

/* A namespace declaration in force. */
struct binding {
    struct piece prefix; /* empty: the default namespace */
    struct piece uri;
    size_t depth; /* of the element that declares it */
};

struct tag_attribute {
    struct piece prefix;
    struct piece local;
    struct piece value;
    const struct binding *binding; /* NULL: in no namespace */
};

struct scanner {
    struct arena *arena;
    const struct message_limits *limits;
    const struct body *body;
    const char *start, *at, *end;
    struct scan_element *elements;
    size_t element_count, element_capacity;
    uint32_t open[LIMIT_DEPTH_MOST]; /* indexes of the elements that are open */
    size_t depth;
    struct binding *bindings;
    size_t binding_count, declaration_count;
    struct tag_attribute *attributes; /* of the tag being read */
    size_t attribute_count;
    struct piece *names; /* hashed table of the attribute names seen */
    size_t name_count, name_slots;
    struct error *error;
};

enum { SHOWN_NAME = 60 };

/* Says what is wrong and in which line. Returns false. */
printf_like(3, 4) bool scanner_refuse(struct scanner *scanner, const char *at, const char *format,
                                      ...);

/* Says which setting of "limits" the message goes beyond. Returns false. */
bool scanner_exceed(struct scanner *scanner, const char *limit, size_t most);

/* Reads a name of at most the allowed length at the cursor, and moves behind it. */
must_check bool scanner_read_name(struct scanner *scanner, struct piece *name_out);

/* Whether every & in the text begins a reference that may stand there. */
must_check bool scanner_check_references(struct scanner *scanner, const char *text,
                                         const char *end);

void scanner_skip_space(struct scanner *scanner);

/* Gets ready to read tags. */
void scanner_begin_tags(struct scanner *scanner);

/* Reads what follows the name in a start tag, > or /> included, and checks its names. */
must_check bool scanner_read_attributes(struct scanner *scanner, struct piece name,
                                        bool *is_empty_out);

/* Forgets the namespaces declared at the depth that was left. */
void scanner_end_tag(struct scanner *scanner);

#endif
