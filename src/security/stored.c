/*
 * stored.c - finds tables and columns of entities.
 */
#include "security/stored.h"

#include <string.h>

#include "base/expect.h"
#include "database/table.h"
#include "metadata/catalog.h"

const struct table *stored_table(const struct catalog *catalog, const struct entity *entity)
{
    for (size_t index = 0; index < catalog->table_count; index++) {
        if (strcmp(catalog->tables[index]->name, entity->table) == 0) {
            return catalog->tables[index];
        }
    }
    expect(!"each entity has a table");
    return NULL;
}

const char *stored_column(const struct entity *entity, const char *field)
{
    const struct field *found = entity_find_field(entity, field);
    expect(found != NULL && found->column != NULL);
    return found->column;
}
