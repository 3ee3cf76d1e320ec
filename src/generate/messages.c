/*
 * messages.c - writes messages.h and messages.c: a struct and a shape for every type.
 */
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "generate/generate.h"
#include "generate/output.h"
#include "generate/services.h"
#include "xml/document.h"

/* How one item is declared in C: "struct write_result *", "const char *". */
static const char *item_type(struct arena *arena, const struct service_member *member)
{
    return member->structure == NULL
               ? member->type->item
               : arena_format(arena, "struct %s *", member->structure->c_name);
}

static const char *space_after(const char *type)
{
    return type[strlen(type) - 1] == '*' ? "" : " ";
}

static void add_struct_member(struct output *output, const struct service_member *member)
{
    const char *item = item_type(output->text.arena, member);
    const char *meaning = xml_attribute(member->node, "meaning");
    if (member->is_list) {
        output_add(output, "    struct message_list %s; /* %s%s%s */\n", member->c_name, item,
                   meaning == NULL ? "" : "; ", meaning == NULL ? "" : meaning);
        return;
    }
    output_add(output, "    %s%s%s;", item, space_after(item), member->c_name);
    if (meaning != NULL) {
        output_add(output, " /* %s */", meaning);
    }
    output_add(output, "\n");
}

static void add_struct(struct output *output, const struct service_type *type)
{
    if (type->header == NULL) {
        output_add(output, "/* %s: %s */\nstruct %s {\n", type->name, type->meaning, type->c_name);
        for (size_t index = 0; index < type->members.count; index++) {
            add_struct_member(output, type->members.items[index]);
        }
        if (type->members.count == 0) {
            output_add(output, "    char nothing; /* C has no empty struct */\n");
        }
        output_add(output, "};\n");
    }
    output_add(output, "extern const struct shape %s_shape;\n\n", type->c_name);
}

static bool write_header(const struct generation *generation, const struct services *services,
                         struct error *error)
{
    struct output output;
    output_begin(&output, generation->arena, generation->output, "messages.h", "services/",
                 "requests and answers of all operations, and the types in them.");
    output_add(&output, "#ifndef GENERATED_MESSAGES_H\n#define GENERATED_MESSAGES_H\n\n"
                        "#include \"metadata/shape.h\"\n\n"
                        "struct alternate_key;\nstruct record;\nstruct reference;\n");
    for (size_t index = 0; index < services->types.count; index++) {
        const struct service_type *type = services->types.items[index];
        output_add(&output, "struct %s;\n", type->c_name);
    }
    output_add(&output, "\n");
    for (size_t index = 0; index < services->types.count; index++) {
        add_struct(&output, services->types.items[index]);
    }
    output_add(&output, "#endif\n");
    return output_finish(&output, error);
}

static void add_tokens(struct output *output, const char *tokens)
{
    char *text = arena_copy_text(output->text.arena, tokens);
    char *rest = NULL;
    output_add(output, "        .tokens = (const char *const[]){");
    for (char *token = strtok_r(text, " ", &rest); token != NULL;
         token = strtok_r(NULL, " ", &rest)) {
        output_add(output, "\"%s\", ", token);
    }
    output_add(output, "NULL},\n");
}

static void add_flag(struct output *output, const struct service_member *member,
                     const char *attribute, const char *flag)
{
    if (xml_attribute_is_true(member->node, attribute, false)) {
        output_add(output, "        .%s = true,\n", flag);
    }
}

static void add_shape_member(struct output *output, const struct service_type *type,
                             const struct service_member *member)
{
    const char *length = xml_attribute(member->node, "length");
    const char *tokens = xml_attribute(member->node, "tokens");
    output_add(output, "    {\n        .name = \"%s\",\n        .type = %s,\n", member->name,
               member->type->constant);
    add_flag(output, member, "list", "is_list");
    add_flag(output, member, "required", "is_required");
    add_flag(output, member, "secret", "is_secret");
    output_add(output, "        .offset = offsetof(struct %s, %s),\n", type->c_name,
               member->c_name);
    if (length != NULL) {
        output_add(output, "        .length = %s,\n", length);
    }
    if (member->structure != NULL) {
        output_add(output, "        .shape = &%s_shape,\n", member->structure->c_name);
    }
    if (tokens != NULL) {
        add_tokens(output, tokens);
    }
    output_add(output, "        .meaning = ");
    output_add_literal(output, xml_attribute_or(member->node, "meaning", ""));
    output_add(output, ",\n    },\n");
}

/* A struct written by hand must agree with its description, or the build ends here. */
static void add_checks(struct output *output, const struct service_type *type)
{
    for (size_t index = 0; index < type->members.count; index++) {
        const struct service_member *member = type->members.items[index];
        output_add(output,
                   "static_assert(_Generic(((struct %s *)0)->%s, %s: 1, default: 0), "
                   "\"%s:%d: %s is declared otherwise\");\n",
                   type->c_name, member->c_name,
                   member->is_list ? "struct message_list" : item_type(output->text.arena, member),
                   member->node->file, member->node->line, member->c_name);
    }
    output_add(output, "\n");
}

static void add_shape(struct output *output, const struct service_type *type)
{
    if (type->header != NULL) {
        add_checks(output, type);
    }
    if (type->members.count > 0) {
        output_add(output, "static const struct shape_member %s_members[] = {\n", type->c_name);
        for (size_t index = 0; index < type->members.count; index++) {
            add_shape_member(output, type, type->members.items[index]);
        }
        output_add(output, "};\n\n");
    }
    output_add(output,
               "const struct shape %s_shape = {\n    .name = \"%s\",\n"
               "    .size = sizeof(struct %s),\n",
               type->c_name, type->name, type->c_name);
    if (type->members.count > 0) {
        output_add(output, "    .members = %s_members,\n    .member_count = %zu,\n", type->c_name,
                   type->members.count);
    }
    output_add(output, "    .meaning = ");
    output_add_literal(output, type->meaning);
    output_add(output, ",\n};\n\n");
}

static void add_includes(struct output *output, const struct services *services)
{
    struct map *headers = map_create(output->text.arena);
    for (size_t index = 0; index < services->types.count; index++) {
        const struct service_type *type = services->types.items[index];
        if (type->header != NULL && map_get(headers, type->header) == NULL) {
            map_set(headers, type->header, type);
            output_add(output, "#include \"%s\"\n", type->header);
        }
    }
}

static bool write_shapes(const struct generation *generation, const struct services *services,
                         struct error *error)
{
    struct output output;
    output_begin(&output, generation->arena, generation->output, "messages.c", "services/",
                 "how each struct of messages.h looks on the wire.");
    output_add(&output, "#include \"generated/messages.h\"\n\n#include <assert.h>\n"
                        "#include <stddef.h>\n\n");
    add_includes(&output, services);
    output_add(&output, "\n");
    for (size_t index = 0; index < services->types.count; index++) {
        add_shape(&output, services->types.items[index]);
    }
    return output_finish(&output, error);
}

bool services_write_messages(const struct generation *generation, const struct services *services,
                             struct error *error)
{
    return write_header(generation, services, error) && write_shapes(generation, services, error);
}
