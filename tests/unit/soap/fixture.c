/*
 * fixture.c - reads messages as the door does, without the pipeline.
 */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "metadata/catalog.h"
#include "support/runner.h"
#include "support/test_catalog.h"

void suite(enum runner_stage stage)
{
    if (stage == RUNNER_PREPARE) {
        test_catalog_prepare();
    }
}

void fixture_open(struct fixture *fixture)
{
    struct error error = {0};

    *fixture = (struct fixture){.arena = arena_create(), .now = 1700000000000};
    fixture->limits = (struct message_limits){.depth = 64,
                                              .elements = 100000,
                                              .attributes = 32,
                                              .attribute_names = 256,
                                              .namespaces = 64,
                                              .name_length = 256,
                                              .envelope = 8 * 1024 * 1024,
                                              .attachment = 25 * 1024 * 1024,
                                              .mime_parts = 64};
    fixture->catalog = test_catalog();
    if (!wire_make(fixture->arena, fixture->catalog, &fixture->wire, &error)) {
        fail_msg("%s", error.message);
    }
    fixture->parser = parser_create();
}

void fixture_close(struct fixture *fixture)
{
    parser_destroy(&fixture->parser);
    catalog_release(&fixture->catalog);
    arena_destroy(&fixture->arena);
}

bool fixture_scan(struct fixture *fixture, const char *bytes, size_t length)
{
    error_clear(&fixture->error);
    fixture->body = (struct body){.bytes = bytes, .length = length};
    return scan_message(fixture->arena, &fixture->body, false, &fixture->limits, &fixture->scan,
                        &fixture->error);
}

static bool decode_operation(struct fixture *fixture)
{
    fixture->service = wire_find_namespace(fixture->wire, fixture->element.namespace);
    fixture->operation = fixture->service == NULL
                             ? NULL
                             : wire_find_operation(fixture->service, fixture->element.name);
    if (fixture->operation == NULL) {
        return error_set(&fixture->error, ERROR_OPERATION_UNKNOWN, NULL, "unknown");
    }
    fixture->decoder.target_namespace = fixture->service->target_namespace;
    fixture->decoder.zone = fixture->envelope.request.zone;
    fixture->parameters = arena_allocate(fixture->arena, fixture->operation->request->size);
    return decode_struct(&fixture->decoder, fixture->operation->request, fixture->parameters,
                         &fixture->error) &&
           envelope_close(&fixture->decoder, &fixture->error);
}

bool fixture_read(struct fixture *fixture, const char *message)
{
    const struct envelope_rules rules = {.now = fixture->now, .window = 300000, .skew = 60000};
    bool is_read = false;
    const struct multipart *multipart = fixture->decoder.multipart;

    memset(&fixture->envelope, 0, sizeof(fixture->envelope));
    if (!fixture_scan(fixture, message, strlen(message))) {
        return false;
    }
    fixture->decoder = (struct decoder){.arena = fixture->arena,
                                        .catalog = fixture->catalog,
                                        .multipart = multipart,
                                        .limits = &fixture->limits};
    is_read = walk_begin(fixture->arena, fixture->parser, &fixture->scan, &fixture->decoder.walk,
                         &fixture->error) &&
              envelope_open(fixture->wire, &fixture->decoder, &rules, &fixture->envelope,
                            &fixture->element, &fixture->error) &&
              decode_operation(fixture);
    walk_end(&fixture->decoder.walk);
    return is_read;
}

bool fixture_read_header(struct fixture *fixture, const char *header, const char *body)
{
    return fixture_read(
        fixture, arena_format(fixture->arena,
                              "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\">%s"
                              "<e:Body>%s</e:Body></e:Envelope>",
                              header, body));
}

bool fixture_read_body(struct fixture *fixture, const char *body)
{
    return fixture_read_header(fixture, "", body);
}

struct record *fixture_read_account(struct fixture *fixture, const char *fields)
{
    const char *body = arena_format(fixture->arena,
                                    "<CreateAccount xmlns=\"urn:svyaz:crm:1:Account\"><account>%s"
                                    "</account></CreateAccount>",
                                    fields);
    return fixture_read_body(fixture, body) ? *(struct record **)fixture->parameters : NULL;
}

struct value *fixture_value(const struct record *record, const char *field)
{
    const struct field *found = entity_find_field(record->entity, field);

    assert_non_null(found);
    return record_value(record, found);
}

void assert_refused(const struct fixture *fixture, enum error_code code, const char *subject)
{
    if (fixture->error.code != code || strcmp(fixture->error.subject, subject) != 0) {
        fail_msg("%s of \"%s\": %s", error_kind(fixture->error.code)->name, fixture->error.subject,
                 fixture->error.message);
    }
}
