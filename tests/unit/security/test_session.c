/*
 * test_session.c - sessions: opened, found, expired, ended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "security/credential.h"
#include "security/identity.h"
#include "security/people.h"
#include "security/session.h"

static struct people people;

static struct session open_session(int64_t now)
{
    struct session session;
    struct error error = {0};
    people_must(session_open(people.house.platform.sessions, people.connection, &people.ann,
                             "a test", now, &session, &error),
                &error);
    return session;
}

static enum error_code find_in(struct session_cache *cache, const char *token, int64_t now)
{
    const struct identity *identity = NULL;
    struct uuid id;
    struct error error = {0};
    bool done = session_find(cache, people.arena, people.connection, people.house.platform.catalog,
                             token, now, &id, &identity, &error);
    assert_int_equal(done, error.code == ERROR_NONE);
    if (done) {
        assert_true(uuid_is_equal(&identity->user_id, &people.ann));
    }
    return error.code;
}

static enum error_code find(const char *token, int64_t now)
{
    return find_in(people.house.platform.sessions, token, now);
}

void test_session__a_token_opens_its_own_and_nothing_else(void **state)
{
    (void)state;
    people_open(&people);
    int64_t now = time_now();
    struct session session = open_session(now);
    struct session other = open_session(now);
    assert_string_not_equal(session.token, other.token);
    assert_true(strlen(session.token) >= 22);
    assert_int_equal(find(session.token, now), ERROR_NONE);
    assert_int_equal(find(session.token, now), ERROR_NONE); /* from memory */
    session.token[3] = session.token[3] == 'A' ? 'B' : 'A';
    assert_int_equal(find(session.token, now), ERROR_SESSION_INVALID);
    assert_int_equal(find("", now), ERROR_SESSION_INVALID);
    assert_int_equal(find("' OR 1=1", now), ERROR_SESSION_INVALID);
    people_close(&people);
}

void test_session__ends_when_idle_and_in_any_case(void **state)
{
    (void)state;
    people_open(&people);
    int64_t now = time_now();
    struct session session = open_session(now);
    assert_int_equal(find(session.token, now + 59000), ERROR_NONE); /* used: it goes on */
    assert_int_equal(find(session.token, now + 110000), ERROR_NONE);
    assert_int_equal(find(session.token, now + 171001), ERROR_SESSION_INVALID);
    session = open_session(now);
    for (int64_t later = 0; later < 600000; later += 50000) {
        assert_int_equal(find(session.token, now + later), ERROR_NONE);
    }
    assert_int_equal(find(session.token, now + 600000), ERROR_SESSION_INVALID);
    assert_int_equal(session.expires, now + 600000);
    people_close(&people);
}

void test_session__logging_out_ends_it(void **state)
{
    const struct session_options options = {.idle = 60000, .absolute = 600000, .recheck = 50};
    struct error error = {0};
    (void)state;
    people_open(&people);
    int64_t now = time_now();
    struct session session = open_session(now);
    struct session_cache *other = session_cache_create(&options); /* another node */
    assert_int_equal(find(session.token, now), ERROR_NONE);
    assert_int_equal(find_in(other, session.token, now), ERROR_NONE);
    people_must(
        session_close(people.house.platform.sessions, people.connection, &session.id, &error),
        &error);
    assert_int_equal(find(session.token, now), ERROR_SESSION_INVALID);
    usleep(80000);
    assert_int_equal(find_in(other, session.token, now), ERROR_SESSION_INVALID);
    session_cache_destroy(&other);
    people_close(&people);
}

void test_session__a_disabled_user_is_out_within_the_recheck(void **state)
{
    (void)state;
    people_open(&people);
    int64_t now = time_now();
    struct session session = open_session(now);
    assert_int_equal(find(session.token, now), ERROR_NONE);
    people_disable_user(&people, &people.ann, true);
    session_forget(people.house.platform.sessions, &people.ann);
    assert_int_equal(find(session.token, now), ERROR_SESSION_INVALID);
    people_disable_user(&people, &people.ann, false);
    assert_int_equal(find(session.token, now), ERROR_NONE);
    people_disable_unit(&people, &people.root, true);
    usleep(150000); /* nobody tells; the recheck of a test's platform is 100 ms */
    assert_int_equal(find(session.token, now), ERROR_SESSION_INVALID);
    people_close(&people);
}

void test_session__a_new_password_ends_all_but_one(void **state)
{
    struct error error = {0};
    (void)state;
    people_open(&people);
    int64_t now = time_now();
    struct session kept = open_session(now);
    struct session ended = open_session(now);
    people_must(credential_set(people.house.platform.credentials, people.connection, &people.ann,
                               "a new secret", &kept.id, &error),
                &error);
    session_forget(people.house.platform.sessions, &people.ann);
    assert_int_equal(find(kept.token, now), ERROR_NONE);
    assert_int_equal(find(ended.token, now), ERROR_SESSION_INVALID);
    people_close(&people);
}
