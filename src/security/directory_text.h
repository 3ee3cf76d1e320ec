/*
 * directory_text.h - names put into LDAP filters and DNs, so that they stay names.
 *
 * Memory: results live in the arena given.
 */
#ifndef SECURITY_DIRECTORY_TEXT_H
#define SECURITY_DIRECTORY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* A value for a filter, RFC 4515: every byte that is not a letter, a digit or one of "-._" is
 * written as a backslash and two digits, so none of it is read as part of the filter. */
const char *directory_escape_filter(struct arena *arena, const void *bytes, size_t length);

/* A value for a DN, RFC 4514, in the same way. */
const char *directory_escape_dn(struct arena *arena, const char *text);

/* A pattern with each {word} in place of which value stands; value is escaped already. */
const char *directory_fill(struct arena *arena, const char *pattern, const char *word,
                           const char *value);

/* A user name that one directory entry can have: no control characters, and no blanks that a
 * directory would overlook when it compares. */
bool directory_is_name(const char *name);

#endif
