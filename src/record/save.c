/*
 * save.c - the row itself: read under its lock, inserted, changed.
 */
#include "record/save.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "change/sight.h"
#include "metadata/catalog.h"
#include "query/party.h"
#include "query/query.h"
#include "record/link.h"
#include "record/write.h"
#include "security/identity.h"

/* ---- reading ---- */

static void want(bool *is_wanted, const struct field *field)
{
    if (field != NULL) {
        is_wanted[field->index] = true;
    }
}

static void want_computed(const struct entity *entity, bool *is_wanted)
{
    for (size_t index = 0; index < entity->computed_count; index++) {
        const struct field *field = entity->computed[index];
        want(is_wanted, field);
        for (size_t term = 0; term < field->computed.term_count; term++) {
            want(is_wanted, field->computed.terms[term].field);
        }
    }
}

/* Either of a part's parent and its currency is compared with the other. */
static void want_currency(const struct entity *entity, bool *is_wanted)
{
    if (entity->parent != NULL && entity->currency != NULL &&
        (is_wanted[entity->parent->index] || is_wanted[entity->currency->index])) {
        want(is_wanted, entity->parent);
        want(is_wanted, entity->currency);
    }
}

/* All amounts and their twins, when currency or rate may change; else the twins of amounts that
 * may. */
static void want_twins(const struct entity *entity, bool *is_wanted)
{
    bool is_moving = entity->parent != NULL && is_wanted[entity->parent->index];
    bool is_all = entity->currency != NULL && (is_moving || is_wanted[entity->currency->index]);
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        if (field->base_of != NULL && (is_all || is_wanted[field->base_of->index])) {
            want(is_wanted, field);
            want(is_wanted, field->base_of);
        }
    }
}

static void want_totals(const struct entity *entity, bool *is_wanted)
{
    for (size_t index = 0; index < entity->total_count; index++) {
        want(is_wanted, entity->totals[index]->computed.child_link);
        want(is_wanted, entity->totals[index]->computed.terms[0].field);
    }
}

/* Who decided what it is about, when that may change. */
static void want_filing(const struct entity *entity, bool *is_wanted)
{
    const struct field *regarding = entity_find_field(entity, "regarding");
    if (regarding != NULL && is_wanted[regarding->index]) {
        want(is_wanted, filing_mark(entity));
    }
}

/* All that decides who sees the record, when some of it may change. */
static void want_sight(const struct write *write, bool *is_wanted)
{
    const struct entity *entity = write->entity;
    bool is_moving = false;
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        is_moving = is_moving || (write_is_given(write, field) && sight_depends_on(field));
    }
    for (size_t index = 0; index < entity->field_count && is_moving; index++) {
        if (sight_depends_on(entity->fields[index])) {
            want(is_wanted, entity->fields[index]);
        }
    }
}

/* What is given, and all that may follow from it; not the hundred columns of a wide table. */
static struct column_set choose_columns(const struct write *write)
{
    const struct entity *entity = write->entity;
    struct arena *arena = write->call->arena;
    bool *is_wanted = arena_allocate_array(arena, entity->field_count, sizeof(*is_wanted));
    const struct field *always[] = {
        entity->id,    entity->version,       entity->owner,         entity->owning_business_unit,
        entity->state, entity->status_reason, entity->exchange_rate, entity->is_merged,
    };
    for (size_t index = 0; index < sizeof(always) / sizeof(always[0]); index++) {
        want(is_wanted, always[index]);
    }
    for (size_t index = 0; index < entity->field_count; index++) {
        if (write_is_given(write, entity->fields[index])) {
            want(is_wanted, entity->fields[index]);
        }
    }
    want_currency(entity, is_wanted);
    want_computed(entity, is_wanted);
    want_twins(entity, is_wanted);
    want_totals(entity, is_wanted);
    want_filing(entity, is_wanted);
    want_sight(write, is_wanted);

    struct column_set columns = {
        .fields = arena_allocate_array(arena, entity->field_count, sizeof(*columns.fields))};
    for (size_t index = 0; index < entity->field_count; index++) {
        if (is_wanted[index]) {
            columns.fields[columns.count++] = entity->fields[index];
        }
    }
    return columns;
}

bool save_read(struct write *write, const struct uuid *id, enum row_lock lock,
               struct record **before_out, struct error *error)
{
    struct column_set columns = choose_columns(write);
    struct record *before = NULL;
    if (!query_find(write->call, write->entity, id, &columns, lock, &before, error)) {
        return false;
    }
    write->before = before;
    if (before != NULL) {
        write->after = record_make(write->call->arena, write->entity);
        memcpy(write->after->values, before->values,
               write->entity->field_count * sizeof(*before->values));
    }
    *before_out = before;
    return true;
}

/* ---- beside the row ---- */

/* A new record has no parties that would have to go. */
static bool save_parties(struct write *write, const struct field *field, const struct uuid *id,
                         struct error *error)
{
    const struct value *parties = record_value(write->after, field);
    return write->before == NULL ? party_add(write->call, field, id, parties, error)
                                 : party_write(write->call, field, id,
                                               record_value(write->before, field), parties, error);
}

