/*
 * test_once.c - writes with a request id: done once, answered each time.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/time.h"
#include "crypto/seal.h"
#include "database/row.h"
#include "generated/messages.h"
#include "generated/settings.h"
#include "metadata/catalog.h"
#include "metadata/field.h"
#include "metadata/record.h"
#include "record/idempotency.h"
#include "record/tables.h"
#include "security/identity.h"
#include "security/tables.h"
#include "security/user.h"
#include "service/request_digest.h"
#include "support/office.h"

static struct office office;

/* ---- a door that makes another answer each time it is asked for one ---- */

struct door {
    struct arena *arena;
    const char *answer;
    const void *response;
    bool is_repeated;
};

static bool encode(void *context, struct call *call, const struct operation *operation,
                   const void *response, struct error *error)
{
    struct door *door = context;
    struct uuid id = call_new_id(call);
    char text[UUID_TEXT_SIZE];

    (void)operation;
    (void)error;
    uuid_format(&id, text);
    door->answer = arena_copy_text(door->arena, text);
    door->response = response;
    return true;
}

static const char *answer(void *context)
{
    return ((const struct door *)context)->answer;
}

static void repeat(void *context, const char *answer)
{
    struct door *door = context;

    door->answer = arena_copy_text(door->arena, answer);
    door->is_repeated = true;
}

/* One call, in an arena of its own, as every thread has it. */
struct asking {
    const char *id; /* of the request; NULL: none */
    const char *operation;
    const void *request;
    int64_t version; /* expected; 0: any */
    bool is_validate_only;
    struct door door;
    struct error error;
    bool is_done;
};

/* Whatever service it belongs to. */
static const struct operation *find(const char *name)
{
    static const char *const services[] = {"Account", "Security", "Session"};
    const struct operation *found = NULL;

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]) && found == NULL; i++) {
        const char *space = arena_format(office.arena, "urn:svyaz:crm:1:%s", services[i]);
        found = operation_find(office.services, space, name);
    }
    assert_non_null(found);
    return found;
}

static void ask(struct asking *asking)
{
    struct call *call = call_make(asking->door.arena, &office.house.platform);
    const struct message_codec codec = {
        .encode = encode, .answer = answer, .repeat = repeat, .context = &asking->door};
    call->is_validate_only = asking->is_validate_only;
    call->has_expected_version = asking->version != 0;
    call->expected_version = asking->version;
    if (asking->id != NULL) {
        call->request_id = asking->id;
        call->has_request_id = true;
    }
    asking->is_done = service_run(call, find(asking->operation), &office.credentials,
                                  asking->request, &codec, &asking->error);
}

static struct asking asked(const char *id, const char *operation, const void *request)
{
    struct asking asking = {
        .id = id, .operation = operation, .request = request, .door.arena = office.arena};

    ask(&asking);
    return asking;
}

static void expect(const struct asking *asking, enum error_code code)
{
    assert_false(asking->is_done);
    assert_string_equal(error_kind(asking->error.code)->name, error_kind(code)->name);
}

static void expect_again(const struct asking *first, const struct asking *second)
{
    if (!second->is_done) {
        fail_msg("%s: %s", error_kind(second->error.code)->name, second->error.message);
    }
    assert_true(first->is_done);
    assert_false(first->door.is_repeated);
    assert_true(second->door.is_repeated);
    assert_string_equal(first->door.answer, second->door.answer);
}

static int64_t count_accounts(void)
{
    const struct retrieve_multiple_entity_request all = {.query = NULL};
    const struct retrieve_multiple_entity_response *response =
        office_run(&office, "Account", "RetrieveMultipleAccount", &all);

    return (int64_t)response->page->records.count;
}

static struct create_entity_request account(const char *name)
{
    return (struct create_entity_request){.record =
                                              office_record(&office, "Account", "name", name)};
}

