/*
 * former.h - the values that a change replaced, as text and back.
 *
 * A line for each field, in the order of the schema: "name" when it was empty, "name=value" else;
 * in the value \ is written \\ and a line feed \n. A value is written as in a message; a reference
 * as Entity/id, a file as id/size/type/name, a party as participation/Entity/id/address, with a
 * unit separator (0x1F, which no message can hold) between two. What the catalog does not know any
 * more is passed over.
 *
 * Memory: texts and records live in the arena given.
 */
#ifndef CHANGE_FORMER_H
#define CHANGE_FORMER_H

#include "base/attributes.h"

struct arena;
struct catalog;
struct entity;
struct error;
struct field;
struct record;

/* What two forms of a record differ in: names and former values. */
struct former {
    const char *field_names; /* separated by blanks */
    const char *values;
};

/* Of a change: the fields that before has another value of than after; version and stamps, which
 * follow from the change itself, are left out. NULL after: all that before has. Fields that before
 * does not know are passed over. */
struct former former_of(struct arena *arena, const struct record *before,
                        const struct record *after);

/* Reads the values into a record; fields that are not in the text stay absent, and so do those
 * whose value no longer fits its field. References have no names, files no content. */
struct record *former_read(struct arena *arena, const struct catalog *catalog,
                           const struct entity *entity, const char *values);

#endif
