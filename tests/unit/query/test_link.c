/*
 * test_link.c - links find what refers, or is referred to, as far as the caller may read it.
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
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/crowd.h"
#include "query/garden.h"
#include "support/random.h"

/* ---- one by one ---- */

static struct test_platform house;

static void plant_contact(struct call *call, const char *name, const struct uuid *account,
                          const struct uuid *contact)
{
    char parent[UUID_TEXT_SIZE];
    struct record *record = record_make(call->arena, catalog_find_entity(call->catalog, "Contact"));
    struct value *customer =
        record_value(record, entity_find_field(record->entity, "parentCustomer"));
    struct error error = {0};
    const struct uuid *id = account != NULL ? account : contact;
    if (id == NULL) {
        garden_plant(call, "Contact", "lastName", name, NULL);
        return;
    }
    uuid_format(id, parent);
    *record_value(record, record->entity->id) =
        (struct value){.state = VALUE_SET, .uuid = call_new_id(call)};
    *record_value(record, record->entity->version) =
        (struct value){.state = VALUE_SET, .integer = 1};
    *record_value(record, entity_find_field(record->entity, "lastName")) =
        (struct value){.state = VALUE_SET, .text = name};
    customer->state = VALUE_SET;
    customer->reference = (struct reference){
        .entity = catalog_find_entity(call->catalog, account != NULL ? "Account" : "Contact"),
        .id = *id};
    crowd_must(query_insert(call, &(struct row_change){.record = record}, &error), &error);
}

/* Ann and Bob at the bakery in Moscow, Cid at the mill in Tver, Dan at Eve, Eve at none. */
static struct call *plant(void)
{
    garden_open(&house);
    struct call *call = test_call_begin(&house);
    struct uuid bakery =
        garden_plant(call, "Account", "name", "Bakery", "address1City", "Moscow", NULL);
    struct uuid mill = garden_plant(call, "Account", "name", "Mill", "address1City", "Tver", NULL);
    struct uuid eve = garden_plant(call, "Contact", "lastName", "Eve", NULL);
    plant_contact(call, "Ann", &bakery, NULL);
    plant_contact(call, "Bob", &bakery, NULL);
    plant_contact(call, "Cid", &mill, NULL);
    plant_contact(call, "Dan", NULL, &eve);
    return call;
}

static void end(struct call *call)
{
    test_call_end(&call);
    test_platform_close(&house);
}

static struct query_request *request_of_contacts(struct call *call, const char *type)
{
    struct query_request *request = garden_request(call);
    request->filter = garden_filter(call, type);
    garden_order(call, request, "lastName", false);
    request->count = (struct message_boolean){true, true};
    return request;
}

static struct filter_request *where(struct call *call, const char *field, const char *value)
{
    struct filter_request *filter = garden_filter(call, NULL);
    garden_where(call, filter, field, "eq", value, NULL);
    return filter;
}

static struct link_request *link_by(struct call *call, struct filter_request *filter,
                                    const char *field, const char *entity, const char *matches)
{
    struct link_request *link = garden_link(call, filter);
    link->field = field;
    link->entity = entity;
    link->matches = matches;
    return link;
}

static void expect_names(struct call *call, const struct query_request *request, const char *names)
{
    struct page page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), names);
    assert_int_equal(page.total, page.count);
}

void test_link__goes_by_a_lookup_of_one_target_or_of_several(void **state)
{
    (void)state;
    struct call *call = plant();
    struct query_request *request = request_of_contacts(call, NULL);
    struct link_request *link = link_by(call, request->filter, "parentCustomer", "Account", NULL);
    expect_names(call, request, "Ann Bob Cid");
    link->filter = where(call, "address1City", "moscow");
    expect_names(call, request, "Ann Bob");
    link->matches = "none";
    expect_names(call, request, "Cid Dan Eve");
    link->entity = "Contact";
    link->matches = "any";
    link->filter = where(call, "lastName", "Eve");
    expect_names(call, request, "Dan");
    link->field = "defaultPriceLevel";
    link->entity = NULL;
    link->matches = "none";
    link->filter = NULL;
    expect_names(call, request, "Ann Bob Cid Dan Eve");
    end(call);
}

void test_link__goes_back_by_a_relation(void **state)
{
    (void)state;
    struct call *call = plant();
    struct query_request *request = request_of_contacts(call, NULL);
    struct link_request *link = garden_link(call, request->filter);
    link->relation = "customerContacts";
    expect_names(call, request, "Eve");
    link->matches = "none";
    expect_names(call, request, "Ann Bob Cid Dan");
    link->filter = where(call, "lastName", "Ann");
    expect_names(call, request, "Ann Bob Cid Dan Eve");
    end(call);
}

