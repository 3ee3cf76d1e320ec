/*
 * relation_link.c - to whom lookups refer, what their relations do, and who is whose parent.
 */
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "metadata/names.h"
#include "metadata/reader.h"
#include "xml/document.h"

enum { OWNED_LEVELS = 3 }; /* access that comes from a parent is looked for so far */

/* ---- targets ---- */

static bool is_in_group(const struct entity *entity, enum entity_group group)
{
    switch (group) {
    case GROUP_CUSTOMER:
        return entity->is_customer;
    case GROUP_PRINCIPAL:
        return entity->is_principal;
    case GROUP_PARTY:
        return entity->is_party;
    case GROUP_WITH_ACTIVITIES:
        return entity->has_activities;
    case GROUP_WITH_NOTES:
        return entity->has_notes;
    case GROUP_WITH_QUEUES:
        return entity->has_queues;
    default:
        return false;
    }
}

static void add_group(const struct reader *reader, enum entity_group group, struct array *targets)
{
    for (size_t i = 0; i < reader->entities.count; i++) {
        const struct entity_draft *draft = reader->entities.items[i];
        if (is_in_group(draft->entity, group)) {
            array_add(targets, draft->entity);
        }
    }
}

static void add_named(struct reader *reader, const struct field_draft *field, struct array *targets)
{
    char *names = arena_copy_text(reader->scratch, field->target_names);
    char *rest = NULL;
    for (char *name = strtok_r(names, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        const struct entity_draft *target = map_get(reader->entities_by_name, name);
        if (target == NULL) {
            reader_problem(reader, field->node,
                           "\"%s\" refers to entity \"%s\", which does not exist",
                           field->field->name, name);
            continue;
        }
        array_add(targets, target->entity);
    }
}

static void link_targets(struct reader *reader, const struct field_draft *field)
{
    struct array targets;
    array_init(&targets, reader->arena);
    if (field->group != GROUP_NONE) {
        add_group(reader, field->group, &targets);
        if (targets.count == 0) {
            reader_problem(reader, field->node,
                           "no entity is marked as one that \"%s\" may refer to",
                           field->field->name);
        }
    } else {
        add_named(reader, field, &targets);
    }
    for (size_t i = 0; i < targets.count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (targets.items[i] == targets.items[j]) {
                reader_problem(reader, field->node, "\"%s\" names entity \"%s\" twice",
                               field->field->name, ((const struct entity *)targets.items[i])->name);
            }
        }
    }
    field->field->targets = (const struct entity **)targets.items;
    field->field->target_count = targets.count;
}

/* ---- relations ---- */

static const char *const cascade_names[] = {
    [CASCADE_NONE] = "none",
    [CASCADE_ALL] = "all",
    [CASCADE_ACTIVE] = "active",
    [CASCADE_USER_OWNED] = "userOwned",
    [CASCADE_REMOVE_LINK] = "removeLink",
    [CASCADE_RESTRICT] = "restrict",
};

static enum cascade read_cascade(const struct xml_node *node, const char *name,
                                 enum cascade otherwise)
{
    const char *text = node == NULL ? NULL : xml_attribute(node, name);
    for (size_t i = 0; text != NULL && i < sizeof(cascade_names) / sizeof(cascade_names[0]); i++) {
        if (strcmp(cascade_names[i], text) == 0) {
            return (enum cascade)i;
        }
    }
    return otherwise;
}

static const char *relation_name(struct reader *reader, const struct entity *entity,
                                 const struct field *field, const struct xml_node *node)
{
    if (node != NULL) {
        return arena_copy_text(reader->arena, xml_attribute_or(node, "name", ""));
    }
    return arena_format(reader->arena, "%s%s", entity->element,
                        name_with_capital_initial(reader->scratch, field->name));
}

/* The rule of a deletion when the relation says none: the link goes, unless it must be there. */
static enum cascade deletion_rule(const struct field *field, bool is_parental)
{
    if (is_parental) {
        return CASCADE_ALL;
    }
    return field->is_required ? CASCADE_RESTRICT : CASCADE_REMOVE_LINK;
}

