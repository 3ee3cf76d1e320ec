/*
 * limits.c - settings become the limits of one message.
 */
#include "soap/limits.h"

#include "base/arena.h"
#include "generated/settings.h"

const struct message_limits *message_limits_of(struct arena *arena, const struct settings *settings)
{
    const struct settings_limits *given = &settings->limits;
    struct message_limits *limits = arena_allocate(arena, sizeof(*limits));

    *limits = (struct message_limits){
        .depth = (size_t)given->depth,
        .elements = (size_t)given->elements,
        .attributes = (size_t)given->attributes,
        .attribute_names = (size_t)given->attribute_names,
        .namespaces = (size_t)given->namespaces,
        .name_length = given->name < LIMIT_NAME_MOST ? (size_t)given->name : LIMIT_NAME_MOST,
        .envelope = (size_t)given->body,
        .attachment = (size_t)given->attachment,
        .mime_parts = (size_t)given->mime_parts,
    };
    return limits;
}
