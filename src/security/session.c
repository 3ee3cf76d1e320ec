/*
 * session.c - sessions in the database, and for a moment in memory.
 *
 * Two memories: which token belongs to which session, and what the roles of a user add up to.
 * Both are asked again after options.recheck.
 */
#include "security/session.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "crypto/random.h"
#include "crypto/token.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/credential.h"
#include "security/memory.h"
#include "security/report.h"
#include "security/scope.h"
#include "security/tables.h"

enum { IDENTITIES = 256, USE_NOTED = 60000, APPLICATION_BYTES_MAX = 100 };

/* An identity remembered; each has an arena of its own, so that it can be replaced. */
struct known_identity {
    struct arena *arena;
    struct uuid key;                 /* the user, or the session whose scope narrowed him */
    const struct identity *identity; /* NULL: none */
    int64_t revision;                /* of the catalog it was made for */
    int64_t loaded_at;               /* monotonic */
};

/* What is known before something is read that will be remembered. */
struct reading {
    int64_t loaded_at; /* monotonic */
    int64_t forgotten; /* how often identities were forgotten */
};

struct session_cache {
    struct arena *arena;
    const struct session_options *_Atomic options;
    struct memory *sessions;
    pthread_mutex_t mutex; /* guards what follows */
    int64_t forgotten;     /* how often identities were forgotten */
    struct known_identity identities[IDENTITIES];
};

/* What is remembered of a session. */
struct known_session {
    struct uuid user_id;
    struct uuid id;
    int64_t used_on; /* moments */
    int64_t expires_on;
    bool is_scoped;
    char application[APPLICATION_BYTES_MAX + 1]; /* empty: none */
    int64_t checked_at;                          /* monotonic */
};

static bool is_of_user(const void *item, const struct uuid *user_id)
{
    return uuid_is_equal(&((const struct known_session *)item)->user_id, user_id);
}

static bool is_session(const void *item, const struct uuid *session_id)
{
    return uuid_is_equal(&((const struct known_session *)item)->id, session_id);
}

/* ---- the cache ---- */

struct session_cache *session_cache_create(const struct session_options *options)
{
    struct arena *arena = arena_create();
    struct session_cache *cache = arena_allocate(arena, sizeof(*cache));
    cache->arena = arena;
    cache->options = arena_copy(arena, options, sizeof(*options));
    cache->sessions = memory_create(sizeof(struct known_session));
    pthread_mutex_init(&cache->mutex, NULL);
    return cache;
}

void session_cache_destroy(struct session_cache **cache)
{
    if (*cache == NULL) {
        return;
    }
    struct arena *arena = (*cache)->arena;
    for (size_t index = 0; index < IDENTITIES; index++) {
        arena_destroy(&(*cache)->identities[index].arena);
    }
    memory_destroy(&(*cache)->sessions);
    pthread_mutex_destroy(&(*cache)->mutex);
    arena_destroy(&arena);
    *cache = NULL;
}

void session_cache_change(struct session_cache *cache, const struct session_options *options)
{
    cache->options = options;
}

static void tell_read(const struct session_cache *cache)
{
    const struct session_options *options = cache->options;

    if (options->has_read != NULL) {
        options->has_read(options->context);
    }
}

/* ---- identities ---- */

/* The last byte of an id is random. */
static struct known_identity *place_of(struct session_cache *cache, const struct uuid *key)
{
    return &cache->identities[key->bytes[15] % IDENTITIES];
}