void test_link__stands_among_conditions_in_any_group(void **state)
{
    (void)state;
    struct call *call = plant();
    struct query_request *request = request_of_contacts(call, "or");
    struct link_request *link = link_by(call, request->filter, "parentCustomer", "Account", "any");
    link->filter = where(call, "name", "Mill");
    garden_where(call, request->filter, "lastName", "eq", "Eve", NULL);
    expect_names(call, request, "Cid Eve");
    struct filter_request *group = garden_filter(call, "and");
    link_by(call, group, "parentCustomer", "Account", "none");
    link_by(call, group, "parentCustomer", "Contact", "any");
    garden_group(call, request->filter, group);
    expect_names(call, request, "Cid Dan Eve");
    end(call);
}

void test_link__of_links_finds_colleagues(void **state)
{
    (void)state;
    struct call *call = plant();
    struct query_request *request = request_of_contacts(call, NULL);
    struct link_request *link = link_by(call, request->filter, "parentCustomer", "Account", "any");
    link->filter = garden_filter(call, NULL);
    struct link_request *colleague = garden_link(call, link->filter);
    colleague->relation = "customerContacts";
    colleague->entity = "Contact";
    colleague->filter = where(call, "lastName", "Ann");
    expect_names(call, request, "Ann Bob");
    colleague->matches = "none";
    expect_names(call, request, "Cid");
    end(call);
}

void test_link__is_part_of_what_a_cookie_belongs_to(void **state)
{
    (void)state;
    struct call *call = plant();
    struct query_request *request = request_of_contacts(call, NULL);
    struct link_request *link = link_by(call, request->filter, "parentCustomer", "Account", "any");
    struct filter_request *moscow = where(call, "address1City", "Moscow");
    link->filter = moscow;
    request->page_size = (struct message_integer){true, 1};
    struct page page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "Ann");
    assert_int_equal(page.total, 2);
    request->cookie = page.next_cookie;
    page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "Bob");
    link->matches = "none";
    garden_refuse(call, request, ERROR_COOKIE_INVALID, "cookie");
    link->matches = NULL; /* any */
    garden_run(call, request);
    link->filter = NULL;
    garden_refuse(call, request, ERROR_COOKIE_INVALID, "cookie");
    link->filter = where(call, "address1City", "Tver");
    garden_refuse(call, request, ERROR_COOKIE_INVALID, "cookie");
    link->filter = moscow;
    link->field = NULL;
    link->relation = "customerContacts";
    link->entity = NULL;
    garden_refuse(call, request, ERROR_COOKIE_INVALID, "cookie"); /* a contact has a city too */
    end(call);
}

void test_link__refuses_what_makes_no_sense(void **state)
{
    static const struct {
        struct link_request link;
        enum error_code code;
        const char *subject;
    } rows[] = {
        {{.entity = "Account"}, ERROR_QUERY_INVALID, "links"},
        {{.field = "defaultPriceLevel", .relation = "customerContacts"},
         ERROR_QUERY_INVALID,
         "links"},
        {{.field = "defaultPriceLevel", .matches = "all"}, ERROR_QUERY_INVALID, "links"},
        {{.field = "parentCustomer"}, ERROR_QUERY_INVALID, "parentCustomer"},
        {{.field = "parentCustomer", .entity = "Acount"}, ERROR_QUERY_INVALID, "parentCustomer"},
        {{.field = "parentCustomer", .entity = "Lead"}, ERROR_QUERY_INVALID, "parentCustomer"},
        {{.field = "defaultPriceLevel", .entity = "Account"},
         ERROR_QUERY_INVALID,
         "defaultPriceLevel"},
        {{.field = "lastName"}, ERROR_FIELD_NOT_USABLE, "lastName"},
        {{.field = "nobody"}, ERROR_FIELD_UNKNOWN, "nobody"},
        {{.relation = "accountSubsidiaries"}, ERROR_RELATION_UNKNOWN, "relation"},
        {{.relation = "' OR '1'='1"}, ERROR_RELATION_UNKNOWN, "relation"},
        {{.relation = "customerContacts", .entity = "Account"}, ERROR_QUERY_INVALID, "relation"},
    };
    (void)state;
    struct call *call = plant();
    for (size_t index = 0; index < sizeof(rows) / sizeof(rows[0]); index++) {
        struct query_request *request = request_of_contacts(call, NULL);
        *garden_link(call, request->filter) = rows[index].link;
        garden_refuse(call, request, rows[index].code, rows[index].subject);
    }
    end(call);
}