void test_once__a_request_sent_again_gets_the_first_answer(void **state)
{
    (void)state;
    office_open(&office);
    const struct create_entity_request request = account("A");
    struct asking first = asked("1", "CreateAccount", &request);
    struct asking second = asked("1", "CreateAccount", &request);
    expect_again(&first, &second);
    assert_int_equal(count_accounts(), 1);
    struct asking other = asked("2", "CreateAccount", &request);
    struct asking without = asked(NULL, "CreateAccount", &request);
    assert_true(other.is_done && !other.door.is_repeated);
    assert_true(without.is_done && !without.door.is_repeated);
    assert_int_equal(count_accounts(), 3);
    office_close(&office);
}

/* What was done cannot be done again: the copy fails, and is answered all the same. */
void test_once__what_would_fail_now_is_answered_as_it_was(void **state)
{
    (void)state;
    office_open(&office);
    struct create_entity_request request = account("A");
    office_set(&office, request.record, "accountNumber", "17");
    struct asking made = asked("make", "CreateAccount", &request);
    struct asking again = asked("make", "CreateAccount", &request);
    expect_again(&made, &again);
    const struct create_entity_response *response = made.door.response;
    const struct delete_entity_request gone = {.id = response->result->id};
    struct asking deleted = asked("delete", "DeleteAccount", &gone);
    struct asking deleted_again = asked("delete", "DeleteAccount", &gone);
    expect_again(&deleted, &deleted_again);
    struct asking never = asked("other", "DeleteAccount", &gone);
    expect(&never, ERROR_RECORD_NOT_FOUND);
    office_close(&office);
}

void test_once__an_update_is_answered_with_its_own_version(void **state)
{
    (void)state;
    office_open(&office);
    const struct create_entity_request request = account("A");
    struct asking made = asked("1", "CreateAccount", &request);
    const struct create_entity_response *response = made.door.response;
    struct record *change = office_record(&office, "Account", "name", "B");
    *record_value(change, change->entity->id) =
        (struct value){.state = VALUE_SET, .uuid = response->result->id.value};
    const struct update_entity_request update = {.record = change};
    struct asking first = {.id = "2",
                           .operation = "UpdateAccount",
                           .request = &update,
                           .version = 1,
                           .door.arena = office.arena};
    struct asking second = first;
    struct asking other = first;
    ask(&first);
    ask(&second);
    expect_again(&first, &second);
    other.version = 2;
    ask(&other);
    expect(&other, ERROR_REQUEST_ID_REUSED);
    office_close(&office);
}

void test_once__an_id_names_one_request_of_one_user(void **state)
{
    (void)state;
    office_open(&office);
    const struct create_entity_request one = account("A");
    const struct create_entity_request two = account("B");
    struct asking first = asked("1", "CreateAccount", &one);
    struct asking other = asked("1", "CreateAccount", &two);
    const struct delete_entity_request gone = {.id = {.is_set = true}};
    struct asking another = asked("1", "DeleteAccount", &gone);
    struct asking capital = asked("a", "CreateAccount", &one);
    struct asking small = asked("A", "CreateAccount", &two);
    assert_true(first.is_done);
    expect(&other, ERROR_REQUEST_ID_REUSED);
    assert_string_equal(other.error.subject, "id");
    expect(&another, ERROR_REQUEST_ID_REUSED);
    assert_true(capital.is_done && small.is_done);
    assert_int_equal(count_accounts(), 3);
    office_close(&office);
}

void test_once__what_failed_or_was_only_tried_keeps_no_id(void **state)
{
    (void)state;
    office_open(&office);
    const struct create_entity_request nameless = {
        .record = office_record(&office, "Account", "telephone1", "1")};
    const struct create_entity_request named = account("A");
    struct asking failed = asked("1", "CreateAccount", &nameless);
    struct asking tried = {.id = "1",
                           .operation = "CreateAccount",
                           .request = &named,
                           .is_validate_only = true,
                           .door.arena = office.arena};
    expect(&failed, ERROR_FIELD_REQUIRED);
    ask(&tried);
    assert_true(tried.is_done);
    struct asking first = asked("1", "CreateAccount", &named);
    assert_true(first.is_done && !first.door.is_repeated);
    ask(&tried);
    assert_true(tried.is_done && !tried.door.is_repeated);
    assert_int_equal(count_accounts(), 1);
    office_close(&office);
}

