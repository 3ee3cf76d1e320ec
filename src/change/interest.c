/*
 * interest.c - interests as text and back, and which changes they mean.
 */
#include "change/interest.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "change/feed.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "security/scope.h"

enum { FIRST_SIZE = 256 };

static const char *const kinds[] = {"created", "updated", "assigned", "shared",
                                    "merged",  "deleted", "left",     "childrenMoved"};

bool interest_is_kind(const char *name)
{
    for (size_t index = 0; index < sizeof(kinds) / sizeof(kinds[0]); index++) {
        if (strcmp(kinds[index], name) == 0) {
            return true;
        }
    }
    return false;
}

const char *interest_write(struct arena *arena, const struct interest_list *list)
{
    struct buffer text;

    if (list->is_everything) {
        return NULL;
    }
    buffer_init(&text, arena, FIRST_SIZE);
    for (size_t index = 0; index < list->count; index++) {
        const struct interest *interest = &list->items[index];
        buffer_add_format(&text, "%s\t%s\t%s\t%s\n", interest->entity->name, interest->kinds,
                          interest->fields, interest->columns);
    }
    return text.bytes;
}

/* Cuts a text at the next such character, or at its end; answers what stands before it. */
static const char *take_part(char **rest, char end)
{
    char *part = *rest;
    size_t length = strcspn(part, (const char[]){end, '\0'});

    *rest = part + length + (part[length] == end);
    part[length] = '\0';
    return part;
}

struct interest_list interest_read(struct arena *arena, const struct catalog *catalog,
                                   const char *text)
{
    struct interest_list list = {.is_everything = text == NULL};
    size_t most = 0;

    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        most += *at == '\n';
    }
    char *rest = text == NULL ? NULL : arena_copy_text(arena, text);
    list.items = arena_allocate_array(arena, most, sizeof(*list.items));
    while (rest != NULL && *rest != '\0') {
        const char *name = take_part(&rest, '\t');
        struct interest *interest = &list.items[list.count];
        interest->kinds = take_part(&rest, '\t');
        interest->fields = take_part(&rest, '\t');
        interest->columns = take_part(&rest, '\n');
        interest->entity = catalog_find_entity(catalog, name);
        list.count += interest->entity != NULL;
    }
    return list;
}

struct message_list interest_names(struct arena *arena, const char *names)
{
    struct array items;
    char *rest = arena_copy_text(arena, names);

    array_init(&items, arena);
    for (char *name = strtok_r(rest, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest)) {
        array_add(&items, name);
    }
    return (struct message_list){.is_set = true, .count = items.count, .items = items.items};
}

const struct interest *interest_find(const struct interest_list *list, const struct entity *entity)
{
    for (size_t index = 0; index < list->count; index++) {
        if (list->items[index].entity == entity) {
            return &list->items[index];
        }
    }
    return NULL;
}

/* What changed no field, or fields that he may not know, is not asked about by field. */
static bool has_field(const struct interest *interest, const struct feed_change *change)
{
    bool is_asked = strcmp(change->kind, "updated") == 0 || strcmp(change->kind, "assigned") == 0;

    if (*interest->fields == '\0' || !is_asked) {
        return true;
    }
    for (size_t index = 0; index < change->field_count; index++) {
        if (scope_has(interest->fields, change->field_names[index])) {
            return true;
        }
    }
    return false;
}

bool interest_has(const struct interest_list *list, const struct feed_change *change)
{
    const struct interest *interest = NULL;

    if (list->is_everything) {
        return true;
    }
    interest = interest_find(list, change->entity);
    return interest != NULL &&
           (*interest->kinds == '\0' || scope_has(interest->kinds, change->kind)) &&
           has_field(interest, change);
}
