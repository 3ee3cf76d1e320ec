/*
 * test_credential.c - passwords: right and wrong, changed, guessed, remembered.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "database/database.h"
#include "database/row.h"
#include "security/application.h"
#include "security/credential.h"
#include "security/people.h"
#include "security/tables.h"

#define SECRET "a long secret"

static struct people people;

static enum error_code verify_from(const char *source, const char *name, const char *password,
                                   struct uuid *id_out)
{
    const struct password_claim claim = {.user_name = name, .password = password, .source = source};
    struct password_proof proof;
    struct error error = {0};
    bool done = credential_verify(people.house.platform.credentials, people.connection,
                                  people.house.platform.catalog, &claim, &proof, &error);
    assert_int_equal(done, error.code == ERROR_NONE);
    if (done) {
        *id_out = proof.user_id;
    }
    return error.code;
}

static enum error_code verify(const char *name, const char *password, struct uuid *id_out)
{
    return verify_from(NULL, name, password, id_out);
}

static void set(const struct uuid *user, const char *password)
{
    struct error error = {0};
    people_must(people_set_password(&people, user, password, NULL, &error), &error);
}

static void open_with_password(void)
{
    people_open(&people);
    set(&people.ann, SECRET);
}

void test_credential__right_is_right_and_the_rest_is_wrong(void **state)
{
    struct uuid id = {{0}};
    (void)state;
    open_with_password();
    assert_int_equal(verify("Ann", SECRET, &id), ERROR_NONE);
    assert_true(uuid_is_equal(&id, &people.ann));
    assert_int_equal(verify("ANN", SECRET, &id), ERROR_NONE);
    assert_int_equal(verify("Ann", "A long secret", &id), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(verify("Ann", "", &id), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(verify("", "", &id), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(verify("bob", SECRET, &id), ERROR_CREDENTIALS_INVALID); /* he has none */
    assert_int_equal(verify("nobody", SECRET, &id), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(verify("\xff", SECRET, &id), ERROR_CREDENTIALS_INVALID);
    people_close(&people);
}

void test_credential__lengths_are_bounded(void **state)
{
    static char password[1026];
    static char name[600];
    struct uuid id;
    struct error error = {0};
    (void)state;
    open_with_password();
    memset(password, 'x', 1024);
    set(&people.bob, password);
    assert_int_equal(verify("bob", password, &id), ERROR_NONE);
    password[1024] = 'x';
    assert_int_equal(verify("bob", password, &id), ERROR_CREDENTIALS_INVALID);
    assert_false(people_set_password(&people, &people.bob, password, NULL, &error));
    assert_int_equal(error.code, ERROR_PASSWORD_WEAK);
    assert_false(people_set_password(&people, &people.bob, "seven77", NULL, &error));
    assert_int_equal(error.code, ERROR_PASSWORD_WEAK);
    assert_true(people_set_password(&people, &people.bob, "восемь88", NULL, &error));
    memset(name, 'n', sizeof(name) - 1);
    assert_int_equal(verify(name, SECRET, &id), ERROR_CREDENTIALS_INVALID);
    people_close(&people);
}

void test_credential__a_verified_one_is_not_hashed_again(void **state)
{
    struct uuid id;
    (void)state;
    open_with_password();
    clock_t began = clock();
    assert_int_equal(verify("Ann", SECRET, &id), ERROR_NONE);
    clock_t hashed = clock();
    for (int count = 0; count < 200; count++) {
        assert_int_equal(verify("Ann", SECRET, &id), ERROR_NONE);
    }
    assert_true(clock() - hashed < 50 * (hashed - began)); /* of the processor; hashes: 200 times */
    people_close(&people);
}

