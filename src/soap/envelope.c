/*
 * envelope.c - Envelope, Header, Body; which header is read by whom.
 */
#include "soap/envelope.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "soap/decode.h"
#include "soap/names.h"
#include "soap/walk.h"

static const struct version_row {
    const char *namespace;
    const char *role;      /* attribute that says for whom a header is */
    const char *next_role; /* values that mean: for us */
    const char *last_role;
} versions[] = {
    [SOAP_VERSION_1_1] = {NAMESPACE_ENVELOPE_1_1, "actor",
                          "http://schemas.xmlsoap.org/soap/actor/next", ""},
    [SOAP_VERSION_1_2] = {NAMESPACE_ENVELOPE_1_2, "role", NAMESPACE_ENVELOPE_1_2 "/role/next",
                          NAMESPACE_ENVELOPE_1_2 "/role/ultimateReceiver"},
};

static bool refuse(struct error *error, const char *sentence)
{
    return error_set(error, ERROR_SOAP_INVALID, NULL, "%s", sentence);
}

static bool read_message_id(struct envelope_reading *reading, struct error *error)
{
    const char *text = NULL;

    if (!walk_text(reading->decoder->walk, &text, error)) {
        return false;
    }
    text = decode_trim(reading->decoder->arena, text);
    reading->envelope->message_id = *text == '\0' ? NULL : text;
    return true;
}

/* Data that nobody here acts on: an answer goes back on its connection, whatever ReplyTo says. */
static bool pass_over(struct envelope_reading *reading, struct error *error)
{
    return walk_skip(reading->decoder->walk, error);
}

/* NULL as namespace: that of any of our services. */
static const struct header_row {
    const char *namespace;
    const char *name;
    bool (*read)(struct envelope_reading *reading, struct error *error);
} headers[] = {
    {NULL, "Session", envelope_read_session},
    {NULL, "Request", envelope_read_request},
    {NAMESPACE_SECURITY, "Security", envelope_read_security},
    {NAMESPACE_ADDRESSING, "MessageID", read_message_id},
    {NAMESPACE_ADDRESSING, "To", pass_over},
    {NAMESPACE_ADDRESSING, "From", pass_over},
    {NAMESPACE_ADDRESSING, "Action", pass_over},
    {NAMESPACE_ADDRESSING, "ReplyTo", pass_over},
    {NAMESPACE_ADDRESSING, "FaultTo", pass_over},
    {NAMESPACE_ADDRESSING_2004, "MessageID", read_message_id},
    {NAMESPACE_ADDRESSING_2004, "To", pass_over},
    {NAMESPACE_ADDRESSING_2004, "From", pass_over},
    {NAMESPACE_ADDRESSING_2004, "Action", pass_over},
    {NAMESPACE_ADDRESSING_2004, "ReplyTo", pass_over},
    {NAMESPACE_ADDRESSING_2004, "FaultTo", pass_over},
};

enum { HEADER_COUNT = sizeof(headers) / sizeof(headers[0]) };

static bool is_header(const struct header_row *row, const struct element *element)
{
    if (strcmp(row->name, element->name) != 0) {
        return false;
    }
    if (row->namespace == NULL) {
        return strncmp(element->namespace, NAMESPACE_PREFIX, strlen(NAMESPACE_PREFIX)) == 0;
    }
    return strcmp(row->namespace, element->namespace) == 0;
}

static const struct header_row *find_header(const struct element *element)
{
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (is_header(&headers[i], element)) {
            return &headers[i];
        }
    }
    return NULL;
}

/* Whether a header is meant for us, not for somebody on the way. */
static bool is_for_us(struct envelope_reading *reading)
{
    const struct version_row *version = &versions[reading->envelope->version];
    const char *role = walk_attribute(reading->decoder->walk, version->namespace, version->role);

    return role == NULL || *role == '\0' || strcmp(role, version->next_role) == 0 ||
           strcmp(role, version->last_role) == 0;
}

static bool must_understand(struct envelope_reading *reading)
{
    const struct version_row *version = &versions[reading->envelope->version];
    const char *value =
        walk_attribute(reading->decoder->walk, version->namespace, "mustUnderstand");

    return value != NULL && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
}

/* Our own headers are decoded like parameters, in the namespace they came in. */
static bool read_known(struct envelope_reading *reading, const struct header_row *row,
                       const struct element *element, struct error *error)
{
    struct decoder *decoder = reading->decoder;

    decoder->target_namespace = arena_copy_text(decoder->arena, element->namespace);
    return row->read(reading, error);
}

