/*
 * schema.c - an XML Schema, read once and then asked of many documents.
 */
#include "xml/schema.h"

#include <libxml/xmlschemas.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/file.h"
#include "xml/document.h"
#include "xml/library.h"

struct xml_schema {
    xmlSchemaPtr schema;
    xmlDocPtr document; /* the schema points into it */
};

static void release_schema(void *object)
{
    struct xml_schema *schema = object;
    xmlSchemaFree(schema->schema);
    xmlFreeDoc(schema->document);
}

bool xml_schema_read_bytes(struct arena *arena, const char *name, const char *bytes, size_t length,
                           struct xml_schema **schema_out, struct error *error)
{
    xmlDocPtr document = NULL;
    if (!xml_library_parse(name, bytes, length, &document, error)) {
        return false;
    }
    struct xml_problems problems = {.name = name, .code = ERROR_XML_INVALID, .error = error};
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewDocParserCtxt(document);
    expect(parser != NULL);
    xmlSchemaSetParserStructuredErrors(parser, xml_problems_add, &problems);
    struct xml_schema *schema = arena_allocate(arena, sizeof(*schema));
    schema->schema = xmlSchemaParse(parser);
    schema->document = document;
    xmlSchemaFreeParserCtxt(parser);
    if (schema->schema == NULL || problems.count > 0) {
        release_schema(schema);
        return problems.count > 0
                   ? false
                   : error_set(error, ERROR_XML_INVALID, NULL, "%s:1: not a schema", name);
    }
    arena_on_release(arena, release_schema, schema);
    *schema_out = schema;
    return true;
}

bool xml_schema_read_file(struct arena *arena, const char *path, struct xml_schema **schema_out,
                          struct error *error)
{
    char *bytes = NULL;
    size_t length = 0;
    return file_read(arena, path, XML_FILE_LIMIT, &bytes, &length, error) &&
           xml_schema_read_bytes(arena, path, bytes, length, schema_out, error);
}

bool xml_library_check(const struct xml_schema *schema, const char *name, xmlNodePtr element,
                       struct error *error)
{
    struct xml_problems problems = {.name = name, .code = ERROR_METADATA_INVALID, .error = error};
    xmlSchemaValidCtxtPtr validation = xmlSchemaNewValidCtxt(schema->schema);
    expect(validation != NULL);
    xmlSchemaSetValidStructuredErrors(validation, xml_problems_add, &problems);
    int answer = xmlSchemaValidateOneElement(validation, element);
    xmlSchemaFreeValidCtxt(validation);
    if (answer != 0 && problems.count == 0) {
        return error_set(error, ERROR_METADATA_INVALID, NULL, "%s:%d: not valid", name,
                         xml_library_line(element));
    }
    return answer == 0;
}
