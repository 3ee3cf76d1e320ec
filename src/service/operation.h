/*
 * operation.h - what can be asked for: rows made from services/ and the catalog.
 *
 * A pattern is one <operation> of services/, as the generator wrote it to
 * generated/operations.c. Crossed with the catalog it becomes operations: Create{Entity} once
 * per entity, Login once. Operations are grouped into services, one per entity or family.
 *
 * Memory: patterns are constants; operations live in the arena they were made in.
 * Threads: immutable.
 */
#ifndef SERVICE_OPERATION_H
#define SERVICE_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "metadata/entity.h"
#include "metadata/shape.h"

struct arena;
struct call;
struct catalog;
struct error;
struct identity;
struct map;
struct operation;

/* Does the work of one operation: reads the request's struct, fills in the response's. */
typedef bool (*operation_handler)(struct call *call, const struct operation *operation,
                                  const void *request, void *response, struct error *error);

/* Does what must not wait in a transaction, and leaves what it found out in call->prepared. */
typedef bool (*operation_preparation)(struct call *call, const struct operation *operation,
                                      const void *request, struct error *error);

enum operation_transaction {
    OPERATION_WITHOUT_TRANSACTION, /* the handler has a connection and begins what it needs */
    OPERATION_READS,
    OPERATION_WRITES, /* run again from the start on a conflict */
};

/* Which entities a pattern makes an operation for. */
enum operation_scope {
    OPERATION_ONCE,
    OPERATION_PER_ENTITY,
    OPERATION_PER_ENTITY_WITH_KEYS,
    OPERATION_PER_ENTITY_WITH_OWNER,
    OPERATION_PER_ENTITY_WITH_MERGE,
};

struct operation_pattern {
    const char *name;   /* "Create{Entity}" */
    const char *family; /* "{Entity}" or "Session" */
    const char *meaning;
    enum operation_scope scope;
    enum operation_transaction transaction;
    bool is_anonymous; /* may be called by nobody in particular: Login */
    bool is_sent;      /* the platform sends it and clients serve it: it has no handler */
    bool has_right;
    enum right right; /* privilege on the entity that the pipeline asks for */
    const struct shape *request;
    const struct shape *response;
    operation_preparation prepare; /* of OPERATION_WRITES; or NULL */
    operation_handler handler;
    const char *handler_name; /* for operations.csv */
};

/* Generated from services/. */
extern const struct operation_pattern operation_patterns[];
extern const size_t operation_pattern_count;

struct operation {
    const char *name; /* "CreateAccount" */
    const struct service *service;
    const struct entity *entity; /* NULL for OPERATION_ONCE */
    const struct operation_pattern *pattern;
};

struct service {
    const char *name;             /* "Account", "Session" */
    const char *target_namespace; /* "urn:svyaz:crm:1:Account" */
    const struct entity *entity;  /* NULL for a family */
    bool is_sent;                 /* served by clients, as all its operations are */
    const struct operation **operations;
    size_t operation_count;
};

/* All services of one catalog, in the order of their names, entities first; those that are sent
 * apart. */
struct service_list {
    const struct service **services;
    size_t service_count;
    const struct service **sent;
    size_t sent_count;
    struct map *by_name;    /* service by name, those that are sent too */
    struct map *by_element; /* operation by "namespace name" of its request element */
};

const struct service_list *service_list_make(struct arena *arena, const struct catalog *catalog);

const struct service *service_find(const struct service_list *list, const char *name);

/* The operation that clients may call whose request element has this namespace and local name, or
 * NULL. */
const struct operation *operation_find(const struct service_list *list, const char *namespace,
                                       const char *name);

/* The pattern of this name ("Create{Entity}"), or NULL. */
const struct operation_pattern *operation_find_pattern(const char *name);

/* Whether the pattern makes an operation for the entity. */
bool operation_is_for(const struct operation_pattern *pattern, const struct entity *entity);

/* Whether the identity may run the operation of this name, that the pattern made in the service of
 * the entity (NULL for a family): the scope of the session has it, and the privilege is there. */
must_check bool operation_authorise(const struct operation_pattern *pattern, const char *name,
                                    const struct entity *entity, const struct identity *identity,
                                    struct error *error);

/* Fills in a template: {entity} {entities} {Entity} {Entities}; entity may be NULL. */
const char *operation_fill_in(struct arena *arena, const char *name, const struct entity *entity);

#endif
