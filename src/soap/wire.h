/*
 * wire.h - the contract of one catalog as data: types and operations as they are on the wire.
 *
 * Shapes of services/ and entities of the catalog become wire types with names filled in. The
 * decoder, the encoder and the writer of schemas all go by these, so they cannot disagree.
 * Types have no namespace of their own: each service has them in its namespace.
 *
 * Memory: everything lives in the arena given and refers to the catalog.
 * Threads: immutable once made.
 */
#ifndef SOAP_WIRE_H
#define SOAP_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "metadata/shape.h"

struct arena;
struct catalog;
struct entity;
struct error;
struct field;
struct map;
struct operation;
struct service;

enum wire_kind {
    /* simple: how they lie in a struct is said in metadata/shape.h */
    WIRE_TEXT,
    WIRE_INTEGER,
    WIRE_LONG,
    WIRE_BOOLEAN,
    WIRE_MOMENT,
    WIRE_DATE, /* of records only */
    WIRE_DECIMAL,
    WIRE_UUID,
    WIRE_CONTENT, /* struct content *: the bytes of a file, base64 or xop:Include */
    WIRE_BYTES,   /* struct file *: the same without a File around it; of requests only */
    /* with members */
    WIRE_STRUCT,
    WIRE_LIST,
    WIRE_RECORD,
    WIRE_REFERENCE, /* members as of struct reference_message */
    WIRE_KEY,       /* struct key_message */
    WIRE_PARTY,     /* struct party_message */
    WIRE_FILE,      /* struct file_message */
    WIRE_KIND_COUNT
};

/* Text that is written as it is, with its length. */
struct wire_tag {
    const char *text;
    size_t length;
};

struct wire_member {
    const char *name;
    const struct wire_type *type;
    size_t offset;             /* in the struct, of all but RECORD */
    const struct field *field; /* RECORD: the field, or NULL */
    const struct field *link;  /* RECORD: list of children that refer by this lookup, or NULL */
    bool is_to_delete; /* RECORD: not the children of the link, but ids of those to delete */
    bool is_required;
    bool is_secret;
    size_t length;               /* TEXT: characters at most; 0: any */
    const char *const *tokens;   /* TEXT: the only ones that are taken, ends with NULL; or NULL */
    const char *documentation;   /* or NULL */
    struct wire_tag open, close; /* "<name>", "</name>" */
};

struct wire_type {
    const char *name; /* of a simple type without facets: its name in XML Schema */
    enum wire_kind kind;
    bool is_builtin;                   /* simple, and of XML Schema itself */
    const char *documentation;         /* or NULL */
    const struct wire_member *members; /* LIST: the one that is repeated */
    size_t member_count;
    struct map *members_by_name;
    size_t size;                       /* of the struct, of those with members but RECORD */
    const struct entity *entity;       /* RECORD */
    const char *const *tokens;         /* TEXT of a closed set, ends with NULL; or NULL */
    int total_digits, fraction_digits; /* DECIMAL with facets */
};

/* The last member of every record type: a list of the names of fields to make null. */
#define WIRE_FIELDS_TO_NULL "fieldsToNull"

struct wire_operation {
    const struct operation *operation;
    const char *documentation;
    const struct wire_type *request; /* named as its element */
    const struct wire_type *response;
};

struct wire_service {
    const char *name;
    const char *target_namespace;
    const struct service *service;
    const struct wire_operation *operations;
    size_t operation_count;
    struct map *operations_by_name;
    const struct wire_type **types; /* those its operations use, named ones only */
    size_t type_count;
};

struct wire {
    struct arena *arena;
    const struct catalog *catalog;
    const struct wire_type *session_header, *request_header, *fault;
    const struct wire_service *services; /* in the order of service_list */
    size_t service_count;
    const struct wire_service *sent; /* those that clients serve */
    size_t sent_count;
    struct map *by_name;      /* those that clients serve too */
    struct map *by_namespace; /* without them */
};

/* Makes the contract of a catalog. Fails with METADATA_INVALID when two types would have one
 * name. */
must_check bool wire_make(struct arena *arena, const struct catalog *catalog,
                          struct wire **wire_out, struct error *error);

/* The service of this name, or of this namespace, which clients may call; the operation of this
 * name; or NULL. */
const struct wire_service *wire_find_service(const struct wire *wire, const char *name);
const struct wire_service *wire_find_namespace(const struct wire *wire, const char *namespace);
const struct wire_operation *wire_find_operation(const struct wire_service *service,
                                                 const char *name);

/* The member of this name (exact), or NULL. */
const struct wire_member *wire_find_member(const struct wire_type *type, const char *name);

#endif
