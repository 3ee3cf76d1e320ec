/*
 * test_session.c - sessions: opened, found, expired, ended.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "database/database.h"
#include "metadata/catalog.h"
#include "security/authorise.h"
#include "security/credential.h"
#include "security/identity.h"
#include "security/people.h"
#include "security/scope.h"
#include "security/session.h"

static struct people people;

static struct session open_scoped(const struct scope *scope, int64_t now)
{
    const struct session_grant grant = {
        .user_id = people.ann, .application = "a test", .scope = scope};
    struct session session;
    struct error error = {0};
    people_must(session_open(people.house.platform.sessions, people.connection, &grant, now,
                             &session, &error),
                &error);
    return session;
}

static struct session open_session(int64_t now)
{
    return open_scoped(NULL, now);
}

static enum error_code find_in(struct session_cache *cache, const char *token, int64_t now)
{
    struct session_use use;
    struct error error = {0};
    bool done = session_find(cache, people.arena, people.connection, people.house.platform.catalog,
                             token, now, &use, &error);
    assert_int_equal(done, error.code == ERROR_NONE);
    if (done) {
        assert_true(uuid_is_equal(&use.identity->user_id, &people.ann));
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

/* Nor does it last as much longer as the clock was set back. */
void test_session__does_not_come_to_life_again(void **state)
{
    (void)state;
    people_open(&people);
    int64_t now = time_now();
    struct session session = open_session(now);
    assert_int_equal(find(session.token, now + 60001), ERROR_SESSION_INVALID);
    assert_int_equal(find(session.token, now), ERROR_SESSION_INVALID);
    session = open_session(now);
    assert_int_equal(find(session.token, now + 600000), ERROR_SESSION_INVALID);
    assert_int_equal(find(session.token, now), ERROR_SESSION_INVALID);
    session = open_session(now + 3600000);
    assert_int_equal(find(session.token, now), ERROR_NONE); /* set back by an hour, then used */
    assert_int_equal(find(session.token, now + 60001), ERROR_SESSION_INVALID);
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

/* ---- what changes just when it was read ---- */

/* Changes something once, between reading and remembering. */
struct meddler {
    void (*change)(struct meddler *meddler);
    struct session_cache *cache;
    struct session session;
    int calls_left; /* until it changes something */
};

static void meddle(void *context)
{
    struct meddler *meddler = context;
    if (meddler->calls_left-- == 0) {
        meddler->change(meddler);
    }
}

static void end_session(struct meddler *meddler)
{
    struct error error = {0};
    people_must(session_close(meddler->cache, people.connection, &meddler->session.id, &error),
                &error);
}

static void end_all_sessions(struct meddler *meddler)
{
    struct error error = {0};
    int64_t ended = 0;
    people_must(session_close_all(meddler->cache, people.connection, &people.ann, &ended, &error),
                &error);
}

static void disable_user(struct meddler *meddler)
{
    people_disable_user(&people, &people.ann, true);
    session_forget(meddler->cache, &people.ann);
}

static void disable_unit(struct meddler *meddler)
{
    people_disable_unit(&people, &people.root, true);
    session_forget_all(meddler->cache);
}

/* Whoever was asking meanwhile may have been answered; nobody after him is. */
static void expect_end(void (*change)(struct meddler *meddler), const struct scope *scope, int call)
{
    struct meddler meddler = {.change = change, .calls_left = call};
    const struct session_options options = {.idle = 60000,
                                            .absolute = 600000,
                                            .recheck = 600000,
                                            .has_read = meddle,
                                            .context = &meddler};
    people_open(&people);
    int64_t now = time_now();
    meddler.cache = session_cache_create(&options);
    meddler.session = open_scoped(scope, now);
    (void)find_in(meddler.cache, meddler.session.token, now);
    assert_true(meddler.calls_left < 0);
    assert_int_equal(find_in(meddler.cache, meddler.session.token, now), ERROR_SESSION_INVALID);
    session_cache_destroy(&meddler.cache);
    people_close(&people);
}

enum { SESSION_READ, IDENTITY_READ, NARROWED_READ };

void test_session__what_ended_while_it_was_read_is_not_remembered(void **state)
{
    (void)state;
    expect_end(end_session, NULL, SESSION_READ);
    expect_end(end_all_sessions, NULL, SESSION_READ);
}

void test_session__who_was_shut_out_while_he_was_read_is_not_remembered(void **state)
{
    const struct scope reading = {.is_read_only = true};
    (void)state;
    expect_end(disable_user, NULL, IDENTITY_READ);
    expect_end(disable_unit, NULL, IDENTITY_READ);
    expect_end(disable_user, &reading, IDENTITY_READ);
    expect_end(disable_user, &reading, NARROWED_READ);
    expect_end(disable_unit, &reading, NARROWED_READ);
}

void test_session__a_new_password_ends_all_but_one(void **state)
{
    struct error error = {0};
    (void)state;
    people_open(&people);
    int64_t now = time_now();
    struct session kept = open_session(now);
    struct session ended = open_session(now);
    people_must(people_set_password(&people, &people.ann, "a new secret", &kept.id, &error),
                &error);
    session_forget(people.house.platform.sessions, &people.ann);
    assert_int_equal(find(kept.token, now), ERROR_NONE);
    assert_int_equal(find(ended.token, now), ERROR_SESSION_INVALID);
    people_close(&people);
}

/* ---- scopes ---- */

static const struct identity *identity_of(const char *token, int64_t now)
{
    struct session_use use;
    struct error error = {0};
    people_must(session_find(people.house.platform.sessions, people.arena, people.connection,
                             people.house.platform.catalog, token, now, &use, &error),
                &error);
    return use.identity;
}

static bool may(const struct identity *identity, const char *entity, enum right right)
{
    struct error error = {0};
    const struct catalog *catalog = people.house.platform.catalog;
    bool done = authorise_privilege(identity, catalog_find_entity(catalog, entity), right, &error);
    assert_int_equal(done, error.code != ERROR_NOT_ALLOWED);
    return done;
}

void test_session__a_scope_narrows_the_identity_itself(void **state)
{
    const struct scope accounts = {.entities = "Account Contact"};
    const struct scope reading = {.entities = "Account", .is_read_only = true};
    struct error error = {0};
    (void)state;
    people_open(&people);
    (void)people_give(&people, &people.ann, "system-administrator");
    int64_t now = time_now();
    struct session whole = open_session(now);
    struct session narrow = open_scoped(&accounts, now);
    struct session narrower = open_scoped(&reading, now);

    for (int count = 0; count < 2; count++) { /* from the database, then from memory */
        const struct identity *identity = identity_of(narrow.token, now);
        assert_true(may(identity, "Account", RIGHT_WRITE));
        assert_true(may(identity, "Contact", RIGHT_DELETE));
        assert_false(may(identity, "Lead", RIGHT_READ));
        assert_false(authorise_administration(identity, &error));
        assert_false(authorise_credentials(identity, &error));

        identity = identity_of(narrower.token, now);
        assert_true(may(identity, "Account", RIGHT_READ));
        assert_false(may(identity, "Account", RIGHT_WRITE));
        assert_false(may(identity, "Contact", RIGHT_READ));

        identity = identity_of(whole.token, now);
        assert_true(may(identity, "Lead", RIGHT_DELETE));
        assert_true(authorise_administration(identity, &error));
    }
    people_close(&people);
}

void test_session__a_scope_never_gives(void **state)
{
    const struct scope leads = {.entities = "Lead"};
    const struct scope nothing = {.entities = "", .operations = ""};
    struct error error = {0};
    (void)state;
    people_open(&people);
    int64_t now = time_now();
    struct session session = open_scoped(&leads, now);
    assert_false(may(identity_of(session.token, now), "Lead", RIGHT_READ)); /* Ann has no role */
    (void)people_give(&people, &people.ann, "system-administrator");
    session_forget(people.house.platform.sessions, &people.ann);
    assert_true(may(identity_of(session.token, now), "Lead", RIGHT_READ));
    session = open_scoped(&nothing, now);
    assert_false(may(identity_of(session.token, now), "Lead", RIGHT_READ));
    assert_false(authorise_operation(identity_of(session.token, now), "WhoAmI", &error));
    people_close(&people);
}

void test_session__operations_are_left_out_by_their_whole_name(void **state)
{
    const struct scope scope = {.operations = "RetrieveAccount WhoAmI"};
    struct error error = {0};
    (void)state;
    people_open(&people);
    int64_t now = time_now();
    const struct identity *identity = identity_of(open_scoped(&scope, now).token, now);
    assert_true(authorise_operation(identity, "RetrieveAccount", &error));
    assert_true(authorise_operation(identity, "WhoAmI", &error));
    assert_false(authorise_operation(identity, "Retrieve", &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    assert_false(authorise_operation(identity, "RetrieveAccounts", &error));
    assert_false(authorise_operation(identity, "", &error));
    people_close(&people);
}

void test_session__lists_those_that_are_open(void **state)
{
    const struct scope scope = {.entities = "Account", .is_read_only = true};
    struct session_cache *cache = NULL;
    struct session_entry *entries = NULL;
    int64_t ended = 0;
    struct error error = {0};
    size_t count = 0;
    (void)state;
    people_open(&people);
    cache = people.house.platform.sessions;
    int64_t now = time_now();
    struct session first = open_session(now);
    struct session second = open_scoped(&scope, now + 50000);
    people_must(session_list(cache, people.arena, people.connection, &people.ann, now + 50000, 100,
                             &entries, &count, &error),
                &error);
    assert_int_equal(count, 2);
    assert_true(uuid_is_equal(&entries[0].id, &first.id));
    assert_null(entries[0].scope);
    assert_string_equal(entries[0].application, "a test");
    assert_string_equal(entries[1].scope->entities, "Account");
    assert_null(entries[1].scope->operations);
    assert_true(entries[1].scope->is_read_only);
    people_must(session_list(cache, people.arena, people.connection, &people.ann, now + 61000, 100,
                             &entries, &count, &error),
                &error);
    assert_int_equal(count, 1); /* the first has been idle for too long */
    assert_true(uuid_is_equal(&entries[0].id, &second.id));
    people_must(session_close_all(cache, people.connection, &people.ann, &ended, &error), &error);
    assert_int_equal(ended, 2);
    assert_int_equal(find(second.token, now + 50000), ERROR_SESSION_INVALID);
    people_close(&people);
}

/* ---- a password that changes while its owner logs in ---- */

void test_session__is_not_opened_on_a_password_that_has_changed(void **state)
{
    const struct password_claim claim = {.user_name = "Ann", .password = "the old secret"};
    struct credential_cache *credentials = NULL;
    struct password_proof proof;
    struct session session;
    struct error error = {0};
    (void)state;
    people_open(&people);
    credentials = people.house.platform.credentials;
    people_must(people_set_password(&people, &people.ann, claim.password, NULL, &error), &error);
    people_must(credential_verify(credentials, people.connection, people.house.platform.catalog,
                                  &claim, &proof, &error),
                &error);
    const struct session_grant grant = {.user_id = proof.user_id, .proof = &proof};
    people_must(session_open(people.house.platform.sessions, people.connection, &grant, time_now(),
                             &session, &error),
                &error);
    /* Between verifying and opening somebody changes the password. */
    people_must(people_set_password(&people, &people.ann, "a new secret", NULL, &error), &error);
    assert_false(session_open(people.house.platform.sessions, people.connection, &grant, time_now(),
                              &session, &error));
    assert_int_equal(error.code, ERROR_CREDENTIALS_INVALID);
    people_close(&people);
}

enum { RACES = 12 };

struct racer {
    pthread_t thread;
    struct connection *connection;
    bool is_done;
};

static void *log_in_often(void *context)
{
    struct racer *racer = context;
    const struct password_claim claim = {.user_name = "Ann", .password = "the old secret"};
    struct session session;
    struct error error = {0};
    struct password_proof proof;

    /* Until the new password is there: then the old one opens nothing. */
    while (credential_verify(people.house.platform.credentials, racer->connection,
                             people.house.platform.catalog, &claim, &proof, &error)) {
        const struct session_grant grant = {.user_id = proof.user_id, .proof = &proof};
        if (!session_open(people.house.platform.sessions, racer->connection, &grant, time_now(),
                          &session, &error) &&
            error.code != ERROR_DATABASE_CONFLICT) {
            break;
        }
    }
    racer->is_done = true;
    return NULL;
}

void test_session__none_outlives_the_password_it_was_opened_with(void **state)
{
    struct racer racer = {.is_done = false};
    struct session_entry *entries = NULL;
    struct error error = {0};
    size_t count = 0;
    (void)state;
    people_open(&people);
    people_must(database_acquire(people.house.platform.database, &racer.connection, &error),
                &error);
    for (int race = 0; race < RACES; race++) {
        people_must(people_set_password(&people, &people.ann, "the old secret", NULL, &error),
                    &error);
        assert_int_equal(pthread_create(&racer.thread, NULL, log_in_often, &racer), 0);
        usleep(150000); /* some of the way into it */
        while (!people_set_password(&people, &people.ann, "a new secret", NULL, &error)) {
            assert_int_equal(error.code, ERROR_DATABASE_CONFLICT);
        }
        pthread_join(racer.thread, NULL);
        people_must(session_list(people.house.platform.sessions, people.arena, people.connection,
                                 &people.ann, time_now(), 100, &entries, &count, &error),
                    &error);
        assert_int_equal(count, 0);
    }
    database_release(&racer.connection);
    people_close(&people);
}
