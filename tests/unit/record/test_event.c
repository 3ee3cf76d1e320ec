/*
 * test_event.c - what happens to security: noted by whoever did it, counted so that no stranger
 * fills the disk, told in the history of records, swept.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "change/entry.h"
#include "change/event.h"
#include "change/history.h"
#include "change/security_log.h"
#include "change/tables.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "record/house.h"
#include "security/identity.h"

enum { MANY = 5000, HOUR = 60 * 60 * 1000 };

static struct test_platform house;

/* ---- short ways ---- */

static void select_kinds(bool is_wanted[EVENT_KIND_COUNT], const char *kinds)
{
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        is_wanted[kind] = kinds == NULL || strstr(kinds, event_name((enum event_kind)kind)) != NULL;
    }
}

/* Events of the kinds (NULL: all), oldest first. */
static struct event_entry *read_events(struct call *call, const char *kinds, size_t *count_out)
{
    bool is_wanted[EVENT_KIND_COUNT];
    const struct event_filter filter = {
        .from = INT64_MIN, .until = INT64_MAX, .is_wanted = is_wanted, .limit = MANY};
    struct event_entry *entries = NULL;
    struct error error = {0};
    select_kinds(is_wanted, kinds);
    house_must(event_select(call, &filter, &entries, count_out, &error), &error);
    return entries;
}

static int64_t sum_of(struct call *call, const char *kinds, size_t *rows_out)
{
    int64_t sum = 0;
    const struct event_entry *entries = read_events(call, kinds, rows_out);
    for (size_t index = 0; index < *rows_out; index++) {
        sum += entries[index].count;
    }
    return sum;
}

static void note(struct call *call, enum entry_sort sort, const struct uuid *user)
{
    static const struct uuid nobody;
    const struct entry entry = {.sort = sort,
                                .user_id = user == NULL ? nobody : *user,
                                .way = "login",
                                .reason = sort == ENTRY_REFUSED ? "CREDENTIALS_INVALID" : NULL};
    struct error error = {0};
    house_must(entry_note(call, &entry, &error), &error);
}

/* A platform that remembers entries, and a call at the beginning of an hour. */
static struct call *begin_hour(void)
{
    house_open(&house);
    house.platform.entries = entry_memory_create();
    struct call *call = house_begin(&house);
    call->now = (call->now / HOUR + 1) * HOUR;
    call->peer_address = "192.0.2.1";
    return call;
}

static void end_hour(struct call **call)
{
    house_undo(call);
    entry_memory_destroy(&house.platform.entries);
    test_platform_close(&house);
}

/* ---- entries ---- */

void test_entry__refusals_of_a_minute_are_one_row(void **state)
{
    size_t rows = 0;
    (void)state;
    struct call *call = begin_hour();
    for (int index = 0; index < 37; index++) {
        note(call, ENTRY_REFUSED, &call->identity->user_id);
    }
    assert_int_equal(sum_of(call, "loginRefused", &rows), 37);
    assert_int_equal(rows, 1);
    call->peer_address = "192.0.2.2"; /* from elsewhere */
    note(call, ENTRY_REFUSED, &call->identity->user_id);
    note(call, ENTRY_REFUSED, NULL); /* at a name that nobody has */
    call->now += 60 * 1000;          /* in another minute */
    note(call, ENTRY_REFUSED, NULL);
    const struct event_entry *entries = read_events(call, "loginRefused", &rows);
    assert_int_equal(rows, 4);
    assert_string_equal(entries[0].address, "192.0.2.1");
    assert_string_equal(entries[1].address, "192.0.2.2");
    assert_true(uuid_is_equal(&entries[1].event.about.id, &call->identity->user_id));
    assert_null(entries[2].event.about.entity);
    assert_string_equal(entries[2].event.reason, "CREDENTIALS_INVALID");
    end_hour(&call);
}

