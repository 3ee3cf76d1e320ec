/*
 * operation.c - crosses the patterns of services/ with the catalog.
 */
#include "service/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/map.h"
#include "metadata/catalog.h"
#include "security/authorise.h"

#define NAMESPACE_PREFIX "urn:svyaz:crm:1:"

enum { ELEMENT_NAME_SIZE = 512 };

/* What may stand in a name, and which name of the entity takes its place. */
static const struct placeholder {
    const char *text;
    size_t offset;
} placeholders[] = {
    {"{entity}", offsetof(struct entity, element)},
    {"{entities}", offsetof(struct entity, plural_element)},
    {"{Entity}", offsetof(struct entity, name)},
    {"{Entities}", offsetof(struct entity, plural)},
};

enum { PLACEHOLDER_COUNT = sizeof(placeholders) / sizeof(placeholders[0]) };

/* A service that is being made: its operations still grow. */
struct draft {
    struct service *service;
    struct array operations;
};

static const struct placeholder *placeholder_at(const char *text)
{
    for (size_t i = 0; i < PLACEHOLDER_COUNT; i++) {
        if (strncmp(text, placeholders[i].text, strlen(placeholders[i].text)) == 0) {
            return &placeholders[i];
        }
    }
    return NULL;
}

static const char *name_of_entity(const struct entity *entity, size_t offset)
{
    return *(const char *const *)((const char *)entity + offset);
}

const char *operation_fill_in(struct arena *arena, const char *name, const struct entity *entity)
{
    struct buffer filled;

    if (entity == NULL || strchr(name, '{') == NULL) {
        return name;
    }
    buffer_init(&filled, arena, strlen(name) + strlen(entity->plural));
    while (*name != '\0') {
        const struct placeholder *placeholder = placeholder_at(name);
        if (placeholder == NULL) {
            buffer_add_char(&filled, *name++);
            continue;
        }
        buffer_add_text(&filled, name_of_entity(entity, placeholder->offset));
        name += strlen(placeholder->text);
    }
    return filled.bytes;
}

bool operation_is_for(const struct operation_pattern *pattern, const struct entity *entity)
{
    switch (pattern->scope) {
    case OPERATION_ONCE:
        return false;
    case OPERATION_PER_ENTITY:
        return true;
    case OPERATION_PER_ENTITY_WITH_KEYS:
        return entity->key_count > 0;
    case OPERATION_PER_ENTITY_WITH_OWNER:
        return entity->ownership == OWNERSHIP_USER;
    case OPERATION_PER_ENTITY_WITH_MERGE:
        return entity->merged_reason != NULL;
    }
    return false;
}

static struct draft *draft_of(struct arena *arena, struct map *drafts,
                              const struct catalog *catalog, const char *name)
{
    struct draft *draft = map_get(drafts, name);

    if (draft == NULL) {
        draft = arena_allocate(arena, sizeof(*draft));
        draft->service = arena_allocate(arena, sizeof(*draft->service));
        *draft->service = (struct service){
            .name = name,
            .target_namespace = arena_format(arena, NAMESPACE_PREFIX "%s", name),
            .entity = catalog_find_entity(catalog, name),
        };
        array_init(&draft->operations, arena);
        map_set(drafts, name, draft);
    }
    return draft;
}

static void add_operation(struct arena *arena, struct map *drafts, const struct catalog *catalog,
                          const struct operation_pattern *pattern, const struct entity *entity)
{
    const char *family = operation_fill_in(arena, pattern->family, entity);
    struct draft *draft = draft_of(arena, drafts, catalog, family);
    struct operation *operation = arena_allocate(arena, sizeof(*operation));

    *operation = (struct operation){
        .name = operation_fill_in(arena, pattern->name, entity),
        .service = draft->service,
        .entity = entity,
        .pattern = pattern,
    };
    array_add(&draft->operations, operation);
    draft->service->is_sent = pattern->is_sent;
}

static void add_pattern(struct arena *arena, struct map *drafts, const struct catalog *catalog,
                        const struct operation_pattern *pattern)
{
    if (pattern->scope == OPERATION_ONCE) {
        add_operation(arena, drafts, catalog, pattern, NULL);
        return;
    }
    for (size_t i = 0; i < catalog->entity_count; i++) {
        if (operation_is_for(pattern, catalog->entities[i])) {
            add_operation(arena, drafts, catalog, pattern, catalog->entities[i]);
        }
    }
}

/* Entities before families, what is sent last, each by name. */
static int compare_services(const void *left, const void *right)
{
    const struct service *first = *(const struct service *const *)left;
    const struct service *second = *(const struct service *const *)right;

    if ((first->entity == NULL) != (second->entity == NULL)) {
        return first->entity == NULL ? 1 : -1;
    }
    if (first->is_sent != second->is_sent) {
        return first->is_sent ? 1 : -1;
    }
    return strcmp(first->name, second->name);
}

static void add_elements(struct arena *arena, struct map *by_element, const struct service *service)
{
    for (size_t i = 0; i < service->operation_count; i++) {
        const struct operation *operation = service->operations[i];
        map_set(by_element,
                arena_format(arena, "%s %s", service->target_namespace, operation->name),
                operation);
    }
}

static const struct service *finish_draft(struct draft *draft)
{
    draft->service->operations = (const struct operation **)draft->operations.items;
    draft->service->operation_count = draft->operations.count;
    return draft->service;
}

const struct service_list *service_list_make(struct arena *arena, const struct catalog *catalog)
{
    struct service_list *list = arena_allocate(arena, sizeof(*list));
    struct map *drafts = map_create(arena);

    for (size_t i = 0; i < operation_pattern_count; i++) {
        add_pattern(arena, drafts, catalog, &operation_patterns[i]);
    }
    size_t count = map_count(drafts);
    list->services = arena_allocate_array(arena, count, sizeof(*list->services));
    list->by_name = map_create(arena);
    list->by_element = map_create(arena);
    for (size_t i = 0; i < count; i++) {
        const struct service *service = finish_draft(map_value_at(drafts, i));
        list->services[i] = service;
        list->service_count += service->is_sent ? 0 : 1;
        map_set(list->by_name, service->name, service);
    }
    qsort(list->services, count, sizeof(*list->services), compare_services);
    list->sent = list->services + list->service_count;
    list->sent_count = count - list->service_count;
    for (size_t i = 0; i < list->service_count; i++) {
        add_elements(arena, list->by_element, list->services[i]);
    }
    return list;
}

const struct operation_pattern *operation_find_pattern(const char *name)
{
    for (size_t i = 0; i < operation_pattern_count; i++) {
        if (strcmp(operation_patterns[i].name, name) == 0) {
            return &operation_patterns[i];
        }
    }
    return NULL;
}

bool operation_authorise(const struct operation_pattern *pattern, const char *name,
                         const struct entity *entity, const struct identity *identity,
                         struct error *error)
{
    return (pattern->is_anonymous || authorise_operation(identity, name, error)) &&
           (!pattern->has_right || authorise_privilege(identity, entity, pattern->right, error));
}

const struct service *service_find(const struct service_list *list, const char *name)
{
    return map_get(list->by_name, name);
}

const struct operation *operation_find(const struct service_list *list, const char *namespace,
                                       const char *name)
{
    char element[ELEMENT_NAME_SIZE];
    int length = snprintf(element, sizeof(element), "%s %s", namespace, name);

    /* No operation has so long a name. */
    if (length < 0 || (size_t)length >= sizeof(element)) {
        return NULL;
    }
    return map_get(list->by_element, element);
}
