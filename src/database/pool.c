/*
 * pool.c - opens connections when they are needed, keeps them, and throws broken ones away.
 */
#include "database/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/thread.h"
#include "base/time.h"
#include "database/connection.h"
#include "database/connection_string.h"
#include "database/diagnostic.h"
#include "database/dialect_driver.h"
#include "database/watch.h"

/* A connection unused for so long (ms) is asked whether it lives before it is handed out. */
enum { IDLE_BEFORE_CHECK = 2000 };

struct database {
    struct arena *arena;
    struct connection_plan plan;
    const char *engine;
    int pool_size;
    int64_t acquire_timeout;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t freed;
    pthread_cond_t writer_left;
    struct connection **free; /* a stack: the one used last is warm */
    int free_count;
    int open_count;
    bool has_writer;
    int64_t revision;
    int64_t suspect_since; /* a connection was lost then: those not used since may be lost too */
};

/* ---- opening the database ---- */

static bool make_folder(const char *folder, struct error *error)
{
    if (mkdir(folder, 0750) == 0 || errno == EEXIST) {
        return true;
    }
    error_set(error, ERROR_DATABASE_UNAVAILABLE, NULL, "The data folder cannot be made");
    return error_add_cause(error, "mkdir %s: errno %d", folder, errno);
}

static bool choose_url(struct arena *arena, const struct database_options *options,
                       const char **url_out, struct error *error)
{
    if (options->url && *options->url) {
        *url_out = options->url;
        return true;
    }
    const char *file = arena_format(arena, "%s/svyaz.db", options->folder);
    if (options->must_exist && access(file, F_OK) != 0) {
        return error_set(error, ERROR_ORGANIZATION_MISSING, NULL, "There is no database in %s yet",
                         options->folder);
    }
    if (!make_folder(options->folder, error)) {
        return false;
    }
    *url_out = arena_format(arena, "Driver=SQLite3;Database=%s;", file);
    return true;
}

/* Connects once as the url says, to see which engine answers. */
static bool find_engine(struct database *database, const char *url, struct error *error)
{
    char name[64] = "", version[64] = "";
    struct connection_link link;

    if (!connection_link_open(url, &link, error)) {
        return false;
    }
    SQLGetInfo(link.handle, SQL_DBMS_NAME, name, sizeof(name), NULL);
    SQLGetInfo(link.handle, SQL_DBMS_VER, version, sizeof(version), NULL);
    connection_link_close(&link);

    database->plan.dialect = dialect_find(name);
    if (!database->plan.dialect) {
        return error_set(error, ERROR_DATABASE_FAILED, NULL,
                         "The database engine %s is not supported", name);
    }
    database->engine = arena_format(database->arena, "%s %s", name, version);
    database->plan.text = connection_string_complete(database->arena, url, database->plan.dialect);
    return true;
}

static bool start_watcher(struct database *database, struct error *error)
{
    if (database->plan.dialect->write_statement_timeout) {
        return true;
    }
    database->plan.watcher = watcher_start(database->arena, database->plan.statement_timeout);
    return database->plan.watcher ||
           diagnostic_set(error, ERROR_DATABASE_UNAVAILABLE, "no thread to watch statements");
}

static struct database *make_pool(const struct database_options *options)
{
    struct arena *arena = arena_create();
    struct database *database = arena_allocate(arena, sizeof(*database));

    database->arena = arena;
    database->pool_size = options->pool_size;
    database->acquire_timeout = options->acquire_timeout;
    database->plan.statement_timeout = options->statement_timeout;
    database->free =
        arena_allocate_array(arena, (size_t)options->pool_size, sizeof(struct connection *));
    pthread_mutex_init(&database->lock, NULL);
    thread_condition_make(&database->freed);
    thread_condition_make(&database->writer_left);
    return database;
}

bool database_open(const struct database_options *options, struct database **database_out,
                   struct error *error)
{
    struct database *database;
    struct connection *connection = NULL;
    const char *url = NULL;

    expect(options->pool_size > 0);
    SQLSetEnvAttr(SQL_NULL_HANDLE, SQL_ATTR_CONNECTION_POOLING, (SQLPOINTER)SQL_CP_OFF, 0);
    dialect_set_variables();
    database = make_pool(options);
    if (!choose_url(database->arena, options, &url, error) || !find_engine(database, url, error) ||
        !start_watcher(database, error) || !database_acquire(database, &connection, error)) {
        database_close(&database);
        return false;
    }
    database_release(&connection);
    *database_out = database;
    return true;
}

void database_close(struct database **database)
{
    struct database *closed = *database;
    struct arena *arena;

    if (!closed) {
        return;
    }
    *database = NULL;
    expect(closed->free_count == closed->open_count);
    while (closed->free_count > 0) {
        connection_close(&closed->free[--closed->free_count]);
    }
    if (closed->plan.watcher) {
        watcher_stop(closed->plan.watcher);
    }
    pthread_cond_destroy(&closed->writer_left);
    pthread_cond_destroy(&closed->freed);
    pthread_mutex_destroy(&closed->lock);
    arena = closed->arena;
    arena_destroy(&arena);
}

