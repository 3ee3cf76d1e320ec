/*
 * untie.c - the ids of a conversation go with its last e-mail.
 *
 * They stay while an e-mail of it is there, and while the last one that was there can be restored.
 * One that is restored after them is part of its conversation still, and found by its own id.
 */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/uuid.h"
#include "call/call.h"
#include "database/row.h"
#include "mail/tables.h"
#include "mail/tie.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "security/stored.h"

/* However many a conversation has, they are held and go piece by piece. */
enum { IDS_AT_ONCE = 500 };

/* Of e-mails that are there, whoever may see them. */
static bool has_emails(struct call *call, const struct entity *email,
                       const struct uuid *conversation, bool *has_out, struct error *error)
{
    const struct row_condition is_its = {stored_column(email, "conversation"), ROW_IS,
                                         cell_uuid(conversation)};
    const struct row_query query = {
        .table = stored_table(call->catalog, email),
        .columns = &email->id->column,
        .column_count = 1,
        .conditions = &is_its,
        .condition_count = 1,
        .limit = 1,
    };
    struct uuid *ids = NULL;
    size_t count = 0;

    if (!row_select_ids(call->connection, call->arena, &query, &ids, &count, error)) {
        return false;
    }
    *has_out = count > 0;
    return true;
}

/* Held in the order in which messages hold them: one that is about to join comes before or after.
 */
static bool hold_ids(struct call *call, struct arena *arena, const struct uuid *conversation,
                     struct row_set *rows_out, struct error *error)
{
    static const char *const names[] = {"id"};
    const struct row_condition is_its = {"conversation", ROW_IS, cell_uuid(conversation)};
    const struct row_query query = {
        .table = &conversation_id_table,
        .columns = names,
        .column_count = 1,
        .conditions = &is_its,
        .condition_count = 1,
        .order = "id",
        .limit = IDS_AT_ONCE,
        .is_locked = true,
    };

    return row_select(call->connection, arena, &query, rows_out, error);
}

/* Those up to the last that is held. */
static bool drop_ids(struct call *call, struct arena *arena, const struct uuid *conversation,
                     const struct row_set *rows, struct error *error)
{
    const struct cell *last = row_cell(rows, rows->count - 1, 0);
    const struct row_condition before[] = {{"conversation", ROW_IS, cell_uuid(conversation)},
                                           {"id", ROW_IS_BELOW, *last}};
    const struct row_condition is_last = {"id", ROW_IS, *last};

    return row_delete(call->connection, arena, &conversation_id_table, before, 2, NULL, error) &&
           row_delete(call->connection, arena, &conversation_id_table, &is_last, 1, NULL, error);
}

/* One piece; has_more_out is false when nothing is left to do. */
static bool forget_piece(struct call *call, struct arena *arena, const struct entity *email,
                         const struct uuid *conversation, bool *has_more_out, struct error *error)
{
    struct row_set rows = {.count = 0};
    bool is_alive = false;

    *has_more_out = false;
    if (!hold_ids(call, arena, conversation, &rows, error)) {
        return false;
    }
    if (rows.count == 0) {
        return true;
    }
    if (!has_emails(call, email, conversation, &is_alive, error)) {
        return false;
    }
    *has_more_out = !is_alive && rows.count == IDS_AT_ONCE;
    return is_alive || drop_ids(call, arena, conversation, &rows, error);
}

static bool forget(struct call *call, const struct entity *email, const struct uuid *conversation,
                   struct error *error)
{
    struct arena *piece = arena_create();
    bool has_more = true, is_done = true;

    while (is_done && has_more) {
        is_done = forget_piece(call, piece, email, conversation, &has_more, error);
        arena_reset(piece);
    }
    arena_destroy(&piece);
    return is_done;
}

bool mail_ties_forget(struct call *call, const struct array *gone, struct error *error)
{
    for (size_t i = 0; i < gone->count; i++) {
        const struct record *record = gone->items[i];
        if (strcmp(record->entity->name, "Email") != 0) {
            continue;
        }
        const struct field *field = entity_find_field(record->entity, "conversation");
        if (record_has(record, field) &&
            !forget(call, record->entity, &record_value(record, field)->uuid, error)) {
            return false;
        }
    }
    return true;
}
