/*
 * by_ids.h - records read by their ids.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef SERVICE_BY_IDS_H
#define SERVICE_BY_IDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct array;
struct call;
struct entity;
struct error;
struct message_list;
struct operation;
struct uuid;

/* Reads an id of the operation's parameter ids. */
must_check bool by_ids_parse(const struct operation *operation, const char *text,
                             struct uuid *id_out, struct error *error);

/* Adds to records those with these ids that the caller may read, in any order. Ids are written as
 * uuid_format writes them. */
must_check bool by_ids_read(struct call *call, const struct entity *entity,
                            const struct message_list *columns, const char **ids, size_t count,
                            struct array *records, struct error *error);

#endif