void test_link__suggests_what_was_meant(void **state)
{
    struct error error = {0};
    struct page page;
    (void)state;
    struct call *call = plant();
    const struct entity *contact = catalog_find_entity(call->catalog, "Contact");
    struct query_request *request = request_of_contacts(call, NULL);
    struct link_request *link = garden_link(call, request->filter);
    link->relation = "customerContact";
    assert_false(query_run(call, contact, request, &page, &error));
    assert_non_null(strstr(error.message, "did you mean customerContacts?"));
    assert_string_equal(error.entity, "Contact");
    *link = (struct link_request){.field = "parentCustomer", .entity = "Acount"};
    assert_false(query_run(call, contact, request, &page, &error));
    assert_non_null(strstr(error.message, "did you mean Account?"));
    link->entity = "Account";
    link->filter = where(call, "adress1City", "x");
    assert_false(query_run(call, contact, request, &page, &error));
    assert_non_null(strstr(error.message, "did you mean address1City?"));
    assert_string_equal(error.entity, "Account");
    end(call);
}

void test_link__limits_at_the_limit_and_one_above(void **state)
{
    (void)state;
    struct call *call = plant();
    struct query_request *request = request_of_contacts(call, NULL);
    house.settings.limits.links = 3;
    house.settings.limits.link_depth = 2;
    struct link_request *link = link_by(call, request->filter, "parentCustomer", "Account", NULL);
    link_by(call, request->filter, "parentCustomer", "Contact", "none");
    link->filter = garden_filter(call, NULL);
    garden_link(call, link->filter)->relation = "customerContacts";
    expect_names(call, request, "Ann Bob Cid");
    link_by(call, request->filter, "parentCustomer", "Contact", "none");
    garden_refuse(call, request, ERROR_LIMIT_EXCEEDED, "links");

    request = request_of_contacts(call, NULL);
    link = garden_link(call, request->filter);
    for (int depth = 1; depth <= 2; depth++) {
        link->relation = "customerContacts";
        link->filter = garden_filter(call, NULL);
        link = depth < 2 ? garden_link(call, link->filter) : link;
    }
    expect_names(call, request, "");
    garden_link(call, link->filter)->relation = "customerContacts";
    garden_refuse(call, request, ERROR_LIMIT_EXCEEDED, "links");

    /* Conditions and the depth of groups count through links. */
    request = request_of_contacts(call, NULL);
    link = link_by(call, request->filter, "parentCustomer", "Account", NULL);
    link->filter = where(call, "name", "Mill");
    house.settings.limits.conditions = 1;
    house.settings.limits.filter_depth = 2;
    expect_names(call, request, "Cid");
    garden_where(call, request->filter, "lastName", "ne", "x", NULL);
    garden_refuse(call, request, ERROR_LIMIT_EXCEEDED, "filter");
    request->filter->conditions.count = 0;
    garden_group(call, link->filter, garden_filter(call, NULL));
    garden_refuse(call, request, ERROR_LIMIT_EXCEEDED, "filter");
    end(call);
}

/* Parsers of SQL have no great depth. */
void test_link__the_deepest_and_the_most_are_understood_by_the_engine(void **state)
{
    enum { MOST = 50, DEEPEST = 16 };
    (void)state;
    struct call *call = plant();
    house.settings.limits.links = MOST;
    house.settings.limits.link_depth = DEEPEST;
    house.settings.limits.filter_depth = 2 * DEEPEST;
    struct query_request *request = request_of_contacts(call, NULL);
    struct filter_request *filter = request->filter;
    for (int depth = 1; depth <= DEEPEST; depth++) {
        struct link_request *link = depth % 2 == 1
                                        ? link_by(call, filter, "parentCustomer", "Account", NULL)
                                        : garden_link(call, filter);
        link->relation = depth % 2 == 1 ? NULL : "customerContacts";
        filter = link->filter = garden_filter(call, NULL);
    }
    garden_where(call, filter, "lastName", "eq", "Ann", NULL);
    expect_names(call, request, "Ann Bob");
    for (int number = DEEPEST; number < MOST; number++) {
        link_by(call, request->filter, "parentCustomer", "Contact", "none");
    }
    expect_names(call, request, "Ann Bob");

    house.settings.limits.filter_depth = DEEPEST;
    request = request_of_contacts(call, NULL);
    filter = request->filter;
    for (int depth = 2; depth < DEEPEST; depth++) {
        garden_group(call, filter, garden_filter(call, NULL));
        filter = filter->filters.items[0];
    }
    link_by(call, filter, "parentCustomer", "Account", NULL)->filter = where(call, "name", "Mill");
    expect_names(call, request, "Cid");
    end(call);
}