/* However many addresses an attacker has, and whatever names he tries. */
void test_entry__a_flood_of_refusals_is_counted_together(void **state)
{
    enum { FLOOD = 1500, KEPT_APART = 1000 };
    size_t rows = 0;
    (void)state;
    struct call *call = begin_hour();
    for (int index = 0; index < FLOOD; index++) {
        struct uuid user = call_new_id(call);
        call->peer_address = arena_format(call->arena, "2001:db8::%x", index);
        note(call, ENTRY_REFUSED, &user);
    }
    const struct event_entry *entries = read_events(call, "loginRefused", &rows);
    assert_int_equal(rows, KEPT_APART + 1);
    assert_null(entries[KEPT_APART].address);
    assert_null(entries[KEPT_APART].event.about.entity);
    assert_int_equal(entries[KEPT_APART].count, FLOOD - KEPT_APART);
    end_hour(&call);
}

void test_entry__a_program_that_logs_in_all_the_time_makes_few_rows(void **state)
{
    size_t rows = 0;
    (void)state;
    struct call *call = begin_hour();
    const struct uuid *user = &call->identity->user_id;
    call->application = "ERP";
    for (int index = 0; index < 500; index++) {
        note(call, ENTRY_SESSION, user);
    }
    assert_int_equal(sum_of(call, "login", &rows), 500);
    assert_int_equal(rows, 10);
    call->peer_address = "198.51.100.7"; /* a stranger with the same password is not lost in that */
    note(call, ENTRY_SESSION, user);
    const struct event_entry *entries = read_events(call, "login", &rows);
    assert_int_equal(rows, 11);
    assert_string_equal(entries[10].address, "198.51.100.7");
    call->now += HOUR;
    note(call, ENTRY_SESSION, user);
    (void)read_events(call, "login", &rows);
    assert_int_equal(rows, 12);
    end_hour(&call);
}

void test_entry__a_user_of_many_names_makes_few_rows(void **state)
{
    size_t rows = 0;
    (void)state;
    struct call *call = begin_hour();
    for (int index = 0; index < 300; index++) {
        call->application = arena_format(call->arena, "program %d", index);
        note(call, ENTRY_SESSION, &call->identity->user_id);
    }
    assert_int_equal(sum_of(call, "login", &rows), 300);
    assert_int_equal(rows, 101);
    end_hour(&call);
}

void test_entry__of_requests_the_first_of_an_hour_is_noted(void **state)
{
    size_t rows = 0;
    (void)state;
    struct call *call = begin_hour();
    for (int index = 0; index < 50; index++) {
        note(call, ENTRY_REQUEST, &call->identity->user_id);
    }
    call->application = "another";
    note(call, ENTRY_REQUEST, &call->identity->user_id);
    assert_int_equal(sum_of(call, "login", &rows), 2);
    end_hour(&call);
}

/* What was undone is noted when it comes again, and so is what was swept. */
void test_entry__is_written_again_where_its_row_is_gone(void **state)
{
    struct error error = {0};
    size_t rows = 0;
    (void)state;
    struct call *call = begin_hour();
    struct uuid user = call->identity->user_id;
    house_must(connection_savepoint(call->connection, &error), &error);
    note(call, ENTRY_REFUSED, &user);
    house_must(connection_savepoint_undo(call->connection, &error), &error);
    note(call, ENTRY_REFUSED, &user);
    note(call, ENTRY_REFUSED, &user);
    assert_int_equal(sum_of(call, "loginRefused", &rows), 2);
    end_hour(&call);
}