static const struct identity *recall_identity(struct session_cache *cache, struct arena *arena,
                                              const struct catalog *catalog, const struct uuid *key,
                                              struct reading *reading_out)
{
    const struct identity *copy = NULL;
    /* The time before reading: what another node changes while we read is asked again soon. */
    struct reading reading = {.loaded_at = time_monotonic()};
    pthread_mutex_lock(&cache->mutex);
    reading.forgotten = cache->forgotten;
    const struct known_identity *known = place_of(cache, key);
    if (known->identity != NULL && known->revision == catalog->revision &&
        uuid_is_equal(&known->key, key) &&
        reading.loaded_at - known->loaded_at <= cache->options->recheck) {
        copy = identity_copy(arena, known->identity, catalog);
        reading.loaded_at = known->loaded_at;
    }
    pthread_mutex_unlock(&cache->mutex);
    *reading_out = reading;
    return copy;
}

/* What was forgotten while it was read may have changed in between. */
static void remember_identity(struct session_cache *cache, const struct catalog *catalog,
                              const struct uuid *key, const struct identity *identity,
                              const struct reading *reading)
{
    tell_read(cache);
    pthread_mutex_lock(&cache->mutex);
    if (cache->forgotten != reading->forgotten) {
        pthread_mutex_unlock(&cache->mutex);
        return;
    }
    struct known_identity *known = place_of(cache, key);
    if (known->arena == NULL) {
        known->arena = arena_create();
    }
    arena_reset(known->arena);
    known->key = *key;
    known->identity = identity_copy(known->arena, identity, catalog);
    known->revision = catalog->revision;
    known->loaded_at = reading->loaded_at;
    pthread_mutex_unlock(&cache->mutex);
}

/* Forgets him, and what the scopes of his sessions made of him. */
static void forget_identity(struct session_cache *cache, const struct uuid *user_id)
{
    pthread_mutex_lock(&cache->mutex);
    cache->forgotten++;
    for (size_t index = 0; index < IDENTITIES; index++) {
        struct known_identity *known = &cache->identities[index];
        if (known->identity != NULL && uuid_is_equal(&known->identity->user_id, user_id)) {
            known->identity = NULL;
        }
    }
    pthread_mutex_unlock(&cache->mutex);
}

static bool find_whole(struct session_cache *cache, struct arena *arena,
                       struct connection *connection, const struct catalog *catalog,
                       const struct uuid *user_id, struct reading *reading_out,
                       const struct identity **identity_out, struct error *error)
{
    const struct identity *identity = recall_identity(cache, arena, catalog, user_id, reading_out);
    if (identity == NULL) {
        if (!identity_load(arena, connection, catalog, user_id, &identity, error) ||
            !report_add(arena, connection, catalog, identity, cache->options->levels, &identity,
                        error)) {
            return false;
        }
        remember_identity(cache, catalog, user_id, identity, reading_out);
    }
    *identity_out = identity;
    return true;
}

bool session_identity(struct session_cache *cache, struct arena *arena,
                      struct connection *connection, const struct catalog *catalog,
                      const struct uuid *user_id, const struct identity **identity_out,
                      struct error *error)
{
    struct reading reading;
    return find_whole(cache, arena, connection, catalog, user_id, &reading, identity_out, error);
}

void session_forget(struct session_cache *cache, const struct uuid *user_id)
{
    memory_forget_where(cache->sessions, is_of_user, user_id);
    forget_identity(cache, user_id);
}

static void forget_identities(struct session_cache *cache)
{
    pthread_mutex_lock(&cache->mutex);
    cache->forgotten++;
    for (size_t index = 0; index < IDENTITIES; index++) {
        cache->identities[index].identity = NULL;
    }
    pthread_mutex_unlock(&cache->mutex);
}

static bool is_any(const void *item, const struct uuid *id)
{
    (void)item;
    (void)id;
    return true;
}

void session_forget_all(struct session_cache *cache)
{
    memory_forget_where(cache->sessions, is_any, NULL);
    forget_identities(cache);
}

/* ---- sessions ---- */

/* The client's name for itself is kept for people to read, no longer than its column. */
static const char *shorten(struct arena *arena, const char *application)
{
    size_t length = application == NULL ? 0 : strlen(application);
    if (length <= APPLICATION_BYTES_MAX) {
        return application;
    }
    length = APPLICATION_BYTES_MAX;
    while (length > 0 && ((unsigned char)application[length] & 0xC0) == 0x80) {
        length--;
    }
    return arena_copy_part(arena, application, length);
}