void test_credential__a_changed_password_ends_it_at_once(void **state)
{
    struct uuid id;
    (void)state;
    open_with_password();
    assert_int_equal(verify("Ann", SECRET, &id), ERROR_NONE);
    set(&people.ann, "another secret");
    assert_int_equal(verify("Ann", SECRET, &id), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(verify("Ann", "another secret", &id), ERROR_NONE);
    people_close(&people);
}

/* Another node has a cache of its own, and sees the change when it asks again. */
void test_credential__other_nodes_see_a_change_within_the_recheck(void **state)
{
    const struct password_claim claim = {.user_name = "Ann", .password = SECRET};
    struct credential_cache *other = NULL;
    struct password_proof proof;
    struct error error = {0};
    (void)state;
    open_with_password();
    const struct credential_options options = {
        .text_rules = people.house.platform.text_rules,
        .remember = 60000,
        .recheck = 50,
        .delay_after = 5,
        .attempts = 10,
        .lock = 1000,
    };
    people_must(credential_cache_create(&options, &other, &error), &error);
    people_must(credential_verify(other, people.connection, people.house.platform.catalog, &claim,
                                  &proof, &error),
                &error);
    set(&people.ann, "another secret");
    usleep(80000);
    assert_false(credential_verify(other, people.connection, people.house.platform.catalog, &claim,
                                   &proof, &error));
    assert_int_equal(error.code, ERROR_CREDENTIALS_INVALID);
    credential_cache_destroy(&other);
    people_close(&people);
}

/* ---- waiting ---- */

enum { LONG = 600000 /* the lock of a test's platform */ };

static void guess_until_shut(const char *name)
{
    static const int64_t waits[] = {0, 0, 0, 0, 1000, 2000, 4000, 8000, 16000, LONG};
    struct uuid id;
    for (size_t index = 0; index < sizeof(waits) / sizeof(waits[0]); index++) {
        assert_int_equal(verify(name, "guess", &id), ERROR_CREDENTIALS_INVALID);
        assert_int_equal(people_last_wait(&people), waits[index]);
        if (waits[index] == 0 || waits[index] == LONG) {
            continue;
        }
        people_let_time_pass(&people, -LONG);
        assert_int_equal(verify(name, "guess", &id), ERROR_TOO_MANY_ATTEMPTS);
        assert_int_equal(people_last_wait(&people), waits[index]); /* it was not counted */
        people_let_time_pass(&people, LONG + waits[index]);
    }
    assert_int_equal(verify(name, SECRET, &id), ERROR_TOO_MANY_ATTEMPTS);
}

void test_credential__guesses_wait_and_then_shut_the_account(void **state)
{
    struct uuid id;
    (void)state;
    open_with_password();
    guess_until_shut("Ann");
    people_let_time_pass(&people, LONG);
    assert_int_equal(verify("Ann", SECRET, &id), ERROR_NONE);
    people_close(&people);
}

void test_credential__unknown_names_are_counted_the_same(void **state)
{
    (void)state;
    open_with_password();
    guess_until_shut("nobody");
    people_close(&people);
}

void test_credential__who_is_remembered_is_not_shut_out_by_others(void **state)
{
    struct uuid id;
    (void)state;
    open_with_password();
    assert_int_equal(verify("Ann", SECRET, &id), ERROR_NONE);
    for (int count = 0; count < 6; count++) {
        (void)verify("Ann", "guess", &id);
    }
    people_let_time_pass(&people, -LONG);
    assert_int_equal(verify("Ann", "guess", &id), ERROR_TOO_MANY_ATTEMPTS);
    assert_int_equal(verify("Ann", SECRET, &id), ERROR_NONE);
    people_close(&people);
}

void test_credential__a_removed_user_has_nothing_left(void **state)
{
    struct error error = {0};
    struct uuid id;
    (void)state;
    open_with_password();
    assert_int_equal(verify("Ann", SECRET, &id), ERROR_NONE);
    people_must(credential_remove(people.house.platform.credentials, people.connection, &people.ann,
                                  &error),
                &error);
    assert_int_equal(verify("Ann", SECRET, &id), ERROR_CREDENTIALS_INVALID);
    people_close(&people);
}

void test_credential__an_address_that_guesses_at_many_names_waits(void **state)
{
    struct uuid id = {{0}};
    (void)state;
    open_with_password();
    assert_int_equal(verify_from("10.0.0.1", "nobody", "x", &id), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(verify_from("2001:db8:0:7::1", "nobody", "x", &id), ERROR_CREDENTIALS_INVALID);
    for (int guess = 1; guess < TEST_SOURCE_FAILURES; guess++) {
        char name[] = {(char)('a' + guess), '\0'};
        assert_int_equal(verify_from("10.0.0.1", name, "x", &id), ERROR_CREDENTIALS_INVALID);
        assert_int_equal(verify_from("2001:db8:0:7::2", name, "x", &id), ERROR_CREDENTIALS_INVALID);
    }
    assert_int_equal(verify_from("10.0.0.1", "Ann", SECRET, &id), ERROR_TOO_MANY_ATTEMPTS);
    assert_int_equal(verify_from("2001:db8:0:7::3", "Ann", SECRET, &id), ERROR_TOO_MANY_ATTEMPTS);
    assert_int_equal(verify_from("2001:db8:0:8::3", "Ann", SECRET, &id), ERROR_NONE);
    /* Who is remembered is let in. */
    assert_int_equal(verify_from("10.0.0.1", "Ann", SECRET, &id), ERROR_NONE);
    people_close(&people);
}

/* ---- many at once ---- */

static void *verify_often(void *result)
{
    const struct password_claim claim = {.user_name = "Ann", .password = SECRET};
    struct connection *connection = NULL;
    struct password_proof proof;
    struct error error = {0};
    bool done = database_acquire(people.house.platform.database, &connection, &error);
    for (int count = 0; done && count < 50; count++) {
        done = credential_verify(people.house.platform.credentials, connection,
                                 people.house.platform.catalog, &claim, &proof, &error);
    }
    database_release(&connection);
    *(bool *)result = done;
    return NULL;
}

void test_credential__threads_of_one_client_pay_once(void **state)
{
    pthread_t threads[3];
    bool results[3] = {false};
    (void)state;
    open_with_password();
    for (int index = 0; index < 3; index++) {
        assert_int_equal(pthread_create(&threads[index], NULL, verify_often, &results[index]), 0);
    }
    for (int index = 0; index < 3; index++) {
        pthread_join(threads[index], NULL);
        assert_true(results[index]);
    }
    people_close(&people);
}

/* ---- who is not shut out ---- */

static void guess_from(const char *source, const char *name)
{
    struct uuid id;
    for (int count = 0; count < 30; count++) {
        (void)verify_from(source, name, "guess", &id);
    }
    people_let_time_pass(&people, -LONG);
}

void test_credential__guesses_elsewhere_shut_nobody_out_where_he_came_in(void **state)
{
    struct uuid id;
    (void)state;
    open_with_password();
    assert_int_equal(verify_from("192.0.2.1", "Ann", SECRET, &id), ERROR_NONE);
    credential_forget(people.house.platform.credentials, &people.ann); /* as after a restart */
    guess_from("198.51.100.1", "Ann");
    assert_int_equal(verify_from("198.51.100.2", "Ann", SECRET, &id), ERROR_TOO_MANY_ATTEMPTS);
    assert_int_equal(verify_from("192.0.2.1", "Ann", SECRET, &id), ERROR_NONE);
    people_close(&people);
}

void test_credential__guesses_where_he_came_in_are_counted_too(void **state)
{
    struct uuid id;
    (void)state;
    open_with_password();
    assert_int_equal(verify_from("192.0.2.1", "Ann", SECRET, &id), ERROR_NONE);
    credential_forget(people.house.platform.credentials, &people.ann);
    guess_from("192.0.2.1", "Ann");
    assert_int_equal(verify_from("192.0.2.1", "Ann", SECRET, &id), ERROR_TOO_MANY_ATTEMPTS);
    people_close(&people);
}

/* Where somebody came in is known for him alone. */
void test_credential__an_address_is_known_for_one_name(void **state)
{
    struct uuid id;
    (void)state;
    open_with_password();
    set(&people.bob, SECRET);
    assert_int_equal(verify_from("192.0.2.1", "bob", SECRET, &id), ERROR_NONE);
    guess_from("198.51.100.1", "Ann");
    assert_int_equal(verify_from("192.0.2.1", "Ann", SECRET, &id), ERROR_TOO_MANY_ATTEMPTS);
    people_close(&people);
}

/* Who is here already may prove himself again, to change his password, whatever others do. */
void test_credential__a_session_is_not_shut_out(void **state)
{
    const struct uuid session = {{7}};
    const struct password_claim claim = {
        .user_name = "Ann", .password = SECRET, .source = "192.0.2.9", .session_id = &session};
    struct password_proof proof;
    struct error error = {0};
    (void)state;
    open_with_password();
    guess_from("198.51.100.1", "Ann");
    people_must(credential_verify(people.house.platform.credentials, people.connection,
                                  people.house.platform.catalog, &claim, &proof, &error),
                &error);
    people_close(&people);
}

/* ---- programs ---- */

static enum error_code verify_secret(const char *name, const char *secret, bool takes_secret)
{
    const struct password_claim claim = {
        .user_name = name, .password = secret, .takes_secret = takes_secret};
    struct password_proof proof;
    struct error error = {0};
    bool done = credential_verify(people.house.platform.credentials, people.connection,
                                  people.house.platform.catalog, &claim, &proof, &error);
    assert_int_equal(done, error.code == ERROR_NONE);
    return error.code;
}

static const char *give_secret(const struct uuid *user)
{
    const char *secret = NULL;
    struct error error = {0};
    people_must(application_set_secret(people.arena, people.connection,
                                       people.house.platform.seal_key, user, time_now(), &secret,
                                       &error),
                &error);
    return secret;
}

void test_credential__a_secret_is_taken_where_it_may_be(void **state)
{
    (void)state;
    open_with_password();
    const char *secret = give_secret(&people.bob);
    assert_int_equal(verify_secret("bob", secret, true), ERROR_NONE);
    assert_int_equal(verify_secret("bob", secret, false), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(verify_secret("Ann", secret, true), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(verify_secret("bob", "", true), ERROR_CREDENTIALS_INVALID);
    const char *next = give_secret(&people.bob);
    assert_string_not_equal(secret, next);
    assert_int_equal(verify_secret("bob", secret, true), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(verify_secret("bob", next, true), ERROR_NONE);
    people_close(&people);
}

void test_credential__guesses_shut_no_program_out(void **state)
{
    (void)state;
    open_with_password();
    const char *secret = give_secret(&people.bob);
    guess_from("198.51.100.1", "bob");
    assert_int_equal(verify_secret("bob", "guess", true), ERROR_TOO_MANY_ATTEMPTS);
    assert_int_equal(verify_secret("bob", secret, true), ERROR_NONE);
    people_close(&people);
}

/* A row that is copied to another user, or sealed with another key, opens nothing. */
void test_credential__a_secret_belongs_to_its_user(void **state)
{
    struct error error = {0};
    (void)state;
    open_with_password();
    const char *secret = give_secret(&people.bob);
    const struct row_value to_ann = {"user_id", cell_uuid(&people.ann)};
    const struct row_condition bobs = {"user_id", ROW_IS, cell_uuid(&people.bob)};
    people_must(row_update(people.connection, people.arena, &application_secret_table, &to_ann, 1,
                           &bobs, 1, NULL, &error),
                &error);
    assert_int_equal(verify_secret("Ann", secret, true), ERROR_INTERNAL);
    people_close(&people);
}
