/*
 * tell_value.h - a value in the forms in which answers that know no entity tell it.
 *
 * Memory: everything lives in the arena given, or is the value's own.
 */
#ifndef SERVICE_TELL_VALUE_H
#define SERVICE_TELL_VALUE_H

#include "metadata/shape.h"

struct arena;
struct field;
struct reference;
struct value;

struct told_value {
    const char *text;            /* as it is written in a record; of a file, its name; or NULL */
    struct reference *reference; /* of a lookup, or NULL */
    struct message_list parties; /* of struct party_then; not set for what is no list */
};

/* Of a value that is not set, nothing. */
struct told_value tell_value(struct arena *arena, const struct field *field,
                             const struct value *value);

#endif