static struct cell cell_of_list(const char *list)
{
    return list == NULL ? cell_null(COLUMN_TEXT) : cell_text(list);
}

static bool insert_session(struct connection *connection, struct arena *arena,
                           const struct known_session *known, const char *digest,
                           const struct session_grant *grant, struct error *error)
{
    static const struct scope whole = {.operations = NULL};
    const struct scope *scope = grant->scope == NULL ? &whole : grant->scope;

    const struct row_condition is_over[] = {
        {"user_id", ROW_IS, cell_uuid(&known->user_id)},
        {"expires_on", ROW_IS_BELOW, cell_moment(known->used_on)},
    };
    const struct row_value values[] = {
        {"id", cell_uuid(&known->id)},
        {"token_digest", cell_text(digest)},
        {"user_id", cell_uuid(&known->user_id)},
        {"application", cell_text(shorten(arena, grant->application))},
        {"created_on", cell_moment(known->used_on)},
        {"used_on", cell_moment(known->used_on)},
        {"expires_on", cell_moment(known->expires_on)},
        {"scope_operations", cell_of_list(scope->operations)},
        {"scope_entities", cell_of_list(scope->entities)},
        {"is_read_only", cell_boolean(scope->is_read_only)},
    };
    return row_delete(connection, arena, &session_table, is_over, 2, NULL, error) &&
           row_insert(connection, arena, &session_table, values, 10, error);
}

/* A password that changes while its owner logs in either waits until his session is there, and
 * ends it, or was there first, and the session is not opened. */
static bool hold_proof(struct connection *connection, struct arena *arena,
                       const struct password_proof *proof, struct error *error)
{
    bool is_same = true;

    if (proof != NULL && !credential_hold(connection, arena, proof, &is_same, error)) {
        return false;
    }
    return is_same || error_set(error, ERROR_CREDENTIALS_INVALID, NULL,
                                "The password was changed while you were logging in");
}

