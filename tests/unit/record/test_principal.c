/*
 * test_principal.c - units, users, teams and roles keep to their rules, whoever writes them.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/database.h"
#include "database/row.h"
#include "database/table.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/house.h"
#include "record/renew.h"
#include "record/tables.h"
#include "security/identity.h"
#include "security/role.h"
#include "security/tables.h"
#include "security/team.h"
#include "security/unit.h"

static struct test_platform house;

/* ---- short ways ---- */

static struct uuid make_unit(struct call *call, const char *name, const struct uuid *parent)
{
    struct record *unit = house_record(call, "BusinessUnit", "name", name, NULL);
    if (parent != NULL) {
        house_refer(unit, "parentBusinessUnit", "BusinessUnit", parent);
    }
    return house_create(call, unit);
}

static struct uuid make_user(struct call *call, const char *name, const struct uuid *unit)
{
    struct record *user =
        house_record(call, "SystemUser", "userName", name, "lastName", name, NULL);
    if (unit != NULL) {
        house_refer(user, "businessUnit", "BusinessUnit", unit);
    }
    return house_create(call, user);
}

static struct uuid make_team(struct call *call, const char *name, const struct uuid *unit)
{
    struct record *team = house_record(call, "Team", "name", name, NULL);
    house_refer(team, "businessUnit", "BusinessUnit", unit);
    return house_create(call, team);
}

static enum error_code update(struct call *call, struct record *record, const struct uuid *id)
{
    struct write_outcome outcome;
    struct error error = {0};
    record_value(record, record->entity->id)->state = VALUE_SET;
    record_value(record, record->entity->id)->uuid = *id;
    return record_update(call, record, NULL, &outcome, &error) ? ERROR_NONE : error.code;
}

static enum error_code refer(struct call *call, const char *entity, const struct uuid *id,
                             const char *field, const char *target, const struct uuid *to)
{
    struct record *record = house_record(call, entity, field, NULL, NULL);
    if (to != NULL) {
        house_refer(record, field, target, to);
    }
    return update(call, record, id);
}

static enum error_code move_unit(struct call *call, const struct uuid *unit,
                                 const struct uuid *parent)
{
    return refer(call, "BusinessUnit", unit, "parentBusinessUnit", "BusinessUnit", parent);
}

static enum error_code move_user(struct call *call, const struct uuid *user,
                                 const struct uuid *unit)
{
    return refer(call, "SystemUser", user, "businessUnit", "BusinessUnit", unit);
}

static enum error_code set_manager(struct call *call, const struct uuid *user,
                                   const struct uuid *manager)
{
    return refer(call, "SystemUser", user, "manager", "SystemUser", manager);
}

static enum error_code set_text(struct call *call, const char *entity, const struct uuid *id,
                                const char *field, const char *text)
{
    return update(call, house_record(call, entity, field, text, NULL), id);
}

static enum error_code erase(struct call *call, const char *entity, const struct uuid *id)
{
    struct error error = {0};
    return record_delete(call, catalog_find_entity(call->catalog, entity), id, &error) ? ERROR_NONE
                                                                                       : error.code;
}

static struct team default_team(struct call *call, const struct uuid *unit)
{
    struct team team = {.is_default = false};
    struct error error = {0};
    bool is_found = false;
    house_must(team_read_default(call->arena, call->connection, call->catalog, unit, &team,
                                 &is_found, &error),
               &error);
    assert_int_equal(is_found, team.is_default);
    return team;
}

/* Makes a role and gives it: everything, or some rights and one task. */
static struct uuid give(struct call *call, const struct uuid *principal, const char *name,
                        const struct role_template *template)
{
    struct uuid role = house_create(call, house_record(call, "Role", "name", name, NULL));
    struct error error = {0};
    house_must(role_set_privileges(call->connection, call->arena, &role, template, &error), &error);
    house_must(role_give(call->connection, call->arena, principal, &role, &error), &error);
    return role;
}

static const struct role_template everything = {.is_administrator = true};

static void join(struct call *call, const struct uuid *team, const struct uuid *user)
{
    struct error error = {0};
    house_must(team_add_member(call->arena, call->connection, team, user, &error), &error);
}

