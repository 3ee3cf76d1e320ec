/*
 * html.h - HTML of strangers: made harmless to show, and read as plain text.
 *
 * What is shown is written anew from a table of the elements, attributes, properties of style and
 * schemes of addresses that are let through; all else is left out. So nothing of it runs, nothing
 * of it reaches beyond its frame, and nothing is fetched by looking at it: the address of a
 * picture elsewhere is kept in data-src, for whoever shows the text to offer it.
 *
 * Memory: results live in the arena given.
 * Threads: any thread.
 */
#ifndef XML_HTML_H
#define XML_HTML_H

#include <stddef.h>

struct arena;

/* Writes the body of a document, UTF-8 whatever it says of itself, with what the table lets
 * through; and its text, with line breaks where blocks end. NULL where nothing asks for one. Never
 * fails: what is no HTML at all is text. */
void html_read(struct arena *arena, const char *html, size_t length, const char **clean_out,
               const char **text_out);

/* What html_read wrote, with at most so many bytes: it ends after a whole tag or character, and
 * what is open there is closed. So nothing that follows it where it is shown becomes a part of it.
 * The text itself when it is short enough. */
const char *html_cut(struct arena *arena, const char *clean, size_t most);

#endif
