/*
 * dialect.c - the dialects there are.
 */
#include "database/dialect.h"

#include <stdlib.h>
#include <string.h>

#include "database/dialect_driver.h"

static const struct dialect *const dialects[] = {
    &dialect_sqlite,
    &dialect_postgresql,
    &dialect_mariadb,
};

const struct dialect *dialect_find(const char *engine)
{
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
        if (strcmp(dialects[i]->engine, engine) == 0) {
            return dialects[i];
        }
    }
    return NULL;
}

const char *dialect_name(const struct dialect *dialect)
{
    return dialect->engine;
}

bool dialect_locks_rows(const struct dialect *dialect)
{
    return dialect->row_locks[ROW_LOCK_CHANGE] != NULL;
}

bool dialect_seeks_by_row(const struct dialect *dialect)
{
    return dialect->seeks_by_row;
}

void dialect_set_variables(void)
{
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
        const char *name = dialects[i]->variable;
        const char *value = name ? getenv(name) : NULL;

        if (name && (!value || strcmp(value, dialects[i]->variable_value) != 0)) {
            setenv(name, dialects[i]->variable_value, 1);
        }
    }
}
