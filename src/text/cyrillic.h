/*
 * cyrillic.h - which of the sets with Cyrillic bytes are in, by how they read.
 *
 * Programs write one set under the name of another. Read by a wrong one, words are of letters that
 * are rare, and have capitals in their middle; so what reads best is meant, if it reads well.
 *
 * Threads: any thread.
 */
#ifndef TEXT_CYRILLIC_H
#define TEXT_CYRILLIC_H

#include <stddef.h>

/* The set that was meant by a name of one of them; the same name where the bytes read well by it,
 * or by none, or where it is no such set. */
const char *cyrillic_correct(const char *name, const char *bytes, size_t length);

/* One of the sets that are seldom met now, those of DOS, of the Macintosh and of ISO, by which the
 * bytes read well and better than by the others; NULL: by none. */
const char *cyrillic_guess_old(const char *bytes, size_t length);

#endif