/* Parties and files that differ. */
static bool save_beside(struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    const struct uuid *id = &record_value(write->after, entity->id)->uuid;
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        if (!write_is_changing(write, field)) {
            continue;
        }
        if (field->type == FIELD_PARTY_LIST && !save_parties(write, field, id, error)) {
            return false;
        }
        if (field->type == FIELD_FILE && !write->is_restored && !link_file(write, field, error)) {
            return false;
        }
    }
    return true;
}

/* ---- stamps ---- */

static void stamp(struct write *write, const struct field *on, const struct field *by)
{
    const struct call *call = write->call;
    struct value *moment = record_value(write->after, on);
    struct value *user = record_value(write->after, by);
    moment->state = VALUE_SET;
    moment->moment = call->now;
    user->state = VALUE_SET;
    user->reference = (struct reference){.entity = by->targets[0], .id = call->identity->user_id};
}

static void set_version(struct write *write, int64_t version)
{
    struct value *value = record_value(write->after, write->entity->version);
    value->state = VALUE_SET;
    value->integer = version;
}

static void tell_outcome(struct write *write, bool is_created, struct write_outcome *outcome)
{
    *outcome = (struct write_outcome){
        .id = record_value(write->after, write->entity->id)->uuid,
        .version = record_value(write->after, write->entity->version)->integer,
        .is_created = is_created,
    };
    if (uuid_is_equal(&outcome->id, &write->work->root_id)) {
        write->work->root_version = outcome->version;
    }
}

/* ---- writing ---- */

/* What explains a failure may be asked for after the write is done. */
struct saving {
    struct call *call;
    const struct entity *entity;
};

static bool explain(void *context, struct error *error)
{
    const struct saving *saving = context;
    return key_explain(saving->call, saving->entity, error);
}

/* The row of the record that the operation is about goes last, where nothing follows it. */
static struct row_change change_of(const struct write *write, const struct record *record)
{
    struct call *call = write->call;
    const struct saving saving = {.call = call, .entity = write->entity};
    const struct uuid *id = &record_value(write->after, write->entity->id)->uuid;
    return (struct row_change){
        .record = record,
        .is_last = call->has_one_write && !call->is_validate_only &&
                   write->given->children == NULL && uuid_is_equal(id, &write->work->root_id),
        .explain = explain,
        .context = arena_copy(call->arena, &saving, sizeof(saving)),
    };
}

/* The server itself, which is nobody, may say in whose name it writes. */
void save_begin_new(struct write *write)
{
    const struct entity *entity = write->entity;
    bool has_author = !uuid_is_empty(&write->call->identity->user_id);
    set_version(write, 1);
    if (has_author || !record_has(write->after, entity->created_by)) {
        stamp(write, entity->created_on, entity->created_by);
        stamp(write, entity->modified_on, entity->modified_by);
    }
}

bool save_new(struct write *write, struct write_outcome *outcome_out, struct error *error)
{
    /* Files are taken first: a staged file that is gone must not leave a record behind. */
    if (!save_beside(write, error)) {
        return false;
    }
    const struct row_change change = change_of(write, write->after);
    if (!query_insert(write->call, &change, error)) {
        return false;
    }
    tell_outcome(write, true, outcome_out);
    note_created(write);
    total_note(write->work, NULL, write->after);
    return true;
}

/* Keeps of after only what differs, for the UPDATE. */
static struct record *take_differences(const struct write *write, bool *is_different_out)
{
    struct record *changes = record_make(write->call->arena, write->entity);
    *is_different_out = false;
    for (size_t index = 0; index < write->entity->field_count; index++) {
        if (write_is_changing(write, write->entity->fields[index])) {
            changes->values[index] = write->after->values[index];
            *is_different_out = true;
        }
    }
    return changes;
}

static void add_stamps(struct write *write, struct record *changes)
{
    const struct entity *entity = write->entity;
    const struct field *stamps[] = {entity->id, entity->version, entity->modified_on,
                                    entity->modified_by};
    set_version(write, record_value(write->before, entity->version)->integer + 1);
    stamp(write, entity->modified_on, entity->modified_by);
    for (size_t index = 0; index < sizeof(stamps) / sizeof(stamps[0]); index++) {
        *record_value(changes, stamps[index]) = *record_value(write->after, stamps[index]);
    }
}

bool save_changes(struct write *write, struct write_outcome *outcome_out, struct error *error)
{
    const struct entity *entity = write->entity;
    bool is_different = false;
    struct record *changes = take_differences(write, &is_different);
    if (!is_different) {
        tell_outcome(write, false, outcome_out);
        return true;
    }
    if (!save_beside(write, error)) {
        return false;
    }
    add_stamps(write, changes);
    struct row_change change = change_of(write, changes);
    change.expected_version = record_value(write->before, entity->version)->integer;
    if (!query_update(write->call, &change, error)) {
        return false;
    }
    tell_outcome(write, false, outcome_out);
    note_changed(write);
    total_note(write->work, write->before, write->after);
    return true;
}
