/*
 * schema.h - an XML Schema, read once and then asked of many documents.
 *
 * Memory: a schema is released with the arena it was read into.
 * Threads: a schema may be used by many threads at once.
 */
#ifndef XML_SCHEMA_H
#define XML_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct error;
struct xml_schema;

/* Reads a schema that stands for itself: includes and imports of other files are not followed. */
must_check bool xml_schema_read_file(struct arena *arena, const char *path,
                                     struct xml_schema **schema_out, struct error *error);

/* The same for bytes; name stands where errors name the file. */
must_check bool xml_schema_read_bytes(struct arena *arena, const char *name, const char *bytes,
                                      size_t length, struct xml_schema **schema_out,
                                      struct error *error);

#endif
