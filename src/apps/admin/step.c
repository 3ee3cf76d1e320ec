/*
 * step.c - the kinds of steps.
 */
#include "apps/admin/step.h"

#include <ctype.h>
#include <string.h>

#include "apps/admin/csv_source.h"
#include "apps/admin/date_form.h"
#include "apps/admin/mapping.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/map.h"
#include "text/fold.h"
#include "xml/document.h"

struct step_kind {
    const char *element;
    const char *text;   /* attribute that becomes step->text; NULL: none */
    const char *other;  /* attribute that becomes step->other; NULL: none */
    const char *absent; /* value of an optional attribute that is left out */
    /* Reads what is more than attributes and columns; NULL: nothing is. */
    bool (*read)(struct arena *arena, const struct xml_node *node, const struct map *sources,
                 struct step *step, struct error *error);
    bool (*run)(const struct step *step, const struct step_row *row, const char *text,
                const char **text_out, const char **problem_out);
};

static bool refuse(const struct step_row *row, const char **problem_out, const char *text,
                   const char *why)
{
    *problem_out = arena_format(row->arena, "'%.60s' %s", text, why);
    return false;
}

static bool run_column(const struct step *step, const struct step_row *row, const char *text,
                       const char **text_out, const char **problem_out)
{
    (void)text;
    (void)problem_out;
    *text_out = row->row->cells[step->columns.indexes[0]];
    return true;
}

static bool run_constant(const struct step *step, const struct step_row *row, const char *text,
                         const char **text_out, const char **problem_out)
{
    (void)row;
    (void)text;
    (void)problem_out;
    *text_out = step->text;
    return true;
}

static bool run_join(const struct step *step, const struct step_row *row, const char *text,
                     const char **text_out, const char **problem_out)
{
    struct buffer joined;

    (void)text;
    (void)problem_out;
    buffer_init(&joined, row->arena, 64);
    for (size_t i = 0; i < step->columns.count; i++) {
        const char *cell = row->row->cells[step->columns.indexes[i]];
        if (*cell != '\0') {
            buffer_add_text(&joined, joined.length == 0 ? "" : step->text);
            buffer_add_text(&joined, cell);
        }
    }
    *text_out = joined.bytes;
    return true;
}

static bool run_number(const struct step *step, const struct step_row *row, const char *text,
                       const char **text_out, const char **problem_out)
{
    const char *key = column_list_key(row->arena, &step->columns, row->row);
    /* The count itself is kept where a map keeps a pointer. */
    uintptr_t count = (uintptr_t)map_get(step->table, key) + 1;

    (void)text;
    (void)problem_out;
    map_set(step->table, key, (const void *)count);
    *text_out = arena_format(row->arena, "%zu", (size_t)count);
    return true;
}

static bool run_translate(const struct step *step, const struct step_row *row, const char *text,
                          const char **text_out, const char **problem_out)
{
    const char *found = *text == '\0' ? "" : map_get(step->table, text);

    if (found == NULL) {
        return refuse(
            row, problem_out, text,
            arena_format(row->arena, "does not stand in %s of %s", step->text, step->source->file));
    }
    *text_out = found;
    return true;
}

static bool run_trim(const struct step *step, const struct step_row *row, const char *text,
                     const char **text_out, const char **problem_out)
{
    size_t length;

    (void)step;
    (void)problem_out;
    while (isspace((unsigned char)*text)) {
        text++;
    }
    for (length = strlen(text); length > 0 && isspace((unsigned char)text[length - 1]);) {
        length--;
    }
    *text_out = arena_copy_part(row->arena, text, length);
    return true;
}

static bool run_lower(const struct step *step, const struct step_row *row, const char *text,
                      const char **text_out, const char **problem_out)
{
    (void)problem_out;
    *text_out = text_fold(row->arena, step->rules, text);
    return true;
}

static bool run_prefix(const struct step *step, const struct step_row *row, const char *text,
                       const char **text_out, const char **problem_out)
{
    (void)problem_out;
    *text_out = *text == '\0' ? text : arena_format(row->arena, "%s%s", step->text, text);
    return true;
}

