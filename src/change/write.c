/*
 * write.c - changes noted, as rows.
 */
#include "change/change.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "call/call.h"
#include "change/tables.h"
#include "database/row.h"
#include "metadata/entity.h"
#include "security/identity.h"
#include "text/utf8.h"

static const char *const columns[] = {
    "entity_name", "record_id",   "version",    "kind",       "field_names", "former",  "sight",
    "user_id",     "application", "request_id", "changed_on", "bin_entity",  "with_id",
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]), BIN_COLUMNS = 2 };

/* The last columns are of deletions and merges alone; without any they are not written. */
static size_t count_columns(const struct change_note *const *notes, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (notes[index]->kind == CHANGE_DELETED || notes[index]->kind == CHANGE_MERGED) {
            return COLUMN_COUNT;
        }
    }
    return COLUMN_COUNT - BIN_COLUMNS;
}

/* The platform itself is nobody. */
static struct cell author_of(const struct call *call)
{
    bool is_known = call->identity != NULL && !uuid_is_empty(&call->identity->user_id);
    return is_known ? cell_uuid(&call->identity->user_id) : cell_null(COLUMN_UUID);
}

/* As many characters as the column takes. */
static const char *cut(struct call *call, const char *text, size_t most)
{
    return text == NULL ? NULL
                        : arena_format(call->arena, "%.*s",
                                       (int)text_cut_length(text, strlen(text), most), text);
}

static void write_cells(struct call *call, const struct change_note *note, size_t column_count,
                        struct cell *cells)
{
    const struct cell values[COLUMN_COUNT] = {
        cell_text(note->entity->name),
        cell_uuid(&note->id),
        note->version > 0 ? cell_integer(note->version) : cell_null(COLUMN_INTEGER),
        cell_integer(note->kind),
        cell_text(note->field_names),
        cell_text(note->former),
        cell_text(note->sight),
        author_of(call),
        cell_text(cut(call, call->application, CHANGE_APPLICATION_LENGTH)),
        cell_text(cut(call, call->request_id, CHANGE_REQUEST_LENGTH)),
        cell_moment(call->now),
        cell_text(note->is_in_bin ? note->entity->name : NULL),
        uuid_is_empty(&note->with_id) ? cell_null(COLUMN_UUID) : cell_uuid(&note->with_id),
    };
    memcpy(cells, values, column_count * sizeof(*values));
}

static bool write_rows(struct call *call, const struct change_note *const *notes, size_t count,
                       bool is_last, struct error *error)
{
    size_t column_count = count_columns(notes, count);
    struct cell *cells = arena_allocate_array(call->arena, count * column_count, sizeof(*cells));
    for (size_t index = 0; index < count; index++) {
        write_cells(call, notes[index], column_count, cells + index * column_count);
    }
    const struct row_batch batch = {
        .table = &change_table,
        .columns = columns,
        .column_count = column_count,
        .cells = cells,
        .row_count = count,
        .is_last = is_last,
    };
    return row_insert_all(call->connection, call->arena, &batch, error);
}

bool change_write(struct call *call, const struct change_note *notes, size_t count, bool is_last,
                  struct error *error)
{
    struct array kept;
    struct array *array = call->gathered_notes != NULL ? call->gathered_notes : &kept;
    array_init(&kept, call->arena);
    for (size_t index = 0; index < count; index++) {
        array_add(array, arena_copy(call->arena, &notes[index], sizeof(notes[index])));
    }
    return call->gathered_notes != NULL ||
           write_rows(call, (const struct change_note *const *)kept.items, kept.count, is_last,
                      error);
}

/* ---- gathering ---- */

void change_gather(struct call *call)
{
    call->gathered_notes = arena_allocate(call->arena, sizeof(*call->gathered_notes));
    array_init(call->gathered_notes, call->arena);
}

size_t change_gathered(const struct call *call)
{
    return call->gathered_notes->count;
}

void change_drop_after(struct call *call, size_t count)
{
    call->gathered_notes->count = count;
}

bool change_write_gathered(struct call *call, struct error *error)
{
    const struct array *gathered = call->gathered_notes;
    call->gathered_notes = NULL;
    return write_rows(call, (const struct change_note *const *)gathered->items, gathered->count,
                      false, error);
}
