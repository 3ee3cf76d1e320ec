/*
 * house.c - what the tests of the record engine share.
 */
#include "record/house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "change/number.h"
#include "database/database.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/organization.h"
#include "security/identity.h"
#include "security/role.h"

void house_must(bool done, const struct error *error)
{
    if (!done) {
        fail_msg("%s: %s [%s %s] (%s)", error_kind(error->code)->name, error->message,
                 error->entity, error->subject, error->cause);
    }
}

static void fill(struct test_platform *house)
{
    const struct organization_plan plan = {.administrator = ADMINISTRATOR, .password = PASSWORD};
    struct call *call = test_call_begin(house);
    struct error error = {0};

    house_must(organization_create(call, &house->platform, &plan, &error), &error);
    test_call_end(&call);
}

static struct test_world make_world(void)
{
    int count = 0;
    const struct table *const *tables = record_tables(&count);

    return (struct test_world){.tables = tables, .table_count = (size_t)count, .fill = fill};
}

void suite(enum runner_stage stage)
{
    const struct test_world world = make_world();
    test_platform_suite(stage, &world);
}

enum { PRIVILEGES = 24 };

/* A privilege in words: "Account create user". */
static struct role_privilege privilege_of(struct call *call, const char *words)
{
    static const char *const depths[] = {"none", "user", "unit", "unitAndBelow", "organization"};
    char entity[64];
    char right[32];
    char depth[32];
    struct role_privilege privilege = {.depth = -1};
    assert_int_equal(sscanf(words, "%63s %31s %31s", entity, right, depth), 3);
    privilege.entity = catalog_find_entity(call->catalog, entity);
    assert_non_null(privilege.entity);
    assert_true(right_parse(right, &privilege.right));
    for (int index = 0; index < 5; index++) {
        if (strcmp(depths[index], depth) == 0) {
            privilege.depth = index;
        }
    }
    assert_true(privilege.depth >= 0);
    return privilege;
}

void house_open(struct test_platform *house)
{
    const struct test_world world = make_world();
    struct error error = {0};
    bool is_found = false;

    test_platform_open(house, &world);
    struct call *call = test_call_begin(house);
    house_must(organization_open(call->connection, &house->platform, &is_found, &error), &error);
    assert_true(is_found);
    test_call_end(&call);
}

static struct uuid user_id(struct call *call, const char *name)
{
    const struct alternate_key key = {.name = "userName", .values = &name, .value_count = 1};
    const struct reference user = {.entity = catalog_find_entity(call->catalog, "SystemUser"),
                                   .alternate_key = &key};
    struct error error = {0};
    struct uuid id = {{0}};

    if (!record_resolve(call, &user, &id, &error) && error.code != ERROR_REFERENCE_NOT_FOUND) {
        house_must(false, &error);
    }
    return id;
}

void house_become(struct call *call, const struct uuid *id)
{
    struct error error = {0};
    house_must(
        identity_load(call->arena, call->connection, call->catalog, id, &call->identity, &error),
        &error);
}

struct call *house_begin(struct test_platform *house)
{
    struct call *call = test_call_begin(house);
    struct uuid id = user_id(call, ADMINISTRATOR);
    struct error error = {0};

    house_become(call, &id);
    house_must(connection_begin(call->connection, TRANSACTION_WRITE, &error), &error);
    return call;
}

struct call *house_begin_as(struct test_platform *house, const char *user, const char *role)
{
    struct call *call = house_begin(house);
    struct uuid id = user_id(call, user);
    struct error error = {0};

    if (uuid_is_empty(&id)) {
        house_must(organization_add_user(call, user, PASSWORD, role, &id, &error), &error);
        house_must(connection_commit(call->connection, &error), &error);
        house_must(connection_begin(call->connection, TRANSACTION_WRITE, &error), &error);
    }
    house_become(call, &id);
    return call;
}

