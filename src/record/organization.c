/*
 * organization.c - the records that everything else stands on, made by the record engine.
 */
#include "record/organization.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "change/event.h"
#include "crypto/base64.h"
#include "crypto/random.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "record/own.h"
#include "record/renew.h"
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

/* The platform's own record; its author is the first administrator, also of himself. */
static bool create(struct making *making, struct record *record, struct uuid *id_out,
                   struct error *error)
{
    return own_create(making->call, NULL, record, &making->administrator_id, id_out, error);
}

static bool create_unit(struct making *making, struct error *error)
{
    struct record *unit = own_record(making->call, "BusinessUnit");
    const char *name = making->plan->name != NULL ? making->plan->name : "Organization";
    return own_set(making->call, unit, "name", name, error) &&
           create(making, unit, &making->unit_id, error);
}

static bool create_administrator(struct making *making, struct error *error)
{
    struct record *user = own_record(making->call, "SystemUser");
    own_set_id(user, &making->administrator_id);
    own_refer(user, user->entity->owning_business_unit, &making->unit_id);
    return own_set(making->call, user, "userName", making->plan->administrator, error) &&
           own_set(making->call, user, "lastName", making->plan->administrator, error) &&
           create(making, user, &making->administrator_id, error);
}

static bool create_currency(struct making *making, struct error *error)
{
    const struct organization_plan *plan = making->plan;
    bool is_named = plan->currency_code != NULL;
    struct call *call = making->call;
    struct record *currency = own_record(call, "TransactionCurrency");
    return own_set(call, currency, "isoCode", is_named ? plan->currency_code : "USD", error) &&
           own_set(call, currency, "name", is_named ? plan->currency_name : "US Dollar", error) &&
           own_set(call, currency, "symbol", is_named ? plan->currency_symbol : "$", error) &&
           own_set(call, currency, "isBase", "true", error) &&
           own_set(call, currency, "exchangeRate", "1", error) &&
           create(making, currency, &making->currency_id, error);
}

static const char *administrator_role(const struct catalog *catalog)
{
    for (size_t index = 0; index < catalog->role_count; index++) {
        if (catalog->roles[index]->is_administrator) {
            return catalog->roles[index]->name;
        }
    }
    return NULL;
}

static bool find_role(struct call *call, const char *name, struct uuid *id_out, struct error *error)
{
    bool is_found = false;
    return renew_find_role(call, name, id_out, &is_found, error) &&
           (is_found ||
            error_set(error, ERROR_REFERENCE_NOT_FOUND, "role", "There is no role %s", name));
}

static bool give_role_to(struct call *call, const struct uuid *user_id, const struct uuid *role_id,
                         struct error *error)
{
    return role_give(call->connection, call->arena, user_id, role_id, error) &&
           event_note_pair(call, EVENT_ROLE_GIVEN, "SystemUser", user_id, "Role", role_id, error);
}

/* Makes the roles, and gives the first administrator his. */
static bool give_role(struct making *making, struct error *error)
{
    struct call *call = making->call;
    const char *name = administrator_role(call->catalog);
    struct uuid role_id;
    if (name == NULL) {
        return error_set(error, ERROR_METADATA_INVALID, NULL,
                         "No role in metadata/roles is that of an administrator");
    }
    return renew_roles(call, &making->administrator_id, error) && renew_rights(call, error) &&
           find_role(call, name, &role_id, error) &&
           give_role_to(call, &making->administrator_id, &role_id, error);
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
           credential_store(credentials, call->connection, user_id, hash, NULL, error) &&
           event_note_of(call, EVENT_PASSWORD_SET, "SystemUser", user_id, error);
}

static bool make_all(struct making *making, struct error *error)
{
    struct call *call = making->call;
    return create_unit(making, error) && create_administrator(making, error) &&
           create_currency(making, error) && give_role(making, error) &&
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

bool organization_add_user(struct call *call, const char *user_name, const char *password,
                           const char *role, struct uuid *user_id_out, struct error *error)
{
    struct record *user = own_record(call, "SystemUser");
    struct write_outcome outcome;
    struct uuid role_id;
    if (!find_role(call, role, &role_id, error) ||
        !own_set(call, user, "userName", user_name, error) ||
        !own_set(call, user, "lastName", user_name, error) ||
        !record_create(call, user, &outcome, error) ||
        !give_role_to(call, &outcome.id, &role_id, error) ||
        !give_password(call, call->platform->credentials, &outcome.id, password, error)) {
        return false;
    }
    *user_id_out = outcome.id;
    return true;
}
