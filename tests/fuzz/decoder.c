/*
 * decoder.c - fuzz target: any bytes as a message, from the scanner to the decoded request.
 *
 * The first byte says whether the rest is an envelope or a multipart message around one. What
 * was decoded is encoded again, and files are read to their end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "soap/decode.h"
#include "soap/encode.h"
#include "soap/envelope.h"
#include "soap/intake.h"
#include "soap/limits.h"
#include "soap/multipart.h"
#include "soap/scan.h"
#include "soap/walk.h"
#include "soap/wire.h"
#include "text/zone.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECE = 4096, MOMENT = 1700000000 };

/* Made once: reading the metadata takes longer than a thousand messages. */
static struct {
    struct catalog *catalog;
    struct wire *wire;
    struct parser *parser;
} shared;

static const struct message_limits limits = {.depth = 64,
                                             .elements = 100000,
                                             .attributes = 32,
                                             .attribute_names = 256,
                                             .namespaces = 64,
                                             .name_length = 256,
                                             .envelope = 8 * 1024 * 1024,
                                             .attachment = 1000,
                                             .mime_parts = 64};

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    struct error error = {0};

    (void)count;
    (void)arguments;
    expect(catalog_read("metadata", NULL, NULL, &shared.catalog, &error));
    expect(wire_make(arena_create(), shared.catalog, &shared.wire, &error));
    shared.parser = parser_create();
    return 0;
}

static void read_files(const struct record *record)
{
    struct error error = {0};
    char piece[PIECE];
    size_t length = 1;

    for (size_t i = 0; i < record->entity->field_count; i++) {
        struct file *file = record->values[i].file;
        if (record->entity->fields[i]->type != FIELD_FILE || record->values[i].state != VALUE_SET ||
            file->read == NULL) {
            continue;
        }
        while (length > 0 && file->read(file, piece, sizeof(piece), &length, &error)) {
            expect(length <= sizeof(piece));
        }
    }
}

static void encode_again(struct arena *arena, const struct wire_type *type, void *parameters)
{
    struct encoder encoder;

    encode_begin(&encoder, arena, false);
    encode_members(&encoder, type, parameters);
    for (size_t i = 0; i < type->member_count; i++) {
        const struct wire_member *member = &type->members[i];
        struct record *const *record = (void *)((char *)parameters + member->offset);
        if (member->type->kind == WIRE_RECORD && *record != NULL) {
            read_files(*record);
        }
    }
}

static bool decode_operation(struct decoder *decoder, const struct element *element,
                             struct error *error)
{
    const struct wire_service *service = wire_find_namespace(shared.wire, element->namespace);
    const struct wire_operation *operation =
        service == NULL ? NULL : wire_find_operation(service, element->name);
    void *parameters = NULL;

    if (operation == NULL) {
        return false;
    }
    decoder->target_namespace = service->target_namespace;
    parameters = arena_allocate(decoder->arena, operation->request->size);
    if (!decode_struct(decoder, operation->request, parameters, error) ||
        !envelope_close(decoder, error)) {
        return false;
    }
    encode_again(decoder->arena, operation->request, parameters);
    return true;
}

static void read_message(struct arena *arena, const struct body *body, bool is_cut,
                         const struct multipart *multipart)
{
    struct decoder decoder = {.arena = arena,
                              .catalog = shared.catalog,
                              .zone = zone_open(arena, "UTC"),
                              .multipart = multipart,
                              .limits = &limits};
    const struct envelope_rules rules = {
        .now = (int64_t)MOMENT * 1000, .window = 300000, .skew = 60000};
    struct envelope envelope = {0};
    struct element element;
    struct error error = {0};
    struct scan scan;
    bool is_read = scan_message(arena, body, is_cut, &limits, &scan, &error) &&
                   walk_begin(arena, shared.parser, &scan, &decoder.walk, &error) &&
                   envelope_open(shared.wire, &decoder, &rules, &envelope, &element, &error) &&
                   decode_operation(&decoder, &element, &error);

    walk_end(&decoder.walk);
    expect(is_read || error.code != ERROR_NONE || decoder.target_namespace == NULL ||
           element.name != NULL);
}

/* As a server does: the header of the beginning, and the whole in two pieces. */
static void take_in(struct arena *arena, const char *type, const struct body *body)
{
    struct soap_intake *intake = intake_begin(arena, type, &limits);
    struct body begin = {.bytes = body->bytes, .length = body->length / 2};
    struct multipart *multipart = NULL;
    struct body envelope = {0};
    struct error error = {0};
    struct scan scan;

    (void)intake_take(intake, begin.bytes, begin.length);
    envelope = intake_peek_envelope(intake, &begin);
    (void)scan_header(arena, &envelope, &limits, &scan);
    (void)intake_take(intake, body->bytes + begin.length, body->length - begin.length);
    if (intake_end(intake, body, &envelope, &multipart, &error)) {
        read_message(arena, &envelope, intake_is_cut(intake), multipart);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();

    if (size > 0) {
        /* A copy of just these bytes: reading beyond them is noticed. */
        char *bytes = malloc(size > 1 ? size - 1 : 1);
        struct body body = {.bytes = bytes, .length = size - 1};
        expect(bytes != NULL);
        for (size_t i = 1; i < size; i++) {
            bytes[i - 1] = (char)data[i];
        }
        take_in(arena,
                data[0] == 'M' ? "multipart/related; boundary=B; type=\"text/xml\"" : "text/xml",
                &body);
        arena_destroy(&arena);
        free(bytes);
    }
    arena_destroy(&arena);
    return 0;
}
