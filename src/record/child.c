/*
 * child.c - children written with their parent: the lines of an order.
 *
 * Children of a new parent are new. Of a parent that was there, a child that has an id is changed;
 * one whose own key is complete is changed or created; any other is new. Children that are not
 * mentioned stay as they are; one that is mentioned twice is refused, since one would be lost.
 */
#include "base/arena.h"
#include "base/error.h"
#include "record/write.h"

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
    return true;
}

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

bool child_write_all(struct work *work, struct record *given, const struct write_outcome *outcome,
                     struct error *error)
{
    for (const struct record_children *children = given->children; children != NULL;
         children = children->next) {
        if (!write_list(work, children, given->entity, outcome, error)) {
            return false;
        }
    }
    return true;
}
