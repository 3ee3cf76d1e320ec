/*
 * child.c - children written with their parent: the lines of an order.
 *
 * Children of a new parent are new. Of a parent that was there, a child that has an id is changed;
 * one whose own key is complete is changed or created; any other is new. Children that are not
 * mentioned stay as they are; one that is mentioned twice is refused, since one would be lost. One
 * of another parent is not taken from it: who moves a child changes the child's own lookup.
 *
 * Those to delete go first, so that their keys are free for those that come.
 */
#include "base/arena.h"
#include "base/error.h"
#include "query/query.h"
#include "record/permit.h"
#include "record/write.h"

/* ---- whose child it is ---- */

/* A child that refers elsewhere, or is not there. Who may not read it is told of none. */
static bool refuse_elsewhere(struct call *call, const struct field *link,
                             const struct value *stored, const struct uuid *id,
                             const struct entity *parent, struct error *error)
{
    const struct entity *child = link->entity;
    bool is_readable = false;
    if (stored->state == VALUE_SET && !permit_read(call, child, id, &is_readable, error)) {
        return false;
    }
    if (!is_readable) {
        return permit_refuse_missing(child, id, error);
    }
    return error_set_about(error, ERROR_VALUE_INVALID, child->name, link->name,
                           "The %s is not of the %s that it is sent with", child->name,
                           parent->name);
}

static bool refers_to(const struct value *value, const struct uuid *id)
{
    return value->state == VALUE_SET && uuid_is_equal(&value->reference.id, id);
}

bool child_check_parent(const struct write *write, struct error *error)
{
    const struct field *link = write->given->part_by;
    if (link == NULL) {
        return true;
    }
    const struct reference *parent = &record_value(write->given, link)->reference;
    const struct value *stored = record_value(write->before, link);
    const struct uuid *id = &record_value(write->before, write->entity->id)->uuid;
    return refers_to(stored, &parent->id) ||
           refuse_elsewhere(write->call, link, stored, id, parent->entity, error);
}

/* Points the child to its parent; one that was sent to another is refused. */
static bool point_to_parent(struct record *child, const struct field *link,
                            const struct entity *parent, const struct uuid *id, struct error *error)
{
    struct value *value = record_value(child, link);
    bool is_elsewhere = value->state == VALUE_SET && value->reference.alternate_key == NULL &&
                        !uuid_is_equal(&value->reference.id, id);
    if (value->state == VALUE_NULL || is_elsewhere) {
        return error_set_about(error, ERROR_VALUE_INVALID, child->entity->name, link->name,
                               "%s must be the %s it is sent with, or left out", link->name,
                               parent->name);
    }
    *value = (struct value){.state = VALUE_SET};
    value->reference = (struct reference){.entity = parent, .id = *id};
    child->part_by = link;
    return true;
}

/* ---- those that are sent ---- */

/* The child's key that holds the link, or any other that is complete. */
static const struct key *find_own_key(const struct record *child, const struct field *link)
{
    const struct key *found = NULL;
    for (size_t index = 0; index < child->entity->key_count; index++) {
        const struct key *key = child->entity->keys[index];
        if (!key_is_given(child, key)) {
            continue;
        }
        for (size_t field = 0; field < key->field_count; field++) {
            if (key->fields[field] == link) {
                return key;
            }
        }
        found = key;
    }
    return found;
}

static bool write_child(struct work *work, struct record *child, const struct field *link,
                        bool is_of_new_parent, struct uuid *id_out, struct error *error)
{
    struct write_outcome outcome;
    const struct value *id = record_value(child, child->entity->id);
    const struct key *key = is_of_new_parent ? NULL : find_own_key(child, link);
    bool is_done;
    if (id->state == VALUE_SET && !is_of_new_parent) {
        is_done = update_in(work, child, &id->uuid, false, &outcome, error);
    } else if (key != NULL) {
        is_done = upsert_in(work, child, key, &outcome, error);
    } else {
        is_done = create_in(work, child, &outcome, error);
    }
    if (is_done) {
        *id_out = outcome.id;
    }
    return is_done;
}

static bool check_once(const struct record *child, const struct uuid *ids, size_t count,
                       struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (uuid_is_equal(&ids[index], &ids[count])) {
            return error_set_about(error, ERROR_DUPLICATE_KEY, child->entity->name, NULL,
                                   "The same %s is sent twice", child->entity->name);
        }
    }
    return true;
}

static bool write_list(struct work *work, const struct record_children *children,
                       const struct entity *parent, const struct write_outcome *outcome,
                       struct error *error)
{
    struct uuid *ids = arena_allocate_array(work->call->arena, children->count, sizeof(*ids));
    for (size_t index = 0; index < children->count; index++) {
        struct record *child = children->records[index];
        if (!point_to_parent(child, children->link, parent, &outcome->id, error) ||
            !write_child(work, child, children->link, outcome->is_created, &ids[index], error) ||
            !check_once(child, ids, index, error)) {
            return false;
        }
    }
    return true;
}

/* ---- those that go ---- */

/* Locks them all, and finds out whose they are. */
static bool ask_parents(struct work *work, const struct record_children *children,
                        struct value *parents, struct error *error)
{
    const struct entity *child = children->link->entity;
    struct probe *probes =
        arena_allocate_array(work->call->arena, children->deleted_count, sizeof(*probes));
    for (size_t index = 0; index < children->deleted_count; index++) {
        probes[index] = (struct probe){.entity = child,
                                       .id = children->deleted[index],
                                       .field = children->link,
                                       .lock = ROW_LOCK_DELETE,
                                       .value = &parents[index]};
    }
    return query_probe(work->call, probes, children->deleted_count, error);
}

static bool delete_list(struct work *work, const struct record_children *children,
                        const struct entity *parent, const struct uuid *parent_id,
                        struct error *error)
{
    const struct field *link = children->link;
    struct value *parents =
        arena_allocate_array(work->call->arena, children->deleted_count, sizeof(*parents));
    if (!ask_parents(work, children, parents, error)) {
        return false;
    }
    for (size_t index = 0; index < children->deleted_count; index++) {
        const struct uuid *id = &children->deleted[index];
        if (!refers_to(&parents[index], parent_id)) {
            return refuse_elsewhere(work->call, link, &parents[index], id, parent, error);
        }
        if (!delete_in(work, link->entity, id, false, error)) {
            return false;
        }
        work->deleted.count = 0; /* the next is named by the caller too, and does not go along */
    }
    return true;
}

bool child_write_all(struct work *work, struct record *given, const struct write_outcome *outcome,
                     struct error *error)
{
    for (const struct record_children *children = given->children; children != NULL;
         children = children->next) {
        if (!delete_list(work, children, given->entity, &outcome->id, error) ||
            !write_list(work, children, given->entity, outcome, error)) {
            return false;
        }
    }
    return true;
}
