/*
 * library.c - libxml2 with everything switched off that a document could reach out with.
 */
#include "xml/library.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>

#include "base/expect.h"

struct served {
    const struct xml_library_document *documents;
    size_t count;
};

/* libxml2 calls the loader without a pointer of ours, hence one for each thread; it is set only
 * while xml_schema_read_wsdl reads the schemas that are in its hands. */
static _Thread_local struct served served;

static xmlParserInputPtr open_served(const struct xml_library_document *document,
                                     xmlParserCtxtPtr context)
{
    xmlParserInputBufferPtr bytes = xmlParserInputBufferCreateMem(
        document->bytes, (int)document->length, XML_CHAR_ENCODING_NONE);
    xmlParserInputPtr input = xmlNewIOInputStream(context, bytes, XML_CHAR_ENCODING_NONE);
    if (input != NULL) {
        input->filename = (const char *)xmlStrdup((const xmlChar *)document->name);
    }
    return input;
}

/* Nothing is ever loaded by a name that a document gives, save what was put at hand. */
static xmlParserInputPtr load_served(const char *url, const char *id, xmlParserCtxtPtr context)
{
    (void)id;
    for (size_t index = 0; url != NULL && index < served.count; index++) {
        if (strcmp(served.documents[index].name, url) == 0) {
            return open_served(&served.documents[index], context);
        }
    }
    return NULL;
}

/* What libxml2 would print, beside the errors that it reports to us. */
static void print_nothing(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static void prepare_library(void)
{
    xmlInitParser();
    xmlSetGenericErrorFunc(NULL, print_nothing);
    xmlThrDefSetGenericErrorFunc(NULL, print_nothing);
    xmlSetExternalEntityLoader(load_served);
}

void xml_library_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare_library);
}

void xml_library_serve(const struct xml_library_document *documents, size_t count)
{
    served = (struct served){.documents = documents, .count = count};
}

static void add_problem(struct xml_problems *problems, int line, const char *sentence)
{
    size_t length = strcspn(sentence, "\n");
    int shown = length > INT_MAX ? INT_MAX : (int)length;
    if (problems->count == 0) {
        error_set(problems->error, problems->code, NULL, "%s:%d: %.*s", problems->name, line, shown,
                  sentence);
    } else {
        error_add_cause(problems->error, "%s:%d: %.*s", problems->name, line, shown, sentence);
    }
    problems->count++;
}

void xml_problems_add(void *context, xmlErrorPtr problem)
{
    if (problem->level > XML_ERR_WARNING) {
        const xmlNode *node = problem->node;
        bool is_of_schema =
            problem->domain == XML_FROM_SCHEMASV || problem->domain == XML_FROM_SCHEMASP;
        int line = is_of_schema && node != NULL ? xml_library_line(node) : problem->line;
        add_problem(context, line > 0 ? line : 1, problem->message == NULL ? "" : problem->message);
    }
}

static void add_parse_problem(void *context, xmlErrorPtr problem)
{
    xmlParserCtxtPtr parser = context;
    xml_problems_add(parser->_private, problem);
}

/* The line where the start tag begins that the parser has just read to its end. No value within
 * the tag can hold a <, so that it is the last one. */
static int line_of_tag(const xmlParserInput *input)
{
    int line = input->line;
    for (const xmlChar *at = input->cur; at > input->base && *at != '<';) {
        at--;
        line -= *at == '\n' ? 1 : 0;
    }
    return line;
}

/* Keeps the line of every element, since libxml2 has 16 bits for it. */
static void start_element(void *context, const xmlChar *name, const xmlChar *prefix,
                          const xmlChar *namespace, int namespace_count, const xmlChar **namespaces,
                          int attribute_count, int default_count, const xmlChar **attributes)
{
    xmlParserCtxtPtr parser = context;
    xmlSAX2StartElementNs(context, name, prefix, namespace, namespace_count, namespaces,
                          attribute_count, default_count, attributes);
    if (parser->node != NULL) {
        parser->node->_private = (void *)(intptr_t)line_of_tag(parser->input);
    }
}

/* Called at <!DOCTYPE, before anything of it has been read. */
static void refuse_document_type(void *context, const xmlChar *name, const xmlChar *external_id,
                                 const xmlChar *system_id)
{
    (void)name;
    (void)external_id;
    (void)system_id;
    xmlParserCtxtPtr parser = context;
    add_problem(parser->_private, parser->input->line, "A document type declaration is refused");
    xmlStopParser(parser);
}

int xml_library_line(const xmlNode *node)
{
    if (node->type == XML_ATTRIBUTE_NODE) {
        node = node->parent;
    }
    bool has_line = node != NULL && node->type == XML_ELEMENT_NODE && node->_private != NULL;
    return has_line ? (int)(intptr_t)node->_private : 1;
}

bool xml_library_parse(const char *name, const char *bytes, size_t length, xmlDocPtr *document_out,
                       struct error *error)
{
    xml_library_begin();
    struct xml_problems problems = {.name = name, .code = ERROR_XML_INVALID, .error = error};
    if (length > INT_MAX) {
        add_problem(&problems, 1, "The document is too long");
        return false;
    }
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    expect(parser != NULL);
    parser->_private = &problems;
    parser->sax->serror = add_parse_problem;
    parser->sax->startElementNs = start_element;
    parser->sax->internalSubset = refuse_document_type;
    xmlDocPtr document = xmlCtxtReadMemory(parser, bytes, (int)length, NULL, "UTF-8",
                                           XML_PARSE_NONET | XML_PARSE_NOCDATA);
    xmlFreeParserCtxt(parser);
    if (document == NULL && problems.count == 0) {
        add_problem(&problems, 1, "The document is empty");
    }
    if (problems.count > 0) {
        xmlFreeDoc(document);
        return false;
    }
    *document_out = document;
    return true;
}
