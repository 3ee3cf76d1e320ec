/*
 * link.c - joins the entities that were read: order, names, fields, keys, and who refers to whom.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/map.h"
#include "metadata/names.h"
#include "metadata/reader.h"
#include "xml/document.h"

/* ---- names that must differ in the whole catalog ---- */

static bool claim(struct reader *reader, struct map *names, const struct entity_draft *draft,
                  const char *what, const char *name)
{
    char *key = name_in_lower_case(reader->scratch, name);
    const struct entity_draft *other = map_get(names, key);
    if (other != NULL) {
        reader_problem(reader, draft->node,
                       "the %s \"%s\" is already used by %s:%d (case is ignored)", what, name,
                       other->node->file, other->node->line);
        return false;
    }
    map_set(names, key, draft);
    return true;
}

/* Nor may an entity have a name that the contract makes of another's. */
static void check_made_names(struct reader *reader, const struct map *names,
                             const struct entity_draft *draft)
{
    struct array made;
    array_init(&made, reader->scratch);
    name_add_made_of(reader->scratch, draft->entity->name, &made);
    for (size_t i = 0; i < made.count; i++) {
        const struct entity_draft *other =
            map_get(names, name_in_lower_case(reader->scratch, made.items[i]));
        if (other != NULL && strcasecmp(other->entity->name, made.items[i]) == 0) {
            reader_problem(reader, other->node,
                           "\"%s\" may not be the name of an entity: the contract has a type or "
                           "an operation %s for \"%s\"",
                           other->entity->name, (const char *)made.items[i], draft->entity->name);
        }
    }
}

/* An entity whose name is taken is left out: everything in it would be said to be there twice. */
static void check_names(struct reader *reader)
{
    struct map *types = map_create(reader->scratch);
    struct map *classics = map_create(reader->scratch);
    struct map *tables = map_create(reader->scratch);
    size_t kept = 0;
    for (size_t i = 0; i < reader->entities.count; i++) {
        const struct entity_draft *draft = reader->entities.items[i];
        if (!claim(reader, types, draft, "name", draft->entity->name)) {
            continue;
        }
        /* Each claim is made for what it says; the entity stays whatever comes of it. */
        (void)claim(reader, types, draft, "plural", draft->entity->plural);
        (void)claim(reader, classics, draft, "classic name", draft->entity->classic_name);
        (void)claim(reader, tables, draft, "table", draft->entity->table);
        map_set(reader->entities_by_name, draft->entity->name, draft);
        reader->entities.items[kept++] = reader->entities.items[i];
    }
    reader->entities.count = kept;
    for (size_t i = 0; i < kept; i++) {
        check_made_names(reader, types, reader->entities.items[i]);
    }
}

static void check_classic_names(struct reader *reader, const struct entity_draft *draft)
{
    struct map *names = map_create(reader->scratch);
    for (size_t i = 0; i < draft->fields.count; i++) {
        const struct field_draft *field = draft->fields.items[i];
        const struct field *other = map_get(names, field->field->classic_name);
        if (other != NULL) {
            reader_problem(reader, field->node, "the classic name \"%s\" is already that of \"%s\"",
                           field->field->classic_name, other->name);
        }
        map_set(names, field->field->classic_name, field->field);
    }
}

/* ---- fields ---- */

static void settle_fields(struct reader *reader, const struct entity_draft *draft)
{
    struct entity *entity = draft->entity;
    const struct field **fields =
        arena_allocate_array(reader->arena, draft->fields.count, sizeof(*fields));
    entity->fields_by_name = map_create(reader->arena);
    for (size_t i = 0; i < draft->fields.count; i++) {
        struct field_draft *field = draft->fields.items[i];
        field->field->index = i;
        fields[i] = field->field;
        map_set(entity->fields_by_name, field->field->name, field->field);
    }
    entity->fields = fields;
    entity->field_count = draft->fields.count;
}

static bool is_text_type(enum field_type type)
{
    return type == FIELD_STRING || type == FIELD_AUTO_NUMBER;
}

