/*
 * shape_text.h - a struct of a message as text, to be kept, and back.
 *
 * A struct is {name=value name=value}, a list [value value], anything else its length, a colon and
 * its bytes: 5:hello. Members go by their names, so what one release wrote another reads; what
 * it does not know it passes over. For shapes of texts, numbers, moments, ids, references, and
 * structs and lists of these: records and keys are not among them.
 *
 * Memory: what is read lives in the arena given and borrows nothing of the text.
 */
#ifndef SERVICE_SHAPE_TEXT_H
#define SERVICE_SHAPE_TEXT_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct buffer;
struct catalog;
struct error;
struct shape;

/* Adds a struct of the shape. */
void shape_text_write(struct buffer *text, const struct shape *shape, const void *place);

/* Reads it into a struct of the shape, all zeros before. INTERNAL when the text is not one; an
 * entity that the catalog knows no more is ENTITY_UNKNOWN. */
must_check bool shape_text_read(struct arena *arena, const struct catalog *catalog,
                                const char *text, const struct shape *shape, void *place,
                                struct error *error);

#endif