struct uuid house_make_user(struct call *call, const char *name, const struct uuid *unit,
                            const char *const *words)
{
    struct role_privilege privileges[PRIVILEGES];
    struct role_template template = {.name = name, .privileges = privileges};
    struct error error = {0};
    struct record *user =
        house_record(call, "SystemUser", "userName", name, "lastName", name, NULL);
    if (unit != NULL) {
        house_refer(user, "businessUnit", "BusinessUnit", unit);
    }
    struct uuid id = house_create(call, user);
    for (size_t index = 0; words[index] != NULL; index++) {
        assert_true(template.privilege_count < PRIVILEGES);
        privileges[template.privilege_count++] = privilege_of(call, words[index]);
    }
    /* A role that is no record is as good as one here: its id is the user's. */
    house_must(role_set_privileges(call->connection, call->arena, &id, &template, &error), &error);
    house_must(role_give(call->connection, call->arena, &id, &id, &error), &error);
    return id;
}

void house_commit(struct call **call)
{
    struct error error = {0};
    house_must(connection_commit((*call)->connection, &error), &error);
    test_call_end(call);
}

void house_undo(struct call **call)
{
    connection_rollback((*call)->connection);
    test_call_end(call);
}

struct record *house_record(struct call *call, const char *entity, ...)
{
    const struct entity *description = catalog_find_entity(call->catalog, entity);
    struct record *record = record_make(call->arena, description);
    struct error error = {0};
    va_list fields;

    va_start(fields, entity);
    for (const char *name = va_arg(fields, const char *); name != NULL;
         name = va_arg(fields, const char *)) {
        const char *text = va_arg(fields, const char *);
        const struct field *field = entity_find_field(description, name);
        if (field == NULL) {
            fail_msg("%s has no field %s", entity, name);
        }
        struct value *value = record_value(record, field);
        value->state = VALUE_NULL;
        house_must(text == NULL || value_parse(call->arena, field, text, call->zone, value, &error),
                   &error);
    }
    va_end(fields);
    return record;
}

void house_refer(struct record *record, const char *field, const char *entity,
                 const struct uuid *id)
{
    const struct field *lookup = entity_find_field(record->entity, field);
    struct value *value = record_value(record, lookup);

    value->state = VALUE_SET;
    value->reference = (struct reference){.id = *id};
    for (size_t index = 0; index < lookup->target_count; index++) {
        if (strcmp(lookup->targets[index]->name, entity) == 0) {
            value->reference.entity = lookup->targets[index];
        }
    }
}

struct uuid house_create(struct call *call, struct record *record)
{
    struct write_outcome outcome = {0};
    struct error error = {0};
    house_must(record_create(call, record, &outcome, &error), &error);
    assert_true(outcome.is_created);
    return outcome.id;
}

int64_t house_update(struct call *call, struct record *record, const struct uuid *id)
{
    struct write_outcome outcome = {0};
    struct error error = {0};
    struct value *value = record_value(record, record->entity->id);

    value->state = VALUE_SET;
    value->uuid = *id;
    house_must(record_update(call, record, NULL, &outcome, &error), &error);
    assert_false(outcome.is_created);
    return outcome.version;
}

const char *house_text(struct call *call, const char *entity, const struct uuid *id,
                       const char *field)
{
    const struct entity *description = catalog_find_entity(call->catalog, entity);
    const struct field *asked = entity_find_field(description, field);
    struct column_set columns;
    struct record *record = NULL;
    struct error error = {0};

    house_must(query_columns(call, description, &field, 1, false, &columns, &error), &error);
    house_must(record_retrieve(call, description, id, &columns, &record, &error), &error);
    return record_has(record, asked) ? value_format(call->arena, asked, record_value(record, asked))
                                     : NULL;
}

int64_t house_version(struct call *call, const char *entity, const struct uuid *id)
{
    return strtoll(house_text(call, entity, id, "version"), NULL, 10);
}

void house_number_all(struct test_platform *house)
{
    struct call *call = test_call_begin(house);
    struct error error = {0};
    int64_t count = 1;
    while (count > 0) {
        house_must(change_number(call->connection, call->arena, &count, &error), &error);
    }
    test_call_end(&call);
}

struct feed_page house_read_feed(struct test_platform *house, struct call *call, const char *entity,
                                 const char *token, int64_t limit)
{
    const struct feed_request request = {
        .entity = entity == NULL ? NULL : catalog_find_entity(call->catalog, entity),
        .token = token,
        .limit = limit,
    };
    struct feed_page page;
    struct error error = {0};
    house_must(feed_read(call, &request, &page, &error), &error);
    page.next_token = arena_copy_text(house->arena, page.next_token);
    return page;
}
