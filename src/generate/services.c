/*
 * services.c - reads services/ and resolves it, so that writing it down decides nothing more.
 */
#include "generate/services.h"

#include <ctype.h>
#include <glob.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "generate/generate.h"
#include "xml/document.h"
#include "xml/schema.h"

static const struct member_type member_types[] = {
    {.word = "string", .constant = "SHAPE_STRING", .item = "const char *", .may_be_list = true},
    {.word = "integer", .constant = "SHAPE_INTEGER", .item = "struct message_integer"},
    {.word = "long", .constant = "SHAPE_LONG", .item = "struct message_integer"},
    {.word = "boolean", .constant = "SHAPE_BOOLEAN", .item = "struct message_boolean"},
    {.word = "dateTime", .constant = "SHAPE_DATE_TIME", .item = "struct message_moment"},
    {.word = "uuid", .constant = "SHAPE_UUID", .item = "struct message_uuid"},
    {.word = "decimal", .constant = "SHAPE_DECIMAL", .item = "struct message_decimal"},
    {.word = "record", .constant = "SHAPE_RECORD", .item = "struct record *", .may_be_list = true},
    {.word = "reference",
     .constant = "SHAPE_REFERENCE",
     .item = "struct reference *",
     .may_be_list = true},
    {.word = "key", .constant = "SHAPE_KEY", .item = "struct alternate_key *"},
    {.word = "content", .constant = "SHAPE_CONTENT", .item = "struct file *"},
};

static const struct member_type structure_type = {.constant = "SHAPE_STRUCT", .may_be_list = true};

/* Names that client generators cannot bear, and words of C. */
static const char *const refused_type_names[] = {"System",    "Object", "String",
                                                 "Exception", "Type",   "Fault"};
static const char *const keywords[] = {
    "auto",  "break",    "case",   "char",     "const",  "continue", "default",
    "do",    "double",   "else",   "enum",     "extern", "float",    "for",
    "goto",  "if",       "inline", "int",      "long",   "register", "return",
    "short", "signed",   "sizeof", "static",   "struct", "switch",   "typedef",
    "union", "unsigned", "void",   "volatile", "while",  "restrict",
};

#define COUNT_OF(table) (sizeof(table) / sizeof(*(table)))

enum { DEPTH = 8 }; /* of types within types that are looked at; more is none of ours */

struct reading {
    struct arena *arena;
    struct services *services;
    struct error *error;
    bool has_failed;
};

/* Notes a problem and lets reading go on, so that all are said at once. */
#define note(reading, node, ...)                                                                   \
    ((reading)->has_failed = true, (void)xml_fail_more((node), (reading)->error, __VA_ARGS__))

static bool is_among(const char *word, const char *const *words, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (strcmp(words[index], word) == 0) {
            return true;
        }
    }
    return false;
}

/* "RetrieveMultiple{Entity}" -> "retrieve_multiple_entity" */
static const char *c_name_of(struct arena *arena, const char *name, const char *suffix)
{
    struct buffer words;
    buffer_init(&words, arena, strlen(name) * 2);
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '{' || *at == '}') {
            continue;
        }
        if (isupper((unsigned char)*at) && words.length > 0) {
            buffer_add_char(&words, '_');
        }
        buffer_add_char(&words, (char)tolower((unsigned char)*at));
    }
    buffer_add_text(&words, suffix);
    return words.bytes;
}

static const struct member_type *find_member_type(const char *word)
{
    for (size_t index = 0; index < COUNT_OF(member_types); index++) {
        if (strcmp(member_types[index].word, word) == 0) {
            return &member_types[index];
        }
    }
    return isupper((unsigned char)*word) || *word == '{' ? &structure_type : NULL;
}

