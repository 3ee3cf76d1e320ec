/*
 * pipeline.c - a table of steps, and the ways in which a failed step is tried again.
 *
 * Reads run without a transaction: at READ COMMITTED it would promise nothing that single
 * statements do not, and it costs two round trips.
 */
#include "service/pipeline.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/time.h"
#include "call/call.h"
#include "call/platform.h"
#include "crypto/random.h"
#include "database/database.h"
#include "metadata/shape.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/forget.h"
#include "record/idempotency.h"
#include "security/identity.h"
#include "service/admission.h"
#include "service/authenticate.h"
#include "service/metrics.h"
#include "service/operation.h"
#include "service/request_digest.h"
#include "service/stage.h"
#include "text/zone.h"

enum step_name {
#define STEP(name, function) STEP_##name,
#include "service/steps.def"
#undef STEP
    STEP_COUNT
};

/* One operation on its way through the steps. */
struct run {
    struct call *call;
    const struct operation *operation;
    const struct credentials *credentials;
    const void *request;
    const struct message_codec *codec;
    void *response;
    bool is_in_transaction;
    bool is_admitted;
    bool is_known; /* who asks */
    bool is_decoded;
    bool is_prepared;
    bool is_repeated;            /* it had been answered before */
    uint8_t digest[SHA256_SIZE]; /* of the request, once it is needed */
    bool is_digested;
};

static bool acquire(struct run *run, struct error *error)
{
    return database_acquire(run->call->platform->database, &run->call->connection, error);
}

/* An operation that is anonymous gives nobody anything: what it is sent is not looked at. A run
 * that begins anew on another connection has used up the message's nonce already. */
static bool find_caller(struct run *run, struct error *error)
{
    struct call *call = run->call;

    if (run->operation->pattern->is_anonymous || run->is_known) {
        return true;
    }
    if (!authenticate(call, run->credentials, error) ||
        !authenticate_once(call, run->credentials, error)) {
        return false;
    }
    if (call->zone == NULL && call->identity->time_zone != NULL) {
        call->zone = zone_open(call->arena, call->identity->time_zone);
    }
    run->is_known = true;
    return true;
}

/* Whom we do not know, the attempts at logging in are counted of. */
static bool admit(struct run *run, struct error *error)
{
    const struct call *call = run->call;

    if (call->identity != NULL && !run->is_admitted) {
        run->is_admitted = admission_enter(call->platform->admission, &call->identity->user_id,
                                           call->settings->http.requests_per_user, error);
        return run->is_admitted;
    }
    return true;
}

static bool check_privilege(struct run *run, struct error *error)
{
    const struct operation *operation = run->operation;

    return operation_authorise(operation->pattern, operation->name, operation->service->entity,
                               run->call->identity, error);
}

/* Not before it is known who asks: his time zone may be needed, and who may not ask costs us no
 * more than that. */
static bool decode(struct run *run, struct error *error)
{
    const struct message_codec *codec = run->codec;

    if (!run->is_decoded && codec->decode != NULL &&
        !codec->decode(codec->context, run->call, error)) {
        return false;
    }
    run->is_decoded = true;
    return true;
}

static bool stage(struct run *run, struct error *error)
{
    return stage_files(run->call, run->operation, run->request, error);
}

static bool check_deadline(struct run *run, struct error *error)
{
    if (run->call->deadline != 0 && time_monotonic() > run->call->deadline) {
        return error_set(error, ERROR_TIMEOUT, NULL, "The time for the request was over");
    }
    return true;
}

static bool begin(struct run *run, struct error *error)
{
    if (run->operation->pattern->transaction != OPERATION_WRITES) {
        return true;
    }
    run->is_in_transaction = connection_begin(run->call->connection, TRANSACTION_WRITE, error);
    return run->is_in_transaction;
}

static bool handle(struct run *run, struct error *error)
{
    const struct operation_pattern *pattern = run->operation->pattern;

    run->call->row_count = 0;
    run->response = arena_allocate(run->call->arena, pattern->response->size);
    return pattern->handler(run->call, run->operation, run->request, run->response, error);
}

static bool encode(struct run *run, struct error *error)
{
    return run->codec->encode(run->codec->context, run->call, run->operation, run->response, error);
}

/* ---- done once ---- */

/* A write that may be sent again, and is to be done once all the same. */
static bool is_once(const struct run *run)
{
    const struct call *call = run->call;

    return call->has_request_id && !call->is_validate_only &&
           run->operation->pattern->transaction == OPERATION_WRITES;
}

static bool digest(struct run *run, struct error *error)
{
    run->is_digested = run->is_digested ||
                       request_digest(run->call, run->operation, run->request, run->digest, error);
    return run->is_digested;
}

static bool has_secret(const struct shape *shape)
{
    bool is_found = false;

    for (size_t i = 0; i < shape->member_count && !is_found; i++) {
        const struct shape_member *member = &shape->members[i];
        is_found = member->is_secret || (member->type == SHAPE_STRUCT && has_secret(member->shape));
    }
    return is_found;
}

