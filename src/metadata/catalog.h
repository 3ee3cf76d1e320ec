/*
 * catalog.h - everything that exists, read from metadata/ once and never changed.
 *
 * A call keeps the catalog it began with. Publishing makes a new catalog and swaps it; the old
 * one goes when its last holder lets go.
 *
 * Memory: a catalog owns one arena; what it answers is borrowed while it is held.
 * Threads: immutable and shared; hold and release count atomically.
 */
#ifndef METADATA_CATALOG_H
#define METADATA_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "metadata/entity.h"

struct arena;
struct error;
struct map;
struct table;

/* A role that comes with the product (metadata/roles). */
struct role_privilege {
    const struct entity *entity; /* NULL: every entity */
    enum right right;
    int depth; /* enum depth of security: 0 none .. 4 organisation */
};

struct role_template {
    const char *name;
    struct label label;
    bool is_administrator;
    const struct role_privilege *privileges;
    size_t privilege_count;
    const char *const *tasks; /* names, as in role.xsd and security/task.h */
    size_t task_count;
};

struct catalog {
    struct arena *arena;
    int64_t revision;
    const struct entity **entities; /* in the order of their names */
    size_t entity_count;
    struct map *entities_by_name;
    const struct role_template **roles;
    size_t role_count;
    size_t secured_count;        /* fields that are secured */
    const struct table **tables; /* what the entities need, for metadata/schema.h */
    size_t table_count;
};

/* Reads folder/entities/ and folder/roles/. Every problem found is said as
 * `file:line: sentence`, one a line, in error->message as far as it fits and to report (may be
 * NULL) in full. The caller releases the catalog. */
must_check bool catalog_read(const char *folder, void (*report)(void *context, const char *line),
                             void *context, struct catalog **catalog_out, struct error *error);

struct catalog *catalog_hold(struct catalog *catalog);
void catalog_release(struct catalog **catalog);

/* The entity of this name (exact), or NULL. */
const struct entity *catalog_find_entity(const struct catalog *catalog, const char *name);

#endif
