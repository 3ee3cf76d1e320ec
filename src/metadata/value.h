/*
 * value.h - the value of one field of one record.
 *
 * Absent is not null: absent means "leave alone" in an update and "not asked for or empty" in
 * an answer; null means "has no value".
 *
 * Memory: text and what is pointed to is borrowed from the arena of the record.
 */
#ifndef METADATA_VALUE_H
#define METADATA_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/decimal.h"
#include "base/uuid.h"

struct arena;
struct entity;
struct error;
struct field;
struct zone;

enum value_state { VALUE_ABSENT, VALUE_NULL, VALUE_SET };

/* Names one record by the values of an alternate key, in the order of the key's fields. */
struct alternate_key {
    const char *name;
    const char **values; /* in the lexical form of each field */
    size_t value_count;
};

/* Names one record: by id, or on input by an alternate key in its place. */
struct reference {
    const struct entity *entity;
    struct uuid id;                            /* empty when alternate_key names it */
    const char *name;                          /* what people see; answers only */
    const struct alternate_key *alternate_key; /* input only, or NULL */
};

/* One participant of an activity: a record, or just an address. */
struct party {
    struct reference reference; /* entity NULL when only the address is known */
    const char *participation;  /* "To" */
    const char *address;
    const char *name; /* what a message called him: shown of who is no record; NULL: nothing */
};

/* A file: what is known of it, and where its bytes come from. */
struct file {
    struct uuid id; /* empty until it is stored */
    const char *name;
    const char *media_type;
    int64_t size; /* bytes; -1 when not known yet */
    /* Reads the next bytes, 0 at the end; NULL when the content was not asked for or sent. */
    bool (*read)(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                 struct error *error);
    /* Goes back to the first byte, for a write that is tried again; NULL where nothing was sent. */
    void (*rewind)(struct file *file);
    void *context; /* of both */
};

struct value {
    enum value_state state;
    union {
        const char *text;           /* STRING, MEMO, AUTO_NUMBER */
        int64_t integer;            /* INTEGER, LONG, and number of CHOICE, STATE, STATUS_REASON */
        struct decimal decimal;     /* DECIMAL, MONEY */
        bool boolean;               /* BOOLEAN */
        int32_t date;               /* DATE */
        int64_t moment;             /* DATE_TIME */
        struct uuid uuid;           /* UUID */
        struct reference reference; /* LOOKUP */
        struct {
            const struct party *items;
            size_t count;
        } parties;         /* PARTY_LIST */
        struct file *file; /* FILE */
    };
};

/* Reads the lexical form of a field's type, with every check that the field asks for: type,
 * range, scale, length in characters, existing choice (token or number), existing day. Not for
 * LOOKUP, PARTY_LIST and FILE, save that a LOOKUP of one target may be given by its id. Text
 * must be valid UTF-8. A dateTime without offset is local time in the zone; without a zone it is
 * refused. A time zone becomes the name that it is kept under. Fails with VALUE_INVALID,
 * VALUE_OUT_OF_RANGE, VALUE_TOO_LONG or CHOICE_UNKNOWN, naming entity and field. */
must_check bool value_parse(struct arena *arena, const struct field *field, const char *text,
                            struct zone *zone, struct value *value_out, struct error *error);

/* Writes the lexical form of a value that is set; a choice as its token, a reference as id. */
const char *value_format(struct arena *arena, const struct field *field, const struct value *value);

/* Whether two values of one field are the same. */
bool value_is_equal(const struct field *field, const struct value *left, const struct value *right);

#endif
