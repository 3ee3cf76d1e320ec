/*
 * validate.c - messages against the schemas within a WSDL.
 */
#include "xml/validate.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "xml/library.h"
#include "xml/schema.h"
#include "xml/write.h"

enum { SCHEMA_LIMIT = 512 };

static const char schema_namespace[] = "http://www.w3.org/2001/XMLSchema";

static const char *const envelope_namespaces[] = {
    "http://schemas.xmlsoap.org/soap/envelope/",
    "http://www.w3.org/2003/05/soap-envelope",
};

/* The schemas of a WSDL, each as a document of its own. */
struct schema_set {
    struct arena *arena;
    struct xml_library_document documents[SCHEMA_LIMIT];
    const char *namespaces[SCHEMA_LIMIT];
    size_t count;
};

static bool is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static bool is_in(const xmlNode *node, const char *namespace)
{
    return node->ns != NULL && strcmp((const char *)node->ns->href, namespace) == 0;
}

static bool is_in_envelope_namespace(const xmlNode *node)
{
    return is_in(node, envelope_namespaces[0]) || is_in(node, envelope_namespaces[1]);
}

static xmlNodePtr first_element(xmlNodePtr node)
{
    while (node != NULL && node->type != XML_ELEMENT_NODE) {
        node = node->next;
    }
    return node;
}

static xmlNodePtr find_child(xmlNodePtr parent, const char *name)
{
    xmlNodePtr child = first_element(parent->children);
    while (child != NULL && !is_element(child, name)) {
        child = first_element(child->next);
    }
    return child;
}

/* Prefixes in values, as in type="tns:Account", need declarations that stand further out. */
static void declare_outer_prefixes(xmlNodePtr to, const xmlNode *from)
{
    for (const xmlNode *outer = from->parent; outer != NULL && outer->type == XML_ELEMENT_NODE;
         outer = outer->parent) {
        for (const xmlNs *declared = outer->nsDef; declared != NULL; declared = declared->next) {
            xmlNewNs(to, declared->href, declared->prefix); /* does nothing when it has it */
        }
    }
}

static void add_schema(struct schema_set *set, xmlNodePtr element)
{
    xmlDocPtr document = xmlNewDoc((const xmlChar *)"1.0");
    xmlNodePtr copy = xmlDocCopyNode(element, document, 1);
    xmlDocSetRootElement(document, copy);
    declare_outer_prefixes(copy, element);
    xmlChar *text = NULL;
    int length = 0;
    xmlDocDumpMemoryEnc(document, &text, &length, "UTF-8");
    xmlChar *target = xmlGetNoNsProp(element, (const xmlChar *)"targetNamespace");
    set->documents[set->count] = (struct xml_library_document){
        .name = arena_format(set->arena, "schema-%zu", set->count),
        .bytes = arena_copy_part(set->arena, (const char *)text, (size_t)length),
        .length = (size_t)length,
    };
    set->namespaces[set->count] = arena_copy_text(set->arena, (const char *)target);
    set->count++;
    xmlFree(target);
    xmlFree(text);
    xmlFreeDoc(document);
}

static bool collect_schemas(struct schema_set *set, const char *name, xmlDocPtr document,
                            struct error *error)
{
    xmlNodePtr root = xmlDocGetRootElement(document);
    xmlNodePtr types = is_element(root, "definitions") ? find_child(root, "types") : NULL;
    xmlNodePtr schema = types == NULL ? NULL : first_element(types->children);
    for (; schema != NULL && set->count < SCHEMA_LIMIT; schema = first_element(schema->next)) {
        if (is_element(schema, "schema") && is_in(schema, schema_namespace)) {
            add_schema(set, schema);
        }
    }
    if (set->count == 0 || schema != NULL) {
        return error_set(error, ERROR_XML_INVALID, NULL, "%s:1: not a WSDL with 1 to %d schemas",
                         name, SCHEMA_LIMIT);
    }
    return true;
}

