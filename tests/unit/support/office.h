/*
 * office.h - operations run end to end without a socket: an organisation, its services, and the
 * pipeline.
 *
 * Memory: what a call answers lives until the office closes.
 */
#ifndef SUPPORT_OFFICE_H
#define SUPPORT_OFFICE_H

#include "base/error.h"
#include "base/uuid.h"
#include "service/operation.h"
#include "service/pipeline.h"
#include "support/test_call.h"

#define ADMINISTRATOR "admin"
#define PASSWORD "correct horse"

struct mime_readers;

struct office {
    struct test_platform house;
    struct mime_readers *readers;
    struct arena *arena;
    const struct service_list *services;
    struct credentials credentials; /* of the calls that follow */
    struct error error;             /* of the last call */
    int encoded;                    /* times that an answer was encoded */
    bool is_validate_only;          /* of the calls that follow */
};

/* What `suite` of a floor that opens an office does. */
void office_suite(enum runner_stage stage);

/* Opens an organisation; calls go out with the administrator's password. */
void office_open(struct office *office);
void office_close(struct office *office);

const struct operation *office_operation(struct office *office, const char *service,
                                         const char *name);

/* Runs an operation; the struct of its response, or NULL with office->error. */
const void *office_try(struct office *office, const char *service, const char *name,
                       const void *request);

/* The same, and fails the test when it fails. */
const void *office_run(struct office *office, const char *service, const char *name,
                       const void *request);

/* Adds a user with a role, whose password is PASSWORD too; his id. */
struct uuid office_add_user(struct office *office, const char *name, const char *role);

/* Fails the test unless the last call failed so. */
void office_expect(const struct office *office, const void *response, enum error_code code);

/* A record of an entity with one field set, from its lexical form; more by office_set. */
struct record *office_record(struct office *office, const char *entity, const char *field,
                             const char *text);
void office_set(struct office *office, struct record *record, const char *field, const char *text);

/* The lexical form of a field of an answered record; NULL when it has no value. */
const char *office_text(struct office *office, const struct record *record, const char *field);

/* A list of the texts, which NULL ends. */
struct message_list office_list(struct office *office, ...);

#endif
