/*
 * name.h - the names of records that references show, asked for together.
 */
#ifndef QUERY_NAME_H
#define QUERY_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct call;
struct error;
struct reference;

/* Fills in the names of references, each asked for once, with one statement for some hundred.
 * Whether the caller may read the entities is the question of whoever collected them. */
must_check bool name_references(struct call *call, struct reference *const *references,
                                size_t count, struct error *error);

#endif
