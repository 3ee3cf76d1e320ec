/*
 * merge.c - two records become one: the subordinate is given up, the master gets what was asked
 * for, and what referred to the one refers to the other.
 *
 * In this order, which is that of the feed: so the key values of the subordinate are free when the
 * master takes them, for those who keep a copy too.
 */
#include "record/merge.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "metadata/record.h"
#include "query/query.h"
#include "query/store.h"
#include "record/own.h"
#include "record/permit.h"
#include "record/write.h"
#include "security/access.h"
#include "security/authorise.h"

enum { DEPTH_LIMIT = 1000 }; /* of a hierarchy that is looked through */

/* A merge under way; both records as they were. */
struct merging {
    struct call *call;
    const struct merge *asked;
    struct record *fields;
    const struct record *master, *subordinate;
    struct work work;
};

/* ---- the two ---- */

static bool is_parental(const struct field *field)
{
    return field->relation != NULL && field->relation->is_parental;
}

/* What decides: who may, whether it can be, and which keys pass on. */
static struct column_set choose_columns(struct call *call, const struct entity *entity)
{
    struct column_set columns = {
        .fields = arena_allocate_array(call->arena, entity->field_count, sizeof(*columns.fields))};
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        if (field == entity->id || field == entity->owner ||
            field == entity->owning_business_unit || field == entity->state ||
            field == entity->is_merged || is_parental(field) || entity_has_in_key(entity, field)) {
            columns.fields[columns.count++] = field;
        }
    }
    return columns;
}

/* The one given up is locked against new references, so that all there are can be found. */
static bool read_one(struct call *call, const struct entity *entity, const struct uuid *id,
                     enum row_lock lock, struct record **record_out, struct error *error)
{
    const struct column_set columns = choose_columns(call, entity);
    return query_find(call, entity, id, &columns, lock, record_out, error);
}

/* One of the two is not there, the master if there is none. A master out of sight is told of as if
 * it were the one: what is said of the other would tell that it is there. */
static bool refuse_missing(struct call *call, const struct record *master,
                           const struct entity *entity, const struct uuid *master_id,
                           const struct uuid *subordinate_id, struct error *error)
{
    bool is_readable = false;
    if (master != NULL && !permit_read(call, entity, master_id, &is_readable, error)) {
        return false;
    }
    return permit_refuse_missing(entity, is_readable ? subordinate_id : master_id, error);
}

/* Of two merges of the same records, the other way round too, the second waits for the first. */
static bool read_both(struct call *call, const struct entity *entity, const struct uuid *master_id,
                      const struct uuid *subordinate_id, struct record **master_out,
                      struct record **subordinate_out, struct error *error)
{
    bool is_master_first = uuid_compare(master_id, subordinate_id) < 0;
    if ((is_master_first &&
         !read_one(call, entity, master_id, ROW_LOCK_CHANGE, master_out, error)) ||
        !read_one(call, entity, subordinate_id, ROW_LOCK_DELETE, subordinate_out, error) ||
        (!is_master_first &&
         !read_one(call, entity, master_id, ROW_LOCK_CHANGE, master_out, error))) {
        return false;
    }
    if (*master_out == NULL || *subordinate_out == NULL) {
        return refuse_missing(call, *master_out, entity, master_id, subordinate_id, error);
    }
    return permit_merge(call, *master_out, *subordinate_out, error);
}

bool merge_authorise(struct call *call, const struct entity *entity, const struct uuid *master_id,
                     const struct uuid *subordinate_id, struct error *error)
{
    struct record *master = NULL, *subordinate = NULL;
    return authorise_task(call->identity, TASK_MERGE, error) &&
           read_both(call, entity, master_id, subordinate_id, &master, &subordinate, error);
}

/* ---- whether it can be ---- */

static bool check_distinct(const struct merge *asked, struct error *error)
{
    return !uuid_is_equal(&asked->master_id, &asked->subordinate_id) ||
           error_set_about(error, ERROR_VALUE_INVALID, asked->entity->name, "subordinateId",
                           "The %s cannot be merged into itself", asked->entity->name);
}

static bool check_unmerged(const struct record *record, const char *parameter, struct error *error)
{
    const char *name = record->entity->name;
    return !record_is_merged(record) ||
           error_set_about(error, ERROR_STATE_INVALID, name, parameter,
                           "The %s was merged into another one already", name);
}

static bool check_states(const struct merging *merging, struct error *error)
{
    const struct entity *entity = merging->asked->entity;
    if (!check_unmerged(merging->subordinate, "subordinateId", error) ||
        !check_unmerged(merging->master, "id", error)) {
        return false;
    }
    return record_value(merging->master, entity->state)->integer ==
               entity->state->choices[0].value ||
           error_set_about(error, ERROR_STATE_INVALID, entity->name, "id",
                           "Only a %s that is %s can be merged into", entity->name,
                           entity->state->choices[0].token);
}

static bool check_parents(const struct merging *merging, struct error *error)
{
    const struct entity *entity = merging->asked->entity;
    for (size_t index = 0; index < entity->field_count && merging->asked->checks_parents; index++) {
        const struct field *field = entity->fields[index];
        if (is_parental(field) && !value_is_equal(field, record_value(merging->master, field),
                                                  record_value(merging->subordinate, field))) {
            return error_set_about(error, ERROR_RULE_BROKEN, entity->name, field->name,
                                   "The two have a different %s", field->name);
        }
    }
    return true;
}

/* Whether the master, as it is by now, is below the one given up: whatever is below that one comes
 * to be below the master. */
