/*
 * step.h - how the text of a column becomes the value of a field, one step after another.
 *
 * Each kind of step is a row of a table: the name of its element in a mapping, how it is read,
 * how it runs.
 *
 * Memory: steps live in the arena of the mapping; what they make in that of the row.
 * Threads: one at a time; some steps count rows.
 */
#ifndef APPS_ADMIN_STEP_H
#define APPS_ADMIN_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/decimal.h"

struct arena;
struct csv_row;
struct csv_source;
struct error;
struct map;
struct mapping;
struct source;
struct step_kind;
struct text_rules;
struct xml_node;

struct column_list {
    const char **names;
    size_t *indexes; /* known once bound to a file */
    size_t count;
};

struct step {
    const struct step_kind *kind;
    const struct xml_node *node; /* where it is said */
    struct column_list columns;
    const char *text;  /* what the kind makes of it: a constant, a separator, a form ... */
    const char *other; /* a second text: the replacement, the zone, the sign between groups */
    int64_t number;
    struct decimal factor;
    struct map *table;              /* map: entries; number: counts; translate: what was read */
    const struct source *source;    /* translate */
    const struct text_rules *rules; /* lower */
};

/* What a step works with. */
struct step_row {
    struct arena *arena;
    const struct csv_row *row;
};

/* Whether there is such a step. */
bool step_is_known(const char *element);

/* Reads a step. sources are those of the mapping, by name. */
must_check bool step_read(struct arena *arena, const struct xml_node *node,
                          const struct map *sources, struct step *step_out, struct error *error);

/* Prepares it for one reading of a file: finds columns, begins counts, reads what is to be
 * translated. */
must_check bool step_bind(struct arena *arena, struct step *step, const struct csv_source *file,
                          const struct mapping *mapping, struct error *error);

/* Runs it. text may be NULL for nothing so far; the result is never NULL. On failure problem_out
 * says what is wrong with the text. */
must_check bool step_run(const struct step *step, const struct step_row *row, const char *text,
                         const char **text_out, const char **problem_out);

/* Reads the names of <column> children. */
void column_list_read(struct arena *arena, const struct xml_node *parent,
                      struct column_list *columns_out);

/* Finds the columns in a file. Fails naming the line of the mapping. */
must_check bool column_list_bind(struct column_list *columns, const struct xml_node *node,
                                 const struct csv_source *file, struct error *error);

/* The cells of the columns as one text, which differs when one of them does. */
const char *column_list_key(struct arena *arena, const struct column_list *columns,
                            const struct csv_row *row);

#endif
