/*
 * settings.c - metadata/settings.xml becomes struct settings and the table that fills it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/setting.h"
#include "generate/generate.h"
#include "generate/output.h"
#include "xml/document.h"
#include "xml/schema.h"

static const char *const member_types[SETTING_TYPE_COUNT] = {
    [SETTING_TEXT] = "const char *", [SETTING_INTEGER] = "int64_t ",  [SETTING_BOOLEAN] = "bool ",
    [SETTING_BYTES] = "int64_t ",    [SETTING_DURATION] = "int64_t ",
};

static const char *const type_constants[SETTING_TYPE_COUNT] = {
    [SETTING_TEXT] = "SETTING_TEXT",         [SETTING_INTEGER] = "SETTING_INTEGER",
    [SETTING_BOOLEAN] = "SETTING_BOOLEAN",   [SETTING_BYTES] = "SETTING_BYTES",
    [SETTING_DURATION] = "SETTING_DURATION",
};

/* Reads a bound, which has no bounds itself. */
static bool read_bound(const struct setting *row, const char *source, const char *text,
                       int64_t otherwise, int64_t *value_out, struct error *error)
{
    if (text == NULL) {
        *value_out = otherwise;
        return true;
    }
    struct setting unbounded = *row;
    unbounded.minimum = INT64_MIN;
    unbounded.maximum = INT64_MAX;
    return setting_parse(&unbounded, source, text, value_out, error);
}

/* Splits the choices of a text setting at spaces; NULL when it has none. */
static const char *const *read_choices(struct arena *arena, const struct xml_node *node)
{
    char *text = arena_copy_text(arena, xml_attribute(node, "choices"));
    if (text == NULL) {
        return NULL;
    }
    const char **choices = arena_allocate_array(arena, strlen(text) + 1, sizeof(*choices));
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        choices[count++] = word;
    }
    return choices;
}

/* Reads one row, and proves that its default would be accepted. */
static bool read_row(struct arena *arena, const char *section, const struct xml_node *node,
                     struct setting *row, struct error *error)
{
    const char *source = arena_format(arena, "%s:%d", node->file, node->line);
    *row = (struct setting){
        .section = section,
        .key = xml_attribute(node, "key"),
        .is_reloaded = xml_attribute_is_true(node, "reload", false),
        .is_secret = xml_attribute_is_true(node, "secret", false),
        .default_text = xml_attribute(node, "default"),
        .choices = read_choices(arena, node),
        .comment = node->text,
    };
    int64_t number;
    if (!setting_type_parse(xml_attribute(node, "type"), &row->type)) {
        return xml_fail(node, error, "type=\"%s\" is unknown.", xml_attribute(node, "type"));
    }
    if (row->type == SETTING_TEXT) {
        return setting_check_choice(row, source, row->default_text, error);
    }
    return read_bound(row, source, xml_attribute(node, "minimum"), 0, &row->minimum, error) &&
           read_bound(row, source, xml_attribute(node, "maximum"), INT64_MAX, &row->maximum,
                      error) &&
           setting_parse(row, source, row->default_text, &number, error);
}

static bool read_rows(struct arena *arena, const struct xml_node *root, struct setting **rows_out,
                      size_t *count_out, struct error *error)
{
    struct setting *rows = NULL;
    size_t count = 0;
    for (const struct xml_node *section = xml_child(root, "section"); section != NULL;
         section = xml_next(section)) {
        for (const struct xml_node *node = xml_child(section, "setting"); node != NULL;
             node = xml_next(node)) {
            rows = arena_grow(arena, rows, count * sizeof(*rows), (count + 1) * sizeof(*rows));
            if (!read_row(arena, xml_attribute(section, "name"), node, &rows[count], error)) {
                return false;
            }
            count++;
        }
    }
    *rows_out = rows;
    *count_out = count;
    return true;
}

static void add_comment(struct output *output, const struct setting *row)
{
    output_add(output, "    %s%s; /* %s%s */\n", member_types[row->type], row->key,
               row->type == SETTING_DURATION ? "ms. " : "", row->comment);
}

