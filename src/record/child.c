/*
 * child.c - children written with their parent: the lines of an order.
 *
 * A child that has an id is changed; one whose own key is complete is changed or created; any
 * other is new. Children that are not mentioned stay as they are.
 */
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
                        struct error *error)
{
    struct write_outcome outcome;
    const struct value *id = record_value(child, child->entity->id);
    const struct key *key = find_own_key(child, link);
    if (id->state == VALUE_SET) {
        return update_in(work, child, &id->uuid, false, &outcome, error);
    }
    return key != NULL ? upsert_in(work, child, key, &outcome, error)
                       : create_in(work, child, &outcome, error);
}

bool child_write_all(struct work *work, struct record *given, const struct uuid *id,
                     struct error *error)
{
    for (const struct record_children *children = given->children; children != NULL;
         children = children->next) {
        for (size_t index = 0; index < children->count; index++) {
            struct record *child = children->records[index];
            if (!point_to_parent(child, children->link, given->entity, id, error) ||
                !write_child(work, child, children->link, error)) {
                return false;
            }
        }
    }
    return true;
}
