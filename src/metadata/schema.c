/*
 * schema.c - compares, plans and runs schema changes under a lease, so that any node may go on.
 *
 * A plan that was begun is finished first, towards what it was planned for, whatever this node
 * wants: only then does the description of what was reached say what is really there.
 */
#include "metadata/schema.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "base/uuid.h"
#include "crypto/random.h"
#include "database/database.h"
#include "database/lease.h"
#include "database/table.h"
#include "metadata/catalog.h"
#include "metadata/schema_fill.h"
#include "metadata/schema_journal.h"
#include "metadata/schema_run.h"
#include "metadata/schema_text.h"

enum {
    /* Grows when older programs must not use the tables any more; 5: they would leave columns that
     * are made of others as they were. */
    RELEASE = 5,
    LEASE_TIME = 15000,
    PATIENCE = 600000,
    POLL_TIME = 200,
};

static const char lease_name[] = "schema";

/* One run: its connection, and who it is. */
struct work {
    const struct schema_run *run;
    struct arena *arena;
    struct connection *connection;
    struct uuid holder;
    int64_t lease_kept_at; /* monotonic, ms */
    size_t steps_run;
};

/* ---- comparing ---- */

static int compare_tables(const void *left, const void *right)
{
    const struct table *const *left_table = left;
    const struct table *const *right_table = right;
    return strcmp((*left_table)->name, (*right_table)->name);
}

static const struct table *find_table(const struct array *tables, const char *name)
{
    for (size_t i = 0; i < tables->count; i++) {
        const struct table *table = tables->items[i];
        if (strcmp(table->name, name) == 0) {
            return table;
        }
    }
    return NULL;
}

/* The tables wanted, with all that is there and is no longer wanted. */
static void merge(struct arena *arena, const struct array *present, const struct array *wanted,
                  struct array *merged)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const struct table *table = wanted->items[i];
        array_add(merged, schema_merge_table(arena, find_table(present, table->name), table));
    }
    for (size_t i = 0; i < present->count; i++) {
        const struct table *table = present->items[i];
        if (find_table(wanted, table->name) == NULL) {
            array_add(merged, table);
        }
    }
    if (merged->count > 0) {
        qsort(merged->items, merged->count, sizeof(void *), compare_tables);
    }
}

static bool is_same(struct arena *arena, const struct array *left, const struct array *right)
{
    bool same = left->count == right->count;
    for (size_t i = 0; same && i < left->count; i++) {
        const struct table *left_table = left->items[i];
        const struct table *right_table = right->items[i];
        same = strcmp(left_table->name, right_table->name) == 0 &&
               strcmp(schema_text_write(arena, left_table),
                      schema_text_write(arena, right_table)) == 0;
    }
    return same;
}

static bool check_release(struct work *work, struct error *error)
{
    int64_t release = 0;
    if (!schema_journal_release(work->connection, work->arena, &release, error)) {
        return false;
    }
    if (release > work->run->release) {
        return error_set(error, ERROR_SCHEMA_MISMATCH, NULL,
                         "The database was made by a later release of the program");
    }
    return true;
}

/* Whether nothing is left to do; target is what the tables shall be. */
static bool compare(struct work *work, const struct array *wanted, struct array *target,
                    bool *is_same_out, struct error *error)
{
    struct array reached;
    struct array planned;
    array_init(&reached, work->arena);
    array_init(&planned, work->arena);
    if (!check_release(work, error) ||
        !schema_journal_read(work->connection, work->arena, SCHEMA_REACHED, &reached, error) ||
        !schema_journal_read(work->connection, work->arena, SCHEMA_PLANNED, &planned, error)) {
        return false;
    }
    merge(work->arena, &reached, wanted, target);
    *is_same_out = planned.count == 0 && is_same(work->arena, &reached, target);
    return true;
}

/* ---- the lease ---- */

