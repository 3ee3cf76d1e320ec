/*
 * directory.h - users whose passwords an LDAP directory keeps: who is this, and which groups has
 * he?
 *
 * A question is asked on a thread of its own, at most so many at once, and takes a bounded time.
 * A directory that did not answer is not asked again for a while: whoever needs it is refused at
 * once, and nobody else waits.
 *
 * Memory: what is answered lives in the arena given.
 * Threads: a directory is shared.
 */
#ifndef SECURITY_DIRECTORY_H
#define SECURITY_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct directory;
struct error;
struct settings_directory;
struct text_rules;

/* A user as the directory knows him. */
struct directory_person {
    const char *id;   /* stays when he is renamed; at most DIRECTORY_ID_MAX characters */
    const char *name; /* the user name, as the directory writes it */
    const char *mail; /* NULL: none, as the next two */
    const char *first_name;
    const char *last_name;
    const char *const *groups; /* DNs in normal form, folded */
    size_t group_count;
};

enum { DIRECTORY_ID_MAX = 200 };

/* Checks the settings and starts the threads; NULL when no directory is configured. settings
 * and rules must outlive it. Fails with SETTING_INVALID. */
must_check bool directory_create(const struct settings_directory *settings,
                                 const struct text_rules *rules, int threads,
                                 struct directory **directory_out, struct error *error);
void directory_destroy(struct directory **directory);

/* Whether users can be looked up without their password. */
bool directory_can_find(const struct directory *directory);

/* The user with this name and password; NULL when there is none, the password is another, or he
 * is locked. An empty password is nobody's and is never sent. Fails with DIRECTORY_UNAVAILABLE.
 * A cause is left in error for the log also when NULL is answered. */
must_check bool directory_verify(struct directory *directory, struct arena *arena, const char *name,
                                 const char *password, const struct directory_person **person_out,
                                 struct error *error);

/* The user with this id, or with this name when id is NULL; NULL when the filter finds none. */
must_check bool directory_find(struct directory *directory, struct arena *arena, const char *name,
                               const char *id, const struct directory_person **person_out,
                               struct error *error);

/* A group as it is written in a rule, in the form in which groups are compared: a DN, or a name
 * alone. NULL when it is neither. */
const char *directory_group_key(struct arena *arena, const struct text_rules *rules,
                                const char *group);

/* Whether a key names a group of the person's: by its DN, or by its first value. */
bool directory_is_member(struct arena *arena, const struct directory_person *person,
                         const char *key);

#endif
