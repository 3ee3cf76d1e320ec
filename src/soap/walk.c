/*
 * walk.c - gSOAP, fed from memory and led along the scanner's outline.
 */
#include "soap/walk.h"

#include <stdsoap2.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "soap/body.h"
#include "soap/limits.h"
#include "soap/names.h"
#include "soap/scan.h"
#include "soap/unescape.h"

struct parser {
    struct soap soap;
};

struct walk {
    struct arena *arena;
    struct soap *soap;
    const struct scan *scan;
    size_t buffer_start; /* offset of gSOAP's buffer in the message */
    size_t fed;          /* bytes of the message that gSOAP has been given */
    size_t index;        /* of the element gone to, and, once it is read, of the next */
    bool is_at_element;  /* an element has been gone to and not read yet */
    size_t text_length;  /* bytes of the texts that were read */
    size_t depth;
    struct {
        uint32_t index;
        bool is_empty; /* <x/>: gSOAP sees no end tag */
    } open[LIMIT_DEPTH_MOST];
};

/* gSOAP wants a table of this name whose first two rows are envelope and encoding. Nobody sends
 * these: it then takes no message for SOAP, and does nothing on its own account. */
SOAP_NMAC struct Namespace namespaces[] = {
    {"SOAP-ENV", "urn:svyaz:none:envelope", NULL, NULL},
    {"SOAP-ENC", "urn:svyaz:none:encoding", NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

static size_t receive(struct soap *soap, char *bytes, size_t capacity)
{
    struct walk *walk = soap->user;
    const struct scan *scan = walk->scan;
    size_t begun = scan->body->length;
    bool is_tail = walk->fed >= begun;
    const char *from = is_tail ? scan->tail + (walk->fed - begun) : scan->body->bytes + walk->fed;
    size_t left = (is_tail ? begun + scan->tail_length : begun) - walk->fed;
    size_t length = left < capacity ? left : capacity;

    memcpy(bytes, from, length);
    walk->buffer_start = walk->fed;
    walk->fed += length;
    return length;
}

static int close_nothing(struct soap *soap)
{
    (void)soap;
    return SOAP_OK;
}

struct parser *parser_create(void)
{
    struct parser *parser = NULL;
    struct arena *arena = arena_create();

    /* The context is large; an arena of its own keeps to the rule that nothing else allocates. */
    parser = arena_allocate(arena, sizeof(*parser));
    soap_init2(&parser->soap, SOAP_C_UTFSTRING | SOAP_XML_STRICT | SOAP_XML_TREE, SOAP_IO_DEFAULT);
    parser->soap.cors_allow = NULL;
    parser->soap.frecv = receive;
    parser->soap.fclose = close_nothing;
    parser->soap.maxlevel = LIMIT_DEPTH_MOST + 1;
    parser->soap.data[0] = arena;
    return parser;
}

void parser_destroy(struct parser **parser)
{
    struct arena *arena = NULL;

    if (*parser == NULL) {
        return;
    }
    arena = (*parser)->soap.data[0];
    soap_destroy(&(*parser)->soap);
    soap_end(&(*parser)->soap);
    soap_done(&(*parser)->soap);
    *parser = NULL;
    arena_destroy(&arena);
}

static bool refuse(struct walk *walk, struct error *error)
{
    error_set(error, ERROR_XML_INVALID, NULL, "The message cannot be read as XML");
    return error_add_cause(error, "gSOAP error %d", walk->soap->error);
}

void walk_end(struct walk **walk)
{
    if (*walk != NULL) {
        /* No soap_end: it would sweep the tables that the next message sweeps when it begins. */
        soap_dealloc((*walk)->soap, NULL);
        (*walk)->soap->user = NULL;
        *walk = NULL;
    }
}

bool walk_begin(struct arena *arena, struct parser *parser, const struct scan *scan,
                struct walk **walk_out, struct error *error)
{
    struct walk *walk = arena_allocate(arena, sizeof(*walk));

    *walk = (struct walk){.arena = arena, .soap = &parser->soap, .scan = scan};
    parser->soap.user = walk;
    if (soap_begin_recv(walk->soap) != SOAP_OK) {
        refuse(walk, error);
        walk_end(&walk);
        return false;
    }
    *walk_out = walk;
    return true;
}

static const struct scan_element *outline(const struct walk *walk)
{
    return &walk->scan->elements[walk->index];
}

/* The namespace bound to a prefix of prefix_length bytes; NULL when there is none. */
static const char *find_namespace(const struct soap *soap, const char *prefix, size_t prefix_length)
{
    for (const struct soap_nlist *bound = soap->nlist; bound != NULL; bound = bound->next) {
        if (strncmp(bound->id, prefix, prefix_length) == 0 && bound->id[prefix_length] == '\0') {
            return bound->index >= 0 ? soap->local_namespaces[bound->index].ns : bound->ns;
        }
    }
    return NULL;
}

/* Splits a name of gSOAP's; false when its prefix is not bound. */
static bool resolve(const struct soap *soap, const char *name, bool is_attribute,
                    const char **namespace_out, const char **local_out)
{
    const char *colon = strchr(name, ':');
    const char *namespace = NULL;

    *local_out = colon == NULL ? name : colon + 1;
    if (colon == NULL && is_attribute) {
        *namespace_out = "";
        return true;
    }
    namespace = find_namespace(soap, name, colon == NULL ? 0 : (size_t)(colon - name));
    *namespace_out = namespace == NULL ? "" : namespace;
    return namespace != NULL || colon == NULL || strncmp(name, "xml:", 4) == 0;
}

const char *walk_attribute(struct walk *walk, const char *namespace, const char *name)
{
    const struct soap_attribute *attribute = walk->soap->attributes;

    for (; attribute != NULL; attribute = attribute->next) {
        const char *found = NULL;
        const char *local = NULL;
        if (attribute->visible && attribute->value != NULL &&
            resolve(walk->soap, attribute->name, true, &found, &local) &&
            strcmp(local, name) == 0 && strcmp(found, namespace) == 0) {
            return attribute->value;
        }
    }
    return NULL;
}

bool walk_type(struct walk *walk, const char **namespace_out, const char **name_out,
               struct error *error)
{
    const char *type = walk_attribute(walk, NAMESPACE_INSTANCE, "type");

    *name_out = NULL;
    if (type == NULL) {
        return true;
    }
    if (!resolve(walk->soap, type, false, namespace_out, name_out)) {
        return error_set(error, ERROR_XML_INVALID, NULL, "The prefix of xsi:type is not declared");
    }
    return true;
}

/* xsi:nil, a boolean. */
static bool read_nil(struct walk *walk, bool *is_nil_out, struct error *error)
{
    const char *text = walk_attribute(walk, NAMESPACE_INSTANCE, "nil");

    if (text == NULL || strcmp(text, "false") == 0 || strcmp(text, "0") == 0) {
        return true;
    }
    *is_nil_out = true;
    if (strcmp(text, "true") == 0 || strcmp(text, "1") == 0) {
        return true;
    }
    return error_set(error, ERROR_VALUE_INVALID, "nil", "xsi:nil is neither true nor false");
}

/* Whether gSOAP has read the very element that the scanner found here. */
static bool agrees(const struct walk *walk)
{
    const struct scan_element *element = outline(walk);
    const char *tag = walk->soap->tag;

    return walk->index < walk->scan->element_count && strlen(tag) == element->name_length &&
           memcmp(tag, walk->scan->body->bytes + element->name, element->name_length) == 0;
}

bool walk_next(struct walk *walk, struct element *element_out, struct error *error)
{
    struct soap *soap = walk->soap;

    *element_out = (struct element){0};
    expect(!walk->is_at_element);
    if (walk->depth > 0 && walk->open[walk->depth - 1].is_empty) {
        return true;
    }
    if (soap_peek_element(soap) != SOAP_OK) {
        if (soap->error != SOAP_NO_TAG || walk->depth == 0) {
            return refuse(walk, error);
        }
        soap->error = SOAP_OK;
        return true;
    }
    if (!agrees(walk) ||
        !resolve(soap, soap->tag, false, &element_out->namespace, &element_out->name)) {
        return refuse(walk, error);
    }
    walk->is_at_element = true;
    element_out->is_leaf = !outline(walk)->has_children;
    return soap->attributes == NULL || read_nil(walk, &element_out->is_nil, error);
}

/* Opens the element gone to, whatever it holds. */
static bool open_element(struct walk *walk, struct error *error)
{
    struct soap *soap = walk->soap;

    expect(walk->is_at_element && walk->depth < LIMIT_DEPTH_MOST);
    if (soap_element_begin_in(soap, NULL, 1, NULL) != SOAP_OK) {
        return refuse(walk, error);
    }
    walk->open[walk->depth].index = (uint32_t)walk->index;
    walk->open[walk->depth].is_empty = !soap->body;
    walk->depth++;
    walk->index++;
    walk->is_at_element = false;
    return true;
}

bool walk_leave(struct walk *walk, struct error *error)
{
    expect(walk->depth > 0 && !walk->is_at_element);
    walk->depth--;
    if (!walk->open[walk->depth].is_empty && soap_element_end_in(walk->soap, NULL) != SOAP_OK) {
        return refuse(walk, error);
    }
    return true;
}

bool walk_enter(struct walk *walk, struct error *error)
{
    if (outline(walk)->has_text) {
        return error_set(error, ERROR_VALUE_INVALID,
                         strrchr(walk->soap->tag, ':') == NULL ? walk->soap->tag
                                                               : strrchr(walk->soap->tag, ':') + 1,
                         "Text stands where only elements may");
    }
    return open_element(walk, error);
}

/* Lets gSOAP go on at an offset of the message. Only right after a start tag, where it holds
 * no character back. */
static void move(struct walk *walk, size_t offset)
{
    struct soap *soap = walk->soap;

    expect(soap->ahead == 0 && !soap->peeked);
    if (offset <= walk->buffer_start + soap->buflen) {
        soap->bufidx = offset - walk->buffer_start;
    } else {
        soap->bufidx = soap->buflen = 0;
        walk->fed = offset;
    }
}

bool walk_skip(struct walk *walk, struct error *error)
{
    const struct scan_element *element = outline(walk);

    if (!open_element(walk, error)) {
        return false;
    }
    if (!walk->open[walk->depth - 1].is_empty) {
        move(walk, element->content_end);
    }
    walk->index = element->next;
    return walk_leave(walk, error);
}

/* Opens and closes the element gone to, whose content is not for gSOAP. */
static bool pass(struct walk *walk, struct error *error)
{
    if (outline(walk)->has_children) {
        const char *colon = strchr(walk->soap->tag, ':');
        return error_set(error, ERROR_VALUE_INVALID, colon == NULL ? walk->soap->tag : colon + 1,
                         "Elements stand where only text may");
    }
    return walk_skip(walk, error);
}

bool walk_text(struct walk *walk, const char **text_out, struct error *error)
{
    const struct scan_element *element = outline(walk);
    const char *bytes = walk->scan->body->bytes + element->content;
    size_t length = element->content_end - element->content;

    if (!pass(walk, error)) {
        return false;
    }
    walk->text_length += length;
    if (walk->text_length > walk->scan->text_most) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "body",
                         "The texts of the message go beyond limits.body, which is %zu",
                         walk->scan->text_most);
    }
    *text_out = unescape(walk->arena, bytes, length);
    return true;
}

bool walk_raw(struct walk *walk, struct body *raw_out, struct error *error)
{
    const struct body *body = walk->scan->body;
    const struct scan_element *element = outline(walk);

    *raw_out = (struct body){0};
    if (!element->is_plain) {
        return true;
    }
    if (!pass(walk, error)) {
        return false;
    }
    *raw_out = (struct body){.bytes = body->bytes + element->content,
                             .length = element->content_end - element->content,
                             .is_mapped = body->is_mapped};
    return true;
}