/* Rows of a table that name a principal or role in a column. */
static size_t count_rows(struct call *call, const struct table *table, const char *column,
                         const struct uuid *id)
{
    const struct row_condition condition = {column, ROW_IS, cell_uuid(id)};
    struct row_set rows;
    struct error error = {0};
    house_must(row_select(call->connection, call->arena,
                          &(struct row_query){.table = table,
                                              .columns = &column,
                                              .column_count = 1,
                                              .conditions = &condition,
                                              .condition_count = 1},
                          &rows, &error),
               &error);
    return rows.count;
}

static bool may_log_in(struct call *call, const struct uuid *user)
{
    const struct identity *identity = NULL;
    struct error error = {0};
    return identity_load(call->arena, call->connection, call->catalog, user, &identity, &error);
}

/* ---- units ---- */

void test_unit__has_a_default_team_that_follows_it(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    const struct uuid *root = &house.platform.organization_id;
    struct uuid unit = make_unit(call, "North", NULL);
    assert_string_equal(house_text(call, "BusinessUnit", &unit, "name"), "North");
    struct team team = default_team(call, &unit);
    assert_string_equal(house_text(call, "Team", &team.id, "name"), "North");
    assert_true(default_team(call, root).is_default);

    assert_int_equal(set_text(call, "BusinessUnit", &unit, "name", "North and East"), ERROR_NONE);
    assert_string_equal(house_text(call, "Team", &team.id, "name"), "North and East");
    /* The caller is told as the one who changed it. */
    char author[UUID_TEXT_SIZE];
    uuid_format(&call->identity->user_id, author);
    assert_non_null(strstr(house_text(call, "Team", &team.id, "modifiedBy"), author));

    assert_int_equal(set_text(call, "Team", &team.id, "name", "Other"), ERROR_RULE_BROKEN);
    assert_int_equal(refer(call, "Team", &team.id, "businessUnit", "BusinessUnit", root),
                     ERROR_RULE_BROKEN);
    assert_int_equal(set_text(call, "Team", &team.id, "description", "All of them"), ERROR_NONE);
    assert_int_equal(erase(call, "Team", &team.id), ERROR_RULE_BROKEN);
    house_undo(&call);

    call = house_begin(&house);
    unit = make_unit(call, "North", NULL);
    team = default_team(call, &unit);
    assert_int_equal(erase(call, "BusinessUnit", &unit), ERROR_NONE);
    assert_false(default_team(call, &unit).is_default);
    assert_int_equal(erase(call, "BusinessUnit", root), ERROR_RULE_BROKEN);
    house_undo(&call);
    test_platform_close(&house);
}

void test_unit__that_is_in_use_stays(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid unit = make_unit(call, "North", NULL);
    (void)make_unit(call, "Below", &unit);
    assert_int_equal(erase(call, "BusinessUnit", &unit), ERROR_RECORD_IN_USE);
    house_undo(&call);

    call = house_begin(&house);
    unit = make_unit(call, "North", NULL);
    (void)make_user(call, "ann", &unit);
    assert_int_equal(erase(call, "BusinessUnit", &unit), ERROR_RECORD_IN_USE);
    house_undo(&call);
    test_platform_close(&house);
}

void test_unit__lies_in_a_tree(void **state)
{
    struct uuid a, b, c;
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    const struct uuid *root = &house.platform.organization_id;
    a = make_unit(call, "A", NULL);
    b = make_unit(call, "B", &a);
    c = make_unit(call, "C", &b);
    house_commit(&call);

    const struct {
        const struct uuid *unit, *parent;
        enum error_code code;
    } moves[] = {
        {&a, &c, ERROR_HIERARCHY_CYCLE},
        {&a, &a, ERROR_HIERARCHY_CYCLE},
        {root, &c, ERROR_RULE_BROKEN},
        {&c, NULL, ERROR_FIELD_REQUIRED},
        {&c, &a, ERROR_NONE},
        {&b, &c, ERROR_NONE}, /* C lies beside it by then */
    };
    for (size_t index = 0; index < sizeof(moves) / sizeof(moves[0]); index++) {
        call = house_begin(&house);
        assert_int_equal(move_unit(call, moves[index].unit, moves[index].parent),
                         moves[index].code);
        if (moves[index].code == ERROR_NONE) {
            house_commit(&call);
        } else {
            house_undo(&call);
        }
    }
    test_platform_close(&house);
}

