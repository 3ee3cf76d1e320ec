/*
 * draft.c - conditions, groups and steps applied to one row after another.
 */
#include "apps/admin/draft.h"

#include <string.h>

#include "apps/admin/csv_source.h"
#include "apps/admin/mapping.h"
#include "apps/admin/step.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"

struct draft_maker {
    struct pass *pass;
    struct map *groups; /* groups of which a row was seen */
    size_t column_count;
};

static bool bind_field(struct arena *arena, const struct mapping *mapping, struct field_rule *rule,
                       const struct csv_source *file, struct error *error)
{
    for (size_t i = 0; i < rule->step_count; i++) {
        if (!step_bind(arena, &rule->steps[i], file, mapping, error)) {
            return false;
        }
    }
    return true;
}

bool draft_maker_open(struct arena *arena, const struct mapping *mapping, struct pass *pass,
                      const struct csv_source *file, struct draft_maker **maker_out,
                      struct error *error)
{
    struct draft_maker *maker = arena_allocate(arena, sizeof(*maker));

    maker->pass = pass;
    maker->groups = map_create(arena);
    (void)csv_source_columns(file, &maker->column_count);
    for (size_t i = 0; i < pass->condition_count; i++) {
        if (!column_list_bind(&pass->conditions[i].column, pass->conditions[i].node, file, error)) {
            return false;
        }
    }
    if (!column_list_bind(&pass->first_of, pass->node, file, error)) {
        return false;
    }
    for (size_t i = 0; i < pass->field_count; i++) {
        if (!bind_field(arena, mapping, &pass->fields[i], file, error)) {
            return false;
        }
    }
    *maker_out = maker;
    return true;
}

static bool is_left_out(const struct pass *pass, const struct csv_row *row)
{
    for (size_t i = 0; i < pass->condition_count; i++) {
        const struct row_condition *condition = &pass->conditions[i];
        const char *cell = row->cells[condition->column.indexes[0]];
        if ((strcmp(cell, condition->equals) == 0) != condition->is_kept) {
            return true;
        }
    }
    return false;
}

/* Whether another row of the same group came before. */
static bool is_repeated(struct draft_maker *maker, struct arena *arena, const struct csv_row *row)
{
    const struct column_list *columns = &maker->pass->first_of;

    if (columns->count == 0) {
        return false;
    }
    const char *key = column_list_key(arena, columns, row);
    if (map_get(maker->groups, key) != NULL) {
        return true;
    }
    map_set(maker->groups, key, maker);
    return false;
}

static bool run_steps(const struct field_rule *rule, const struct step_row *row,
                      const char **text_out, const char **problem_out)
{
    const char *text = NULL;

    for (size_t i = 0; i < rule->step_count; i++) {
        if (!step_run(&rule->steps[i], row, text, &text, problem_out)) {
            return false;
        }
    }
    *text_out = text;
    return true;
}

/* Fills in the value of a field, or says what is wrong. */
static bool fill_in(const struct field_rule *rule, const struct step_row *row,
                    struct draft_value *value, const char **problem_out)
{
    const char *text = NULL;

    if (!run_steps(rule, row, &text, problem_out)) {
        return false;
    }
    if (*text != '\0') {
        *value = (struct draft_value){.is_sent = true, .text = text};
        return true;
    }
    if (rule->empty == EMPTY_REFUSE) {
        *problem_out = "it must not be empty";
        return false;
    }
    *value = (struct draft_value){.is_sent = rule->empty == EMPTY_NULL};
    return true;
}

struct draft *draft_make(struct draft_maker *maker, struct arena *arena, const struct csv_row *row)
{
    const struct pass *pass = maker->pass;
    struct step_row step_row = {.arena = arena, .row = row};

    if (row->problem == NULL && (is_left_out(pass, row) || is_repeated(maker, arena, row))) {
        return NULL;
    }
    struct draft *draft = arena_allocate(arena, sizeof(*draft));
    *draft = (struct draft){
        .line = row->line,
        .cells = row->cells,
        .values = arena_allocate_array(arena, pass->field_count, sizeof(*draft->values)),
        .problem = row->problem,
    };
    for (size_t i = 0; i < pass->field_count && draft->problem == NULL; i++) {
        if (!fill_in(&pass->fields[i], &step_row, &draft->values[i], &draft->problem)) {
            draft->problem_column = draft_column_of(pass, pass->fields[i].name);
        }
    }
    return draft;
}

const char *draft_column_of(const struct pass *pass, const char *field)
{
    const struct field_rule *rule = mapping_find_field(pass, field);
    const char *column = NULL;

    if (rule == NULL) {
        return field;
    }
    for (size_t i = 0; i < rule->step_count; i++) {
        const struct column_list *columns = &rule->steps[i].columns;
        if (columns->count > 1 || (columns->count == 1 && column != NULL)) {
            return field;
        }
        column = columns->count == 1 ? columns->names[0] : column;
    }
    return column == NULL ? field : column;
}
