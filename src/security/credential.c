/*
 * credential.c - passwords: verified, remembered for a while, and guesses slowed down.
 *
 * Whoever is not remembered takes a place for hashing first, and only then looks again at what is
 * remembered and at the failures counted so far: so many threads of one client pay for one hash,
 * and a crowd of guesses is counted as if they came one by one.
 */
#include "security/credential.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/thread.h"
#include "base/time.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/application.h"
#include "security/directory_link.h"
#include "security/hashing.h"
#include "security/memory.h"
#include "security/source.h"
#include "security/tables.h"
#include "security/user.h"
#include "text/fold.h"
#include "text/utf8.h"

enum {
    NAME_BYTES_MAX = 400,
    FIRST_DELAY = 1000,
    LONGEST_SHIFT = 20,
    ASKING_PATIENCE = 250, /* ms that a caller waits until he may ask elsewhere */
};

struct credential_cache {
    struct arena *arena;
    const struct credential_options *_Atomic options;
    struct memory *memory;
    struct memory *sources;
    uint8_t key[SHA256_SIZE];
    struct hashing *hashing;
    pthread_mutex_t mutex; /* guards asking */
    pthread_cond_t may_ask;
    int asking;
};

/* What is remembered of a password that was verified. */
struct verified {
    struct password_proof proof;
    int64_t verified_at; /* monotonic */
    int64_t checked_at;  /* monotonic */
};

/* One attempt, as its steps see it. */
struct attempt {
    struct credential_cache *cache;
    struct arena *arena;
    struct connection *connection;
    const struct catalog *catalog;
    const struct password_claim *claim;
    const char *folded_name;
    const char *password;
    const char *source;                 /* address, or NULL */
    const struct uuid *session_id;      /* or NULL */
    bool is_known_source;               /* the name came in from the address before */
    uint8_t key[SHA256_SIZE];           /* of what is remembered */
    uint64_t forgotten;                 /* memory_forgotten, before anything was read */
    char name_digest[SHA256_TEXT_SIZE]; /* failures are counted under it */
    int64_t failures;                   /* so far */
    bool is_counted;                    /* there is a row of failures */
    struct credential_failure *failure; /* what it was, is noted there; or NULL */
};

/* ---- the cache ---- */

bool credential_cache_create(const struct credential_options *options,
                             struct credential_cache **cache_out, struct error *error)
{
    (void)error;
    expect(options->text_rules != NULL);
    struct arena *arena = arena_create();
    struct credential_cache *cache = arena_allocate(arena, sizeof(*cache));
    cache->arena = arena;
    cache->options = arena_copy(arena, options, sizeof(*options));
    cache->memory = memory_create(sizeof(struct verified));
    cache->sources = source_memory_create();
    random_bytes(cache->key, sizeof(cache->key));
    cache->hashing = hashing_make(arena, options->hashing, options->waiting);
    pthread_mutex_init(&cache->mutex, NULL);
    thread_condition_make(&cache->may_ask);
    *cache_out = cache;
    return true;
}

void credential_cache_change(struct credential_cache *cache,
                             const struct credential_options *options)
{
    cache->options = options;
}

void credential_cache_destroy(struct credential_cache **cache)
{
    if (*cache == NULL) {
        return;
    }
    struct arena *arena = (*cache)->arena;
    memory_destroy(&(*cache)->memory);
    memory_destroy(&(*cache)->sources);
    digest_wipe((*cache)->key, sizeof((*cache)->key));
    pthread_cond_destroy(&(*cache)->may_ask);
    pthread_mutex_destroy(&(*cache)->mutex);
    arena_destroy(&arena);
    *cache = NULL;
}

static bool is_of_user(const void *item, const struct uuid *user_id)
{
    return uuid_is_equal(&((const struct verified *)item)->proof.user_id, user_id);
}

void credential_forget(struct credential_cache *cache, const struct uuid *user_id)
{
    memory_forget_where(cache->memory, is_of_user, user_id);
}

/* As many may ask elsewhere at once as there are threads for it. Whoever finds no place for a
 * moment is refused: when the other side is slow, this one must not wait as a whole. */