static int64_t later;

static int64_t clock_later(void)
{
    return time_now() + later;
}

void test_once__an_id_whose_answer_is_gone_is_said_to_have_expired(void **state)
{
    (void)state;
    office_open(&office);
    const int64_t kept_for = office.house.platform.settings->requests.keep;
    const struct create_entity_request request = account("A");
    struct asking first = asked("1", "CreateAccount", &request);
    office.house.platform.now = clock_later;
    later = kept_for - 60000;
    struct asking in_time = asked("1", "CreateAccount", &request);
    expect_again(&first, &in_time);
    later = kept_for + 60000;
    struct asking late = asked("1", "CreateAccount", &request);
    expect(&late, ERROR_REQUEST_ID_EXPIRED);
    assert_int_equal(count_accounts(), 1);
    office_close(&office);
}

void test_once__what_is_too_old_is_swept(void **state)
{
    enum { MORE_THAN_A_SWEEP = 600 };
    struct error error = {0};
    struct row_set rows;
    static const char *const columns[] = {"request_id"};
    const struct row_condition is_old = {"request_id", ROW_IS, cell_text("old")};
    const struct row_query query = {.table = &request_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &is_old,
                                    .condition_count = 1};

    (void)state;
    office_open(&office);
    const struct create_entity_request request = account("A");
    (void)asked("old", "CreateAccount", &request);
    office.house.platform.now = clock_later;
    later = 2 * office.house.platform.settings->requests.keep + 60000;
    struct call *call = test_call_begin(&office.house);
    for (int i = 0; i < MORE_THAN_A_SWEEP; i++) {
        idempotency_sweep(call);
    }
    assert_true(row_select(call->connection, call->arena, &query, &rows, &error));
    assert_int_equal(rows.count, 0);
    test_call_end(&call);
    office_close(&office);
}

/* ---- two at once ---- */

enum { ROUNDS = 8, COPIES = 3 };

static void *run_copy(void *asking)
{
    ask(asking);
    return NULL;
}

void test_once__of_copies_that_race_one_is_done(void **state)
{
    (void)state;
    office_open(&office);
    for (int round = 0; round < ROUNDS; round++) {
        struct asking copies[COPIES];
        pthread_t threads[COPIES];
        const char *id = arena_format(office.arena, "race %d", round);
        struct create_entity_request request = account("A");
        office_set(&office, request.record, "accountNumber", id);
        for (int i = 0; i < COPIES; i++) {
            copies[i] = (struct asking){.id = id,
                                        .operation = "CreateAccount",
                                        .request = &request,
                                        .door.arena = arena_create()};
            assert_int_equal(pthread_create(&threads[i], NULL, run_copy, &copies[i]), 0);
        }
        int repeated = 0;
        for (int i = 0; i < COPIES; i++) {
            pthread_join(threads[i], NULL);
            if (!copies[i].is_done) {
                fail_msg("%s: %s", error_kind(copies[i].error.code)->name, copies[i].error.message);
            }
            repeated += copies[i].door.is_repeated;
            assert_string_equal(copies[i].door.answer, copies[0].door.answer);
        }
        assert_int_equal(repeated, COPIES - 1);
        for (int i = 0; i < COPIES; i++) {
            arena_destroy(&copies[i].door.arena);
        }
        assert_int_equal(count_accounts(), round + 1);
    }
    office_close(&office);
}

/* ---- secrets ---- */

static const char *kept_text(const char *id)
{
    static const char *const columns[] = {"answer"};
    const struct row_condition by_id = {"request_id", ROW_IS, cell_text(id)};
    const struct row_query query = {.table = &request_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &by_id,
                                    .condition_count = 1};
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    struct row_set rows;

    assert_true(row_select(call->connection, call->arena, &query, &rows, &error));
    assert_int_equal(rows.count, 1);
    const char *text = arena_copy_text(office.arena, row_cell(&rows, 0, 0)->text);
    test_call_end(&call);
    return text;
}

