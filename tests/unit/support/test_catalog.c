/*
 * test_catalog.c - keeps a catalog for processes to come.
 */
#include "support/test_catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/error.h"
#include "metadata/catalog.h"

static struct catalog *prepared;

static void print_line(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "%s\n", line);
}

static struct catalog *read_catalog(void)
{
    struct catalog *catalog = NULL;
    struct error error = {0};

    if (!catalog_read("metadata", print_line, NULL, &catalog, &error)) {
        fail_msg("%s", error.message);
    }
    return catalog;
}

void test_catalog_prepare(void)
{
    prepared = read_catalog();
}

struct catalog *test_catalog(void)
{
    return prepared == NULL ? read_catalog() : catalog_hold(prepared);
}
