/*
 * organization.c - the records that everything else stands on, made by the record engine.
 */
#include "record/organization.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "crypto/base64.h"
#include "crypto/random.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "record/tables.h"
#include "record/write.h"
#include "security/credential.h"
#include "security/identity.h"
#include "security/role.h"

static const char setting_organization[] = "organization";
static const char setting_currency[] = "base currency";
static const char setting_cookie_key[] = "cookie key";

/* What is being made, step by step. */
struct making {
    struct call *call;
    struct platform *platform;
    const struct organization_plan *plan;
    struct uuid unit_id;
    struct uuid administrator_id;
    struct uuid administrator_role_id;
    struct uuid currency_id;
    uint8_t cookie_key[PLATFORM_KEY_SIZE];
};

/* ---- settings ---- */

static bool read_setting(struct connection *connection, struct arena *arena, const char *name,
                         const char **text_out, struct error *error)
{
    static const char *const columns[] = {"text"};
    const struct row_condition by_name = {"name", ROW_IS, cell_text(name)};
    const struct row_query query = {
        .table = &setting_table,
        .columns = columns,
        .column_count = 1,
        .conditions = &by_name,
        .condition_count = 1,
    };
    struct row_set rows;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    *text_out = rows.count == 1 ? row_cell(&rows, 0, 0)->text : NULL;
    return true;
}

static bool write_setting(struct call *call, const char *name, const char *text,
                          struct error *error)
{
    const struct row_value values[] = {{"name", cell_text(name)}, {"text", cell_text(text)}};
    return row_insert(call->connection, call->arena, &setting_table, values, 2, error);
}

static bool write_id_setting(struct call *call, const char *name, const struct uuid *id,
                             struct error *error)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return write_setting(call, name, text, error);
}

/* ---- records ---- */

static struct record *make_record(struct call *call, const char *entity)
{
    const struct entity *description = catalog_find_entity(call->catalog, entity);
    expect(description != NULL);
    return record_make(call->arena, description);
}

/* Sets a field by its lexical form; one that the catalog lacks is left out. */
static bool set_field(struct call *call, struct record *record, const char *name, const char *text,
                      struct error *error)
{
    const struct field *field = entity_find_field(record->entity, name);
    return field == NULL || text == NULL ||
           value_parse(call->arena, field, text, call->zone, record_value(record, field), error);
}

static void set_reference(struct record *record, const struct field *field, const struct uuid *id)
{
    if (field == NULL) {
        return;
    }
    struct value *value = record_value(record, field);
    value->state = VALUE_SET;
    value->reference = (struct reference){.entity = field->targets[0], .id = *id};
}

static void set_id(struct record *record, const struct uuid *id)
{
    struct value *value = record_value(record, record->entity->id);
    value->state = VALUE_SET;
    value->uuid = *id;
}

/* The platform's own record; its author is the first administrator, also of himself. */
static bool create(struct making *making, struct record *record, struct uuid *id_out,
                   struct error *error)
{
    struct call *call = making->call;
    struct write_outcome outcome;
    struct work work;
    work_begin(&work, call);
    work.is_internal = true;
    const struct field *moments[] = {record->entity->created_on, record->entity->modified_on};
    const struct field *authors[] = {record->entity->created_by, record->entity->modified_by};
    for (size_t index = 0; index < 2; index++) {
        struct value *moment = record_value(record, moments[index]);
        moment->state = VALUE_SET;
        moment->moment = call->now;
        set_reference(record, authors[index], &making->administrator_id);
    }
    if (!create_in(&work, record, &outcome, error)) {
        return false;
    }
    *id_out = outcome.id;
    return true;
}

static bool create_unit(struct making *making, struct error *error)
{
    struct record *unit = make_record(making->call, "BusinessUnit");
    const char *name = making->plan->name != NULL ? making->plan->name : "Organization";
    return set_field(making->call, unit, "name", name, error) &&
           create(making, unit, &making->unit_id, error);
}

