/*
 * tables.h - the tables of this floor and the names of their columns, for its own files.
 */
#ifndef SECURITY_TABLES_H
#define SECURITY_TABLES_H

#include "database/table.h"
#include "security/share.h"

extern const struct table credential_table;     /* user -> password, and how often it changed */
extern const struct table attempt_table;        /* name tried -> failures, and wait until */
extern const struct table session_table;        /* token digest -> user, times */
extern const struct table role_privilege_table; /* role, entity, right -> depth */
extern const struct table principal_role_table; /* user or team, role -> whence it came */
extern const struct table former_role_table;    /* of release 1: user, role; not wanted any more */
extern const struct table team_member_table;    /* team, user; not of default teams */
extern const struct table known_source_table;   /* name and address from which it came in, when */
extern const struct table application_secret_table;      /* user -> secret, sealed */
extern const struct table application_certificate_table; /* fingerprint -> user */
extern const struct table replay_table;                  /* what was used once, until when */
extern const struct table directory_user_table;  /* user -> entry of the directory, when found */
extern const struct table directory_group_table; /* group of the directory, role */

extern const struct table field_permission_table;  /* profile, field -> rights */
extern const struct table principal_profile_table; /* user or team, profile */

/* In role_privilege_table: every entity, or every right. */
#define PRIVILEGE_ANY "*"

/* In role_privilege_table, in place of an entity: the right is the name of a task. */
#define PRIVILEGE_TASK "task"

/* In principal_role_table: the role came with a group of the directory. */
#define ROLE_SOURCE_DIRECTORY "directory"

#endif