static bool read_header(struct envelope_reading *reading, const struct element *element,
                        bool seen[HEADER_COUNT], struct error *error)
{
    const struct header_row *row = find_header(element);

    if (!is_for_us(reading)) {
        return walk_skip(reading->decoder->walk, error);
    }
    if (row == NULL) {
        if (must_understand(reading)) {
            return error_set(error, ERROR_SOAP_MUST_UNDERSTAND, element->name,
                             "The header %s is not understood", element->name);
        }
        return walk_skip(reading->decoder->walk, error);
    }
    if (seen[row - headers]) {
        return error_set(error, ERROR_SOAP_INVALID, element->name, "The header %s is sent twice",
                         element->name);
    }
    seen[row - headers] = true;
    return read_known(reading, row, element, error);
}

static bool read_headers(struct envelope_reading *reading, struct error *error)
{
    bool seen[HEADER_COUNT] = {false};
    struct element element;

    if (!walk_enter(reading->decoder->walk, error)) {
        return false;
    }
    for (;;) {
        if (!walk_next(reading->decoder->walk, &element, error)) {
            return false;
        }
        if (element.name == NULL) {
            return walk_leave(reading->decoder->walk, error);
        }
        if (!read_header(reading, &element, seen, error)) {
            return false;
        }
    }
}

/* Finds the version by the namespace of the root. */
static bool open_envelope(struct envelope_reading *reading, struct error *error)
{
    struct element element;

    if (!walk_next(reading->decoder->walk, &element, error)) {
        return false;
    }
    if (element.name == NULL || strcmp(element.name, "Envelope") != 0) {
        return refuse(error, "The root element must be a SOAP Envelope");
    }
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (strcmp(versions[i].namespace, element.namespace) == 0) {
            reading->envelope->version = (enum soap_version)i;
            return walk_enter(reading->decoder->walk, error);
        }
    }
    return error_set(error, ERROR_SOAP_VERSION, NULL,
                     "The envelope is neither of SOAP 1.1 nor of SOAP 1.2");
}

/* Goes to the next child of the envelope. */
static bool next_part(struct envelope_reading *reading, struct element *element,
                      struct error *error)
{
    if (!walk_next(reading->decoder->walk, element, error)) {
        return false;
    }
    if (element->name == NULL) {
        return refuse(error, "The envelope has no Body");
    }
    if (strcmp(element->namespace, versions[reading->envelope->version].namespace) != 0) {
        return refuse(error, "The envelope holds a Header and a Body, nothing else");
    }
    return true;
}

bool envelope_open(const struct wire *wire, struct decoder *decoder,
                   const struct envelope_rules *rules, struct envelope *envelope_out,
                   struct element *operation_out, struct error *error)
{
    struct envelope_reading reading = {wire, decoder, envelope_out, rules};
    struct element element;

    if (!open_envelope(&reading, error) || !next_part(&reading, &element, error)) {
        return false;
    }
    if (strcmp(element.name, "Header") == 0 &&
        (!read_headers(&reading, error) || !next_part(&reading, &element, error))) {
        return false;
    }
    if (strcmp(element.name, "Body") != 0) {
        return refuse(error, "After the Header the envelope holds one Body");
    }
    if (!walk_enter(decoder->walk, error) || !walk_next(decoder->walk, operation_out, error)) {
        return false;
    }
    if (operation_out->name == NULL) {
        return refuse(error, "The Body holds no operation");
    }
    return true;
}

bool envelope_read_header(const struct wire *wire, struct decoder *decoder,
                          const struct envelope_rules *rules, struct envelope *envelope_out,
                          struct error *error)
{
    struct envelope_reading reading = {wire, decoder, envelope_out, rules};
    struct element element;

    return open_envelope(&reading, error) && next_part(&reading, &element, error) &&
           read_headers(&reading, error);
}

bool envelope_close(struct decoder *decoder, struct error *error)
{
    struct walk *walk = decoder->walk;
    struct element element;

    if (!walk_next(walk, &element, error)) {
        return false;
    }
    if (element.name != NULL) {
        return refuse(error, "The Body holds more than one operation");
    }
    if (!walk_leave(walk, error) || !walk_next(walk, &element, error)) {
        return false;
    }
    if (element.name != NULL) {
        return refuse(error, "The envelope holds something after its Body");
    }
    return walk_leave(walk, error);
}
