/*
 * chores.c - what has to be done every so often.
 */
#include "job/chores.h"

#include "base/array.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/event.h"
#include "change/number.h"
#include "database/database.h"
#include "generated/settings.h"
#include "mail/tie.h"
#include "record/bin.h"

/* Readers of changes wait for their numbers: so often that nobody notices. */
static bool number_changes(const struct chore_call *call, bool *has_more_out, struct error *error)
{
    int64_t count = 0;
    bool is_done = change_number(call->connection, call->arena, &count, error);
    *has_more_out = count == CHANGE_NUMBERED_MOST;
    return is_done;
}

static bool sweep_changes(const struct chore_call *call, bool *has_more_out, struct error *error)
{
    const struct platform *platform = call->platform;
    int64_t before = platform->now() - platform->settings->changes.keep;
    int64_t count = 0;
    bool is_done = change_sweep(call->connection, call->arena, before, &count, error);
    *has_more_out = count > 0;
    return is_done;
}

/* Deletions leave the recycle bin; their files are swept with those that nobody links. */
static bool empty_bin(const struct chore_call *chore, bool *has_more_out, struct error *error)
{
    struct call *call = call_make(chore->arena, chore->platform);
    struct array gone;
    int64_t count = 0;
    array_init(&gone, call->arena);
    call->connection = chore->connection;
    if (!connection_begin(call->connection, TRANSACTION_WRITE_AT_ONCE, error)) {
        return false;
    }
    if (!bin_sweep(call, call->now - call->settings->bin.keep, &gone, &count, error) ||
        !mail_ties_forget(call, &gone, error)) {
        connection_rollback(call->connection);
        return false;
    }
    *has_more_out = count > 0;
    return connection_commit(call->connection, error);
}

static bool sweep_events(const struct chore_call *call, bool *has_more_out, struct error *error)
{
    const struct platform *platform = call->platform;
    int64_t before = platform->now() - platform->settings->security.keep_log;
    int64_t count = 0;
    bool is_done = event_sweep(call->connection, call->arena, before, &count, error);
    *has_more_out = count > 0;
    return is_done;
}

const struct chore platform_chores[] = {
    {.name = "number changes", .every = 50, .run = number_changes},
    {.name = "empty the recycle bin", .every = 60 * 1000, .run = empty_bin},
    {.name = "sweep changes", .every = 60 * 1000, .run = sweep_changes},
    {.name = "sweep the log of security", .every = 60 * 1000, .run = sweep_events},
};

const int platform_chore_count = sizeof(platform_chores) / sizeof(platform_chores[0]);
