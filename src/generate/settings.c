/*
 * settings.c - the settings of programs become structs and the tables that fill them.
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

/* Whose settings: where they stand, and how what is made of them is called. */
static const struct program {
    const char *stem;   /* of the input's name */
    const char *prefix; /* of names in C */
    const char *capital_prefix;
    const char *header; /* declares the table */
} programs[] = {
    {.stem = "settings", .prefix = "", .capital_prefix = "", .header = "base/settings.h"},
    {.stem = "connector-settings",
     .prefix = "connector_",
     .capital_prefix = "CONNECTOR_",
     .header = "base/setting_list.h\"\n#include \"generated/connector_settings.h"},
};

/* One program's settings on their way from XML to C. */
struct translation {
    const struct generation *generation;
    const struct program *program;
    const char *input; /* as messages and files name it */
    const struct xml_node *root;
    struct setting *rows;
    size_t count;
};

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

static void add_struct(const struct translation *translation, struct output *output,
                       const struct xml_node *section)
{
    const char *name = xml_attribute(section, "name");

    output_add(output, "/* %s */\nstruct %ssettings_%s {\n", xml_child(section, "meaning")->text,
               translation->program->prefix, name);
    for (size_t index = 0; index < translation->count; index++) {
        if (strcmp(translation->rows[index].section, name) == 0) {
            add_comment(output, &translation->rows[index]);
        }
    }
    output_add(output, "};\n\n");
}

static bool write_header(const struct translation *translation, struct error *error)
{
    const struct generation *generation = translation->generation;
    const struct program *program = translation->program;
    const char *file = arena_format(generation->arena, "%ssettings.h", program->prefix);
    struct output output;

    output_begin(&output, generation->arena, generation->output, file, translation->input,
                 "every setting, as C reads it.");
    output_add(&output,
               "#ifndef GENERATED_%sSETTINGS_H\n#define GENERATED_%sSETTINGS_H\n\n"
               "#include <stdbool.h>\n#include <stdint.h>\n\nstruct setting_origin;\n\n",
               program->capital_prefix, program->capital_prefix);
    for (const struct xml_node *section = xml_child(translation->root, "section"); section != NULL;
         section = xml_next(section)) {
        add_struct(translation, &output, section);
    }
    output_add(&output, "struct %ssettings {\n", program->prefix);
    for (const struct xml_node *section = xml_child(translation->root, "section"); section != NULL;
         section = xml_next(section)) {
        const char *name = xml_attribute(section, "name");
        output_add(&output, "    struct %ssettings_%s %s;\n", program->prefix, name, name);
    }
    output_add(&output,
               "    const struct setting_origin *origins; /* one for each setting */\n};\n\n"
               "enum { %sSETTING_COUNT = %zu };\n\n#endif\n",
               program->capital_prefix, translation->count);
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

static void add_row(struct output *output, const struct program *program, const struct setting *row)
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
    output_add(output, "        .offset = offsetof(struct %ssettings, %s.%s),\n        .comment = ",
               program->prefix, row->section, row->key);
    output_add_literal(output, row->comment);
    output_add(output, ",\n    },\n");
}

static void add_section(struct output *output, const struct xml_node *section)
{
    output_add(output, "    {.name = \"%s\", .meaning = ", xml_attribute(section, "name"));
    output_add_literal(output, xml_child(section, "meaning")->text);
    output_add(output, "},\n");
}

static bool write_table(const struct translation *translation, struct error *error)
{
    const struct generation *generation = translation->generation;
    const struct program *program = translation->program;
    const char *file = arena_format(generation->arena, "%ssettings.c", program->prefix);
    struct output output;

    output_begin(&output, generation->arena, generation->output, file, translation->input,
                 "how each setting is read and where it goes.");
    output_add(&output,
               "#include \"%s\"\n\n#include <stddef.h>\n\n"
               "const struct setting %ssettings_table[%sSETTING_COUNT] = {\n",
               program->header, program->prefix, program->capital_prefix);
    for (size_t index = 0; index < translation->count; index++) {
        add_row(&output, program, &translation->rows[index]);
    }
    output_add(&output, "};\n\nconst struct settings_section %ssettings_sections[] = {\n",
               program->prefix);
    for (const struct xml_node *section = xml_child(translation->root, "section"); section != NULL;
         section = xml_next(section)) {
        add_section(&output, section);
    }
    output_add(&output, "    {.name = NULL},\n};\n");
    return output_finish(&output, error);
}

static bool translate(const struct generation *generation, const struct program *program,
                      const struct xml_schema *schema, struct error *error)
{
    struct arena *arena = generation->arena;
    const char *path = arena_format(arena, "%s/%s.xml", generation->metadata, program->stem);
    struct translation translation = {
        .generation = generation,
        .program = program,
        .input = arena_format(arena, "metadata/%s.xml", program->stem),
    };

    return xml_read_file(arena, path, schema, &translation.root, error) &&
           read_rows(arena, translation.root, &translation.rows, &translation.count, error) &&
           write_header(&translation, error) && write_table(&translation, error);
}

bool generate_settings(const struct generation *generation, struct error *error)
{
    struct arena *arena = generation->arena;
    struct xml_schema *schema = NULL;

    if (!xml_schema_read_file(arena, arena_format(arena, "%s/settings.xsd", generation->metadata),
                              &schema, error)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (!translate(generation, &programs[i], schema, error)) {
            return false;
        }
    }
    return true;
}
