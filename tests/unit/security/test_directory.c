/*
 * test_directory.c - names in filters and DNs, groups that give roles, users who are entries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "database/row.h"
#include "security/directory.h"
#include "security/directory_link.h"
#include "security/directory_text.h"
#include "security/people.h"
#include "security/role.h"
#include "security/tables.h"
#include "support/random.h"

static struct people people;

static bool is_harmless(char character)
{
    return character == '\\' || (character >= '0' && character <= '9') ||
           (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           strchr("-._", character) != NULL;
}

/* Whatever the bytes, nothing is left that a filter would read as its own. */
void test_directory__a_value_stays_a_value(void **state)
{
    struct arena *arena = arena_create();
    struct random_source random = random_begin();
    unsigned char bytes[32];
    (void)state;
    assert_string_equal(directory_escape_filter(arena, "*)(uid=*", 8), "\\2a\\29\\28uid\\3d\\2a");
    assert_string_equal(directory_escape_dn(arena, "a,ou=b"), "a\\2cou\\3db");
    assert_string_equal(directory_escape_dn(arena, " \"#+;<>"), "\\20\\22\\23\\2b\\3b\\3c\\3e");
    for (int round = 0; round < 1000; round++) {
        for (size_t index = 0; index < sizeof(bytes); index++) {
            bytes[index] = (unsigned char)random_below(&random, 256);
        }
        const char *text = directory_escape_filter(arena, bytes, sizeof(bytes));
        for (const char *at = text; *at != '\0'; at++) {
            assert_true(is_harmless(*at));
        }
    }
    arena_destroy(&arena);
}

void test_directory__patterns_are_filled(void **state)
{
    struct arena *arena = arena_create();
    (void)state;
    assert_string_equal(directory_fill(arena, "(|(uid={name})(mail={name}))", "{name}", "ann"),
                        "(|(uid=ann)(mail=ann))");
    assert_string_equal(directory_fill(arena, "no place", "{name}", "ann"), "no place");
    assert_string_equal(directory_fill(arena, "{name}", "{name}", ""), "");
    arena_destroy(&arena);
}

void test_directory__names_that_another_would_overlook(void **state)
{
    static const char *const names[] = {"", " ann", "ann ", "a  b", "a\tb", "ann\n", "a\x7f"};
    (void)state;
    for (size_t index = 0; index < sizeof(names) / sizeof(names[0]); index++) {
        assert_false(directory_is_name(names[index]));
    }
    assert_true(directory_is_name("ann"));
    assert_true(directory_is_name("Анна Иванова"));
}

void test_directory__a_group_has_one_key(void **state)
{
    struct text_rules *rules;
    (void)state;
    people_open(&people);
    rules = people.house.platform.text_rules;
    const char *key = directory_group_key(people.arena, rules, "CN=Sales, OU=Groups,DC=x");
    assert_string_equal(key, "cn=sales,ou=groups,dc=x");
    assert_string_equal(directory_group_key(people.arena, rules, "cn=Sales,ou=Groups,dc=X"), key);
    assert_string_equal(directory_group_key(people.arena, rules, "Sales"), "sales");
    assert_null(directory_group_key(people.arena, rules, "=,="));
    assert_null(directory_group_key(people.arena, rules, ""));
    assert_null(directory_group_key(people.arena, rules, "two\nlines"));
    people_close(&people);
}

static const struct directory_person *person_in(const char *const *groups, size_t count)
{
    struct directory_person *person = arena_allocate(people.arena, sizeof(*person));
    person->groups = groups;
    person->group_count = count;
    return person;
}

void test_directory__membership_by_dn_and_by_name(void **state)
{
    static const char *const groups[] = {"cn=sales,ou=groups,dc=x", "cn=a\\2cb,dc=x"};
    (void)state;
    people_open(&people);
    const struct directory_person *person = person_in(groups, 2);
    assert_true(directory_is_member(people.arena, person, "cn=sales,ou=groups,dc=x"));
    assert_true(directory_is_member(people.arena, person, "sales"));
    assert_true(directory_is_member(people.arena, person, "a,b"));
    assert_false(directory_is_member(people.arena, person, "groups"));
    assert_false(directory_is_member(people.arena, person, "cn=sales,ou=groups,dc=y"));
    people_close(&people);
}

static size_t count_roles(const struct uuid *user, bool is_by_hand)
{
    static const char *const columns[] = {"source"};
    const struct row_condition of_user = {"principal_id", ROW_IS, cell_uuid(user)};
    const struct row_query query = {.table = &principal_role_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &of_user,
                                    .condition_count = 1};
    struct row_set rows;
    struct error error = {0};
    size_t count = 0;
    people_must(row_select(people.connection, people.arena, &query, &rows, &error), &error);
    for (size_t row = 0; row < rows.count; row++) {
        count += row_cell(&rows, row, 0)->is_null == is_by_hand ? 1 : 0;
    }
    return count;
}

