/*
 * mapping.h - an import mapping: sources, and passes that turn their rows into records.
 *
 * Memory: a mapping lives in the arena it was read into.
 * Threads: one at a time.
 */
#ifndef APPS_ADMIN_MAPPING_H
#define APPS_ADMIN_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/admin/step.h"
#include "base/attributes.h"

struct arena;
struct error;
struct xml_node;

struct source {
    const char *name;
    const char *file; /* relative to the folder */
    const char *encoding;
    char delimiter;
};

enum empty_rule {
    EMPTY_LEAVE,  /* the field is not sent */
    EMPTY_NULL,   /* the field is emptied */
    EMPTY_REFUSE, /* the row is wrong */
};

struct field_rule {
    const char *name;
    const struct xml_node *node;
    struct step *steps;
    size_t step_count;
    enum empty_rule empty;
    const char *reference_entity; /* NULL: a plain value */
    const char *reference_key;
};

struct row_condition {
    const struct xml_node *node;
    struct column_list column;
    const char *equals;
    bool is_kept; /* only rows that match are kept; else those are left out */
};

struct pass {
    const char *name;
    const char *entity;
    const char *key;
    const char *role; /* that each new user gets, by its name; NULL: none */
    const struct xml_node *node;
    const struct source *source;
    int workers;
    struct row_condition *conditions;
    size_t condition_count;
    struct column_list first_of; /* no column: every row */
    struct field_rule *fields;
    size_t field_count;
};

struct mapping {
    const char *name;
    const char *home;   /* where the mapping lies */
    const char *folder; /* where sources are looked for first */
    struct pass *passes;
    size_t pass_count;
};

/* The schema of mappings, compiled in. */
extern const unsigned char import_schema[];
extern const size_t import_schema_length;

/* Reads a mapping; folder NULL: the one in which it lies. Fails as `file:line: sentence`. */
must_check bool mapping_read(struct arena *arena, const char *path, const char *folder,
                             struct mapping *mapping_out, struct error *error);

/* The path of a source: in the folder, or else beside the mapping. */
const char *mapping_path(struct arena *arena, const struct mapping *mapping,
                         const struct source *source);

/* Whether the folder has the source itself: the folder of rows that failed has only some. */
bool mapping_has_source(struct arena *arena, const struct mapping *mapping,
                        const struct source *source);

/* The field of this name, or NULL. */
const struct field_rule *mapping_find_field(const struct pass *pass, const char *name);

#endif
