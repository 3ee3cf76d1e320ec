/*
 * test_access.c - rights on records by id: owner, unit, share, parent, as the database knows them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "query/access.h"
#include "query/crowd.h"
#include "security/access.h"

static struct crowd crowd;

/* Somebody in a unit below the root, a stranger in another. */
struct two {
    struct uuid unit, other_unit;
    struct uuid ann, bob;
};

static struct two open_two(void)
{
    crowd_open(&crowd);
    struct two two = {.unit = crowd_unit(&crowd, &crowd.root),
                      .other_unit = crowd_unit(&crowd, &crowd.root)};
    two.ann = crowd_user(&crowd, &two.unit);
    two.bob = crowd_user(&crowd, &two.other_unit);
    return two;
}

void test_access__own_and_the_units_records_are_reached(void **state)
{
    (void)state;
    struct two two = open_two();
    struct uuid below = crowd_unit(&crowd, &two.unit);
    struct crowd_place of_ann = {.owner = &two.ann, .unit = &two.other_unit};
    struct crowd_place of_unit = {.owner = &two.bob, .unit = &two.unit};
    struct crowd_place of_below = {.owner = &two.bob, .unit = &below};
    struct uuid own = crowd_plant(&crowd, "Account", of_ann);
    struct uuid near = crowd_plant(&crowd, "Account", of_unit);
    struct uuid deep = crowd_plant(&crowd, "Account", of_below);
    struct uuid none = {{1}};

    crowd_give(&crowd, &two.ann, "Account", RIGHT_READ, DEPTH_UNIT);
    crowd_give(&crowd, &two.ann, "Account", RIGHT_WRITE, DEPTH_UNIT_AND_BELOW);
    crowd_give(&crowd, &two.ann, "Account", RIGHT_DELETE, DEPTH_USER);
    crowd_become(&crowd, &two.ann);
    assert_true(crowd_may(&crowd, "Account", &own, RIGHT_READ));
    assert_true(crowd_may(&crowd, "Account", &near, RIGHT_READ));
    assert_false(crowd_may(&crowd, "Account", &deep, RIGHT_READ));
    assert_true(crowd_may(&crowd, "Account", &deep, RIGHT_WRITE));
    assert_false(crowd_may(&crowd, "Account", &near, RIGHT_DELETE));
    assert_true(crowd_may(&crowd, "Account", &own, RIGHT_DELETE));
    assert_false(crowd_may(&crowd, "Account", &own, RIGHT_ASSIGN));
    assert_false(crowd_may(&crowd, "Account", &none, RIGHT_READ));
    crowd_close(&crowd);
}

void test_access__a_share_reaches_one_record_with_the_right_it_names(void **state)
{
    (void)state;
    struct two two = open_two();
    struct uuid team = crowd_team(&crowd, &two.other_unit);
    struct crowd_place of_bob = {.owner = &two.bob, .unit = &two.other_unit};
    struct uuid shared = crowd_plant(&crowd, "Account", of_bob);
    struct uuid by_team = crowd_plant(&crowd, "Account", of_bob);
    struct uuid other = crowd_plant(&crowd, "Account", of_bob);
    struct uuid contact = crowd_plant(&crowd, "Contact", of_bob);

    crowd_give(&crowd, &two.ann, "Account", RIGHT_READ, DEPTH_USER);
    crowd_give(&crowd, &two.ann, "Account", RIGHT_WRITE, DEPTH_USER);
    crowd_join(&crowd, &team, &two.ann);
    crowd_share(&crowd, "Account", &shared, &two.ann, RIGHT_READ);
    crowd_share(&crowd, "Account", &by_team, &team, RIGHT_READ);
    crowd_share(&crowd, "Contact", &contact, &two.ann, RIGHT_READ);
    crowd_become(&crowd, &two.ann);
    assert_true(crowd_may(&crowd, "Account", &shared, RIGHT_READ));
    assert_false(crowd_may(&crowd, "Account", &shared, RIGHT_WRITE));
    assert_true(crowd_may(&crowd, "Account", &by_team, RIGHT_READ));
    assert_false(crowd_may(&crowd, "Account", &other, RIGHT_READ));
    /* Without a privilege a share opens nothing. */
    assert_false(crowd_may(&crowd, "Contact", &contact, RIGHT_READ));
    crowd_close(&crowd);
}

