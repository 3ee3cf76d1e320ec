/*
 * sample.c - the metadata of the product, read for a test.
 */
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/error.h"
#include "metadata/catalog.h"

static void print_line(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "%s\n", line);
}

struct catalog *read_catalog(void)
{
    struct catalog *catalog = NULL;
    struct error error = {.code = ERROR_NONE};
    if (!catalog_read("metadata", print_line, NULL, &catalog, &error)) {
        fail_msg("%s", error.message);
    }
    return catalog;
}

const struct field *find_field(const struct catalog *catalog, const char *entity, const char *field)
{
    const struct entity *found = catalog_find_entity(catalog, entity);
    const struct field *result = found == NULL ? NULL : entity_find_field(found, field);
    if (result == NULL) {
        fail_msg("there is no %s.%s", entity, field);
    }
    return result;
}
