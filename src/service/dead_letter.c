/*
 * dead_letter.c - RetrieveDeadLetters, ReplayDeadLetters and DropDeadLetters.
 */
#include "change/dead_letter.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "change/subscription.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "service/operation.h"
#include "service/page_limit.h"
#include "service/subscription.h"

enum { DIGITS_MOST = 18 };

static struct refused_change *answer_letter(struct arena *arena, const struct dead_letter *from)
{
    struct refused_change *answer = arena_allocate(arena, sizeof(*answer));

    *answer = (struct refused_change){
        .sequence = {.is_set = true, .value = from->position},
        .entity = from->entity_name,
        .id = {.is_set = true, .value = from->record_id},
        .parked_on = {.is_set = true, .value = from->parked_on},
        .reason = from->reason,
        .replayed = {.is_set = true, .value = from->is_due},
    };
    return answer;
}

bool service_retrieve_dead_letters(struct call *call, const struct operation *operation,
                                   const void *request, void *response, struct error *error)
{
    const struct retrieve_dead_letters_request *asked = request;
    struct retrieve_dead_letters_response *answer = response;
    int64_t after = asked->after_sequence.is_set ? asked->after_sequence.value : 0;
    struct subscription subscription;
    struct dead_letter_list list;
    struct array letters;
    int64_t limit = 0;

    (void)operation;
    if (!page_limit(call, &asked->limit, call->settings->limits.page_default, &limit, error) ||
        !subscription_find(call, &asked->subscription_id.value, false, &subscription, error) ||
        !dead_letter_read(call->connection, call->arena, &subscription.id, after, limit + 1, &list,
                          error)) {
        return false;
    }
    bool has_more = list.count > (size_t)limit;
    array_init(&letters, call->arena);
    for (size_t index = 0; index < list.count - (has_more ? 1 : 0); index++) {
        array_add(&letters, answer_letter(call->arena, &list.letters[index]));
    }
    answer->page = arena_allocate(call->arena, sizeof(*answer->page));
    answer->page->letters =
        (struct message_list){.is_set = true, .count = letters.count, .items = letters.items};
    answer->page->more = (struct message_boolean){.is_set = true, .value = has_more};
    call->row_count = (int64_t)letters.count;
    return true;
}

/* ---- some or all of them ---- */

static bool read_sequence(const char *text, int64_t *sequence_out, struct error *error)
{
    size_t length = strlen(text);

    if (length == 0 || length > DIGITS_MOST || strspn(text, "0123456789") != length) {
        return error_set(error, ERROR_VALUE_INVALID, "sequences", "A sequence is a number");
    }
    *sequence_out = strtoll(text, NULL, 10);
    return true;
}

static int compare_positions(const void *left, const void *right)
{
    int64_t first = *(const int64_t *)left;
    int64_t second = *(const int64_t *)right;
    return (first > second) - (first < second);
}

/* The letters that were named, of those there are. */
static bool select_named(struct call *call, const struct message_list *sequences,
                         struct dead_letter_list *list, struct error *error)
{
    int64_t *named = arena_allocate_array(call->arena, sequences->count, sizeof(*named));
    size_t count = 0;

    for (size_t index = 0; index < sequences->count; index++) {
        if (!read_sequence(sequences->items[index], &named[index], error)) {
            return false;
        }
    }
    qsort(named, sequences->count, sizeof(*named), compare_positions);
    for (size_t index = 0; index < list->count; index++) {
        if (bsearch(&list->letters[index].position, named, sequences->count, sizeof(*named),
                    compare_positions) != NULL) {
            list->letters[count++] = list->letters[index];
        }
    }
    list->count = count;
    return true;
}

static bool find_letters(struct call *call, const struct uuid *subscription_id,
                         const struct message_list *sequences, struct subscription *subscription,
                         struct dead_letter_list *list_out, struct error *error)
{
    return subscription_find(call, subscription_id, true, subscription, error) &&
           dead_letter_read(call->connection, call->arena, &subscription->id, 0, 0, list_out,
                            error) &&
           (!sequences->is_set || select_named(call, sequences, list_out, error));
}

/* The subscription is changed with its letters: whoever sends one of them just now finds that, and
 * looks again. */
bool service_replay_dead_letters(struct call *call, const struct operation *operation,
                                 const void *request, void *response, struct error *error)
{
    const struct replay_dead_letters_request *asked = request;
    struct replay_dead_letters_response *answer = response;
    struct subscription subscription;
    struct dead_letter_list list;

    (void)operation;
    if (!find_letters(call, &asked->subscription_id.value, &asked->sequences, &subscription, &list,
                      error)) {
        return false;
    }
    for (size_t index = 0; index < list.count; index++) {
        const struct dead_letter *letter = &list.letters[index];
        int64_t count = 0;
        if (!dead_letter_make_due(call->connection, call->arena, &subscription.id,
                                  &letter->record_id, letter->position, &count, error)) {
            return false;
        }
    }
    struct dead_letter_list due;
    if (!dead_letter_read_due(call->connection, call->arena, &subscription.id, 0, &due, error)) {
        return false;
    }
    answer->count = (struct message_integer){.is_set = true, .value = (int64_t)due.count};
    subscription.attempts = 0;
    call->row_count = (int64_t)due.count;
    return subscription_change(call->connection, call->arena, &subscription, error);
}

bool service_drop_dead_letters(struct call *call, const struct operation *operation,
                               const void *request, void *response, struct error *error)
{
    const struct drop_dead_letters_request *asked = request;
    struct drop_dead_letters_response *answer = response;
    struct subscription subscription;
    struct dead_letter_list list;
    int64_t dropped = 0;

    (void)operation;
    if (!find_letters(call, &asked->subscription_id.value, &asked->sequences, &subscription, &list,
                      error)) {
        return false;
    }
    for (size_t index = 0; index < list.count; index++) {
        int64_t count = 0;
        if (!dead_letter_drop(call->connection, call->arena, &subscription.id,
                              list.letters[index].position, &count, error)) {
            return false;
        }
        dropped += count;
    }
    answer->count = (struct message_integer){.is_set = true, .value = dropped};
    call->row_count = dropped;
    return subscription_change(call->connection, call->arena, &subscription, error);
}
