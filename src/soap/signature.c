/*
 * signature.c - what of a message must be signed, and the message written anew from it.
 */
#include "soap/signature.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "crypto/base64.h"
#include "crypto/certificate.h"
#include "soap/body.h"
#include "soap/decode.h"
#include "soap/names.h"
#include "xml/signature.h"

#define SECURITY "{" NAMESPACE_SECURITY "}Security"
#define TIMESTAMP "{" NAMESPACE_UTILITY "}Timestamp"
#define TOKEN "{" NAMESPACE_SECURITY "}BinarySecurityToken"
#define SIGNATURE "{" NAMESPACE_SIGNATURE "}Signature"

/* Where things are in a message of one version. */
struct layout {
    const char *namespace;
    const char *header;   /* path of the Header, with a slash behind */
    const char *security; /* path of the Security header, with a slash behind */
    const char *body;     /* paths */
    const char *timestamp;
    struct xml_signature_frame frame;
};

#define PATH(space, name) "{" space "}Envelope/{" space "}" name
#define LAYOUT(space, elements)                                                                    \
    {                                                                                              \
        .namespace = space, .header = PATH(space, "Header/"),                                      \
        .security = PATH(space, "Header/") SECURITY "/", .body = PATH(space, "Body"),              \
        .timestamp = PATH(space, "Header/") SECURITY "/" TIMESTAMP,                                \
        .frame = {                                                                                 \
            .signature_path = PATH(space, "Header/") SECURITY "/" SIGNATURE,                       \
            .token_path = PATH(space, "Header/") SECURITY "/" TOKEN,                               \
            .reference = "{" NAMESPACE_SECURITY "}Reference",                                      \
            .id_namespace = NAMESPACE_UTILITY,                                                     \
            .unique = elements,                                                                    \
        },                                                                                         \
    }

/* Wherever in the document a second one is, somebody is being misled. */
#define UNIQUE(space)                                                                              \
    {                                                                                              \
        "{" space "}Envelope", "{" space "}Header", "{" space "}Body", SECURITY, TIMESTAMP, TOKEN, \
            SIGNATURE, NULL                                                                        \
    }

static const char *const unique_1_1[] = UNIQUE(NAMESPACE_ENVELOPE_1_1);
static const char *const unique_1_2[] = UNIQUE(NAMESPACE_ENVELOPE_1_2);

static const struct layout layouts[] = {
    [SOAP_VERSION_1_1] = LAYOUT(NAMESPACE_ENVELOPE_1_1, unique_1_1),
    [SOAP_VERSION_1_2] = LAYOUT(NAMESPACE_ENVELOPE_1_2, unique_1_2),
};

static bool refuse(struct error *error, const char *sentence)
{
    return error_set(error, ERROR_CREDENTIALS_INVALID, "Security", "%s", sentence);
}

static bool starts_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Whether a path leads to a child of the element whose path, with a slash, is given. */
static bool is_child_of(const char *path, const char *parent)
{
    if (!starts_with(path, parent)) {
        return false;
    }
    /* Slashes within the braces belong to namespaces. */
    const char *name = strchr(path + strlen(parent), '}');
    return name != NULL && strchr(name, '/') == NULL;
}

static const struct xml_signature_part *find_part(const struct xml_signature *signature,
                                                  const char *path)
{
    for (size_t i = 0; i < signature->part_count; i++) {
        if (strcmp(signature->parts[i].path, path) == 0) {
            return &signature->parts[i];
        }
    }
    return NULL;
}

/* Body, Timestamp, headers, and what is in the Security header: anything else has no business to
 * be signed by itself. */
static bool check_parts(const struct layout *layout, const struct xml_signature *signature,
                        struct error *error)
{
    if (find_part(signature, layout->body) == NULL ||
        find_part(signature, layout->timestamp) == NULL) {
        return refuse(error, "The Signature is over the Body and the Timestamp");
    }
    for (size_t i = 0; i < signature->part_count; i++) {
        const char *path = signature->parts[i].path;
        bool is_header = is_child_of(path, layout->header) && strstr(path, SECURITY) == NULL;
        if (strcmp(path, layout->body) != 0 && !is_header && !is_child_of(path, layout->security)) {
            return refuse(error, "The Signature is over what is neither Body nor header");
        }
    }
    return true;
}

/* Headers of their own; of the Security header the Timestamp alone, since credentials prove
 * themselves. */
static void write_anew(struct arena *arena, const struct layout *layout,
                       const struct xml_signature *signature, struct signed_message *message)
{
    const struct xml_signature_part *timestamp = find_part(signature, layout->timestamp);
    const struct xml_signature_part *body = find_part(signature, layout->body);
    struct buffer text;

    buffer_init(&text, arena, body->length + timestamp->length + 1024);
    buffer_add_format(&text, "<S:Envelope xmlns:S=\"%s\"><S:Header>", layout->namespace);
    for (size_t i = 0; i < signature->part_count; i++) {
        const struct xml_signature_part *part = &signature->parts[i];
        if (is_child_of(part->path, layout->header)) {
            buffer_add(&text, part->bytes, part->length);
        }
    }
    buffer_add_text(&text, "<W:Security xmlns:W=\"" NAMESPACE_SECURITY "\">");
    buffer_add(&text, timestamp->bytes, timestamp->length);
    buffer_add_text(&text, "</W:Security></S:Header>");
    buffer_add(&text, body->bytes, body->length);
    buffer_add_text(&text, "</S:Envelope>");
    message->bytes = text.bytes;
    message->length = text.length;
}

static bool read_certificate(struct arena *arena, const struct xml_signature *signature,
                             void **bytes_out, size_t *length_out,
                             struct certificate *certificate_out, struct error *error)
{
    const char *text = decode_trim(arena, signature->token);
    size_t length = strlen(text);
    struct base64_decoder decoder;
    void *bytes = arena_allocate(arena, 3 * (length / 4 + 1));

    base64_decoder_init(&decoder, BASE64_SPACE_SKIPPED);
    if (!base64_decoder_add(&decoder, text, length, bytes, length_out) ||
        !base64_decoder_finish(&decoder)) {
        return refuse(error, "The BinarySecurityToken is not in base64");
    }
    *bytes_out = bytes;
    return certificate_read(arena, bytes, *length_out, certificate_out, error) ||
           refuse(error, "The certificate is none, or its key is too weak");
}

bool signature_unwrap(struct arena *arena, enum soap_version version, const struct body *body,
                      struct signed_message *message_out, struct error *error)
{
    const struct layout *layout = &layouts[version];
    struct signed_message message = {.bytes = NULL};
    struct certificate certificate;
    struct xml_signature signature;
    void *token = NULL;
    size_t token_length = 0;

    if (!xml_signature_find(arena, body->bytes, body->length, &layout->frame, &signature, error) ||
        !read_certificate(arena, &signature, &token, &token_length, &certificate, error) ||
        !xml_signature_verify(arena, &signature, token, token_length, error) ||
        !check_parts(layout, &signature, error)) {
        return false;
    }
    write_anew(arena, layout, &signature, &message);
    message.signer = arena_copy_text(arena, certificate.fingerprint);
    message.statement = (struct credential_bytes){.bytes = signature.statement,
                                                  .length = signature.statement_length};
    *message_out = message;
    return true;
}