static bool run_replace(const struct step *step, const struct step_row *row, const char *text,
                        const char **text_out, const char **problem_out)
{
    struct buffer replaced;
    const char *found;

    (void)problem_out;
    buffer_init(&replaced, row->arena, strlen(text) + 1);
    while ((found = strstr(text, step->text)) != NULL) {
        buffer_add(&replaced, text, (size_t)(found - text));
        buffer_add_text(&replaced, step->other);
        text = found + strlen(step->text);
    }
    buffer_add_text(&replaced, text);
    *text_out = replaced.bytes;
    return true;
}

static const char *find_last(const char *text, const char *separator)
{
    const char *last = NULL;

    for (const char *at = strstr(text, separator); at != NULL; at = strstr(at + 1, separator)) {
        last = at;
    }
    return last;
}

static bool run_part(const struct step *step, const struct step_row *row, const char *text,
                     const char **text_out, const char **problem_out)
{
    bool is_at_last = strcmp(step->other, "last") == 0 || strcmp(step->other, "beforeLast") == 0;
    bool is_before = strcmp(step->other, "first") == 0 || strcmp(step->other, "beforeLast") == 0;
    const char *at = is_at_last ? find_last(text, step->text) : strstr(text, step->text);

    (void)problem_out;
    if (at == NULL) {
        /* Undivided, a text is its own first and last part, and nothing is beside it. */
        bool is_whole = strcmp(step->other, "first") == 0 || strcmp(step->other, "last") == 0;
        *text_out = is_whole ? text : "";
    } else if (is_before) {
        *text_out = arena_copy_part(row->arena, text, (size_t)(at - text));
    } else {
        *text_out = at + strlen(step->text);
    }
    return true;
}

static bool run_cut(const struct step *step, const struct step_row *row, const char *text,
                    const char **text_out, const char **problem_out)
{
    const char *end = text;

    (void)problem_out;
    for (int64_t left = step->number; left > 0 && *end != '\0'; left--) {
        do {
            end++;
        } while (((unsigned char)*end & 0xc0U) == 0x80U);
    }
    *text_out = arena_copy_part(row->arena, text, (size_t)(end - text));
    return true;
}

static bool run_date(const struct step *step, const struct step_row *row, const char *text,
                     const char **text_out, const char **problem_out)
{
    if (*text == '\0') {
        *text_out = text;
        return true;
    }
    *text_out = date_form_read(row->arena, step->text, step->other, text);
    return *text_out != NULL ||
           refuse(row, problem_out, text,
                  arena_format(row->arena, "is not a date of the form %s", step->text));
}

/* Leaves out the signs between groups, and puts a point where the decimal point stands. */
static const char *plain_number(const struct step *step, struct arena *arena, const char *text)
{
    struct buffer plain;
    size_t point_length = strlen(step->text);
    size_t group_length = strlen(step->other);

    buffer_init(&plain, arena, strlen(text) + 1);
    while (*text != '\0') {
        if (strncmp(text, step->text, point_length) == 0) {
            buffer_add_char(&plain, '.');
            text += point_length;
        } else if (group_length > 0 && strncmp(text, step->other, group_length) == 0) {
            text += group_length;
        } else {
            buffer_add_char(&plain, *text++);
        }
    }
    return plain.bytes;
}

static bool run_decimal(const struct step *step, const struct step_row *row, const char *text,
                        const char **text_out, const char **problem_out)
{
    struct decimal value;
    const char *plain = plain_number(step, row->arena, text);

    if (*text != '\0' && !decimal_parse(plain, &value)) {
        return refuse(row, problem_out, text, "is not a number");
    }
    *text_out = plain;
    return true;
}

/* Writes a number without zeros at the end of its fraction. */
static const char *shortest(struct arena *arena, struct decimal value)
{
    char text[DECIMAL_TEXT_SIZE];

    while (value.scale > 0 && value.digits % 10 == 0) {
        value.digits /= 10;
        value.scale--;
    }
    decimal_format(value, text);
    return arena_copy_text(arena, text);
}

static bool run_multiply(const struct step *step, const struct step_row *row, const char *text,
                         const char **text_out, const char **problem_out)
{
    struct decimal value;
    struct decimal product;

    *text_out = text;
    if (*text == '\0') {
        return true;
    }
    if (!decimal_parse(text, &value)) {
        return refuse(row, problem_out, text, "is not a number");
    }
    int scale = value.scale + step->factor.scale;
    if (scale > DECIMAL_DIGITS ||
        !decimal_multiply(value, step->factor, (uint8_t)scale, &product)) {
        return refuse(row, problem_out, text, "has too many digits to be multiplied");
    }
    *text_out = shortest(row->arena, product);
    return true;
}

