/*
 * header.h - fields of a header, as ids, dates and addresses. Private to this floor.
 *
 * Memory: results live in the arena given.
 */
#ifndef MIME_HEADER_H
#define MIME_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include <gmime/gmime.h>

#include "mime/mime.h"

struct array;

/* The text of the first field of a name as it came, or NULL. */
const char *mime_header(GMimeObject *object, const char *name);

/* The texts of all fields of a name. */
void mime_header_all(GMimeObject *object, const char *name, struct array *texts);

/* A text on one line, without the comments in brackets that any structured field may have. */
char *mime_without_comments(struct arena *arena, const char *text);

/* id.c: the ids in a text, normalised, each once; at most so many, the last ones. */
void mime_ids(struct arena *arena, const char *text, size_t most, const char ***ids_out,
              size_t *count_out);

/* date.c: from Date, or else from the Received line nearest to the writer. */
struct mime_date mime_date_of(struct arena *arena, GMimeObject *object, int64_t now);

/* address.c: the addresses of all fields of a name. What does not fit is left out. */
struct mime_addresses mime_addresses_of(struct arena *arena, GMimeObject *object, const char *name,
                                        size_t most, bool *is_cut);

#endif
