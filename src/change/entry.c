/*
 * entry.c - what was noted in this hour, and in which row it is counted.
 */
#include "change/entry.h"

#include <pthread.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/map.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/event.h"
#include "security/identity.h"

enum {
    MINUTE = 60 * 1000,
    HOUR = 60 * MINUTE,
    REMEMBERED_MOST = 20000 /* different ones in an hour, of all sorts */
};

/* What a user may do as often as he likes. */
#define OFTEN_BY_USER                                                                              \
    .window = HOUR, .own_rows = 10, .is_counted = true, .is_by_user = true, .different = 100

/* How the entries of a sort are kept apart and counted together. */
static const struct rule {
    enum event_kind kind;
    int64_t window;  /* ms in which the same is the same */
    int own_rows;    /* of the same, before they are counted with the last */
    bool is_counted; /* or just left out from there on */
    bool is_by_user; /* a user at a time: how many different ones are kept apart in an hour */
    int different;   /* how many */
} rules[ENTRY_SORT_COUNT] = {
    [ENTRY_SESSION] = {.kind = EVENT_LOGIN, OFTEN_BY_USER},
    [ENTRY_REQUEST] =
        {.kind = EVENT_LOGIN, .window = HOUR, .own_rows = 1, .is_by_user = true, .different = 100},
    [ENTRY_REFUSED] = {.kind = EVENT_LOGIN_REFUSED,
                       .window = MINUTE,
                       .own_rows = 1,
                       .is_counted = true,
                       .different = 1000},
    [ENTRY_UNASKED] = {.kind = EVENT_LOGIN_REFUSED,
                       .window = MINUTE,
                       .own_rows = 1,
                       .different = 1000},
    [ENTRY_LOCKED] = {.kind = EVENT_ACCOUNT_LOCKED,
                      .window = HOUR,
                      .own_rows = 1,
                      .is_counted = true,
                      .different = 1000},
    [ENTRY_LOGOUT] = {.kind = EVENT_LOGOUT, OFTEN_BY_USER},
    [ENTRY_ENDED] = {.kind = EVENT_SESSIONS_ENDED, OFTEN_BY_USER},
    [ENTRY_PASSWORD] = {.kind = EVENT_PASSWORD_CHANGED, OFTEN_BY_USER},
};

/* What is the same. */
struct known {
    int rows;
    struct uuid row_id; /* of the last */
};

struct entry_memory {
    struct arena *arena;   /* its own */
    pthread_mutex_t mutex; /* guards what follows */
    struct arena *of_hour;
    int64_t hour;
    struct map *known;  /* struct known by what is the same */
    struct map *groups; /* int by group: the different ones that were met */
};

/* ---- the memory ---- */

static void begin_hour(struct entry_memory *memory, int64_t hour)
{
    arena_reset(memory->of_hour);
    memory->hour = hour;
    memory->known = map_create(memory->of_hour);
    memory->groups = map_create(memory->of_hour);
}

struct entry_memory *entry_memory_create(void)
{
    struct arena *arena = arena_create();
    struct entry_memory *memory = arena_allocate(arena, sizeof(*memory));
    memory->arena = arena;
    memory->of_hour = arena_create();
    expect(pthread_mutex_init(&memory->mutex, NULL) == 0);
    begin_hour(memory, 0);
    return memory;
}

void entry_memory_destroy(struct entry_memory **memory)
{
    if (*memory == NULL) {
        return;
    }
    struct arena *arena = (*memory)->arena;
    pthread_mutex_destroy(&(*memory)->mutex);
    arena_destroy(&(*memory)->of_hour);
    arena_destroy(&arena);
    *memory = NULL;
}

/* ---- what is the same ---- */

static const char *id_text(struct call *call, const struct uuid *id)
{
    char *text = arena_allocate(call->arena, UUID_TEXT_SIZE);
    uuid_format(id, text);
    return text;
}

static const char *text_or_none(const char *text)
{
    return text == NULL ? "" : text;
}

static const struct uuid *author_of(const struct call *call)
{
    static const struct uuid nobody;
    return call->identity == NULL ? &nobody : &call->identity->user_id;
}

/* Of many: without what sets them apart. */
static const char *make_key(struct call *call, const struct entry *entry, bool is_of_many)
{
    const struct rule *rule = &rules[entry->sort];
    bool has_user = !is_of_many || rule->is_by_user;
    return arena_format(call->arena, "%d %lld %s %s %s %d %s %s %s", entry->sort,
                        (long long)(call->now / rule->window),
                        has_user ? id_text(call, &entry->user_id) : "", text_or_none(entry->way),
                        text_or_none(entry->reason), is_of_many,
                        has_user ? id_text(call, author_of(call)) : "",
                        is_of_many ? "" : text_or_none(call->peer_address),
                        is_of_many || !rule->is_by_user ? "" : text_or_none(call->application));
}

