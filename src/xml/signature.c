/*
 * signature.c - XML signatures by libxmlsec1, after the form of everything has been checked.
 */
#include "xml/signature.h"

#include <libxml/tree.h>
#include <libxml/valid.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include <xmlsec/buffer.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/map.h"
#include "xml/library.h"

#define DSIG "{http://www.w3.org/2000/09/xmldsig#}"
#define EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define ENCRYPTION "http://www.w3.org/2001/04/xmlenc#"

static const char *const canonicalisations[] = {EXCLUSIVE, NULL};
static const char *const signatures[] = {MORE "rsa-sha256",
                                         MORE "rsa-sha384",
                                         MORE "rsa-sha512",
                                         MORE "ecdsa-sha256",
                                         MORE "ecdsa-sha384",
                                         MORE "ecdsa-sha512",
                                         NULL};
static const char *const digests[] = {ENCRYPTION "sha256", MORE "sha384", ENCRYPTION "sha512",
                                      NULL};

/* The signature being looked at, between find and verify. */
struct found {
    struct arena *arena;
    xmlDocPtr document;
    xmlNodePtr signature;
    xmlNodePtr token;
    const char *token_id;
    struct map *ids;      /* element by the value of its Id */
    struct array targets; /* xmlNodePtr, in the order of the references */
};

/* ---- the library ---- */

static void say_nothing(const char *file, int line, const char *function, const char *object,
                        const char *subject, int reason, const char *message)
{
    (void)file;
    (void)line;
    (void)function;
    (void)object;
    (void)subject;
    (void)reason;
    (void)message;
}

static void prepare_library(void)
{
    expect(xmlSecInit() == 0);
    expect(xmlSecCryptoAppInit(NULL) == 0);
    expect(xmlSecCryptoInit() == 0);
    xmlSecErrorsSetCallback(say_nothing);
    xmlSecIOCleanupCallbacks(); /* nothing is ever loaded by a URL */
}

static void begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    xml_library_begin();
    pthread_once(&once, prepare_library);
}

static bool refuse(struct error *error, const char *sentence)
{
    return error_set(error, ERROR_CREDENTIALS_INVALID, "Security", "%s", sentence);
}

static void release(void *object)
{
    struct found *found = object;

    xmlFreeDoc(found->document);
}

/* ---- names ---- */

static bool is_named(const xmlNode *node, const char *name)
{
    const char *namespace = node->ns == NULL ? "" : (const char *)node->ns->href;
    size_t length = strlen(namespace);

    return node->type == XML_ELEMENT_NODE && name[0] == '{' &&
           strncmp(name + 1, namespace, length) == 0 && name[length + 1] == '}' &&
           strcmp(name + length + 2, (const char *)node->name) == 0;
}

static const char *path_of(struct arena *arena, const xmlNode *node)
{
    const char *path = "";

    for (; node != NULL && node->type == XML_ELEMENT_NODE; node = node->parent) {
        path =
            arena_format(arena, "{%s}%s%s%s", node->ns == NULL ? "" : (const char *)node->ns->href,
                         (const char *)node->name, *path == '\0' ? "" : "/", path);
    }
    return path;
}

/* The next element in the order of the document. */
static xmlNodePtr next_in_document(xmlNodePtr node)
{
    if (node->children != NULL) {
        return node->children;
    }
    while (node != NULL && node->next == NULL) {
        node = node->parent;
        if (node != NULL && node->type == XML_DOCUMENT_NODE) {
            return NULL;
        }
    }
    return node == NULL ? NULL : node->next;
}

static xmlNodePtr next_element(xmlNodePtr node)
{
    while (node != NULL && node->type != XML_ELEMENT_NODE) {
        node = node->next;
    }
    return node;
}

static xmlNodePtr first_child(const xmlNode *node)
{
    return next_element(node->children);
}

static const char *attribute_of(const struct found *found, const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    const char *copy = value == NULL ? NULL : arena_copy_text(found->arena, (const char *)value);

    xmlFree(value);
    return copy;
}