/* It was a year ahead for a moment. */
void test_entry__a_clock_that_was_set_back_begins_anew(void **state)
{
    enum { FLOOD = 1001, DAYS = 365 };
    size_t rows = 0;
    (void)state;
    struct call *call = begin_hour();
    int64_t now = call->now;
    call->now += (int64_t)DAYS * 24 * HOUR;
    for (int index = 0; index < FLOOD; index++) {
        call->peer_address = arena_format(call->arena, "2001:db8::%x", index);
        note(call, ENTRY_REFUSED, NULL);
    }
    call->now = now;
    call->peer_address = "192.0.2.1";
    note(call, ENTRY_REFUSED, NULL);
    const struct event_entry *entries = read_events(call, "loginRefused", &rows);
    assert_int_equal(rows, FLOOD + 1);
    assert_non_null(entries[FLOOD].address);
    end_hour(&call);
}

struct knocker {
    pthread_t thread;
    int64_t now;
};

static void *knock(void *context)
{
    const struct knocker *knocker = context;
    struct call *call = test_call_begin(&house);
    call->now = knocker->now;
    for (int index = 0; index < 20; index++) {
        note(call, ENTRY_REFUSED, NULL);
    }
    test_call_end(&call);
    return NULL;
}

void test_entry__many_who_are_refused_at_once_are_all_counted(void **state)
{
    enum { KNOCKERS = 3 };
    struct knocker knockers[KNOCKERS];
    size_t rows = 0;
    (void)state;
    house_open(&house);
    house.platform.entries = entry_memory_create();
    for (int index = 0; index < KNOCKERS; index++) {
        knockers[index].now = (time_now() / HOUR + 1) * HOUR;
        assert_int_equal(pthread_create(&knockers[index].thread, NULL, knock, &knockers[index]), 0);
    }
    for (int index = 0; index < KNOCKERS; index++) {
        pthread_join(knockers[index].thread, NULL);
    }
    struct call *call = house_begin(&house);
    assert_int_equal(sum_of(call, "loginRefused", &rows), KNOCKERS * 20);
    end_hour(&call);
}

/* ---- ordinary writes ---- */

static const char *told(struct call *call, const struct event_entry *entry)
{
    struct array references;
    size_t count = 0;
    array_init(&references, call->arena);
    const struct event_detail *details = event_details(call, entry, NULL, &references, &count);
    const char *text = event_name(entry->event.kind);
    for (size_t index = 0; index < count; index++) {
        const struct event_detail *detail = &details[index];
        bool is_record = detail->old_reference != NULL || detail->new_reference != NULL;
        text = arena_format(call->arena, "%s %s:%s>%s", text, detail->name,
                            detail->old_value == NULL ? "-"
                            : is_record               ? "id"
                                                      : detail->old_value,
                            detail->new_value == NULL ? "-"
                            : is_record               ? "id"
                                                      : detail->new_value);
    }
    return text;
}

static void expect_last(struct call *call, const char *expected)
{
    size_t count = 0;
    const struct event_entry *entries = read_events(call, NULL, &count);
    assert_true(count > 0);
    assert_string_equal(told(call, &entries[count - 1]), expected);
}

static void switch_user(struct call *call, const struct uuid *id, const char *is_disabled)
{
    (void)house_update(call, house_record(call, "SystemUser", "isDisabled", is_disabled, NULL), id);
}

