/*
 * ledger.c - one mutex around everything that workers share.
 */
#include "apps/admin/ledger.h"

#include <pthread.h>
#include <stdlib.h>

#include "apps/admin/draft.h"
#include "apps/admin/mapping.h"
#include "base/arena.h"
#include "base/map.h"
#include "client/client.h"

/* Ids kept at most; beyond them references go by key. */
enum { IDS_MAX = 1000000 };

struct ledger {
    pthread_mutex_t mutex;
    struct arena *arena;
    size_t failure_limit;
    const struct pass *pass;
    size_t cell_count;
    struct row_counts counts;
    struct array failures;
    size_t first_of_pass; /* in failures */
    struct map *ids;
    bool has_given_up;
    struct client_error reason;
};

static void destroy_mutex(void *object)
{
    pthread_mutex_destroy(object);
}

struct ledger *ledger_make(struct arena *arena, size_t failure_limit)
{
    struct ledger *ledger = arena_allocate(arena, sizeof(*ledger));

    pthread_mutex_init(&ledger->mutex, NULL);
    arena_on_release(arena, destroy_mutex, &ledger->mutex);
    ledger->arena = arena;
    ledger->failure_limit = failure_limit;
    ledger->ids = map_create(arena);
    array_init(&ledger->failures, arena);
    return ledger;
}

void ledger_begin_pass(struct ledger *ledger, const struct pass *pass, size_t cell_count)
{
    ledger->pass = pass;
    ledger->cell_count = cell_count;
    ledger->counts = (struct row_counts){{0}};
    ledger->first_of_pass = ledger->failures.count;
}

void ledger_count(struct ledger *ledger, enum row_outcome outcome)
{
    pthread_mutex_lock(&ledger->mutex);
    ledger->counts.of[outcome]++;
    pthread_mutex_unlock(&ledger->mutex);
}

static const char *const *copy_cells(struct ledger *ledger, const char *const *cells)
{
    const char **copies = arena_allocate_array(ledger->arena, ledger->cell_count, sizeof(*copies));

    for (size_t i = 0; i < ledger->cell_count; i++) {
        copies[i] = arena_copy_text(ledger->arena, cells[i]);
    }
    return copies;
}

/* The texts may go with their chunk: all are copied. */
static void add_failure(struct ledger *ledger, const struct draft *draft, const char *column,
                        const char *code, const char *message)
{
    pthread_mutex_lock(&ledger->mutex);
    struct failure *failure = arena_allocate(ledger->arena, sizeof(*failure));
    *failure = (struct failure){
        .pass = ledger->pass,
        .line = draft->line,
        .cells = copy_cells(ledger, draft->cells),
        .column = arena_copy_text(ledger->arena, column),
        .code = arena_copy_text(ledger->arena, code),
        .message = arena_copy_text(ledger->arena, message),
    };
    array_add(&ledger->failures, failure);
    ledger->counts.of[ROW_FAILED]++;
    pthread_mutex_unlock(&ledger->mutex);
}

void ledger_fail_draft(struct ledger *ledger, const struct draft *draft)
{
    add_failure(ledger, draft, draft->problem_column, NULL, draft->problem);
}

void ledger_fail(struct ledger *ledger, const struct draft *draft, const struct client_error *error)
{
    add_failure(ledger, draft,
                error->field[0] == '\0' ? NULL : draft_column_of(ledger->pass, error->field),
                error->code, error->message);
}

void ledger_give_up(struct ledger *ledger, const struct client_error *error)
{
    pthread_mutex_lock(&ledger->mutex);
    if (!ledger->has_given_up) {
        ledger->reason = *error;
        ledger->has_given_up = true;
    }
    pthread_mutex_unlock(&ledger->mutex);
}

bool ledger_is_stopped(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->mutex);
    bool is_stopped = ledger->has_given_up || ledger->failures.count > ledger->failure_limit;
    pthread_mutex_unlock(&ledger->mutex);
    return is_stopped;
}

const struct client_error *ledger_reason(const struct ledger *ledger)
{
    return ledger->has_given_up ? &ledger->reason : NULL;
}

struct row_counts ledger_counts(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->mutex);
    struct row_counts counts = ledger->counts;
    pthread_mutex_unlock(&ledger->mutex);
    return counts;
}

static int compare_lines(const void *left, const void *right)
{
    const struct failure *first = *(const struct failure *const *)left;
    const struct failure *second = *(const struct failure *const *)right;

    return (first->line > second->line) - (first->line < second->line);
}

void ledger_failures_of_pass(struct ledger *ledger, struct array *failures)
{
    size_t count = ledger->failures.count - ledger->first_of_pass;

    if (count > 0) {
        qsort(ledger->failures.items + ledger->first_of_pass, count, sizeof(void *), compare_lines);
    }
    for (size_t i = 0; i < count; i++) {
        array_add(failures, ledger->failures.items[ledger->first_of_pass + i]);
    }
}

const struct array *ledger_failures(const struct ledger *ledger)
{
    return &ledger->failures;
}

void ledger_remember(struct ledger *ledger, const char *entity, const char *key, const char *value,
                     const char *id)
{
    pthread_mutex_lock(&ledger->mutex);
    if (map_count(ledger->ids) < IDS_MAX) {
        map_set(ledger->ids, arena_format(ledger->arena, "%s %s %s", entity, key, value),
                arena_copy_text(ledger->arena, id));
    }
    pthread_mutex_unlock(&ledger->mutex);
}

const char *ledger_recall(struct ledger *ledger, struct arena *arena, const char *entity,
                          const char *key, const char *value)
{
    const char *name = arena_format(arena, "%s %s %s", entity, key, value);

    pthread_mutex_lock(&ledger->mutex);
    const char *id = arena_copy_text(arena, map_get(ledger->ids, name));
    pthread_mutex_unlock(&ledger->mutex);
    return id;
}
