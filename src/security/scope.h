/*
 * scope.h - what a session was narrowed to when it was opened: operations, entities, reading.
 *
 * A scope takes away and never gives. It narrows the identity itself, so whatever is decided
 * from an identity is narrower too: an entity left out has no depth for any right, and read only
 * leaves the right to read alone. Administering is never in a scope. The pipeline asks for the
 * operation.
 *
 * Memory: texts are borrowed; narrowing copies.
 */
#ifndef SECURITY_SCOPE_H
#define SECURITY_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct catalog;
struct identity;

/* Most bytes of a list of names. */
enum { SCOPE_BYTES_MAX = 32000 };

/* Lists are names with one blank between; NULL leaves nothing out, "" everything. */
struct scope {
    const char *operations;
    const char *entities;
    bool is_read_only;
};

/* Whether nothing is left out. */
bool scope_is_whole(const struct scope *scope);

/* Whether a list has a name. */
bool scope_has(const char *list, const char *name);

struct scope *scope_copy(struct arena *arena, const struct scope *scope);

/* The identity as far as the scope lets it reach. */
const struct identity *scope_narrow(struct arena *arena, const struct catalog *catalog,
                                    const struct identity *identity, const struct scope *scope);

#endif