static bool create_administrator(struct making *making, struct error *error)
{
    struct record *user = make_record(making->call, "SystemUser");
    set_id(user, &making->administrator_id);
    set_reference(user, user->entity->owning_business_unit, &making->unit_id);
    return set_field(making->call, user, "userName", making->plan->administrator, error) &&
           set_field(making->call, user, "lastName", making->plan->administrator, error) &&
           create(making, user, &making->administrator_id, error);
}

static bool create_team(struct making *making, struct error *error)
{
    struct record *team = make_record(making->call, "Team");
    const char *name = making->plan->name != NULL ? making->plan->name : "Organization";
    struct uuid id;
    set_reference(team, team->entity->owning_business_unit, &making->unit_id);
    return set_field(making->call, team, "name", name, error) &&
           set_field(making->call, team, "isDefault", "true", error) &&
           create(making, team, &id, error);
}

static bool create_role(struct making *making, const struct role_template *template,
                        struct error *error)
{
    struct call *call = making->call;
    struct record *role = make_record(call, "Role");
    struct uuid id;
    set_reference(role, role->entity->owning_business_unit, &making->unit_id);
    if (!set_field(call, role, "name", label_text(&template->label, LANGUAGE_ENGLISH), error) ||
        !set_field(call, role, "templateName", template->name, error) ||
        !set_field(call, role, "isAdministrator", template->is_administrator ? "true" : "false",
                   error) ||
        !create(making, role, &id, error) ||
        !role_set_privileges(call->connection, call->arena, &id, template, error)) {
        return false;
    }
    if (template->is_administrator) {
        making->administrator_role_id = id;
    }
    return true;
}

static bool create_roles(struct making *making, struct error *error)
{
    const struct catalog *catalog = making->call->catalog;
    for (size_t index = 0; index < catalog->role_count; index++) {
        if (!create_role(making, catalog->roles[index], error)) {
            return false;
        }
    }
    if (uuid_is_empty(&making->administrator_role_id)) {
        return error_set(error, ERROR_METADATA_INVALID, NULL,
                         "No role in metadata/roles is that of an administrator");
    }
    return true;
}

static bool create_currency(struct making *making, struct error *error)
{
    const struct organization_plan *plan = making->plan;
    bool is_named = plan->currency_code != NULL;
    struct call *call = making->call;
    struct record *currency = make_record(call, "TransactionCurrency");
    return set_field(call, currency, "isoCode", is_named ? plan->currency_code : "USD", error) &&
           set_field(call, currency, "name", is_named ? plan->currency_name : "US Dollar", error) &&
           set_field(call, currency, "symbol", is_named ? plan->currency_symbol : "$", error) &&
           set_field(call, currency, "isBase", "true", error) &&
           set_field(call, currency, "exchangeRate", "1", error) &&
           create(making, currency, &making->currency_id, error);
}

/* ---- the whole ---- */

static bool write_settings(struct making *making, struct error *error)
{
    struct call *call = making->call;
    random_bytes(making->cookie_key, sizeof(making->cookie_key));
    const char *key = base64_encode(call->arena, making->cookie_key, sizeof(making->cookie_key));
    return write_id_setting(call, setting_organization, &making->unit_id, error) &&
           write_id_setting(call, setting_currency, &making->currency_id, error) &&
           write_setting(call, setting_cookie_key, key, error);
}

/* Hashed within the transaction: nobody else is there yet who would wait for it. */
static bool give_password(struct call *call, struct credential_cache *credentials,
                          const struct uuid *user_id, const char *password, struct error *error)
{
    const char *hash = NULL;
    return credential_hash(credentials, call->arena, password, &hash, error) &&
           credential_store(credentials, call->connection, user_id, hash, NULL, error);
}

static bool make_all(struct making *making, struct error *error)
{
    struct call *call = making->call;
    return create_unit(making, error) && create_administrator(making, error) &&
           create_team(making, error) && create_roles(making, error) &&
           create_currency(making, error) &&
           role_give(call->connection, call->arena, &making->administrator_id,
                     &making->administrator_role_id, error) &&
           give_password(call, making->platform->credentials, &making->administrator_id,
                         making->plan->password, error) &&
           write_settings(making, error);
}

