/*
 * state.c - a state and its status reason always agree; either alone brings the other. Where the
 * catalog says what may follow a state, nothing else does.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "record/write.h"

/* The reason that a state has when nobody says which. */
static const struct choice *default_reason(const struct field *reason, int64_t state)
{
    const struct choice *first = NULL;
    for (size_t index = 0; index < reason->choice_count; index++) {
        const struct choice *choice = &reason->choices[index];
        if (choice->state != state) {
            continue;
        }
        if (choice->is_default) {
            return choice;
        }
        first = first == NULL ? choice : first;
    }
    return first;
}

static const struct choice *default_state(const struct field *state)
{
    for (size_t index = 0; index < state->choice_count; index++) {
        if (state->choices[index].is_default) {
            return &state->choices[index];
        }
    }
    return &state->choices[0];
}

static void set_number(struct write *write, const struct field *field, int64_t number)
{
    struct value *value = record_value(write->after, field);
    value->state = VALUE_SET;
    value->integer = number;
}

static bool refuse_pair(const struct write *write, const struct choice *reason, struct error *error)
{
    const struct field *state = write->entity->state;
    int64_t number = record_value(write->after, state)->integer;
    const struct choice *given = field_find_choice_value(state, (int32_t)number);
    return error_set_about(
        error, ERROR_STATE_INVALID, write->entity->name, write->entity->status_reason->name,
        "The status reason %s does not belong to the state %s", reason->token, given->token);
}

/* The reason was given: its state follows, or must be the one given. */
static bool settle_by_reason(struct write *write, bool is_state_given, struct error *error)
{
    const struct entity *entity = write->entity;
    int64_t number = record_value(write->after, entity->status_reason)->integer;
    const struct choice *reason = field_find_choice_value(entity->status_reason, (int32_t)number);
    expect(reason != NULL);
    if (is_state_given && record_value(write->after, entity->state)->integer != reason->state) {
        return refuse_pair(write, reason, error);
    }
    set_number(write, entity->state, reason->state);
    return true;
}

/* ---- what may follow ---- */

/* "Won or Lost" */
static const char *list_next(struct arena *arena, const struct choice *state)
{
    const char *list = state->next[0]->token;
    for (size_t index = 1; index < state->next_count; index++) {
        bool is_last = index + 1 == state->next_count;
        list =
            arena_format(arena, "%s%s%s", list, is_last ? " or " : ", ", state->next[index]->token);
    }
    return list;
}

static bool check_next(const struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    const struct field *field = entity->state;
    const struct choice *from =
        field_find_choice_value(field, (int32_t)record_value(write->before, field)->integer);
    const struct choice *to =
        field_find_choice_value(field, (int32_t)record_value(write->after, field)->integer);
    if (from == NULL || to == NULL || choice_may_be_followed_by(from, to)) {
        return true;
    }
    if (from->next_count == 0) {
        return error_set_about(error, ERROR_STATE_INVALID, entity->name, field->name,
                               "A %s that is %s stays so; it cannot become %s", entity->name,
                               from->token, to->token);
    }
    return error_set_about(error, ERROR_STATE_INVALID, entity->name, field->name,
                           "A %s that is %s cannot become %s, only %s", entity->name, from->token,
                           to->token, list_next(write->call->arena, from));
}

/* What was merged has its life in the other one: only when the two are parted it goes on. */
static bool check_unmerged(const struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    return !record_is_merged(write->before) || !write_is_changing(write, entity->state) ||
           error_set_about(error, ERROR_STATE_INVALID, entity->name, entity->state->name,
                           "The %s was merged into another one: its %s stays", entity->name,
                           entity->state->name);
}

/* A new record may begin anywhere: it may have its life behind it, where it comes from. The
 * platform itself knows what it does. */
static bool check_transition(const struct write *write, struct error *error)
{
    if (write->before == NULL || write->work->is_internal ||
        !record_has(write->before, write->entity->state)) {
        return true;
    }
    return check_unmerged(write, error) && check_next(write, error);
}

static bool settle_pair(struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    const struct field *fields[] = {entity->state, entity->status_reason};
    for (size_t index = 0; index < 2; index++) {
        if (record_value(write->given, fields[index])->state == VALUE_NULL) {
            return error_set_about(error, ERROR_FIELD_REQUIRED, entity->name, fields[index]->name,
                                   "%s is required", fields[index]->name);
        }
    }
    bool is_state_given = write_is_given(write, entity->state);
    if (write_is_given(write, entity->status_reason)) {
        return settle_by_reason(write, is_state_given, error);
    }
    if (!is_state_given && write->before != NULL) {
        return true;
    }
    if (!is_state_given) {
        set_number(write, entity->state, default_state(entity->state)->value);
    }
    if (write_is_changing(write, entity->state)) {
        int64_t state = record_value(write->after, entity->state)->integer;
        set_number(write, entity->status_reason,
                   default_reason(entity->status_reason, state)->value);
    }
    return true;
}

bool state_settle(struct write *write, struct error *error)
{
    return write->entity->state == NULL ||
           (settle_pair(write, error) && check_transition(write, error));
}