static bool begin_asking(struct credential_cache *cache, struct error *error)
{
    struct timespec until = thread_moment_after(ASKING_PATIENCE);

    pthread_mutex_lock(&cache->mutex);
    while (cache->asking >= cache->options->asked_at_once &&
           pthread_cond_timedwait(&cache->may_ask, &cache->mutex, &until) == 0) {
    }
    bool has_place = cache->asking < cache->options->asked_at_once;
    cache->asking += has_place ? 1 : 0;
    pthread_mutex_unlock(&cache->mutex);
    return has_place || error_set(error, ERROR_DIRECTORY_UNAVAILABLE, NULL,
                                  "The directory of users has too many questions to answer");
}

static void end_asking(struct credential_cache *cache)
{
    pthread_mutex_lock(&cache->mutex);
    cache->asking--;
    pthread_cond_signal(&cache->may_ask);
    pthread_mutex_unlock(&cache->mutex);
}

/* ---- what is stored ---- */

struct stored_password {
    const char *hash;
    int64_t changes;
};

static bool select_password(struct connection *connection, struct arena *arena,
                            const struct uuid *user_id, bool is_locked,
                            struct stored_password *stored_out, bool *is_found_out,
                            struct error *error)
{
    static const char *const columns[] = {"password_hash", "changes"};
    const struct row_condition of_user = {"user_id", ROW_IS, cell_uuid(user_id)};
    const struct row_query query = {
        .table = &credential_table,
        .columns = columns,
        .column_count = 2,
        .conditions = &of_user,
        .condition_count = 1,
        .is_locked = is_locked,
    };
    struct row_set rows;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    *is_found_out = rows.count == 1;
    if (rows.count == 1) {
        stored_out->hash = row_cell(&rows, 0, 0)->text;
        stored_out->changes = row_cell(&rows, 0, 1)->integer;
    }
    return true;
}

static bool read_password(struct connection *connection, struct arena *arena,
                          const struct uuid *user_id, struct stored_password *stored_out,
                          bool *is_found_out, struct error *error)
{
    return select_password(connection, arena, user_id, false, stored_out, is_found_out, error);
}

/* Whether the password that is stored, or that there is none, is what was met. */
static bool is_state(bool is_found, const struct stored_password *stored,
                     const struct password_proof *proof)
{
    return is_found ? stored->changes == proof->changes : proof->changes == 0;
}

bool credential_hold(struct connection *connection, struct arena *arena,
                     const struct password_proof *proof, bool *is_same_out, struct error *error)
{
    struct stored_password stored = {0};
    bool is_found = false;

    if (!select_password(connection, arena, &proof->user_id, true, &stored, &is_found, error)) {
        return false;
    }
    *is_same_out = is_state(is_found, &stored, proof);
    return true;
}

/* ---- failures ---- */

static bool read_failures(struct attempt *attempt, struct error *error)
{
    static const char *const columns[] = {"failures", "failed_on", "wait_until"};
    const struct row_condition of_name = {"name_digest", ROW_IS, cell_text(attempt->name_digest)};
    const struct row_query query = {
        .table = &attempt_table,
        .columns = columns,
        .column_count = 3,
        .conditions = &of_name,
        .condition_count = 1,
    };
    struct row_set rows;
    int64_t now = time_now();
    if (!row_select(attempt->connection, attempt->arena, &query, &rows, error)) {
        return false;
    }
    attempt->is_counted = rows.count == 1;
    if (rows.count == 0) {
        return true;
    }
    if (row_cell(&rows, 0, 2)->moment > now) {
        return error_set(error, ERROR_TOO_MANY_ATTEMPTS, NULL,
                         "Too many failed attempts for this user name");
    }
    bool is_old = row_cell(&rows, 0, 1)->moment + attempt->cache->options->lock < now;
    attempt->failures = is_old ? 0 : row_cell(&rows, 0, 0)->integer;
    return true;
}

/* Each failure beyond the first few doubles the wait; the last shuts the account. */
static int64_t wait_after(const struct credential_options *options, int64_t failures)
{
    if (failures >= options->attempts) {
        return options->lock;
    }
    if (failures < options->delay_after) {
        return 0;
    }
    int64_t beyond = failures - options->delay_after;
    int64_t shift = beyond < LONGEST_SHIFT ? beyond : LONGEST_SHIFT;
    int64_t delay = (int64_t)FIRST_DELAY << shift;
    return delay < options->lock ? delay : options->lock;
}