/* What was kept for the request's id, when it was answered before; NULL: it was not. */
static bool find_answer(struct run *run, const char **answer_out, struct error *error)
{
    *answer_out = NULL;
    return !is_once(run) ||
           (digest(run, error) &&
            idempotency_find(run->call, run->call->request_id, run->digest, answer_out, error));
}

/* What is prepared is asked about first: a password that was changed is no longer right when its
 * request comes again. */
static bool prepare(struct run *run, struct error *error)
{
    operation_preparation preparation = run->operation->pattern->prepare;
    const char *answer = NULL;

    if (preparation == NULL || run->is_prepared) {
        return true;
    }
    if (!find_answer(run, &answer, error)) {
        return false;
    }
    if (answer != NULL) {
        return error_set(error, ERROR_DATABASE_CONFLICT, "id", "The request was answered before");
    }
    run->is_prepared = preparation(run->call, run->operation, run->request, error);
    return run->is_prepared;
}

/* The last of the transaction, so that nobody waits for it longer than he must. */
static bool keep(struct run *run, struct error *error)
{
    if (!is_once(run)) {
        return true;
    }
    if (!digest(run, error)) {
        return false;
    }
    struct kept_answer kept = {
        .text = run->codec->answer(run->codec->context),
        .is_sealed = has_secret(run->operation->pattern->response),
    };
    memcpy(kept.digest, run->digest, sizeof(kept.digest));
    return idempotency_keep(run->call, run->call->request_id, &kept, error) ||
           (error->code == ERROR_DATABASE_UNIQUE &&
            error_set(error, ERROR_DATABASE_CONFLICT, "id",
                      "The request is being answered by another copy of it"));
}

/* Nearly every request comes for the first time: only one that fails, if only because its id is
 * taken, is looked up among those that were answered. Tells whether it is settled so. When that
 * cannot be found out, or another request had the id, or the answer is gone, that is the error:
 * what the operation failed for may come of its having been done before. */
static bool repeat(struct run *run, enum step_name reached, struct error *error)
{
    const char *answer = NULL;
    struct error found = {0};

    bool may_be_answered =
        reached == STEP_PREPARE || (reached >= STEP_HANDLE && reached < STEP_COMMIT);
    if (!is_once(run) || !may_be_answered) {
        return false;
    }
    if (!interrupt_at("repeat", &found) || !find_answer(run, &answer, &found)) {
        *error = found;
        return false;
    }
    if (answer != NULL) {
        run->codec->repeat(run->codec->context, answer);
        run->is_repeated = true;
        error_clear(error);
    }
    return answer != NULL;
}

/* ---- the end ---- */

static bool commit(struct run *run, struct error *error)
{
    if (!run->is_in_transaction) {
        return true;
    }
    run->is_in_transaction = false;
    if (run->call->is_validate_only) {
        connection_rollback(run->call->connection);
        return true;
    }
    return connection_commit(run->call->connection, error);
}

static bool sweep(struct run *run, struct error *error)
{
    (void)error;
    if (is_once(run)) {
        idempotency_sweep(run->call);
    }
    return true;
}

static const struct step {
    const char *name;
    bool (*take)(struct run *run, struct error *error);
} steps[STEP_COUNT] = {
#define STEP(name, function) {#function, function},
#include "service/steps.def"
#undef STEP
};

/* After which failures a run goes on from which step, or from the one that failed, if that comes
 * before: no step is ever left out. Both promise that nothing was written. A lost connection may
 * have been an idle one that the database closed: a fresh one will do. */
static const struct retry {
    enum error_code code;
    enum step_name from;
    int times;
    int wait; /* ms at most before the first; grows with each */
} retries[] = {
    {.code = ERROR_DATABASE_CONFLICT, .from = STEP_CHECK_DEADLINE, .times = 5, .wait = 10},
    {.code = ERROR_DATABASE_UNAVAILABLE, .from = STEP_ACQUIRE, .times = 1, .wait = 0},
};

enum { RETRY_COUNT = sizeof(retries) / sizeof(retries[0]) };

static void undo(struct run *run)
{
    if (run->is_in_transaction) {
        connection_rollback(run->call->connection);
        run->is_in_transaction = false;
    }
}

/* Runs the steps from one on; tells which was the last. */
static bool run_steps(struct run *run, enum step_name from, enum step_name *reached_out,
                      struct error *error)
{
    for (enum step_name step = from; step < STEP_COUNT; step++) {
        *reached_out = step;
        if (!interrupt_at(steps[step].name, error) || !steps[step].take(run, error)) {
            undo(run);
            return false;
        }
    }
    return true;
}

/* Waits a random part of the time, so that those who met do not meet again. */
static void wait_at_most(int milliseconds)
{
    uint32_t chance;

    if (milliseconds == 0) {
        return;
    }
    random_bytes(&chance, sizeof(chance));
    int64_t microseconds = (int64_t)(chance % (uint32_t)(milliseconds * 1000));
    nanosleep(&(struct timespec){.tv_nsec = (long)microseconds * 1000}, NULL);
}

