/*
 * access.h - what a person reaches, written as SQL; and whether he reaches records by id.
 *
 * A scope (security/access.h) becomes a condition on one alias of a statement. The ids that its
 * rules go by (users, teams, units) are bound once for the whole statement, in lists before its
 * SELECT, so that the text is the same for everybody and no number of them meets a limit.
 *
 *   access_lists_begin(&lists, call);
 *   access_lists_add(&lists, scope);          each scope that the statement will go by
 *   access_lists_write(&lists, &sql);         WITH ..., or nothing
 *   sql_add(&sql, "SELECT ... WHERE ");
 *   access_write(&lists, &sql, scope, alias); a condition in brackets
 *
 * Aliases that begin with "access" are used up by what is written here. A scope that reaches few
 * records is gathered instead: found from its rules, each leg by an index.
 *
 * Memory: lists live in the arena of the call.
 */
#ifndef QUERY_ACCESS_H
#define QUERY_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/entity.h"

struct access_facts;
struct access_rule;
struct access_scope;
struct arena;
struct call;
struct error;
struct sql;

/* Lists of ids, each once, named by their number. */
struct access_list {
    const struct uuid *ids;
    size_t count;
};

/* A rule that finds records by itself. What is reached through parents begins with the same few
 * on every level: they are found once. */
struct access_leg {
    const struct access_scope *scope;
    const struct access_rule *rule;
};

struct access_lists {
    struct arena *arena;
    struct access_list *items;
    size_t count;
    struct access_leg *legs;
    size_t leg_count;
};

void access_lists_begin(struct access_lists *lists, const struct call *call);

/* Takes in what a scope goes by. */
void access_lists_add(struct access_lists *lists, const struct access_scope *scope);

/* Writes "WITH ... " and the lists; nothing when there are none. */
void access_lists_write(const struct access_lists *lists, struct sql *sql);

/* Writes "the record of alias is in the scope", in brackets. The scope is neither everything nor
 * nothing, and was taken in. */
void access_write(const struct access_lists *lists, struct sql *sql,
                  const struct access_scope *scope, const char *alias);

/* Whether all in the scope can be found from its rules, by index; not so where a whole that
 * everybody reaches has parts of some. */
bool access_can_gather(const struct access_scope *scope);

/* Writes the lists, and after them what each rule finds by itself; in place of
 * access_lists_write, before a statement that gathers. */
void access_legs_write(const struct access_lists *lists, struct sql *sql);

/* Writes a SELECT that finds the ids, each once, of all in a scope that can be gathered. */
void access_gather(const struct access_lists *lists, struct sql *sql,
                   const struct access_scope *scope);

/* Writes a SELECT of one count for each rule, most at most: how many records it finds. */
void access_count(const struct access_lists *lists, struct sql *sql,
                  const struct access_scope *scope, int64_t most);

/* Whether the record with this id, if there is one, is in a scope that was made of the caller's
 * rights. */
must_check bool query_in_scope(struct call *call, const struct access_scope *scope,
                               const struct uuid *id, bool *is_in_out, struct error *error);

/* Whether the caller has one right on one record. */
struct may {
    const struct entity *entity;
    struct uuid id;
    enum right right;
    const struct access_facts *facts; /* what is known of the record already, or NULL */
    bool is_allowed;                  /* the answer */
};

/* Answers all that is asked, in one round trip, or two where shares and parents decide; in none
 * where facts do. Of a record that does not exist: false, unless the right reaches everything. A
 * new part of a record is asked about by its whole (access_map_right). */
must_check bool query_may_all(struct call *call, struct may *asked, size_t count,
                              struct error *error);
must_check bool query_may(struct call *call, const struct entity *entity, const struct uuid *id,
                          enum right right, bool *is_allowed_out, struct error *error);

#endif
