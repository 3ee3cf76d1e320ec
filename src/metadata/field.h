/*
 * field.h - what the catalog knows about one field of an entity.
 *
 * Memory: everything lives in the catalog's arena.
 * Threads: immutable once the catalog is made.
 */
#ifndef METADATA_FIELD_H
#define METADATA_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"
#include "database/cell.h"

struct entity;
struct field;

enum field_type {
#define FIELD_TYPE(constant, name, column, xsd, ordered) FIELD_##constant,
#include "metadata/field_types.def"
#undef FIELD_TYPE
    FIELD_TYPE_COUNT
};

struct field_type_row {
    const char *name;        /* in metadata */
    enum column_type column; /* stored as */
    const char *xsd;         /* local name of the type of its element */
    bool is_ordered;         /* may be sorted by and compared with lt and gt */
};

/* The row of a type. */
const struct field_type_row *field_type_row(enum field_type type);

/* English and Russian. */
enum language { LANGUAGE_ENGLISH, LANGUAGE_RUSSIAN, LANGUAGE_COUNT };

struct label {
    const char *text[LANGUAGE_COUNT];
};

/* One value of a choice, of a state or of a status reason. */
struct choice {
    const char *token; /* identifier, stable: "PreferredCustomer" */
    int32_t value;     /* number, as in the classic model */
    struct label label;
    int32_t state; /* STATUS_REASON: value of the state it belongs to */
    bool is_default;
    bool has_next; /* STATE: only these may follow; else any may */
    const struct choice *const *next;
    size_t next_count;
};

/* Whether a record in the one state may go to the other; staying is no going. */
bool choice_may_be_followed_by(const struct choice *state, const struct choice *next);

/* What happens to the record that refers when the one it refers to is changed. */
enum cascade {
    CASCADE_NONE,
    CASCADE_ALL,
    CASCADE_ACTIVE,
    CASCADE_USER_OWNED,
    CASCADE_REMOVE_LINK,
    CASCADE_RESTRICT,
};

/* The one-to-many relation that a lookup makes: from its target (one) to its entity (many). */
struct relation {
    const char *name; /* "accountContacts", unique in the catalog */
    struct label label;
    enum cascade on_assign, on_share, on_unshare, on_reparent, on_merge, on_delete;
    bool is_parental;     /* the child's access comes from the parent */
    const char *children; /* name of the child list in the parent's record ("lines"), or NULL:
                             children with a name may be written with their parent */
    const char *children_to_delete; /* of the list of ids beside it ("linesToDelete"), or NULL */
};

enum computed_kind {
    COMPUTED_NOT,
    COMPUTED_JOIN,    /* texts that are not empty, with the separator between */
    COMPUTED_SUM,     /* terms added or subtracted; null counts as zero */
    COMPUTED_PRODUCT, /* terms multiplied, divided by divisor; null when a term is */
    COMPUTED_TOTAL,   /* sum of a field over the records that refer here; zero when none */
};

struct computed_term {
    const struct field *field;
    bool is_subtracted;
};

struct computed {
    enum computed_kind kind;
    const struct computed_term *terms; /* JOIN, SUM, PRODUCT; one term, of the child, for TOTAL */
    size_t term_count;
    const char *separator;          /* JOIN */
    int32_t divisor;                /* PRODUCT: 1, or 100 for percentages */
    const struct entity *child;     /* TOTAL */
    const struct field *child_link; /* TOTAL: lookup of the child that points here */
};

struct field {
    const struct entity *entity;
    size_t index; /* place in entity->fields and in a record's values */
    const char *name;
    const char *classic_name; /* name in the classic model: "primarycontactid" */
    enum field_type type;
    struct label label;
    struct label description;

    bool is_required;   /* must have a value */
    bool is_creatable;  /* a client may set it in create */
    bool is_updatable;  /* a client may set it in update */
    bool is_searchable; /* has a folded column: equality and like ignore case */
    bool is_time_zone;  /* STRING: the name of a zone (text/zone.h) */
    bool is_email;      /* STRING: an address of mail, by which its record is known as a party */
    bool is_secret;     /* never leaves the server, never filtered by */
    bool is_secured;    /* only for those whose field security profile says so */
    bool is_system;     /* made by the platform for every entity: id, version, createdOn ... */

    size_t secured_place;     /* SECURED: place in the catalog; a twin has its amount's */
    size_t length;            /* STRING, MEMO, AUTO_NUMBER: characters at most */
    uint8_t precision, scale; /* DECIMAL, MONEY */
    bool has_minimum, has_maximum;
    struct decimal minimum, maximum; /* numbers of any type */
    const char *default_text;        /* in the lexical form of the type, or NULL */
    int64_t file_size;               /* FILE: bytes at most */

    const struct choice *choices; /* CHOICE, STATE, STATUS_REASON */
    size_t choice_count;

    const struct entity **targets; /* LOOKUP, PARTY_LIST: entities it may refer to */
    size_t target_count;
    const struct relation *relation; /* LOOKUP */
    const char *participation;       /* PARTY_LIST: "To", "Sender", ... of each party in it */

    const char *number_format; /* AUTO_NUMBER: "ORD-{year}-{number:6}" */
    bool is_gapless;           /* AUTO_NUMBER: no number is left out */

    struct computed computed;
    const struct field *base_of; /* MONEY twin in the base currency: the field it is made from */

    const char *column;        /* of the entity's table; NULL when stored elsewhere (parties) */
    const char *entity_column; /* LOOKUP of several targets: column of the entity's name */
    const char *sort_column;   /* STRING and AUTO_NUMBER: ICU sort key, or NULL */
    const char *fold_column;   /* STRING and AUTO_NUMBER searchable or in a key, or NULL */
};

/* The choice with this token (exact) or this number as text; NULL when there is none. */
const struct choice *field_find_choice(const struct field *field, const char *token);
const struct choice *field_find_choice_value(const struct field *field, int32_t value);

/* What the columns beside a string hold. A sort key that is longer is cut; a folded text that is
 * longer is cut too, but refused where the field is part of a key. */
enum { FIELD_SORT_BYTES = 400 };
size_t field_fold_length(const struct field *field); /* characters */

/* Whether the field may refer to the entity. */
bool field_may_refer_to(const struct field *field, const struct entity *entity);

/* Whether the engine itself refuses a lookup of what is not there, and a deletion of what is
 * referred to. Not where there are several targets, nor in fields of the platform: the users,
 * units and currencies that it writes are hardly ever deleted, so not every row need pay. */
bool field_is_checked_by_engine(const struct field *field);

/* Whether it may stand in a filter, and in an order. */
bool field_is_filterable(const struct field *field);
bool field_is_sortable(const struct field *field);

/* The label in a language, English when there is none. */
const char *label_text(const struct label *label, enum language language);

#endif
