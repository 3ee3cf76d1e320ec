/*
 * access.h - which records a right reaches, as a small tree of rules.
 *
 * The rules of the model are written here once, from the identity, the entity and the right:
 * everything, nothing, or what meets one of some rules. Who needs an answer reads the tree:
 * query writes it as SQL, for lists and for single records; access_weigh answers what needs no
 * database; an explanation says which rule held.
 *
 * Memory: a scope lives in the arena it was made in; ids are the identity's.
 */
#ifndef SECURITY_ACCESS_H
#define SECURITY_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/uuid.h"
#include "metadata/entity.h"

struct arena;
struct identity;
struct record;

/* By what a record is reached. */
enum access_by {
    ACCESS_BY_OWNER,  /* its owner is one of ids; where a record owns itself, its id is */
    ACCESS_BY_UNIT,   /* its owning business unit is one of ids */
    ACCESS_BY_REPORT, /* its owner is one of ids: a report of the manager's, or a team of his */
    ACCESS_BY_SHARE,  /* right was granted on it to one of ids */
    ACCESS_BY_PARENT, /* the record that lookup refers to is in parent's scope */
};

struct access_scope;

struct access_rule {
    enum access_by by;
    const struct uuid *ids; /* ascending */
    size_t id_count;
    enum right right;           /* BY_SHARE: the one to look for */
    const struct field *lookup; /* BY_PARENT */
    const struct access_scope *parent;
    enum cascade cascade; /* BY_PARENT: ALL, or only children ACTIVE or USER_OWNED alike */
};

struct access_scope {
    const struct entity *entity;
    enum right right;
    bool is_everything;
    struct access_rule *rules; /* any of them; none at all: nothing */
    size_t rule_count;
};

/* The scope of a right on an entity. */
const struct access_scope *access_scope_make(struct arena *arena, const struct identity *identity,
                                             const struct entity *entity, enum right right);

/* The part of a scope that reaches down to the records below: what one owns or was given. */
const struct access_scope *access_scope_of_children(struct arena *arena,
                                                    const struct identity *identity,
                                                    const struct entity *entity, enum right right);

/* Whether something of the record that a lookup refers to may reach down along it. */
bool access_descends(const struct field *lookup);

bool access_is_nothing(const struct access_scope *scope);

/* What is known of one record without asking the database. */
struct access_facts {
    struct uuid id;    /* empty: a new record */
    struct uuid owner; /* empty when the entity has none */
    struct uuid unit;  /* owning business unit; empty when the entity has none */
};

/* The facts that a record holds; fields that were not read count as empty. */
struct access_facts access_facts_of(const struct record *record);

/* Whether the rule names the id; never an empty one. */
bool access_is_among(const struct access_rule *rule, const struct uuid *id);

enum access_answer {
    ACCESS_REFUSED,
    ACCESS_ALLOWED,
    ACCESS_UNDECIDED, /* shares or parents decide */
};

/* Weighs the facts. The rule that allowed is told when asked for; NULL: everything is. */
enum access_answer access_weigh(const struct access_scope *scope, const struct access_facts *facts,
                                const struct access_rule **rule_out);

/* What a right on a part asks of the whole; false for those that a part does not know. */
bool access_map_right(enum right right, enum right *mapped_out);

/* The fields that the rules go by; NULL where the entity has none. */
const struct field *access_owner_field(const struct entity *entity);
const struct field *access_unit_field(const struct entity *entity);

#endif
