/*
 * garden.h - records to ask for: contacts whose fields differ in known ways.
 */
#ifndef UNIT_QUERY_GARDEN_H
#define UNIT_QUERY_GARDEN_H

#include <stdbool.h>
#include <stddef.h>

#include "query/query.h"
#include "query/request.h"
#include "support/test_call.h"

struct error;

/* Opens a database with the tables that queries read. */
void garden_open(struct test_platform *house);

/* Inserts a record with fields in their lexical form: name, text, ..., NULL. */
struct uuid garden_plant(struct call *call, const char *entity, ...);

/* A request made of texts. */
struct query_request *garden_request(struct call *call);
struct filter_request *garden_filter(struct call *call, const char *type);
void garden_group(struct call *call, struct filter_request *filter, struct filter_request *group);

/* Adds a condition; values end with NULL. */
void garden_where(struct call *call, struct filter_request *filter, const char *field,
                  const char *operator, ...);

/* Adds a link; what else it says is the caller's to fill in. */
struct link_request *garden_link(struct call *call, struct filter_request *filter);

void garden_order(struct call *call, struct query_request *request, const char *field,
                  bool is_descending);

/* Runs a request on contacts and fails the test when it cannot. */
struct page garden_run(struct call *call, const struct query_request *request);

/* Runs it and expects the code. */
void garden_refuse(struct call *call, const struct query_request *request, int code,
                   const char *subject);

/* The last names of the page, with blanks between. */
const char *garden_names(struct call *call, const struct page *page);

#endif