void test_once__a_secret_in_an_answer_is_kept_sealed(void **state)
{
    (void)state;
    office_open(&office);
    struct record *program = office_record(&office, "SystemUser", "userName", "erp");
    office_set(&office, program, "lastName", "ERP");
    office_set(&office, program, "isApplication", "true");
    const struct create_entity_request request = {.record = program};
    const struct create_entity_response *made =
        office_run(&office, "SystemUser", "CreateSystemUser", &request);
    const struct set_application_secret_request secret = {.user_id = made->result->id};
    struct asking first = asked("1", "SetApplicationSecret", &secret);
    struct asking second = asked("1", "SetApplicationSecret", &secret);
    expect_again(&first, &second);
    assert_null(strstr(kept_text("1"), first.door.answer));
    const struct create_entity_request plain = account("A");
    struct asking open = asked("2", "CreateAccount", &plain);
    assert_string_equal(kept_text("2"), open.door.answer);
    office_close(&office);
}

/* ---- passwords: prepared before the transaction ---- */

/* How often it changed. */
static int64_t password_changes(const char *name)
{
    static const char *const columns[] = {"changes"};
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    struct uuid user;
    struct row_set rows;
    bool is_found = false;

    assert_true(
        user_find(call->arena, call->connection, call->catalog, name, &user, &is_found, &error) &&
        is_found);
    const struct row_condition of_user = {"user_id", ROW_IS, cell_uuid(&user)};
    const struct row_query query = {.table = &credential_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &of_user,
                                    .condition_count = 1};
    assert_true(row_select(call->connection, call->arena, &query, &rows, &error));
    assert_int_equal(rows.count, 1);
    int64_t changes = row_cell(&rows, 0, 0)->integer;
    test_call_end(&call);
    return changes;
}

void test_once__a_password_is_changed_once(void **state)
{
    static const char other[] = "battery staple";
    const struct change_password_request change = {.old_password = PASSWORD, .new_password = other};
    const struct change_password_request wrong = {.old_password = "no", .new_password = other};
    struct asking tried = {
        .id = "1", .operation = "ChangePassword", .request = &change, .is_validate_only = true};
    const struct login_request login = {.user_name = ADMINISTRATOR, .password = PASSWORD};

    (void)state;
    office_open(&office);
    const struct login_response *opened = office_run(&office, "Session", "Login", &login);
    office.credentials = (struct credentials){.token = opened->result->token};
    int64_t before = password_changes(ADMINISTRATOR);
    tried.door.arena = office.arena;
    ask(&tried);
    assert_true(tried.is_done);
    assert_int_equal(password_changes(ADMINISTRATOR), before);
    struct asking first = asked("1", "ChangePassword", &change);
    struct asking second = asked("1", "ChangePassword", &change);
    struct asking third = asked("1", "ChangePassword", &change);
    expect_again(&first, &second);
    expect_again(&first, &third);
    assert_int_equal(password_changes(ADMINISTRATOR), before + 1);
    struct asking reused = asked("1", "ChangePassword", &wrong);
    expect(&reused, ERROR_REQUEST_ID_REUSED);
    struct asking refused = asked("2", "ChangePassword", &wrong);
    expect(&refused, ERROR_CREDENTIALS_INVALID);
    struct asking late = asked("2", "ChangePassword", &change); /* the old one is gone */
    expect(&late, ERROR_CREDENTIALS_INVALID);
    assert_int_equal(password_changes(ADMINISTRATOR), before + 1);
    office_close(&office);
}

