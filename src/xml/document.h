/*
 * document.h - an XML document as a plain tree that can only be read.
 *
 * A file or bytes are parsed, checked against a schema when one is given, and copied into an
 * arena: elements with their attributes, text and line. Comments and processing instructions
 * are left out. Every problem is said as `file:line: sentence`: the first is the message of the
 * error, those that follow its cause.
 *
 * Memory: the tree lives in the arena given; nothing has to be released.
 * Threads: a tree never changes after reading, so that any thread may read it.
 */
#ifndef XML_DOCUMENT_H
#define XML_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct error;
struct xml_schema;

enum { XML_FILE_LIMIT = 64 * 1024 * 1024 };

struct xml_attribute {
    const char *name;
    const char *namespace; /* NULL: none */
    const char *value;
    const struct xml_attribute *next;
};

struct xml_node {
    const char *name;
    const char *namespace; /* NULL: none */
    const char *text;      /* directly within, without white space around it; never NULL */
    const char *file;
    int line; /* where its start tag begins */
    const struct xml_attribute *attributes;
    const struct xml_node *first_child;
    const struct xml_node *next;
};

/* Reads a file; schema may be NULL. Fails with FILE_UNREADABLE, with XML_INVALID when it is not
 * well-formed or has a DTD, with METADATA_INVALID when the schema forbids it. */
must_check bool xml_read_file(struct arena *arena, const char *path,
                              const struct xml_schema *schema, const struct xml_node **root_out,
                              struct error *error);

/* The same for bytes; name stands where errors name the file. */
must_check bool xml_read_bytes(struct arena *arena, const char *name, const char *bytes,
                               size_t length, const struct xml_schema *schema,
                               const struct xml_node **root_out, struct error *error);

/* The value of the attribute that has this name and no namespace, or NULL. */
const char *xml_attribute(const struct xml_node *node, const char *name);

/* The same, or otherwise when it is absent. */
const char *xml_attribute_or(const struct xml_node *node, const char *name, const char *otherwise);

/* Reads xs:boolean; otherwise when absent. For documents whose schema has checked the value. */
bool xml_attribute_is_true(const struct xml_node *node, const char *name, bool otherwise);

/* Reads a decimal integer, otherwise when absent. Fails when it is not one, or out of range. */
must_check bool xml_attribute_integer(const struct xml_node *node, const char *name,
                                      long long otherwise, long long *value_out,
                                      struct error *error);

/* The first child of the name, and the next one after it; NULL when there is none. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
const struct xml_node *xml_next(const struct xml_node *node);

/* Sets METADATA_INVALID as `file:line: sentence`; returns false. */
printf_like(3, 4) bool xml_fail(const struct xml_node *node, struct error *error,
                                const char *format, ...);

/* Notes one more problem in an error that xml_fail has set, or sets it when it is the first. */
printf_like(3, 4) bool xml_fail_more(const struct xml_node *node, struct error *error,
                                     const char *format, ...);

#endif