static bool insert_failure(const struct attempt *attempt, const struct row_value *values,
                           size_t value_count, struct error *error)
{
    /* Old rows go when new ones come: names tried by nobody again do not pile up. */
    const struct row_condition is_old = {
        "failed_on", ROW_IS_BELOW, cell_moment(time_now() - 2 * attempt->cache->options->lock)};
    return row_delete(attempt->connection, attempt->arena, &attempt_table, &is_old, 1, NULL,
                      error) &&
           row_insert(attempt->connection, attempt->arena, &attempt_table, values, value_count,
                      error);
}

static bool count_failure(const struct attempt *attempt, struct error *error)
{
    int64_t now = time_now();
    int64_t failures = attempt->failures + 1;
    const struct row_value values[] = {
        {"failures", cell_integer(failures)},
        {"failed_on", cell_moment(now)},
        {"wait_until", cell_moment(now + wait_after(attempt->cache->options, failures))},
        {"name_digest", cell_text(attempt->name_digest)},
    };
    const struct row_condition of_name = {"name_digest", ROW_IS, cell_text(attempt->name_digest)};
    int64_t changed = 0;

    if (!row_update(attempt->connection, attempt->arena, &attempt_table, values, 3, &of_name, 1,
                    &changed, error)) {
        return false;
    }
    if (attempt->failure != NULL) {
        attempt->failure->is_counted = true;
        attempt->failure->is_locked_out = failures >= attempt->cache->options->attempts;
    }
    if (changed > 0 || insert_failure(attempt, values, 4, error)) {
        return true;
    }
    if (error->code != ERROR_DATABASE_UNIQUE) {
        return false;
    }
    error_clear(error); /* another node counted the same name first; its count is as good as ours */
    return true;
}

static bool forget_failures(const struct attempt *attempt, struct error *error)
{
    const struct row_condition of_name = {"name_digest", ROW_IS, cell_text(attempt->name_digest)};
    return !attempt->is_counted || row_delete(attempt->connection, attempt->arena, &attempt_table,
                                              &of_name, 1, NULL, error);
}

/* ---- addresses ---- */

/* Failures are counted by name. But where the name came in from before, and in a session that is
 * open, they are counted apart: so whoever guesses elsewhere shuts nobody out here. */
static bool find_count(struct attempt *attempt, struct error *error)
{
    const struct credential_options *options = attempt->cache->options;
    char digest[SHA256_TEXT_SIZE];

    if (attempt->session_id != NULL) {
        char session[UUID_TEXT_SIZE];
        uuid_format(attempt->session_id, session);
        source_digest(attempt->arena, attempt->folded_name, session, attempt->name_digest);
        attempt->is_known_source = true;
        return true;
    }
    if (attempt->source == NULL) {
        return true;
    }
    source_digest(attempt->arena, attempt->folded_name, attempt->source, digest);
    if (!source_is_known(attempt->arena, attempt->connection, digest,
                         time_now() - options->known_source, &attempt->is_known_source, error)) {
        return false;
    }
    if (attempt->is_known_source) {
        memcpy(attempt->name_digest, digest, sizeof(digest));
    }
    return true;
}

static bool note_source(const struct attempt *attempt, struct error *error)
{
    int64_t now = time_now();
    char digest[SHA256_TEXT_SIZE];

    if (attempt->source == NULL || attempt->session_id != NULL) {
        return true;
    }
    source_digest(attempt->arena, attempt->folded_name, attempt->source, digest);
    return source_note(attempt->arena, attempt->connection, digest, now,
                       now - attempt->cache->options->known_source, error);
}

/* ---- verifying ---- */