static void check_relation(struct reader *reader, const struct field_draft *field,
                           const struct relation *relation, const struct xml_node *node)
{
    if (relation->on_delete == CASCADE_REMOVE_LINK && field->field->is_required) {
        reader_problem(reader, node, "\"%s\" is required, so a deletion cannot remove the link",
                       field->field->name);
    }
    if (relation->on_unshare != relation->on_share) {
        reader_problem(reader, node,
                       "unshare must say what share says: access that comes from above is never "
                       "stored");
    }
    if (relation->on_delete == CASCADE_REMOVE_LINK && field->field->is_system) {
        reader_problem(reader, node, "the platform keeps \"%s\"", field->field->name);
    }
}

static void name_children(struct reader *reader, struct relation *relation, const char *list)
{
    if (list != NULL) {
        relation->children = arena_copy_text(reader->arena, list);
        relation->children_to_delete = arena_format(reader->arena, "%sToDelete", list);
    }
}

static void link_relation(struct reader *reader, const struct entity_draft *draft,
                          struct field_draft *field, struct map *names)
{
    const struct xml_node *own =
        field->field->is_system ? NULL : xml_child(field->node, "relation");
    const struct xml_node *node = own != NULL ? own : field->node;
    struct relation *relation = arena_allocate(reader->arena, sizeof(*relation));
    bool is_parental = own != NULL && xml_attribute_is_true(own, "parental", false);
    enum cascade otherwise = is_parental ? CASCADE_ALL : CASCADE_NONE;
    relation->name = relation_name(reader, draft->entity, field->field, own);
    relation->is_parental = is_parental;
    relation->on_assign = read_cascade(own, "assign", otherwise);
    relation->on_share = read_cascade(own, "share", otherwise);
    relation->on_unshare = read_cascade(own, "unshare", relation->on_share);
    relation->on_reparent = read_cascade(own, "reparent", otherwise);
    relation->on_merge = read_cascade(own, "merge", otherwise);
    relation->on_delete =
        field->field->is_system
            ? CASCADE_RESTRICT
            : read_cascade(own, "delete", deletion_rule(field->field, is_parental));
    name_children(reader, relation, own == NULL ? NULL : xml_attribute(own, "children"));
    relation->label = own != NULL && xml_child(own, "label") != NULL
                          ? label_read(reader, own, "label", true)
                          : draft->entity->plural_label;
    if (map_get(names, name_in_lower_case(reader->scratch, relation->name)) != NULL) {
        reader_problem(reader, node, "there is already a relation \"%s\" (case is ignored)",
                       relation->name);
    }
    map_set(names, name_in_lower_case(reader->scratch, relation->name), relation);
    check_relation(reader, field, relation, node);
    field->relation = relation;
    field->field->relation = relation;
}

/* ---- parents and children ---- */

/* At most one parental lookup from an entity to another, so that access has one source. */
static void check_parental(struct reader *reader, const struct entity_draft *draft,
                           const struct field_draft *field)
{
    for (size_t i = 0; i < field->field->target_count; i++) {
        for (size_t j = 0; j < draft->fields.count; j++) {
            const struct field_draft *other = draft->fields.items[j];
            if (other == field) {
                break;
            }
            if (other->relation != NULL && other->relation->is_parental &&
                field_may_refer_to(other->field, field->field->targets[i])) {
                reader_problem(reader, field->node,
                               "\"%s\" already has a parental relation to \"%s\", by \"%s\"",
                               draft->entity->name, field->field->targets[i]->name,
                               other->field->name);
            }
        }
    }
}

static void link_parent(struct reader *reader, struct entity_draft *draft)
{
    size_t parents = 0;
    for (size_t i = 0; i < draft->fields.count; i++) {
        const struct field_draft *field = draft->fields.items[i];
        if (field->relation != NULL && field->relation->is_parental) {
            check_parental(reader, draft, field);
            draft->parental_to = field->field;
            parents++;
        }
    }
    if (draft->entity->ownership != OWNERSHIP_PARENT) {
        return;
    }
    if (parents != 1) {
        reader_problem(reader, draft->node,
                       "an entity with ownership=\"parent\" needs one parental lookup; \"%s\" has "
                       "%zu",
                       draft->entity->name, parents);
        return;
    }
    if (!draft->parental_to->is_required) {
        reader_problem(reader, draft->node,
                       "\"%s\" is part of its parent, so \"%s\" must be required",
                       draft->entity->name, draft->parental_to->name);
    }
    draft->entity->parent = draft->parental_to;
}

