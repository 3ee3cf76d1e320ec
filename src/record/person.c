/*
 * person.c - a directory's words become fields of a user.
 */
#include "record/person.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "metadata/catalog.h"
#include "record/write.h"
#include "security/identity.h"
#include "text/utf8.h"

static const struct field *field_of(const struct entity *entity, const char *name)
{
    const struct field *field = entity_find_field(entity, name);
    expect(field != NULL);
    return field;
}

/* A length counts characters, of which a cut text has fewer than bytes. */
static const char *cut(struct arena *arena, const struct field *field, const char *text)
{
    size_t length = strlen(text);
    if (text_count_characters(text) <= field->length) {
        return text;
    }
    return arena_copy_part(arena, text, text_cut_length(text, length, field->length));
}

static bool set(struct call *call, struct record *user, const char *name, const char *text,
                struct error *error)
{
    const struct field *field = field_of(user->entity, name);
    return text == NULL || text[0] == '\0' ||
           value_parse(call->arena, field, cut(call->arena, field, text), call->zone,
                       record_value(user, field), error);
}

static bool set_all(struct call *call, struct record *user, const struct person *person,
                    struct error *error)
{
    return set(call, user, "userName", person->user_name, error) &&
           set(call, user, "firstName", person->first_name, error) &&
           set(call, user, "lastName", person->last_name, error) &&
           set(call, user, "internalEmailAddress", person->mail, error);
}

/* The server's own rights, in the name of the user. */
static const struct identity *identity_of(struct call *call, const struct uuid *user_id)
{
    const struct identity *server = identity_of_server(call->arena, call->catalog);
    struct identity *identity = identity_copy(call->arena, server, call->catalog);
    identity->user_id = *user_id;
    identity->business_unit_id = call->platform->organization_id;
    return identity;
}

static void set_reference(struct record *user, const struct field *field, const struct uuid *id)
{
    struct value *value = record_value(user, field);
    value->state = VALUE_SET;
    value->reference = (struct reference){.entity = field->targets[0], .id = *id};
}

static bool find_unit(struct call *call, const char *name, struct uuid *id_out, struct error *error)
{
    const struct alternate_key by_name = {.name = "name", .values = &name, .value_count = 1};
    const struct reference unit = {.entity = catalog_find_entity(call->catalog, "BusinessUnit"),
                                   .alternate_key = &by_name};
    if (name == NULL || name[0] == '\0') {
        *id_out = call->platform->organization_id;
        return true;
    }
    return record_resolve(call, &unit, id_out, error);
}

static bool create(struct call *call, const struct person *person, const struct uuid *id,
                   struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "SystemUser");
    struct record *user = record_make(call->arena, entity);
    struct write_outcome outcome;
    struct uuid unit_id;
    struct work work;

    work_begin(&work, call);
    work.is_internal = true;
    record_value(user, entity->id)->state = VALUE_SET;
    record_value(user, entity->id)->uuid = *id;
    if (!find_unit(call, person->business_unit, &unit_id, error)) {
        return false;
    }
    set_reference(user, entity->owning_business_unit, &unit_id);
    bool has_name = person->last_name != NULL && person->last_name[0] != '\0';
    return set_all(call, user, person, error) &&
           (has_name || set(call, user, "lastName", person->user_name, error)) &&
           create_in(&work, user, &outcome, error) && work_end(&work, error);
}

bool person_create(struct call *call, const struct person *person, struct uuid *user_id_out,
                   struct error *error)
{
    const struct identity *before = call->identity;
    struct uuid id = call_new_id(call);

    call->identity = identity_of(call, &id);
    bool is_done = create(call, person, &id, error);
    call->identity = before;
    if (is_done) {
        *user_id_out = id;
    }
    return is_done;
}

bool person_update(struct call *call, const struct uuid *user_id, const struct person *person,
                   struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "SystemUser");
    const struct identity *before = call->identity;
    struct record *user = record_make(call->arena, entity);
    struct write_outcome outcome;
    struct work work;

    work_begin(&work, call);
    call->identity = identity_of(call, user_id);
    bool is_done = set_all(call, user, person, error) &&
                   update_in(&work, user, user_id, false, &outcome, error) &&
                   work_end(&work, error);
    call->identity = before;
    return is_done;
}
