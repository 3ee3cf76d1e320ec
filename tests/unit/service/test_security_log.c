/*
 * test_security_log.c - who came in or was refused, who changed who may what: noted by the
 * operations, told to whom it concerns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/time.h"
#include "change/entry.h"
#include "change/tables.h"
#include "crypto/password.h"
#include "database/row.h"
#include "database/table.h"
#include "generated/messages.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "security/credential.h"
#include "support/office.h"

enum { MOST = 1000, HOUR = 60 * 60 * 1000 };

static struct office office;
static int64_t now;

/* All within one minute, however long the test takes. */
static int64_t held_clock(void)
{
    return now;
}

static void open_office(void)
{
    office_open(&office);
    office.house.platform.entries = entry_memory_create();
    now = time_now() / HOUR * HOUR + HOUR;
    office.house.platform.now = held_clock;
}

static void close_office(void)
{
    entry_memory_destroy(&office.house.platform.entries);
    office_close(&office);
}

/* ---- short ways ---- */

static void become(const char *name)
{
    office.credentials = (struct credentials){.basic_name = name, .basic_password = PASSWORD};
}

static enum error_code try_login(const char *name, const char *password)
{
    const struct login_request request = {
        .user_name = name, .password = password, .application = "a client"};
    return office_try(&office, "Session", "Login", &request) != NULL ? ERROR_NONE
                                                                     : office.error.code;
}

static struct reference *refer(const char *entity, const struct uuid *id)
{
    struct reference *reference = arena_allocate(office.arena, sizeof(*reference));
    reference->entity = catalog_find_entity(office.house.platform.catalog, entity);
    reference->id = *id;
    return reference;
}

static const struct security_log *read_log(const struct retrieve_security_log_request *request)
{
    const struct retrieve_security_log_response *response =
        office_run(&office, "Security", "RetrieveSecurityLog", request);
    return response->log;
}

/* What happened to a record (NULL: to any), of these kinds (NULL: all); the newest first. */
static const struct security_log *log_of(const struct reference *record, const char *kinds)
{
    const struct retrieve_security_log_request request = {
        .record = (struct reference *)record,
        .kinds = kinds == NULL ? (struct message_list){.is_set = false}
                               : office_list(&office, kinds, NULL),
        .limit = {.is_set = true, .value = MOST},
    };
    return read_log(&request);
}

static const struct security_event *event_at(const struct security_log *log, size_t index)
{
    assert_true(index < log->events.count);
    return log->events.items[index];
}

static const char *name_or_id(const char *value, const struct reference *reference)
{
    return reference != NULL && reference->name != NULL ? reference->name
           : value == NULL                              ? "-"
                                                        : value;
}

/* "roleGiven admin Sales x:a>b": kind, whom it was about, the other, what changed. */
static const char *told(const struct security_event *event)
{
    const char *text = event->kind;
    if (event->record != NULL) {
        text = arena_format(office.arena, "%s %s", text, name_or_id("?", event->record));
    }
    if (event->other != NULL) {
        text = arena_format(office.arena, "%s %s", text, name_or_id("?", event->other));
    }
    for (size_t index = 0; index < event->changes.count; index++) {
        const struct field_change *change = event->changes.items[index];
        text = arena_format(office.arena, "%s %s:%s>%s", text, change->field,
                            name_or_id(change->old_value, change->old_reference),
                            name_or_id(change->new_value, change->new_reference));
    }
    return text;
}

static void expect_last(const char *expected)
{
    assert_string_equal(told(event_at(log_of(NULL, NULL), 0)), expected);
}

static size_t count_events(void)
{
    return log_of(NULL, NULL)->events.count;
}

static struct uuid create(const char *entity, const char *field, const char *text)
{
    const struct create_entity_request request = {.record =
                                                      office_record(&office, entity, field, text)};
    const struct create_entity_response *response =
        office_run(&office, entity, arena_format(office.arena, "Create%s", entity), &request);
    return response->result->id.value;
}

