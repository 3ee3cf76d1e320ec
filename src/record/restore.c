/*
 * restore.c - deleted records put back, the ones above before the ones below.
 */
#include "base/arena.h"
#include "base/error.h"
#include "change/bin.h"
#include "change/former.h"
#include "metadata/catalog.h"
#include "query/query.h"
#include "record/bin.h"
#include "record/mailbox.h"
#include "record/permit.h"
#include "record/save.h"
#include "record/security_note.h"
#include "record/write.h"
#include "security/authorise.h"
#include "security/identity.h"

enum { RESTORED_LIMIT = 10000 };

/* A lookup to a record that comes back later. */
struct deferred {
    struct record *record;
    const struct field *field;
    struct reference reference;
};

struct restoring {
    struct work work;
    struct call *call;
    struct change_row deletion;
    struct array rows;     /* struct change_row *: what the request did */
    struct array deferred; /* struct deferred * */
    struct restored *restored;
};

/* ---- who comes back ---- */

static bool comes_back(const struct restoring *restoring, const struct uuid *id)
{
    for (size_t index = 0; index < restoring->rows.count; index++) {
        const struct change_row *row = restoring->rows.items[index];
        if (bin_went_with(row, &restoring->deletion) && uuid_is_equal(&row->id, id)) {
            return true;
        }
    }
    return false;
}

/* The version goes on from the last that anybody has seen. */
static int64_t last_version(const struct restoring *restoring, const struct uuid *id)
{
    int64_t last = 0;
    for (size_t index = 0; index < restoring->rows.count; index++) {
        const struct change_row *row = restoring->rows.items[index];
        if (uuid_is_equal(&row->id, id) && row->version > last) {
            last = row->version;
        }
    }
    return last;
}

/* ---- what it refers to ---- */

static void refer_to_caller(const struct call *call, struct value *value)
{
    value->state = VALUE_SET;
    value->reference = (struct reference){
        .entity = catalog_find_entity(call->catalog, "SystemUser"), .id = call->identity->user_id};
}

/* What takes the place of a reference to a record that is not there. */
static void replace(struct restoring *restoring, struct write *write, const struct field *field)
{
    struct call *call = restoring->call;
    const struct entity *entity = write->entity;
    struct value *value = record_value(write->after, field);
    if (comes_back(restoring, &value->reference.id)) {
        const struct deferred later = {
            .record = write->after, .field = field, .reference = value->reference};
        array_add(&restoring->deferred, arena_copy(call->arena, &later, sizeof(later)));
        value->state = VALUE_NULL;
    } else if (field == entity->owner || field == entity->created_by) {
        refer_to_caller(call, value);
    } else {
        const struct unlinked link = {
            .entity = entity,
            .id = &record_value(write->after, entity->id)->uuid,
            .field = field,
        };
        array_add(&restoring->restored->emptied, arena_copy(call->arena, &link, sizeof(link)));
        value->state = VALUE_NULL;
    }
}

/* The business unit is its owner's, as that one is now. */
static const struct field *fact_of(const struct write *write, const struct field *field,
                                   const struct entity *target)
{
    bool is_owner = field == write->entity->owner && target->owning_business_unit != NULL;
    return is_owner ? target->owning_business_unit : target->id;
}

static bool check_links(struct restoring *restoring, struct write *write, struct error *error)
{
    struct call *call = restoring->call;
    const struct entity *entity = write->entity;
    struct probe *probes = arena_allocate_array(call->arena, entity->field_count, sizeof(*probes));
    const struct field **asked =
        arena_allocate_array(call->arena, entity->field_count, sizeof(const struct field *));
    size_t count = 0;
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        const struct value *value = &write->after->values[index];
        if (field->type == FIELD_LOOKUP && value->state == VALUE_SET) {
            const struct entity *target = value->reference.entity;
            asked[count] = field;
            probes[count++] = (struct probe){
                .entity = target,
                .id = value->reference.id,
                .field = fact_of(write, field, target),
                .lock = total_is_link(field) ? ROW_LOCK_CHANGE : ROW_LOCK_KEEP,
                .value = arena_allocate(call->arena, sizeof(struct value)),
            };
        }
    }
    if (!query_probe(call, probes, count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (probes[index].value->state == VALUE_ABSENT) {
            replace(restoring, write, asked[index]);
        } else if (asked[index] == entity->owner) {
            write->facts.owner_unit = *probes[index].value;
        }
    }
    return true;
}

