/*
 * event_read.c - events read back, and what they changed as old and new values.
 */
#include "change/event.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "call/call.h"
#include "change/event_text.h"
#include "change/tables.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "metadata/value.h"
#include "security/field_access.h"

enum column {
    NUMBER,
    KIND,
    HAPPENED_ON,
    TIMES,
    USER_ID,
    ENTITY_NAME,
    RECORD_ID,
    OTHER_ENTITY,
    OTHER_ID,
    SESSION_ID,
    WAY,
    REASON,
    ADDRESS,
    APPLICATION,
    REQUEST_ID,
    DETAILS,
    COLUMN_COUNT
};

static const char *const columns[COLUMN_COUNT] = {
    [NUMBER] = "number",
    [KIND] = "kind",
    [HAPPENED_ON] = "happened_on",
    [TIMES] = "times",
    [USER_ID] = "user_id",
    [ENTITY_NAME] = "entity_name",
    [RECORD_ID] = "record_id",
    [OTHER_ENTITY] = "other_entity",
    [OTHER_ID] = "other_id",
    [SESSION_ID] = "session_id",
    [WAY] = "way",
    [REASON] = "reason",
    [ADDRESS] = "address",
    [APPLICATION] = "application",
    [REQUEST_ID] = "request_id",
    [DETAILS] = "details",
};

/* ---- rows ---- */

static const char *text_of(const struct cell *cell)
{
    return cell->is_null ? NULL : cell->text;
}

static struct uuid id_of(const struct cell *cell)
{
    return cell->is_null ? (struct uuid){{0}} : cell->uuid;
}

static struct event_record record_of(const struct call *call, const struct cell *entity,
                                     const struct cell *id)
{
    const char *name = text_of(entity);
    return (struct event_record){
        .entity = name == NULL ? NULL : catalog_find_entity(call->catalog, name),
        .id = id_of(id),
    };
}

static struct event_entry take_row(struct call *call, const struct cell *cells)
{
    struct event_entry entry = {
        .number = cells[NUMBER].integer,
        .event =
            {
                .about = record_of(call, &cells[ENTITY_NAME], &cells[RECORD_ID]),
                .other = record_of(call, &cells[OTHER_ENTITY], &cells[OTHER_ID]),
                .session_id = id_of(&cells[SESSION_ID]),
                .way = text_of(&cells[WAY]),
                .reason = text_of(&cells[REASON]),
            },
        .happened_on = cells[HAPPENED_ON].moment,
        .count = cells[TIMES].integer,
        .user_id = id_of(&cells[USER_ID]),
        .address = text_of(&cells[ADDRESS]),
        .application = text_of(&cells[APPLICATION]),
        .request_id = text_of(&cells[REQUEST_ID]),
    };
    /* The query asks for kinds that are known. */
    (void)event_parse(cells[KIND].text, &entry.event.kind);
    entry.event.details = event_text_read(call->arena, call->catalog, text_of(&cells[DETAILS]),
                                          &entry.event.detail_count);
    return entry;
}

enum { CONDITIONS_MOST = 6 };

struct asking {
    struct row_condition conditions[CONDITIONS_MOST];
    size_t count;
};

static void ask(struct asking *asking, const char *column, enum row_test test, struct cell cell)
{
    asking->conditions[asking->count++] =
        (struct row_condition){.column = column, .test = test, .cell = cell};
}

/* Where a record is looked for. An id alone is none: clients choose ids, and may choose that of a
 * record of another entity. */
struct place {
    const char *id, *entity;
};

static const struct place of_record = {"record_id", "entity_name"};
static const struct place of_history = {"history_id", "entity_name"};
static const struct place of_other = {"other_id", "other_entity"};

static struct asking ask_for(const struct event_filter *filter, const struct place *place)
{
    struct asking asking = {.count = 0};
    ask(&asking, "number", filter->is_descending ? ROW_IS_BELOW : ROW_IS_ABOVE,
        cell_integer(filter->number));
    if (filter->about != NULL) {
        ask(&asking, place->id, ROW_IS, cell_uuid(&filter->about->id));
        ask(&asking, place->entity, ROW_IS, cell_text(filter->about->entity->name));
    }
    if (filter->user_id != NULL) {
        ask(&asking, "user_id", ROW_IS, cell_uuid(filter->user_id));
    }
    if (filter->from != INT64_MIN) {
        ask(&asking, "happened_on", ROW_IS_ABOVE, cell_moment(filter->from - 1));
    }
    if (filter->until != INT64_MAX) {
        ask(&asking, "happened_on", ROW_IS_BELOW, cell_moment(filter->until + 1));
    }
    return asking;
}

static bool select_at(struct call *call, const struct event_filter *filter,
                      const struct place *place, struct array *entries, struct error *error)
{
    const struct asking asking = ask_for(filter, place);
    const char *names[EVENT_KIND_COUNT];
    size_t name_count = 0;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        if (filter->is_wanted[kind]) {
            names[name_count++] = event_name((enum event_kind)kind);
        }
    }
    const struct row_query query = {
        .table = &event_table,
        .columns = columns,
        .column_count = COLUMN_COUNT,
        .conditions = asking.conditions,
        .condition_count = asking.count,
        .among = "kind",
        .texts = names,
        .text_count = name_count,
        .order = "number",
        .is_descending = filter->is_descending,
        .limit = filter->limit,
    };
    struct row_set rows = {.count = 0};
    if (name_count > 0 && !row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        const struct event_entry entry = take_row(call, row_cell(&rows, row, 0));
        array_add(entries, arena_copy(call->arena, &entry, sizeof(entry)));
    }
    return true;
}

