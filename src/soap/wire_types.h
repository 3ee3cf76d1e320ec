/*
 * wire_types.h - how wire types are made: a table of types by name that grows while shapes and
 * entities refer to each other. Private to the files named wire*.c.
 */
#ifndef SOAP_WIRE_TYPES_H
#define SOAP_WIRE_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#include "metadata/field.h"
#include "metadata/shape.h"
#include "soap/wire.h"

struct array;

struct wire_types {
    struct arena *arena;
    const struct catalog *catalog;
    struct map *by_name;
    const struct wire_type *reference, *key, *party, *parties, *file, *strings;
    const struct wire_type *session_header, *request_header, *fault;
    struct error *error; /* of the first name that two types want */
};

/* Makes the types that every service may use: Reference, AlternateKey, Party, File. */
void wire_types_begin(struct wire_types *types, struct arena *arena, const struct catalog *catalog,
                      struct error *error);

/* The simple type of XML Schema of a kind. */
const struct wire_type *wire_builtin(enum wire_kind kind);

/* Puts a new type of this name into the table; where the name is taken by a type of another
 * kind, notes an error. *is_new_out is false when the type is there already. */
struct wire_type *wire_types_add(struct wire_types *types, const char *name, enum wire_kind kind,
                                 bool *is_new_out);

/* Gives a type its members and finds them by name. */
void wire_type_set_members(struct wire_types *types, struct wire_type *type,
                           struct wire_member *members, size_t count);

/* ArrayOf of a type. */
const struct wire_type *wire_list_of(struct wire_types *types, const struct wire_type *item);

/* The type of a shape, names filled in for an entity, which may be NULL. */
const struct wire_type *wire_type_of_shape(struct wire_types *types, const struct shape *shape,
                                           const struct entity *entity);

/* A wrapper: not in the table, since it is anonymous in a schema. */
const struct wire_type *wire_wrapper(struct wire_types *types, const char *name,
                                     const struct shape *shape, const struct entity *entity);

/* The type of an entity's records. */
const struct wire_type *wire_type_of_entity(struct wire_types *types, const struct entity *entity);

#endif
