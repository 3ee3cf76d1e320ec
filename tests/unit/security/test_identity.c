/*
 * test_identity.c - what roles add up to, and who is let in at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "metadata/catalog.h"
#include "security/access.h"
#include "security/authorise.h"
#include "security/identity.h"
#include "security/people.h"
#include "security/role.h"

static struct people people;

static const struct entity *find(const char *entity)
{
    return catalog_find_entity(people.house.platform.catalog, entity);
}

static const struct identity *load(const struct uuid *user)
{
    const struct identity *identity = NULL;
    struct error error = {0};
    people_must(identity_load(people.arena, people.connection, people.house.platform.catalog, user,
                              &identity, &error),
                &error);
    return identity;
}

static void expect_refused(const struct uuid *user)
{
    const struct identity *identity = NULL;
    struct error error = {0};
    assert_false(identity_load(people.arena, people.connection, people.house.platform.catalog, user,
                               &identity, &error));
    assert_int_equal(error.code, ERROR_CREDENTIALS_INVALID);
    assert_null(identity);
}

static bool may(const struct identity *identity, const char *entity, enum right right)
{
    struct error error = {0};
    bool has_privilege = authorise_privilege(identity, find(entity), right, &error);
    const struct access_scope *scope =
        access_scope_make(people.arena, identity, find(entity), right);
    /* One point of decision: a privilege reaches something, or is none. */
    assert_int_equal(has_privilege, !access_is_nothing(scope));
    if (!has_privilege) {
        assert_int_equal(error.code, ERROR_NOT_ALLOWED);
        assert_string_equal(error.entity, entity);
    }
    return has_privilege;
}

void test_identity__without_roles_one_may_nothing(void **state)
{
    (void)state;
    people_open(&people);
    const struct identity *identity = load(&people.ann);
    const struct catalog *catalog = people.house.platform.catalog;
    assert_string_equal(identity->user_name, "Ann");
    assert_true(uuid_is_equal(&identity->business_unit_id, &people.unit));
    assert_true(uuid_is_equal(&identity->organization_id, &people.root));
    for (size_t index = 0; index < catalog->entity_count; index++) {
        for (int right = 0; right < RIGHT_COUNT; right++) {
            assert_false(may(identity, catalog->entities[index]->name, (enum right)right));
        }
    }
    people_close(&people);
}

void test_identity__roles_add_up(void **state)
{
    (void)state;
    people_open(&people);
    (void)people_give(&people, &people.ann, "salesperson");
    const struct identity *identity = load(&people.ann);
    assert_true(may(identity, "Account", RIGHT_CREATE));
    assert_false(may(identity, "Account", RIGHT_DELETE));
    assert_false(may(identity, "Product", RIGHT_CREATE));
    (void)people_give(&people, &people.ann, "erp-integration");
    identity = load(&people.ann);
    assert_true(may(identity, "Product", RIGHT_CREATE));
    assert_true(may(identity, "Account", RIGHT_CREATE));
    assert_false(may(load(&people.bob), "Account", RIGHT_READ));
    people_close(&people);
}

void test_identity__an_administrator_may_everything_until_it_is_taken(void **state)
{
    struct error error = {0};
    (void)state;
    people_open(&people);
    struct uuid role = people_give(&people, &people.ann, "system-administrator");
    const struct identity *identity = load(&people.ann);
    assert_true(identity->is_administrator);
    assert_true(may(identity, "Role", RIGHT_DELETE));
    people_must(role_take(people.connection, people.arena, &people.ann, &role, &error), &error);
    assert_false(load(&people.ann)->is_administrator);
    people_close(&people);
}

void test_identity__each_depth_is_kept(void **state)
{
    struct error error = {0};
    (void)state;
    people_open(&people);
    for (int depth = DEPTH_NONE; depth <= DEPTH_ORGANIZATION; depth++) {
        const struct role_privilege privileges[] = {
            {.entity = find("Account"), .right = RIGHT_READ, .depth = depth},
            {.entity = find("Account"), .right = RIGHT_READ, .depth = DEPTH_NONE},
        };
        const struct role_template template = {
            .name = "t", .privileges = privileges, .privilege_count = 2};
        const struct uuid role = {{(uint8_t)(depth + 1)}};
        people_must(role_set_privileges(people.connection, people.arena, &role, &template, &error),
                    &error);
        people_must(role_give(people.connection, people.arena, &people.ann, &role, &error), &error);
        const struct identity *identity = load(&people.ann);
        assert_int_equal(identity_depth(identity, find("Account"), RIGHT_READ), depth);
        assert_int_equal(may(identity, "Account", RIGHT_READ), depth > DEPTH_NONE);
    }
    people_close(&people);
}

void test_identity__tasks_are_those_of_its_roles(void **state)
{
    static const char *names[TASK_COUNT];
    struct error error = {0};
    (void)state;
    people_open(&people);
    (void)people_give(&people, &people.ann, "read-only-auditor");
    const struct identity *identity = load(&people.ann);
    assert_true(authorise_task(identity, TASK_READ_AUDIT, &error));
    assert_false(authorise_task(identity, TASK_MANAGE_SECURITY, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);

    const struct uuid role = {{1}};
    for (int task = 0; task < TASK_COUNT; task++) {
        names[task] = task_name((enum task)task);
    }
    const struct role_template all = {.name = "t", .tasks = names, .task_count = TASK_COUNT};
    people_must(role_set_privileges(people.connection, people.arena, &role, &all, &error), &error);
    people_must(role_give(people.connection, people.arena, &people.bob, &role, &error), &error);
    for (int task = 0; task < TASK_COUNT; task++) {
        assert_true(authorise_task(load(&people.bob), (enum task)task, &error));
    }
    assert_false(may(load(&people.bob), "Account", RIGHT_READ));
    people_close(&people);
}

/* The language of metadata/roles and the program know the same tasks. */
void test_identity__every_task_can_be_written_in_a_role(void **state)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    char *bytes = NULL;
    size_t length = 0;
    (void)state;
    people_must(file_read(arena, "metadata/role.xsd", 1 << 20, &bytes, &length, &error), &error);
    for (int task = 0; task < TASK_COUNT; task++) {
        const char *written =
            arena_format(arena, "<xs:enumeration value=\"%s\">", task_name((enum task)task));
        assert_non_null(strstr(bytes, written));
    }
    arena_destroy(&arena);
}

void test_identity__the_disabled_and_unknown_are_not_let_in(void **state)
{
    const struct uuid nobody = {{7}};
    (void)state;
    people_open(&people);
    expect_refused(&nobody);
    people_disable_user(&people, &people.ann, true);
    expect_refused(&people.ann);
    people_disable_user(&people, &people.ann, false);
    (void)load(&people.ann);
    people_disable_unit(&people, &people.root, true); /* the branch above */
    expect_refused(&people.ann);
    people_disable_unit(&people, &people.root, false);
    people_disable_unit(&people, &people.unit, true);
    expect_refused(&people.ann);
    people_close(&people);
}

void test_identity__a_copy_is_the_same(void **state)
{
    (void)state;
    people_open(&people);
    (void)people_give(&people, &people.ann, "salesperson");
    const struct identity *identity = load(&people.ann);
    struct arena *arena = arena_create();
    const struct identity *copy = identity_copy(arena, identity, people.house.platform.catalog);
    assert_true(may(copy, "Account", RIGHT_CREATE));
    assert_false(may(copy, "Product", RIGHT_CREATE));
    assert_ptr_not_equal(copy->user_name, identity->user_name);
    arena_destroy(&arena);
    people_close(&people);
}
