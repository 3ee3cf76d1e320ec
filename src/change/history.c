/*
 * history.c - changes of one record with their values: walked from the last of a page to its first,
 * knowing what the record held after each.
 */
#include "change/history.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "change/event.h"
#include "change/former.h"
#include "change/token.h"
#include "change/trail.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/name.h"
#include "security/authorise.h"
#include "security/field_access.h"
#include "security/identity.h"

enum { ROWS_AT_ONCE = 500, ROWS_AT_MOST = 5000 };

static const char *const kind_names[] = {
    [CHANGE_CREATED] = "created", [CHANGE_UPDATED] = "updated", [CHANGE_ASSIGNED] = "assigned",
    [CHANGE_DELETED] = "deleted", [CHANGE_SHARED] = "shared",   [CHANGE_RESTORED] = "restored",
    [CHANGE_MERGED] = "merged",
};

/* How far somebody has come who reads two tables. */
struct place {
    int64_t change, event;
};

/* A page while it is made. */
struct walk {
    struct trail trail;
    const struct history_request *request;
    struct change_row *rows; /* of the page, as they will be told */
    size_t count;
    struct event_entry *events; /* likewise */
    size_t event_count;
    bool *is_event;  /* of each place of the page, whether it is an event's */
    bool *is_told;   /* by field->index */
    bool *is_wanted; /* by field->index: what the walk has not met a value of yet */
    size_t wanted_count;
    struct record *after;    /* what the record held after the change that is looked at */
    struct array references; /* struct reference *: names are wanted */
};

/* ---- which rows ---- */

/* Whether the names, separated by blanks, hold this one. */
static bool has_name(const char *names, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = names; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, name, length) == 0 && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* What a later release notes is not told by this one. */
static bool is_known(enum change_kind kind)
{
    return (size_t)kind < sizeof(kind_names) / sizeof(kind_names[0]) && kind_names[kind] != NULL;
}

/* A creation and a deletion are about every field. */
static bool is_asked(const struct walk *walk, const struct change_row *row)
{
    const struct field *field = walk->request->field;
    if (row->number > walk->trail.last || !is_known(row->kind)) {
        return false;
    }
    return field == NULL || row->kind == CHANGE_CREATED || row->kind == CHANGE_DELETED ||
           row->kind == CHANGE_RESTORED || has_name(row->field_names, field->name);
}

static bool read_some(const struct walk *walk, int64_t from, int64_t limit,
                      struct change_row **rows_out, size_t *count_out, struct error *error)
{
    return walk->request->is_oldest_first
               ? trail_read_after(&walk->trail, from, limit, rows_out, count_out, error)
               : trail_read_before(&walk->trail, from, limit, rows_out, count_out, error);
}

/* Takes the rows of the page; looks through a bounded number of those that are not of it. */
static bool collect(struct walk *walk, int64_t from, int64_t *next_out, struct error *error)
{
    size_t limit = (size_t)walk->request->limit;
    bool is_each_told = walk->request->field == NULL && limit < ROWS_AT_ONCE;
    size_t at_once = is_each_told ? limit + 1 : ROWS_AT_ONCE;
    size_t seen = 0;
    bool has_more = true;
    walk->rows = arena_allocate_array(walk->trail.call->arena, limit, sizeof(*walk->rows));
    while (has_more && walk->count < limit && seen < ROWS_AT_MOST) {
        struct change_row *rows = NULL;
        size_t got = 0, row = 0;
        if (!read_some(walk, from, (int64_t)at_once, &rows, &got, error)) {
            return false;
        }
        for (; row < got && walk->count < limit; row++) {
            from = rows[row].number;
            if (is_asked(walk, &rows[row])) {
                walk->rows[walk->count++] = rows[row];
            }
        }
        seen += got;
        has_more = row < got || got == at_once;
    }
    *next_out = has_more ? from : 0;
    return true;
}

/* ---- which events ---- */

/* Who is told of events: whoever may read who changed what; and the user himself, of some. */
static void choose_kinds(const struct walk *walk, bool is_wanted[EVENT_KIND_COUNT])
{
    const struct identity *identity = walk->trail.call->identity;
    struct error ignored = {0};
    bool is_auditor = authorise_task(identity, TASK_READ_AUDIT, &ignored);
    bool is_himself = identity->scope == NULL && uuid_is_equal(&walk->trail.id, &identity->user_id);
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        bool is_own = is_himself && event_is_own((enum event_kind)kind);
        is_wanted[kind] =
            event_class_of((enum event_kind)kind) == EVENT_CLASS_CHANGE && (is_auditor || is_own);
    }
}