/* Looks for what is remembered, and asks the database when that is too long ago. */
static bool recall(const struct attempt *attempt, struct password_proof *proof_out,
                   bool *is_known_out, struct error *error)
{
    const struct credential_options *options = attempt->cache->options;
    int64_t now = time_monotonic();
    struct verified verified;
    struct stored_password stored = {0};
    bool is_found = false;

    *is_known_out = false;
    if (!memory_recall(attempt->cache->memory, attempt->key, &verified)) {
        return true;
    }
    if (now - verified.verified_at > options->remember) {
        memory_forget(attempt->cache->memory, attempt->key);
        return true;
    }
    if (now - verified.checked_at > options->recheck) {
        if (!read_password(attempt->connection, attempt->arena, &verified.proof.user_id, &stored,
                           &is_found, error)) {
            return false;
        }
        if (!is_state(is_found, &stored, &verified.proof)) {
            memory_forget(attempt->cache->memory, attempt->key);
            return true;
        }
        verified.checked_at = now;
        memory_set_unless_forgotten(attempt->cache->memory, attempt->key, &verified,
                                    attempt->forgotten);
    }
    *proof_out = verified.proof;
    *is_known_out = true;
    return true;
}

static void remember(const struct attempt *attempt, const struct password_proof *proof)
{
    int64_t now = time_monotonic();
    struct verified verified = {.proof = *proof, .verified_at = now, .checked_at = now};
    memory_set_unless_forgotten(attempt->cache->memory, attempt->key, &verified,
                                attempt->forgotten);
}

static bool refuse(struct error *error)
{
    return error_set(error, ERROR_CREDENTIALS_INVALID, NULL,
                     "User name or password is wrong, or the user is disabled");
}

/* Hashes once, whoever it is: the time must not tell which names exist. */
static bool verify(const struct attempt *attempt, struct password_proof *proof_out,
                   struct error *error)
{
    struct stored_password stored = {0};
    struct uuid user_id;
    bool is_found = false;

    if (!user_find(attempt->arena, attempt->connection, attempt->catalog, attempt->folded_name,
                   &user_id, &is_found, error)) {
        return false;
    }
    if (is_found &&
        !read_password(attempt->connection, attempt->arena, &user_id, &stored, &is_found, error)) {
        return false;
    }
    if (!is_found) {
        password_verify_nobody(attempt->password);
    }
    if (!is_found || !password_verify(stored.hash, attempt->password)) {
        return count_failure(attempt, error) && refuse(error);
    }
    if (!forget_failures(attempt, error) || !note_source(attempt, error)) {
        return false;
    }
    *proof_out = (struct password_proof){.user_id = user_id, .changes = stored.changes};
    remember(attempt, proof_out);
    return true;
}

/* Whether the password is one to be checked here: that of a user who has one, and what a program
 * sends. All else is, when there is somebody else to ask, asked there. */
static bool find_place(const struct attempt *attempt, bool *is_here_out, struct error *error)
{
    struct stored_password stored;
    struct user user;
    bool is_found = false;

    *is_here_out = attempt->claim->elsewhere == NULL;
    if (*is_here_out) {
        return true;
    }
    if (!user_find(attempt->arena, attempt->connection, attempt->catalog, attempt->folded_name,
                   &user.id, &is_found, error)) {
        return false;
    }
    if (!is_found) {
        return true;
    }
    struct uuid user_id = user.id;
    if (!user_read(attempt->arena, attempt->connection, attempt->catalog, &user_id, &user,
                   &is_found, error) ||
        !read_password(attempt->connection, attempt->arena, &user_id, &stored, is_here_out,
                       error)) {
        return false;
    }
    *is_here_out = *is_here_out || (is_found && user.is_application);
    return true;
}

static void spend_hash(const struct attempt *attempt)
{
    struct credential_cache *cache = attempt->cache;
    struct error ignored = {0};

    if (hashing_begin(cache->hashing, attempt->key, false, &ignored)) {
        password_verify_nobody(attempt->password);
        hashing_end(cache->hashing, attempt->key);
    }
}

/* A wrong password costs a hash too: by the time that passes, nobody knows whose password lies
 * where. */
static bool verify_elsewhere(const struct attempt *attempt, struct password_proof *proof_out,
                             struct error *error)
{
    const struct credential_elsewhere *elsewhere = attempt->claim->elsewhere;
    struct error words = {0};
    struct uuid user_id;
    bool is_right = false;