static const char *text_of(const struct found *found, const xmlNode *node)
{
    xmlChar *value = xmlNodeGetContent(node);
    const char *copy = arena_copy_text(found->arena, value == NULL ? "" : (const char *)value);

    xmlFree(value);
    return copy;
}

/* ---- the document ---- */

/* Every attribute that anybody might take for an id counts, and none may be there twice. */
static bool note_ids(struct found *found, xmlNodePtr node, const char *id_namespace,
                     struct map *values, struct error *error)
{
    for (xmlAttrPtr at = node->properties; at != NULL; at = at->next) {
        if (strcasecmp((const char *)at->name, "id") != 0) {
            continue;
        }
        xmlChar *value = xmlNodeGetContent((const xmlNode *)at);
        const char *id = arena_copy_text(found->arena, (const char *)value);
        xmlFree(value);
        if (map_get(values, id) != NULL) {
            return refuse(error, "An Id is there twice");
        }
        map_set(values, id, node);
        if (at->ns != NULL && strcmp((const char *)at->ns->href, id_namespace) == 0) {
            map_set(found->ids, id, node);
            xmlAddID(NULL, found->document, (const xmlChar *)id, at);
        }
    }
    return true;
}

static bool look_through(struct found *found, const struct xml_signature_frame *frame,
                         struct error *error)
{
    struct map *values = map_create(found->arena);
    struct map *seen = map_create(found->arena);

    for (xmlNodePtr node = xmlDocGetRootElement(found->document); node != NULL;
         node = next_in_document(node)) {
        if (node->type != XML_ELEMENT_NODE) {
            continue;
        }
        if (!note_ids(found, node, frame->id_namespace, values, error)) {
            return false;
        }
        for (size_t i = 0; frame->unique[i] != NULL; i++) {
            if (!is_named(node, frame->unique[i])) {
                continue;
            }
            if (map_get(seen, frame->unique[i]) != NULL) {
                return refuse(error, "An element of a signed message is there twice");
            }
            map_set(seen, frame->unique[i], node);
            const char *path = path_of(found->arena, node);
            found->signature = strcmp(path, frame->signature_path) == 0 ? node : found->signature;
            found->token = strcmp(path, frame->token_path) == 0 ? node : found->token;
        }
    }
    return (found->signature != NULL && found->token != NULL) ||
           refuse(error, "The Signature or its certificate is not where it belongs");
}

/* ---- the form of a signature ---- */

static bool is_among(const char *const *list, const char *value)
{
    for (; value != NULL && *list != NULL; list++) {
        if (strcmp(*list, value) == 0) {
            return true;
        }
    }
    return false;
}

/* An element with an Algorithm of the list. Within it nothing, or, where prefixes may be named,
 * one InclusiveNamespaces. */
static bool is_algorithm(const struct found *found, const xmlNode *node, const char *name,
                         const char *const *list, bool may_name_prefixes)
{
    if (node == NULL || !is_named(node, name) ||
        !is_among(list, attribute_of(found, node, "Algorithm"))) {
        return false;
    }
    xmlNodePtr child = first_child(node);
    return child == NULL ||
           (may_name_prefixes && is_named(child, "{" EXCLUSIVE "}InclusiveNamespaces") &&
            next_element(child->next) == NULL && first_child(child) == NULL);
}

/* The element that a URI within the document names, by the Id of the frame's namespace. */
static xmlNodePtr target_of(const struct found *found, const char *uri)
{
    return uri == NULL || uri[0] != '#' ? NULL : map_get(found->ids, uri + 1);
}

