/*
 * wire.c - shapes become wire types, patterns crossed with the catalog become wire operations.
 */
#include "soap/wire.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/map.h"
#include "metadata/catalog.h"
#include "service/operation.h"
#include "soap/wire_types.h"

/* Which simple type a member of a shape has; STRUCT stands for those with members. */
static const enum wire_kind kinds_of_shapes[] = {
    [SHAPE_STRING] = WIRE_TEXT,      [SHAPE_INTEGER] = WIRE_INTEGER,
    [SHAPE_LONG] = WIRE_LONG,        [SHAPE_BOOLEAN] = WIRE_BOOLEAN,
    [SHAPE_DATE_TIME] = WIRE_MOMENT, [SHAPE_UUID] = WIRE_UUID,
    [SHAPE_DECIMAL] = WIRE_DECIMAL,  [SHAPE_STRUCT] = WIRE_STRUCT,
    [SHAPE_RECORD] = WIRE_RECORD,    [SHAPE_REFERENCE] = WIRE_REFERENCE,
    [SHAPE_KEY] = WIRE_KEY,          [SHAPE_CONTENT] = WIRE_BYTES,
};

struct wire_type *wire_types_add(struct wire_types *types, const char *name, enum wire_kind kind,
                                 bool *is_new_out)
{
    struct wire_type *type = map_get(types->by_name, name);

    *is_new_out = type == NULL;
    if (type == NULL) {
        type = arena_allocate(types->arena, sizeof(*type));
        *type = (struct wire_type){.name = name, .kind = kind};
        map_set(types->by_name, name, type);
    } else if (type->kind != kind && types->error->code == ERROR_NONE) {
        error_set(types->error, ERROR_METADATA_INVALID, name,
                  "Two types of the contract have the name %s", name);
    }
    return type;
}

void wire_type_set_members(struct wire_types *types, struct wire_type *type,
                           struct wire_member *members, size_t count)
{
    type->members = members;
    type->member_count = count;
    type->members_by_name = map_create(types->arena);
    for (size_t i = 0; i < count; i++) {
        struct wire_member *member = &members[i];
        member->open.text = arena_format(types->arena, "<%s>", member->name);
        member->open.length = strlen(member->open.text);
        member->close.text = arena_format(types->arena, "</%s>", member->name);
        member->close.length = strlen(member->close.text);
        if (map_get(type->members_by_name, member->name) != NULL &&
            types->error->code == ERROR_NONE) {
            error_set(types->error, ERROR_METADATA_INVALID, member->name,
                      "%s has two members named %s", type->name, member->name);
        }
        map_set(type->members_by_name, member->name, member);
    }
}

const struct wire_member *wire_find_member(const struct wire_type *type, const char *name)
{
    return map_get(type->members_by_name, name);
}

const struct wire_type *wire_list_of(struct wire_types *types, const struct wire_type *item)
{
    /* Type names begin with a capital letter, those of XML Schema do not. */
    char first = item->name[0] >= 'a' ? (char)(item->name[0] - 'a' + 'A') : item->name[0];
    const char *name = arena_format(types->arena, "ArrayOf%c%s", first, item->name + 1);
    bool is_new = false;
    struct wire_type *type = wire_types_add(types, name, WIRE_LIST, &is_new);

    if (is_new) {
        struct wire_member *member = arena_allocate(types->arena, sizeof(*member));
        *member = (struct wire_member){.name = item->name, .type = item};
        type->size = sizeof(struct message_list);
        wire_type_set_members(types, type, member, 1);
    }
    return type;
}

static const char *text_or_null(struct wire_types *types, const char *text,
                                const struct entity *entity)
{
    return text == NULL || *text == '\0' ? NULL : operation_fill_in(types->arena, text, entity);
}

static const struct wire_type *single_type(struct wire_types *types,
                                           const struct shape_member *member,
                                           const struct entity *entity)
{
    switch (member->type) {
    case SHAPE_STRUCT:
        return wire_type_of_shape(types, member->shape, entity);
    case SHAPE_RECORD:
        return wire_type_of_entity(types, entity);
    case SHAPE_REFERENCE:
        return types->reference;
    case SHAPE_KEY:
        return types->key;
    default:
        return wire_builtin(kinds_of_shapes[member->type]);
    }
}

/* Tokens of an open set are documented, not enumerated: a new one then breaks nobody. */
static const char *document(struct wire_types *types, const struct shape_member *member,
                            const struct entity *entity)
{
    const char *meaning = text_or_null(types, member->meaning, entity);
    const char *text = NULL;

    if (member->tokens == NULL) {
        return meaning;
    }
    text = meaning == NULL ? "One of:" : arena_format(types->arena, "%s One of:", meaning);
    for (const char *const *token = member->tokens; *token != NULL; token++) {
        text = arena_format(types->arena, "%s %s", text, *token);
    }
    return text;
}

