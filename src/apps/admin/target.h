/*
 * target.h - what the server says of the entity that a pass writes.
 *
 * Memory: a target lives in the arena it was asked into.
 */
#ifndef APPS_ADMIN_TARGET_H
#define APPS_ADMIN_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct client;
struct client_error;
struct error;
struct pass;

struct target {
    const char *entity;
    const char *element;      /* of a record in a message */
    const char *list_element; /* of many */
    const size_t *key_fields; /* places among the fields of the pass, in the order of the key */
    size_t key_field_count;
    const char *role_id; /* that each new user gets; NULL: none */
};

/* Asks for the entity and checks the pass against it: fields that exist, a key whose fields are
 * all mapped, a role that exists. client_error is set when the server refuses, error when the
 * mapping is wrong. */
must_check bool target_ask(struct arena *arena, struct client *client, const struct pass *pass,
                           struct target *target_out, struct client_error *client_error,
                           struct error *error);

#endif
