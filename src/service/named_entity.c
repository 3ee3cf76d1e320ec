/*
 * named_entity.c - "did you mean" for entities.
 */
#include "service/named_entity.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/suggest.h"
#include "call/call.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"

bool named_entity(struct call *call, const char *parameter, const char *name,
                  const struct entity **entity_out, struct error *error)
{
    const struct catalog *catalog = call->catalog;

    *entity_out = catalog_find_entity(catalog, name);
    if (*entity_out != NULL) {
        return true;
    }
    const char **names = arena_allocate_array(call->arena, catalog->entity_count, sizeof(*names));
    for (size_t i = 0; i < catalog->entity_count; i++) {
        names[i] = catalog->entities[i]->name;
    }
    const char *meant = suggest_word(name, names, catalog->entity_count);
    if (meant != NULL) {
        return error_set(error, ERROR_ENTITY_UNKNOWN, parameter,
                         "There is no entity %.100s; did you mean %s?", name, meant);
    }
    return error_set(error, ERROR_ENTITY_UNKNOWN, parameter, "There is no entity %.100s", name);
}
