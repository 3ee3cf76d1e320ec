/*
 * renew.c - steps that may be run at every start: each looks first whether anything is missing.
 */
#include "record/renew.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "change/event.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "record/own.h"
#include "record/principal.h"
#include "record/tables.h"
#include "record/write.h"
#include "security/administrator.h"
#include "security/identity.h"
#include "security/role.h"
#include "security/stored.h"
#include "security/team.h"

/* ---- roles ---- */

/* The setting that holds the id of the record made of a role. */
static const char *setting_of(struct call *call, const char *role)
{
    return arena_format(call->arena, "role %s", role);
}

bool renew_find_role(struct call *call, const char *name, struct uuid *id_out, bool *is_found_out,
                     struct error *error)
{
    static const char *const columns[] = {"text"};
    const struct row_condition by_name = {"name", ROW_IS, cell_text(setting_of(call, name))};
    const struct row_query query = {.table = &setting_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &by_name,
                                    .condition_count = 1};
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *is_found_out = rows.count == 1 && uuid_parse(row_cell(&rows, 0, 0)->text, id_out);
    return true;
}

/* Release 1 made roles without writing down which. */
static bool find_unnoted(struct call *call, const char *name, struct uuid *id_out,
                         bool *is_found_out, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Role");
    const struct row_condition of_template = {stored_column(entity, "templateName"), ROW_IS,
                                              cell_text(name)};
    const struct row_query query = {.table = stored_table(call->catalog, entity),
                                    .columns = &entity->id->column,
                                    .column_count = 1,
                                    .conditions = &of_template,
                                    .condition_count = 1,
                                    .limit = 1};
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *is_found_out = rows.count == 1;
    if (rows.count == 1) {
        *id_out = row_cell(&rows, 0, 0)->uuid;
    }
    return true;
}

static bool note_role(struct call *call, const char *name, const struct uuid *id,
                      struct error *error)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    const struct row_value values[] = {
        {"name", cell_text(setting_of(call, name))},
        {"text", cell_text(text)},
    };
    return row_insert(call->connection, call->arena, &setting_table, values, 2, error);
}

static bool make_role(struct call *call, const struct role_template *template,
                      const struct uuid *author, struct uuid *id_out, struct error *error)
{
    struct record *role = own_record(call, "Role");
    return own_set(call, role, "name", label_text(&template->label, LANGUAGE_ENGLISH), error) &&
           own_set(call, role, "templateName", template->name, error) &&
           own_set(call, role, "isAdministrator", template->is_administrator ? "true" : "false",
                   error) &&
           own_create(call, NULL, role, author, id_out, error) &&
           role_set_privileges(call->connection, call->arena, id_out, template, error);
}

bool renew_roles(struct call *call, const struct uuid *author, struct error *error)
{
    for (size_t index = 0; index < call->catalog->role_count; index++) {
        const struct role_template *template = call->catalog->roles[index];
        bool is_found = false;
        struct uuid id;
        if (!renew_find_role(call, template->name, &id, &is_found, error)) {
            return false;
        }
        if (is_found) {
            continue;
        }
        if (!find_unnoted(call, template->name, &id, &is_found, error) ||
            (!is_found && !make_role(call, template, author, &id, error)) ||
            !note_role(call, template->name, &id, error)) {
            return false;
        }
    }
    return true;
}

/* ---- rights on new entities ---- */

/* Those that every organisation had before it was noted which ones its roles know: what a role
 * allows on them is the administrator's. */
static const char *const first_entities[] = {
    "Account",
    "Appointment",
    "BusinessUnit",
    "Contact",
    "CustomerAddress",
    "Email",
    "FieldSecurityProfile",
    "Invoice",
    "InvoiceDetail",
    "Lead",
    "Note",
    "Opportunity",
    "OpportunityProduct",
    "PhoneCall",
    "PriceLevel",
    "Product",
    "ProductPriceLevel",
    "Role",
    "SalesOrder",
    "SalesOrderDetail",
    "SystemUser",
    "Task",
    "Team",
    "TransactionCurrency",
    "UnitOfMeasure",
};

static bool is_of_first(const struct entity *entity)
{
    for (size_t index = 0; index < sizeof(first_entities) / sizeof(first_entities[0]); index++) {
        if (strcmp(first_entities[index], entity->name) == 0) {
            return true;
        }
    }
    return false;
}

/* The setting that is there once the roles know an entity. */
static const char *setting_of_rights(struct call *call, const struct entity *entity)
{
    return arena_format(call->arena, "rights %s", entity->name);
}

static bool find_new_entities(struct call *call, struct array *entities, struct error *error)
{
    for (size_t index = 0; index < call->catalog->entity_count; index++) {
        const struct entity *entity = call->catalog->entities[index];
        const struct row_condition by_name = {"name", ROW_IS,
                                              cell_text(setting_of_rights(call, entity))};
        int64_t count = 0;
        if (is_of_first(entity)) {
            continue;
        }
        if (!row_count(call->connection, call->arena, &setting_table, &by_name, 1, &count, error)) {
            return false;
        }
        if (count == 0) {
            array_add(entities, entity);
        }
    }
    return true;
}

