/*
 * record.h - what the operations on one record and on many share.
 */
#ifndef SERVICE_RECORD_H
#define SERVICE_RECORD_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct entity;
struct error;
struct key;

/* The alternate key of an entity by its name. Fails with KEY_UNKNOWN, naming those that there
 * are. */
must_check bool service_find_key(struct call *call, const struct entity *entity, const char *name,
                                 const struct key **key_out, struct error *error);

#endif