static struct message_uuid uuid_of(const struct uuid *id)
{
    return (struct message_uuid){.is_set = true, .value = *id};
}

static struct uuid find_role(const char *template)
{
    struct call *call = test_call_begin(&office.house);
    const struct entity *role = catalog_find_entity(call->catalog, "Role");
    const char *const columns[] = {role->id->column};
    const struct row_condition by_name = {entity_find_field(role, "templateName")->column, ROW_IS,
                                          cell_text(template)};
    const struct table *table = NULL;
    for (size_t index = 0; index < call->catalog->table_count; index++) {
        table = strcmp(call->catalog->tables[index]->name, role->table) == 0
                    ? call->catalog->tables[index]
                    : table;
    }
    const struct row_query query = {.table = table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &by_name,
                                    .condition_count = 1};
    struct error error = {0};
    struct row_set rows;
    assert_true(row_select(call->connection, call->arena, &query, &rows, &error));
    assert_int_equal(rows.count, 1);
    struct uuid id = row_cell(&rows, 0, 0)->uuid;
    test_call_end(&call);
    return id;
}

/* ---- coming in ---- */

void test_security_log__tells_who_came_in(void **state)
{
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    assert_int_equal(try_login("ann", PASSWORD), ERROR_NONE);
    const struct security_log *log = log_of(refer("SystemUser", &ann), "login");
    assert_int_equal(log->events.count, 1);
    const struct security_event *event = event_at(log, 0);
    assert_string_equal(event->way, "login");
    assert_string_equal(event->application, "a client");
    assert_true(event->session_id.is_set);
    assert_true(uuid_is_equal(&event->done_by->id, &ann));
    assert_string_equal(event->record->name, "ann");
    assert_int_equal(event->happened_on.value, now);
    /* The administrator himself came by Basic, many times by now: that is told once. */
    log = log_of(NULL, "login");
    assert_int_equal(log->events.count, 2);
    assert_string_equal(event_at(log, 1)->way, "basic");
    assert_string_equal(event_at(log, 1)->record->name, ADMINISTRATOR);
    close_office();
}

void test_security_log__tells_who_was_refused(void **state)
{
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    for (int index = 0; index < 3; index++) {
        assert_int_equal(try_login("ANN", "a guess"), ERROR_CREDENTIALS_INVALID);
    }
    const struct security_log *log = log_of(NULL, "loginRefused");
    assert_int_equal(log->events.count, 1);
    const struct security_event *event = event_at(log, 0);
    assert_int_equal(event->count.value, 3);
    assert_true(uuid_is_equal(&event->record->id, &ann));
    assert_null(event->done_by);
    assert_string_equal(event->reason, "CREDENTIALS_INVALID");
    assert_string_equal(event->way, "login");
    become("ann");
    office.credentials.basic_password = "a guess";
    office_expect(&office, office_try(&office, "Session", "WhoAmI", NULL),
                  ERROR_CREDENTIALS_INVALID);
    become(ADMINISTRATOR);
    log = log_of(refer("SystemUser", &ann), "loginRefused");
    assert_int_equal(log->events.count, 2);
    assert_string_equal(event_at(log, 0)->way, "basic");
    close_office();
}

/* Nothing was compared, so it cost nobody anything, and must not cost a write each time. */
void test_security_log__what_is_refused_unasked_is_noted_once(void **state)
{
    static char endless[PASSWORD_BYTES_MAX + 2];
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    memset(endless, 'x', sizeof(endless) - 1);
    for (int index = 0; index < 20; index++) {
        assert_int_equal(try_login("ann", endless), ERROR_CREDENTIALS_INVALID);
    }
    const struct security_log *log = log_of(refer("SystemUser", &ann), "loginRefused");
    assert_int_equal(log->events.count, 1);
    assert_int_equal(event_at(log, 0)->count.value, 1);
    close_office();
}

