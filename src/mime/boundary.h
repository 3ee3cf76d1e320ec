/*
 * boundary.h - multiparts whose boundary is not the one that their header names.
 *
 * It is left out, cut, quoted twice, written in other letters, or the type of the message is told
 * twice and once wrongly. Then nothing of the message would be found. What stands between its parts
 * is seen in the body: a line of two dashes and a word before a field of a part; or, where no text
 * stands before it, one before any field or an empty line that comes again. Text above lines like
 * "-----Original Message-----" is what somebody wrote, and no preamble.
 *
 * Memory: results live in the arena given. Private to this floor.
 */
#ifndef MIME_BOUNDARY_H
#define MIME_BOUNDARY_H

#include <stdbool.h>

#include <gmime/gmime.h>

struct arena;
struct mime_spool;

/* The same message with the boundary that its body has, if its header says that it is a multipart
 * and the body has one; NULL: nothing can be done. */
GMimeStream *mime_boundary_mend(struct arena *arena, GMimeStream *stream,
                                const struct mime_spool *spool);

#endif
