/*
 * as_of.c - former values laid over a record, from the last change back to a moment.
 */
#include "change/as_of.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "change/former.h"
#include "change/trail.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/name.h"
#include "query/query.h"

enum { ROWS_AT_ONCE = 200 };

/* The record on its way back. */
struct return_trip {
    struct trail trail;
    int64_t moment;
    struct record *record; /* NULL: there is none */
    bool is_there;         /* a change is met that had been made at the moment */
    bool is_begun;         /* the record's making was undone: there was none */
};

/* ---- one change ---- */

static void lay_over(struct record *record, const struct record *former)
{
    for (size_t index = 0; index < record->entity->field_count; index++) {
        if (former->values[index].state != VALUE_ABSENT) {
            record->values[index] = former->values[index];
        }
    }
}

/* Takes the record back to what it was before the change. */
static void undo(struct return_trip *trip, const struct change_row *row)
{
    const struct call *call = trip->trail.call;
    struct record *former = former_read(call->arena, call->catalog, trip->trail.entity,
                                        row->former == NULL ? "" : row->former);
    if (row->kind == CHANGE_CREATED) {
        trip->record = NULL;
        trip->is_begun = true;
    } else if (row->kind == CHANGE_RESTORED) {
        trip->record = NULL;
    } else if (row->kind == CHANGE_DELETED) {
        trip->record = former;
    } else if (trip->record != NULL) {
        lay_over(trip->record, former);
    }
}

static void set_integer(struct record *record, const struct field *field, int64_t integer)
{
    *record_value(record, field) = (struct value){.state = VALUE_SET, .integer = integer};
}

/* The change after which the record was so. */
static void arrive(struct return_trip *trip, const struct change_row *row)
{
    const struct entity *entity = trip->trail.entity;
    trip->is_there = true;
    if (row->kind == CHANGE_DELETED) {
        trip->record = NULL;
    }
    if (trip->record == NULL || row->version == 0) {
        return;
    }
    set_integer(trip->record, entity->version, row->version);
    *record_value(trip->record, entity->modified_on) =
        (struct value){.state = VALUE_SET, .moment = row->changed_on};
    *record_value(trip->record, entity->modified_by) = (struct value){
        .state = uuid_is_empty(&row->user_id) ? VALUE_NULL : VALUE_SET,
        .reference = {.entity = entity->modified_by->targets[0], .id = row->user_id}};
}

/* ---- the way back ---- */

static bool go_back(struct return_trip *trip, struct error *error)
{
    int64_t before = INT64_MAX;
    size_t got = ROWS_AT_ONCE;
    while (got == ROWS_AT_ONCE && !trip->is_there) {
        struct change_row *rows = NULL;
        if (!trail_read_before(&trip->trail, before, ROWS_AT_ONCE, &rows, &got, error)) {
            return false;
        }
        for (size_t row = 0; row < got && !trip->is_there; row++) {
            before = rows[row].number;
            if (rows[row].changed_on > trip->moment) {
                undo(trip, &rows[row]);
            } else if (rows[row].kind != CHANGE_SHARED) {
                arrive(trip, &rows[row]);
            }
        }
    }
    return true;
}

/* Nothing is kept from before the moment: it was so only if nothing is missing. */
static bool is_known(const struct return_trip *trip)
{
    const struct record *present = trip->trail.present;
    return trip->is_there || trip->is_begun ||
           (present != NULL &&
            record_value(present, present->entity->modified_on)->moment <= trip->moment);
}

static bool refuse_missing(const struct trail *trail, struct error *error)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(&trail->id, text);
    return error_set_about(error, ERROR_RECORD_NOT_FOUND, trail->entity->name, NULL,
                           "There was no %s %s at that moment", trail->entity->name, text);
}

/* ---- what is told ---- */

static bool choose(struct call *call, const struct record *was, const struct column_set *columns,
                   struct record **record_out, struct error *error)
{
    struct record *told = record_make(call->arena, was->entity);
    struct array references;
    array_init(&references, call->arena);
    for (size_t index = 0; index < columns->count; index++) {
        const struct field *field = columns->fields[index];
        struct value *value = record_value(told, field);
        if (field->type == FIELD_FILE) {
            continue;
        }
        *value = *record_value(was, field);
        if (field->type == FIELD_LOOKUP && value->state == VALUE_SET &&
            value->reference.entity->name_field != NULL) {
            array_add(&references, &value->reference);
        }
    }
    *record_out = told;
    return name_references(call, (struct reference *const *)references.items, references.count,
                           error);
}

bool as_of_read(struct call *call, const struct entity *entity, const struct uuid *id,
                int64_t moment, const struct column_set *columns, struct record **record_out,
                struct error *error)
{
    struct return_trip trip = {.moment = moment};
    if (!trail_find(call, entity, id, &trip.trail, error)) {
        return false;
    }
    if (trip.trail.present != NULL) {
        trip.record = record_copy(call->arena, trip.trail.present);
    }
    if (!go_back(&trip, error)) {
        return false;
    }
    if (!is_known(&trip)) {
        return error_set_about(error, ERROR_HISTORY_TOO_SHORT, entity->name, "moment",
                               "The changes that are kept do not tell what the %s was then",
                               entity->name);
    }
    if (trip.record == NULL) {
        return refuse_missing(&trip.trail, error);
    }
    *record_value(trip.record, entity->id) = (struct value){.state = VALUE_SET, .uuid = *id};
    return choose(call, trip.record, columns, record_out, error);
}