static bool write_header(const struct generation *generation, const struct xml_node *root,
                         const struct setting *rows, size_t count, struct error *error)
{
    struct output output;
    output_begin(&output, generation->arena, generation->output, "settings.h",
                 "metadata/settings.xml", "every setting, as C reads it.");
    output_add(&output, "#ifndef GENERATED_SETTINGS_H\n#define GENERATED_SETTINGS_H\n\n"
                        "#include <stdbool.h>\n#include <stdint.h>\n\n"
                        "struct setting_origin;\n\n");
    for (const struct xml_node *section = xml_child(root, "section"); section != NULL;
         section = xml_next(section)) {
        const char *name = xml_attribute(section, "name");
        output_add(&output, "/* %s */\nstruct settings_%s {\n", xml_child(section, "meaning")->text,
                   name);
        for (size_t index = 0; index < count; index++) {
            if (strcmp(rows[index].section, name) == 0) {
                add_comment(&output, &rows[index]);
            }
        }
        output_add(&output, "};\n\n");
    }
    output_add(&output, "struct settings {\n");
    for (const struct xml_node *section = xml_child(root, "section"); section != NULL;
         section = xml_next(section)) {
        const char *name = xml_attribute(section, "name");
        output_add(&output, "    struct settings_%s %s;\n", name, name);
    }
    output_add(&output,
               "    const struct setting_origin *origins; /* one for each setting */\n};\n\n"
               "enum { SETTING_COUNT = %zu };\n\n#endif\n",
               count);
    return output_finish(&output, error);
}

static void add_choices(struct output *output, const struct setting *row)
{
    if (row->choices == NULL) {
        return;
    }
    output_add(output, "        .choices = (const char *const[]){");
    for (const char *const *choice = row->choices; *choice != NULL; choice++) {
        output_add_literal(output, *choice);
        output_add(output, ", ");
    }
    output_add(output, "NULL},\n");
}

static void add_row(struct output *output, const struct setting *row)
{
    output_add(output,
               "    {\n        .section = \"%s\",\n        .key = \"%s\",\n        .type = %s,\n"
               "        .is_secret = %s,\n        .is_reloaded = %s,\n        .default_text = ",
               row->section, row->key, type_constants[row->type], row->is_secret ? "true" : "false",
               row->is_reloaded ? "true" : "false");
    output_add_literal(output, row->default_text);
    output_add(output, ",\n        .minimum = %" PRId64 ",\n        .maximum = %" PRId64 ",\n",
               row->minimum, row->maximum);
    add_choices(output, row);
    output_add(output, "        .offset = offsetof(struct settings, %s.%s),\n        .comment = ",
               row->section, row->key);
    output_add_literal(output, row->comment);
    output_add(output, ",\n    },\n");
}

static void add_section(struct output *output, const struct xml_node *section)
{
    output_add(output, "    {.name = \"%s\", .meaning = ", xml_attribute(section, "name"));
    output_add_literal(output, xml_child(section, "meaning")->text);
    output_add(output, "},\n");
}

static bool write_table(const struct generation *generation, const struct xml_node *root,
                        const struct setting *rows, size_t count, struct error *error)
{
    struct output output;
    output_begin(&output, generation->arena, generation->output, "settings.c",
                 "metadata/settings.xml", "how each setting is read and where it goes.");
    output_add(&output, "#include \"base/settings.h\"\n\n#include <stddef.h>\n\n"
                        "const struct setting settings_table[SETTING_COUNT] = {\n");
    for (size_t index = 0; index < count; index++) {
        add_row(&output, &rows[index]);
    }
    output_add(&output, "};\n\nconst struct settings_section settings_sections[] = {\n");
    for (const struct xml_node *section = xml_child(root, "section"); section != NULL;
         section = xml_next(section)) {
        add_section(&output, section);
    }
    output_add(&output, "    {.name = NULL},\n};\n");
    return output_finish(&output, error);
}

bool generate_settings(const struct generation *generation, struct error *error)
{
    struct arena *arena = generation->arena;
    struct xml_schema *schema = NULL;
    const struct xml_node *root = NULL;
    struct setting *rows = NULL;
    size_t count = 0;
    return xml_schema_read_file(arena, arena_format(arena, "%s/settings.xsd", generation->metadata),
                                &schema, error) &&
           xml_read_file(arena, arena_format(arena, "%s/settings.xml", generation->metadata),
                         schema, &root, error) &&
           read_rows(arena, root, &rows, &count, error) &&
           write_header(generation, root, rows, count, error) &&
           write_table(generation, root, rows, count, error);
}
