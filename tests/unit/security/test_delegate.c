/*
 * test_delegate.c - nobody hands on more than he has himself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "metadata/catalog.h"
#include "security/delegate.h"
#include "security/identity.h"
#include "security/people.h"
#include "security/role.h"

static struct people people;
static struct uuid below, aside;

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

/* Makes a role of one privilege, in place of what it was. */
static void set_role(const struct uuid *role, const char *entity, int depth)
{
    const struct role_privilege privilege = {
        .entity = entity == NULL ? NULL : find(entity), .right = RIGHT_WRITE, .depth = depth};
    const struct role_template template = {
        .name = "t", .privileges = &privilege, .privilege_count = 1};
    struct error error = {0};
    people_must(role_set_privileges(people.connection, people.arena, role, &template, &error),
                &error);
}

static void give(const struct uuid *principal, const struct uuid *role)
{
    struct error error = {0};
    people_must(role_give(people.connection, people.arena, principal, role, &error), &error);
}

static struct delegation of(const struct uuid *user)
{
    return (struct delegation){.arena = people.arena,
                               .connection = people.connection,
                               .catalog = people.house.platform.catalog,
                               .identity = load(user)};
}

static void open_with_units(void)
{
    people_open(&people);
    below = people_insert_unit(&people, &people.unit);
    aside = people_insert_unit(&people, &people.root);
}

void test_delegate__reaches_as_far_as_one_reaches_oneself(void **state)
{
    const struct uuid mine = {{1}}, given = {{2}};
    /* Ann sits in the unit. May she, with her depth, give that depth to one who sits there? */
    const struct {
        int own, given;
        const struct uuid *seat;
        bool may;
    } cases[] = {
        {DEPTH_USER, DEPTH_USER, &aside, true},
        {DEPTH_USER, DEPTH_UNIT, &people.unit, false},
        {DEPTH_UNIT, DEPTH_UNIT, &people.unit, true},
        {DEPTH_UNIT, DEPTH_UNIT, &below, false},
        {DEPTH_UNIT, DEPTH_UNIT_AND_BELOW, &people.unit, false},
        {DEPTH_UNIT_AND_BELOW, DEPTH_UNIT, &below, true},
        {DEPTH_UNIT_AND_BELOW, DEPTH_UNIT_AND_BELOW, &below, true},
        {DEPTH_UNIT_AND_BELOW, DEPTH_UNIT_AND_BELOW, &people.root, false},
        {DEPTH_UNIT_AND_BELOW, DEPTH_UNIT, &aside, false},
        {DEPTH_UNIT_AND_BELOW, DEPTH_ORGANIZATION, &below, false},
        {DEPTH_ORGANIZATION, DEPTH_ORGANIZATION, &aside, true},
        {DEPTH_ORGANIZATION, DEPTH_UNIT, &aside, true},
        {DEPTH_NONE, DEPTH_USER, &people.unit, false},
        {DEPTH_NONE, DEPTH_NONE, &people.unit, true},
    };
    (void)state;
    open_with_units();
    give(&people.ann, &mine);
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct error error = {0};
        set_role(&mine, "Account", cases[index].own);
        set_role(&given, "Account", cases[index].given);
        const struct delegation delegation = of(&people.ann);
        assert_int_equal(delegate_role(&delegation, &given, cases[index].seat, &error),
                         cases[index].may);
        assert_int_equal(error.code, cases[index].may ? ERROR_NONE : ERROR_NOT_ALLOWED);
    }
    people_close(&people);
}

void test_delegate__every_entity_is_more_than_one(void **state)
{
    const struct uuid mine = {{1}}, given = {{2}};
    struct error error = {0};
    (void)state;
    open_with_units();
    give(&people.ann, &mine);
    set_role(&mine, "Account", DEPTH_ORGANIZATION);
    set_role(&given, NULL, DEPTH_USER);
    struct delegation delegation = of(&people.ann);
    assert_false(delegate_role(&delegation, &given, &people.unit, &error));
    set_role(&mine, NULL, DEPTH_USER);
    error_clear(&error);
    delegation = of(&people.ann);
    assert_true(delegate_role(&delegation, &given, &people.unit, &error));
    people_close(&people);
}

void test_delegate__a_user_is_all_that_he_holds(void **state)
{
    const struct uuid mine = {{1}}, more = {{2}};
    struct error error = {0};
    (void)state;
    open_with_units();
    give(&people.ann, &mine);
    set_role(&mine, "Account", DEPTH_UNIT);
    set_role(&more, "Account", DEPTH_ORGANIZATION);
    struct delegation delegation = of(&people.ann);
    assert_true(delegate_user(&delegation, &people.bob, &error));
    struct uuid team = people_insert_team(&people, &aside, false);
    give(&team, &more);
    assert_true(delegate_user(&delegation, &people.bob, &error));
    people_join(&people, &team, &people.bob);
    assert_false(delegate_user(&delegation, &people.bob, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);

    error_clear(&error);
    (void)people_give(&people, &people.ann, "system-administrator");
    delegation = of(&people.ann);
    assert_true(delegate_user(&delegation, &people.bob, &error));
    people_close(&people);
}

void test_delegate__an_administrator_is_beyond_everybody_else(void **state)
{
    struct error error = {0};
    (void)state;
    open_with_units();
    (void)people_give(&people, &people.ann, "erp-integration");
    struct uuid role = people_give(&people, &people.bob, "system-administrator");
    const struct delegation delegation = of(&people.ann);
    assert_false(delegate_user(&delegation, &people.bob, &error));
    assert_false(delegate_role(&delegation, &role, &people.unit, &error));
    assert_false(delegate_role_everywhere(&delegation, &role, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    people_close(&people);
}

/* A role is as deep as its seats lie: who holds it elsewhere counts too. */
void test_delegate__a_role_is_weighed_wherever_it_is_held(void **state)
{
    const struct uuid mine = {{1}}, shared = {{2}};
    struct error error = {0};
    (void)state;
    open_with_units();
    give(&people.ann, &mine);
    set_role(&mine, "Account", DEPTH_UNIT);
    set_role(&shared, "Account", DEPTH_UNIT);
    const struct delegation delegation = of(&people.ann);
    assert_true(delegate_role_everywhere(&delegation, &shared, &error));
    struct uuid team = people_insert_team(&people, &aside, false);
    give(&team, &shared);
    assert_false(delegate_role_everywhere(&delegation, &shared, &error));
    people_close(&people);
}
