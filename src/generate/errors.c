/*
 * errors.c - metadata/errors.xml becomes enum error_code and the table behind error_kind().
 */
#include "base/arena.h"
#include "base/error.h"
#include "generate/generate.h"
#include "generate/output.h"
#include "xml/document.h"
#include "xml/schema.h"

#include <string.h>

static const char *hint_in(const struct xml_node *row, const char *language)
{
    const struct xml_node *hint = xml_child(row, "hint");
    while (strcmp(xml_attribute(hint, "lang"), language) != 0) {
        hint = xml_next(hint); /* the schema has made sure that there is one */
    }
    return hint->text;
}

static bool write_codes(const struct generation *generation, const struct xml_node *root,
                        struct error *error)
{
    struct output output;
    output_begin(&output, generation->arena, generation->output, "error_codes.h",
                 "metadata/errors.xml", "every way a call can fail.");
    output_add(&output, "#ifndef GENERATED_ERROR_CODES_H\n#define GENERATED_ERROR_CODES_H\n\n"
                        "enum error_code {\n    ERROR_NONE,\n");
    for (const struct xml_node *row = xml_child(root, "error"); row != NULL; row = xml_next(row)) {
        output_add(&output, "    ERROR_%s,\n", xml_attribute(row, "name"));
    }
    output_add(&output, "    ERROR_CODE_COUNT\n};\n\n#endif\n");
    return output_finish(&output, error);
}

static void add_kind(struct output *output, const struct xml_node *row)
{
    bool is_client = strcmp(xml_attribute(row, "blame"), "client") == 0;
    output_add(output,
               "    [ERROR_%s] = {\n        .name = \"%s\",\n        .http_status = %s,\n"
               "        .is_client_fault = %s,\n        .is_retryable = %s,\n        .hint = ",
               xml_attribute(row, "name"), xml_attribute(row, "name"), xml_attribute(row, "http"),
               is_client ? "true" : "false",
               xml_attribute_is_true(row, "retryable", false) ? "true" : "false");
    output_add_literal(output, hint_in(row, "en"));
    output_add(output, ",\n        .hint_russian = ");
    output_add_literal(output, hint_in(row, "ru"));
    output_add(output, ",\n    },\n");
}

static bool write_kinds(const struct generation *generation, const struct xml_node *root,
                        struct error *error)
{
    struct output output;
    output_begin(&output, generation->arena, generation->output, "errors.c", "metadata/errors.xml",
                 "what is known of each error code.");
    output_add(&output, "#include \"base/error.h\"\n\n#include <assert.h>\n\n"
                        "static const struct error_kind kinds[] = {\n"
                        "    [ERROR_NONE] = {.name = \"NONE\", .http_status = 200, "
                        ".hint = \"\", .hint_russian = \"\"},\n");
    for (const struct xml_node *row = xml_child(root, "error"); row != NULL; row = xml_next(row)) {
        add_kind(&output, row);
    }
    output_add(&output, "};\n\nstatic_assert(sizeof(kinds) / sizeof(*kinds) == ERROR_CODE_COUNT, "
                        "\"one row a code\");\n\n"
                        "const struct error_kind *error_kind(enum error_code code)\n{\n"
                        "    return &kinds[code];\n}\n");
    return output_finish(&output, error);
}

bool generate_errors(const struct generation *generation, struct error *error)
{
    struct arena *arena = generation->arena;
    struct xml_schema *schema = NULL;
    const struct xml_node *root = NULL;
    return xml_schema_read_file(arena, arena_format(arena, "%s/errors.xsd", generation->metadata),
                                &schema, error) &&
           xml_read_file(arena, arena_format(arena, "%s/errors.xml", generation->metadata), schema,
                         &root, error) &&
           write_codes(generation, root, error) && write_kinds(generation, root, error);
}
