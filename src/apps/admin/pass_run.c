/*
 * pass_run.c - a reader, and workers beside it.
 */
#include "apps/admin/pass_run.h"

#include <pthread.h>

#include "apps/admin/csv_source.h"
#include "apps/admin/draft.h"
#include "apps/admin/ledger.h"
#include "apps/admin/mapping.h"
#include "apps/admin/progress.h"
#include "apps/admin/queue.h"
#include "apps/admin/sender.h"
#include "apps/admin/target.h"
#include "base/arena.h"
#include "base/error.h"
#include "client/client.h"

enum { PATIENCE = 200, WORKERS_MAX = 16 };

struct worker {
    pthread_t thread;
    struct queue *queue;
    size_t lane;
    struct sender sender;
};

/* A pass on its way. */
struct running {
    const struct pass_run *run;
    struct pass *pass;
    struct arena *arena;
    struct csv_source *file;
    struct draft_maker *maker;
    struct target target;
    struct queue *queue;
    struct worker workers[WORKERS_MAX];
    size_t worker_count;
    size_t started;
    struct chunk *filling[WORKERS_MAX]; /* the chunk of each lane that is not full yet */
    struct progress progress;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct chunk *chunk;

    while ((chunk = queue_take(worker->queue, worker->lane)) != NULL) {
        sender_send(&worker->sender, chunk);
        struct arena *arena = chunk->arena;
        arena_destroy(&arena);
    }
    queue_leave(worker->queue);
    return NULL;
}

static void show_progress(struct running *running)
{
    struct row_counts counts = ledger_counts(running->run->ledger);
    size_t rows = 0;
    int64_t part;
    int64_t whole;

    for (size_t i = 0; i < ROW_OUTCOME_COUNT; i++) {
        rows += counts.of[i];
    }
    csv_source_progress(running->file, &part, &whole);
    progress_update(&running->progress, rows, part, whole);
}

static struct chunk *make_chunk(void)
{
    struct arena *arena = arena_create();
    struct chunk *chunk = arena_allocate(arena, sizeof(*chunk));

    chunk->arena = arena;
    return chunk;
}

/* Hands the chunk of a lane to its worker, who may be busy. */
static void hand_over(struct running *running, size_t lane)
{
    while (!queue_put(running->queue, lane, running->filling[lane], PATIENCE)) {
        show_progress(running);
    }
    running->filling[lane] = NULL;
}

/* The same lane for the same key, so that its rows keep their order. */
static size_t lane_of(const struct running *running, const struct draft *draft)
{
    unsigned hash = 2166136261U;

    for (size_t i = 0; i < running->target.key_field_count; i++) {
        const char *text = draft->values[running->target.key_fields[i]].text;
        for (; text != NULL && *text != '\0'; text++) {
            hash = (hash ^ (unsigned char)*text) * 16777619U;
        }
        hash *= 16777619U;
    }
    return hash % running->worker_count;
}

static const char *const *copy_cells(struct running *running, struct arena *arena,
                                     const char *const *cells)
{
    size_t count;

    (void)csv_source_columns(running->file, &count);
    const char **copies = arena_allocate_array(arena, count, sizeof(*copies));
    for (size_t i = 0; i < count; i++) {
        copies[i] = arena_copy_text(arena, cells[i]);
    }
    return copies;
}

/* A draft is made where it is not yet known to which lane it goes; its texts move there. */
static void move_draft(struct running *running, const struct draft *draft)
{
    size_t lane = lane_of(running, draft);

    if (running->filling[lane] == NULL) {
        running->filling[lane] = make_chunk();
    }
    struct chunk *chunk = running->filling[lane];
    struct draft *moved = arena_copy(chunk->arena, draft, sizeof(*draft));
    moved->cells = copy_cells(running, chunk->arena, draft->cells);
    moved->values = arena_copy(chunk->arena, draft->values,
                               running->pass->field_count * sizeof(*draft->values));
    for (size_t i = 0; i < running->pass->field_count; i++) {
        moved->values[i].text = arena_copy_text(chunk->arena, draft->values[i].text);
    }
    chunk->drafts[chunk->count++] = moved;
    if (chunk->count == CHUNK_SIZE) {
        hand_over(running, lane);
    }
}