void test_once__a_password_is_set_once(void **state)
{
    (void)state;
    office_open(&office);
    struct set_user_password_request set = {.password = "battery staple"};
    set.user_id = (struct message_uuid){.is_set = true,
                                        .value = office_add_user(&office, "ann", "salesperson")};
    int64_t before = password_changes("ann");
    struct asking first = asked("1", "SetUserPassword", &set);
    struct asking second = asked("1", "SetUserPassword", &set);
    expect_again(&first, &second);
    assert_int_equal(password_changes("ann"), before + 1);
    struct set_user_password_request other = set;
    other.password = "another staple";
    struct asking reused = asked("1", "SetUserPassword", &other);
    expect(&reused, ERROR_REQUEST_ID_REUSED);
    struct asking without = asked(NULL, "SetUserPassword", &other);
    assert_true(without.is_done);
    assert_int_equal(password_changes("ann"), before + 2);
    office_close(&office);
}

/* Each finds nothing kept and the old password right; only one may change it. */
void test_once__of_copies_of_a_new_password_that_race_one_is_done(void **state)
{
    static const char other[] = "battery staple";
    const struct change_password_request change = {.old_password = PASSWORD, .new_password = other};
    const struct login_request login = {.user_name = ADMINISTRATOR, .password = PASSWORD};
    struct asking copies[COPIES];
    pthread_t threads[COPIES];
    int repeated = 0;

    (void)state;
    office_open(&office);
    const struct login_response *opened = office_run(&office, "Session", "Login", &login);
    office.credentials = (struct credentials){.token = opened->result->token};
    int64_t before = password_changes(ADMINISTRATOR);
    for (int i = 0; i < COPIES; i++) {
        copies[i] = (struct asking){.id = "race",
                                    .operation = "ChangePassword",
                                    .request = &change,
                                    .door.arena = arena_create()};
        assert_int_equal(pthread_create(&threads[i], NULL, run_copy, &copies[i]), 0);
    }
    for (int i = 0; i < COPIES; i++) {
        pthread_join(threads[i], NULL);
        if (!copies[i].is_done) {
            fail_msg("%s: %s", error_kind(copies[i].error.code)->name, copies[i].error.message);
        }
        repeated += copies[i].door.is_repeated;
        assert_string_equal(copies[i].door.answer, copies[0].door.answer);
    }
    assert_int_equal(repeated, COPIES - 1);
    assert_int_equal(password_changes(ADMINISTRATOR), before + 1);
    for (int i = 0; i < COPIES; i++) {
        arena_destroy(&copies[i].door.arena);
    }
    office_close(&office);
}

/* ---- what makes two requests the same ---- */

static void digest_password(const struct seal_key *key, const struct uuid *user,
                            uint8_t digest_out[SHA256_SIZE])
{
    struct platform platform = office.house.platform;
    const struct change_password_request change = {.old_password = PASSWORD,
                                                   .new_password = "battery staple"};
    struct identity identity = {.user_id = *user};

    platform.seal_key = key;
    struct call *call = call_make(office.arena, &platform);
    call->identity = &identity;
    assert_true(request_digest(call, find("ChangePassword"), &change, digest_out, &office.error));
}

/* Who has the database alone cannot try passwords on it, nor see who has the same. */
void test_request_digest__of_a_secret_needs_the_key_and_its_user(void **state)
{
    static const char file[] = "build/test-other-seal.key";
    struct seal_key *other = NULL;
    uint8_t one[SHA256_SIZE], same[SHA256_SIZE], of_other[SHA256_SIZE], under_other[SHA256_SIZE];
    const struct uuid ann = {{1}}, bob = {{2}};

    (void)state;
    office_open(&office);
    unlink(file);
    assert_true(seal_key_open(office.arena, file, &other, &office.error));
    unlink(file);
    digest_password(office.house.platform.seal_key, &ann, one);
    digest_password(office.house.platform.seal_key, &ann, same);
    digest_password(office.house.platform.seal_key, &bob, of_other);
    digest_password(other, &ann, under_other);
    assert_memory_equal(one, same, SHA256_SIZE);
    assert_memory_not_equal(one, of_other, SHA256_SIZE);
    assert_memory_not_equal(one, under_other, SHA256_SIZE);
    office_close(&office);
}