void test_access__what_hangs_on_ones_own_is_reached_three_levels_down(void **state)
{
    enum { LEVELS = 5 };
    (void)state;
    struct two two = open_two();
    struct uuid chain[LEVELS];
    chain[0] = crowd_plant(&crowd, "Account", (struct crowd_place){.owner = &two.ann});
    for (size_t level = 1; level < LEVELS; level++) {
        chain[level] = crowd_plant(&crowd, "Account",
                                   (struct crowd_place){.owner = &two.bob,
                                                        .unit = &two.other_unit,
                                                        .lookup = "parentAccount",
                                                        .parent_entity = "Account",
                                                        .parent = &chain[level - 1]});
    }
    crowd_give(&crowd, &two.ann, "Account", RIGHT_READ, DEPTH_USER);
    crowd_give(&crowd, &two.ann, "Account", RIGHT_CREATE, DEPTH_USER);
    crowd_become(&crowd, &two.ann);
    assert_true(crowd_may(&crowd, "Account", &chain[3], RIGHT_READ));
    assert_false(crowd_may(&crowd, "Account", &chain[4], RIGHT_READ));
    assert_false(crowd_may(&crowd, "Account", &chain[1], RIGHT_CREATE));
    crowd_close(&crowd);
}

void test_access__a_part_is_reached_by_its_whole(void **state)
{
    (void)state;
    struct two two = open_two();
    struct uuid mine = crowd_plant(&crowd, "SalesOrder", (struct crowd_place){.owner = &two.ann});
    struct uuid other = crowd_plant(&crowd, "SalesOrder", (struct crowd_place){.owner = &two.bob});
    struct crowd_place on_mine = {
        .lookup = "salesOrder", .parent_entity = "SalesOrder", .parent = &mine};
    struct crowd_place on_other = {
        .lookup = "salesOrder", .parent_entity = "SalesOrder", .parent = &other};
    struct uuid line = crowd_plant(&crowd, "SalesOrderDetail", on_mine);
    struct uuid other_line = crowd_plant(&crowd, "SalesOrderDetail", on_other);

    crowd_give(&crowd, &two.ann, "SalesOrder", RIGHT_WRITE, DEPTH_USER);
    crowd_give(&crowd, &two.ann, "SalesOrderDetail", RIGHT_DELETE, DEPTH_USER);
    crowd_become(&crowd, &two.ann);
    assert_true(crowd_may(&crowd, "SalesOrderDetail", &line, RIGHT_DELETE));
    assert_false(crowd_may(&crowd, "SalesOrderDetail", &other_line, RIGHT_DELETE));
    assert_false(crowd_may(&crowd, "SalesOrderDetail", &line, RIGHT_READ));
    crowd_close(&crowd);
}

void test_access__many_are_asked_at_once(void **state)
{
    enum { COUNT = 700 };
    struct may *asked = NULL;
    struct error error = {0};
    (void)state;
    struct two two = open_two();
    asked = arena_allocate_array(crowd.call->arena, COUNT, sizeof(*asked));
    for (size_t index = 0; index < COUNT; index++) {
        const char *entity = index % 3 == 0 ? "Contact" : "Account";
        struct crowd_place place = {.owner = &two.bob, .unit = &two.other_unit};
        struct uuid id = crowd_plant(&crowd, entity, place);
        if (index % 2 == 0) {
            crowd_share(&crowd, entity, &id, &two.ann, RIGHT_READ);
        }
        asked[index] =
            (struct may){.entity = crowd_entity(&crowd, entity), .id = id, .right = RIGHT_READ};
    }
    crowd_give(&crowd, &two.ann, "*", RIGHT_READ, DEPTH_UNIT);
    crowd_become(&crowd, &two.ann);
    crowd_must(query_may_all(crowd.call, asked, COUNT, &error), &error);
    for (size_t index = 0; index < COUNT; index++) {
        assert_int_equal(asked[index].is_allowed, index % 2 == 0);
    }
    crowd_close(&crowd);
}

void test_access__facts_that_are_told_are_not_asked(void **state)
{
    struct error error = {0};
    (void)state;
    struct two two = open_two();
    struct access_facts facts = {.owner = two.ann, .unit = two.unit};
    struct may may = {
        .entity = crowd_entity(&crowd, "Account"), .right = RIGHT_CREATE, .facts = &facts};

    crowd_give(&crowd, &two.ann, "Account", RIGHT_CREATE, DEPTH_UNIT);
    crowd_become(&crowd, &two.ann);
    crowd_must(query_may_all(crowd.call, &may, 1, &error), &error);
    assert_true(may.is_allowed);
    facts = (struct access_facts){.owner = two.bob, .unit = two.other_unit};
    crowd_must(query_may_all(crowd.call, &may, 1, &error), &error);
    assert_false(may.is_allowed);
    crowd_close(&crowd);
}
