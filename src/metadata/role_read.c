/*
 * role_read.c - one <role>: its rights spelled out, one privilege for each right and entity, and
 * its tasks.
 */
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "metadata/reader.h"
#include "xml/document.h"

/* The depths of security, in its order. */
static const char *const depth_names[] = {"none", "user", "unit", "unitAndBelow", "organization"};

/* A role while it is read. */
struct role_draft {
    struct role_template *role;
    struct array privileges; /* struct role_privilege */
};

static int read_depth(struct reader *reader, const struct xml_node *node)
{
    const char *name = xml_attribute_or(node, "depth", "");
    for (size_t i = 0; i < sizeof(depth_names) / sizeof(depth_names[0]); i++) {
        if (strcmp(depth_names[i], name) == 0) {
            return (int)i;
        }
    }
    reader_problem(reader, node, "there is no depth \"%s\"", name);
    return 0;
}

/* Only what has an owner can be given to another or shared. */
static bool has_right(const struct entity *entity, enum right right)
{
    bool is_of_owner = right == RIGHT_ASSIGN || right == RIGHT_SHARE;
    return !is_of_owner || entity == NULL || entity->ownership == OWNERSHIP_USER;
}

static void add_privilege(struct reader *reader, struct role_draft *draft,
                          const struct entity *entity, enum right right, int depth)
{
    if (!has_right(entity, right)) {
        return;
    }
    struct role_privilege *privilege = arena_allocate(reader->scratch, sizeof(*privilege));
    *privilege = (struct role_privilege){.entity = entity, .right = right, .depth = depth};
    array_add(&draft->privileges, privilege);
}

/* What belongs to all is reached as a whole, or not at all. */
static void check_depth(struct reader *reader, const struct xml_node *node,
                        const struct entity *entity, int depth)
{
    int deepest = (int)(sizeof(depth_names) / sizeof(depth_names[0])) - 1;
    if (entity != NULL && entity->ownership == OWNERSHIP_ORGANIZATION && depth > 0 &&
        depth < deepest) {
        reader_problem(reader, node, "%s belongs to the whole organisation: it has no depth \"%s\"",
                       entity->name, depth_names[depth]);
    }
}

static void add_rights(struct reader *reader, struct role_draft *draft, const struct xml_node *node,
                       const struct entity *entity)
{
    const char *rights = xml_attribute_or(node, "right", "");
    int depth = read_depth(reader, node);
    check_depth(reader, node, entity, depth);
    if (strcmp(rights, "*") == 0) {
        for (int right = 0; right < RIGHT_COUNT; right++) {
            add_privilege(reader, draft, entity, (enum right)right, depth);
        }
        return;
    }
    char *names = arena_copy_text(reader->scratch, rights);
    char *rest = NULL;
    for (char *name = strtok_r(names, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        enum right right;
        if (right_parse(name, &right)) {
            add_privilege(reader, draft, entity, right, depth);
        } else {
            reader_problem(reader, node, "there is no right \"%s\"", name);
        }
    }
}

static void read_allow(struct reader *reader, struct role_draft *draft, const struct xml_node *node)
{
    const char *entities = xml_attribute_or(node, "entity", "");
    if (strcmp(entities, "*") == 0) {
        add_rights(reader, draft, node, NULL);
        return;
    }
    char *names = arena_copy_text(reader->scratch, entities);
    char *rest = NULL;
    for (char *name = strtok_r(names, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        const struct entity_draft *entity = map_get(reader->entities_by_name, name);
        if (entity == NULL) {
            reader_problem(reader, node, "there is no entity \"%s\"", name);
        } else {
            add_rights(reader, draft, node, entity->entity);
        }
    }
}

static void read_tasks(struct reader *reader, struct role_template *role,
                       const struct xml_node *node)
{
    struct array names;
    array_init(&names, reader->arena);
    for (const struct xml_node *at = xml_child(node, "task"); at != NULL; at = xml_next(at)) {
        if (role->is_administrator) {
            reader_problem(reader, at, "an administrator's role allows everything without saying");
        }
        array_add(&names, arena_copy_text(reader->arena, xml_attribute_or(at, "name", "")));
    }
    role->tasks = (const char *const *)names.items;
    role->task_count = names.count;
}

static void check_role_name(struct reader *reader, const struct xml_node *node, const char *name)
{
    const char *slash = strrchr(node->file, '/');
    const char *file = slash == NULL ? node->file : slash + 1;
    if (strcmp(file, arena_format(reader->scratch, "%s.xml", name)) != 0) {
        reader_problem(reader, node, "role \"%s\" belongs into a file %s.xml", name, name);
    }
    for (size_t i = 0; i < reader->roles.count; i++) {
        if (strcmp(((const struct role_template *)reader->roles.items[i])->name, name) == 0) {
            reader_problem(reader, node, "there is already a role \"%s\"", name);
        }
    }
}

void role_read(struct reader *reader, const struct xml_node *node)
{
    struct role_template *role = arena_allocate(reader->arena, sizeof(*role));
    struct role_draft draft = {.role = role};
    array_init(&draft.privileges, reader->scratch);
    role->name = arena_copy_text(reader->arena, xml_attribute_or(node, "name", ""));
    role->label = label_read(reader, node, "label", true);
    role->is_administrator = xml_attribute_is_true(node, "administrator", false);
    check_role_name(reader, node, role->name);
    for (const struct xml_node *at = xml_child(node, "allow"); at != NULL; at = xml_next(at)) {
        if (role->is_administrator) {
            reader_problem(reader, at, "an administrator's role allows everything without saying");
        }
        read_allow(reader, &draft, at);
    }
    read_tasks(reader, role, node);
    struct role_privilege *privileges =
        arena_allocate_array(reader->arena, draft.privileges.count, sizeof(*privileges));
    for (size_t i = 0; i < draft.privileges.count; i++) {
        privileges[i] = *(const struct role_privilege *)draft.privileges.items[i];
    }
    role->privileges = privileges;
    role->privilege_count = draft.privileges.count;
    array_add(&reader->roles, role);
}