static void link_name_field(struct reader *reader, struct entity_draft *draft)
{
    struct field_draft *name = entity_draft_find(draft, draft->name_field);
    if (name == NULL || !is_text_type(name->field->type)) {
        reader_problem(reader, draft->node,
                       "the nameField \"%s\" is no field of type string or autoNumber",
                       draft->name_field);
        return;
    }
    name->is_sortable = true;
    name->field->is_searchable = true;
    draft->entity->name_field = name->field;
}

/* ---- keys ---- */

static bool may_be_in_key(const struct field *field)
{
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_AUTO_NUMBER:
        return field->length <= KEY_LENGTH_LIMIT && !field->is_secret;
    case FIELD_INTEGER:
    case FIELD_LONG:
    case FIELD_DATE:
    case FIELD_CHOICE:
    case FIELD_UUID:
    case FIELD_LOOKUP:
        return !field->is_secret;
    default:
        return false;
    }
}

static void add_key_field(struct reader *reader, const struct entity_draft *draft,
                          const struct xml_node *node, const char *name, struct key *key)
{
    struct field_draft *field = entity_draft_find(draft, name);
    if (field == NULL) {
        reader_problem(reader, node, "entity \"%s\" has no field \"%s\"", draft->entity->name,
                       name);
        return;
    }
    if (!may_be_in_key(field->field)) {
        reader_problem(reader, node,
                       "\"%s\" cannot be in a key: only strings of up to %d characters, whole "
                       "numbers, dates, choices, ids and lookups can",
                       name, KEY_LENGTH_LIMIT);
        return;
    }
    for (size_t i = 0; i < key->field_count; i++) {
        if (key->fields[i] == field->field) {
            reader_problem(reader, node, "\"%s\" is in the key twice", name);
            return;
        }
    }
    if (key->field_count == KEY_FIELDS) {
        reader_problem(reader, node, "a key has at most %d fields", KEY_FIELDS);
        return;
    }
    field->field->is_searchable |= is_text_type(field->field->type);
    key->fields[key->field_count++] = field->field;
}

static bool is_key_name_taken(const struct array *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strcasecmp(((const struct key *)keys->items[i])->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void link_keys(struct reader *reader, const struct entity_draft *draft)
{
    struct array keys;
    array_init(&keys, reader->arena);
    for (const struct xml_node *at = xml_child(draft->node, "key"); at != NULL; at = xml_next(at)) {
        struct key *key = arena_allocate(reader->arena, sizeof(*key));
        char *names = arena_copy_text(reader->scratch, xml_attribute_or(at, "fields", ""));
        char *rest = NULL;
        key->name = arena_copy_text(reader->arena, xml_attribute_or(at, "name", ""));
        if (is_key_name_taken(&keys, key->name)) {
            reader_problem(reader, at, "there is already a key \"%s\"", key->name);
            continue;
        }
        for (char *name = strtok_r(names, " ", &rest); name != NULL;
             name = strtok_r(NULL, " ", &rest)) {
            add_key_field(reader, draft, at, name, key);
        }
        array_add(&keys, key);
    }
    draft->entity->keys = (const struct key **)keys.items;
    draft->entity->key_count = keys.count;
}

/* ---- all of them ---- */

static int compare_drafts(const void *left, const void *right)
{
    const struct entity_draft *const *left_draft = left;
    const struct entity_draft *const *right_draft = right;
    return strcmp((*left_draft)->entity->name, (*right_draft)->entity->name);
}

void link_entities(struct reader *reader)
{
    if (reader->entities.count > 0) {
        qsort(reader->entities.items, reader->entities.count, sizeof(void *), compare_drafts);
    }
    check_names(reader);
    for (size_t i = 0; i < reader->entities.count; i++) {
        struct entity_draft *draft = reader->entities.items[i];
        draft->entity->index = i;
        check_classic_names(reader, draft);
        settle_fields(reader, draft);
        link_name_field(reader, draft);
        link_keys(reader, draft);
        tables_name_columns(reader, draft);
    }
    link_relations(reader);
    link_merges(reader);
    link_computed(reader);
    link_secured(reader);
}