/* Where its creation is kept no more, the record itself says since when it is there: events may be
 * kept longer, those of a former record of its id too. */
static int64_t beginning(const struct trail *trail)
{
    const struct field *created_on = trail->entity->created_on;
    const struct value *value = trail->present == NULL || created_on == NULL
                                    ? NULL
                                    : record_value(trail->present, created_on);
    return trail->first_on == INT64_MIN && value != NULL && value->state == VALUE_SET
               ? value->moment
               : trail->first_on;
}

/* One more than the page holds, so that it is known whether that is all. */
static bool collect_events(struct walk *walk, int64_t from, struct error *error)
{
    const struct history_request *request = walk->request;
    const struct event_record about = {.entity = walk->trail.entity, .id = walk->trail.id};
    bool is_wanted[EVENT_KIND_COUNT];
    const struct event_filter filter = {
        .about = &about,
        .is_either = true,
        .is_of_history = true,
        .from = beginning(&walk->trail),
        .until = INT64_MAX,
        .is_wanted = is_wanted,
        .is_descending = !request->is_oldest_first,
        .number = from,
        .limit = request->limit + 1,
    };
    if (request->field != NULL) {
        return true;
    }
    choose_kinds(walk, is_wanted);
    return event_select(walk->trail.call, &filter, &walk->events, &walk->event_count, error);
}

/* Of what happened at the same moment, changes are told before events. */
static bool is_event_next(const struct walk *walk, size_t row, size_t event)
{
    if (row == walk->count || event == walk->event_count) {
        return event < walk->event_count;
    }
    int64_t changed_on = walk->rows[row].changed_on;
    int64_t happened_on = walk->events[event].happened_on;
    return walk->request->is_oldest_first ? happened_on < changed_on : happened_on >= changed_on;
}

/* Puts both in one order, as far as the page goes and as it is known what comes next; next: where
 * the changes after those that were collected begin, or 0. */
static bool merge(struct walk *walk, struct place from, int64_t next, struct place *next_out)
{
    size_t limit = (size_t)walk->request->limit;
    size_t row = 0, event = 0;
    walk->is_event = arena_allocate_array(walk->trail.call->arena, limit, sizeof(bool));
    while (row + event < limit && (row < walk->count || event < walk->event_count)) {
        if (row == walk->count && next != 0) {
            break; /* what comes next may be older than the event, or younger */
        }
        bool is_event = is_event_next(walk, row, event);
        walk->is_event[row + event] = is_event;
        *(is_event ? &event : &row) += 1;
    }
    bool has_more = next != 0 || row < walk->count || event < walk->event_count;
    next_out->event = event == 0 ? from.event : walk->events[event - 1].number;
    next_out->change = row == walk->count && next != 0 ? next
                       : row == 0                      ? from.change
                                                       : walk->rows[row - 1].number;
    walk->count = row;
    walk->event_count = event;
    return has_more;
}

/* ---- what the record held after the last row of the page ---- */

static void want(struct walk *walk, const struct field *field)
{
    bool is_new = walk->is_told[field->index] && !walk->is_wanted[field->index];
    walk->is_wanted[field->index] |= is_new;
    walk->wanted_count += is_new;
}

static void want_all(struct walk *walk)
{
    for (size_t index = 0; index < walk->trail.entity->field_count; index++) {
        want(walk, walk->trail.entity->fields[index]);
    }
}

static void want_changed(struct walk *walk, const struct record *former)
{
    for (size_t index = 0; index < former->entity->field_count; index++) {
        if (former->values[index].state != VALUE_ABSENT) {
            want(walk, former->entity->fields[index]);
        }
    }
}

static struct record *former_at(const struct walk *walk, const struct change_row *row)
{
    const struct call *call = walk->trail.call;
    return former_read(call->arena, call->catalog, walk->trail.entity,
                       row->former == NULL ? "" : row->former);
}

/* Takes values that are wanted; of a whole record, those that it lacks are empty. */
static void take(struct walk *walk, const struct record *record, bool is_whole)
{
    for (size_t index = 0; index < record->entity->field_count; index++) {
        const struct value *value = &record->values[index];
        if (walk->is_wanted[index] && (is_whole || value->state != VALUE_ABSENT)) {
            walk->after->values[index] =
                value->state == VALUE_SET ? *value : (struct value){.state = VALUE_NULL};
            walk->is_wanted[index] = false;
            walk->wanted_count--;
        }
    }
}

