/*
 * shape.h - what a message consists of, as data: one decoder and one encoder serve all.
 *
 * The generator turns services/ into C structs and the shapes that describe them by name, type
 * and offset. Names may hold {entity}, {entities}, {Entity} or {Entities}; they are filled in
 * per entity when the operations are made ("{entity}" in CreateAccount is "account").
 *
 * How a member lies in its struct:
 *
 *   STRING, BASE64    const char *                 NULL: absent
 *   INTEGER, LONG     struct message_integer
 *   BOOLEAN           struct message_boolean
 *   DATE_TIME         struct message_moment
 *   UUID              struct message_uuid          xs:string on the wire
 *   DECIMAL           struct message_decimal
 *   STRUCT            pointer to the struct        NULL: absent
 *   RECORD            struct record *              NULL: absent; type {Entity} on the wire
 *   REFERENCE         struct reference *           NULL: absent; type Reference on the wire
 *   KEY               struct alternate_key *       type AlternateKey on the wire
 *   CONTENT           struct file *                NULL: absent; of requests only, a stream;
 *                                                  base64Binary on the wire, or a part by MTOM
 *   a list of these   struct message_list of pointers (STRING, STRUCT, RECORD, REFERENCE)
 */
#ifndef METADATA_SHAPE_H
#define METADATA_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"
#include "base/uuid.h"

struct message_integer {
    bool is_set;
    int64_t value;
};

struct message_boolean {
    bool is_set;
    bool value;
};

struct message_moment {
    bool is_set;
    int64_t value;
};

struct message_uuid {
    bool is_set;
    struct uuid value;
};

struct message_decimal {
    bool is_set;
    struct decimal value;
};

/* Absent is not empty: is_set with count 0 is an empty list. */
struct message_list {
    bool is_set;
    size_t count;
    void **items;
};

enum shape_type {
    SHAPE_STRING,
    SHAPE_INTEGER,
    SHAPE_LONG,
    SHAPE_BOOLEAN,
    SHAPE_DATE_TIME,
    SHAPE_UUID,
    SHAPE_DECIMAL,
    SHAPE_STRUCT,
    SHAPE_RECORD,
    SHAPE_REFERENCE,
    SHAPE_KEY,
    SHAPE_CONTENT,
};

struct shape;

struct shape_member {
    const char *name; /* element name, may be a template */
    enum shape_type type;
    bool is_list;              /* element of type ArrayOfX with one repeated child */
    bool is_required;          /* PARAMETER_REQUIRED when absent from a request */
    bool is_secret;            /* a password: never logged */
    size_t offset;             /* in the struct */
    size_t length;             /* STRING: characters at most; 0: the limit of the server */
    const struct shape *shape; /* STRUCT */
    const char *const *tokens; /* STRING of a closed set: its tokens, ends with NULL; or NULL */
    const char *meaning;       /* one line, for documentation in the WSDL and the manual */
};

struct shape {
    const char *name; /* type name, may be a template: "{Entity}Page" */
    size_t size;      /* of the struct */
    const struct shape_member *members;
    size_t member_count;
    const char *meaning;
};

#endif