/* The row that allows one more try, or NULL. A connection that could not be had at all is not
 * asked for twice. */
static const struct retry *retry_after(enum error_code code, enum step_name reached,
                                       int tries[RETRY_COUNT])
{
    for (size_t i = 0; i < RETRY_COUNT; i++) {
        if (retries[i].code == code && reached > STEP_ACQUIRE && tries[i] < retries[i].times) {
            tries[i]++;
            wait_at_most(retries[i].wait << tries[i]);
            return &retries[i];
        }
    }
    return NULL;
}

static bool run_with_retries(struct run *run, struct error *error)
{
    int tries[RETRY_COUNT] = {0};
    enum step_name from = STEP_ACQUIRE;
    enum step_name reached = STEP_ACQUIRE;

    while (!run_steps(run, from, &reached, error)) {
        if (repeat(run, reached, error)) {
            return true;
        }
        const struct retry *retry = retry_after(error->code, reached, tries);
        if (retry == NULL) {
            return false;
        }
        from = retry->from < reached ? retry->from : reached;
        run->call->is_repeated = true;
        if (from == STEP_ACQUIRE) {
            database_release(&run->call->connection);
        }
        error_clear(error);
    }
    return true;
}

/* Who is told that a record has changed is told what it is now, as far as he may see it. */
static void show_conflict(struct run *run, const struct error *error)
{
    struct conflict *conflict = &run->call->conflict;
    struct error ignored = {0};
    struct column_set columns;
    struct record *record = NULL;

    if (error->code == ERROR_VERSION_CONFLICT && conflict->entity != NULL &&
        query_columns(run->call, conflict->entity, NULL, 0, true, &columns, &ignored) &&
        record_retrieve(run->call, conflict->entity, &conflict->id, &columns, &record, &ignored)) {
        conflict->current = record;
    }
}

static enum log_level level_of(enum error_code code)
{
    if (code == ERROR_NONE || error_kind(code)->is_client_fault) {
        return LOG_LEVEL_INFO;
    }
    return error_kind(code)->is_retryable ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR;
}

/* NULL leaves a field out of the line. */
static const char *if_any(const char *name, const char *text)
{
    return text != NULL && *text != '\0' ? name : NULL;
}

static void report(const struct run *run, int64_t milliseconds, const struct error *error)
{
    const struct call *call = run->call;
    const char *user = call->identity == NULL ? NULL : call->identity->user_name;
    const char *code = error->code == ERROR_NONE ? NULL : error_kind(error->code)->name;
    const char *mode = run->is_repeated ? "repeated" : call->is_validate_only ? "validate" : NULL;

    service_metrics_count(call->platform->metrics, run->operation->pattern, error->code,
                          milliseconds);
    log_event(call->platform->log, level_of(error->code), "call",
              LOG_TEXT("request", call->request_id), LOG_TEXT(if_any("user", user), user),
              LOG_TEXT(if_any("application", call->application), call->application),
              LOG_TEXT(if_any("peer", call->peer_address), call->peer_address),
              LOG_TEXT("operation", run->operation->name), LOG_NUMBER("ms", milliseconds),
              LOG_NUMBER(call->row_count > 0 ? "rows" : NULL, call->row_count),
              LOG_TEXT(mode == NULL ? NULL : "mode", mode), LOG_TEXT(if_any("code", code), code),
              LOG_TEXT(if_any("entity", error->entity), error->entity),
              LOG_TEXT(if_any("field", error->subject), error->subject),
              LOG_TEXT(if_any("message", error->message), error->message),
              LOG_TEXT(if_any("cause", error->cause), error->cause));
}

bool service_verify(struct call *call, const struct credentials *credentials, struct error *error)
{
    bool is_done = database_acquire(call->platform->database, &call->connection, error) &&
                   authenticate(call, credentials, error);

    forget_again(call);
    database_release(&call->connection);
    return is_done;
}

bool service_run(struct call *call, const struct operation *operation,
                 const struct credentials *credentials, const void *request,
                 const struct message_codec *codec, struct error *error)
{
    struct run run = {
        .call = call,
        .operation = operation,
        .credentials = credentials,
        .request = request,
        .codec = codec,
    };
    int64_t started = time_monotonic();

    error_clear(error);
    bool is_done = run_with_retries(&run, error);
    forget_again(call);
    show_conflict(&run, error);
    if (run.is_decoded && call->connection != NULL &&
        (!is_done || run.is_repeated || call->is_validate_only)) {
        stage_drop_files(call, operation, request);
    }
    if (run.is_admitted) {
        admission_leave(call->platform->admission, &call->identity->user_id);
    }
    database_release(&call->connection);
    report(&run, time_monotonic() - started, error);
    return is_done;
}