static bool comes_first(const struct event_filter *filter, const struct event_entry *left,
                        const struct event_entry *right)
{
    return filter->is_descending ? left->number > right->number : left->number < right->number;
}

/* Both are in order, and no event is in both. */
static void merge(const struct event_filter *filter, const struct array *left,
                  const struct array *right, struct event_entry *entries, size_t count)
{
    size_t from_left = 0, from_right = 0;
    for (size_t index = 0; index < count; index++) {
        bool is_left = from_right == right->count ||
                       (from_left < left->count &&
                        comes_first(filter, left->items[from_left], right->items[from_right]));
        entries[index] = *(const struct event_entry *)(is_left ? left->items[from_left++]
                                                               : right->items[from_right++]);
    }
}

bool event_select(struct call *call, const struct event_filter *filter,
                  struct event_entry **entries_out, size_t *count_out, struct error *error)
{
    bool is_either = filter->about != NULL && filter->is_either;
    struct array firsts, seconds;
    array_init(&firsts, call->arena);
    array_init(&seconds, call->arena);
    const struct place *first = filter->is_of_history ? &of_history : &of_record;
    if (!select_at(call, filter, first, &firsts, error) ||
        (is_either && !select_at(call, filter, &of_other, &seconds, error))) {
        return false;
    }
    size_t count = firsts.count + seconds.count;
    count = count > (size_t)filter->limit ? (size_t)filter->limit : count;
    *entries_out = arena_allocate_array(call->arena, count, sizeof(**entries_out));
    *count_out = count;
    merge(filter, &firsts, &seconds, *entries_out, count);
    return true;
}

/* ---- what an event changed ---- */

/* What the second record is called, and the first seen from it. */
static const struct words {
    const char *other, *about;
} all_words[EVENT_KIND_COUNT] = {
#define EVENT(constant, name, class, own, other, about) [EVENT_##constant] = {other, about},
#include "change/event.def"
#undef EVENT
};

/* Whether the event ended what there was between the two. */
static bool is_end(enum event_kind kind)
{
    return kind == EVENT_ROLE_TAKEN || kind == EVENT_PROFILE_TAKEN || kind == EVENT_MEMBER_REMOVED;
}

/* The other of the two, as a value that came or went. */
static struct event_detail tell_pair(struct call *call, const struct event *event,
                                     const struct uuid *seen_from)
{
    const struct words *words = &all_words[event->kind];
    bool is_second = uuid_is_equal(seen_from, &event->other.id);
    const struct event_record *told = is_second ? &event->about : &event->other;
    struct event_detail detail = {.name = is_second ? words->about : words->other};
    struct reference *reference = arena_allocate(call->arena, sizeof(*reference));
    char *id = arena_allocate(call->arena, UUID_TEXT_SIZE);
    *reference = (struct reference){.entity = told->entity, .id = told->id};
    uuid_format(&told->id, id);
    *(is_end(event->kind) ? &detail.old_value : &detail.new_value) = id;
    *(is_end(event->kind) ? &detail.old_reference : &detail.new_reference) = reference;
    return detail;
}

static void want_name(struct array *references, struct reference *reference)
{
    if (reference != NULL && reference->entity->name_field != NULL) {
        array_add(references, reference);
    }
}

/* Fields of the record are told to whom its history tells them. */
static bool may_tell(const struct call *call, const struct event *event,
                     const struct event_detail *detail)
{
    if (event_class_of(event->kind) != EVENT_CLASS_WRITE) {
        return true;
    }
    const struct field *field = event->about.entity == NULL || detail->name == NULL
                                    ? NULL
                                    : entity_find_field(event->about.entity, detail->name);
    return field != NULL && !field->is_secret && field_may(call->identity, field, FIELD_RIGHT_READ);
}

const struct event_detail *event_details(struct call *call, const struct event_entry *entry,
                                         const struct uuid *seen_from, struct array *references,
                                         size_t *count_out)
{
    const struct event *event = &entry->event;
    bool is_pair = seen_from != NULL && all_words[event->kind].other != NULL &&
                   event->about.entity != NULL && event->other.entity != NULL;
    struct event_detail *details =
        arena_allocate_array(call->arena, event->detail_count + 1, sizeof(*details));
    size_t count = 0;
    if (is_pair) {
        details[count++] = tell_pair(call, event, seen_from);
    }
    for (size_t index = 0; index < event->detail_count; index++) {
        if (may_tell(call, event, &event->details[index])) {
            details[count++] = event->details[index];
        }
    }
    for (size_t index = 0; index < count; index++) {
        want_name(references, details[index].old_reference);
        want_name(references, details[index].new_reference);
    }
    *count_out = count;
    return details;
}
