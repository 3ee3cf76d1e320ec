/*
 * services.h - services/ as the generator sees it: types, members, operations, all resolved.
 *
 * A request or response is a type too. C names follow from the names by one rule: words in lower
 * case with underscores between, braces gone. Type LoginResult is struct login_result, the
 * request of Create{Entity} is struct create_entity_request, and the shape of each struct is
 * called struct name + _shape.
 *
 * Memory: everything lives in the arena of the generation.
 */
#ifndef GENERATE_SERVICES_H
#define GENERATE_SERVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "base/attributes.h"

struct error;
struct generation;
struct xml_node;

/* A word of type= and what it is in C. */
struct member_type {
    const char *word;     /* NULL: a type by its name */
    const char *constant; /* SHAPE_STRING */
    const char *item;     /* type of the member in C; of an item when it is a list */
    bool may_be_list;
};

struct service_member {
    const struct xml_node *node;
    const char *name;
    const char *c_name;
    const struct member_type *type;
    const struct service_type *structure; /* of a type by its name */
    bool is_list;
};

struct service_type {
    const struct xml_node *node;
    const char *name;   /* "Create{Entity}" */
    const char *c_name; /* "create_entity_request" */
    const char *header; /* where the struct is written by hand, or NULL */
    const char *meaning;
    struct array members; /* struct service_member * */
};

struct service_operation {
    const struct xml_node *node;
    const char *name;
    struct service_type *request;
    struct service_type *response;
};

struct services {
    struct array types;      /* struct service_type *, requests and responses among them */
    struct array operations; /* struct service_operation * */
};

/* Reads every file of the directory. The error names every problem found, up to its size. */
must_check bool services_read(const struct generation *generation, struct services *services_out,
                              struct error *error);

/* Write messages.h and messages.c; operations.h and operations.c; contract_names.def. */
must_check bool services_write_messages(const struct generation *generation,
                                        const struct services *services, struct error *error);
must_check bool services_write_operations(const struct generation *generation,
                                          const struct services *services, struct error *error);
must_check bool services_write_names(const struct generation *generation,
                                     const struct services *services, struct error *error);

#endif