/* Participants that are gone are known by their addresses alone. */
static bool check_parties(struct restoring *restoring, const struct value *list,
                          struct value *list_out, struct error *error)
{
    struct call *call = restoring->call;
    size_t kept = 0;
    struct party *parties =
        arena_copy(call->arena, list->parties.items, list->parties.count * sizeof(*parties));
    for (size_t index = 0; index < list->parties.count; index++) {
        struct party party = parties[index];
        bool is_there = true;
        if (party.reference.entity != NULL &&
            !query_exists(call, party.reference.entity, &party.reference.id, ROW_LOCK_KEEP,
                          &is_there, error)) {
            return false;
        }
        if (!is_there) {
            party.reference = (struct reference){.entity = NULL};
        }
        if (is_there || party.address != NULL) {
            parties[kept++] = party;
        }
    }
    list_out->parties.items = parties;
    list_out->parties.count = kept;
    return true;
}

static bool check_all_parties(struct restoring *restoring, const struct write *write,
                              struct error *error)
{
    for (size_t index = 0; index < write->entity->field_count; index++) {
        struct value *value = &write->after->values[index];
        if (write->entity->fields[index]->type == FIELD_PARTY_LIST && value->state == VALUE_SET &&
            !check_parties(restoring, value, value, error)) {
            return false;
        }
    }
    return true;
}

/* ---- one record ---- */

static void set_stamps(struct restoring *restoring, struct write *write)
{
    const struct entity *entity = write->entity;
    struct record *after = write->after;
    *record_value(after, entity->version) = (struct value){
        .state = VALUE_SET,
        .integer = last_version(restoring, &record_value(after, entity->id)->uuid) + 1};
    *record_value(after, entity->modified_on) =
        (struct value){.state = VALUE_SET, .moment = restoring->call->now};
    refer_to_caller(restoring->call, record_value(after, entity->modified_by));
}

static struct write begin(struct restoring *restoring, const struct change_row *row)
{
    struct call *call = restoring->call;
    struct write write = {
        .work = &restoring->work,
        .call = call,
        .entity = row->entity,
        .given = record_make(call->arena, row->entity),
        .after = former_read(call->arena, call->catalog, row->entity, row->former),
        .is_restored = true,
    };
    *record_value(write.after, row->entity->id) =
        (struct value){.state = VALUE_SET, .uuid = row->id};
    return write;
}

/* Whoever was quicker has restored it, or let go of its files. */
static bool take_out(struct call *call, const struct change_row *row, struct error *error)
{
    bool was_in = false;
    return bin_take_out(call, row, &was_in, error) &&
           (was_in || error_set(error, ERROR_DATABASE_CONFLICT, NULL,
                                "The deletion was taken out of the recycle bin meanwhile"));
}

static bool restore_row(struct restoring *restoring, const struct change_row *row,
                        struct error *error)
{
    struct call *call = restoring->call;
    struct write write = begin(restoring, row);
    struct write_outcome outcome;
    set_stamps(restoring, &write);
    if (!authorise_privilege(call->identity, row->entity, RIGHT_CREATE, error) ||
        !take_out(call, row, error) || !check_links(restoring, &write, error) ||
        !check_all_parties(restoring, &write, error)) {
        return false;
    }
    owner_settle(&write);
    if (!permit_create(&write, error) || !permit_owner(&write, error) ||
        !rule_check_required(&write, error) || !mailbox_check(&write, error) ||
        !save_new(&write, &outcome, error) || !security_note_write(&write, error)) {
        return false;
    }
    const struct reference reference = {.entity = row->entity, .id = row->id};
    array_add(&restoring->restored->records,
              arena_copy(call->arena, &reference, sizeof(reference)));
    return true;
}

/* ---- links ---- */