    if (!elsewhere->verify(elsewhere->context, attempt->claim, &user_id, &is_right, error)) {
        return false;
    }
    if (!is_right) {
        memcpy(words.cause, error->cause, sizeof(words.cause));
        spend_hash(attempt);
        if (!count_failure(attempt, error)) {
            return false;
        }
        refuse(error);
        return words.cause[0] == '\0' ? false : error_add_cause(error, "%s", words.cause);
    }
    if (!forget_failures(attempt, error) || !note_source(attempt, error)) {
        return false;
    }
    *proof_out = (struct password_proof){.user_id = user_id};
    remember(attempt, proof_out);
    return true;
}

/* Neither the name nor the address was tried in vain too often. */
static bool may_try(struct attempt *attempt, struct error *error)
{
    const struct credential_cache *cache = attempt->cache;
    return find_count(attempt, error) &&
           (attempt->is_known_source ||
            source_check(cache->sources, &cache->options->sources, attempt->source, error)) &&
           read_failures(attempt, error);
}

static bool verify_with(struct attempt *attempt,
                        bool (*check)(const struct attempt *attempt,
                                      struct password_proof *proof_out, struct error *error),
                        struct password_proof *proof_out, struct error *error)
{
    struct credential_cache *cache = attempt->cache;
    bool is_known = false;
    bool done = recall(attempt, proof_out, &is_known, error) &&
                (is_known || (may_try(attempt, error) && check(attempt, proof_out, error)));
    if (!done && error->code == ERROR_CREDENTIALS_INVALID) {
        source_count_failure(cache->sources, &cache->options->sources, attempt->source);
    }
    return done;
}

static bool verify_in_turn(struct attempt *attempt, struct password_proof *proof_out,
                           struct error *error)
{
    struct credential_cache *cache = attempt->cache;
    bool is_here = false;
    bool done = false;
    if (!find_place(attempt, &is_here, error)) {
        return false;
    }
    if (is_here) {
        bool may_wait =
            !source_has_failed(cache->sources, &cache->options->sources, attempt->source);
        if (!hashing_begin(cache->hashing, attempt->key, may_wait, error)) {
            return false;
        }
        done = verify_with(attempt, verify, proof_out, error);
        hashing_end(cache->hashing, attempt->key);
    } else if (begin_asking(cache, error)) {
        done = verify_with(attempt, verify_elsewhere, proof_out, error);
        end_asking(cache);
    }
    return done;
}

/* ---- the secrets of programs ---- */

/* The secret that goes with a name, or NULL. */
static bool find_secret(const struct attempt *attempt, struct uuid *user_id_out,
                        const char **secret_out, struct error *error)
{
    bool is_found = false;

    *secret_out = NULL;
    if (attempt->cache->options->seal_key == NULL) {
        return true;
    }
    return user_find(attempt->arena, attempt->connection, attempt->catalog, attempt->folded_name,
                     user_id_out, &is_found, error) &&
           (!is_found || application_read_secret(attempt->arena, attempt->connection,
                                                 attempt->cache->options->seal_key, user_id_out,
                                                 secret_out, error));
}

static bool is_secret(const char *secret, const char *password)
{
    size_t length = secret == NULL ? 0 : strlen(secret);

    return length > 0 && strlen(password) == length && digest_is_equal(secret, password, length);
}

/* Comparing takes no time, so nothing of it is remembered, and a new secret counts at once. */
static bool try_secret(const struct attempt *attempt, struct password_proof *proof_out,
                       bool *is_right_out, struct error *error)
{
    const char *secret = NULL;
    struct uuid user_id;

    if (!find_secret(attempt, &user_id, &secret, error)) {
        return false;
    }
    *is_right_out = is_secret(secret, attempt->password);
    if (*is_right_out) {
        *proof_out = (struct password_proof){.user_id = user_id};
    }
    return true;
}

static bool is_digest(const struct attempt *attempt, const struct digest_claim *claim,
                      const char *secret)
{
    size_t created = strlen(claim->created);
    size_t length = claim->nonce_length + created + strlen(secret);
    unsigned char *bytes = arena_allocate(attempt->arena, length);
    uint8_t digest[SHA1_SIZE];

    memcpy(bytes, claim->nonce, claim->nonce_length);
    memcpy(bytes + claim->nonce_length, claim->created, created);
    memcpy(bytes + claim->nonce_length + created, secret, strlen(secret));
    digest_sha1(bytes, length, digest);
    digest_wipe(bytes, length);
    return claim->digest_length == SHA1_SIZE && digest_is_equal(digest, claim->digest, SHA1_SIZE);
}

