/*
 * scope.c - takes away from an identity what a session's scope leaves out.
 */
#include "security/scope.h"

#include <string.h>

#include "base/arena.h"
#include "metadata/catalog.h"
#include "security/identity.h"

bool scope_is_whole(const struct scope *scope)
{
    return scope->operations == NULL && scope->entities == NULL && !scope->is_read_only;
}

bool scope_has(const char *list, const char *name)
{
    size_t length = strlen(name);

    if (list == NULL) {
        return true;
    }
    while (*list != '\0') {
        size_t word = strcspn(list, " ");
        if (word == length && strncmp(list, name, length) == 0) {
            return true;
        }
        list += word + (list[word] == ' ' ? 1 : 0);
    }
    return false;
}

struct scope *scope_copy(struct arena *arena, const struct scope *scope)
{
    struct scope *copy = arena_copy(arena, scope, sizeof(*scope));

    copy->operations = scope->operations == NULL ? NULL : arena_copy_text(arena, scope->operations);
    copy->entities = scope->entities == NULL ? NULL : arena_copy_text(arena, scope->entities);
    return copy;
}

/* What is done with records in reach stays; what reaches further, or gives, does not. */
static const enum task kept_tasks[] = {
    TASK_BULK_DELETE,         TASK_EXPORT,     TASK_GO_OFFLINE, TASK_MERGE,
    TASK_OVERRIDE_CREATED_ON, TASK_READ_AUDIT,
};

static uint32_t narrow_tasks(const struct identity *identity)
{
    uint32_t kept = 0;

    for (size_t i = 0; i < sizeof(kept_tasks) / sizeof(kept_tasks[0]); i++) {
        kept |= UINT32_C(1) << kept_tasks[i];
    }
    return identity->is_administrator ? kept : identity->tasks & kept;
}

static void narrow_entity(const struct identity *identity, const struct entity *entity,
                          const struct scope *scope, struct identity *narrow)
{
    bool is_left_out = !scope_has(scope->entities, entity->name);

    for (int right = 0; right < RIGHT_COUNT; right++) {
        bool is_taken = is_left_out || (scope->is_read_only && right != RIGHT_READ);
        size_t place = (entity->index * RIGHT_COUNT + (size_t)right) * identity->seat_count;
        for (size_t seat = 0; seat < identity->seat_count; seat++) {
            enum depth depth = identity_depth_in(identity, entity, (enum right)right, seat);
            narrow->depths[place + seat] = (uint8_t)(is_taken ? DEPTH_NONE : depth);
        }
    }
}

const struct identity *scope_narrow(struct arena *arena, const struct catalog *catalog,
                                    const struct identity *identity, const struct scope *scope)
{
    struct identity *narrow = identity_copy(arena, identity, catalog);

    narrow->scope = scope_copy(arena, scope);
    narrow->tasks = narrow_tasks(identity);
    narrow->is_administrator = false;
    for (size_t index = 0; index < catalog->entity_count; index++) {
        narrow_entity(identity, catalog->entities[index], scope, narrow);
    }
    return narrow;
}