static bool run_round(const struct step *step, const struct step_row *row, const char *text,
                      const char **text_out, const char **problem_out)
{
    char rounded[DECIMAL_TEXT_SIZE];
    struct decimal value;

    *text_out = text;
    if (*text == '\0') {
        return true;
    }
    if (!decimal_parse(text, &value) || !decimal_rescale(value, (uint8_t)step->number, &value)) {
        return refuse(row, problem_out, text, "is not a number that can be rounded so");
    }
    decimal_format(value, rounded);
    *text_out = arena_copy_text(row->arena, rounded);
    return true;
}

static bool run_map(const struct step *step, const struct step_row *row, const char *text,
                    const char **text_out, const char **problem_out)
{
    const char *found = map_get(step->table, text);

    found = found == NULL ? step->other : found;
    if (found == NULL) {
        return refuse(row, problem_out, text, "is not in the map");
    }
    *text_out = found;
    return true;
}

static bool read_lower(struct arena *arena, const struct xml_node *node, const struct map *sources,
                       struct step *step, struct error *error)
{
    struct text_rules *rules = NULL;

    (void)node;
    (void)sources;
    if (!text_rules_open(arena, &rules, error)) {
        return false;
    }
    step->rules = rules;
    return true;
}

static bool read_integer(struct arena *arena, const struct xml_node *node,
                         const struct map *sources, struct step *step, struct error *error)
{
    long long number;

    (void)arena;
    (void)sources;
    if (!xml_attribute_integer(node, node->attributes->name, 0, &number, error)) {
        return false;
    }
    step->number = number;
    return true;
}

static bool read_factor(struct arena *arena, const struct xml_node *node, const struct map *sources,
                        struct step *step, struct error *error)
{
    (void)arena;
    (void)sources;
    return decimal_parse(xml_attribute(node, "by"), &step->factor) ||
           xml_fail(node, error, "by=\"%s\" has too many digits", xml_attribute(node, "by"));
}

static bool read_map(struct arena *arena, const struct xml_node *node, const struct map *sources,
                     struct step *step, struct error *error)
{
    (void)sources;
    step->table = map_create(arena);
    for (const struct xml_node *entry = xml_child(node, "entry"); entry != NULL;
         entry = xml_next(entry)) {
        if (map_get(step->table, xml_attribute(entry, "from")) != NULL) {
            return xml_fail(entry, error, "from=\"%s\" is there twice",
                            xml_attribute(entry, "from"));
        }
        map_set(step->table, xml_attribute(entry, "from"), xml_attribute(entry, "to"));
    }
    return true;
}

static bool read_translate(struct arena *arena, const struct xml_node *node,
                           const struct map *sources, struct step *step, struct error *error)
{
    (void)arena;
    step->source = map_get(sources, xml_attribute(node, "source"));
    return step->source != NULL ||
           xml_fail(node, error, "There is no source %s", xml_attribute(node, "source"));
}

static bool read_date(struct arena *arena, const struct xml_node *node, const struct map *sources,
                      struct step *step, struct error *error)
{
    (void)arena;
    (void)sources;
    return date_form_is_valid(step->text) ||
           xml_fail(node, error, "form=\"%s\" does not name year, month and day once each",
                    step->text);
}

