/*
 * mapping.c - reads an import mapping, checked by its schema and then beyond it.
 */
#include "apps/admin/mapping.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "xml/document.h"
#include "xml/schema.h"

static const struct delimiter {
    const char *name;
    char character;
} delimiters[] = {
    {.name = "comma", .character = ','},
    {.name = "semicolon", .character = ';'},
    {.name = "tab", .character = '\t'},
    {.name = "bar", .character = '|'},
};

enum { DELIMITER_COUNT = sizeof(delimiters) / sizeof(delimiters[0]) };

static const char *const empty_rules[] = {
    [EMPTY_LEAVE] = "leave",
    [EMPTY_NULL] = "null",
    [EMPTY_REFUSE] = "refuse",
};

static char delimiter_of(const char *name)
{
    for (size_t i = 0; i < DELIMITER_COUNT; i++) {
        if (strcmp(delimiters[i].name, name) == 0) {
            return delimiters[i].character;
        }
    }
    return ',';
}

static enum empty_rule empty_rule_of(const char *name)
{
    enum empty_rule rule = EMPTY_LEAVE;

    while (rule < EMPTY_REFUSE && strcmp(empty_rules[rule], name) != 0) {
        rule++;
    }
    return rule;
}

static size_t count_children(const struct xml_node *node, const char *name)
{
    size_t count = 0;

    for (const struct xml_node *child = node->first_child; child != NULL; child = child->next) {
        count += strcmp(child->name, name) == 0;
    }
    return count;
}

static bool read_sources(struct arena *arena, const struct xml_node *root, struct map *sources,
                         struct error *error)
{
    for (const struct xml_node *node = xml_child(root, "source"); node != NULL;
         node = xml_next(node)) {
        const char *name = xml_attribute(node, "name");
        struct source *source = arena_allocate(arena, sizeof(*source));
        if (map_get(sources, name) != NULL) {
            return xml_fail(node, error, "There are two sources %s", name);
        }
        *source = (struct source){
            .name = name,
            .file = xml_attribute(node, "file"),
            .encoding = xml_attribute_or(node, "encoding", "UTF-8"),
            .delimiter = delimiter_of(xml_attribute_or(node, "delimiter", "comma")),
        };
        map_set(sources, name, source);
    }
    return true;
}

/* A first step that an attribute of the field stands for. */
static struct xml_node *make_step_node(struct arena *arena, const struct xml_node *field,
                                       const char *element, const char *attribute,
                                       const char *value)
{
    struct xml_attribute *only = arena_allocate(arena, sizeof(*only));
    struct xml_node *node = arena_allocate(arena, sizeof(*node));

    *only = (struct xml_attribute){.name = attribute, .value = value};
    *node = (struct xml_node){
        .name = element, .text = "", .file = field->file, .line = field->line, .attributes = only};
    return node;
}

static bool add_step(struct arena *arena, const struct xml_node *node, const struct map *sources,
                     struct field_rule *rule, struct error *error)
{
    if (rule->reference_entity != NULL) {
        return xml_fail(node, error, "Nothing can follow the reference of a field");
    }
    if (strcmp(node->name, "reference") == 0) {
        rule->reference_entity = xml_attribute(node, "entity");
        rule->reference_key = xml_attribute(node, "key");
        return true;
    }
    return step_read(arena, node, sources, &rule->steps[rule->step_count++], error);
}

static bool read_short_forms(struct arena *arena, const struct xml_node *node,
                             const struct map *sources, struct field_rule *rule,
                             struct error *error)
{
    const char *column = xml_attribute(node, "column");
    const char *value = xml_attribute(node, "value");

    if (column != NULL && value != NULL) {
        return xml_fail(node, error, "A field begins with a column or with a value, not both");
    }
    return (column == NULL || add_step(arena, make_step_node(arena, node, "column", "name", column),
                                       sources, rule, error)) &&
           (value == NULL ||
            add_step(arena, make_step_node(arena, node, "constant", "value", value), sources, rule,
                     error));
}

static bool read_field(struct arena *arena, const struct xml_node *node, const struct map *sources,
                       struct field_rule *rule, struct error *error)
{
    size_t capacity = 2;

    for (const struct xml_node *child = node->first_child; child != NULL; child = child->next) {
        capacity++;
    }
    *rule = (struct field_rule){
        .name = xml_attribute(node, "name"),
        .node = node,
        .steps = arena_allocate_array(arena, capacity, sizeof(*rule->steps)),
        .empty = empty_rule_of(xml_attribute_or(node, "empty", "leave")),
    };
    if (!read_short_forms(arena, node, sources, rule, error)) {
        return false;
    }
    for (const struct xml_node *child = node->first_child; child != NULL; child = child->next) {
        if (!add_step(arena, child, sources, rule, error)) {
            return false;
        }
    }
    return rule->step_count > 0 ||
           xml_fail(node, error, "Nothing says where the field %s comes from", rule->name);
}

