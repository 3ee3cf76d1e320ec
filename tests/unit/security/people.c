/*
 * people.c - what the tests of security share.
 */
#include "security/people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/random.h"
#include "database/database.h"
#include "database/row.h"
#include "database/table.h"
#include "metadata/catalog.h"
#include "security/credential.h"
#include "security/role.h"
#include "security/tables.h"
#include "text/fold.h"

void people_must(bool done, const struct error *error)
{
    if (!done) {
        fail_msg("%s: %s (%s)", error_kind(error->code)->name, error->message, error->cause);
    }
}

static struct uuid new_id(void)
{
    uint8_t random[10];
    random_bytes(random, sizeof(random));
    return uuid_make(1700000000000, random);
}

static const struct table *table_of(const struct people *people, const char *entity)
{
    const struct catalog *catalog = people->house.platform.catalog;
    const char *name = catalog_find_entity(catalog, entity)->table;
    for (size_t index = 0; index < catalog->table_count; index++) {
        if (strcmp(catalog->tables[index]->name, name) == 0) {
            return catalog->tables[index];
        }
    }
    fail_msg("%s has no table", entity);
    return NULL;
}

struct uuid people_insert_unit(struct people *people, const struct uuid *parent)
{
    struct uuid id = new_id();
    struct error error = {0};
    const struct row_value values[] = {
        {"id", cell_uuid(&id)},
        {"version", cell_integer(1)},
        {"parentBusinessUnit", parent == NULL ? cell_null(COLUMN_UUID) : cell_uuid(parent)},
    };
    people_must(row_insert(people->connection, people->arena, table_of(people, "BusinessUnit"),
                           values, 3, &error),
                &error);
    return id;
}

struct uuid people_insert_team(struct people *people, const struct uuid *unit, bool is_default)
{
    struct uuid id = new_id();
    struct error error = {0};
    const struct row_value values[] = {
        {"id", cell_uuid(&id)},
        {"version", cell_integer(1)},
        {"businessUnit", cell_uuid(unit)},
        {"isDefault", cell_boolean(is_default)},
    };
    people_must(
        row_insert(people->connection, people->arena, table_of(people, "Team"), values, 4, &error),
        &error);
    return id;
}

void people_join(struct people *people, const struct uuid *team, const struct uuid *user)
{
    struct error error = {0};
    const struct row_value values[] = {{"team_id", cell_uuid(team)}, {"user_id", cell_uuid(user)}};
    people_must(
        row_insert(people->connection, people->arena, &team_member_table, values, 2, &error),
        &error);
}

struct uuid people_insert_user(struct people *people, const char *name)
{
    struct uuid id = new_id();
    struct error error = {0};
    const struct row_value values[] = {
        {"id", cell_uuid(&id)},
        {"version", cell_integer(1)},
        {"userName", cell_text(name)},
        {"userName_fold",
         cell_text(text_fold(people->arena, people->house.platform.text_rules, name))},
        {"businessUnit", cell_uuid(&people->unit)},
    };
    people_must(row_insert(people->connection, people->arena, table_of(people, "SystemUser"),
                           values, 5, &error),
                &error);
    return id;
}

static const struct test_world world = {.tables = NULL};

void suite(enum runner_stage stage)
{
    test_platform_suite(stage, &world);
}

void people_open(struct people *people)
{
    struct error error = {0};
    memset(people, 0, sizeof(*people));
    test_platform_open(&people->house, &world);
    people->arena = arena_create();
    people_must(database_acquire(people->house.platform.database, &people->connection, &error),
                &error);
    people->root = people_insert_unit(people, NULL);
    people->unit = people_insert_unit(people, &people->root);
    people->ann = people_insert_user(people, "Ann");
    people->bob = people_insert_user(people, "bob");
}

void people_close(struct people *people)
{
    database_release(&people->connection);
    arena_destroy(&people->arena);
    test_platform_close(&people->house);
}

static void disable(struct people *people, const char *entity, const struct uuid *id,
                    bool is_disabled)
{
    struct error error = {0};
    const struct row_value value = {"isDisabled", cell_boolean(is_disabled)};
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(id)};
    int64_t rows = 0;
    people_must(row_update(people->connection, people->arena, table_of(people, entity), &value, 1,
                           &by_id, 1, &rows, &error),
                &error);
    assert_int_equal(rows, 1);
}

void people_disable_unit(struct people *people, const struct uuid *unit, bool is_disabled)
{
    disable(people, "BusinessUnit", unit, is_disabled);
}

void people_disable_user(struct people *people, const struct uuid *user, bool is_disabled)
{
    disable(people, "SystemUser", user, is_disabled);
}

struct uuid people_give(struct people *people, const struct uuid *user, const char *role)
{
    const struct catalog *catalog = people->house.platform.catalog;
    struct uuid id = new_id();
    struct error error = {0};
    for (size_t index = 0; index < catalog->role_count; index++) {
        if (strcmp(catalog->roles[index]->name, role) == 0) {
            people_must(role_set_privileges(people->connection, people->arena, &id,
                                            catalog->roles[index], &error),
                        &error);
        }
    }
    people_must(role_give(people->connection, people->arena, user, &id, &error), &error);
    return id;
}

void people_report(struct people *people, const struct uuid *user, const struct uuid *manager)
{
    struct error error = {0};
    const struct row_value value = {"manager", cell_uuid(manager)};
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(user)};
    int64_t rows = 0;
    people_must(row_update(people->connection, people->arena, table_of(people, "SystemUser"),
                           &value, 1, &by_id, 1, &rows, &error),
                &error);
    assert_int_equal(rows, 1);
}

/* ---- failures ---- */

/* What is written of failures at the only name that was tried. */
struct failures {
    int64_t failed_on, wait_until;
};

static struct failures read_failures(const struct people *people)
{
    static const char *const columns[] = {"failed_on", "wait_until"};
    const struct row_query query = {.table = &attempt_table, .columns = columns, .column_count = 2};
    struct row_set rows;
    struct error error = {0};
    people_must(row_select(people->connection, people->arena, &query, &rows, &error), &error);
    assert_int_equal(rows.count, 1);
    return (struct failures){row_cell(&rows, 0, 0)->moment, row_cell(&rows, 0, 1)->moment};
}

bool people_set_password(struct people *people, const struct uuid *user, const char *password,
                         const struct uuid *keep_session, struct error *error)
{
    struct credential_cache *cache = people->house.platform.credentials;
    const char *hash = NULL;
    if (!credential_hash(cache, people->arena, password, &hash, error) ||
        !connection_begin(people->connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    if (!credential_store(cache, people->connection, user, hash, keep_session, error)) {
        connection_rollback(people->connection);
        return false;
    }
    bool is_done = connection_commit(people->connection, error);
    credential_forget(cache, user);
    return is_done;
}

void people_let_time_pass(struct people *people, int64_t milliseconds)
{
    const struct failures failures = read_failures(people);
    const struct row_value values[] = {
        {"failed_on", cell_moment(failures.failed_on - milliseconds)},
        {"wait_until", cell_moment(failures.wait_until - milliseconds)},
    };
    const struct row_condition all = {"failures", ROW_IS_ABOVE, cell_integer(0)};
    struct error error = {0};
    people_must(row_update(people->connection, people->arena, &attempt_table, values, 2, &all, 1,
                           NULL, &error),
                &error);
}

int64_t people_last_wait(const struct people *people)
{
    const struct failures failures = read_failures(people);
    return failures.wait_until - failures.failed_on;
}
