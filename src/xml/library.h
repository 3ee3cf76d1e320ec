/*
 * library.h - how this floor, and nobody else, meets libxml2.
 *
 * Documents are read without network, without DTD, without entities of their own; a problem is
 * said as `file:line: sentence`.
 *
 * Memory: documents are libxml2's; whoever gets one frees it with xmlFreeDoc.
 * Threads: any.
 */
#ifndef XML_LIBRARY_H
#define XML_LIBRARY_H

#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/error.h"

struct xml_schema;

/* Problems of one document: the first becomes the error's message, the others its cause. */
struct xml_problems {
    const char *name; /* of the file, or what stands for it */
    enum error_code code;
    int count;
    struct error *error;
};

/* Prepares the library, once a process; every entrance of this floor calls it. */
void xml_library_begin(void);

/* A document in memory that a schema may import by its name. */
struct xml_library_document {
    const char *name;
    const char *bytes;
    size_t length;
};

/* Until it is called again with none, schemas read in this thread may import these documents. */
void xml_library_serve(const struct xml_library_document *documents, size_t count);

/* A libxml2 structured error handler; context is a struct xml_problems. */
void xml_problems_add(void *context, xmlErrorPtr problem);

/* Parses bytes as UTF-8, whatever they declare. Fails when they are not well-formed, or have a
 * DTD. */
must_check bool xml_library_parse(const char *name, const char *bytes, size_t length,
                                  xmlDocPtr *document_out, struct error *error);

/* The line where the start tag of an element begins, or that of an attribute's element. Only for
 * nodes that xml_library_parse made; 1 otherwise. */
int xml_library_line(const xmlNode *node);

/* Whether an element and all within it are valid, by a schema of schema.h. Fails with
 * METADATA_INVALID. */
must_check bool xml_library_check(const struct xml_schema *schema, const char *name,
                                  xmlNodePtr element, struct error *error);

#endif
