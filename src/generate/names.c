/*
 * names.c - writes contract_names.def: what an entity may not be called.
 */
#include <string.h>

#include "base/map.h"
#include "generate/generate.h"
#include "generate/output.h"
#include "generate/services.h"
#include "xml/document.h"

static void add_name(struct output *output, struct map *seen, const char *name)
{
    if (map_get(seen, name) == NULL) {
        map_set(seen, name, name);
        output_add(output, "CONTRACT_NAME(\"%s\")\n", name);
    }
}

/* Requests and responses are types too: their elements have these names. */
bool services_write_names(const struct generation *generation, const struct services *services,
                          struct error *error)
{
    struct output output;
    struct map *seen = map_create(generation->arena);
    output_begin(&output, generation->arena, generation->output, "contract_names.def", "services/",
                 "types, operations and services of the contract.");
    for (size_t index = 0; index < services->types.count; index++) {
        const struct service_type *type = services->types.items[index];
        add_name(&output, seen, type->name);
    }
    for (size_t index = 0; index < services->operations.count; index++) {
        const struct service_operation *operation = services->operations.items[index];
        const char *family = xml_attribute(operation->node, "family");
        if (strchr(family, '{') == NULL) {
            add_name(&output, seen, family);
        }
    }
    return output_finish(&output, error);
}