static void add_members(struct wire_types *types, struct wire_type *type, const struct shape *shape,
                        const struct entity *entity)
{
    struct wire_member *members =
        arena_allocate_array(types->arena, shape->member_count, sizeof(*members));

    type->size = shape->size;
    type->documentation = text_or_null(types, shape->meaning, entity);
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *from = &shape->members[i];
        const struct wire_type *single = single_type(types, from, entity);
        members[i] = (struct wire_member){
            .name = operation_fill_in(types->arena, from->name, entity),
            .type = from->is_list ? wire_list_of(types, single) : single,
            .offset = from->offset,
            .is_required = from->is_required,
            .is_secret = from->is_secret,
            .length = from->length,
            .tokens = from->tokens,
            .documentation = document(types, from, entity),
        };
    }
    wire_type_set_members(types, type, members, shape->member_count);
}

const struct wire_type *wire_type_of_shape(struct wire_types *types, const struct shape *shape,
                                           const struct entity *entity)
{
    const char *name = operation_fill_in(types->arena, shape->name, entity);
    bool is_new = false;
    struct wire_type *type = wire_types_add(types, name, WIRE_STRUCT, &is_new);

    if (is_new) {
        add_members(types, type, shape, entity);
    }
    return type;
}

const struct wire_type *wire_wrapper(struct wire_types *types, const char *name,
                                     const struct shape *shape, const struct entity *entity)
{
    struct wire_type *type = arena_allocate(types->arena, sizeof(*type));

    *type = (struct wire_type){.name = name, .kind = WIRE_STRUCT};
    add_members(types, type, shape, entity);
    return type;
}

/* Adds the named types that a type's members lead to, each once. */
static void collect_types(struct array *found, struct map *seen, const struct wire_type *type)
{
    for (size_t i = 0; i < type->member_count; i++) {
        const struct wire_type *used = type->members[i].type;
        if (!used->is_builtin && map_get(seen, used->name) == NULL) {
            map_set(seen, used->name, used);
            array_add(found, used);
            collect_types(found, seen, used);
        }
    }
}

static void make_operation(struct wire_types *types, struct wire_operation *made,
                           const struct operation *operation)
{
    const char *answer = arena_format(types->arena, "%sResponse", operation->name);

    *made = (struct wire_operation){
        .operation = operation,
        .documentation =
            operation_fill_in(types->arena, operation->pattern->meaning, operation->entity),
        .request =
            wire_wrapper(types, operation->name, operation->pattern->request, operation->entity),
        .response = wire_wrapper(types, answer, operation->pattern->response, operation->entity),
    };
}

static struct wire_service make_service(struct wire_types *types, const struct service *service)
{
    struct wire_operation *operations =
        arena_allocate_array(types->arena, service->operation_count, sizeof(struct wire_operation));
    struct map *by_name = map_create(types->arena);
    struct map *seen = map_create(types->arena);
    struct array found;

    array_init(&found, types->arena);
    for (size_t i = 0; i < service->operation_count; i++) {
        make_operation(types, &operations[i], service->operations[i]);
        map_set(by_name, service->operations[i]->name, &operations[i]);
        collect_types(&found, seen, operations[i].request);
        collect_types(&found, seen, operations[i].response);
    }
    return (struct wire_service){.name = service->name,
                                 .target_namespace = service->target_namespace,
                                 .service = service,
                                 .operations = operations,
                                 .operation_count = service->operation_count,
                                 .operations_by_name = by_name,
                                 .types = (const struct wire_type **)found.items,
                                 .type_count = found.count};
}

bool wire_make(struct arena *arena, const struct catalog *catalog, struct wire **wire_out,
               struct error *error)
{
    const struct service_list *list = service_list_make(arena, catalog);
    size_t count = list->service_count + list->sent_count;
    struct wire_service *services = arena_allocate_array(arena, count, sizeof(*services));
    struct wire *wire = arena_allocate(arena, sizeof(*wire));
    struct error problem = {0};
    struct wire_types types;

    *wire = (struct wire){.arena = arena,
                          .catalog = catalog,
                          .services = services,
                          .service_count = list->service_count,
                          .sent = services + list->service_count,
                          .sent_count = list->sent_count,
                          .by_name = map_create(arena),
                          .by_namespace = map_create(arena)};
    wire_types_begin(&types, arena, catalog, &problem);
    wire->session_header = types.session_header;
    wire->request_header = types.request_header;
    wire->fault = types.fault;
    for (size_t i = 0; i < count; i++) {
        services[i] = make_service(&types, list->services[i]);
        map_set(wire->by_name, services[i].name, &services[i]);
        if (!services[i].service->is_sent) {
            map_set(wire->by_namespace, services[i].target_namespace, &services[i]);
        }
    }
    if (problem.code != ERROR_NONE) {
        *error = problem;
        return false;
    }
    *wire_out = wire;
    return true;
}

const struct wire_service *wire_find_service(const struct wire *wire, const char *name)
{
    return map_get(wire->by_name, name);
}

const struct wire_service *wire_find_namespace(const struct wire *wire, const char *namespace)
{
    return map_get(wire->by_namespace, namespace);
}

const struct wire_operation *wire_find_operation(const struct wire_service *service,
                                                 const char *name)
{
    return map_get(service->operations_by_name, name);
}