static bool follow(const struct uuid *roles, size_t count)
{
    struct error error = {0};
    struct role_differences differences;
    people_must(role_follow(people.connection, people.arena, &people.ann, roles, count,
                            &differences, &error),
                &error);
    return differences.given_count + differences.taken_count > 0;
}

void test_directory__roles_follow_and_those_by_hand_stay(void **state)
{
    (void)state;
    people_open(&people);
    struct uuid by_hand = people_give(&people, &people.ann, "salesperson");
    const struct uuid roles[] = {by_hand, people.root, people.unit, people.root};
    assert_true(follow(roles, 4));
    assert_int_equal(count_roles(&people.ann, true), 1);
    assert_int_equal(count_roles(&people.ann, false), 2);
    assert_false(follow(roles, 4));
    assert_true(follow(roles, 2));
    assert_int_equal(count_roles(&people.ann, false), 1);
    assert_true(follow(roles, 0));
    assert_int_equal(count_roles(&people.ann, true), 1);
    assert_int_equal(count_roles(&people.ann, false), 0);
    people_close(&people);
}

void test_directory__a_user_is_one_entry(void **state)
{
    const struct directory_link link = {.directory_id = "id-1", .found_on = 1000};
    const struct directory_link other = {.directory_id = "id-2", .found_on = 1000};
    struct directory_link read = {0};
    struct error error = {0};
    struct uuid found;
    bool is_found = true;
    (void)state;
    people_open(&people);
    struct connection *connection = people.connection;
    struct arena *arena = people.arena;
    people_must(directory_link_add(connection, arena, &people.ann, &link, &error), &error);
    assert_false(directory_link_add(connection, arena, &people.bob, &link, &error));
    assert_int_equal(error.code, ERROR_DATABASE_UNIQUE);
    error_clear(&error);
    assert_false(directory_link_add(connection, arena, &people.ann, &other, &error));
    assert_int_equal(error.code, ERROR_DATABASE_UNIQUE);
    error_clear(&error);
    people_must(directory_link_find_user(connection, arena, "id-2", &found, &is_found, &error),
                &error);
    assert_false(is_found);
    people_must(directory_link_note(connection, arena, &people.ann, 2000, &error), &error);
    people_must(directory_link_read(connection, arena, &people.ann, &read, &error), &error);
    assert_string_equal(read.directory_id, "id-1");
    assert_int_equal(read.found_on, 2000);
    people_must(directory_link_remove(connection, arena, &people.ann, &error), &error);
    people_must(directory_link_read(connection, arena, &people.ann, &read, &error), &error);
    assert_null(read.directory_id);
    people_close(&people);
}

void test_directory__rules_give_the_roles_of_groups(void **state)
{
    static const char *const groups[] = {"cn=sales,dc=x"};
    const struct uuid *roles = NULL;
    struct error error = {0};
    size_t count = 0;
    (void)state;
    people_open(&people);
    const struct directory_rule sales = {
        .key = "cn=sales,dc=x", .name = "CN=Sales,DC=x", .role_id = people.root};
    const struct directory_rule cooks = {.key = "cooks", .name = "Cooks", .role_id = people.unit};
    people_must(directory_rule_add(people.connection, people.arena, &sales, &error), &error);
    people_must(directory_rule_add(people.connection, people.arena, &sales, &error), &error);
    people_must(directory_rule_add(people.connection, people.arena, &cooks, &error), &error);
    people_must(directory_rule_roles(people.connection, people.arena, person_in(groups, 1), &roles,
                                     &count, &error),
                &error);
    assert_int_equal(count, 1);
    assert_true(uuid_is_equal(&roles[0], &people.root));
    people_must(directory_rule_remove(people.connection, people.arena, &sales, &error), &error);
    people_must(directory_rule_roles(people.connection, people.arena, person_in(groups, 1), &roles,
                                     &count, &error),
                &error);
    assert_int_equal(count, 0);
    people_close(&people);
}

static void refuse_settings(struct settings_directory settings, const char *sentence)
{
    struct directory *directory = NULL;
    struct error error = {0};
    assert_false(
        directory_create(&settings, people.house.platform.text_rules, 1, &directory, &error));
    assert_int_equal(error.code, ERROR_SETTING_INVALID);
    assert_non_null(strstr(error.message, sentence));
}

void test_directory__settings_that_cannot_work_are_refused(void **state)
{
    (void)state;
    people_open(&people);
    struct settings_directory good = people.house.settings.directory;
    good.url = "ldaps://localhost";
    good.base = "dc=x";
    struct settings_directory bad = good;
    bad.url = "ldapi://%2ftmp";
    refuse_settings(bad, "url");
    bad = good;
    bad.filter = "(uid=ann)";
    refuse_settings(bad, "filter");
    bad = good;
    bad.user_dn = "{name}@example.com"; /* could name another entry than the filter finds */
    refuse_settings(bad, "user_dn");
    bad = good;
    bad.bind_dn = "cn=reader,dc=x";
    refuse_settings(bad, "password_file");
    bad = good;
    bad.base = "";
    refuse_settings(bad, "base");
    people_close(&people);
}