/* Every text of every row. */
static void expect_nowhere(const char *secret)
{
    struct call *call = test_call_begin(&office.house);
    const char *columns[64];
    size_t count = 0;
    for (size_t index = 0; index < event_table.column_count; index++) {
        if (event_table.columns[index].type == COLUMN_TEXT) {
            columns[count++] = event_table.columns[index].name;
        }
    }
    const struct row_query query = {
        .table = &event_table, .columns = columns, .column_count = count};
    struct error error = {0};
    struct row_set rows;
    assert_true(row_select(call->connection, call->arena, &query, &rows, &error));
    assert_true(rows.count > 0);
    for (size_t row = 0; row < rows.count; row++) {
        for (size_t column = 0; column < count; column++) {
            const struct cell *cell = row_cell(&rows, row, column);
            assert_true(cell->is_null || strstr(cell->text, secret) == NULL);
        }
    }
    test_call_end(&call);
}

void test_security_log__has_no_secret(void **state)
{
    static const char secret[] = "Tr0ub4dor&3";
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    assert_int_equal(try_login(secret, "typed into the wrong field"), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(try_login("ann", secret), ERROR_CREDENTIALS_INVALID);
    const struct set_user_password_request set = {.user_id = uuid_of(&ann), .password = secret};
    (void)office_run(&office, "Security", "SetUserPassword", &set);
    expect_last("passwordSet ann");
    assert_int_equal(try_login("ann", secret), ERROR_NONE);
    const struct change_password_request change = {.old_password = PASSWORD,
                                                   .new_password = secret};
    (void)office_run(&office, "Session", "ChangePassword", &change);
    office.credentials.basic_password = secret;
    expect_last("passwordChanged " ADMINISTRATOR);
    const struct security_log *log = log_of(NULL, "loginRefused");
    assert_int_equal(log->events.count, 2);
    assert_null(event_at(log, 1)->record); /* nobody has that name */
    expect_nowhere(secret);
    close_office();
}

void test_security_log__tells_of_an_account_that_was_shut(void **state)
{
    const struct credential_options strict = {
        .text_rules = NULL, .minimum_length = 8, .delay_after = 50, .attempts = 4, .lock = HOUR};
    struct credential_options options = strict;
    (void)state;
    open_office();
    options.text_rules = office.house.platform.text_rules;
    options.seal_key = office.house.platform.seal_key;
    credential_cache_change(office.house.platform.credentials, &options);
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    for (int index = 0; index < 4; index++) {
        assert_int_equal(try_login("ann", "a guess"), ERROR_CREDENTIALS_INVALID);
    }
    assert_int_equal(try_login("ann", PASSWORD), ERROR_TOO_MANY_ATTEMPTS);
    assert_int_equal(try_login("ann", PASSWORD), ERROR_TOO_MANY_ATTEMPTS);
    const struct security_log *log = log_of(refer("SystemUser", &ann), NULL);
    assert_string_equal(event_at(log, 0)->kind, "loginRefused");
    assert_string_equal(event_at(log, 0)->reason, "TOO_MANY_ATTEMPTS");
    assert_string_equal(event_at(log, 1)->kind, "accountLocked");
    assert_int_equal(event_at(log, 2)->count.value, 4);
    close_office();
}

void test_security_log__tells_how_sessions_ended(void **state)
{
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    const struct login_request request = {.user_name = "ann", .password = PASSWORD};
    const struct login_response *first = office_run(&office, "Session", "Login", &request);
    const struct login_response *second = office_run(&office, "Session", "Login", &request);
    office.credentials = (struct credentials){.token = first->result->token};
    (void)office_run(&office, "Session", "Logout", NULL);
    become(ADMINISTRATOR);
    const struct security_log *log = log_of(refer("SystemUser", &ann), "logout");
    assert_int_equal(log->events.count, 1);
    const struct security_event *logout = event_at(log, 0);
    const struct revoke_user_sessions_request revoke = {.user_id = uuid_of(&ann)};
    (void)office_run(&office, "Security", "RevokeUserSessions", &revoke);
    expect_last("sessionsEnded ann");
    size_t before = count_events();
    (void)office_run(&office, "Security", "RevokeUserSessions", &revoke); /* there was none */
    assert_int_equal(count_events(), before);
    log = log_of(refer("SystemUser", &ann), "login");
    assert_int_equal(log->events.count, 2);
    assert_true(uuid_is_equal(&event_at(log, 1)->session_id.value, &logout->session_id.value));
    assert_non_null(second->result->token);
    close_office();
}

/* ---- who may what ---- */

void test_security_log__tells_what_roles_allow_and_who_has_them(void **state)
{
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    struct uuid role = create("Role", "name", "Clerk");
    expect_last("created Clerk");
    struct privilege read = {.entity = "Account", .right = "read", .depth = "unit"};
    struct privilege write = {.entity = "Account", .right = "write", .depth = "user"};
    void *privileges[] = {&read, &write};
    const struct set_role_privileges_request set = {
        .role_id = uuid_of(&role),
        .privileges = {.is_set = true, .count = 2, .items = privileges},
        .tasks = office_list(&office, "export", NULL),
    };
    (void)office_run(&office, "Security", "SetRolePrivileges", &set);
    expect_last("privilegesChanged Clerk Account.read:->unit Account.write:->user "
                "task.export:->allowed");
    size_t before = count_events();
    (void)office_run(&office, "Security", "SetRolePrivileges", &set); /* as it is */
    assert_int_equal(count_events(), before);
    struct set_role_privileges_request less = set;
    read.depth = "organization";
    less.privileges.count = 1;
    less.tasks = (struct message_list){.is_set = false};
    (void)office_run(&office, "Security", "SetRolePrivileges", &less);
    expect_last("privilegesChanged Clerk Account.read:unit>organization Account.write:user>- "
                "task.export:allowed>-");

    const struct add_user_role_request add = {.user_id = uuid_of(&ann), .role_id = uuid_of(&role)};
    (void)office_run(&office, "Security", "AddUserRole", &add);
    expect_last("roleGiven ann Clerk");
    before = count_events();
    (void)office_run(&office, "Security", "AddUserRole", &add);
    assert_int_equal(count_events(), before);
    const struct remove_user_role_request remove = {.user_id = uuid_of(&ann),
                                                    .role_id = uuid_of(&role)};
    (void)office_run(&office, "Security", "RemoveUserRole", &remove);
    expect_last("roleTaken ann Clerk");
    before = count_events();
    (void)office_run(&office, "Security", "RemoveUserRole", &remove);
    assert_int_equal(count_events(), before);
    /* Seen from the role: who got it. */
    assert_int_equal(log_of(refer("Role", &role), "roleGiven")->events.count, 1);
    close_office();
}

void test_security_log__tells_of_teams_and_profiles(void **state)
{
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    struct uuid team = create("Team", "name", "East");
    struct uuid profile = create("FieldSecurityProfile", "name", "Finance");
    struct uuid role = find_role("salesperson");
    char text[UUID_TEXT_SIZE];
    uuid_format(&ann, text);
    const struct add_team_members_request members = {.team_id = uuid_of(&team),
                                                     .user_ids = office_list(&office, text, NULL)};
    (void)office_run(&office, "Security", "AddTeamMembers", &members);
    expect_last("memberAdded East ann");
    const struct remove_team_members_request without = {
        .team_id = uuid_of(&team), .user_ids = office_list(&office, text, NULL)};
    (void)office_run(&office, "Security", "RemoveTeamMembers", &without);
    expect_last("memberRemoved East ann");
    size_t before = count_events();
    (void)office_run(&office, "Security", "RemoveTeamMembers", &without);
    assert_int_equal(count_events(), before);
    const struct add_team_role_request add = {.team_id = uuid_of(&team), .role_id = uuid_of(&role)};
    (void)office_run(&office, "Security", "AddTeamRole", &add);
    assert_string_equal(event_at(log_of(NULL, NULL), 0)->kind, "roleGiven");
    const struct add_principal_profile_request give = {.principal = refer("SystemUser", &ann),
                                                       .profile_id = uuid_of(&profile)};
    (void)office_run(&office, "Security", "AddPrincipalProfile", &give);
    expect_last("profileGiven ann Finance");
    before = count_events();
    (void)office_run(&office, "Security", "AddPrincipalProfile", &give);
    assert_int_equal(count_events(), before);
    const struct remove_principal_profile_request take = {.principal = refer("SystemUser", &ann),
                                                          .profile_id = uuid_of(&profile)};
    (void)office_run(&office, "Security", "RemovePrincipalProfile", &take);
    expect_last("profileTaken ann Finance");
    close_office();
}

void test_security_log__tells_of_programs_and_groups(void **state)
{
    (void)state;
    open_office();
    struct record *program = office_record(&office, "SystemUser", "userName", "erp");
    office_set(&office, program, "lastName", "ERP");
    office_set(&office, program, "isApplication", "true");
    const struct create_entity_request request = {.record = program};
    const struct create_entity_response *made =
        office_run(&office, "SystemUser", "CreateSystemUser", &request);
    const struct set_application_secret_request set = {.user_id = made->result->id};
    const struct set_application_secret_response *secret =
        office_run(&office, "Security", "SetApplicationSecret", &set);
    expect_last("secretSet ERP");
    office.credentials =
        (struct credentials){.basic_name = "erp", .basic_password = secret->result->secret};
    (void)office_run(&office, "Session", "WhoAmI", NULL);
    become(ADMINISTRATOR);
    expect_last("login ERP");
    const struct withdraw_application_secret_request withdraw = {.user_id = made->result->id};
    (void)office_run(&office, "Security", "WithdrawApplicationSecret", &withdraw);
    expect_last("secretWithdrawn ERP");
    expect_nowhere(secret->result->secret);
    size_t before = count_events();
    (void)office_run(&office, "Security", "WithdrawApplicationSecret", &withdraw);
    assert_int_equal(count_events(), before);

    struct uuid role = create("Role", "name", "Clerk");
    const struct add_directory_group_role_request group = {.group = "clerks",
                                                           .role_id = uuid_of(&role)};
    (void)office_run(&office, "Security", "AddDirectoryGroupRole", &group);
    expect_last("groupRoleAdded Clerk group:->clerks");
    before = count_events();
    (void)office_run(&office, "Security", "AddDirectoryGroupRole", &group);
    assert_int_equal(count_events(), before);
    const struct remove_directory_group_role_request without = {.group = "clerks",
                                                                .role_id = uuid_of(&role)};
    (void)office_run(&office, "Security", "RemoveDirectoryGroupRole", &without);
    expect_last("groupRoleRemoved Clerk group:clerks>-");
    close_office();
}

/* ---- who is told ---- */

void test_security_log__is_for_who_may_read_who_changed_what(void **state)
{
    const struct retrieve_security_log_request all = {.record = NULL};
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    struct uuid bob = office_add_user(&office, "bob", "salesperson");
    const struct set_user_password_request set = {.user_id = uuid_of(&ann), .password = PASSWORD};
    (void)office_run(&office, "Security", "SetUserPassword", &set);
    assert_int_equal(try_login("ann", "a stranger"), ERROR_CREDENTIALS_INVALID);
    become("ann");
    office_expect(&office, office_try(&office, "Security", "RetrieveSecurityLog", &all),
                  ERROR_NOT_ALLOWED);
    const struct retrieve_security_log_request of_bob = {.record = refer("SystemUser", &bob)};
    office_expect(&office, office_try(&office, "Security", "RetrieveSecurityLog", &of_bob),
                  ERROR_NOT_ALLOWED);
    const struct retrieve_security_log_request by_herself = {.user_id = uuid_of(&ann)};
    office_expect(&office, office_try(&office, "Security", "RetrieveSecurityLog", &by_herself),
                  ERROR_NOT_ALLOWED);
    /* Of herself: who came in or tried to, and her password; not what she was given. */
    const struct security_log *log = log_of(refer("SystemUser", &ann), NULL);
    assert_int_equal(log->events.count, 4);
    assert_string_equal(event_at(log, 0)->kind, "login");
    assert_string_equal(event_at(log, 0)->way, "basic");
    assert_string_equal(event_at(log, 1)->kind, "loginRefused");
    assert_string_equal(event_at(log, 2)->kind, "passwordSet");
    assert_null(event_at(log, 2)->request_id); /* the administrator's */
    assert_string_equal(event_at(log, 3)->kind, "passwordSet");
    close_office();
}

void test_security_log__a_narrow_session_reads_nothing_of_its_user(void **state)
{
    struct session_scope scope = {.read_only = {.is_set = true, .value = true}};
    const struct login_with_scope_request narrow = {
        .user_name = "ann", .password = PASSWORD, .scope = &scope};
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    const struct login_with_scope_response *login =
        office_run(&office, "Session", "LoginWithScope", &narrow);
    office.credentials = (struct credentials){.token = login->result->token};
    const struct retrieve_security_log_request of_ann = {.record = refer("SystemUser", &ann)};
    office_expect(&office, office_try(&office, "Security", "RetrieveSecurityLog", &of_ann),
                  ERROR_NOT_ALLOWED);
    close_office();
}

/* An auditor, eve, who reads records of one entity, so deep, and no others. */
static void add_auditor(const char *entity, const char *depth)
{
    struct uuid role = create("Role", "name", "Auditor");
    struct privilege read = {.entity = (char *)entity, .right = "read", .depth = (char *)depth};
    void *privileges[] = {&read};
    const struct set_role_privileges_request set = {
        .role_id = uuid_of(&role),
        .privileges = {.is_set = true, .count = 1, .items = privileges},
        .tasks = office_list(&office, "readAudit", NULL),
    };
    (void)office_run(&office, "Security", "SetRolePrivileges", &set);
    struct uuid eve = office_add_user(&office, "eve", "salesperson");
    struct uuid salesperson = find_role("salesperson");
    const struct remove_user_role_request remove = {.user_id = uuid_of(&eve),
                                                    .role_id = uuid_of(&salesperson)};
    const struct add_user_role_request add = {.user_id = uuid_of(&eve), .role_id = uuid_of(&role)};
    (void)office_run(&office, "Security", "AddUserRole", &add);
    (void)office_run(&office, "Security", "RemoveUserRole", &remove);
}

void test_security_log__tells_nothing_of_records_that_one_may_not_read(void **state)
{
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    add_auditor("SystemUser", "user");
    assert_int_equal(try_login("ann", "a guess"), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(try_login("nobody", "a guess"), ERROR_CREDENTIALS_INVALID);
    become("eve");
    const struct security_log *log = log_of(NULL, NULL);
    assert_true(log->events.count > 0);
    for (size_t index = 0; index < log->events.count; index++) {
        const struct security_event *event = event_at(log, index);
        assert_non_null(event->record);
        assert_string_equal(event->record->entity->name, "SystemUser");
        assert_false(uuid_is_equal(&event->record->id, &ann));
    }
    close_office();
}

/* Who may not read all of them must not learn of one that is gone by giving its id to a new one. */
void test_security_log__tells_nothing_of_a_former_record_of_the_same_id(void **state)
{
    (void)state;
    open_office();
    add_auditor("Team", "unit");
    struct uuid team = create("Team", "name", "The former");
    const struct delete_entity_request delete = {.id = uuid_of(&team)};
    (void)office_run(&office, "Team", "DeleteTeam", &delete);
    now += 1000;
    struct record *record = office_record(&office, "Team", "name", "The new one");
    struct value *id = record_value(record, record->entity->id);
    id->state = VALUE_SET;
    id->uuid = team;
    const struct create_entity_request again = {.record = record};
    (void)office_run(&office, "Team", "CreateTeam", &again);
    assert_int_equal(log_of(refer("Team", &team), NULL)->events.count, 3);
    become("eve");
    const struct security_log *log = log_of(refer("Team", &team), NULL);
    assert_int_equal(log->events.count, 1);
    assert_string_equal(told(event_at(log, 0)), "created The new one");
    close_office();
}

/* ---- pages and questions ---- */

void test_security_log__comes_in_pages(void **state)
{
    struct retrieve_security_log_request request = {.limit = {.is_set = true, .value = 3}};
    (void)state;
    open_office();
    (void)office_add_user(&office, "ann", "salesperson");
    struct uuid bob = office_add_user(&office, "bob", "salesperson");
    size_t all = count_events();
    size_t read = 0;
    do {
        const struct security_log *log = read_log(&request);
        assert_true(log->events.count <= 3);
        read += log->events.count;
        request.cookie = (char *)log->next_cookie;
    } while (request.cookie != NULL);
    assert_int_equal(read, all);
    request.cookie = (char *)read_log(&request)->next_cookie;
    request.record = refer("SystemUser", &bob); /* another question */
    office_expect(&office, office_try(&office, "Security", "RetrieveSecurityLog", &request),
                  ERROR_COOKIE_INVALID);
    close_office();
}

void test_security_log__is_asked_by_time_author_and_kind(void **state)
{
    struct retrieve_security_log_request request = {.limit = {.is_set = true, .value = MOST}};
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    now += 1000;
    assert_int_equal(try_login("ann", PASSWORD), ERROR_NONE);
    now += 1000;
    struct uuid role = create("Role", "name", "Clerk");
    assert_false(uuid_is_empty(&role));
    request.user_id = uuid_of(&ann);
    assert_int_equal(read_log(&request)->events.count, 1);
    request.user_id.is_set = false;
    request.from = (struct message_moment){.is_set = true, .value = now - 1000};
    request.until = (struct message_moment){.is_set = true, .value = now - 1000};
    assert_int_equal(read_log(&request)->events.count, 1);
    request.until.value = now;
    assert_int_equal(read_log(&request)->events.count, 2);
    request.kinds = office_list(&office, "created", NULL);
    assert_int_equal(read_log(&request)->events.count, 1);
    request.kinds = office_list(&office, "rainfall", NULL);
    office_expect(&office, office_try(&office, "Security", "RetrieveSecurityLog", &request),
                  ERROR_VALUE_INVALID);
    close_office();
}

/* ---- history ---- */

static const struct record_history *history_of(const char *entity, const struct uuid *id)
{
    const struct retrieve_record_history_request request = {.record = refer(entity, id)};
    const struct retrieve_record_history_response *response =
        office_run(&office, "Changes", "RetrieveRecordHistory", &request);
    return response->history;
}

void test_security_log__is_part_of_the_history_of_a_user(void **state)
{
    (void)state;
    open_office();
    struct uuid ann = office_add_user(&office, "ann", "salesperson");
    struct uuid role = create("Role", "name", "Clerk");
    const struct add_user_role_request add = {.user_id = uuid_of(&ann), .role_id = uuid_of(&role)};
    now += 1000;
    (void)office_run(&office, "Security", "AddUserRole", &add);
    const struct record_history_change *change = history_of("SystemUser", &ann)->changes.items[0];
    assert_string_equal(change->kind, "roleGiven");
    assert_string_equal(change->changed_by->name, ADMINISTRATOR);
    assert_non_null(change->request_id);
    const struct field_change *field = change->fields.items[0];
    assert_string_equal(field->field, "role");
    assert_null(field->old_value);
    assert_string_equal(field->new_reference->name, "Clerk");
    change = history_of("Role", &role)->changes.items[0];
    assert_string_equal(change->kind, "roleGiven");
    field = change->fields.items[0];
    assert_string_equal(field->field, "holder");
    assert_string_equal(field->new_reference->name, "ann");
    close_office();
}
