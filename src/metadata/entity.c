/*
 * entity.c - finding what belongs to one entity.
 */
#include "metadata/entity.h"

#include <assert.h>
#include <string.h>

#include "base/expect.h"
#include "base/map.h"

static const char *const right_names[] = {
    [RIGHT_CREATE] = "create", [RIGHT_READ] = "read",     [RIGHT_WRITE] = "write",
    [RIGHT_DELETE] = "delete", [RIGHT_APPEND] = "append", [RIGHT_APPEND_TO] = "appendTo",
    [RIGHT_ASSIGN] = "assign", [RIGHT_SHARE] = "share",
};
static_assert(sizeof(right_names) / sizeof(right_names[0]) == RIGHT_COUNT,
              "every right needs a name");

const char *right_name(enum right right)
{
    expect((size_t)right < RIGHT_COUNT);
    return right_names[right];
}

bool right_parse(const char *name, enum right *right_out)
{
    for (int right = 0; right < RIGHT_COUNT; right++) {
        if (strcmp(right_names[right], name) == 0) {
            *right_out = (enum right)right;
            return true;
        }
    }
    return false;
}

const struct field *entity_find_field(const struct entity *entity, const char *name)
{
    return map_get(entity->fields_by_name, name);
}

const struct key *entity_find_key(const struct entity *entity, const char *name)
{
    for (size_t i = 0; i < entity->key_count; i++) {
        if (strcmp(entity->keys[i]->name, name) == 0) {
            return entity->keys[i];
        }
    }
    return NULL;
}

bool entity_has_in_key(const struct entity *entity, const struct field *field)
{
    for (size_t key = 0; key < entity->key_count; key++) {
        for (size_t place = 0; place < entity->keys[key]->field_count; place++) {
            if (entity->keys[key]->fields[place] == field) {
                return true;
            }
        }
    }
    return false;
}

const struct field *entity_find_children(const struct entity *entity, const char *list)
{
    for (size_t i = 0; i < entity->referrer_count; i++) {
        const char *children = entity->referrers[i]->relation->children;
        if (children != NULL && strcmp(children, list) == 0) {
            return entity->referrers[i];
        }
    }
    return NULL;
}
