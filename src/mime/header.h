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

/* The same where it may be a list of addresses that GMime knows by another name (hide.h). */
const char *mime_header_or_hidden(GMimeObject *object, const char *name);

/* The texts of all fields of a name. */
void mime_header_all(GMimeObject *object, const char *name, struct array *texts);

/* A text on one line, without the comments in brackets that any structured field may have. */
char *mime_without_comments(struct arena *arena, const char *text);

/* id.c: the id of a part as HTML names it, letter by letter, without brackets. NULL: there is none,
 * so of a field that is NULL. */
const char *mime_content_id(struct arena *arena, const char *text);

/* wish.c: what the writer asks of the reader. */
void mime_read_wishes(GMimeObject *object, struct mime_message *message);

/* id.c: the ids in a text, normalised, each once; at most so many, the last ones. */
void mime_ids(struct arena *arena, const char *text, size_t most, const char ***ids_out,
              size_t *count_out);

/* id.c: what a Thread-Index begins with, in hexadecimal digits: it stays in every answer. NULL: it
 * is none. */
const char *mime_thread_index(struct arena *arena, const char *text);

/* date.c: from Date, or else from the Received line nearest to the writer. */
struct mime_date mime_date_of(struct arena *arena, GMimeObject *object, int64_t now);

/* What a text tells of a moment. */
struct mime_moment {
    int64_t seconds; /* since 1970; as if the clock were one of UTC where no zone is told */
    int zone;        /* minutes to UTC */
    bool has_zone;   /* it is told, and understood */
};

/* date_text.c: the moment that a text without comments tells; false: it tells none. */
bool mime_date_parse(const char *text, struct mime_moment *moment_out);

/* date_text.c: the zone that any word or number of a text tells; false: none does. */
bool mime_zone_parse(const char *text, int *zone_out);

/* address.c: the addresses of all fields of a name, whose bytes may be in a set. What does not fit
 * is left out. */
struct mime_addresses mime_addresses_of(struct arena *arena, GMimeObject *object, const char *name,
                                        const char *charset, size_t most, bool *is_cut);

#endif