static void wait_milliseconds(int64_t milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static bool take_lease(struct work *work, struct error *error)
{
    int64_t until = time_monotonic() + work->run->patience;
    bool is_taken = false;
    for (;;) {
        if (!lease_take(work->connection, lease_name, &work->holder, work->run->lease_time,
                        &is_taken, error)) {
            return false;
        }
        if (is_taken) {
            return true;
        }
        if (time_monotonic() >= until) {
            return error_set(error, ERROR_DATABASE_TIMEOUT, NULL,
                             "Another node is changing the schema and has not finished");
        }
        wait_milliseconds(POLL_TIME);
    }
}

/* Renews it; a step that took longer than the lease may have let another node go on. */
static bool keep_lease(struct work *work, struct error *error)
{
    bool is_taken = false;
    if (!lease_take(work->connection, lease_name, &work->holder, work->run->lease_time, &is_taken,
                    error)) {
        return false;
    }
    work->lease_kept_at = time_monotonic();
    return is_taken || error_set(error, ERROR_DATABASE_CONFLICT, NULL,
                                 "Another node goes on with the schema change");
}

/* ---- running ---- */

static bool may_go_on(struct work *work, struct error *error)
{
    const struct schema_run *run = work->run;
    if (run->may_go_on != NULL && !run->may_go_on(run->context, work->steps_run)) {
        return error_set(error, ERROR_INTERNAL, NULL, "The schema change was interrupted");
    }
    return true;
}

/* Pieces are many and short, and to renew the lease is a commit. */
static bool may_fill_on(void *context, struct error *error)
{
    struct work *work = context;
    int64_t kept_for = time_monotonic() - work->lease_kept_at;
    return may_go_on(work, error) &&
           (kept_for < work->run->lease_time / 4 || keep_lease(work, error));
}

static bool run_fill(struct work *work, const struct table_step *step, int64_t *rows_out,
                     struct error *error)
{
    const struct schema_fill fill = {.connection = work->connection,
                                     .table = step->table,
                                     .columns = step->filled,
                                     .column_count = step->filled_count,
                                     .may_go_on = may_fill_on,
                                     .context = work};
    return schema_fill(&fill, rows_out, error);
}

static bool run_step(struct work *work, const struct table_step *step, size_t position,
                     struct error *error)
{
    int64_t begin = time_monotonic();
    int64_t rows = 0;
    if (!may_go_on(work, error) || !keep_lease(work, error)) {
        return false;
    }
    if (!(step->kind == TABLE_STEP_FILL_COLUMNS ? run_fill(work, step, &rows, error)
                                                : table_step_run(work->connection, step, error))) {
        return false;
    }
    work->steps_run++;
    log_event(work->run->log, LOG_LEVEL_DEBUG, "schema_step",
              LOG_TEXT("step", table_step_describe(work->arena, step)), LOG_NUMBER("rows", rows),
              LOG_NUMBER("ms", time_monotonic() - begin));
    return may_go_on(work, error) &&
           schema_journal_mark_done(work->connection, work->arena, position, error);
}

static bool plan_steps(struct work *work, const struct array *from, const struct array *to,
                       struct array *steps, struct error *error)
{
    return table_plan(work->arena, connection_dialect(work->connection),
                      (const struct table *const *)from->items, from->count,
                      (const struct table *const *)to->items, to->count, steps, error);
}

static bool run_journal(struct work *work, struct error *error);

/* The table without one of its indexes. */
static const struct table *without_index(struct arena *arena, const struct table *table,
                                         const struct table_index *index)
{
    struct table *copy = arena_copy(arena, table, sizeof(*table));
    struct table_index *indexes = arena_allocate_array(arena, table->index_count, sizeof(*indexes));
    copy->index_count = 0;
    copy->indexes = indexes;
    for (size_t i = 0; i < table->index_count; i++) {
        if (&table->indexes[i] != index) {
            indexes[copy->index_count++] = table->indexes[i];
        }
    }
    return copy;
}

/* What is planned is reached without the index of a key that rows break: a plan that cannot end
 * would keep every release out, that without the key as well. */
static bool give_up_index(struct work *work, const struct array *reached,
                          const struct array *planned, const struct table_step *step,
                          struct error *error)
{
    struct array target;
    struct array steps;
    array_init(&target, work->arena);
    array_init(&steps, work->arena);
    for (size_t i = 0; i < planned->count; i++) {
        const struct table *table = planned->items[i];
        array_add(&target,
                  table == step->table ? without_index(work->arena, table, step->index) : table);
    }
    return plan_steps(work, reached, &target, &steps, error) &&
           schema_journal_plan(work->connection, work->arena, &target, &steps, work->run->release,
                               error) &&
           run_journal(work, error);
}

static bool refuse_key(struct work *work, const struct array *reached, const struct array *planned,
                       const struct table_step *step, struct error *error)
{
    char cause[sizeof(error->cause)];
    memcpy(cause, error->cause, sizeof(cause));
    error_clear(error);
    if (!give_up_index(work, reached, planned, step, error)) {
        return false;
    }
    error_set_about(error, ERROR_SCHEMA_MISMATCH, step->table->name, step->index->name,
                    "The key %s of the table %s cannot be made: rows that are there have the same "
                    "values in it",
                    step->index->name, step->table->name);
    return error_add_cause(error, "%s", cause);
}

/* Runs the plan in the journal, from the first step that is not marked. */
static bool run_journal(struct work *work, struct error *error)
{
    struct array reached;
    struct array planned;
    struct array steps;
    size_t done = 0;
    array_init(&reached, work->arena);
    array_init(&planned, work->arena);
    array_init(&steps, work->arena);
    if (!schema_journal_read(work->connection, work->arena, SCHEMA_REACHED, &reached, error) ||
        !schema_journal_read(work->connection, work->arena, SCHEMA_PLANNED, &planned, error)) {
        return false;
    }
    if (planned.count == 0) {
        return true;
    }
    if (!plan_steps(work, &reached, &planned, &steps, error) ||
        !schema_journal_count_done(work->connection, work->arena, &done, error)) {
        return false;
    }
    for (size_t i = done; i < steps.count; i++) {
        const struct table_step *step = steps.items[i];
        if (!run_step(work, step, i, error)) {
            return error->code == ERROR_DATABASE_UNIQUE && step->kind == TABLE_STEP_CREATE_INDEX &&
                   refuse_key(work, &reached, &planned, step, error);
        }
    }
    return may_go_on(work, error) && keep_lease(work, error) &&
           schema_journal_finish(work->connection, work->arena, error);
}

static bool write_plan(struct work *work, const struct array *wanted, bool *is_needed_out,
                       struct error *error)
{
    struct array reached;
    struct array target;
    struct array steps;
    bool is_up_to_date = false;
    array_init(&reached, work->arena);
    array_init(&target, work->arena);
    array_init(&steps, work->arena);
    if (!compare(work, wanted, &target, &is_up_to_date, error)) {
        return false;
    }
    *is_needed_out = !is_up_to_date;
    if (is_up_to_date) {
        return true;
    }
    if (!schema_journal_read(work->connection, work->arena, SCHEMA_REACHED, &reached, error) ||
        !plan_steps(work, &reached, &target, &steps, error)) {
        return false;
    }
    log_event(work->run->log, LOG_LEVEL_INFO, "schema_change",
              LOG_NUMBER("steps", (int64_t)steps.count));
    return schema_journal_plan(work->connection, work->arena, &target, &steps, work->run->release,
                               error);
}

/* The work is done by then: a lease that cannot be given back runs out by itself. */
static void give_back_lease(struct work *work)
{
    struct error error = {.code = ERROR_NONE};
    if (!lease_give_back(work->connection, lease_name, &work->holder, &error)) {
        log_event(work->run->log, LOG_LEVEL_WARNING, "lease_kept", LOG_TEXT("lease", lease_name),
                  LOG_TEXT("cause", error.cause));
    }
}

static bool change(struct work *work, const struct array *wanted, struct error *error)
{
    bool is_needed = false;
    if (!take_lease(work, error) || !check_release(work, error) || !run_journal(work, error) ||
        !write_plan(work, wanted, &is_needed, error)) {
        return false;
    }
    if (is_needed && !run_journal(work, error)) {
        return false;
    }
    give_back_lease(work);
    return true;
}

static struct uuid make_holder(void)
{
    uint8_t random[10];
    random_bytes(random, sizeof(random));
    return uuid_make(time_now(), random);
}

bool schema_run(const struct schema_run *run, const struct array *tables, struct error *error)
{
    struct work work = {.run = run, .arena = arena_create(), .holder = make_holder()};
    struct array target;
    bool is_up_to_date = false;
    bool done = false;

    array_init(&target, work.arena);
    if (!database_acquire(run->database, &work.connection, error) ||
        !schema_journal_prepare(work.connection, error) ||
        !compare(&work, tables, &target, &is_up_to_date, error)) {
        goto finish;
    }
    if (!is_up_to_date && !change(&work, tables, error)) {
        goto finish;
    }
    done = true;

finish:
    database_release(&work.connection);
    arena_destroy(&work.arena);
    return done;
}

/* ---- for the program ---- */

static void collect(const struct catalog *catalog, const struct table *const *platform_tables,
                    size_t platform_table_count, struct array *tables)
{
    for (size_t i = 0; i < catalog->table_count; i++) {
        array_add(tables, catalog->tables[i]);
    }
    for (size_t i = 0; i < platform_table_count; i++) {
        array_add(tables, platform_tables[i]);
    }
}

/* An entity whose table has the name of one of the platform's would share it. */
static bool check_names(const struct array *tables, struct error *error)
{
    for (size_t i = 0; i < tables->count; i++) {
        const struct table *table = tables->items[i];
        if (find_table(tables, table->name) != table) {
            return error_set(error, ERROR_SCHEMA_MISMATCH, table->name,
                             "The table %s is wanted twice", table->name);
        }
    }
    return true;
}

bool schema_bring_up_to_date(struct database *database, const struct catalog *catalog,
                             const struct table *const *platform_tables,
                             size_t platform_table_count, const struct log *log,
                             struct error *error)
{
    struct arena *arena = arena_create();
    struct array tables;
    struct schema_run run = {.database = database,
                             .log = log,
                             .release = RELEASE,
                             .lease_time = LEASE_TIME,
                             .patience = PATIENCE};
    array_init(&tables, arena);
    collect(catalog, platform_tables, platform_table_count, &tables);
    bool done = check_names(&tables, error) && schema_run(&run, &tables, error);
    arena_destroy(&arena);
    return done;
}

bool schema_check(struct database *database, const struct catalog *catalog,
                  const struct table *const *platform_tables, size_t platform_table_count,
                  bool *is_up_to_date_out, struct error *error)
{
    struct schema_run run = {.database = database, .release = RELEASE};
    struct work work = {.run = &run, .arena = arena_create()};
    struct array tables;
    struct array target;
    bool exists = false;
    bool is_up_to_date = false;
    bool done = false;

    array_init(&tables, work.arena);
    array_init(&target, work.arena);
    collect(catalog, platform_tables, platform_table_count, &tables);
    if (!database_acquire(database, &work.connection, error) ||
        !schema_journal_exists(work.connection, &exists, error)) {
        goto finish;
    }
    if (exists && !compare(&work, &tables, &target, &is_up_to_date, error)) {
        goto finish;
    }
    *is_up_to_date_out = is_up_to_date;
    done = true;

finish:
    database_release(&work.connection);
    arena_destroy(&work.arena);
    return done;
}