void test_event__writes_of_users_and_units_are_noted(void **state)
{
    static const char *const none[] = {NULL};
    struct error error = {0};
    size_t before = 0, after = 0;
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid unit = house_create(call, house_record(call, "BusinessUnit", "name", "East", NULL));
    struct uuid ann = house_make_user(call, "ann", NULL, none);
    struct uuid bob = house_make_user(call, "bob", NULL, none);
    expect_last(call, "created");
    switch_user(call, &ann, "true");
    expect_last(call, "disabled isDisabled:false>true");
    (void)read_events(call, NULL, &before);
    switch_user(call, &ann, "true"); /* as it is already */
    (void)house_update(call, house_record(call, "SystemUser", "lastName", "Ann", NULL), &ann);
    (void)read_events(call, NULL, &after);
    assert_int_equal(before, after);
    switch_user(call, &ann, "false");
    expect_last(call, "enabled isDisabled:true>false");
    struct record *moved = house_record(call, "SystemUser", NULL);
    house_refer(moved, "businessUnit", "BusinessUnit", &unit);
    (void)house_update(call, moved, &ann);
    expect_last(call, "moved businessUnit:id>id");
    struct record *managed = house_record(call, "SystemUser", NULL);
    house_refer(managed, "manager", "SystemUser", &bob);
    (void)house_update(call, managed, &ann);
    expect_last(call, "managerChanged manager:->id");
    (void)house_update(call, house_record(call, "SystemUser", "userName", "anna", NULL), &ann);
    expect_last(call, "renamed userName:ann>anna");
    (void)house_update(call, house_record(call, "BusinessUnit", "isDisabled", "true", NULL), &unit);
    expect_last(call, "disabled isDisabled:false>true");
    house_must(record_delete(call, catalog_find_entity(call->catalog, "SystemUser"), &ann, &error),
               &error);
    size_t count = 0;
    const struct event_entry *entries = read_events(call, "deleted", &count);
    assert_int_equal(count, 1);
    assert_non_null(strstr(told(call, &entries[0]), "deleted"));
    assert_true(uuid_is_equal(&entries[0].user_id, &call->identity->user_id));
    house_undo(&call);
    test_platform_close(&house);
}

