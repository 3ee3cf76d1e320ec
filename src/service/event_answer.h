/*
 * event_answer.h - what an event of security changed, as an answer tells it.
 */
#ifndef SERVICE_EVENT_ANSWER_H
#define SERVICE_EVENT_ANSWER_H

#include <stddef.h>

#include "metadata/shape.h"

struct arena;
struct event_detail;

/* FieldChange for each; the list is not set when there is none. */
struct message_list event_changes(struct arena *arena, const struct event_detail *details,
                                  size_t count);

#endif
