/*
 * upsert.c - changes the record that has the key, or creates it; of two who create at once,
 * the second changes what the first made.
 */
#include <string.h>

#include "base/error.h"
#include "database/database.h"
#include "record/write.h"
#include "security/authorise.h"

static bool undo_creation(struct work *work, struct work_mark before, struct error *error)
{
    error_clear(error);
    work_go_back(work, before);
    return connection_savepoint_undo(work->call->connection, error);
}

/* Tries to create; is_taken_out tells that another was quicker, and nothing was written. Where new
 * rows are held back, that shows when they are written, and then this one is done again, alone. */
static bool try_create(struct work *work, struct record *given, struct write_outcome *outcome_out,
                       bool *is_taken_out, struct error *error)
{
    struct work_mark before = work_mark(work);
    struct uuid root_before = work->root_id;
    *is_taken_out = false;
    if (work->call->held != NULL) {
        return create_in(work, given, outcome_out, error);
    }
    if (!connection_savepoint(work->call->connection, error)) {
        return false;
    }
    if (create_in(work, given, outcome_out, error)) {
        return connection_savepoint_keep(work->call->connection, error);
    }
    if (error->code != ERROR_DUPLICATE_KEY) {
        return false;
    }
    struct error refusal = *error;
    work->root_id = root_before;
    if (!undo_creation(work, before, error)) {
        return false;
    }
    *error = refusal;
    *is_taken_out = true;
    return true;
}

/* Not about one of those sent along. */
static bool is_missing(const struct record *given, const struct error *error)
{
    return error->code == ERROR_RECORD_NOT_FOUND && strcmp(error->entity, given->entity->name) == 0;
}

bool upsert_in(struct work *work, struct record *given, const struct key *key,
               struct write_outcome *outcome_out, struct error *error)
{
    struct call *call = work->call;
    bool is_root = uuid_is_empty(&work->root_id);
    bool has_expected_version = is_root && call->has_expected_version;
    bool is_found = false;
    bool is_taken = false;
    struct uuid id;

    if (!authorise_privilege(call->identity, given->entity, RIGHT_CREATE, error) ||
        !authorise_privilege(call->identity, given->entity, RIGHT_WRITE, error) ||
        !key_find(call, given, key, &id, &is_found, error)) {
        return false;
    }
    if (!is_found) {
        if (!try_create(work, given, outcome_out, &is_taken, error)) {
            return false;
        }
        if (!is_taken) {
            return true;
        }
        struct error refusal = *error;
        if (!key_find(call, given, key, &id, &is_found, error)) {
            return false;
        }
        if (!is_found) {
            *error = refusal; /* it was another key that is taken */
            return false;
        }
        error_clear(error);
    }
    if (update_in(work, given, &id, has_expected_version, outcome_out, error)) {
        return true;
    }
    if (!is_missing(given, error)) {
        return false;
    }
    /* The key is that of a record which the caller may not see. */
    error_clear(error);
    return try_create(work, given, outcome_out, &is_taken, error) && !is_taken;
}

bool record_upsert(struct call *call, struct record *record, const struct key *key,
                   struct write_outcome *outcome_out, struct error *error)
{
    struct work work;
    struct write_outcome outcome;
    work_begin(&work, call);
    if (!upsert_in(&work, record, key, &outcome, error) || !work_end(&work, error)) {
        return false;
    }
    outcome.version = work.root_version;
    *outcome_out = outcome;
    return true;
}