void test_unit__has_a_deepest_level(void **state)
{
    struct write_outcome outcome;
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid top = make_unit(call, "top", NULL);
    struct uuid unit = make_unit(call, "2", NULL);
    for (int level = 3; level <= UNIT_LEVELS; level++) {
        unit = make_unit(call, arena_format(call->arena, "%d", level), &unit);
    }
    struct record *record = house_record(call, "BusinessUnit", "name", "too deep", NULL);
    house_refer(record, "parentBusinessUnit", "BusinessUnit", &unit);
    assert_false(record_create(call, record, &outcome, &error));
    assert_int_equal(error.code, ERROR_LIMIT_EXCEEDED);
    assert_int_equal(move_unit(call, &top, &unit), ERROR_LIMIT_EXCEEDED);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- two at the same time ---- */

typedef enum error_code (*deed)(struct call *call);

struct rival {
    deed deed;
    enum error_code code;
};

static void *run_rival(void *context)
{
    struct rival *rival = context;
    struct call *call = house_begin(&house);
    struct error error = {0};
    rival->code = rival->deed(call);
    if (rival->code == ERROR_NONE && !connection_commit(call->connection, &error)) {
        rival->code = error.code;
    }
    house_undo(&call);
    return NULL;
}

/* The rival begins when the first has written, and is given time to run into him; the first
 * then commits. Tells what became of the rival; one that met is tried again, as the pipeline does.
 */
static enum error_code race(deed first, deed second)
{
    struct rival rival = {.deed = second};
    pthread_t thread;
    struct call *call = house_begin(&house);

    assert_int_equal(first(call), ERROR_NONE);
    assert_int_equal(pthread_create(&thread, NULL, run_rival, &rival), 0);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    house_commit(&call);
    pthread_join(thread, NULL);
    if (rival.code == ERROR_DATABASE_CONFLICT) {
        (void)run_rival(&rival);
    }
    return rival.code;
}

static struct uuid left, right;

static enum error_code left_under_right(struct call *call)
{
    return move_unit(call, &left, &right);
}

static enum error_code right_under_left(struct call *call)
{
    return move_unit(call, &right, &left);
}

void test_unit__two_who_move_make_no_ring(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    left = make_unit(call, "left", NULL);
    right = make_unit(call, "right", NULL);
    house_commit(&call);
    assert_int_equal(race(left_under_right, right_under_left), ERROR_HIERARCHY_CYCLE);
    test_platform_close(&house);
}

static enum error_code left_reports_to_right(struct call *call)
{
    return set_manager(call, &left, &right);
}

static enum error_code right_reports_to_left(struct call *call)
{
    return set_manager(call, &right, &left);
}

void test_manager__is_nobody_who_reports_to_one(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    left = make_user(call, "left", NULL);
    right = make_user(call, "right", NULL);
    struct uuid third = make_user(call, "third", NULL);
    house_commit(&call);
    assert_int_equal(race(left_reports_to_right, right_reports_to_left), ERROR_HIERARCHY_CYCLE);

    call = house_begin(&house);
    assert_int_equal(set_manager(call, &third, &left), ERROR_NONE);
    assert_int_equal(set_manager(call, &right, &third), ERROR_HIERARCHY_CYCLE);
    assert_int_equal(set_manager(call, &third, &third), ERROR_HIERARCHY_CYCLE);
    assert_int_equal(set_manager(call, &third, NULL), ERROR_NONE);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- who is let in ---- */

void test_unit__that_is_disabled_shuts_its_branch_out(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid unit = make_unit(call, "North", NULL);
    struct uuid below = make_unit(call, "Below", &unit);
    struct uuid aside = make_unit(call, "Aside", NULL);
    struct uuid ann = make_user(call, "ann", &below);
    assert_true(may_log_in(call, &ann));
    assert_int_equal(set_text(call, "BusinessUnit", &unit, "isDisabled", "true"), ERROR_NONE);
    assert_false(may_log_in(call, &ann));
    assert_int_equal(move_unit(call, &below, &aside), ERROR_NONE);
    assert_true(may_log_in(call, &ann));
    assert_int_equal(move_user(call, &ann, &unit), ERROR_NONE);
    assert_false(may_log_in(call, &ann));
    assert_int_equal(set_text(call, "BusinessUnit", &unit, "isDisabled", "false"), ERROR_NONE);
    assert_true(may_log_in(call, &ann));
    house_undo(&call);
    test_platform_close(&house);
}

/* A session of a user, as far as this test needs one. */
static void open_session(struct call *call, const struct uuid *user)
{
    struct uuid id = call_new_id(call);
    struct error error = {0};
    char digest[UUID_TEXT_SIZE];
    uuid_format(&id, digest);
    const struct row_value values[] = {
        {"id", cell_uuid(&id)},
        {"token_digest", cell_text(digest)},
        {"user_id", cell_uuid(user)},
        {"created_on", cell_moment(call->now)},
        {"used_on", cell_moment(call->now)},
        {"expires_on", cell_moment(call->now)},
    };
    house_must(row_insert(call->connection, call->arena, &session_table, values, 6, &error),
               &error);
}

void test_session__ends_when_its_user_is_shut_out(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid unit = make_unit(call, "North", NULL);
    struct uuid below = make_unit(call, "Below", &unit);
    struct uuid ann = make_user(call, "ann", &below);
    struct uuid bob = make_user(call, "bob", NULL);
    open_session(call, &ann);
    open_session(call, &bob);
    assert_int_equal(set_text(call, "BusinessUnit", &unit, "isDisabled", "true"), ERROR_NONE);
    assert_int_equal(count_rows(call, &session_table, "user_id", &ann), 0);
    assert_int_equal(count_rows(call, &session_table, "user_id", &bob), 1);
    assert_int_equal(set_text(call, "SystemUser", &bob, "firstName", "B"), ERROR_NONE);
    assert_int_equal(count_rows(call, &session_table, "user_id", &bob), 1);
    assert_int_equal(set_text(call, "SystemUser", &bob, "isDisabled", "true"), ERROR_NONE);
    assert_int_equal(count_rows(call, &session_table, "user_id", &bob), 0);

    struct uuid carl = make_user(call, "carl", NULL);
    open_session(call, &carl);
    assert_int_equal(move_user(call, &carl, &below), ERROR_NONE); /* into the branch */
    assert_int_equal(count_rows(call, &session_table, "user_id", &carl), 0);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- moving with all one owns ---- */

static struct uuid make_account(struct call *call, const char *owner_entity,
                                const struct uuid *owner)
{
    struct record *account = house_record(call, "Account", "name", "A", NULL);
    house_refer(account, "owner", owner_entity, owner);
    return house_create(call, account);
}

static void expect_in_unit(struct call *call, const struct uuid *account, const struct uuid *unit)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(unit, text);
    assert_non_null(strstr(house_text(call, "Account", account, "owningBusinessUnit"), text));
}

void test_principal__moves_with_all_it_owns(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid unit = make_unit(call, "North", NULL);
    struct uuid ann = make_user(call, "ann", NULL);
    struct uuid team = make_team(call, "Experts", &unit);
    const struct role_privilege reading = {.right = RIGHT_READ, .depth = DEPTH_ORGANIZATION};
    const struct role_template reader = {.privileges = &reading, .privilege_count = 1};
    (void)give(call, &ann, "a", &reader);
    (void)give(call, &team, "b", &reader);
    struct uuid hers = make_account(call, "SystemUser", &ann);
    struct uuid theirs = make_account(call, "Team", &team);
    struct uuid mine = house_create(call, house_record(call, "Account", "name", "B", NULL));
    int64_t version = house_version(call, "Account", &hers);

    assert_int_equal(move_user(call, &ann, &unit), ERROR_NONE);
    expect_in_unit(call, &hers, &unit);
    assert_true(house_version(call, "Account", &hers) > version);
    assert_int_equal(
        refer(call, "Team", &team, "businessUnit", "BusinessUnit", &house.platform.organization_id),
        ERROR_NONE);
    expect_in_unit(call, &theirs, &house.platform.organization_id);
    expect_in_unit(call, &mine, &house.platform.organization_id);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- the last administrator ---- */

static struct uuid first_administrator, second_administrator;

static enum error_code disable_first(struct call *call)
{
    return set_text(call, "SystemUser", &first_administrator, "isDisabled", "true");
}

static enum error_code disable_second(struct call *call)
{
    return set_text(call, "SystemUser", &second_administrator, "isDisabled", "true");
}

void test_administrator__two_who_disable_each_other_leave_one(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    first_administrator = call->identity->user_id;
    second_administrator = make_user(call, "second", NULL);
    (void)give(call, &second_administrator, "All", &everything);
    house_commit(&call);
    assert_int_equal(race(disable_second, disable_first), ERROR_LAST_ADMINISTRATOR);
    test_platform_close(&house);
}

void test_administrator__the_last_one_stays(void **state)
{
    struct uuid admin, disabled, role;
    bool is_found = false;
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    admin = call->identity->user_id;
    disabled = make_unit(call, "Disabled", NULL);
    assert_int_equal(set_text(call, "BusinessUnit", &disabled, "isDisabled", "true"), ERROR_NONE);
    house_must(renew_find_role(call, "system-administrator", &role, &is_found, &error), &error);
    assert_true(is_found);
    house_commit(&call);

    call = house_begin(&house);
    assert_int_equal(set_text(call, "SystemUser", &admin, "isDisabled", "true"),
                     ERROR_LAST_ADMINISTRATOR);
    house_undo(&call);
    call = house_begin(&house);
    assert_int_equal(move_user(call, &admin, &disabled), ERROR_LAST_ADMINISTRATOR);
    house_undo(&call);
    call = house_begin(&house);
    assert_int_equal(
        set_text(call, "BusinessUnit", &house.platform.organization_id, "isDisabled", "true"),
        ERROR_LAST_ADMINISTRATOR);
    house_undo(&call);
    call = house_begin(&house);
    assert_int_equal(erase(call, "Role", &role), ERROR_LAST_ADMINISTRATOR);
    house_undo(&call);
    test_platform_close(&house);
}

void test_administrator__by_a_team_counts(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid admin = call->identity->user_id;
    struct uuid unit = make_unit(call, "North", NULL);
    struct uuid team = make_team(call, "Admins", &unit);
    struct uuid ann = make_user(call, "ann", &unit);
    (void)give(call, &team, "All", &everything);
    house_commit(&call);

    call = house_begin(&house);
    assert_int_equal(set_text(call, "SystemUser", &admin, "isDisabled", "true"),
                     ERROR_LAST_ADMINISTRATOR); /* a team without members is nobody */
    house_undo(&call);
    call = house_begin(&house);
    join(call, &team, &ann);
    assert_int_equal(set_text(call, "SystemUser", &admin, "isDisabled", "true"), ERROR_NONE);
    assert_int_equal(erase(call, "Team", &team), ERROR_LAST_ADMINISTRATOR);
    house_undo(&call);
    call = house_begin(&house);
    struct team everybody = default_team(call, &unit);
    (void)give(call, &everybody.id, "All here", &everything);
    assert_int_equal(set_text(call, "SystemUser", &admin, "isDisabled", "true"), ERROR_NONE);
    assert_int_equal(set_text(call, "SystemUser", &ann, "isDisabled", "true"),
                     ERROR_LAST_ADMINISTRATOR);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- what goes with them ---- */

void test_principal__takes_what_is_kept_beside_it(void **state)
{
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid unit = make_unit(call, "North", NULL);
    struct uuid team = make_team(call, "Experts", &unit);
    struct uuid ann = make_user(call, "ann", NULL);
    const struct role_privilege reading = {.right = RIGHT_READ, .depth = DEPTH_ORGANIZATION};
    const struct role_template reader = {.privileges = &reading, .privilege_count = 1};
    struct uuid role = give(call, &team, "r", &reader);
    house_must(role_give(call->connection, call->arena, &ann, &role, &error), &error);
    join(call, &team, &ann);
    const struct row_value share[] = {
        {"entity_name", cell_text("Account")}, {"record_id", cell_uuid(&unit)},
        {"principal_id", cell_uuid(&team)},    {"rights", cell_integer(1)},
        {"granted_by", cell_uuid(&ann)},       {"granted_on", cell_moment(call->now)},
    };
    house_must(row_insert(call->connection, call->arena, &share_table, share, 6, &error), &error);

    assert_int_equal(erase(call, "Team", &team), ERROR_NONE);
    assert_int_equal(count_rows(call, &principal_role_table, "principal_id", &team), 0);
    assert_int_equal(count_rows(call, &team_member_table, "team_id", &team), 0);
    assert_int_equal(count_rows(call, &share_table, "principal_id", &team), 0);
    assert_int_equal(count_rows(call, &principal_role_table, "principal_id", &ann), 1);

    team = make_team(call, "Others", &unit);
    join(call, &team, &ann);
    assert_int_equal(erase(call, "SystemUser", &ann), ERROR_NONE);
    assert_int_equal(count_rows(call, &principal_role_table, "principal_id", &ann), 0);
    assert_int_equal(count_rows(call, &team_member_table, "user_id", &ann), 0);

    house_must(role_give(call->connection, call->arena, &team, &role, &error), &error);
    assert_int_equal(erase(call, "Role", &role), ERROR_NONE);
    assert_int_equal(count_rows(call, &principal_role_table, "role_id", &role), 0);
    assert_int_equal(count_rows(call, &role_privilege_table, "role_id", &role), 0);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- whoever may write users is not yet one who manages security ---- */

static void become(struct call *call, const struct uuid *user)
{
    struct error error = {0};
    house_must(
        identity_load(call->arena, call->connection, call->catalog, user, &call->identity, &error),
        &error);
}

void test_security__is_changed_by_those_who_manage_it(void **state)
{
    static const char *const managing[] = {"manageSecurity"};
    struct role_privilege all[RIGHT_COUNT];
    for (int index = 0; index < RIGHT_COUNT; index++) {
        all[index] =
            (struct role_privilege){.right = (enum right)index, .depth = DEPTH_ORGANIZATION};
    }
    const struct role_template writer = {.privileges = all, .privilege_count = RIGHT_COUNT};
    struct role_template manager = writer;
    manager.tasks = managing;
    manager.task_count = 1;
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid admin = call->identity->user_id;
    struct uuid unit = make_unit(call, "North", NULL);
    struct uuid ann = make_user(call, "ann", NULL);
    struct uuid bob = make_user(call, "bob", NULL);
    struct uuid carl = make_user(call, "carl", NULL);
    (void)give(call, &ann, "writer", &writer);
    (void)give(call, &bob, "manager", &manager);
    struct team here = default_team(call, &unit);
    (void)give(call, &here.id, "all here", &everything);

    become(call, &ann); /* may write every record */
    assert_int_equal(set_text(call, "SystemUser", &carl, "firstName", "C"), ERROR_NONE);
    assert_int_equal(set_text(call, "SystemUser", &carl, "isDisabled", "true"), ERROR_NOT_ALLOWED);
    assert_int_equal(set_text(call, "SystemUser", &carl, "userName", "x"), ERROR_NOT_ALLOWED);
    assert_int_equal(set_manager(call, &carl, &ann), ERROR_NOT_ALLOWED);
    assert_int_equal(erase(call, "SystemUser", &carl), ERROR_NOT_ALLOWED);

    become(call, &bob); /* manages security, too */
    assert_int_equal(set_manager(call, &carl, &bob), ERROR_NONE);
    assert_int_equal(set_text(call, "SystemUser", &admin, "isDisabled", "true"), ERROR_NOT_ALLOWED);
    assert_int_equal(set_manager(call, &admin, &bob), ERROR_NOT_ALLOWED);
    /* Whoever enters that unit may everything. */
    assert_int_equal(move_user(call, &carl, &unit), ERROR_NOT_ALLOWED);
    assert_int_equal(move_user(call, &bob, &unit), ERROR_NOT_ALLOWED);
    struct record *user =
        house_record(call, "SystemUser", "userName", "dan", "lastName", "D", NULL);
    struct write_outcome outcome;
    struct error error = {0};
    house_refer(user, "businessUnit", "BusinessUnit", &unit);
    assert_false(record_create(call, user, &outcome, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    assert_int_equal(set_text(call, "BusinessUnit", &unit, "isDisabled", "true"),
                     ERROR_NOT_ALLOWED);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- what an earlier release made ---- */

static const struct table_column former_columns[] = {
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "role_id", .type = COLUMN_UUID, .is_required = true},
};
static const struct table former = {.name = "svyaz_user_role",
                                    .columns = former_columns,
                                    .column_count = 2,
                                    .primary_key = {"user_id", "role_id"}};

static void drop_all(struct call *call, const struct table *table, const char *column,
                     const struct uuid *id)
{
    const struct row_condition condition = {column, ROW_IS, cell_uuid(id)};
    struct error error = {0};
    house_must(row_delete(call->connection, call->arena, table, &condition, 1, NULL, &error),
               &error);
}

static void erase_role(struct call *call, const char *name)
{
    struct error error = {0};
    struct uuid id;
    bool is_found = false;
    house_must(renew_find_role(call, name, &id, &is_found, &error), &error);
    assert_int_equal(erase(call, "Role", &id), ERROR_NONE);
}

static void forget_role(struct call *call, const char *name)
{
    const char *setting = arena_format(call->arena, "role %s", name);
    const struct row_condition by_name = {"name", ROW_IS, cell_text(setting)};
    struct error error = {0};
    erase_role(call, name);
    house_must(row_delete(call->connection, call->arena, &setting_table, &by_name, 1, NULL, &error),
               &error);
}

static bool has_role(struct call *call, const char *name)
{
    const struct alternate_key by_name = {.name = "name", .values = &name, .value_count = 1};
    const struct reference role = {.entity = catalog_find_entity(call->catalog, "Role"),
                                   .alternate_key = &by_name};
    struct error error = {0};
    struct uuid id;
    return record_resolve(call, &role, &id, &error);
}

void test_renew__keeps_the_roles_of_release_1(void **state)
{
    struct uuid admin, role, unit;
    struct error error = {0};
    bool is_found = false;
    (void)state;
    house_open(&house);
    struct call *call = test_call_begin(&house);
    const struct table_step step = {.kind = TABLE_STEP_CREATE_TABLE, .table = &former};
    house_must(table_step_run(call->connection, &step, &error), &error);
    test_call_end(&call);

    call = house_begin(&house);
    admin = call->identity->user_id;
    unit = make_unit(call, "North", NULL);
    /* A role that the organisation deleted stays away; one that it was never given comes. */
    erase_role(call, "marketing");
    forget_role(call, "service-manager");
    house_must(renew_find_role(call, "system-administrator", &role, &is_found, &error), &error);
    const struct row_value row[] = {{"user_id", cell_uuid(&admin)}, {"role_id", cell_uuid(&role)}};
    house_must(row_insert(call->connection, call->arena, &former, row, 2, &error), &error);
    drop_all(call, &principal_role_table, "principal_id", &admin);
    struct team team = default_team(call, &unit);
    house_must(query_delete(call, catalog_find_entity(call->catalog, "Team"), &team.id, &error),
               &error);
    house_commit(&call);

    for (int start = 0; start < 2; start++) {
        call = test_call_begin(&house);
        house_must(renew_organization(call, &error), &error);
        test_call_end(&call);
    }
    call = house_begin(&house);
    assert_true(call->identity->is_administrator);
    assert_int_equal(count_rows(call, &former, "user_id", &admin), 0);
    assert_true(default_team(call, &unit).is_default);
    assert_false(has_role(call, "Marketing"));
    assert_true(has_role(call, "Service manager"));
    house_undo(&call);
    test_platform_close(&house);
}

/* What a role allows is the administrator's, from the first day on. */
void test_renew__leaves_what_a_role_allows_alone(void **state)
{
    struct error error = {0};
    struct uuid role;
    bool is_found = false;
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct role_privilege read = {.entity = catalog_find_entity(call->catalog, "Account"),
                                  .right = RIGHT_READ,
                                  .depth = DEPTH_ORGANIZATION};
    const struct role_template changed = {
        .name = "salesperson", .privileges = &read, .privilege_count = 1};
    house_must(renew_find_role(call, "salesperson", &role, &is_found, &error), &error);
    assert_true(count_rows(call, &role_privilege_table, "role_id", &role) > 1);
    house_must(role_set_privileges(call->connection, call->arena, &role, &changed, &error), &error);
    house_commit(&call);

    call = test_call_begin(&house);
    house_must(renew_organization(call, &error), &error);
    test_call_end(&call);
    call = house_begin(&house);
    assert_int_equal(count_rows(call, &role_privilege_table, "role_id", &role), 1);
    house_undo(&call);
    test_platform_close(&house);
}
