/*
 * note.c - what becomes of a record is noted, for the feed of changes and the history.
 *
 * Notes are taken as the rows are written and kept to the end of the work: there they go to the
 * database together, last of all. What turns any number of records writes them page by page.
 */
#include "base/arena.h"
#include "base/error.h"
#include "change/change.h"
#include "change/former.h"
#include "change/sight.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "record/write.h"
#include "security/stored.h"

static void add(struct work *work, struct change_note note)
{
    array_add(&work->notes, arena_copy(work->call->arena, &note, sizeof(note)));
}

static struct change_note begin(const struct record *record, enum change_kind kind)
{
    const struct entity *entity = record->entity;
    return (struct change_note){
        .entity = entity,
        .id = record_value(record, entity->id)->uuid,
        .version = record_value(record, entity->version)->integer,
        .kind = kind,
    };
}

void note_created(const struct write *write)
{
    add(write->work, begin(write->after, write->is_restored ? CHANGE_RESTORED : CHANGE_CREATED));
}

static bool is_assigned(const struct write *write)
{
    const struct entity *entity = write->entity;
    return (entity->owner != NULL && write_is_changing(write, entity->owner)) ||
           (entity->owning_business_unit != NULL &&
            write_is_changing(write, entity->owning_business_unit));
}

static bool is_merged(const struct write *write)
{
    const struct field *merged = write->entity->is_merged;
    return merged != NULL && write_is_changing(write, merged) &&
           record_value(write->after, merged)->boolean;
}

static void add_update(struct work *work, struct change_note note, const struct record *before,
                       const struct record *after)
{
    struct former former = former_of(work->call->arena, before, after);
    note.field_names = former.field_names;
    note.former = former.values;
    note.sight = sight_of_update(work->call, before, after);
    add(work, note);
}

void note_changed(const struct write *write)
{
    struct change_note note =
        begin(write->after, is_assigned(write) ? CHANGE_ASSIGNED : CHANGE_UPDATED);
    if (is_merged(write)) {
        note.kind = CHANGE_MERGED;
        note.with_id = record_value(write->after, write->entity->master)->reference.id;
    }
    add_update(write->work, note, write->before, write->after);
}

void note_turned(struct work *work, const struct record *before, const struct record *after)
{
    add_update(work, begin(after, CHANGE_UPDATED), before, after);
}

bool note_deleted(const struct write *write, struct error *error)
{
    struct call *call = write->call;
    struct change_note note = begin(write->before, CHANGE_DELETED);
    note.former = former_of(call->arena, write->before, NULL).values;
    note.is_in_bin = bin_takes(write);
    if (!uuid_is_equal(&note.id, &write->work->deleting)) {
        note.with_id = write->work->deleting;
    }
    if (!sight_of_delete(call, write->before, &note.sight, error)) {
        return false;
    }
    add(write->work, note);
    return true;
}

/* ---- what moves with its owner, without a write of its own ---- */

enum { MOVED_ID, MOVED_VERSION, MOVED_UNIT, MOVED_COLUMNS };

static bool note_moved_of(struct work *work, const struct entity *entity,
                          const struct uuid *principal_id, const struct uuid *unit_id,
                          struct error *error)
{
    struct call *call = work->call;
    const struct field *unit = entity->owning_business_unit;
    const char *const columns[MOVED_COLUMNS] = {
        [MOVED_ID] = entity->id->column,
        [MOVED_VERSION] = entity->version->column,
        [MOVED_UNIT] = unit->column,
    };
    const struct row_condition of_owner[] = {
        {entity->owner->column, ROW_IS, cell_uuid(principal_id)},
        {unit->column, ROW_IS_NOT, cell_uuid(unit_id)},
    };
    const struct row_query query = {
        .table = stored_table(call->catalog, entity),
        .columns = columns,
        .column_count = MOVED_COLUMNS,
        .conditions = of_owner,
        .condition_count = 2,
        .is_locked = true,
    };
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        struct record *before = record_make(call->arena, entity);
        struct value *value = record_value(before, unit);
        value->state = VALUE_SET;
        value->reference = (struct reference){.entity = unit->targets[0],
                                              .id = row_cell(&rows, row, MOVED_UNIT)->uuid};
        struct former former = former_of(call->arena, before, NULL);
        add(work, (struct change_note){
                      .entity = entity,
                      .id = row_cell(&rows, row, MOVED_ID)->uuid,
                      .version = row_cell(&rows, row, MOVED_VERSION)->integer + 1,
                      .kind = CHANGE_ASSIGNED,
                      .field_names = former.field_names,
                      .former = former.values,
                      .sight = sight_of_move(call, &value->reference.id),
                  });
    }
    return true;
}

bool note_moved(struct work *work, const struct uuid *principal_id, const struct uuid *unit_id,
                struct error *error)
{
    const struct catalog *catalog = work->call->catalog;
    for (size_t index = 0; index < catalog->entity_count; index++) {
        const struct entity *entity = catalog->entities[index];
        if (entity->owner != NULL && !note_moved_of(work, entity, principal_id, unit_id, error)) {
            return false;
        }
    }
    return true;
}

/* ---- the end ---- */

bool note_write_all(struct work *work, struct error *error)
{
    struct call *call = work->call;
    struct change_note *notes =
        arena_allocate_array(call->arena, work->notes.count, sizeof(*notes));
    for (size_t index = 0; index < work->notes.count; index++) {
        notes[index] = *(const struct change_note *)work->notes.items[index];
    }
    bool is_last = call->has_one_write && !call->is_validate_only;
    size_t count = work->notes.count;
    work->notes.count = 0;
    return change_write(call, notes, count, is_last, error);
}
