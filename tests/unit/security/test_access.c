/*
 * test_access.c - the tree of rules that a right makes: who reaches what, by which rule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "metadata/catalog.h"
#include "security/access.h"
#include "security/identity.h"
#include "security/people.h"
#include "security/report.h"
#include "security/role.h"

static struct people people;

static const struct entity *find(const char *entity)
{
    return catalog_find_entity(people.house.platform.catalog, entity);
}

/* Ann gets one privilege; answers its scope. */
static const struct access_scope *scope_of(const char *entity, enum right right, int depth)
{
    const struct role_privilege privilege = {
        .entity = find(entity), .right = right, .depth = depth};
    const struct role_template template = {
        .name = "t", .privileges = &privilege, .privilege_count = 1};
    const struct uuid role = {{9}};
    const struct identity *identity = NULL;
    struct error error = {0};
    people_must(role_set_privileges(people.connection, people.arena, &role, &template, &error),
                &error);
    people_must(role_give(people.connection, people.arena, &people.ann, &role, &error), &error);
    people_must(identity_load(people.arena, people.connection, people.house.platform.catalog,
                              &people.ann, &identity, &error),
                &error);
    return access_scope_make(people.arena, identity, find(entity), right);
}

static enum access_answer weigh(const struct access_scope *scope, struct uuid owner,
                                struct uuid unit)
{
    const struct access_facts facts = {.id = {{77}}, .owner = owner, .unit = unit};
    const struct access_rule *rule = NULL;
    return access_weigh(scope, &facts, &rule);
}

void test_access__each_depth_reaches_as_far_as_it_says(void **state)
{
    const struct uuid stranger = {{5}};
    (void)state;
    people_open(&people);
    struct uuid below = people_insert_unit(&people, &people.unit);

    const struct access_scope *scope = scope_of("Account", RIGHT_CREATE, DEPTH_USER);
    assert_int_equal(weigh(scope, people.ann, people.unit), ACCESS_ALLOWED);
    assert_int_equal(weigh(scope, people.bob, people.unit), ACCESS_REFUSED);

    scope = scope_of("Account", RIGHT_CREATE, DEPTH_UNIT);
    assert_int_equal(weigh(scope, people.ann, stranger), ACCESS_ALLOWED);
    assert_int_equal(weigh(scope, people.bob, people.unit), ACCESS_ALLOWED);
    assert_int_equal(weigh(scope, people.bob, below), ACCESS_REFUSED);
    assert_int_equal(weigh(scope, people.bob, people.root), ACCESS_REFUSED);

    scope = scope_of("Account", RIGHT_CREATE, DEPTH_UNIT_AND_BELOW);
    assert_int_equal(weigh(scope, people.bob, people.unit), ACCESS_ALLOWED);
    assert_int_equal(weigh(scope, people.bob, below), ACCESS_ALLOWED);
    assert_int_equal(weigh(scope, people.bob, people.root), ACCESS_REFUSED);

    scope = scope_of("Account", RIGHT_CREATE, DEPTH_ORGANIZATION);
    assert_true(scope->is_everything);
    assert_int_equal(weigh(scope, people.bob, stranger), ACCESS_ALLOWED);
    people_close(&people);
}

void test_access__shares_and_parents_are_left_to_the_database(void **state)
{
    (void)state;
    people_open(&people);
    const struct access_scope *scope = scope_of("Account", RIGHT_READ, DEPTH_USER);
    assert_int_equal(weigh(scope, people.bob, people.unit), ACCESS_UNDECIDED);
    assert_int_equal(weigh(scope, people.ann, people.unit), ACCESS_ALLOWED);
    people_close(&people);
}

static int count_levels(const struct access_scope *scope)
{
    int deepest = 0;
    for (size_t index = 0; index < scope->rule_count; index++) {
        if (scope->rules[index].by == ACCESS_BY_PARENT) {
            int levels = 1 + count_levels(scope->rules[index].parent);
            deepest = levels > deepest ? levels : deepest;
        }
    }
    return deepest;
}

void test_access__what_is_inherited_comes_from_three_levels_at_most(void **state)
{
    (void)state;
    people_open(&people);
    assert_int_equal(count_levels(scope_of("Account", RIGHT_READ, DEPTH_USER)), 3);
    assert_int_equal(count_levels(scope_of("Task", RIGHT_WRITE, DEPTH_UNIT)), 3);
    assert_int_equal(count_levels(scope_of("Task", RIGHT_CREATE, DEPTH_UNIT)), 0);
    people_close(&people);
}

void test_access__a_part_is_reached_as_its_whole(void **state)
{
    (void)state;
    people_open(&people);
    const struct access_scope *scope = scope_of("SalesOrderDetail", RIGHT_DELETE, DEPTH_USER);
    assert_true(access_is_nothing(scope)); /* no right on any order */
    scope = scope_of("SalesOrder", RIGHT_WRITE, DEPTH_USER);
    const struct role_privilege privileges[] = {
        {.entity = find("SalesOrder"), .right = RIGHT_WRITE, .depth = DEPTH_USER},
        {.entity = find("SalesOrderDetail"), .right = RIGHT_DELETE, .depth = DEPTH_USER},
    };
    const struct role_template template = {
        .name = "t", .privileges = privileges, .privilege_count = 2};
    const struct uuid role = {{9}};
    const struct identity *identity = NULL;
    struct error error = {0};
    people_must(role_set_privileges(people.connection, people.arena, &role, &template, &error),
                &error);
    people_must(identity_load(people.arena, people.connection, people.house.platform.catalog,
                              &people.ann, &identity, &error),
                &error);
    scope = access_scope_make(people.arena, identity, find("SalesOrderDetail"), RIGHT_DELETE);
    assert_int_equal(scope->rule_count, 1);
    assert_int_equal(scope->rules[0].by, ACCESS_BY_PARENT);
    assert_int_equal(scope->rules[0].parent->right, RIGHT_WRITE);
    assert_false(scope->rules[0].parent->is_everything);
    people_close(&people);
}