/* ---- asking ---- */

const struct dialect *database_dialect(const struct database *database)
{
    return database->plan.dialect;
}

const char *database_engine(const struct database *database)
{
    return database->engine;
}

void database_count(const struct database *database, int *open_out, int *used_out)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&database->lock;

    pthread_mutex_lock(lock);
    *open_out = database->open_count;
    *used_out = database->open_count - database->free_count;
    pthread_mutex_unlock(lock);
}

void database_set_revision(struct database *database, int64_t revision)
{
    pthread_mutex_lock(&database->lock);
    database->revision = revision;
    pthread_mutex_unlock(&database->lock);
}

/* ---- handing out ---- */

/* Takes a free connection, or NULL with a place for a new one reserved; waits for either. */
static bool take_or_reserve(struct database *database, struct connection **connection_out,
                            struct error *error)
{
    struct timespec until = thread_moment_after(database->acquire_timeout);
    bool is_late = false;
    bool done = false;

    pthread_mutex_lock(&database->lock);
    while (!is_late && database->free_count == 0 && database->open_count == database->pool_size) {
        is_late = pthread_cond_timedwait(&database->freed, &database->lock, &until) == ETIMEDOUT;
    }
    if (database->free_count > 0) {
        *connection_out = database->free[--database->free_count];
        done = true;
    } else if (database->open_count < database->pool_size) {
        database->open_count++;
        *connection_out = NULL;
        done = true;
    }
    pthread_mutex_unlock(&database->lock);
    return done || error_set(error, ERROR_BUSY, NULL, "No connection to the database is free");
}

/* Gives up the place of a connection that is no more. */
static void leave_place(struct database *database, bool is_lost)
{
    pthread_mutex_lock(&database->lock);
    database->open_count--;
    if (is_lost) {
        database->suspect_since = time_monotonic();
    }
    pthread_cond_signal(&database->freed);
    pthread_mutex_unlock(&database->lock);
}

/* Whether a kept connection may be handed out. */
static bool is_fit(struct database *database, struct connection *connection)
{
    int64_t now = time_monotonic();
    int64_t revision, suspect_since;

    pthread_mutex_lock(&database->lock);
    revision = database->revision;
    suspect_since = database->suspect_since;
    pthread_mutex_unlock(&database->lock);

    if (connection->revision != revision) {
        statement_drop_all(&connection->statements);
        connection->revision = revision;
    }
    if (now - connection->last_used < IDLE_BEFORE_CHECK && connection->last_used > suspect_since) {
        return true;
    }
    return connection_is_alive(connection);
}

bool database_acquire(struct database *database, struct connection **connection_out,
                      struct error *error)
{
    struct connection *connection = NULL;

    if (!take_or_reserve(database, &connection, error)) {
        return false;
    }
    if (connection && !is_fit(database, connection)) {
        /* The place stays ours: a new connection takes it. */
        connection_close(&connection);
        pthread_mutex_lock(&database->lock);
        database->suspect_since = time_monotonic();
        pthread_mutex_unlock(&database->lock);
    }
    if (!connection) {
        if (!connection_open(&database->plan, &connection, error)) {
            leave_place(database, false);
            return false;
        }
        connection->database = database;
    }
    *connection_out = connection;
    return true;
}

void database_release(struct connection **connection)
{
    struct connection *released = *connection;
    struct database *database;

    if (!released) {
        return;
    }
    *connection = NULL;
    database = released->database;
    connection_rollback(released);
    if (released->is_broken) {
        connection_close(&released);
        leave_place(database, true);
        return;
    }
    released->last_used = time_monotonic();
    pthread_mutex_lock(&database->lock);
    database->free[database->free_count++] = released;
    pthread_cond_signal(&database->freed);
    pthread_mutex_unlock(&database->lock);
}

/* ---- one writer ---- */

bool pool_begin_writing(struct database *database, bool may_wait, struct error *error)
{
    struct timespec until = thread_moment_after(DIALECT_LOCK_TIMEOUT);
    bool is_late = !may_wait;
    bool done;

    if (!database->plan.dialect->has_one_writer) {
        return true;
    }
    pthread_mutex_lock(&database->lock);
    while (database->has_writer && !is_late) {
        is_late =
            pthread_cond_timedwait(&database->writer_left, &database->lock, &until) == ETIMEDOUT;
    }
    done = !database->has_writer;
    if (done) {
        database->has_writer = true;
    }
    pthread_mutex_unlock(&database->lock);
    return done || diagnostic_set(error, ERROR_DATABASE_CONFLICT, "another writer stayed too long");
}

void pool_end_writing(struct database *database)
{
    if (!database->plan.dialect->has_one_writer) {
        return;
    }
    pthread_mutex_lock(&database->lock);
    expect(database->has_writer);
    database->has_writer = false;
    pthread_cond_signal(&database->writer_left);
    pthread_mutex_unlock(&database->lock);
}
