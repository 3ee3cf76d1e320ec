/*
 * event_text.h - what an event changed, as one text: a line for each value, its parts between
 * tabs: name, entity when the values are ids, old value, new value; an empty part is none.
 *
 * Memory: what is made lives in the arena given.
 */
#ifndef CHANGE_EVENT_TEXT_H
#define CHANGE_EVENT_TEXT_H

#include <stddef.h>

struct arena;
struct catalog;
struct event_detail;

/* NULL when there is nothing to write. */
const char *event_text_write(struct arena *arena, const struct event_detail *details, size_t count);

/* What was written; values whose entity the catalog no longer knows are no references. */
struct event_detail *event_text_read(struct arena *arena, const struct catalog *catalog,
                                     const char *text, size_t *count_out);

#endif