static const struct entity *owned_by(const struct entity *entity)
{
    bool is_part = entity->ownership == OWNERSHIP_PARENT && entity->parent != NULL &&
                   entity->parent->target_count > 0;
    return is_part ? entity->parent->targets[0] : NULL;
}

static void check_levels(struct reader *reader, const struct entity_draft *draft)
{
    int levels = 0;
    for (const struct entity *at = owned_by(draft->entity); at != NULL; at = owned_by(at)) {
        if (++levels > OWNED_LEVELS) {
            reader_problem(reader, draft->node, "\"%s\" has its owner more than %d parents above",
                           draft->entity->name, OWNED_LEVELS);
            return;
        }
    }
}

/* Whether the name of a list is free among the fields and lists of a parent. */
static bool claim_list(struct reader *reader, const struct field_draft *field,
                       const struct entity *parent, const char *list, struct map *lists)
{
    const struct entity_draft *draft = map_get(reader->entities_by_name, parent->name);
    const char *lower = name_in_lower_case(reader->scratch, list);
    const char *key = arena_format(reader->scratch, "%s.%s", draft->entity->name, lower);
    if (map_get(draft->fields_by_name, lower) != NULL || map_get(lists, key) != NULL) {
        reader_problem(reader, field->node, "\"%s\" already has a field or list \"%s\"",
                       draft->entity->name, list);
        return false;
    }
    map_set(lists, key, field);
    return true;
}

/* A list of children stands among the fields of the parent, as does that of those to delete. */
static void check_children(struct reader *reader, const struct field_draft *field,
                           struct map *lists)
{
    const struct relation *relation = field->relation;
    if (name_is_reserved_field(relation->children)) {
        reader_problem(reader, field->node, "\"%s\" may not be the name of a list of children",
                       relation->children);
    }
    for (size_t i = 0; i < field->field->target_count; i++) {
        const struct entity *parent = field->field->targets[i];
        if (claim_list(reader, field, parent, relation->children, lists)) {
            (void)claim_list(reader, field, parent, relation->children_to_delete, lists);
        }
    }
}

/* ---- referrers ---- */

static void link_referrers(struct reader *reader, struct entity *entity)
{
    struct array referrers;
    array_init(&referrers, reader->arena);
    for (size_t i = 0; i < reader->entities.count; i++) {
        const struct entity_draft *draft = reader->entities.items[i];
        for (size_t j = 0; j < draft->fields.count; j++) {
            const struct field_draft *field = draft->fields.items[j];
            if (field->field->type == FIELD_LOOKUP && field_may_refer_to(field->field, entity)) {
                array_add(&referrers, field->field);
            }
        }
    }
    entity->referrers = (const struct field **)referrers.items;
    entity->referrer_count = referrers.count;
}

static void link_lookups(struct reader *reader, const struct entity_draft *draft,
                         struct map *relations, struct map *lists)
{
    for (size_t i = 0; i < draft->fields.count; i++) {
        struct field_draft *field = draft->fields.items[i];
        if (field->field->type == FIELD_LOOKUP || field->field->type == FIELD_PARTY_LIST) {
            link_targets(reader, field);
        }
        if (field->field->type == FIELD_LOOKUP) {
            link_relation(reader, draft, field, relations);
        }
        if (field->relation != NULL && field->relation->children != NULL) {
            check_children(reader, field, lists);
        }
    }
}

void link_relations(struct reader *reader)
{
    struct map *relations = map_create(reader->scratch);
    struct map *lists = map_create(reader->scratch);
    for (size_t i = 0; i < reader->entities.count; i++) {
        link_lookups(reader, reader->entities.items[i], relations, lists);
    }
    for (size_t i = 0; i < reader->entities.count; i++) {
        struct entity_draft *draft = reader->entities.items[i];
        link_parent(reader, draft);
        link_referrers(reader, draft->entity);
    }
    for (size_t i = 0; i < reader->entities.count; i++) {
        check_levels(reader, reader->entities.items[i]);
    }
}