/* A change is found by the one that came after it; the last by the record itself. */
static bool resolve(struct walk *walk, int64_t from, struct error *error)
{
    size_t got = ROWS_AT_ONCE;
    while (got == ROWS_AT_ONCE && walk->wanted_count > 0) {
        struct change_row *rows = NULL;
        if (!trail_read_after(&walk->trail, from, ROWS_AT_ONCE, &rows, &got, error)) {
            return false;
        }
        for (size_t row = 0; row < got && walk->wanted_count > 0; row++) {
            take(walk, former_at(walk, &rows[row]), rows[row].kind == CHANGE_DELETED);
            from = rows[row].number;
        }
    }
    if (walk->wanted_count > 0 && walk->trail.present != NULL) {
        take(walk, walk->trail.present, true);
    }
    return true;
}

static const struct change_row *last_row(const struct walk *walk)
{
    return &walk->rows[walk->request->is_oldest_first ? walk->count - 1 : 0];
}

static bool find_state(struct walk *walk, struct error *error)
{
    struct call *call = walk->trail.call;
    size_t field_count = walk->trail.entity->field_count;
    walk->after = record_make(call->arena, walk->trail.entity);
    walk->is_wanted = arena_allocate_array(call->arena, field_count, sizeof(bool));
    for (size_t row = 0; row < walk->count; row++) {
        if (walk->rows[row].kind == CHANGE_CREATED) {
            want_all(walk);
        } else {
            want_changed(walk, former_at(walk, &walk->rows[row]));
        }
    }
    return resolve(walk, last_row(walk)->number, error);
}

/* ---- telling ---- */

static void want_name(struct walk *walk, struct reference *reference)
{
    if (reference->entity != NULL && reference->entity->name_field != NULL) {
        array_add(&walk->references, reference);
    }
}

/* A value of our own, whose references get names. */
static void tell_value(struct walk *walk, const struct field *field, const struct value *value,
                       struct value *told)
{
    *told = *value;
    if (value->state != VALUE_SET) {
        return;
    }
    if (field->type == FIELD_LOOKUP) {
        want_name(walk, &told->reference);
    } else if (field->type == FIELD_PARTY_LIST) {
        struct party *parties = arena_copy(walk->trail.call->arena, value->parties.items,
                                           value->parties.count * sizeof(*parties));
        for (size_t index = 0; index < value->parties.count; index++) {
            want_name(walk, &parties[index].reference);
        }
        told->parties.items = parties;
    }
}

static void tell_field(struct walk *walk, struct history_change *change, const struct field *field,
                       const struct value *old_value, const struct value *new_value)
{
    const struct field *only = walk->request->field;
    if (!walk->is_told[field->index] || (only != NULL && field != only)) {
        return;
    }
    struct history_field *told = &change->fields[change->field_count++];
    told->field = field;
    tell_value(walk, field, old_value, &told->old_value);
    tell_value(walk, field, new_value, &told->new_value);
}

/* What one row changed; the state becomes what it was before it. */
static void tell_fields(struct walk *walk, const struct change_row *row,
                        struct history_change *change)
{
    static const struct value none = {.state = VALUE_ABSENT};
    const struct entity *entity = walk->trail.entity;
    const struct record *former = former_at(walk, row);
    change->fields =
        arena_allocate_array(walk->trail.call->arena, entity->field_count, sizeof(*change->fields));
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        const struct value *was = &former->values[index];
        struct value *after = &walk->after->values[index];
        if (row->kind == CHANGE_CREATED && after->state == VALUE_SET) {
            tell_field(walk, change, field, &none, after);
        } else if (row->kind == CHANGE_DELETED && was->state == VALUE_SET) {
            tell_field(walk, change, field, was, &none);
        } else if (was->state != VALUE_ABSENT && !value_is_equal(field, was, after)) {
            tell_field(walk, change, field, was, after);
        }
        if (was->state != VALUE_ABSENT || row->kind == CHANGE_DELETED) {
            *after = *was;
        }
    }
}

static void tell_author(struct walk *walk, const struct uuid *user_id,
                        struct history_change *change)
{
    if (!uuid_is_empty(user_id)) {
        change->changed_by = (struct reference){
            .entity = catalog_find_entity(walk->trail.call->catalog, "SystemUser"), .id = *user_id};
        want_name(walk, &change->changed_by);
    }
}

