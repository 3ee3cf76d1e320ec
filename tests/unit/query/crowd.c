/*
 * crowd.c - what the tests of access share.
 */
#include "query/crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/access.h"
#include "query/garden.h"
#include "query/query.h"
#include "security/role.h"
#include "security/share.h"
#include "security/tables.h"

void crowd_must(bool done, const struct error *error)
{
    if (!done) {
        fail_msg("%s: %s [%s %s] (%s)", error_kind(error->code)->name, error->message,
                 error->entity, error->subject, error->cause);
    }
}

const struct entity *crowd_entity(const struct crowd *crowd, const char *name)
{
    return catalog_find_entity(crowd->call->catalog, name);
}

void crowd_open(struct crowd *crowd)
{
    memset(crowd, 0, sizeof(*crowd));
    garden_open(&crowd->house);
    crowd->call = test_call_begin(&crowd->house);
    crowd->root = crowd_unit(crowd, NULL);
}

void crowd_close(struct crowd *crowd)
{
    test_call_end(&crowd->call);
    test_platform_close(&crowd->house);
}

/* ---- records ---- */

static void refer(struct record *record, const char *field, const char *entity,
                  const struct uuid *id, const struct crowd *crowd)
{
    const struct field *lookup = entity_find_field(record->entity, field);
    assert_non_null(lookup);
    struct value *value = record_value(record, lookup);
    value->state = VALUE_SET;
    value->reference = (struct reference){.entity = crowd_entity(crowd, entity), .id = *id};
}

static struct record *make(struct crowd *crowd, const char *entity)
{
    struct record *record = record_make(crowd->call->arena, crowd_entity(crowd, entity));
    struct value *id = record_value(record, record->entity->id);
    struct value *version = record_value(record, record->entity->version);
    id->state = version->state = VALUE_SET;
    id->uuid = call_new_id(crowd->call);
    version->integer = 1;
    return record;
}

static struct uuid insert(struct crowd *crowd, const struct record *record)
{
    struct error error = {0};
    crowd_must(query_insert(crowd->call, &(struct row_change){.record = record}, &error), &error);
    return record_value(record, record->entity->id)->uuid;
}

static void set_text(struct crowd *crowd, struct record *record, const struct field *field,
                     const char *text)
{
    struct error error = {0};
    crowd_must(value_parse(crowd->call->arena, field, text, crowd->call->zone,
                           record_value(record, field), &error),
               &error);
}

struct uuid crowd_plant(struct crowd *crowd, const char *entity, struct crowd_place place)
{
    struct record *record = make(crowd, entity);
    if (place.owner != NULL) {
        refer(record, "owner", "SystemUser", place.owner, crowd);
    }
    if (place.unit != NULL) {
        refer(record, record->entity->owning_business_unit->name, "BusinessUnit", place.unit,
              crowd);
    }
    if (place.lookup != NULL) {
        refer(record, place.lookup, place.parent_entity, place.parent, crowd);
    }
    if (place.state != NULL) {
        set_text(crowd, record, record->entity->state, place.state);
    }
    if (place.name != NULL) {
        set_text(crowd, record, record->entity->name_field, place.name);
    }
    return insert(crowd, record);
}

/* ---- people ---- */

struct uuid crowd_unit(struct crowd *crowd, const struct uuid *parent)
{
    struct record *record = make(crowd, "BusinessUnit");
    if (parent != NULL) {
        refer(record, "parentBusinessUnit", "BusinessUnit", parent, crowd);
    }
    return insert(crowd, record);
}

struct uuid crowd_user(struct crowd *crowd, const struct uuid *unit)
{
    struct record *record = make(crowd, "SystemUser");
    refer(record, "businessUnit", "BusinessUnit", unit, crowd);
    char name[UUID_TEXT_SIZE];
    uuid_format(&record_value(record, record->entity->id)->uuid, name);
    set_text(crowd, record, entity_find_field(record->entity, "userName"), name);
    return insert(crowd, record);
}

struct uuid crowd_team(struct crowd *crowd, const struct uuid *unit)
{
    struct record *record = make(crowd, "Team");
    char name[UUID_TEXT_SIZE];
    refer(record, "businessUnit", "BusinessUnit", unit, crowd);
    uuid_format(&record_value(record, record->entity->id)->uuid, name);
    set_text(crowd, record, record->entity->name_field, name);
    return insert(crowd, record);
}

static void insert_row(struct crowd *crowd, const struct table *table,
                       const struct row_value *values, size_t count)
{
    struct error error = {0};
    crowd_must(
        row_insert(crowd->call->connection, crowd->call->arena, table, values, count, &error),
        &error);
}

void crowd_join(struct crowd *crowd, const struct uuid *team, const struct uuid *user)
{
    const struct row_value values[] = {{"team_id", cell_uuid(team)}, {"user_id", cell_uuid(user)}};
    insert_row(crowd, &team_member_table, values, 2);
}

void crowd_give(struct crowd *crowd, const struct uuid *principal, const char *entity,
                enum right right, enum depth depth)
{
    const struct uuid role = call_new_id(crowd->call);
    struct error error = {0};
    const struct row_value values[] = {
        {"role_id", cell_uuid(&role)},
        {"entity_name", cell_text(entity)},
        {"right_name", cell_text(right_name(right))},
        {"depth", cell_integer(depth)},
    };
    insert_row(crowd, &role_privilege_table, values, 4);
    crowd_must(role_give(crowd->call->connection, crowd->call->arena, principal, &role, &error),
               &error);
}

void crowd_become(struct crowd *crowd, const struct uuid *user)
{
    struct call *call = crowd->call;
    struct error error = {0};
    crowd_must(
        identity_load(call->arena, call->connection, call->catalog, user, &call->identity, &error),
        &error);
}

void crowd_share(struct crowd *crowd, const char *entity, const struct uuid *id,
                 const struct uuid *principal, enum right right)
{
    const struct row_value values[] = {
        {"entity_name", cell_text(entity)},     {"record_id", cell_uuid(id)},
        {"principal_id", cell_uuid(principal)}, {"rights", cell_integer(share_mask(right))},
        {"granted_by", cell_uuid(principal)},   {"granted_on", cell_moment(0)},
    };
    insert_row(crowd, &share_table, values, 6);
}

bool crowd_may(struct crowd *crowd, const char *entity, const struct uuid *id, enum right right)
{
    struct error error = {0};
    bool is_allowed = false;
    crowd_must(query_may(crowd->call, crowd_entity(crowd, entity), id, right, &is_allowed, &error),
               &error);
    return is_allowed;
}