/* The key of what is remembered covers name and password, with their border. */
static void make_keys(struct attempt *attempt)
{
    size_t name_length = strlen(attempt->folded_name);
    size_t password_length = strlen(attempt->password);
    char *both = arena_allocate(attempt->arena, name_length + 1 + password_length);
    uint8_t name_digest[SHA256_SIZE];

    memcpy(both, attempt->folded_name, name_length + 1);
    memcpy(both + name_length + 1, attempt->password, password_length);
    digest_hmac_sha256(attempt->cache->key, sizeof(attempt->cache->key), both,
                       name_length + 1 + password_length, attempt->key);
    digest_wipe(both, name_length + 1 + password_length);

    digest_sha256(attempt->folded_name, name_length, name_digest);
    digest_format(name_digest, attempt->name_digest);
}

bool credential_is_name(const char *name)
{
    size_t length = strnlen(name, NAME_BYTES_MAX + 1);

    return length > 0 && length <= NAME_BYTES_MAX && text_is_valid_utf8(name, length);
}

bool credential_verify(struct credential_cache *cache, struct connection *connection,
                       const struct catalog *catalog, const struct password_claim *claim,
                       struct password_proof *proof_out, struct error *error)
{
    if (!credential_is_name(claim->user_name) ||
        strnlen(claim->password, PASSWORD_BYTES_MAX + 1) > PASSWORD_BYTES_MAX) {
        return refuse(error);
    }

    struct arena *arena = arena_create();
    struct attempt attempt = {
        .session_id = claim->session_id,
        .cache = cache,
        .forgotten = memory_forgotten(cache->memory),
        .arena = arena,
        .connection = connection,
        .catalog = catalog,
        .claim = claim,
        .folded_name = text_fold(arena, cache->options->text_rules, claim->user_name),
        .password = claim->password,
        .source = claim->source,
        .failure = claim->failure,
    };
    bool is_known = false;
    make_keys(&attempt);
    bool done =
        recall(&attempt, proof_out, &is_known, error) &&
        (is_known || !claim->takes_secret || try_secret(&attempt, proof_out, &is_known, error)) &&
        (is_known || verify_in_turn(&attempt, proof_out, error));
    arena_destroy(&arena);
    return done;
}

/* A right digest is let in whatever others have tried; a wrong one is counted like a password. */
static bool check_digest(struct attempt *attempt, const struct digest_claim *claim,
                         struct uuid *user_id_out, struct error *error)
{
    struct credential_cache *cache = attempt->cache;
    const char *secret = NULL;
    struct uuid user_id;

    if (!find_secret(attempt, &user_id, &secret, error)) {
        return false;
    }
    bool is_right = is_digest(attempt, claim, secret == NULL ? "" : secret) && secret != NULL;
    if (is_right) {
        *user_id_out = user_id;
        return true;
    }
    if (!may_try(attempt, error)) {
        return false;
    }
    source_count_failure(cache->sources, &cache->options->sources, attempt->source);
    return count_failure(attempt, error) && refuse(error);
}

bool credential_verify_digest(struct credential_cache *cache, struct connection *connection,
                              const struct catalog *catalog, const struct digest_claim *claim,
                              struct uuid *user_id_out, struct error *error)
{
    if (!credential_is_name(claim->user_name)) {
        return refuse(error);
    }

    struct arena *arena = arena_create();
    struct attempt attempt = {
        .cache = cache,
        .arena = arena,
        .connection = connection,
        .catalog = catalog,
        .folded_name = text_fold(arena, cache->options->text_rules, claim->user_name),
        .password = "",
        .source = claim->source,
        .failure = claim->failure,
    };
    make_keys(&attempt);
    bool done = check_digest(&attempt, claim, user_id_out, error);
    arena_destroy(&arena);
    return done;
}

/* ---- setting ---- */

