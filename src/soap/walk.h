/*
 * walk.h - goes through a message, element by element. The only door to gSOAP.
 *
 * gSOAP reads tags, attributes and the nesting of namespaces; what an element says is taken
 * from the bytes that the scanner has checked. The two must agree on every element: where they
 * do not, the message is refused. gSOAP is told of no SOAP namespace, so that it never follows
 * id, href or ref, and is moved over text and over elements nobody asks for.
 *
 *     while (walk_next(walk, &element, error) && element.name != NULL) {
 *         walk_enter(), walk_text() or walk_skip()
 *     }
 *
 * Memory: texts live in the arena given; names only until the next call.
 * Threads: a walk belongs to one thread.
 */
#ifndef SOAP_WALK_H
#define SOAP_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct body;
struct error;
struct parser;
struct walk;
struct scan;

/* The gSOAP context of one worker, used again for each message. */
struct parser *parser_create(void);
void parser_destroy(struct parser **parser);

struct element {
    const char *name;      /* local name; NULL: the parent has no further child */
    const char *namespace; /* empty: none */
    bool is_nil;           /* xsi:nil */
    bool is_leaf;          /* has no child elements */
};

/* Begins a message, and ends it: the parser serves one walk at a time. */
must_check bool walk_begin(struct arena *arena, struct parser *parser, const struct scan *scan,
                           struct walk **walk_out, struct error *error);
void walk_end(struct walk **walk);

/* Goes to the next child of the element that is open; element_out->name is NULL after the last. */
must_check bool walk_next(struct walk *walk, struct element *element_out, struct error *error);

/* The value of an attribute of the element just gone to; NULL when it has none. namespace is
 * empty for attributes without one. */
const char *walk_attribute(struct walk *walk, const char *namespace, const char *name);

/* Whether xsi:type names a type, and which; an undeclared prefix is a fault. */
must_check bool walk_type(struct walk *walk, const char **namespace_out, const char **name_out,
                          struct error *error);

/* Opens the element just gone to, which may hold elements but no text; and closes it. */
must_check bool walk_enter(struct walk *walk, struct error *error);
must_check bool walk_leave(struct walk *walk, struct error *error);

/* Reads the element just gone to as text: references resolved, line ends made LF. Fails when
 * it holds elements, with LIMIT_EXCEEDED when all texts read become too long. */
must_check bool walk_text(struct walk *walk, const char **text_out, struct error *error);

/* The same without copying, as it stands in the message, when nothing in it needs resolving;
 * otherwise raw_out->bytes is NULL and nothing was read. */
must_check bool walk_raw(struct walk *walk, struct body *raw_out, struct error *error);

/* Goes over the element just gone to, with all that is in it. */
must_check bool walk_skip(struct walk *walk, struct error *error);

#endif
