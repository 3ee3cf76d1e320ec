/*
 * validate.h - whether a message keeps what a contract promises: documents and SOAP envelopes in
 * memory, against the schemas within a WSDL in memory.
 *
 * Memory: a schema is released with its arena; nothing else stays.
 * Threads: a schema may be used by many threads at once.
 */
#ifndef XML_VALIDATE_H
#define XML_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct error;
struct xml_schema;

/* Joins the schemas within a WSDL into one. They may import each other by namespace. */
must_check bool xml_schema_read_wsdl(struct arena *arena, const char *name, const char *bytes,
                                     size_t length, struct xml_schema **schema_out,
                                     struct error *error);

/* Whether a whole document is valid. Fails with XML_INVALID or METADATA_INVALID. */
must_check bool xml_validate(const struct xml_schema *schema, const char *name, const char *bytes,
                             size_t length, struct error *error);

/* Whether what an envelope of SOAP 1.1 or 1.2 carries is valid: the elements in its header, the
 * element in its body, or the detail of its fault. An element that the schema does not declare is
 * not valid. */
must_check bool xml_validate_envelope(const struct xml_schema *schema, const char *name,
                                      const char *bytes, size_t length, struct error *error);

#endif