static void tell_row(struct walk *walk, const struct change_row *row, struct history_change *change)
{
    *change = (struct history_change){
        .kind = kind_names[row->kind],
        .version = row->version,
        .changed_on = row->changed_on,
        .application = row->application,
        .request_id = row->request_id,
    };
    tell_author(walk, &row->user_id, change);
    tell_fields(walk, row, change);
}

static void tell_event(struct walk *walk, const struct event_entry *entry,
                       struct history_change *change)
{
    *change = (struct history_change){
        .kind = event_name(entry->event.kind),
        .changed_on = entry->happened_on,
        .application = entry->application,
        .request_id = entry->request_id,
    };
    tell_author(walk, &entry->user_id, change);
    change->details = event_details(walk->trail.call, entry, &walk->trail.id, &walk->references,
                                    &change->detail_count);
}

/* What changed is told from the last to the first. */
static bool tell_all(struct walk *walk, struct history_page *page, struct error *error)
{
    struct call *call = walk->trail.call;
    size_t count = walk->count + walk->event_count;
    size_t row = 0, event = 0;
    struct history_change **of_row =
        arena_allocate_array(call->arena, walk->count, sizeof(struct history_change *));
    page->changes = arena_allocate_array(call->arena, count, sizeof(*page->changes));
    page->count = count;
    if (walk->count > 0 && !find_state(walk, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (walk->is_event[index]) {
            tell_event(walk, &walk->events[event++], &page->changes[index]);
        } else {
            of_row[row++] = &page->changes[index];
        }
    }
    for (size_t step = 0; step < walk->count; step++) {
        row = walk->request->is_oldest_first ? walk->count - 1 - step : step;
        tell_row(walk, &walk->rows[row], of_row[row]);
    }
    return name_references(call, (struct reference *const *)walk->references.items,
                           walk->references.count, error);
}

/* ---- the page ---- */

/* What the change itself says. */
static bool is_stamp(const struct entity *entity, const struct field *field)
{
    return field == entity->id || field == entity->version || field == entity->created_on ||
           field == entity->created_by || field == entity->modified_on ||
           field == entity->modified_by;
}

static void choose_fields(struct walk *walk)
{
    const struct entity *entity = walk->trail.entity;
    walk->is_told =
        arena_allocate_array(walk->trail.call->arena, entity->field_count, sizeof(bool));
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        walk->is_told[index] = !field->is_secret && !is_stamp(entity, field) &&
                               field_may(walk->trail.call->identity, field, FIELD_RIGHT_READ);
    }
}

static_assert(TOKEN_RIGHTS_SIZE == sizeof(struct uuid), "a cookie is bound to its record");

/* A cookie holds the numbers of the last change and the last event that were looked at, and the
 * record. */
static const char *write_cookie(const struct walk *walk, struct place place)
{
    struct change_token token = {.position = place.change, .has_event = true, .event = place.event};
    memcpy(token.rights, walk->trail.id.bytes, sizeof(token.rights));
    return change_token_write(walk->trail.call, &token);
}

static bool read_cookie(const struct walk *walk, struct place *place_out, struct error *error)
{
    const struct history_request *request = walk->request;
    struct change_token token;
    if (request->cookie == NULL) {
        *place_out = request->is_oldest_first ? (struct place){0, 0}
                                              : (struct place){walk->trail.last + 1, INT64_MAX};
        return true;
    }
    if (!change_token_read(walk->trail.call, request->cookie, &token, error) || !token.has_event ||
        memcmp(token.rights, walk->trail.id.bytes, sizeof(token.rights)) != 0) {
        return error_set(error, ERROR_COOKIE_INVALID, "cookie",
                         "The cookie is not one of this record's history");
    }
    *place_out = (struct place){token.position, token.event};
    return true;
}

bool history_read(struct call *call, const struct history_request *request,
                  struct history_page *page_out, struct error *error)
{
    struct walk walk = {.request = request};
    struct history_page page = {.count = 0};
    struct place from = {0, 0}, next = {0, 0};
    int64_t next_change = 0;
    array_init(&walk.references, call->arena);
    if (!trail_find(call, request->entity, &request->id, &walk.trail, error)) {
        return false;
    }
    choose_fields(&walk);
    if (!read_cookie(&walk, &from, error) || !collect(&walk, from.change, &next_change, error) ||
        !collect_events(&walk, from.event, error)) {
        return false;
    }
    bool has_more = merge(&walk, from, next_change, &next);
    if (!tell_all(&walk, &page, error)) {
        return false;
    }
    page.is_complete = walk.trail.first > 0;
    page.next_cookie = has_more ? write_cookie(&walk, next) : NULL;
    *page_out = page;
    return true;
}
