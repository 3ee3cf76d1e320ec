/*
 * entity.h - what the catalog knows about one kind of record.
 *
 * Memory: everything lives in the catalog's arena.
 * Threads: immutable once the catalog is made.
 */
#ifndef METADATA_ENTITY_H
#define METADATA_ENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "metadata/field.h"

struct map;

enum ownership {
    OWNERSHIP_USER,         /* by a user or a team */
    OWNERSHIP_BUSINESS,     /* by a business unit */
    OWNERSHIP_ORGANIZATION, /* by all */
    OWNERSHIP_PARENT,       /* by the record it is part of */
};

/* Rights on records; a privilege is a right on an entity. */
enum right {
    RIGHT_CREATE,
    RIGHT_READ,
    RIGHT_WRITE,
    RIGHT_DELETE,
    RIGHT_APPEND,
    RIGHT_APPEND_TO,
    RIGHT_ASSIGN,
    RIGHT_SHARE,
    RIGHT_COUNT
};

/* "create", "read" ... as in services/ and metadata/roles/. */
const char *right_name(enum right right);
bool right_parse(const char *name, enum right *right_out);

enum { KEY_FIELDS = 4 };

/* An alternate key: values that name one record. */
struct key {
    const char *name;
    const struct field *fields[KEY_FIELDS];
    size_t field_count;
};

struct entity {
    size_t index;               /* place in catalog->entities */
    const char *name;           /* "SalesOrder" */
    const char *plural;         /* "SalesOrders" */
    const char *element;        /* "salesOrder": of one record in a message */
    const char *plural_element; /* "salesOrders" */
    const char *classic_name;   /* "salesorder" */
    struct label label, plural_label, description;
    enum ownership ownership;
    bool is_activity;               /* one of the activity types */
    bool has_activities, has_notes; /* may be what an activity or a note is about */
    bool has_queues;                /* may lie in a queue */
    bool is_customer, is_principal, is_party;

    const struct field **fields; /* in the order of the schema */
    size_t field_count;
    struct map *fields_by_name;
    const struct key **keys;
    size_t key_count;

    const char *table;
    const struct field *id, *version, *name_field; /* name_field: what a reference shows */
    const struct field *created_on, *created_by, *modified_on, *modified_by;
    /* By ownership, or NULL. A business unit is its own: it has no owning_business_unit. */
    const struct field *owner, *owning_business_unit;
    const struct field *state, *status_reason; /* or NULL */
    /* When two records may be joined into one, or NULL: what the one given up becomes, where it is
     * noted that it was, and into which. */
    const struct choice *merged_reason;
    const struct field *is_merged, *master;
    const struct field *currency, *exchange_rate; /* when it has money, or NULL */
    const struct field *parent; /* OWNERSHIP_PARENT: the lookup of the parent, or NULL */

    const struct field **computed; /* computed within the record, in the order to compute */
    size_t computed_count;
    const struct field **referrers; /* lookups of any entity that may refer to this one */
    size_t referrer_count;
    const struct field **totals; /* TOTAL fields of any entity that sum over this one */
    size_t total_count;
};

/* The field of this name (exact), or NULL. */
const struct field *entity_find_field(const struct entity *entity, const char *name);

/* The alternate key of this name, or NULL. */
const struct key *entity_find_key(const struct entity *entity, const char *name);

/* Whether a field of the entity is part of one of its alternate keys. */
bool entity_has_in_key(const struct entity *entity, const struct field *field);

/* The lookup of a child entity whose relation names this list of children ("lines"), or NULL. */
const struct field *entity_find_children(const struct entity *entity, const char *list);

#endif