static bool check_none(struct call *call, struct error *error)
{
    const char *id = NULL;
    if (!read_setting(call->connection, call->arena, setting_organization, &id, error)) {
        return false;
    }
    return id == NULL || error_set(error, ERROR_ORGANIZATION_EXISTS, NULL,
                                   "The database holds an organisation already");
}

bool organization_create(struct call *call, struct platform *platform,
                         const struct organization_plan *plan, struct error *error)
{
    const struct identity *identity_before = call->identity;
    struct making making = {
        .call = call,
        .platform = platform,
        .plan = plan,
        .administrator_id = call_new_id(call),
    };
    bool done = false;
    bool is_found = false;

    call->identity = identity_of_server(call->arena, call->catalog);
    if (!connection_begin(call->connection, TRANSACTION_WRITE, error)) {
        goto finish;
    }
    if (!check_none(call, error) || !make_all(&making, error)) {
        connection_rollback(call->connection);
        goto finish;
    }
    if (!connection_commit(call->connection, error)) {
        goto finish;
    }
    done = organization_open(call->connection, platform, &is_found, error);

finish:
    call->identity = identity_before;
    return done;
}

/* ---- opening ---- */

static bool read_key(struct arena *arena, const char *text, uint8_t key_out[PLATFORM_KEY_SIZE])
{
    void *bytes = NULL;
    size_t length = 0;
    if (text == NULL || !base64_decode(arena, text, strlen(text), &bytes, &length) ||
        length != PLATFORM_KEY_SIZE) {
        return false;
    }
    memcpy(key_out, bytes, PLATFORM_KEY_SIZE);
    return true;
}

bool organization_open(struct connection *connection, struct platform *platform, bool *is_found_out,
                       struct error *error)
{
    struct arena *arena = arena_create();
    const char *organization = NULL;
    const char *currency = NULL;
    const char *key = NULL;
    bool done = false;

    if (!read_setting(connection, arena, setting_organization, &organization, error) ||
        !read_setting(connection, arena, setting_currency, &currency, error) ||
        !read_setting(connection, arena, setting_cookie_key, &key, error)) {
        goto finish;
    }
    if (organization != NULL &&
        (!uuid_parse(organization, &platform->organization_id) || currency == NULL ||
         !uuid_parse(currency, &platform->base_currency_id) ||
         !read_key(arena, key, platform->cookie_key))) {
        error_set(error, ERROR_SCHEMA_MISMATCH, NULL,
                  "The settings of the organisation are damaged");
        goto finish;
    }
    *is_found_out = organization != NULL;
    done = true;

finish:
    arena_destroy(&arena);
    return done;
}

/* ---- users ---- */

static bool find_role(struct call *call, const char *template_name, struct uuid *id_out,
                      struct error *error)
{
    for (size_t index = 0; index < call->catalog->role_count; index++) {
        const struct role_template *template = call->catalog->roles[index];
        if (strcmp(template->name, template_name) != 0) {
            continue;
        }
        const char *name = label_text(&template->label, LANGUAGE_ENGLISH);
        const struct alternate_key by_name = {.name = "name", .values = &name, .value_count = 1};
        const struct reference role = {.entity = catalog_find_entity(call->catalog, "Role"),
                                       .alternate_key = &by_name};
        return record_resolve(call, &role, id_out, error);
    }
    return error_set(error, ERROR_REFERENCE_NOT_FOUND, "role", "There is no role %s",
                     template_name);
}

bool organization_add_user(struct call *call, const char *user_name, const char *password,
                           const char *role, struct uuid *user_id_out, struct error *error)
{
    struct record *user = make_record(call, "SystemUser");
    struct write_outcome outcome;
    struct uuid role_id;
    if (!find_role(call, role, &role_id, error) ||
        !set_field(call, user, "userName", user_name, error) ||
        !set_field(call, user, "lastName", user_name, error) ||
        !record_create(call, user, &outcome, error) ||
        !role_give(call->connection, call->arena, &outcome.id, &role_id, error) ||
        !give_password(call, call->platform->credentials, &outcome.id, password, error)) {
        return false;
    }
    *user_id_out = outcome.id;
    return true;
}