static bool note_entities(struct call *call, const struct array *entities, struct error *error)
{
    for (size_t index = 0; index < entities->count; index++) {
        const struct row_value values[] = {
            {"name", cell_text(setting_of_rights(call, entities->items[index]))},
            {"text", cell_text("given")},
        };
        if (!row_insert(call->connection, call->arena, &setting_table, values, 2, error)) {
            return false;
        }
    }
    return true;
}

/* The record of a role, unless there was none or it has been deleted. */
static bool find_role(struct call *call, const char *name, struct uuid *id_out, bool *is_there_out,
                      struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Role");
    const struct table *table = stored_table(call->catalog, entity);
    struct row_condition by_id = {entity->id->column, ROW_IS, {.is_null = true}};
    int64_t count = 0;
    if (!renew_find_role(call, name, id_out, is_there_out, error)) {
        return false;
    }
    if (!*is_there_out) {
        return true;
    }
    by_id.cell = cell_uuid(id_out);
    if (!row_count(call->connection, call->arena, table, &by_id, 1, &count, error)) {
        return false;
    }
    *is_there_out = count == 1;
    return true;
}

static bool extend_role(struct call *call, const struct role_template *template,
                        const struct uuid *id, const struct array *entities, struct error *error)
{
    struct role_grant *added = NULL;
    size_t count = 0;
    if (!role_add_privileges(call->connection, call->arena, id, template, entities, &added, &count,
                             error)) {
        return false;
    }
    struct event_detail *details = arena_allocate_array(call->arena, count, sizeof(*details));
    for (size_t index = 0; index < count; index++) {
        details[index] = (struct event_detail){
            .name = arena_format(call->arena, "%s.%s", added[index].entity, added[index].right),
            .new_value = depth_name((enum depth)added[index].depth),
        };
    }
    const struct event event = {.kind = EVENT_PRIVILEGES_CHANGED,
                                .about = event_record_of(call, "Role", id),
                                .details = details,
                                .detail_count = count};
    return count == 0 || event_note(call, &event, error);
}

bool renew_rights(struct call *call, struct error *error)
{
    struct array entities;
    array_init(&entities, call->arena);
    if (!find_new_entities(call, &entities, error)) {
        return false;
    }
    for (size_t index = 0; entities.count > 0 && index < call->catalog->role_count; index++) {
        const struct role_template *template = call->catalog->roles[index];
        bool is_there = false;
        struct uuid id;
        if (!find_role(call, template->name, &id, &is_there, error) ||
            (is_there && !extend_role(call, template, &id, &entities, error))) {
            return false;
        }
    }
    return note_entities(call, &entities, error);
}

/* ---- default teams ---- */

static bool give_team(struct call *call, const struct uuid *unit_id, const char *name,
                      const struct uuid *author, struct error *error)
{
    struct work work;
    struct team team;
    bool is_found = false;
    work_begin(&work, call);
    return team_read_default(call->arena, call->connection, call->catalog, unit_id, &team,
                             &is_found, error) &&
           (is_found || principal_make_team(&work, unit_id, name, author, error)) &&
           work_end(&work, error);
}

static bool give_teams(struct call *call, const struct uuid *author, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "BusinessUnit");
    const char *const columns[] = {entity->id->column, entity->name_field->column};
    const struct row_query query = {
        .table = stored_table(call->catalog, entity), .columns = columns, .column_count = 2};
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        if (!give_team(call, &row_cell(&rows, row, 0)->uuid, row_cell(&rows, row, 1)->text, author,
                       error)) {
            return false;
        }
    }
    return true;
}

/* ---- the whole ---- */

/* Whoever made the organisation: the first administrator, who is never deleted. */
static bool find_author(struct call *call, struct uuid *author_out, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "BusinessUnit");
    const struct row_condition by_id = {entity->id->column, ROW_IS,
                                        cell_uuid(&call->platform->organization_id)};
    const struct row_query query = {.table = stored_table(call->catalog, entity),
                                    .columns = &entity->created_by->column,
                                    .column_count = 1,
                                    .conditions = &by_id,
                                    .condition_count = 1};
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    if (rows.count == 0) {
        return error_set(error, ERROR_SCHEMA_MISMATCH, NULL, "The root unit is missing");
    }
    *author_out = row_cell(&rows, 0, 0)->uuid;
    return true;
}

static bool renew_all(struct call *call, struct error *error)
{
    struct uuid author;
    return administrator_lock(call->arena, call->connection, call->catalog,
                              &call->platform->organization_id, error) &&
           role_take_over(call->arena, call->connection, error) &&
           find_author(call, &author, error) && give_teams(call, &author, error) &&
           renew_roles(call, &author, error) && renew_rights(call, error);
}

bool renew_organization(struct call *call, struct error *error)
{
    const struct identity *identity_before = call->identity;
    bool done = false;

    call->identity = identity_of_server(call->arena, call->catalog);
    if (!connection_begin(call->connection, TRANSACTION_WRITE, error)) {
        goto finish;
    }
    if (!renew_all(call, error)) {
        connection_rollback(call->connection);
        goto finish;
    }
    done = connection_commit(call->connection, error);

finish:
    call->identity = identity_before;
    return done;
}