static void check_member(struct reading *reading, const struct service_type *type,
                         const struct service_member *member)
{
    const struct xml_node *node = member->node;
    bool is_string = member->type != NULL && strcmp(member->type->constant, "SHAPE_STRING") == 0;
    if (member->type == NULL) {
        note(reading, node, "type=\"%s\" is unknown.", xml_attribute(node, "type"));
    } else if (member->is_list && !member->type->may_be_list) {
        note(reading, node, "A list of %s is not supported.", xml_attribute(node, "type"));
    }
    if (!is_string && (xml_attribute(node, "length") || xml_attribute(node, "tokens"))) {
        note(reading, node, "length and tokens belong to strings.");
    }
    if (strpbrk(member->c_name, "{ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL ||
        is_among(member->c_name, keywords, COUNT_OF(keywords))) {
        note(reading, node, "\"%s\" is no name in C: give one as c=\"...\".", member->c_name);
    }
    for (size_t index = 0; index < type->members.count; index++) {
        const struct service_member *other = type->members.items[index];
        if (strcasecmp(other->name, member->name) == 0 ||
            strcmp(other->c_name, member->c_name) == 0) {
            note(reading, node, "\"%s\" is already a member of %s.", member->name, type->name);
        }
    }
}

static void read_member(struct reading *reading, struct service_type *type,
                        const struct xml_node *node)
{
    struct service_member *member = arena_allocate(reading->arena, sizeof(*member));
    member->node = node;
    member->name = xml_attribute(node, "name");
    member->c_name = xml_attribute_or(node, "c", member->name);
    member->type = find_member_type(xml_attribute(node, "type"));
    member->is_list = xml_attribute_is_true(node, "list", false);
    check_member(reading, type, member);
    array_add(&type->members, member);
}

static struct service_type *find_type(const struct services *services, const char *name)
{
    for (size_t index = 0; index < services->types.count; index++) {
        struct service_type *type = services->types.items[index];
        if (strcasecmp(type->name, name) == 0) {
            return type;
        }
    }
    return NULL;
}

static struct service_type *add_type(struct reading *reading, const struct xml_node *node,
                                     const char *name, const char *c_name, const char *meaning)
{
    const struct service_type *other = find_type(reading->services, name);
    if (other != NULL) {
        note(reading, node, "%s is also the name of %s at line %d of %s.", name, other->name,
             other->node->line, other->node->file);
    }
    struct service_type *type = arena_allocate(reading->arena, sizeof(*type));
    *type = (struct service_type){.node = node, .name = name, .c_name = c_name, .meaning = meaning};
    array_init(&type->members, reading->arena);
    for (const struct xml_node *member = xml_child(node, "member"); member != NULL;
         member = xml_next(member)) {
        read_member(reading, type, member);
    }
    array_add(&reading->services->types, type);
    return type;
}

static void read_type(struct reading *reading, const struct xml_node *node)
{
    const char *name = xml_attribute(node, "name");
    const char *c_name = xml_attribute_or(node, "struct", c_name_of(reading->arena, name, ""));
    const char *header = xml_attribute(node, "header");
    struct service_type *type =
        add_type(reading, node, name, c_name, xml_attribute(node, "meaning"));
    type->header = header;
    if ((header == NULL) != (xml_attribute(node, "struct") == NULL)) {
        note(reading, node, "struct and header go together.");
    }
    if (type->members.count == 0) {
        note(reading, node, "%s has no members.", name);
    }
    if (is_among(name, refused_type_names, COUNT_OF(refused_type_names))) {
        note(reading, node, "%s is a name that client generators cannot bear.", name);
    }
}

/* What wrapped style asks for, so that every client generator makes plain functions of it. */
static void check_operation(struct reading *reading, const struct service_operation *operation)
{
    const struct xml_node *node = operation->node;
    if (operation->response->members.count > 1) {
        note(reading, node, "The response of %s has more than one member.", operation->name);
    }
    for (size_t index = 0; index < operation->response->members.count; index++) {
        const struct service_member *answer = operation->response->members.items[index];
        for (size_t other = 0; other < operation->request->members.count; other++) {
            const struct service_member *question = operation->request->members.items[other];
            if (strcasecmp(answer->name, question->name) == 0) {
                note(reading, answer->node, "\"%s\" is a member of the request too.", answer->name);
            }
        }
    }
    if (xml_attribute(node, "prepare") != NULL &&
        strcmp(xml_attribute(node, "transaction"), "write") != 0) {
        note(reading, node, "Only what writes is prepared before its transaction.");
    }
    bool is_once = strcmp(xml_attribute_or(node, "for", "once"), "once") == 0;
    bool has_entity = strstr(operation->name, "{Entit") != NULL;
    if (is_once == has_entity) {
        note(reading, node, "for=\"%s\" does not fit the name %s.",
             xml_attribute_or(node, "for", "once"), operation->name);
    }
    if (is_once && xml_attribute(node, "right") != NULL) {
        note(reading, node, "A right is asked for on an entity, and %s has none.", operation->name);
    }
    if (xml_attribute_is_true(node, "sent", false) != (xml_attribute(node, "handler") == NULL)) {
        note(reading, node, "%s needs a handler, or it is sent and needs none.", operation->name);
    }
}

static void read_operation(struct reading *reading, const struct xml_node *node)
{
    struct arena *arena = reading->arena;
    struct service_operation *operation = arena_allocate(arena, sizeof(*operation));
    operation->node = node;
    operation->name = xml_attribute(node, "name");
    operation->request =
        add_type(reading, xml_child(node, "request"), operation->name,
                 c_name_of(arena, operation->name, "_request"), xml_attribute(node, "meaning"));
    operation->response = add_type(reading, xml_child(node, "response"),
                                   arena_format(arena, "%sResponse", operation->name),
                                   c_name_of(arena, operation->name, "_response"),
                                   arena_format(arena, "Answer of %s.", operation->name));
    check_operation(reading, operation);
    array_add(&reading->services->operations, operation);
}

/* Finds the types that members name; they may stand in any file, in any order. */
static void resolve_members(struct reading *reading, const struct service_type *type)
{
    for (size_t index = 0; index < type->members.count; index++) {
        struct service_member *member = type->members.items[index];
        if (member->type != &structure_type) {
            continue;
        }
        const char *name = xml_attribute(member->node, "type");
        member->structure = find_type(reading->services, name);
        if (member->structure == NULL || strcmp(member->structure->name, name) != 0) {
            note(reading, member->node, "There is no type %s.", name);
        }
    }
}

/* Whether bytes are among what a member brings, itself or in its types as deep as that. */
static bool holds_content(const struct service_member *member, int depth)
{
    if (member->structure == NULL || depth == 0) {
        return member->type != NULL && strcmp(member->type->constant, "SHAPE_CONTENT") == 0;
    }
    for (size_t i = 0; i < member->structure->members.count; i++) {
        if (holds_content(member->structure->members.items[i], depth - 1)) {
            return true;
        }
    }
    return false;
}

static void check_answers(struct reading *reading)
{
    for (size_t i = 0; i < reading->services->operations.count; i++) {
        const struct service_operation *operation = reading->services->operations.items[i];
        for (size_t k = 0; k < operation->response->members.count; k++) {
            const struct service_member *answer = operation->response->members.items[k];
            if (holds_content(answer, DEPTH)) {
                note(reading, answer->node,
                     "Content is sent in requests; files are answered in records.");
            }
        }
    }
}

static void read_root(struct reading *reading, const struct xml_node *root)
{
    for (const struct xml_node *node = root->first_child; node != NULL; node = node->next) {
        if (strcmp(node->name, "type") == 0) {
            read_type(reading, node);
        } else {
            read_operation(reading, node);
        }
    }
}

static bool read_files(const struct generation *generation, struct reading *reading,
                       struct error *error)
{
    struct arena *arena = generation->arena;
    struct xml_schema *schema = NULL;
    if (!xml_schema_read_file(arena, arena_format(arena, "%s/services.xsd", generation->services),
                              &schema, error)) {
        return false;
    }
    glob_t found = {0};
    bool done = true;
    glob(arena_format(arena, "%s/*.xml", generation->services), 0, NULL, &found);
    for (size_t index = 0; index < found.gl_pathc && done; index++) {
        const struct xml_node *root = NULL;
        done = xml_read_file(arena, found.gl_pathv[index], schema, &root, error);
        if (done) {
            read_root(reading, root);
        }
    }
    globfree(&found);
    return done;
}

bool services_read(const struct generation *generation, struct services *services_out,
                   struct error *error)
{
    struct services services;
    array_init(&services.types, generation->arena);
    array_init(&services.operations, generation->arena);
    struct reading reading = {.arena = generation->arena, .services = &services, .error = error};
    if (!read_files(generation, &reading, error)) {
        return false;
    }
    for (size_t index = 0; index < services.types.count; index++) {
        resolve_members(&reading, services.types.items[index]);
    }
    check_answers(&reading);
    if (reading.has_failed) {
        return false;
    }
    *services_out = services;
    return true;
}

bool generate_services(const struct generation *generation, struct error *error)
{
    struct services services;
    return services_read(generation, &services, error) &&
           services_write_messages(generation, &services, error) &&
           services_write_operations(generation, &services, error) &&
           services_write_names(generation, &services, error);
}
