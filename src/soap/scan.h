/*
 * scan.h - reads a whole message before gSOAP sees it, and refuses what gSOAP would let pass.
 *
 * gSOAP skips a DTD, takes ill-formed UTF-8 for Latin-1, does not compare end tags, follows
 * id and href. So each message is read here first, as strictly as XML 1.0 and Namespaces in
 * XML ask, and within the limits. What comes out is an outline: for each element, in the order
 * of the document, where its name and its content stand. The walk then goes along it.
 *
 * Memory: the outline lives in the arena given and refers to the bytes of the message.
 * Threads: any.
 */
#ifndef SOAP_SCAN_H
#define SOAP_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct error;
struct message_limits;

struct scan_element {
    uint32_t name;        /* offset of its name, prefix included */
    uint32_t content;     /* offset of the first byte after its start tag */
    uint32_t content_end; /* offset of its end tag; equals content for <x/> */
    uint32_t next;        /* index of the first element after it that is not within it */
    uint16_t name_length;
    bool has_children;
    bool has_text; /* characters other than white space, directly within */
};

struct scan {
    const char *bytes;
    size_t length;
    const struct scan_element *elements;
    size_t element_count;
};

/* Reads a message. Fails with XML_INVALID, naming the line, or with LIMIT_EXCEEDED. */
must_check bool scan_message(struct arena *arena, const char *bytes, size_t length,
                             const struct message_limits *limits, struct scan *scan_out,
                             struct error *error);

#endif
