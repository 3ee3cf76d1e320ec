/*
 * unescape.h - the text that the content of an element stands for.
 *
 * Memory: lives in the arena given.
 * Threads: any.
 */
#ifndef SOAP_UNESCAPE_H
#define SOAP_UNESCAPE_H

#include <stddef.h>

struct arena;

/* References resolved, CDATA sections opened, comments left out, line ends made LF. The content
 * has passed the scanner and holds no elements. */
const char *unescape(struct arena *arena, const char *bytes, size_t length);

#endif