void test_access__the_organisation_knows_no_lesser_depth(void **state)
{
    (void)state;
    people_open(&people);
    assert_true(access_is_nothing(scope_of("PriceLevel", RIGHT_READ, DEPTH_UNIT_AND_BELOW)));
    assert_true(scope_of("PriceLevel", RIGHT_READ, DEPTH_ORGANIZATION)->is_everything);
    people_close(&people);
}

/* A team's role counts from the team's unit; the default team of one's unit is one's own. */
void test_access__teams_bring_their_seats(void **state)
{
    (void)state;
    people_open(&people);
    struct uuid far_unit = people_insert_unit(&people, &people.root);
    struct uuid team = people_insert_team(&people, &far_unit, false);
    struct uuid default_team = people_insert_team(&people, &people.unit, true);
    people_join(&people, &team, &people.ann);
    (void)scope_of("Account", RIGHT_READ, DEPTH_USER);
    const struct role_privilege privilege = {
        .entity = find("Account"), .right = RIGHT_READ, .depth = DEPTH_UNIT};
    const struct role_template template = {
        .name = "t", .privileges = &privilege, .privilege_count = 1};
    const struct uuid role = {{10}};
    const struct identity *identity = NULL;
    struct error error = {0};
    people_must(role_set_privileges(people.connection, people.arena, &role, &template, &error),
                &error);
    people_must(role_give(people.connection, people.arena, &team, &role, &error), &error);
    people_must(identity_load(people.arena, people.connection, people.house.platform.catalog,
                              &people.ann, &identity, &error),
                &error);
    assert_int_equal(identity->principal_count, 3);
    assert_int_equal(identity->seat_count, 2);
    assert_true(identity_is_principal(identity, &default_team));
    const struct access_scope *scope =
        access_scope_make(people.arena, identity, find("Account"), RIGHT_READ);
    assert_int_equal(weigh(scope, people.bob, far_unit), ACCESS_ALLOWED);
    assert_int_equal(weigh(scope, people.bob, people.unit), ACCESS_UNDECIDED);
    assert_int_equal(weigh(scope, team, people.root), ACCESS_ALLOWED);
    people_close(&people);
}

static const struct identity *load_manager(const struct uuid *user, int levels)
{
    const struct identity *identity = NULL;
    struct error error = {0};
    people_must(identity_load(people.arena, people.connection, people.house.platform.catalog, user,
                              &identity, &error) &&
                    report_add(people.arena, people.connection, people.house.platform.catalog,
                               identity, levels, &identity, &error),
                &error);
    return identity;
}

/* Whether Ann, with that many levels of reports, reaches a record by its owner. */
static bool reaches(int levels, enum right right, struct uuid owner)
{
    const struct access_scope *scope =
        access_scope_make(people.arena, load_manager(&people.ann, levels), find("Account"), right);
    return weigh(scope, owner, people.root) == ACCESS_ALLOWED;
}

/* A manager works with what his reports and their teams own, and reads what is below them. */
void test_access__a_manager_reaches_his_reports(void **state)
{
    (void)state;
    people_open(&people);
    struct uuid carl = people_insert_user(&people, "carl");
    struct uuid team = people_insert_team(&people, &people.root, false);
    struct uuid default_team = people_insert_team(&people, &people.root, true);
    people_join(&people, &team, &people.bob);
    people_report(&people, &people.bob, &people.ann);
    people_report(&people, &carl, &people.bob);

    (void)scope_of("Account", RIGHT_READ, DEPTH_USER);
    assert_false(reaches(0, RIGHT_READ, people.bob));
    assert_true(reaches(1, RIGHT_READ, people.bob));
    assert_true(reaches(1, RIGHT_READ, team));
    assert_false(reaches(1, RIGHT_READ, default_team));
    assert_false(reaches(1, RIGHT_READ, carl));
    assert_true(reaches(2, RIGHT_READ, carl));
    (void)scope_of("Account", RIGHT_WRITE, DEPTH_USER);
    assert_true(reaches(2, RIGHT_WRITE, people.bob));
    assert_false(reaches(2, RIGHT_WRITE, carl));
    (void)scope_of("Account", RIGHT_DELETE, DEPTH_USER);
    assert_false(reaches(2, RIGHT_DELETE, people.bob));
    (void)scope_of("Account", RIGHT_READ, DEPTH_NONE);
    assert_false(reaches(2, RIGHT_READ, people.bob));
    people_close(&people);
}

/* He sits above them or beside them: whoever reports from another branch is not reached. */
void test_access__a_report_from_elsewhere_is_not_reached(void **state)
{
    (void)state;
    people_open(&people);
    struct uuid unit = people.unit;
    people.unit = people_insert_unit(&people, &people.root);
    struct uuid carl = people_insert_user(&people, "carl"); /* beside */
    people.unit = people_insert_unit(&people, &unit);
    struct uuid dan = people_insert_user(&people, "dan"); /* below */
    people.unit = unit;
    people_report(&people, &carl, &people.ann);
    people_report(&people, &dan, &people.ann);
    (void)scope_of("Account", RIGHT_READ, DEPTH_USER);
    assert_false(reaches(3, RIGHT_READ, carl));
    assert_true(reaches(3, RIGHT_READ, dan));
    people_close(&people);
}
