/*
 * target.c - checks a pass against the describe answer, before any row is sent.
 */
#include "apps/admin/target.h"

#include <string.h>

#include "apps/admin/mapping.h"
#include "apps/admin/request.h"
#include "base/arena.h"
#include "base/error.h"
#include "client/client.h"
#include "client/element.h"
#include "xml/document.h"

/* The item of a list whose <name> is this, or NULL. */
static const struct xml_node *find_named(const struct xml_node *list, const char *name)
{
    for (const struct xml_node *item = list == NULL ? NULL : list->first_child; item != NULL;
         item = item->next) {
        const struct xml_node *found = xml_child(item, "name");
        if (found != NULL && strcmp(found->text, name) == 0) {
            return item;
        }
    }
    return NULL;
}

static bool check_fields(const struct pass *pass, const struct xml_node *fields,
                         struct error *error)
{
    for (size_t i = 0; i < pass->field_count; i++) {
        if (find_named(fields, pass->fields[i].name) == NULL) {
            return xml_fail(pass->fields[i].node, error, "%s has no field %s", pass->entity,
                            pass->fields[i].name);
        }
    }
    return true;
}

static bool find_key(struct arena *arena, const struct pass *pass, const struct xml_node *keys,
                     struct target *target, struct error *error)
{
    const struct xml_node *key = find_named(keys, pass->key);
    const struct xml_node *names = key == NULL ? NULL : xml_child(key, "fields");
    size_t *places = arena_allocate_array(arena, pass->field_count, sizeof(*places));

    if (names == NULL) {
        return xml_fail(pass->node, error, "%s has no alternate key %s", pass->entity, pass->key);
    }
    for (const struct xml_node *name = names->first_child; name != NULL; name = name->next) {
        const struct field_rule *rule = mapping_find_field(pass, name->text);
        if (rule == NULL) {
            return xml_fail(pass->node, error, "The key %s needs the field %s, which has no value",
                            pass->key, name->text);
        }
        places[target->key_field_count++] = (size_t)(rule - pass->fields);
    }
    target->key_fields = places;
    return true;
}

/* The id of the role that new users get. */
static bool find_role(struct arena *arena, struct client *client, const struct pass *pass,
                      struct target *target, struct client_error *client_error, struct error *error)
{
    static const struct client_operation retrieve = {
        .service = "Role", .name = "RetrieveRole", .is_repeatable = true};
    struct element *parameters = element_make(arena, retrieve.name);
    const struct xml_node *answer = NULL;

    if (pass->role == NULL) {
        return true;
    }
    if (strcmp(pass->entity, "SystemUser") != 0) {
        return xml_fail(pass->node, error, "Only a SystemUser gets a role, not a %s", pass->entity);
    }
    request_add_key(arena, parameters, "name", &pass->role, 1);
    request_add_list(arena, parameters, "columns", "id");
    if (!client_call(client, arena, &retrieve, parameters, &answer, client_error)) {
        return strcmp(client_error->code, "RECORD_NOT_FOUND") == 0
                   ? xml_fail(pass->node, error, "There is no role %s", pass->role)
                   : false;
    }
    const struct xml_node *id =
        answer->first_child == NULL ? NULL : xml_child(answer->first_child, "id");
    target->role_id = id == NULL ? NULL : id->text;
    return true;
}

bool target_ask(struct arena *arena, struct client *client, const struct pass *pass,
                struct target *target_out, struct client_error *client_error, struct error *error)
{
    static const struct client_operation describe = {
        .service = "Metadata", .name = "DescribeEntity", .is_repeatable = true};
    struct element *parameters = element_make(arena, describe.name);
    struct target target = {.entity = pass->entity,
                            .element = request_element_of(arena, pass->entity)};
    const struct xml_node *answer = NULL;

    error_clear(error);
    element_add_text(arena, parameters, "entityName", pass->entity);
    if (!client_call(client, arena, &describe, parameters, &answer, client_error)) {
        return false;
    }
    const struct xml_node *description = answer->first_child;
    if (description == NULL) {
        return client_fail(client_error, CLIENT_NOT_SOAP, "NOT_SOAP",
                           "The server does not describe %s", pass->entity);
    }
    const struct xml_node *plural = xml_child(description, "pluralName");
    if (plural == NULL) {
        return client_fail(client_error, CLIENT_NOT_SOAP, "NOT_SOAP",
                           "The server does not say what many records of %s are called",
                           pass->entity);
    }
    target.list_element = request_element_of(arena, plural->text);
    if (!check_fields(pass, xml_child(description, "fields"), error) ||
        !find_key(arena, pass, xml_child(description, "keys"), &target, error) ||
        !find_role(arena, client, pass, &target, client_error, error)) {
        return false;
    }
    *target_out = target;
    return true;
}