static bool check_reference(struct found *found, const xmlNode *reference, struct error *error)
{
    xmlNodePtr transforms = first_child(reference);
    xmlNodePtr transform = transforms == NULL ? NULL : first_child(transforms);
    xmlNodePtr digest = transforms == NULL ? NULL : next_element(transforms->next);
    xmlNodePtr value = digest == NULL ? NULL : next_element(digest->next);
    xmlNodePtr target = target_of(found, attribute_of(found, reference, "URI"));

    if (target == NULL) {
        return refuse(error, "A Reference of the Signature names no element of the message");
    }
    if (!is_named(transforms, DSIG "Transforms") ||
        !is_algorithm(found, transform, DSIG "Transform", canonicalisations, true) ||
        next_element(transform->next) != NULL) {
        return refuse(error, "The one Transform of a Reference is exclusive C14N");
    }
    if (!is_algorithm(found, digest, DSIG "DigestMethod", digests, false) || value == NULL ||
        !is_named(value, DSIG "DigestValue") || next_element(value->next) != NULL) {
        return refuse(error, "The DigestMethod of a Reference is SHA-256, SHA-384 or SHA-512");
    }
    for (size_t i = 0; i < found->targets.count; i++) {
        if (found->targets.items[i] == target) {
            return refuse(error, "Two References of the Signature name the same element");
        }
    }
    array_add(&found->targets, target);
    return found->targets.count <= XML_SIGNATURE_PARTS ||
           refuse(error, "The Signature has too many References");
}

static bool check_signed_info(struct found *found, const xmlNode *info, struct error *error)
{
    xmlNodePtr method = first_child(info);
    xmlNodePtr algorithm = method == NULL ? NULL : next_element(method->next);

    if (!is_algorithm(found, method, DSIG "CanonicalizationMethod", canonicalisations, true)) {
        return refuse(error, "The CanonicalizationMethod is exclusive C14N");
    }
    if (!is_algorithm(found, algorithm, DSIG "SignatureMethod", signatures, false)) {
        return refuse(error, "The SignatureMethod is RSA or ECDSA with SHA-256 or better");
    }
    for (xmlNodePtr node = next_element(algorithm->next); node != NULL;
         node = next_element(node->next)) {
        if (!is_named(node, DSIG "Reference")) {
            return refuse(error, "The SignedInfo holds what is not understood");
        }
        if (!check_reference(found, node, error)) {
            return false;
        }
    }
    return true;
}

/* KeyInfo, one SecurityTokenReference, one Reference: to the token. */
static bool check_key_info(const struct found *found, const xmlNode *info, const char *reference,
                           struct error *error)
{
    xmlNodePtr wrapper = first_child(info);
    xmlNodePtr pointer = wrapper == NULL ? NULL : first_child(wrapper);

    if (pointer == NULL || next_element(wrapper->next) != NULL ||
        next_element(pointer->next) != NULL || !is_named(pointer, reference) ||
        first_child(pointer) != NULL ||
        target_of(found, attribute_of(found, pointer, "URI")) != found->token) {
        return refuse(error, "The KeyInfo names the BinarySecurityToken, and nothing else");
    }
    return true;
}

static bool check_signature(struct found *found, const struct xml_signature_frame *frame,
                            struct error *error)
{
    xmlNodePtr info = first_child(found->signature);
    xmlNodePtr value = info == NULL ? NULL : next_element(info->next);
    xmlNodePtr key = value == NULL ? NULL : next_element(value->next);

    if (key == NULL || next_element(key->next) != NULL || !is_named(info, DSIG "SignedInfo") ||
        !is_named(value, DSIG "SignatureValue") || !is_named(key, DSIG "KeyInfo")) {
        return refuse(error, "A Signature holds SignedInfo, SignatureValue and KeyInfo");
    }
    return check_signed_info(found, info, error) &&
           check_key_info(found, key, frame->reference, error);
}

bool xml_signature_find(struct arena *arena, const char *bytes, size_t length,
                        const struct xml_signature_frame *frame,
                        struct xml_signature *signature_out, struct error *error)
{
    struct found *found = arena_allocate(arena, sizeof(*found));

