/*
 * event.c - events as rows: written with what the call knows, and what their kinds are.
 */
#include "change/event.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "change/change.h"
#include "change/event_text.h"
#include "change/tables.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/identity.h"
#include "text/utf8.h"

/* ---- kinds ---- */

static const struct kind {
    const char *name;
    enum event_class class;
    bool is_own;
} kinds[EVENT_KIND_COUNT] = {
#define EVENT(constant, name, class, own, other, about)                                            \
    [EVENT_##constant] = {name, EVENT_CLASS_##class, own},
#include "change/event.def"
#undef EVENT
};

const char *event_name(enum event_kind kind)
{
    return kinds[kind].name;
}

enum event_class event_class_of(enum event_kind kind)
{
    return kinds[kind].class;
}

bool event_is_own(enum event_kind kind)
{
    return kinds[kind].is_own;
}

bool event_parse(const char *name, enum event_kind *kind_out)
{
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        if (strcmp(kinds[kind].name, name) == 0) {
            *kind_out = (enum event_kind)kind;
            return true;
        }
    }
    return false;
}

/* ---- writing ---- */

struct event_record event_record_of(const struct call *call, const char *entity,
                                    const struct uuid *id)
{
    return (struct event_record){.entity = catalog_find_entity(call->catalog, entity), .id = *id};
}

static struct cell id_cell(const struct uuid *id)
{
    return uuid_is_empty(id) ? cell_null(COLUMN_UUID) : cell_uuid(id);
}

static struct cell entity_cell(const struct event_record *record)
{
    return cell_text(record->entity == NULL ? NULL : record->entity->name);
}

/* As many characters as the column takes. */
static struct cell text_cell(struct call *call, const char *text, size_t most)
{
    return cell_text(text == NULL
                         ? NULL
                         : arena_format(call->arena, "%.*s",
                                        (int)text_cut_length(text, strlen(text), most), text));
}

bool event_note(struct call *call, const struct event *event, struct error *error)
{
    static const struct uuid nobody;
    const struct uuid *user_id = call->identity == NULL ? &nobody : &call->identity->user_id;
    bool is_of_one = !event->is_of_many;
    const struct row_value values[] = {
        {"kind", cell_text(kinds[event->kind].name)},
        {"happened_on", cell_moment(call->now)},
        {"times", cell_integer(1)},
        {"user_id", id_cell(user_id)},
        {"history_id", event_class_of(event->kind) == EVENT_CLASS_CHANGE ? id_cell(&event->about.id)
                                                                         : cell_null(COLUMN_UUID)},
        {"entity_name", entity_cell(&event->about)},
        {"record_id", id_cell(&event->about.id)},
        {"other_entity", entity_cell(&event->other)},
        {"other_id", id_cell(&event->other.id)},
        {"session_id", id_cell(&event->session_id)},
        {"way", cell_text(event->way)},
        {"reason", cell_text(event->reason)},
        {"address", text_cell(call, is_of_one ? call->peer_address : NULL, EVENT_ADDRESS_LENGTH)},
        {"application",
         text_cell(call, is_of_one ? call->application : NULL, CHANGE_APPLICATION_LENGTH)},
        {"request_id", text_cell(call, is_of_one ? call->request_id : NULL, CHANGE_REQUEST_LENGTH)},
        {"details", cell_text(event_text_write(call->arena, event->details, event->detail_count))},
        {"row_id", id_cell(&event->row_id)},
    };
    return row_insert(call->connection, call->arena, &event_table, values,
                      sizeof(values) / sizeof(values[0]), error);
}

bool event_note_of(struct call *call, enum event_kind kind, const char *entity,
                   const struct uuid *id, struct error *error)
{
    const struct event event = {.kind = kind, .about = event_record_of(call, entity, id)};
    return event_note(call, &event, error);
}

bool event_note_pair(struct call *call, enum event_kind kind, const char *entity,
                     const struct uuid *id, const char *other_entity, const struct uuid *other_id,
                     struct error *error)
{
    const struct event event = {
        .kind = kind,
        .about = event_record_of(call, entity, id),
        .other = event_record_of(call, other_entity, other_id),
    };
    return event_note(call, &event, error);
}

bool event_count_again(struct call *call, const struct uuid *row_id, bool *is_counted_out,
                       struct error *error)
{
    const struct row_condition by_id = {"row_id", ROW_IS, cell_uuid(row_id)};
    int64_t rows = 0;
    if (!row_add(call->connection, call->arena, &event_table, "times", 1, &by_id, 1, &rows,
                 error)) {
        return false;
    }
    *is_counted_out = rows > 0;
    return true;
}

/* ---- sweeping ---- */

enum { SWEPT_AT_ONCE = 1000 };

bool event_sweep(struct connection *connection, struct arena *arena, int64_t before,
                 int64_t *count_out, struct error *error)
{
    static const char *const columns[] = {"happened_on"};
    const struct row_condition is_old = {"happened_on", ROW_IS_BELOW, cell_moment(before)};
    const struct row_query oldest = {
        .table = &event_table,
        .columns = columns,
        .column_count = 1,
        .conditions = &is_old,
        .condition_count = 1,
        .order = "happened_on",
        .limit = SWEPT_AT_ONCE,
    };
    struct row_set rows;
    *count_out = 0;
    if (!row_select(connection, arena, &oldest, &rows, error)) {
        return false;
    }
    if (rows.count == 0) {
        return true;
    }
    int64_t last = row_cell(&rows, rows.count - 1, 0)->moment;
    const struct row_condition up_to = {"happened_on", ROW_IS_BELOW, cell_moment(last + 1)};
    return row_delete(connection, arena, &event_table, &up_to, 1, count_out, error);
}