static const struct step_kind kinds[] = {
    {.element = "column", .run = run_column},
    {.element = "constant", .text = "value", .run = run_constant},
    {.element = "join", .text = "separator", .run = run_join},
    {.element = "number", .run = run_number},
    {.element = "translate",
     .text = "from",
     .other = "to",
     .read = read_translate,
     .run = run_translate},
    {.element = "trim", .run = run_trim},
    {.element = "lower", .read = read_lower, .run = run_lower},
    {.element = "prefix", .text = "text", .run = run_prefix},
    {.element = "replace", .text = "text", .other = "with", .run = run_replace},
    {.element = "part", .text = "separator", .other = "take", .run = run_part},
    {.element = "cut", .read = read_integer, .run = run_cut},
    {.element = "date",
     .text = "form",
     .other = "zone",
     .absent = "Z",
     .read = read_date,
     .run = run_date},
    {.element = "decimal", .text = "point", .other = "group", .absent = "", .run = run_decimal},
    {.element = "multiply", .read = read_factor, .run = run_multiply},
    {.element = "round", .read = read_integer, .run = run_round},
    {.element = "map", .other = "otherwise", .read = read_map, .run = run_map},
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static const struct step_kind *find_kind(const char *element)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strcmp(kinds[i].element, element) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

bool step_is_known(const char *element)
{
    return find_kind(element) != NULL;
}

void column_list_read(struct arena *arena, const struct xml_node *parent,
                      struct column_list *columns_out)
{
    size_t count = 0;

    for (const struct xml_node *node = xml_child(parent, "column"); node != NULL;
         node = xml_next(node)) {
        count++;
    }
    *columns_out = (struct column_list){
        .names = arena_allocate_array(arena, count, sizeof(const char *)),
        .indexes = arena_allocate_array(arena, count, sizeof(size_t)),
    };
    for (const struct xml_node *node = xml_child(parent, "column"); node != NULL;
         node = xml_next(node)) {
        columns_out->names[columns_out->count++] = xml_attribute(node, "name");
    }
}

bool column_list_bind(struct column_list *columns, const struct xml_node *node,
                      const struct csv_source *file, struct error *error)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (!csv_source_find(file, columns->names[i], &columns->indexes[i])) {
            return xml_fail(node, error, "The source has no column '%s'", columns->names[i]);
        }
    }
    return true;
}

const char *column_list_key(struct arena *arena, const struct column_list *columns,
                            const struct csv_row *row)
{
    struct buffer key;

    buffer_init(&key, arena, 32);
    for (size_t i = 0; i < columns->count; i++) {
        const char *cell = row->cells[columns->indexes[i]];
        buffer_add_format(&key, "%zu:%s", strlen(cell), cell);
    }
    return key.bytes;
}

bool step_read(struct arena *arena, const struct xml_node *node, const struct map *sources,
               struct step *step_out, struct error *error)
{
    const struct step_kind *kind = find_kind(node->name);
    struct step step = {.kind = kind, .node = node};

    step.text = kind->text == NULL ? NULL : xml_attribute_or(node, kind->text, ".");
    step.other = kind->other == NULL ? NULL : xml_attribute_or(node, kind->other, kind->absent);
    if (strcmp(kind->element, "column") == 0) {
        step.columns = (struct column_list){
            .names = arena_allocate(arena, sizeof(const char *)),
            .indexes = arena_allocate(arena, sizeof(size_t)),
            .count = 1,
        };
        step.columns.names[0] = xml_attribute(node, "name");
    } else {
        column_list_read(arena, node, &step.columns);
    }
    if (kind->read != NULL && !kind->read(arena, node, sources, &step, error)) {
        return false;
    }
    *step_out = step;
    return true;
}

/* Reads two columns of a source into a map. */
static bool read_table(struct arena *arena, struct step *step, const struct mapping *mapping,
                       struct error *error)
{
    struct csv_source *file = NULL;
    const char *path = mapping_path(arena, mapping, step->source);
    size_t from;
    size_t to;
    struct csv_row row;
    bool has_row = true;

    if (!csv_source_open(arena, path, step->source->encoding, step->source->delimiter, &file,
                         error)) {
        return false;
    }
    if (!csv_source_find(file, step->text, &from) || !csv_source_find(file, step->other, &to)) {
        return xml_fail(step->node, error, "%s has no columns '%s' and '%s'", step->source->file,
                        step->text, step->other);
    }
    step->table = map_create(arena);
    while (has_row) {
        if (!csv_source_next(file, arena, &row, &has_row, error)) {
            return false;
        }
        if (has_row && row.problem == NULL) {
            map_set(step->table, row.cells[from], row.cells[to]);
        }
    }
    return true;
}

bool step_bind(struct arena *arena, struct step *step, const struct csv_source *file,
               const struct mapping *mapping, struct error *error)
{
    if (!column_list_bind(&step->columns, step->node, file, error)) {
        return false;
    }
    if (step->kind->run == run_number) {
        step->table = map_create(arena);
    }
    return step->source == NULL || read_table(arena, step, mapping, error);
}

bool step_run(const struct step *step, const struct step_row *row, const char *text,
              const char **text_out, const char **problem_out)
{
    return step->kind->run(step, row, text == NULL ? "" : text, text_out, problem_out);
}