static bool check_circle(const struct merging *merging, const struct field *lookup,
                         struct error *error)
{
    const struct merge *asked = merging->asked;
    struct uuid at = asked->master_id;
    for (int depth = 0; depth < DEPTH_LIMIT; depth++) {
        struct value above = {.state = VALUE_ABSENT};
        struct probe probe = {.entity = asked->entity, .id = at, .field = lookup, .value = &above};
        if (!query_probe(merging->call, &probe, 1, error)) {
            return false;
        }
        if (above.state != VALUE_SET || uuid_is_equal(&above.reference.id, &asked->master_id)) {
            return true;
        }
        if (uuid_is_equal(&above.reference.id, &asked->subordinate_id)) {
            return error_set_about(error, ERROR_HIERARCHY_CYCLE, asked->entity->name, lookup->name,
                                   "The %s would come to be below itself: it is below the one that "
                                   "is merged into it",
                                   asked->entity->name);
        }
        at = above.reference.id;
    }
    return true;
}

static bool check_circles(const struct merging *merging, struct error *error)
{
    const struct entity *entity = merging->asked->entity;
    for (size_t index = 0; index < entity->referrer_count; index++) {
        const struct field *lookup = entity->referrers[index];
        if (lookup->entity == entity && lookup->relation->on_merge == CASCADE_ALL &&
            !check_circle(merging, lookup, error)) {
            return false;
        }
    }
    return true;
}

/* ---- the subordinate ---- */

static bool is_same(struct call *call, const struct field *field, const struct value *left,
                    const struct value *right)
{
    if (field->fold_column == NULL || left->state != VALUE_SET || right->state != VALUE_SET) {
        return value_is_equal(field, left, right);
    }
    return strcmp(store_fold_cell(call, field, left->text).text,
                  store_fold_cell(call, field, right->text).text) == 0;
}

/* Whether the master is to have what names the subordinate by this key. */
static bool is_taken_over(const struct merging *merging, const struct key *key)
{
    bool is_given = false;
    for (size_t index = 0; index < key->field_count; index++) {
        const struct field *field = key->fields[index];
        const struct value *given = record_value(merging->fields, field);
        const struct value *taken =
            given->state != VALUE_ABSENT ? given : record_value(merging->master, field);
        is_given = is_given || given->state != VALUE_ABSENT;
        if (taken->state != VALUE_SET ||
            !is_same(merging->call, field, taken, record_value(merging->subordinate, field))) {
            return false;
        }
    }
    return is_given;
}

/* One record has a key value at a time; of what a record must have nothing can be given up. */
static void give_up_keys(const struct merging *merging, struct record *given)
{
    const struct entity *entity = given->entity;
    for (size_t index = 0; index < entity->key_count; index++) {
        const struct key *key = entity->keys[index];
        bool is_kept = !is_taken_over(merging, key);
        for (size_t place = 0; place < key->field_count && !is_kept; place++) {
            if (!key->fields[place]->is_required && key->fields[place]->is_updatable) {
                record_value(given, key->fields[place])->state = VALUE_NULL;
                is_kept = true;
            }
        }
    }
}

static bool give_up(struct merging *merging, struct error *error)
{
    const struct merge *asked = merging->asked;
    const struct entity *entity = asked->entity;
    struct record *given = record_make(merging->call->arena, entity);

    *record_value(given, entity->status_reason) =
        (struct value){.state = VALUE_SET, .integer = entity->merged_reason->value};
    *record_value(given, entity->is_merged) = (struct value){.state = VALUE_SET, .boolean = true};
    *record_value(given, entity->master) =
        (struct value){.state = VALUE_SET, .reference = {.entity = entity, .id = asked->master_id}};
    if (asked->has_subordinate_version) {
        *record_value(given, entity->version) =
            (struct value){.state = VALUE_SET, .integer = asked->subordinate_version};
    }
    give_up_keys(merging, given);
    return own_update(&merging->work, given, &asked->subordinate_id, error);
}

/* ---- the merge ---- */

static bool begin(struct merging *merging, struct error *error)
{
    struct call *call = merging->call;
    const struct merge *asked = merging->asked;
    struct record *master = NULL, *subordinate = NULL;

    if (!authorise_task(call->identity, TASK_MERGE, error) || !check_distinct(asked, error) ||
        !total_lock_parents(&merging->work, asked->entity, &asked->master_id, error) ||
        !read_both(call, asked->entity, &asked->master_id, &asked->subordinate_id, &master,
                   &subordinate, error)) {
        return false;
    }
    merging->master = master;
    merging->subordinate = subordinate;
    merging->fields = asked->fields == NULL ? record_make(call->arena, asked->entity)
                                            : record_copy(call->arena, asked->fields);
    merging->work.root_id = asked->master_id;
    return check_states(merging, error) && check_parents(merging, error);
}

bool record_merge(struct call *call, const struct merge *asked, struct write_outcome *outcome_out,
                  struct error *error)
{
    struct merging merging = {.call = call, .asked = asked};
    const struct move move = {.work = &merging.work,
                              .entity = asked->entity,
                              .from = asked->subordinate_id,
                              .to = asked->master_id};
    struct write_outcome outcome;

    work_begin(&merging.work, call);
    if (!begin(&merging, error) || !give_up(&merging, error) ||
        !update_in(&merging.work, merging.fields, &asked->master_id, call->has_expected_version,
                   &outcome, error) ||
        !check_circles(&merging, error) || !note_write_all(&merging.work, error) ||
        !move_all(&move, error) ||
        !share_carry(call, asked->entity, &asked->subordinate_id, &asked->master_id, error) ||
        !work_end(&merging.work, error)) {
        return false;
    }
    outcome.version = merging.work.root_version;
    *outcome_out = outcome;
    return true;
}