/* A schema that has nothing of its own, and imports all the others. */
static bool join_schemas(const struct schema_set *set, const char *name,
                         struct xml_schema **schema_out, struct error *error)
{
    struct buffer text;
    struct xml_writer writer;
    buffer_init(&text, set->arena, 1024);
    xml_writer_init(&writer, &text);
    xml_writer_open(&writer, "schema");
    xml_writer_attribute(&writer, "xmlns", schema_namespace);
    for (size_t index = 0; index < set->count; index++) {
        xml_writer_open(&writer, "import");
        xml_writer_attribute(&writer, "namespace", set->namespaces[index]);
        xml_writer_attribute(&writer, "schemaLocation", set->documents[index].name);
        xml_writer_close(&writer);
    }
    xml_writer_close(&writer);
    xml_library_serve(set->documents, set->count);
    bool done = xml_schema_read_bytes(set->arena, name, text.bytes, text.length, schema_out, error);
    xml_library_serve(NULL, 0);
    return done;
}

/* Checks every element from the first on. */
static bool check_elements(const struct xml_schema *schema, const char *name, xmlNodePtr parent,
                           struct error *error)
{
    for (xmlNodePtr element = parent == NULL ? NULL : first_element(parent->children);
         element != NULL; element = first_element(element->next)) {
        if (!xml_library_check(schema, name, element, error)) {
            return false;
        }
    }
    return true;
}

/* detail of SOAP 1.1, Detail of 1.2 */
static xmlNodePtr find_detail(xmlNodePtr fault)
{
    xmlNodePtr detail = find_child(fault, "detail");
    return detail != NULL ? detail : find_child(fault, "Detail");
}

static bool check_envelope(const struct xml_schema *schema, const char *name, xmlDocPtr document,
                           struct error *error)
{
    xmlNodePtr root = xmlDocGetRootElement(document);
    xmlNodePtr body = find_child(root, "Body");
    if (!is_element(root, "Envelope") || !is_in_envelope_namespace(root) || body == NULL) {
        return error_set(error, ERROR_METADATA_INVALID, NULL, "%s:1: not a SOAP envelope", name);
    }
    xmlNodePtr content = first_element(body->children);
    if (content == NULL || first_element(content->next) != NULL) {
        return error_set(error, ERROR_METADATA_INVALID, NULL, "%s:%d: not one element in Body",
                         name, xml_library_line(body));
    }
    bool is_fault = is_element(content, "Fault") && is_in_envelope_namespace(content);
    return check_elements(schema, name, find_child(root, "Header"), error) &&
           check_elements(schema, name, is_fault ? find_detail(content) : body, error);
}

bool xml_schema_read_wsdl(struct arena *arena, const char *name, const char *bytes, size_t length,
                          struct xml_schema **schema_out, struct error *error)
{
    xmlDocPtr document = NULL;
    if (!xml_library_parse(name, bytes, length, &document, error)) {
        return false;
    }
    struct schema_set *set = arena_allocate(arena, sizeof(*set));
    set->arena = arena;
    bool done =
        collect_schemas(set, name, document, error) && join_schemas(set, name, schema_out, error);
    xmlFreeDoc(document);
    return done;
}

bool xml_validate(const struct xml_schema *schema, const char *name, const char *bytes,
                  size_t length, struct error *error)
{
    xmlDocPtr document = NULL;
    if (!xml_library_parse(name, bytes, length, &document, error)) {
        return false;
    }
    bool is_valid = xml_library_check(schema, name, xmlDocGetRootElement(document), error);
    xmlFreeDoc(document);
    return is_valid;
}

bool xml_validate_envelope(const struct xml_schema *schema, const char *name, const char *bytes,
                           size_t length, struct error *error)
{
    xmlDocPtr document = NULL;
    if (!xml_library_parse(name, bytes, length, &document, error)) {
        return false;
    }
    bool is_valid = check_envelope(schema, name, document, error);
    xmlFreeDoc(document);
    return is_valid;
}
