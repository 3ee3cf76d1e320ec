/*
 * test_reach.c - lists hold what their reader reaches, whichever way it is found.
 *
 * A small random world is asked for by everybody in it, page by page; what comes is compared with
 * the rights on each record asked one by one, which a walk over the world in memory decided.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "metadata/record.h"
#include "query/crowd.h"
#include "query/garden.h"
#include "support/random.h"

enum { UNITS = 4, USERS = 5, TEAMS = 2, ACCOUNTS = 30, CONTACTS = 30, LEVELS = 3 };

static struct crowd crowd;

/* A record as the walk knows it. */
struct thing {
    const char *entity;
    struct uuid id;
    size_t owner; /* a user, or USERS + a team */
    size_t unit;
    const struct thing *parent;
    bool is_named;
    bool is_shared[USERS + TEAMS];
};

struct world {
    struct uuid units[UNITS];
    size_t parent_unit[UNITS]; /* UNITS: none */
    struct uuid people[USERS + TEAMS];
    size_t unit_of[USERS + TEAMS];
    bool is_member[TEAMS][USERS];
    enum depth depth[USERS + TEAMS]; /* of reading */
    struct thing things[ACCOUNTS + CONTACTS];
};

static size_t draw(struct random_source *random, size_t below)
{
    return (size_t)random_below(random, below);
}

/* ---- making ---- */

static void make_people(struct world *world, struct random_source *random)
{
    world->units[0] = crowd.root;
    world->parent_unit[0] = UNITS;
    for (size_t unit = 1; unit < UNITS; unit++) {
        world->parent_unit[unit] = draw(random, unit);
        world->units[unit] = crowd_unit(&crowd, &world->units[world->parent_unit[unit]]);
    }
    for (size_t one = 0; one < USERS + TEAMS; one++) {
        world->unit_of[one] = draw(random, UNITS);
        const struct uuid *unit = &world->units[world->unit_of[one]];
        world->people[one] = one < USERS ? crowd_user(&crowd, unit) : crowd_team(&crowd, unit);
        world->depth[one] = (enum depth)draw(random, DEPTH_ORGANIZATION);
        if (world->depth[one] != DEPTH_NONE) {
            crowd_give(&crowd, &world->people[one], "*", RIGHT_READ, world->depth[one]);
        }
    }
    for (size_t pair = 0; pair < TEAMS * USERS; pair++) {
        size_t team = pair / USERS;
        size_t user = pair % USERS;
        world->is_member[team][user] = draw(random, 3) == 0;
        if (world->is_member[team][user]) {
            crowd_join(&crowd, &world->people[USERS + team], &world->people[user]);
        }
    }
}

static void make_thing(struct world *world, struct random_source *random, size_t number)
{
    struct thing *thing = &world->things[number];
    bool is_account = number < ACCOUNTS;
    thing->entity = is_account ? "Account" : "Contact";
    thing->owner = draw(random, USERS + TEAMS);
    thing->unit = draw(random, UNITS);
    if (number > 0 && draw(random, 2) == 0) {
        /* A contact hangs on an account or a contact, an account on an account. */
        thing->parent = &world->things[draw(random, number)];
    }
    thing->is_named = draw(random, 4) != 0;
    char name[16];
    snprintf(name, sizeof(name), "n%u", (unsigned)draw(random, ACCOUNTS));
    struct crowd_place place = {
        .owner = &world->people[thing->owner],
        .unit = &world->units[thing->unit],
        .lookup = thing->parent == NULL ? NULL
                  : is_account          ? "parentAccount"
                                        : "parentCustomer",
        .parent_entity = thing->parent == NULL ? NULL : thing->parent->entity,
        .parent = thing->parent == NULL ? NULL : &thing->parent->id,
        .name = thing->is_named ? name : NULL,
    };
    thing->id = crowd_plant(&crowd, thing->entity, place);
    for (size_t one = 0; one < USERS + TEAMS; one++) {
        thing->is_shared[one] = draw(random, 20) == 0;
        if (thing->is_shared[one]) {
            crowd_share(&crowd, thing->entity, &thing->id, &world->people[one], RIGHT_READ);
        }
    }
}

/* ---- the walk ---- */

static bool is_principal(const struct world *world, size_t user, size_t one)
{
    return one == user || (one >= USERS && world->is_member[one - USERS][user]);
}

static bool lies_under(const struct world *world, size_t unit, size_t above)
{
    while (unit != UNITS && unit != above) {
        unit = world->parent_unit[unit];
    }
    return unit == above;
}

static bool is_given(const struct world *world, size_t user, const struct thing *thing)
{
    for (size_t one = 0; one < USERS + TEAMS; one++) {
        if (is_principal(world, user, one) && (thing->owner == one || thing->is_shared[one])) {
            return true;
        }
    }
    return false;
}