bool credential_check_strength(const struct credential_cache *cache, const char *parameter,
                               const char *password, struct error *error)
{
    int minimum_length = cache->options->minimum_length;
    size_t length = strnlen(password, PASSWORD_BYTES_MAX + 1);
    if (length > PASSWORD_BYTES_MAX) {
        return error_set(error, ERROR_PASSWORD_WEAK, parameter,
                         "The password may have at most %d bytes", (int)PASSWORD_BYTES_MAX);
    }
    if (!text_is_valid_utf8(password, length)) {
        return error_set(error, ERROR_PASSWORD_WEAK, parameter, "The password must be UTF-8");
    }
    if (text_count_characters(password) < (size_t)minimum_length) {
        return error_set(error, ERROR_PASSWORD_WEAK, parameter,
                         "The password must have at least %d characters", minimum_length);
    }
    return true;
}

static bool store_password(struct connection *connection, struct arena *arena,
                           const struct uuid *user_id, const char *hash, struct error *error)
{
    struct stored_password stored = {0};
    bool is_found = false;
    if (!select_password(connection, arena, user_id, true, &stored, &is_found, error)) {
        return false;
    }
    const struct row_value values[] = {
        {"password_hash", cell_text(hash)},
        {"changes", cell_integer(stored.changes + 1)},
        {"changed_on", cell_moment(time_now())},
        {"user_id", cell_uuid(user_id)},
    };
    const struct row_condition of_user = {"user_id", ROW_IS, cell_uuid(user_id)};
    if (is_found) {
        return row_update(connection, arena, &credential_table, values, 3, &of_user, 1, NULL,
                          error);
    }
    if (row_insert(connection, arena, &credential_table, values, 4, error)) {
        return true;
    }
    /* Somebody else gave him his first password at the same moment: once more, then. */
    return error->code == ERROR_DATABASE_UNIQUE
               ? error_set(error, ERROR_DATABASE_CONFLICT, NULL, "Two passwords were set at once")
               : false;
}

static bool end_sessions(struct connection *connection, struct arena *arena,
                         const struct uuid *user_id, const struct uuid *keep, struct error *error)
{
    const struct row_condition conditions[] = {
        {"user_id", ROW_IS, cell_uuid(user_id)},
        {"id", ROW_IS_NOT, keep != NULL ? cell_uuid(keep) : cell_null(COLUMN_UUID)},
    };
    return row_delete(connection, arena, &session_table, conditions, keep != NULL ? 2 : 1, NULL,
                      error);
}

bool credential_exists(struct connection *connection, const struct uuid *user_id, bool *exists_out,
                       struct error *error)
{
    struct arena *arena = arena_create();
    struct stored_password stored;
    bool done = read_password(connection, arena, user_id, &stored, exists_out, error);
    arena_destroy(&arena);
    return done;
}

bool credential_hash(struct credential_cache *cache, struct arena *arena, const char *password,
                     const char **hash_out, struct error *error)
{
    if (!credential_check_strength(cache, "password", password, error)) {
        return false;
    }
    uint8_t key[SHA256_SIZE]; /* waits for nobody in particular */
    random_bytes(key, sizeof(key));
    if (!hashing_begin(cache->hashing, key, true, error)) {
        return false;
    }
    bool done = password_hash(arena, password, hash_out, error);
    hashing_end(cache->hashing, key);
    return done;
}

bool credential_store(struct credential_cache *cache, struct connection *connection,
                      const struct uuid *user_id, const char *hash, const struct uuid *keep_session,
                      struct error *error)
{
    struct arena *arena = arena_create();
    bool done = store_password(connection, arena, user_id, hash, error) &&
                end_sessions(connection, arena, user_id, keep_session, error);
    arena_destroy(&arena);
    credential_forget(cache, user_id);
    return done;
}

bool credential_remove(struct credential_cache *cache, struct connection *connection,
                       const struct uuid *user_id, struct error *error)
{
    struct arena *arena = arena_create();
    const struct row_condition of_user = {"user_id", ROW_IS, cell_uuid(user_id)};
    const struct row_condition held = {"principal_id", ROW_IS, cell_uuid(user_id)};
    bool done = end_sessions(connection, arena, user_id, NULL, error) &&
                row_delete(connection, arena, &credential_table, &of_user, 1, NULL, error) &&
                application_remove(arena, connection, user_id, error) &&
                row_delete(connection, arena, &principal_role_table, &held, 1, NULL, error) &&
                directory_link_remove(connection, arena, user_id, error);
    arena_destroy(&arena);
    credential_forget(cache, user_id);
    return done;
}