/* ---- what the caller may read ---- */

static struct crowd crowd;

static void run(const char *entity, const struct query_request *request, struct page *page)
{
    struct error error = {0};
    crowd_must(query_run(crowd.call, crowd_entity(&crowd, entity), request, page, &error), &error);
}

void test_link__needs_the_privilege_to_read_the_other_entity(void **state)
{
    struct error error = {0};
    struct page page;
    (void)state;
    crowd_open(&crowd);
    struct uuid ann = crowd_user(&crowd, &crowd.root);
    crowd_give(&crowd, &ann, "Contact", RIGHT_READ, DEPTH_ORGANIZATION);
    crowd_become(&crowd, &ann);
    struct query_request *request = request_of_contacts(crowd.call, NULL);
    link_by(crowd.call, request->filter, "parentCustomer", "Account", "none");
    assert_false(query_run(crowd.call, crowd_entity(&crowd, "Contact"), request, &page, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    assert_non_null(strstr(error.message, "Account"));
    crowd_close(&crowd);
}

void test_link__tells_nothing_of_what_the_caller_may_not_read(void **state)
{
    struct page page;
    (void)state;
    crowd_open(&crowd);
    struct uuid ann = crowd_user(&crowd, &crowd.root);
    struct uuid bob = crowd_user(&crowd, &crowd.root);
    struct uuid hidden = crowd_plant(
        &crowd, "Account", (struct crowd_place){.owner = &bob, .unit = &crowd.root, .name = "A"});
    crowd_plant(&crowd, "Contact",
                (struct crowd_place){.owner = &ann,
                                     .unit = &crowd.root,
                                     .lookup = "parentCustomer",
                                     .parent_entity = "Account",
                                     .parent = &hidden});
    crowd_give(&crowd, &ann, "*", RIGHT_READ, DEPTH_USER);
    crowd_give(&crowd, &bob, "*", RIGHT_READ, DEPTH_UNIT);
    for (int is_bob = 0; is_bob <= 1; is_bob++) {
        crowd_become(&crowd, is_bob ? &bob : &ann);
        struct query_request *request = request_of_contacts(crowd.call, NULL);
        struct link_request *link =
            link_by(crowd.call, request->filter, "parentCustomer", "Account", "any");
        link->filter = where(crowd.call, "name", "A");
        run("Contact", request, &page);
        assert_int_equal(page.count, is_bob);
        link->matches = "none";
        run("Contact", request, &page);
        assert_int_equal(page.count, !is_bob);
        assert_int_equal(page.total, !is_bob);
    }
    crowd_close(&crowd);
}

/* ---- many, against a walk over records read one by one ---- */

enum {
    UNITS = 3,
    USERS = 4,
    ACCOUNTS = 20,
    CONTACTS = 25,
    THINGS = ACCOUNTS + CONTACTS,
    NAMES = 4
};
enum { PARTS = 3, LEVELS = 3, WISHES = 12 };

struct thing {
    const char *entity;
    struct uuid id;
    const struct thing *parent;
    size_t name; /* NAMES: none */
    bool is_read;
};

struct world {
    struct uuid units[UNITS], users[USERS];
    struct thing things[THINGS];
};

static size_t draw(struct random_source *random, size_t below)
{
    return (size_t)random_below(random, below);
}

static const char *name_text(size_t name)
{
    static const char *const texts[NAMES] = {"a", "b", "c", "d"};
    return name == NAMES ? NULL : texts[name];
}

static void make_thing(struct world *world, struct random_source *random, size_t number)
{
    struct thing *thing = &world->things[number];
    bool is_account = number < ACCOUNTS;
    bool has_parent = number > 0 && draw(random, 3) != 0;
    *thing = (struct thing){
        .entity = is_account ? "Account" : "Contact",
        .parent = has_parent ? &world->things[draw(random, number)] : NULL,
        .name = draw(random, NAMES + 1),
    };
    struct crowd_place place = {
        .owner = &world->users[draw(random, USERS)],
        .unit = &world->units[draw(random, UNITS)],
        .lookup = !has_parent  ? NULL
                  : is_account ? "parentAccount"
                               : "parentCustomer",
        .parent_entity = has_parent ? thing->parent->entity : NULL,
        .parent = has_parent ? &thing->parent->id : NULL,
        .name = name_text(thing->name),
    };
    thing->id = crowd_plant(&crowd, thing->entity, place);
    for (size_t user = 0; user < USERS; user++) {
        if (draw(random, 12) == 0) {
            crowd_share(&crowd, thing->entity, &thing->id, &world->users[user], RIGHT_READ);
        }
    }
}

static void make_world(struct world *world, struct random_source *random)
{
    static const enum depth depths[USERS] = {DEPTH_USER, DEPTH_UNIT, DEPTH_UNIT_AND_BELOW,
                                             DEPTH_ORGANIZATION};
    world->units[0] = crowd.root;
    for (size_t unit = 1; unit < UNITS; unit++) {
        world->units[unit] = crowd_unit(&crowd, &world->units[draw(random, unit)]);
    }
    for (size_t user = 0; user < USERS; user++) {
        world->users[user] = crowd_user(&crowd, &world->units[draw(random, UNITS)]);
        crowd_give(&crowd, &world->users[user], "*", RIGHT_READ, depths[user]);
    }
    for (size_t number = 0; number < THINGS; number++) {
        make_thing(world, random, number);
    }
}

/* What is asked for, as the walk knows it. */
struct wish {
    enum { WISH_ALL, WISH_ANY, WISH_NAME, WISH_OTHER_NAME, WISH_LINK } kind;
    size_t name;
    bool is_back, is_none;
    const char *entity; /* on the other side */
    size_t count;       /* of those within; of a link: one */
    struct wish *parts[PARTS];
};

static struct wish *make_wish(struct random_source *random, const char *entity, size_t level)
{
    struct wish *wish = arena_allocate(crowd.call->arena, sizeof(*wish));
    wish->kind = level == 0 ? WISH_ALL : (int)draw(random, level < LEVELS ? 5 : 4);
    if (level == LEVELS && wish->kind < WISH_NAME) {
        wish->kind = WISH_NAME;
    }
    wish->name = draw(random, NAMES);
    if (wish->kind == WISH_LINK) {
        bool is_account = strcmp(entity, "Account") == 0;
        wish->is_back = draw(random, 2) == 0;
        wish->is_none = draw(random, 2) == 0;
        /* An account hangs on an account, a contact on either. */
        bool is_to_contact =
            wish->is_back ? !is_account || draw(random, 2) == 0 : !is_account && draw(random, 2);
        wish->entity = is_to_contact ? "Contact" : "Account";
        wish->count = draw(random, 2);
        wish->parts[0] = wish->count == 0 ? NULL : make_wish(random, wish->entity, level + 1);
    } else if (wish->kind < WISH_NAME) {
        wish->count = level == 0 ? PARTS : draw(random, PARTS + 1);
        for (size_t part = 0; part < wish->count; part++) {
            wish->parts[part] = make_wish(random, entity, level + 1);
        }
    }
    return wish;
}

static const char *name_field(const char *entity)
{
    return crowd_entity(&crowd, entity)->name_field->name;
}

static void write_wish(const struct wish *wish, const char *entity, struct filter_request *filter)
{
    struct call *call = crowd.call;
    if (wish->kind == WISH_NAME || wish->kind == WISH_OTHER_NAME) {
        garden_where(call, filter, name_field(entity), wish->kind == WISH_NAME ? "eq" : "ne",
                     name_text(wish->name), NULL);
    } else if (wish->kind == WISH_LINK) {
        struct link_request *link = garden_link(call, filter);
        bool is_account = strcmp(wish->is_back ? wish->entity : entity, "Account") == 0;
        link->matches = wish->is_none ? "none" : "any";
        link->relation = !wish->is_back ? NULL
                         : is_account   ? "accountSubsidiaries"
                                        : "customerContacts";
        link->field = wish->is_back ? NULL : is_account ? "parentAccount" : "parentCustomer";
        link->entity = wish->entity;
        if (wish->count > 0) {
            link->filter = garden_filter(call, NULL);
            write_wish(wish->parts[0], wish->entity, link->filter);
        }
    } else {
        struct filter_request *group = garden_filter(call, wish->kind == WISH_ANY ? "or" : "and");
        for (size_t part = 0; part < wish->count; part++) {
            write_wish(wish->parts[part], entity, group);
        }
        garden_group(call, filter, group);
    }
}

static bool holds_nothing_back(const struct wish *wish)
{
    bool is_empty = wish->kind <= WISH_ANY;
    for (size_t part = 0; part < wish->count && is_empty; part++) {
        is_empty = holds_nothing_back(wish->parts[part]);
    }
    return is_empty;
}

static bool fits(const struct world *world, const struct wish *wish, const struct thing *thing);

static bool fits_link(const struct world *world, const struct wish *wish, const struct thing *thing)
{
    for (size_t number = 0; number < THINGS; number++) {
        const struct thing *other = &world->things[number];
        bool is_linked = wish->is_back ? other->parent == thing : thing->parent == other;
        if (is_linked && other->is_read && strcmp(other->entity, wish->entity) == 0 &&
            (wish->count == 0 || fits(world, wish->parts[0], other))) {
            return !wish->is_none;
        }
    }
    return wish->is_none;
}

/* Groups that hold nothing back are as good as none. */
static bool fits_group(const struct world *world, const struct wish *wish,
                       const struct thing *thing)
{
    size_t weighed = 0;
    for (size_t part = 0; part < wish->count; part++) {
        if (holds_nothing_back(wish->parts[part])) {
            continue;
        }
        weighed++;
        if (fits(world, wish->parts[part], thing) == (wish->kind == WISH_ANY)) {
            return wish->kind == WISH_ANY;
        }
    }
    return weighed == 0 || wish->kind == WISH_ALL;
}

static bool fits(const struct world *world, const struct wish *wish, const struct thing *thing)
{
    switch (wish->kind) {
    case WISH_NAME:
        return thing->name == wish->name;
    case WISH_OTHER_NAME:
        return thing->name != wish->name;
    case WISH_LINK:
        return fits_link(world, wish, thing);
    default:
        return fits_group(world, wish, thing);
    }
}

static const struct thing *find_thing(const struct world *world, const struct record *record)
{
    const struct uuid *id = &record_value(record, record->entity->id)->uuid;
    size_t number = 0;
    while (number < THINGS && !uuid_is_equal(&world->things[number].id, id)) {
        number++;
    }
    assert_true(number < THINGS);
    return &world->things[number];
}

/* A page and those after it hold what the walk finds, each once, and so does the count. */
static void check_wish(const struct world *world, const struct wish *wish, const char *entity)
{
    bool is_seen[THINGS] = {false};
    struct page page = {0};
    size_t seen = 0;
    struct query_request *request = garden_request(crowd.call);
    request->filter = garden_filter(crowd.call, NULL);
    write_wish(wish, entity, request->filter);
    garden_order(crowd.call, request, name_field(entity), true);
    request->page_size = (struct message_integer){true, 6};
    request->count = (struct message_boolean){true, true};
    do {
        run(entity, request, &page);
        for (size_t index = 0; index < page.count; index++) {
            const struct thing *thing = find_thing(world, page.records[index]);
            assert_false(is_seen[thing - world->things]);
            is_seen[thing - world->things] = true;
            seen++;
        }
        request->cookie = page.next_cookie;
    } while (page.has_more);
    for (size_t number = 0; number < THINGS; number++) {
        const struct thing *thing = &world->things[number];
        bool is_wanted =
            strcmp(thing->entity, entity) == 0 && thing->is_read && fits(world, wish, thing);
        assert_int_equal(is_seen[number], is_wanted);
    }
    assert_int_equal(seen, page.total);
}

void test_link__finds_what_a_walk_over_readable_records_finds(void **state)
{
    static struct world world;
    (void)state;
    struct random_source random = random_begin();
    crowd_open(&crowd);
    crowd.house.settings.limits.links = 50;
    make_world(&world, &random);
    for (size_t user = 0; user < USERS; user++) {
        crowd_become(&crowd, &world.users[user]);
        for (size_t number = 0; number < THINGS; number++) {
            struct thing *thing = &world.things[number];
            thing->is_read = crowd_may(&crowd, thing->entity, &thing->id, RIGHT_READ);
        }
        for (size_t number = 0; number < WISHES; number++) {
            const char *entity = number % 2 == 0 ? "Account" : "Contact";
            crowd.house.settings.limits.gathered = number % 4 < 2 ? 0 : 10000;
            check_wish(&world, make_wish(&random, entity, 0), entity);
        }
    }
    crowd_close(&crowd);
}
