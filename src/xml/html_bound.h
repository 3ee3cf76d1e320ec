/*
 * html_bound.h - HTML made bearable to its parser. Private to the files named html*.c.
 */
#ifndef XML_HTML_BOUND_H
#define XML_HTML_BOUND_H

#include <stddef.h>

struct arena;

/* The same document, but no tag in it has more than a hundred attributes: those that follow are
 * left out. libxml2 compares each with all before it, and a megabyte of them would take it
 * minutes. */
const char *html_bound(struct arena *arena, const char *html, size_t length, size_t *length_out);

#endif
