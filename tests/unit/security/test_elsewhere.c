/*
 * test_elsewhere.c - passwords that somebody else knows: asked once, counted, slowed down, and
 * never about a user who has a password here.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "database/database.h"
#include "security/credential.h"
#include "security/people.h"

#define SECRET "a secret elsewhere"

static struct people people;

/* Somebody who knows bob's password. */
struct other {
    atomic_int asked;
    bool is_away;
    atomic_bool is_holding; /* answers only when this ends */
};

static bool ask_other(void *context, const struct password_claim *claim, struct uuid *user_id_out,
                      bool *is_right_out, struct error *error)
{
    struct other *other = context;
    atomic_fetch_add(&other->asked, 1);
    while (atomic_load(&other->is_holding)) {
        usleep(1000);
    }
    if (other->is_away) {
        return error_set(error, ERROR_DIRECTORY_UNAVAILABLE, NULL, "It is away");
    }
    *is_right_out = strcmp(claim->password, SECRET) == 0;
    *user_id_out = people.bob;
    return true;
}

static enum error_code verify_on(struct connection *connection, struct other *other,
                                 const char *name, const char *password)
{
    const struct credential_elsewhere elsewhere = {.verify = ask_other, .context = other};
    const struct password_claim claim = {
        .user_name = name, .password = password, .elsewhere = &elsewhere};
    struct error error = {0};
    struct password_proof proof;
    bool done = credential_verify(people.house.platform.credentials, connection,
                                  people.house.platform.catalog, &claim, &proof, &error);
    assert_int_equal(done, error.code == ERROR_NONE);
    return error.code;
}

static enum error_code verify(struct other *other, const char *name, const char *password)
{
    return verify_on(people.connection, other, name, password);
}

static void set(const struct uuid *user, const char *password)
{
    struct error error = {0};
    people_must(people_set_password(&people, user, password, NULL, &error), &error);
}

void test_elsewhere__what_was_right_is_asked_once(void **state)
{
    struct other other = {.asked = 0};
    (void)state;
    people_open(&people);
    for (int count = 0; count < 5; count++) {
        assert_int_equal(verify(&other, "bob", SECRET), ERROR_NONE);
        usleep(30000);
    }
    assert_int_equal(other.asked, 1);
    people_close(&people);
}

void test_elsewhere__what_is_wrong_is_counted(void **state)
{
    struct other other = {.asked = 0};
    (void)state;
    people_open(&people);
    for (int count = 0; count < 5; count++) {
        assert_int_equal(verify(&other, "bob", "wrong"), ERROR_CREDENTIALS_INVALID);
    }
    people_let_time_pass(&people, -600000); /* it still has to wait, however slow the machine is */
    assert_int_equal(verify(&other, "bob", SECRET), ERROR_TOO_MANY_ATTEMPTS);
    assert_int_equal(other.asked, 5);
    people_close(&people);
}

void test_elsewhere__not_asked_about_a_password_kept_here(void **state)
{
    struct other other = {.asked = 0};
    (void)state;
    people_open(&people);
    set(&people.ann, "a secret here");
    assert_int_equal(verify(&other, "Ann", "a secret here"), ERROR_NONE);
    assert_int_equal(verify(&other, "Ann", SECRET), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(other.asked, 0);
    people_close(&people);
}

void test_elsewhere__a_password_set_here_ends_the_other(void **state)
{
    struct other other = {.asked = 0};
    (void)state;
    people_open(&people);
    assert_int_equal(verify(&other, "bob", SECRET), ERROR_NONE);
    set(&people.bob, "a secret here");
    assert_int_equal(verify(&other, "bob", SECRET), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(verify(&other, "bob", "a secret here"), ERROR_NONE);
    assert_int_equal(other.asked, 1);
    people_close(&people);
}

void test_elsewhere__being_away_is_nobodys_failure(void **state)
{
    struct other other = {.is_away = true};
    (void)state;
    people_open(&people);
    for (int count = 0; count < 12; count++) {
        assert_int_equal(verify(&other, "bob", SECRET), ERROR_DIRECTORY_UNAVAILABLE);
    }
    other.is_away = false;
    assert_int_equal(verify(&other, "bob", SECRET), ERROR_NONE);
    people_close(&people);
}

static void *verify_as_another_thread(void *context)
{
    struct connection *connection = NULL;
    struct error error = {0};
    people_must(database_acquire(people.house.platform.database, &connection, &error), &error);
    assert_int_equal(verify_on(connection, context, "bob", SECRET), ERROR_NONE);
    database_release(&connection);
    return NULL;
}

/* One may ask at a time here; the next is refused after a moment, and who has a password here
 * does not wait at all. */
void test_elsewhere__slow_answers_hold_up_few(void **state)
{
    struct other other = {.is_holding = true};
    pthread_t thread;
    (void)state;
    people_open(&people);
    set(&people.ann, "a secret here");
    assert_int_equal(pthread_create(&thread, NULL, verify_as_another_thread, &other), 0);
    while (atomic_load(&other.asked) == 0) {
        usleep(1000);
    }
    assert_int_equal(verify(&other, "somebody", SECRET), ERROR_DIRECTORY_UNAVAILABLE);
    assert_int_equal(verify(&other, "Ann", "a secret here"), ERROR_NONE);
    assert_int_equal(other.asked, 1);
    atomic_store(&other.is_holding, false);
    pthread_join(thread, NULL);
    people_close(&people);
}
