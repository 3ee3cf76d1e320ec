/*
 * document.c - a libxml2 document, copied into an arena and forgotten.
 */
#include "xml/document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "xml/library.h"
#include "xml/schema.h"

enum { SENTENCE_SIZE = 384 };

struct copy {
    struct arena *arena;
    const char *file;
};

static const char *copy_name(const struct copy *copy, const xmlChar *name)
{
    return arena_copy_text(copy->arena, (const char *)name);
}

static const char *copy_namespace(const struct copy *copy, const xmlNs *namespace)
{
    return namespace == NULL ? NULL : copy_name(copy, namespace->href);
}

/* Joins the text directly within an element; entity references cannot occur without a DTD. */
static const char *copy_text(const struct copy *copy, const xmlNode *first)
{
    struct buffer text;
    buffer_init(&text, copy->arena, 0);
    for (const xmlNode *node = first; node != NULL; node = node->next) {
        if (node->type == XML_TEXT_NODE && node->content != NULL) {
            buffer_add_text(&text, (const char *)node->content);
        }
    }
    char *start = text.bytes + strspn(text.bytes, " \t\r\n");
    char *end = text.bytes + text.length;
    while (end > start && strchr(" \t\r\n", end[-1]) != NULL) {
        end--;
    }
    *end = '\0';
    return start;
}

static const struct xml_attribute *copy_attributes(const struct copy *copy, const xmlNode *from)
{
    const struct xml_attribute *first = NULL;
    const struct xml_attribute **place = &first;
    for (const xmlAttr *attribute = from->properties; attribute != NULL;
         attribute = attribute->next) {
        struct xml_attribute *copied = arena_allocate(copy->arena, sizeof(*copied));
        xmlChar *value = xmlNodeGetContent((const xmlNode *)attribute);
        copied->name = copy_name(copy, attribute->name);
        copied->namespace = copy_namespace(copy, attribute->ns);
        copied->value = value == NULL ? "" : copy_name(copy, value);
        xmlFree(value);
        *place = copied;
        place = &copied->next;
    }
    return first;
}

/* Recursion is bounded by libxml2's own limit of 256 levels. */
static const struct xml_node *copy_elements(const struct copy *copy, const xmlNode *from)
{
    const struct xml_node *first = NULL;
    const struct xml_node **place = &first;
    for (; from != NULL; from = from->next) {
        if (from->type != XML_ELEMENT_NODE) {
            continue;
        }
        struct xml_node *copied = arena_allocate(copy->arena, sizeof(*copied));
        copied->name = copy_name(copy, from->name);
        copied->namespace = copy_namespace(copy, from->ns);
        copied->text = copy_text(copy, from->children);
        copied->file = copy->file;
        copied->line = xml_library_line(from);
        copied->attributes = copy_attributes(copy, from);
        copied->first_child = copy_elements(copy, from->children);
        *place = copied;
        place = &copied->next;
    }
    return first;
}

static void write_sentence(const struct xml_node *node, bool is_first, struct error *error,
                           const char *format, va_list arguments)
{
    char sentence[SENTENCE_SIZE];
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    if (is_first) {
        error_set(error, ERROR_METADATA_INVALID, NULL, "%s:%d: %s", node->file, node->line,
                  sentence);
    } else {
        error_add_cause(error, "%s:%d: %s", node->file, node->line, sentence);
    }
}

bool xml_read_bytes(struct arena *arena, const char *name, const char *bytes, size_t length,
                    const struct xml_schema *schema, const struct xml_node **root_out,
                    struct error *error)
{
    xmlDocPtr document = NULL;
    if (!xml_library_parse(name, bytes, length, &document, error)) {
        return false;
    }
    bool is_valid =
        schema == NULL || xml_library_check(schema, name, xmlDocGetRootElement(document), error);
    if (is_valid) {
        struct copy copy = {.arena = arena, .file = arena_copy_text(arena, name)};
        *root_out = copy_elements(&copy, document->children);
    }
    xmlFreeDoc(document);
    return is_valid;
}

bool xml_read_file(struct arena *arena, const char *path, const struct xml_schema *schema,
                   const struct xml_node **root_out, struct error *error)
{
    char *bytes = NULL;
    size_t length = 0;
    return file_read(arena, path, XML_FILE_LIMIT, &bytes, &length, error) &&
           xml_read_bytes(arena, path, bytes, length, schema, root_out, error);
}

const char *xml_attribute(const struct xml_node *node, const char *name)
{
    for (const struct xml_attribute *attribute = node->attributes; attribute != NULL;
         attribute = attribute->next) {
        if (attribute->namespace == NULL && strcmp(attribute->name, name) == 0) {
            return attribute->value;
        }
    }
    return NULL;
}

const char *xml_attribute_or(const struct xml_node *node, const char *name, const char *otherwise)
{
    const char *value = xml_attribute(node, name);
    return value == NULL ? otherwise : value;
}

bool xml_attribute_is_true(const struct xml_node *node, const char *name, bool otherwise)
{
    const char *value = xml_attribute(node, name);
    return value == NULL ? otherwise : strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

bool xml_attribute_integer(const struct xml_node *node, const char *name, long long otherwise,
                           long long *value_out, struct error *error)
{
    const char *text = xml_attribute(node, name);
    if (text == NULL) {
        *value_out = otherwise;
        return true;
    }
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0') {
        return xml_fail(node, error, "%s=\"%s\" is not an integer", name, text);
    }
    *value_out = value;
    return true;
}

static const struct xml_node *find_name(const struct xml_node *node, const char *name)
{
    while (node != NULL && strcmp(node->name, name) != 0) {
        node = node->next;
    }
    return node;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
    return find_name(node->first_child, name);
}

const struct xml_node *xml_next(const struct xml_node *node)
{
    return find_name(node->next, node->name);
}

bool xml_fail(const struct xml_node *node, struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_sentence(node, true, error, format, arguments);
    va_end(arguments);
    return false;
}

bool xml_fail_more(const struct xml_node *node, struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_sentence(node, error->code == ERROR_NONE, error, format, arguments);
    va_end(arguments);
    return false;
}
