/*
 * compile.h - what the parts of one compilation share: of the query of a list, or of an aggregate.
 *
 * A compilation goes down the request as it was written. What lies under a link is about another
 * entity, but counts to the same limits.
 *
 * Memory: what is made lives in the arena of the call.
 */
#ifndef QUERY_COMPILE_H
#define QUERY_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct call;
struct entity;
struct error;
struct field;
struct filter_request;
struct link_request;
struct query_filter;
struct query_link;
struct settings_limits;

struct compiling {
    struct call *call;
    const struct entity *entity; /* whose fields are named here */
    const struct settings_limits *limits;
    int64_t conditions, links; /* so far */
    int64_t filter_depth, link_depth;
    struct error *error;
};

struct compiling compile_begin(struct call *call, const struct entity *entity, struct error *error);

/* The field that a condition, an order or a link names; it may not tell what the caller may not
 * read. FIELD_UNKNOWN, with what was probably meant; NOT_ALLOWED. */
must_check bool compile_field(const struct compiling *compiling, const char *name,
                              const struct field **field_out);

/* Conditions, groups and links. */
must_check bool compile_filter(struct compiling *compiling, const struct filter_request *request,
                               const struct query_filter **filter_out);

/* One link, with all that lies under it. */
must_check bool compile_link(struct compiling *compiling, const struct link_request *request,
                             struct query_link *link_out);

#endif