void test_event__what_was_undone_left_no_trace(void **state)
{
    size_t before = 0, after = 0;
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    (void)read_events(call, NULL, &before);
    (void)house_create(call, house_record(call, "BusinessUnit", "name", "East", NULL));
    house_undo(&call);
    call = house_begin(&house);
    (void)read_events(call, NULL, &after);
    assert_int_equal(before, after);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- history ---- */

/* The kinds of a whole history, read in pages of so many. */
static const char *history_of(struct call *call, const struct uuid *id, bool is_oldest_first,
                              int64_t limit)
{
    struct history_request request = {.entity = catalog_find_entity(call->catalog, "Role"),
                                      .id = *id,
                                      .is_oldest_first = is_oldest_first,
                                      .limit = limit};
    struct history_page page = {.next_cookie = NULL};
    struct error error = {0};
    const char *text = "";
    do {
        request.cookie = page.next_cookie;
        house_must(history_read(call, &request, &page, &error), &error);
        assert_true(page.count <= (size_t)limit);
        for (size_t index = 0; index < page.count; index++) {
            text = arena_format(call->arena, "%s %s", text, page.changes[index].kind);
        }
    } while (page.next_cookie != NULL);
    return text;
}

void test_event__stands_between_the_changes_by_its_time(void **state)
{
    /* In whatever pages, each once; of one moment, changes before events. */
    static const char forward[] = " created privilegesChanged updated roleGiven updated roleTaken "
                                  "updated roleGiven";
    static const char backward[] = " roleGiven updated roleTaken updated roleGiven updated "
                                   "privilegesChanged created";
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    const struct uuid user = call->identity->user_id;
    struct uuid role = house_create(call, house_record(call, "Role", "name", "R0", NULL));
    static const struct step {
        const char *name; /* of the role from there on; NULL: an event */
        enum event_kind kind;
    } steps[] = {
        {NULL, EVENT_PRIVILEGES_CHANGED}, {"R1", 0}, {NULL, EVENT_ROLE_GIVEN},
        {NULL, EVENT_ROLE_TAKEN},         {"R2", 0}, {"R3", 0},
        {NULL, EVENT_ROLE_GIVEN},
    };
    for (size_t index = 0; index < sizeof(steps) / sizeof(steps[0]); index++) {
        call->now += index % 2; /* some at the same moment */
        if (steps[index].name != NULL) {
            (void)house_update(call, house_record(call, "Role", "name", steps[index].name, NULL),
                               &role);
        } else if (steps[index].kind == EVENT_PRIVILEGES_CHANGED) {
            house_must(event_note_of(call, steps[index].kind, "Role", &role, &error), &error);
        } else {
            house_must(event_note_pair(call, steps[index].kind, "SystemUser", &user, "Role", &role,
                                       &error),
                       &error);
        }
    }
    for (int64_t limit = 1; limit <= 9; limit++) {
        assert_string_equal(history_of(call, &role, true, limit), forward);
        assert_string_equal(history_of(call, &role, false, limit), backward);
    }
    house_undo(&call);
    test_platform_close(&house);
}

void test_event__is_no_part_of_a_history_for_everybody(void **state)
{
    static const char *const words[] = {"Role read organization", NULL};
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid role = house_create(call, house_record(call, "Role", "name", "R0", NULL));
    house_must(event_note_of(call, EVENT_PRIVILEGES_CHANGED, "Role", &role, &error), &error);
    struct uuid ann = house_make_user(call, "ann", NULL, words);
    assert_string_equal(history_of(call, &role, true, MANY), " created privilegesChanged");
    house_become(call, &ann);
    assert_string_equal(history_of(call, &role, true, MANY), " created");
    house_undo(&call);
    test_platform_close(&house);
}

/* Clients choose ids, and may choose that of a record of another entity. */
void test_event__is_no_part_of_the_history_of_what_has_the_same_id(void **state)
{
    struct error error = {0};
    static const char *const nothing[] = {NULL};
    char id[UUID_TEXT_SIZE];
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid ann = house_make_user(call, "ann", NULL, nothing);
    uuid_format(&ann, id);
    struct uuid role = house_create(call, house_record(call, "Role", "id", id, "name", "R0", NULL));
    assert_true(uuid_is_equal(&role, &ann));
    house_must(event_note_of(call, EVENT_PASSWORD_SET, "SystemUser", &ann, &error), &error);
    house_must(event_note_pair(call, EVENT_MEMBER_ADDED, "Team", &call->identity->user_id,
                               "SystemUser", &ann, &error),
               &error);
    assert_string_equal(history_of(call, &role, true, MANY), " created");
    house_undo(&call);
    test_platform_close(&house);
}

/* Events are kept longer than changes, if the settings say so. */
void test_event__of_a_former_record_is_no_part_of_a_history_that_was_swept(void **state)
{
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    int64_t now = call->now;
    struct uuid role = house_create(call, house_record(call, "Role", "name", "R0", NULL));
    call->now = now - HOUR;
    house_must(event_note_of(call, EVENT_PRIVILEGES_CHANGED, "Role", &role, &error), &error);
    call->now = now;
    house_must(event_note_of(call, EVENT_PRIVILEGES_CHANGED, "Role", &role, &error), &error);
    const struct row_condition of_role = {"record_id", ROW_IS, cell_uuid(&role)};
    house_must(row_delete(call->connection, call->arena, &change_table, &of_role, 1, NULL, &error),
               &error);
    assert_string_equal(history_of(call, &role, true, MANY), " privilegesChanged");
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- sweeping ---- */

void test_event__is_swept_when_it_is_old(void **state)
{
    enum { OLD = 1500 };
    struct error error = {0};
    int64_t swept = 0, all = 0;
    size_t left = 0;
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    const struct uuid user = call->identity->user_id;
    int64_t now = call->now;
    for (int index = 0; index < OLD; index++) {
        call->now = now - HOUR + index;
        house_must(event_note_of(call, EVENT_LOGOUT, "SystemUser", &user, &error), &error);
    }
    call->now = now + HOUR;
    house_must(event_note_of(call, EVENT_LOGOUT, "SystemUser", &user, &error), &error);
    do {
        house_must(event_sweep(call->connection, call->arena, now - HOUR + OLD, &swept, &error),
                   &error);
        all += swept;
    } while (swept > 0);
    assert_int_equal(all, OLD);
    (void)read_events(call, "logout", &left);
    assert_int_equal(left, 1);
    house_undo(&call);
    test_platform_close(&house);
}