static bool read_fields(struct arena *arena, const struct map *sources, struct pass *pass,
                        struct error *error)
{
    pass->fields =
        arena_allocate_array(arena, count_children(pass->node, "field"), sizeof(*pass->fields));
    for (const struct xml_node *node = xml_child(pass->node, "field"); node != NULL;
         node = xml_next(node)) {
        const char *name = xml_attribute(node, "name");
        if (mapping_find_field(pass, name) != NULL) {
            return xml_fail(node, error, "The field %s is mapped twice", name);
        }
        if (!read_field(arena, node, sources, &pass->fields[pass->field_count], error)) {
            return false;
        }
        pass->field_count++;
    }
    return true;
}

static void read_conditions(struct arena *arena, struct pass *pass)
{
    size_t count = count_children(pass->node, "keep") + count_children(pass->node, "skip");

    pass->conditions = arena_allocate_array(arena, count, sizeof(*pass->conditions));
    for (const struct xml_node *node = pass->node->first_child; node != NULL; node = node->next) {
        bool is_kept = strcmp(node->name, "keep") == 0;
        if (!is_kept && strcmp(node->name, "skip") != 0) {
            continue;
        }
        struct row_condition *condition = &pass->conditions[pass->condition_count++];
        *condition = (struct row_condition){
            .node = node,
            .column = {.names = arena_allocate(arena, sizeof(const char *)),
                       .indexes = arena_allocate(arena, sizeof(size_t)),
                       .count = 1},
            .equals = xml_attribute(node, "equals"),
            .is_kept = is_kept,
        };
        condition->column.names[0] = xml_attribute(node, "column");
    }
}

static bool read_pass(struct arena *arena, const struct xml_node *node, const struct map *sources,
                      struct pass *pass, struct error *error)
{
    const struct xml_node *first = xml_child(node, "first");
    long long workers;

    if (!xml_attribute_integer(node, "workers", 4, &workers, error)) {
        return false;
    }
    *pass = (struct pass){
        .name = xml_attribute_or(node, "name", xml_attribute(node, "entity")),
        .entity = xml_attribute(node, "entity"),
        .key = xml_attribute(node, "key"),
        .role = xml_attribute(node, "role"),
        .node = node,
        .source = map_get(sources, xml_attribute(node, "source")),
        .workers = (int)workers,
    };
    if (pass->source == NULL) {
        return xml_fail(node, error, "There is no source %s", xml_attribute(node, "source"));
    }
    if (first != NULL) {
        column_list_read(arena, first, &pass->first_of);
    }
    read_conditions(arena, pass);
    return read_fields(arena, sources, pass, error);
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? "." : arena_copy_part(arena, path, (size_t)(slash - path));
}

static bool read_passes(struct arena *arena, const struct xml_node *root, struct mapping *mapping,
                        struct error *error)
{
    struct map *sources = map_create(arena);

    if (!read_sources(arena, root, sources, error)) {
        return false;
    }
    mapping->passes =
        arena_allocate_array(arena, count_children(root, "pass"), sizeof(*mapping->passes));
    for (const struct xml_node *node = xml_child(root, "pass"); node != NULL;
         node = xml_next(node)) {
        if (!read_pass(arena, node, sources, &mapping->passes[mapping->pass_count++], error)) {
            return false;
        }
    }
    return true;
}

bool mapping_read(struct arena *arena, const char *path, const char *folder,
                  struct mapping *mapping_out, struct error *error)
{
    struct xml_schema *schema = NULL;
    const struct xml_node *root = NULL;

    if (!xml_schema_read_bytes(arena, "import.xsd", (const char *)import_schema,
                               import_schema_length, &schema, error) ||
        !xml_read_file(arena, path, schema, &root, error)) {
        return false;
    }
    struct mapping mapping = {
        .name = xml_attribute(root, "name"),
        .home = folder_of(arena, path),
        .folder = folder == NULL ? folder_of(arena, path) : folder,
    };
    if (!read_passes(arena, root, &mapping, error)) {
        return false;
    }
    *mapping_out = mapping;
    return true;
}

bool mapping_has_source(struct arena *arena, const struct mapping *mapping,
                        const struct source *source)
{
    return access(arena_format(arena, "%s/%s", mapping->folder, source->file), F_OK) == 0;
}

const char *mapping_path(struct arena *arena, const struct mapping *mapping,
                         const struct source *source)
{
    const char *folder =
        mapping_has_source(arena, mapping, source) ? mapping->folder : mapping->home;

    return arena_format(arena, "%s/%s", folder, source->file);
}

const struct field_rule *mapping_find_field(const struct pass *pass, const char *name)
{
    for (size_t i = 0; i < pass->field_count; i++) {
        if (strcmp(pass->fields[i].name, name) == 0) {
            return &pass->fields[i];
        }
    }
    return NULL;
}