static const char *digest_of(const struct record *record)
{
    const struct create_entity_request request = {.record = (struct record *)record};
    struct call *call = call_make(office.arena, &office.house.platform);
    uint8_t digest[SHA256_SIZE];
    char text[SHA256_TEXT_SIZE];
    const char *name = arena_format(office.arena, "Create%s", record->entity->name);

    assert_true(request_digest(call, office_operation(&office, record->entity->name, name),
                               &request, digest, &office.error));
    digest_format(digest, text);
    return arena_copy_text(office.arena, text);
}

/* Absent, null, and each of two values are four requests, for every field that can be told. */
void test_request_digest__knows_every_field(void **state)
{
    (void)state;
    office_open(&office);
    const struct entity *entity = catalog_find_entity(office.house.platform.catalog, "SalesOrder");
    int fields = 0;

    for (size_t i = 0; i < entity->field_count; i++) {
        const struct field *field = entity->fields[i];
        struct record *absent = record_make(office.arena, entity);
        struct record *empty = record_make(office.arena, entity);
        struct record *text = record_make(office.arena, entity);
        struct record *other = record_make(office.arena, entity);
        empty->values[i].state = VALUE_NULL;
        assert_string_not_equal(digest_of(absent), digest_of(empty));
        if (field->type != FIELD_STRING && field->type != FIELD_MEMO) {
            continue;
        }
        text->values[i] = (struct value){.state = VALUE_SET, .text = ""};
        other->values[i] = (struct value){.state = VALUE_SET, .text = "1"};
        assert_string_not_equal(digest_of(text), digest_of(empty));
        assert_string_not_equal(digest_of(text), digest_of(other));
        other->values[i].text = arena_copy_text(office.arena, "");
        assert_string_equal(digest_of(text), digest_of(other));
        fields++;
    }
    assert_true(fields > 3);
    office_close(&office);
}

/* Lines are told apart from the order, and from each other, whatever the values. */
void test_request_digest__knows_lines_and_their_order(void **state)
{
    (void)state;
    office_open(&office);
    const struct entity *line =
        catalog_find_entity(office.house.platform.catalog, "SalesOrderDetail");
    const struct field *link = entity_find_field(line, "salesOrder");
    struct record *orders[3];

    assert_non_null(link);
    for (int i = 0; i < 3; i++) {
        static const char *const quantities[3][2] = {{"1", "2"}, {"2", "1"}, {"12", NULL}};
        orders[i] = office_record(&office, "SalesOrder", "name", "O");
        struct record_children *lines = record_children_of(office.arena, orders[i], link);
        for (int j = 0; j < 2 && quantities[i][j] != NULL; j++) {
            record_add_child(
                office.arena, lines,
                office_record(&office, "SalesOrderDetail", "quantity", quantities[i][j]));
        }
    }
    assert_string_not_equal(digest_of(orders[0]), digest_of(orders[1]));
    assert_string_not_equal(digest_of(orders[0]), digest_of(orders[2]));
    assert_string_equal(digest_of(orders[0]), digest_of(orders[0]));
    office_close(&office);
}

void test_request_digest__knows_lines_to_delete(void **state)
{
    (void)state;
    office_open(&office);
    const struct entity *line =
        catalog_find_entity(office.house.platform.catalog, "SalesOrderDetail");
    const struct uuid ids[] = {{{1}}, {{2}}};
    const char *digests[4];

    for (size_t i = 0; i < 4; i++) {
        struct record *order = office_record(&office, "SalesOrder", "name", "O");
        struct record_children *lines =
            record_children_of(office.arena, order, entity_find_field(line, "salesOrder"));
        lines->deleted = ids + (i == 3);
        lines->deleted_count = i == 3 ? 1 : i;
        digests[i] = digest_of(record_copy(office.arena, order));
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(digests[i], digests[j]);
        }
    }
    office_close(&office);
}
