/*
 * fixture.h - a message without a server: the product's metadata, one parser, one decoder.
 */
#ifndef TESTS_SOAP_FIXTURE_H
#define TESTS_SOAP_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "metadata/record.h"
#include "soap/body.h"
#include "soap/decode.h"
#include "soap/envelope.h"
#include "soap/limits.h"
#include "soap/scan.h"
#include "soap/walk.h"
#include "soap/wire.h"

struct fixture {
    struct arena *arena;
    struct catalog *catalog;
    struct wire *wire;
    struct parser *parser;
    struct message_limits limits;
    int64_t now;
    /* of the last message */
    struct error error;
    struct body body;
    struct scan scan;
    struct decoder decoder;
    struct envelope envelope;
    struct element element;
    const struct wire_service *service;
    const struct wire_operation *operation;
    void *parameters;
};

void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);

/* Scans only. */
bool fixture_scan(struct fixture *fixture, const char *bytes, size_t length);

/* Scans, opens the envelope, decodes the operation; the error says why not. */
bool fixture_read(struct fixture *fixture, const char *message);

/* The same for the content of the SOAP 1.1 Body alone, or of a Header too. */
bool fixture_read_body(struct fixture *fixture, const char *body);
bool fixture_read_header(struct fixture *fixture, const char *header, const char *body);

/* Decodes <account>fields</account> of CreateAccount; NULL when it is refused. */
struct record *fixture_read_account(struct fixture *fixture, const char *fields);

/* What the decoder made of a field of it. */
struct value *fixture_value(const struct record *record, const char *field);

/* Fails the test unless the last message was refused with this code, about this field. */
void assert_refused(const struct fixture *fixture, enum error_code code, const char *subject);

#endif