static bool store_session(struct connection *connection, struct arena *arena,
                          const struct known_session *known, const char *digest,
                          const struct session_grant *grant, const struct session *session,
                          struct error *error)
{
    if (!connection_begin(connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    if (!hold_proof(connection, arena, grant->proof, error) ||
        !insert_session(connection, arena, known, digest, grant, error) ||
        (grant->note != NULL && !grant->note(grant->context, session, error))) {
        connection_rollback(connection);
        return false;
    }
    return connection_commit(connection, error);
}

bool session_open(struct session_cache *cache, struct connection *connection,
                  const struct session_grant *grant, int64_t now, struct session *session_out,
                  struct error *error)
{
    struct arena *arena = arena_create();
    struct session session = {.expires = now + cache->options->absolute};
    char digest[TOKEN_DIGEST_SIZE];
    uint8_t random[10];
    bool done = false;

    random_bytes(random, sizeof(random));
    session.id = uuid_make(now, random);
    static_assert(sizeof(session.token) >= TOKEN_TEXT_SIZE, "a token has its place");
    token_make(session.token);
    struct known_session known = {
        .user_id = grant->user_id, .id = session.id, .used_on = now, .expires_on = session.expires};
    if (!token_digest(session.token, digest)) {
        error_set(error, ERROR_INTERNAL, NULL, "A new token has no digest");
        goto finish;
    }
    if (!store_session(connection, arena, &known, digest, grant, &session, error)) {
        goto finish;
    }
    *session_out = session;
    done = true;

finish:
    arena_destroy(&arena);
    return done;
}

static bool refuse(struct error *error)
{
    return error_set(error, ERROR_SESSION_INVALID, NULL, "The session does not exist or has ended");
}

bool session_is_over(const struct session_cache *cache, int64_t used_on, int64_t expires_on,
                     int64_t now)
{
    return now >= expires_on || now - used_on > cache->options->idle;
}

static bool read_session(struct connection *connection, struct arena *arena, const char *digest,
                         struct known_session *known_out, struct error *error)
{
    static const char *const columns[] = {"id",           "user_id",          "used_on",
                                          "expires_on",   "scope_operations", "scope_entities",
                                          "is_read_only", "application"};
    const struct row_condition of_token = {"token_digest", ROW_IS, cell_text(digest)};
    const struct row_query query = {
        .table = &session_table,
        .columns = columns,
        .column_count = 8,
        .conditions = &of_token,
        .condition_count = 1,
    };
    struct row_set rows;
    int64_t checked_at = time_monotonic();
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    if (rows.count == 0) {
        return refuse(error);
    }
    *known_out = (struct known_session){
        .id = row_cell(&rows, 0, 0)->uuid,
        .user_id = row_cell(&rows, 0, 1)->uuid,
        .used_on = row_cell(&rows, 0, 2)->moment,
        .expires_on = row_cell(&rows, 0, 3)->moment,
        .is_scoped = !row_cell(&rows, 0, 4)->is_null || !row_cell(&rows, 0, 5)->is_null ||
                     (!row_cell(&rows, 0, 6)->is_null && row_cell(&rows, 0, 6)->boolean),
        .checked_at = checked_at,
    };
    if (!row_cell(&rows, 0, 7)->is_null) {
        snprintf(known_out->application, sizeof(known_out->application), "%s",
                 row_cell(&rows, 0, 7)->text);
    }
    return true;
}

/* What cannot be noted for want of room changes no answer. */
static bool do_without_room(struct error *error)
{
    if (error->code != ERROR_DATABASE_FULL) {
        return false;
    }
    error_clear(error);
    return true;
}

/* Ends a session whose time is over, so that it does not come to life again when the clock is set
 * back; but not one that another node has noted a use of since it was read. */
static bool end_for_good(struct connection *connection, struct arena *arena,
                         const struct known_session *known, struct error *error)
{
    const struct row_condition as_known[] = {
        {"id", ROW_IS, cell_uuid(&known->id)},
        {"used_on", ROW_IS, cell_moment(known->used_on)},
    };
    return row_delete(connection, arena, &session_table, as_known, 2, NULL, error) ||
           do_without_room(error);
}

/* Notes that the session is in use, at most once a minute, more often when it idles out soon; and
 * anew when the clock was set back, so that it does not idle out as much later. */
static bool note_use(const struct session_cache *cache, struct connection *connection,
                     struct arena *arena, struct known_session *known, int64_t now,
                     struct error *error)
{
    int64_t quarter = cache->options->idle / 4;
    int64_t interval = quarter < USE_NOTED ? quarter : USE_NOTED;
    if (llabs(now - known->used_on) < interval) {
        return true;
    }
    const struct row_value used_on = {"used_on", cell_moment(now)};
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(&known->id)};
    known->used_on = now;
    return row_update(connection, arena, &session_table, &used_on, 1, &by_id, 1, NULL, error) ||
           do_without_room(error);
}

/* Finds the session in memory or in the database; it has not ended. */
static bool find_session(struct session_cache *cache, struct arena *arena,
                         struct connection *connection, const char *token, int64_t now,
                         struct known_session *known_out, struct error *error)
{
    char digest[TOKEN_DIGEST_SIZE];
    uint8_t key[SHA256_SIZE];
    struct known_session known;
    uint64_t forgotten = memory_forgotten(cache->sessions);

