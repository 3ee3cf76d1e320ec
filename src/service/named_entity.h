/*
 * named_entity.h - the entity that a parameter names.
 */
#ifndef SERVICE_NAMED_ENTITY_H
#define SERVICE_NAMED_ENTITY_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct entity;
struct error;

/* Finds it. ENTITY_UNKNOWN of the parameter, with what was probably meant. */
must_check bool named_entity(struct call *call, const char *parameter, const char *name,
                             const struct entity **entity_out, struct error *error);

#endif
