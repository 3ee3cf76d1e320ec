/*
 * entity.h - whether a word of the command line names an entity, and which one was meant.
 */
#ifndef APPS_ADMIN_ENTITY_H
#define APPS_ADMIN_ENTITY_H

#include <stdbool.h>

struct client;
struct task;

/* Says that the first word names no entity, and which one is near; false, and says nothing, when
 * it names one or the server does not tell. */
bool entity_explain_unknown(const struct task *task, struct client *client);

#endif
