/*
 * interest.h - which changes a subscriber asked for, entity by entity.
 *
 * Kept as text, a line for each entity: its name, kinds, fields and columns, separated by tabs,
 * each a list with one blank between; an empty list leaves nothing out, but for columns, of which
 * none are sent then.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef CHANGE_INTEREST_H
#define CHANGE_INTEREST_H

#include <stdbool.h>
#include <stddef.h>

#include "metadata/shape.h"

struct arena;
struct catalog;
struct entity;
struct feed_change;

struct interest {
    const struct entity *entity;
    const char *kinds, *fields, *columns;
};

struct interest_list {
    struct interest *items;
    size_t count;
    bool is_everything; /* no interest was named: all changes of all entities */
};

/* NULL for everything. */
const char *interest_write(struct arena *arena, const struct interest_list *list);

/* Of entities that the catalog does not know any more, nothing. */
struct interest_list interest_read(struct arena *arena, const struct catalog *catalog,
                                   const char *text);

/* That in an entity; NULL: none was named. */
const struct interest *interest_find(const struct interest_list *list, const struct entity *entity);

/* Whether a change is asked for. */
bool interest_has(const struct interest_list *list, const struct feed_change *change);

/* The names of a list, texts. */
struct message_list interest_names(struct arena *arena, const char *names);

/* Whether there is a kind of change of this name. */
bool interest_is_kind(const char *name);

#endif
