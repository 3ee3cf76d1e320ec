/*
 * scan.h - reads a whole message before gSOAP sees it, and refuses what gSOAP would let pass.
 *
 * gSOAP skips a DTD, takes ill-formed UTF-8 for Latin-1, does not compare end tags, follows
 * id and href. So each message is read here first, as strictly as XML 1.0 and Namespaces in
 * XML ask, and within the limits. What comes out is an outline: for each element, in the order
 * of the document, where its name and its content stand. The walk then goes along it.
 *
 * Of a message of which only the beginning is there, what is open at its end counts as closed: the
 * end tags that are missing are added as a tail, so that the walk meets a whole document.
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
struct body;
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
    bool is_plain; /* its text stands for itself: no reference, CDATA section or comment */
};

struct scan {
    const struct body *body;
    const char *tail; /* end tags that the message lacks; offsets go on behind the body */
    size_t tail_length;
    size_t text_most; /* bytes of texts that may be read from it */
    const struct scan_element *elements;
    size_t element_count;
};

/* Reads a message; with is_cut it may end in the middle of a text. Fails with XML_INVALID, naming
 * the line, or with LIMIT_EXCEEDED. */
must_check bool scan_message(struct arena *arena, const struct body *body, bool is_cut,
                             const struct message_limits *limits, struct scan *scan_out,
                             struct error *error);

/* Reads the beginning of a message to the end of its SOAP header: root and header are what the
 * outline has. False when the beginning holds no whole header. */
bool scan_header(struct arena *arena, const struct body *body, const struct message_limits *limits,
                 struct scan *scan_out);

#endif