static bool read_rows(struct running *running, struct error *error)
{
    struct arena *scratch = arena_create();
    bool has_row = true;
    bool is_done = true;

    while (has_row && !ledger_is_stopped(running->run->ledger)) {
        struct csv_row row;
        arena_reset(scratch);
        is_done = csv_source_next(running->file, scratch, &row, &has_row, error);
        if (!is_done || !has_row) {
            break;
        }
        const struct draft *draft = draft_make(running->maker, scratch, &row);
        if (draft != NULL && draft->problem != NULL) {
            ledger_fail_draft(running->run->ledger, draft);
        } else if (draft != NULL) {
            move_draft(running, draft);
        }
        show_progress(running);
    }
    arena_destroy(&scratch);
    return is_done;
}

static bool start_workers(struct running *running, struct client_error *client_error,
                          struct error *error)
{
    size_t wanted =
        running->run->workers == 0 ? (size_t)running->pass->workers : running->run->workers;

    running->worker_count = wanted > WORKERS_MAX ? WORKERS_MAX : wanted;
    running->queue = queue_make(running->arena, running->worker_count);
    for (size_t i = 0; i < running->worker_count; i++) {
        struct worker *worker = &running->workers[i];
        worker->queue = running->queue;
        worker->lane = i;
        worker->sender = (struct sender){
            .ledger = running->run->ledger, .pass = running->pass, .target = &running->target};
        if (!client_open_beside(running->arena, running->run->client, &worker->sender.client,
                                client_error)) {
            return false;
        }
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            return error_set(error, ERROR_INTERNAL, NULL, "A worker cannot be started");
        }
        running->started++;
    }
    return true;
}

/* Waits for what is under way; everything that was begun is then ended. */
static void stop_workers(struct running *running)
{
    for (size_t lane = 0; lane < running->worker_count; lane++) {
        if (running->filling[lane] != NULL && running->started == running->worker_count) {
            hand_over(running, lane);
        }
    }
    queue_end(running->queue);
    while (running->started == running->worker_count &&
           !queue_wait_until_left(running->queue, PATIENCE)) {
        show_progress(running);
    }
    for (size_t i = 0; i < running->started; i++) {
        pthread_join(running->workers[i].thread, NULL);
    }
    for (size_t i = 0; i < running->started; i++) {
        client_close(&running->workers[i].sender.client);
    }
}

static bool open_source(struct running *running, struct error *error)
{
    const struct source *source = running->pass->source;
    const char *path = mapping_path(running->arena, running->run->mapping, source);

    return csv_source_open(running->arena, path, source->encoding, source->delimiter,
                           &running->file, error) &&
           draft_maker_open(running->arena, running->run->mapping, running->pass, running->file,
                            &running->maker, error);
}

static bool run_opened(struct running *running, struct client_error *client_error,
                       struct error *error)
{
    size_t cell_count;

    (void)csv_source_columns(running->file, &cell_count);
    ledger_begin_pass(running->run->ledger, running->pass, cell_count);
    progress_begin(&running->progress, running->pass->name);
    bool is_done = start_workers(running, client_error, error) && read_rows(running, error);
    stop_workers(running);
    progress_end(&running->progress);
    return is_done;
}

bool pass_run(const struct pass_run *run, struct pass *pass, struct client_error *client_error,
              struct error *error)
{
    struct running running = {.run = run, .pass = pass, .arena = arena_create()};

    error_clear(error);
    bool is_done =
        target_ask(running.arena, run->client, pass, &running.target, client_error, error) &&
        open_source(&running, error) && run_opened(&running, client_error, error);
    arena_destroy(&running.arena);
    return is_done;
}
