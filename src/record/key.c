/*
 * key.c - records named by alternate keys, and what a refused key is called.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/table.h"
#include "metadata/catalog.h"
#include "query/query.h"
#include "record/permit.h"
#include "record/write.h"

enum { KEY_NAMES_SIZE = 256 };

bool key_is_given(const struct record *record, const struct key *key)
{
    for (size_t index = 0; index < key->field_count; index++) {
        if (!record_has(record, key->fields[index])) {
            return false;
        }
    }
    return true;
}

bool key_choose(const struct record *given, const struct key **key_out, struct error *error)
{
    const struct entity *entity = given->entity;
    const struct key *chosen = NULL;
    for (size_t index = 0; index < entity->key_count; index++) {
        if (!key_is_given(given, entity->keys[index])) {
            continue;
        }
        if (chosen != NULL) {
            return error_set_about(error, ERROR_PARAMETER_REQUIRED, entity->name, "id",
                                   "The record must be named by its id: it has values of the keys "
                                   "%s and %s",
                                   chosen->name, entity->keys[index]->name);
        }
        chosen = entity->keys[index];
    }
    if (chosen == NULL) {
        return error_set_about(error, ERROR_PARAMETER_REQUIRED, entity->name, "id",
                               "The record must be named by its id or by the fields of a key");
    }
    *key_out = chosen;
    return true;
}

/* The value of a key's field, a reference in it resolved. */
static bool key_value(struct call *call, const struct field *field, struct value *value,
                      struct error *error)
{
    if (field->type != FIELD_LOOKUP || value->reference.alternate_key == NULL) {
        return true;
    }
    struct reference *reference = &value->reference;
    if (reference->entity == NULL && field->target_count == 1) {
        reference->entity = field->targets[0];
    }
    if (reference->entity == NULL || !field_may_refer_to(field, reference->entity)) {
        return error_set_about(error, ERROR_VALUE_INVALID, field->entity->name, field->name,
                               "%s refers to a record of another entity", field->name);
    }
    if (!record_resolve(call, reference, &reference->id, error)) {
        return false;
    }
    reference->alternate_key = NULL;
    return true;
}

bool key_find(struct call *call, struct record *given, const struct key *key, struct uuid *id_out,
              bool *is_found_out, struct error *error)
{
    struct value values[KEY_FIELDS];
    for (size_t index = 0; index < key->field_count; index++) {
        const struct field *field = key->fields[index];
        if (!record_has(given, field)) {
            return error_set_about(error, ERROR_FIELD_REQUIRED, given->entity->name, field->name,
                                   "%s is required: it is part of the key %s", field->name,
                                   key->name);
        }
        if (!key_value(call, field, record_value(given, field), error)) {
            return false;
        }
        values[index] = *record_value(given, field);
    }
    return query_find_by_key(call, key, values, id_out, is_found_out, error);
}

/* ---- references by key ---- */

static bool refuse_reference(const struct reference *reference, struct error *error)
{
    return error_set_about(error, ERROR_REFERENCE_NOT_FOUND, reference->entity->name,
                           reference->alternate_key->name, "There is no %s with this %s",
                           reference->entity->name, reference->alternate_key->name);
}

static bool parse_key(struct call *call, const struct key *key,
                      const struct alternate_key *alternate, struct value *values,
                      struct error *error)
{
    if (alternate->value_count != key->field_count) {
        return error_set_about(error, ERROR_VALUE_INVALID, key->fields[0]->entity->name, key->name,
                               "The key %s has %zu values, not %zu", key->name, key->field_count,
                               alternate->value_count);
    }
    for (size_t index = 0; index < key->field_count; index++) {
        if (alternate->values[index] == NULL ||
            !value_parse(call->arena, key->fields[index], alternate->values[index], call->zone,
                         &values[index], error)) {
            return alternate->values[index] == NULL
                       ? error_set_about(error, ERROR_VALUE_INVALID, key->fields[0]->entity->name,
                                         key->name, "The key %s has an empty value", key->name)
                       : false;
        }
    }
    return true;
}

/* Whoever may not read a record learns nothing about which keys there are. */
bool record_resolve(struct call *call, const struct reference *reference, struct uuid *id_out,
                    struct error *error)
{
    const struct alternate_key *alternate = reference->alternate_key;
    struct value values[KEY_FIELDS];
    struct uuid id;
    bool is_found = false;

