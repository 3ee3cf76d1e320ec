/*
 * library.c - libxml2 with everything switched off that a document could reach out with.
 */
#include "xml/library.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#include <libxml/parser.h>

#include "base/expect.h"

/* Nothing is ever loaded by a name that a document gives. */
static xmlParserInputPtr refuse_to_load(const char *url, const char *id, xmlParserCtxtPtr context)
{
    (void)url;
    (void)id;
    (void)context;
    return NULL;
}

static void prepare_library(void)
{
    xmlInitParser();
    xmlSetExternalEntityLoader(refuse_to_load);
}

void xml_library_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare_library);
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
        add_problem(context, problem->line, problem->message == NULL ? "" : problem->message);
    }
}

static void add_parse_problem(void *context, xmlErrorPtr problem)
{
    xmlParserCtxtPtr parser = context;
    xml_problems_add(parser->_private, problem);
}

/* Called at <!DOCTYPE, before anything of it has been read. */
static void refuse_document_type(void *context, const xmlChar *name, const xmlChar *external_id,
                                 const xmlChar *system_id)
{
    (void)name;
    (void)external_id;
    (void)system_id;
    xmlParserCtxtPtr parser = context;
    add_problem(parser->_private, parser->input->line, "A document type declaration is refused.");
    xmlStopParser(parser);
}

bool xml_library_parse(const char *name, const char *bytes, size_t length, xmlDocPtr *document_out,
                       struct error *error)
{
    xml_library_begin();
    struct xml_problems problems = {.name = name, .code = ERROR_XML_INVALID, .error = error};
    if (length > INT_MAX) {
        add_problem(&problems, 1, "The document is too long.");
        return false;
    }
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    expect(parser != NULL);
    parser->_private = &problems;
    parser->sax->serror = add_parse_problem;
    parser->sax->internalSubset = refuse_document_type;
    xmlDocPtr document =
        xmlCtxtReadMemory(parser, bytes, (int)length, NULL, NULL,
                          XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES);
    xmlFreeParserCtxt(parser);
    if (document == NULL && problems.count == 0) {
        add_problem(&problems, 1, "The document is empty.");
    }
    if (problems.count > 0) {
        xmlFreeDoc(document);
        return false;
    }
    *document_out = document;
    return true;
}