    if (!token_digest(token, digest)) {
        return refuse(error);
    }
    digest_sha256(digest, strlen(digest), key);
    bool is_fresh = memory_recall(cache->sessions, key, &known) &&
                    time_monotonic() - known.checked_at <= cache->options->recheck;
    if (!is_fresh && !read_session(connection, arena, digest, &known, error)) {
        memory_forget(cache->sessions, key);
        return false;
    }
    if (session_is_over(cache, known.used_on, known.expires_on, now)) {
        memory_forget(cache->sessions, key);
        return end_for_good(connection, arena, &known, error) && refuse(error);
    }
    int64_t used_before = known.used_on;
    if (!note_use(cache, connection, arena, &known, now, error)) {
        return false;
    }
    if (!is_fresh || known.used_on != used_before) {
        tell_read(cache);
        memory_set_unless_forgotten(cache->sessions, key, &known, forgotten);
    }
    *known_out = known;
    return true;
}

/* The identity of a user as far as the scope of his session reaches. */
static bool find_narrowed(struct session_cache *cache, struct arena *arena,
                          struct connection *connection, const struct catalog *catalog,
                          const struct known_session *known, const struct identity **identity_out,
                          struct error *error)
{
    struct reading reading;
    struct reading of_whole;
    const struct identity *narrowed = recall_identity(cache, arena, catalog, &known->id, &reading);
    const struct identity *whole = NULL;
    struct session_entry entry;
    bool is_found = false;

    if (narrowed == NULL) {
        if (!session_read(arena, connection, &known->id, &entry, &is_found, error) ||
            !find_whole(cache, arena, connection, catalog, &known->user_id, &of_whole, &whole,
                        error)) {
            return false;
        }
        if (!is_found || entry.scope == NULL) {
            return refuse(error);
        }
        narrowed = scope_narrow(arena, catalog, whole, entry.scope);
        if (of_whole.loaded_at < reading.loaded_at) {
            reading.loaded_at = of_whole.loaded_at; /* no younger than what it was made of */
        }
        remember_identity(cache, catalog, &known->id, narrowed, &reading);
    }
    *identity_out = narrowed;
    return true;
}

static bool find_identity(struct session_cache *cache, struct arena *arena,
                          struct connection *connection, const struct catalog *catalog,
                          const struct known_session *known, const struct identity **identity_out,
                          struct error *error)
{
    return known->is_scoped
               ? find_narrowed(cache, arena, connection, catalog, known, identity_out, error)
               : session_identity(cache, arena, connection, catalog, &known->user_id, identity_out,
                                  error);
}

bool session_find(struct session_cache *cache, struct arena *arena, struct connection *connection,
                  const struct catalog *catalog, const char *token, int64_t now,
                  struct session_use *use_out, struct error *error)
{
    struct known_session known;
    if (!find_session(cache, arena, connection, token, now, &known, error)) {
        return false;
    }
    if (!find_identity(cache, arena, connection, catalog, &known, &use_out->identity, error)) {
        /* The user was disabled: for the holder of a token that is the end of the session. */
        return error->code == ERROR_CREDENTIALS_INVALID ? refuse(error) : false;
    }
    use_out->id = known.id;
    use_out->application =
        known.application[0] == '\0' ? NULL : arena_copy_text(arena, known.application);
    return true;
}

bool session_close(struct session_cache *cache, struct connection *connection,
                   const struct uuid *session_id, struct error *error)
{
    struct arena *arena = arena_create();
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(session_id)};
    bool done = row_delete(connection, arena, &session_table, &by_id, 1, NULL, error);
    arena_destroy(&arena);
    memory_forget_where(cache->sessions, is_session, session_id);
    return done;
}

bool session_close_all(struct session_cache *cache, struct connection *connection,
                       const struct uuid *user_id, int64_t *count_out, struct error *error)
{
    struct arena *arena = arena_create();
    const struct row_condition of_user = {"user_id", ROW_IS, cell_uuid(user_id)};
    bool done = row_delete(connection, arena, &session_table, &of_user, 1, count_out, error);
    arena_destroy(&arena);
    memory_forget_where(cache->sessions, is_of_user, user_id);
    return done;
}