static bool reads(const struct world *world, size_t user, const struct thing *thing)
{
    bool has_privilege = false;
    for (size_t one = 0; one < USERS + TEAMS; one++) {
        enum depth depth = is_principal(world, user, one) ? world->depth[one] : DEPTH_NONE;
        has_privilege = has_privilege || depth != DEPTH_NONE;
        if ((depth >= DEPTH_UNIT && thing->unit == world->unit_of[one]) ||
            (depth == DEPTH_UNIT_AND_BELOW &&
             lies_under(world, thing->unit, world->unit_of[one]))) {
            return true;
        }
    }
    bool is_reached = false;
    for (int level = 0; level <= LEVELS && thing != NULL; level++, thing = thing->parent) {
        is_reached = is_reached || is_given(world, user, thing);
    }
    return has_privilege && is_reached;
}

/* ---- asking ---- */

static const struct thing *find_thing(const struct world *world, const struct record *record)
{
    const struct uuid *id = &record_value(record, record->entity->id)->uuid;
    for (size_t index = 0; index < ACCOUNTS + CONTACTS; index++) {
        if (uuid_is_equal(&world->things[index].id, id)) {
            return &world->things[index];
        }
    }
    fail_msg("a record that nobody made");
    return NULL;
}

/* A page and those after it hold what the walk allows, each once. */
static void check_list(const struct world *world, size_t user, const char *entity,
                       struct query_request *request)
{
    bool is_seen[ACCOUNTS + CONTACTS] = {false};
    struct error error = {0};
    struct page page = {0};
    int64_t total = 0;
    int64_t seen = 0;
    request->cookie = NULL;
    request->count = (struct message_boolean){true, true};
    do {
        crowd_must(query_run(crowd.call, crowd_entity(&crowd, entity), request, &page, &error),
                   &error);
        for (size_t index = 0; index < page.count; index++) {
            const struct thing *thing = find_thing(world, page.records[index]);
            size_t number = (size_t)(thing - world->things);
            assert_false(is_seen[number]);
            assert_true(reads(world, user, thing));
            is_seen[number] = true;
            seen++;
        }
        total = page.total;
        request->cookie = page.next_cookie;
    } while (page.has_more);
    for (size_t index = 0; index < ACCOUNTS + CONTACTS; index++) {
        const struct thing *thing = &world->things[index];
        if (strcmp(thing->entity, entity) == 0) {
            assert_int_equal(is_seen[index], reads(world, user, thing));
        }
    }
    assert_int_equal(seen, total);
}

static void check_names(const struct world *world, size_t user)
{
    struct query_request *request = garden_request(crowd.call);
    struct error error = {0};
    struct page page = {0};
    const struct entity *contact = crowd_entity(&crowd, "Contact");
    const struct field *customer = entity_find_field(contact, "parentCustomer");
    if (identity_depth(crowd.call->identity, contact, RIGHT_READ) == DEPTH_NONE) {
        return;
    }
    crowd_must(query_run(crowd.call, contact, request, &page, &error), &error);
    for (size_t index = 0; index < page.count; index++) {
        const struct value *value = record_value(page.records[index], customer);
        const struct thing *parent = find_thing(world, page.records[index])->parent;
        if (value->state == VALUE_SET) {
            bool is_named = value->reference.name != NULL;
            assert_int_equal(is_named, parent->is_named && reads(world, user, parent));
        }
    }
}

static void check_user(const struct world *world, size_t user)
{
    static const char *const entities[] = {"Account", "Contact"};
    const struct identity *identity = NULL;
    crowd_become(&crowd, &world->people[user]);
    identity = crowd.call->identity;
    for (size_t index = 0; index < ACCOUNTS + CONTACTS; index++) {
        const struct thing *thing = &world->things[index];
        assert_int_equal(crowd_may(&crowd, thing->entity, &thing->id, RIGHT_READ),
                         reads(world, user, thing));
    }
    for (size_t index = 0; index < 2; index++) {
        const struct entity *entity = crowd_entity(&crowd, entities[index]);
        if (identity_depth(identity, entity, RIGHT_READ) == DEPTH_NONE) {
            continue;
        }
        struct query_request *request = garden_request(crowd.call);
        garden_order(crowd.call, request, entity->name_field->name, user % 2 == 1);
        request->page_size = (struct message_integer){true, 7};
        /* Looked through, and gathered. */
        for (int64_t most = 0; most <= ACCOUNTS * CONTACTS; most += ACCOUNTS * CONTACTS) {
            crowd.house.settings.limits.gathered = most;
            check_list(world, user, entities[index], request);
        }
    }
}

void test_reach__lists_and_single_records_agree_with_a_walk(void **state)
{
    static struct world world;
    (void)state;
    struct random_source random = random_begin();
    crowd_open(&crowd);
    make_people(&world, &random);
    for (size_t number = 0; number < ACCOUNTS + CONTACTS; number++) {
        make_thing(&world, &random, number);
    }
    for (size_t user = 0; user < USERS; user++) {
        check_user(&world, user);
        check_names(&world, user);
    }
    crowd_close(&crowd);
}