    begin();
    if (!xml_library_parse("message", bytes, length, &found->document, error)) {
        return false;
    }
    arena_on_release(arena, release, found);
    found->arena = arena;
    found->ids = map_create(arena);
    array_init(&found->targets, arena);
    if (!look_through(found, frame, error) || !check_signature(found, frame, error)) {
        return false;
    }
    *signature_out =
        (struct xml_signature){.token = text_of(found, found->token), .document = found};
    return true;
}

/* ---- verifying ---- */

static xmlSecDSigCtxPtr make_context(const void *certificate, size_t length)
{
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);

    expect(context != NULL);
    const xmlSecTransformId of_references[] = {xmlSecTransformExclC14NId, xmlSecTransformSha256Id,
                                               xmlSecTransformSha384Id, xmlSecTransformSha512Id};
    const xmlSecTransformId of_signatures[] = {
        xmlSecTransformExclC14NId,    xmlSecTransformRsaSha256Id,   xmlSecTransformRsaSha384Id,
        xmlSecTransformRsaSha512Id,   xmlSecTransformEcdsaSha256Id, xmlSecTransformEcdsaSha384Id,
        xmlSecTransformEcdsaSha512Id,
    };
    for (size_t i = 0; i < sizeof(of_references) / sizeof(of_references[0]); i++) {
        expect(xmlSecDSigCtxEnableReferenceTransform(context, of_references[i]) == 0);
    }
    for (size_t i = 0; i < sizeof(of_signatures) / sizeof(of_signatures[0]); i++) {
        expect(xmlSecDSigCtxEnableSignatureTransform(context, of_signatures[i]) == 0);
    }
    context->flags = XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES |
                     XMLSEC_DSIG_FLAGS_STORE_SIGNATURE | XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS |
                     XMLSEC_DSIG_FLAGS_USE_VISA3D_HACK;
    context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
    context->signKey = xmlSecCryptoAppKeyLoadMemory(certificate, (xmlSecSize)length,
                                                    xmlSecKeyDataFormatCertDer, NULL, NULL, NULL);
    return context;
}

static const char *copy_buffer(struct arena *arena, xmlSecBufferPtr buffer, size_t *length_out)
{
    *length_out = buffer == NULL ? 0 : xmlSecBufferGetSize(buffer);
    return *length_out == 0
               ? ""
               : arena_copy_part(arena, (const char *)xmlSecBufferGetData(buffer), *length_out);
}

/* What was digested, in the order of the references, which is that of the targets. */
static bool copy_parts(struct arena *arena, const struct found *found, xmlSecDSigCtxPtr context,
                       struct xml_signature *signature)
{
    size_t count = (size_t)xmlSecPtrListGetSize(&context->signedInfoReferences);

    if (count != found->targets.count || count == 0) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        xmlSecDSigReferenceCtxPtr reference =
            xmlSecPtrListGetItem(&context->signedInfoReferences, (xmlSecSize)i);
        struct xml_signature_part *part = &signature->parts[i];
        if (reference == NULL || reference->status != xmlSecDSigStatusSucceeded) {
            return false;
        }
        part->path = path_of(arena, found->targets.items[i]);
        part->bytes =
            copy_buffer(arena, xmlSecDSigReferenceCtxGetPreDigestBuffer(reference), &part->length);
    }
    signature->part_count = count;
    signature->statement =
        copy_buffer(arena, xmlSecDSigCtxGetPreSignBuffer(context), &signature->statement_length);
    return signature->statement_length > 0;
}

bool xml_signature_verify(struct arena *arena, struct xml_signature *signature,
                          const void *certificate, size_t certificate_length, struct error *error)
{
    const struct found *found = signature->document;
    xmlSecDSigCtxPtr context = make_context(certificate, certificate_length);
    bool is_right = context->signKey != NULL &&
                    xmlSecDSigCtxVerify(context, found->signature) == 0 &&
                    context->status == xmlSecDSigStatusSucceeded &&
                    copy_parts(arena, found, context, signature);

    xmlSecDSigCtxDestroy(context);
    return is_right || refuse(error, "The Signature is wrong, or the message was changed");
}
