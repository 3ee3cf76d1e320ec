/*
 * operations.c - writes operations.h and operations.c: the handlers and the table of patterns.
 */
#include <string.h>

#include "base/map.h"
#include "generate/generate.h"
#include "generate/output.h"
#include "generate/services.h"
#include "xml/document.h"

/* A word of services/ and the constant that stands for it in C. */
struct constant {
    const char *word;
    const char *name;
};

static const struct constant scopes[] = {
    {"once", "OPERATION_ONCE"},
    {"entity", "OPERATION_PER_ENTITY"},
    {"entityWithKeys", "OPERATION_PER_ENTITY_WITH_KEYS"},
    {"entityWithOwner", "OPERATION_PER_ENTITY_WITH_OWNER"},
    {"entityWithMerge", "OPERATION_PER_ENTITY_WITH_MERGE"},
};

static const struct constant transactions[] = {
    {"none", "OPERATION_WITHOUT_TRANSACTION"},
    {"read", "OPERATION_READS"},
    {"write", "OPERATION_WRITES"},
};

static const struct constant rights[] = {
    {"create", "RIGHT_CREATE"}, {"read", "RIGHT_READ"},     {"write", "RIGHT_WRITE"},
    {"delete", "RIGHT_DELETE"}, {"append", "RIGHT_APPEND"}, {"appendTo", "RIGHT_APPEND_TO"},
    {"assign", "RIGHT_ASSIGN"}, {"share", "RIGHT_SHARE"},
};

/* The schema allows no word that is not in the table. */
static const char *constant_of(const struct constant *table, const char *word)
{
    while (strcmp(table->word, word) != 0) {
        table++;
    }
    return table->name;
}

static void add_handlers(struct output *output, const struct services *services)
{
    struct map *handlers = map_create(output->text.arena);
    for (size_t index = 0; index < services->operations.count; index++) {
        const struct service_operation *operation = services->operations.items[index];
        const char *handler = xml_attribute(operation->node, "handler");
        if (handler != NULL && map_get(handlers, handler) == NULL) {
            map_set(handlers, handler, operation);
            output_add(output,
                       "/* %s */\nbool %s(struct call *call, const struct operation *operation,\n"
                       "    const void *request, void *response, struct error *error);\n\n",
                       operation->name, handler);
        }
    }
}

static void add_preparations(struct output *output, const struct services *services)
{
    for (size_t index = 0; index < services->operations.count; index++) {
        const struct service_operation *operation = services->operations.items[index];
        const char *prepare = xml_attribute(operation->node, "prepare");
        if (prepare != NULL) {
            output_add(output,
                       "/* %s, before its transaction */\nbool %s(struct call *call, const struct "
                       "operation *operation,\n    const void *request, struct error *error);\n\n",
                       operation->name, prepare);
        }
    }
}

static bool write_header(const struct generation *generation, const struct services *services,
                         struct error *error)
{
    struct output output;
    output_begin(&output, generation->arena, generation->output, "operations.h", "services/",
                 "the function behind each operation.");
    output_add(&output, "#ifndef GENERATED_OPERATIONS_H\n#define GENERATED_OPERATIONS_H\n\n"
                        "#include <stdbool.h>\n\n"
                        "struct call;\nstruct error;\nstruct operation;\n\n");
    add_handlers(&output, services);
    add_preparations(&output, services);
    output_add(&output, "#endif\n");
    return output_finish(&output, error);
}

static void add_pattern(struct output *output, const struct service_operation *operation)
{
    const struct xml_node *node = operation->node;
    const char *right = xml_attribute(node, "right");
    output_add(output, "    {\n        .name = \"%s\",\n        .family = \"%s\",\n",
               operation->name, xml_attribute(node, "family"));
    output_add(output, "        .meaning = ");
    output_add_literal(output, xml_attribute(node, "meaning"));
    output_add(output, ",\n        .scope = %s,\n        .transaction = %s,\n",
               constant_of(scopes, xml_attribute_or(node, "for", "once")),
               constant_of(transactions, xml_attribute(node, "transaction")));
    if (xml_attribute_is_true(node, "anonymous", false)) {
        output_add(output, "        .is_anonymous = true,\n");
    }
    if (right != NULL) {
        output_add(output, "        .has_right = true,\n        .right = %s,\n",
                   constant_of(rights, right));
    }
    if (xml_attribute(node, "prepare") != NULL) {
        output_add(output, "        .prepare = %s,\n", xml_attribute(node, "prepare"));
    }
    output_add(output, "        .request = &%s_shape,\n        .response = &%s_shape,\n",
               operation->request->c_name, operation->response->c_name);
    if (xml_attribute_is_true(node, "sent", false)) {
        output_add(output, "        .is_sent = true,\n");
    } else {
        const char *handler = xml_attribute(node, "handler");
        output_add(output, "        .handler = %s,\n        .handler_name = \"%s\",\n", handler,
                   handler);
    }
    output_add(output, "    },\n");
}

static bool write_table(const struct generation *generation, const struct services *services,
                        struct error *error)
{
    struct output output;
    output_begin(&output, generation->arena, generation->output, "operations.c", "services/",
                 "every operation, before it is crossed with the catalog.");
    output_add(&output, "#include \"generated/operations.h\"\n\n#include \"generated/messages.h\"\n"
                        "#include \"service/operation.h\"\n\n"
                        "const struct operation_pattern operation_patterns[] = {\n");
    for (size_t index = 0; index < services->operations.count; index++) {
        add_pattern(&output, services->operations.items[index]);
    }
    output_add(&output, "};\n\nconst size_t operation_pattern_count =\n"
                        "    sizeof(operation_patterns) / sizeof(*operation_patterns);\n");
    return output_finish(&output, error);
}

bool services_write_operations(const struct generation *generation, const struct services *services,
                               struct error *error)
{
    return write_header(generation, services, error) && write_table(generation, services, error);
}