    if (alternate == NULL) {
        *id_out = reference->id;
        return true;
    }
    const struct key *key =
        alternate->name == NULL ? NULL : entity_find_key(reference->entity, alternate->name);
    if (key == NULL) {
        return error_set_about(error, ERROR_KEY_UNKNOWN, reference->entity->name, alternate->name,
                               "%s has no key %s", reference->entity->name,
                               alternate->name == NULL ? "without a name" : alternate->name);
    }
    if (!parse_key(call, key, alternate, values, error) ||
        !query_find_by_key(call, key, values, &id, &is_found, error) ||
        (is_found && !permit_read(call, reference->entity, &id, &is_found, error))) {
        return false;
    }
    if (!is_found) {
        return refuse_reference(reference, error);
    }
    *id_out = id;
    return true;
}

/* ---- what the database would not take ---- */

static const struct table *table_of(const struct catalog *catalog, const struct entity *entity)
{
    for (size_t index = 0; index < catalog->table_count; index++) {
        if (strcmp(catalog->tables[index]->name, entity->table) == 0) {
            return catalog->tables[index];
        }
    }
    return NULL;
}

/* Engines name the index, or its columns. */
static bool is_named(const struct table_index *index, const char *words)
{
    if (strstr(words, index->name) != NULL) {
        return true;
    }
    for (size_t column = 0; column < TABLE_COLUMNS_IN_KEY && index->columns[column] != NULL;
         column++) {
        if (strstr(words, index->columns[column]) == NULL) {
            return false;
        }
    }
    return true;
}

static const char *equality_column(const struct field *field)
{
    return field->fold_column != NULL ? field->fold_column : field->column;
}

static bool is_index_of(const struct table_index *index, const struct key *key)
{
    for (size_t place = 0; place < key->field_count; place++) {
        if (index->columns[place] == NULL ||
            strcmp(index->columns[place], equality_column(key->fields[place])) != 0) {
            return false;
        }
    }
    return index->is_unique && index->columns[key->field_count] == NULL;
}

static const struct key *find_key(struct call *call, const struct entity *entity, const char *words)
{
    const struct table *table = table_of(call->catalog, entity);
    const struct key *found = NULL;
    for (size_t place = 0; table != NULL && place < table->index_count; place++) {
        const struct table_index *index = &table->indexes[place];
        for (size_t key = 0; key < entity->key_count; key++) {
            if (is_index_of(index, entity->keys[key]) && is_named(index, words) &&
                (found == NULL || entity->keys[key]->field_count > found->field_count)) {
                found = entity->keys[key];
            }
        }
    }
    return found;
}

static void refuse(const struct key *key, struct error *error)
{
    const struct entity *entity = key->fields[0]->entity;
    char names[KEY_NAMES_SIZE] = "";
    size_t length = 0;
    for (size_t index = 0; index < key->field_count && length < sizeof(names); index++) {
        length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
                                   index == 0 ? "" : ", ", key->fields[index]->name);
    }
    error_set_about(error, ERROR_DUPLICATE_KEY, entity->name, names, "Another %s has the same %s",
                    entity->name, names);
}

static bool explain_unique(struct call *call, const struct entity *entity, struct error *error)
{
    const struct key *key = find_key(call, entity, error->subject);
    char cause[ERROR_CAUSE_SIZE];

    memcpy(cause, error->cause, sizeof(cause));
    if (key == NULL) {
        error_set_about(error, ERROR_DUPLICATE_KEY, entity->name, entity->id->name,
                        "Another %s has the same id", entity->name);
        return error_add_cause(error, "%s", cause);
    }
    refuse(key, error);
    return error_add_cause(error, "%s", cause);
}

bool key_explain(struct call *call, const struct entity *entity, struct error *error)
{
    if (error->code == ERROR_DATABASE_UNIQUE) {
        return explain_unique(call, entity, error);
    }
    if (error->code == ERROR_DATABASE_FOREIGN_KEY) {
        /* What it refers to was there a moment ago. */
        error_set_about(error, ERROR_REFERENCE_NOT_FOUND, entity->name, NULL,
                        "The %s refers to a record that was deleted meanwhile", entity->name);
    }
    return false;
}
