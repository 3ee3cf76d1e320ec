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

/* Fills in the names of references to records that the caller may read, each asked for once, with
 * one statement for some hundred, and another where shares or parents decide. The entities have
 * names. */
must_check bool name_references(struct call *call, struct reference *const *references,
                                size_t count, struct error *error);

#endif
