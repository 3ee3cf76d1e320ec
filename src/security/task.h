/*
 * task.h - task privileges: what one may do beside rights on records.
 *
 * A role allows tasks by name, without depth.
 */
#ifndef SECURITY_TASK_H
#define SECURITY_TASK_H

#include <stdbool.h>

/* TASK(constant, name, meaning) */
#define TASK_LIST(TASK)                                                                            \
    TASK(ACT_ON_BEHALF, "actOnBehalf", "act in another user's name")                               \
    TASK(BULK_DELETE, "bulkDelete", "delete many records with one order")                          \
    TASK(CUSTOMIZE, "customize", "change what entities, forms and views there are")                \
    TASK(EXPORT, "export", "take lists of records out of the system")                              \
    TASK(GO_OFFLINE, "goOffline", "keep a copy of one's records on another machine")               \
    TASK(MANAGE_JOBS, "manageJobs", "see, suspend and cancel the jobs of others")                  \
    TASK(MANAGE_SECURITY, "manageSecurity", "manage users, units, teams, roles and sessions")      \
    TASK(MERGE, "merge", "join two records into one")                                              \
    TASK(OVERRIDE_CREATED_ON, "overrideCreatedOn", "say when an imported record was created")      \
    TASK(READ_AUDIT, "readAudit", "read who changed what")                                         \
    TASK(SEND_AS_USER, "sendAsUser", "send messages in another user's name")                       \
    TASK(SUBSCRIBE, "subscribe", "have changes brought to an address of one's own")

enum task {
#define TASK_CONSTANT(constant, name, meaning) TASK_##constant,
    TASK_LIST(TASK_CONSTANT)
#undef TASK_CONSTANT
        TASK_COUNT
};

/* "merge", as in metadata/roles/; and what it lets one do, for a fault text. */
const char *task_name(enum task task);
const char *task_meaning(enum task task);
bool task_parse(const char *name, enum task *task_out);

#endif
