/*
 * record.h - one record in memory: the values of an entity's fields.
 *
 * The shape comes from the catalog at run time; there is no struct per entity.
 *
 * Memory: a record lives in the arena it was made in.
 */
#ifndef METADATA_RECORD_H
#define METADATA_RECORD_H

#include <stddef.h>

#include "base/attributes.h"
#include "metadata/value.h"

struct arena;
struct entity;
struct error;
struct field;

/* Records written with their parent, or read with it: the lines of an order. Those to delete are
 * named by their ids. */
struct record_children {
    const struct field *link; /* lookup of the child that points to the parent */
    struct record **records;
    size_t count;
    const struct uuid *deleted;
    size_t deleted_count;
    struct record_children *next;
};

struct record {
    const struct entity *entity;
    struct value *values; /* entity->field_count of them, by field->index */
    struct record_children *children;
    const struct field *part_by; /* sent with its parent: the lookup by which it must be a part of
                                    it, as it is stored; or NULL */
};

/* Makes a record without any value. */
struct record *record_make(struct arena *arena, const struct entity *entity);

/* A copy with copies of its children. The record engine fills in what a record lacks, and a
 * conflict makes the handler run again: each run begins with a copy of what the client sent. */
struct record *record_copy(struct arena *arena, const struct record *record);

/* The value of a field of the record's entity. */
struct value *record_value(const struct record *record, const struct field *field);

/* The field of this name that a message may hold (secret ones never), or NULL. */
const struct field *record_find_field(const struct record *record, const char *name);

/* Makes the field of this name null. Fails with FIELD_UNKNOWN, or with VALUE_INVALID when it has a
 * value already. */
must_check bool record_make_null(struct record *record, const char *name, struct error *error);

/* Whether the field has a value that is not null. */
bool record_has(const struct record *record, const struct field *field);

/* Whether it was merged into another, as far as that was read. */
bool record_is_merged(const struct record *record);

/* The children of a link, made when missing. */
struct record_children *record_children_of(struct arena *arena, struct record *record,
                                           const struct field *link);
void record_add_child(struct arena *arena, struct record_children *children, struct record *child);

#endif