/* The record is there by now; its version tells of the link already. */
static bool fill_in(struct restoring *restoring, const struct deferred *deferred,
                    struct error *error)
{
    const struct entity *entity = deferred->record->entity;
    struct record *record = record_make(restoring->call->arena, entity);
    const struct value *version = record_value(deferred->record, entity->version);
    *record_value(record, entity->id) = *record_value(deferred->record, entity->id);
    *record_value(record, entity->version) = *version;
    *record_value(record, deferred->field) =
        (struct value){.state = VALUE_SET, .reference = deferred->reference};
    const struct row_change change = {.record = record, .expected_version = version->integer};
    return query_update(restoring->call, &change, error);
}

/* A record that stayed and whose link the deletion emptied. */
static bool link_again(struct restoring *restoring, const struct change_row *row,
                       const struct field *field, const struct value *value, struct error *error)
{
    struct write write = {.work = &restoring->work, .call = restoring->call, .entity = row->entity};
    struct write_outcome outcome;
    struct record *before = NULL;
    write.given = record_make(restoring->call->arena, row->entity);
    *record_value(write.given, field) = *value;
    if (!save_read(&write, &row->id, ROW_LOCK_CHANGE, &before, error)) {
        return false;
    }
    if (before == NULL || record_value(before, field)->state != VALUE_NULL) {
        return true;
    }
    *record_value(write.after, field) = *value;
    return save_changes(&write, &outcome, error);
}

static bool relink(struct restoring *restoring, const struct change_row *row, struct error *error)
{
    struct call *call = restoring->call;
    if ((row->kind != CHANGE_UPDATED && row->kind != CHANGE_ASSIGNED) || row->entity == NULL ||
        row->former == NULL || comes_back(restoring, &row->id)) {
        return true;
    }
    const struct record *former = former_read(call->arena, call->catalog, row->entity, row->former);
    for (size_t index = 0; index < row->entity->field_count; index++) {
        const struct field *field = row->entity->fields[index];
        const struct value *value = &former->values[index];
        if (field->type == FIELD_LOOKUP && value->state == VALUE_SET &&
            comes_back(restoring, &value->reference.id) &&
            !link_again(restoring, row, field, value, error)) {
            return false;
        }
    }
    return true;
}

/* ---- all of it ---- */

/* What went along was deleted first, so it comes back last. */
static bool restore_rows(struct restoring *restoring, struct error *error)
{
    for (size_t index = restoring->rows.count; index > 0; index--) {
        const struct change_row *row = restoring->rows.items[index - 1];
        if (bin_went_with(row, &restoring->deletion) && row->entity != NULL &&
            !restore_row(restoring, row, error)) {
            return false;
        }
        if (restoring->restored->records.count > RESTORED_LIMIT) {
            return error_set(error, ERROR_LIMIT_EXCEEDED, NULL,
                             "More than %d records would be restored", RESTORED_LIMIT);
        }
    }
    return true;
}

static bool restore_links(struct restoring *restoring, struct error *error)
{
    for (size_t index = 0; index < restoring->deferred.count; index++) {
        if (!fill_in(restoring, restoring->deferred.items[index], error)) {
            return false;
        }
    }
    for (size_t index = 0; index < restoring->rows.count; index++) {
        if (!relink(restoring, restoring->rows.items[index], error)) {
            return false;
        }
    }
    return true;
}

bool record_restore(struct call *call, const struct entity *entity, const struct uuid *id,
                    struct restored *restored_out, struct error *error)
{
    struct restored restored;
    struct restoring restoring = {.call = call, .restored = &restored};
    array_init(&restored.records, call->arena);
    array_init(&restored.emptied, call->arena);
    array_init(&restoring.rows, call->arena);
    array_init(&restoring.deferred, call->arena);
    work_begin(&restoring.work, call);
    if (!authorise_privilege(call->identity, entity, RIGHT_CREATE, error) ||
        !bin_find(call, entity, id, &restoring.deletion, error) ||
        !bin_find_request(call, &restoring.deletion, 0, &restoring.rows, error) ||
        !restore_rows(&restoring, error) || !restore_links(&restoring, error) ||
        !work_end(&restoring.work, error)) {
        return false;
    }
    *restored_out = restored;
    return true;
}