static bool has_room(const struct entry_memory *memory, const struct rule *rule, const int *met)
{
    return map_count(memory->known) < REMEMBERED_MOST && (met == NULL || *met < rule->different);
}

/* Counts one more of those that are kept apart; false: there are too many. */
static bool enter_group(struct entry_memory *memory, struct call *call, const struct entry *entry)
{
    const struct rule *rule = &rules[entry->sort];
    const char *group = arena_format(call->arena, "%d %s", rule->kind,
                                     rule->is_by_user ? id_text(call, &entry->user_id) : "");
    int *met = map_get(memory->groups, group);
    if (!has_room(memory, rule, met)) {
        return false;
    }
    if (met == NULL) {
        met = arena_allocate(memory->of_hour, sizeof(*met));
        map_set(memory->groups, group, met);
    }
    ++*met;
    return true;
}

static struct known *find_known(struct entry_memory *memory, const char *key)
{
    struct known *known = map_get(memory->known, key);
    if (known == NULL) {
        known = arena_allocate(memory->of_hour, sizeof(*known));
        map_set(memory->known, key, known);
    }
    return known;
}

/* What is to be done with an entry. */
struct order {
    const char *key;
    bool is_of_many;
    bool is_new;        /* a row is written */
    struct uuid row_id; /* else it is counted in this one */
};

static struct order take_order(struct entry_memory *memory, struct call *call,
                               const struct entry *entry)
{
    const struct rule *rule = &rules[entry->sort];
    struct order order = {.key = make_key(call, entry, false)};
    pthread_mutex_lock(&memory->mutex);
    /* A call that began before the hour did must not make it begin anew; a clock that was set back
     * must: else all would be counted together until it is as late again. */
    int64_t hour = call->now / HOUR;
    if (hour != memory->hour && hour != memory->hour - 1) {
        begin_hour(memory, hour);
    }
    if (map_get(memory->known, order.key) == NULL && !enter_group(memory, call, entry)) {
        order.key = make_key(call, entry, true);
        order.is_of_many = true;
    }
    struct known *known = find_known(memory, order.key);
    int own_rows = order.is_of_many ? 1 : rule->own_rows;
    order.is_new = known->rows < own_rows;
    if (order.is_new) {
        known->rows++;
        known->row_id = call_new_id(call);
    }
    order.row_id = known->row_id;
    pthread_mutex_unlock(&memory->mutex);
    return order;
}

/* What was not written is written when it comes again. */
static void take_back(struct entry_memory *memory, const struct order *order)
{
    pthread_mutex_lock(&memory->mutex);
    struct known *known = map_get(memory->known, order->key);
    if (known != NULL && known->rows > 0) {
        known->rows--;
    }
    pthread_mutex_unlock(&memory->mutex);
}

/* From here on it is counted in another row. */
static void take_row(struct entry_memory *memory, const struct order *order)
{
    pthread_mutex_lock(&memory->mutex);
    struct known *known = map_get(memory->known, order->key);
    if (known != NULL) {
        known->row_id = order->row_id;
    }
    pthread_mutex_unlock(&memory->mutex);
}

/* ---- noting ---- */

static bool write_row(struct call *call, const struct entry *entry, const struct order *order,
                      struct error *error)
{
    const struct rule *rule = &rules[entry->sort];
    struct event event = {
        .kind = rule->kind,
        .session_id = entry->session_id,
        .way = entry->way,
        .reason = entry->reason,
        .row_id = order->row_id,
        .is_of_many = order->is_of_many,
    };
    bool has_user = !order->is_of_many || rule->is_by_user;
    if (has_user && !uuid_is_empty(&entry->user_id)) {
        event.about = event_record_of(call, "SystemUser", &entry->user_id);
    }
    return event_note(call, &event, error);
}

/* The row may be gone, since what wrote it was undone, or not be there yet. */
static bool count(struct call *call, const struct entry *entry, struct order *order,
                  struct error *error)
{
    bool is_counted = false;
    if (!event_count_again(call, &order->row_id, &is_counted, error) || is_counted) {
        return is_counted;
    }
    order->row_id = call_new_id(call);
    take_row(call->platform->entries, order);
    return write_row(call, entry, order, error);
}

bool entry_note(struct call *call, const struct entry *entry, struct error *error)
{
    struct entry_memory *memory = call->platform->entries;
    struct order order = {.is_new = true};
    if (memory == NULL) {
        return entry->sort == ENTRY_REQUEST || write_row(call, entry, &order, error);
    }
    order = take_order(memory, call, entry);
    if (!order.is_new) {
        return !rules[entry->sort].is_counted || count(call, entry, &order, error);
    }
    if (!write_row(call, entry, &order, error)) {
        take_back(memory, &order);
        return false;
    }
    return true;
}
