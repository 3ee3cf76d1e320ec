/*
 * directory_link.h - what the database keeps of the directory: which user is which entry, and
 * which groups give which roles.
 *
 * An entry is known by the id that stays when it is renamed, so a user keeps his records, and
 * somebody new who bears an old name does not get them.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef SECURITY_DIRECTORY_LINK_H
#define SECURITY_DIRECTORY_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct connection;
struct directory_person;
struct error;

/* ---- users ---- */

/* The user who is the entry with this id. */
must_check bool directory_link_find_user(struct connection *connection, struct arena *arena,
                                         const char *directory_id, struct uuid *user_id_out,
                                         bool *is_found_out, struct error *error);

struct directory_link {
    const char *directory_id; /* NULL: the user is none of the directory's */
    int64_t found_on;         /* moment at which he was last found in it */
};

/* The entry that a user is. */
must_check bool directory_link_read(struct connection *connection, struct arena *arena,
                                    const struct uuid *user_id, struct directory_link *link_out,
                                    struct error *error);

/* Fails with DATABASE_UNIQUE when user or entry has another partner. */
must_check bool directory_link_add(struct connection *connection, struct arena *arena,
                                   const struct uuid *user_id, const struct directory_link *link,
                                   struct error *error);

/* Notes that a user was found again. */
must_check bool directory_link_note(struct connection *connection, struct arena *arena,
                                    const struct uuid *user_id, int64_t found_on,
                                    struct error *error);

must_check bool directory_link_remove(struct connection *connection, struct arena *arena,
                                      const struct uuid *user_id, struct error *error);

/* ---- groups ---- */

struct directory_rule {
    const char *key;  /* as it is compared: directory_group_key */
    const char *name; /* as it was written */
    struct uuid role_id;
};

/* Gives a role to a group; nothing happens when it has it. */
must_check bool directory_rule_add(struct connection *connection, struct arena *arena,
                                   const struct directory_rule *rule, struct error *error);

must_check bool directory_rule_remove(struct connection *connection, struct arena *arena,
                                      const struct directory_rule *rule, struct error *error);

/* All of them, by the name of the group. */
must_check bool directory_rule_list(struct connection *connection, struct arena *arena,
                                    const struct directory_rule **rules_out, size_t *count_out,
                                    struct error *error);

/* The roles that a person's groups give. */
must_check bool directory_rule_roles(struct connection *connection, struct arena *arena,
                                     const struct directory_person *person,
                                     const struct uuid **role_ids_out, size_t *count_out,
                                     struct error *error);

#endif
