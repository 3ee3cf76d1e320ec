/*
 * session.h - who has logged in: tokens, random, stored as digests, expiring, revocable.
 *
 * A session that was checked is remembered for at most a second, so that a point read does not
 * pay for it; logging out, a changed password and a disabled user are seen within that time on
 * every node.
 *
 * Threads: a session cache is shared.
 */
#ifndef SECURITY_SESSION_H
#define SECURITY_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "security/identity.h"

struct arena;
struct catalog;
struct connection;
struct error;
struct password_proof;
struct scope;
struct session;
struct session_cache;

struct session_options {
    int64_t idle;     /* ms without use after which a session ends */
    int64_t absolute; /* ms after which it ends in any case */
    int64_t recheck;  /* ms a checked session or identity is remembered */
    int levels;       /* of reports whose records a manager reaches; 0: none */

    /* Called between reading from the database and remembering what was read, so that a test can
     * change it just then; NULL: nobody asks. */
    void (*has_read)(void *context);
    void *context;
};

/* What a session is opened on. */
struct session_grant {
    struct uuid user_id;
    const struct password_proof *proof; /* NULL: he proved himself without a password of ours */
    const char *application;            /* or NULL */
    const struct scope *scope;          /* NULL: all that the user may */
    /* Writes what else goes with it, in its transaction; NULL: nothing does. */
    bool (*note)(void *context, const struct session *session, struct error *error);
    void *context;
};

struct session {
    struct uuid id;
    char token[64];  /* for the client, only here and now */
    int64_t expires; /* moment */
};

struct session_cache *session_cache_create(const struct session_options *options);

/* Keeps to other options from now on, which must outlive the cache. Sessions that are open keep the
 * end that they were given, and are idle by the new one. */
void session_cache_change(struct session_cache *cache, const struct session_options *options);

void session_cache_destroy(struct session_cache **cache);

/* Opens a session for a user whose credentials were verified, in a transaction of its own. Fails
 * with CREDENTIALS_INVALID when the password has changed since. */
must_check bool session_open(struct session_cache *cache, struct connection *connection,
                             const struct session_grant *grant, int64_t now,
                             struct session *session_out, struct error *error);

/* A session that a request came in. */
struct session_use {
    struct uuid id;
    const char *application; /* what the client called itself when it logged in, or NULL */
    const struct identity *identity;
};

/* Finds the session of a token and the identity of its user. Fails with SESSION_INVALID. */
must_check bool session_find(struct session_cache *cache, struct arena *arena,
                             struct connection *connection, const struct catalog *catalog,
                             const char *token, int64_t now, struct session_use *use_out,
                             struct error *error);

/* Ends a session. */
must_check bool session_close(struct session_cache *cache, struct connection *connection,
                              const struct uuid *session_id, struct error *error);

/* A session as it is listed. */
struct session_entry {
    struct uuid id;
    struct uuid user_id;
    const char *application; /* or NULL */
    int64_t created_on, used_on, expires_on;
    const struct scope *scope; /* NULL: whole */
};

/* Whether a session that was last used and expires then has ended. */
bool session_is_over(const struct session_cache *cache, int64_t used_on, int64_t expires_on,
                     int64_t now);

/* The live sessions of a user, oldest first, as far as the limit goes. */
must_check bool session_list(struct session_cache *cache, struct arena *arena,
                             struct connection *connection, const struct uuid *user_id, int64_t now,
                             int64_t limit, struct session_entry **entries_out, size_t *count_out,
                             struct error *error);

/* One session, over or not. */
must_check bool session_read(struct arena *arena, struct connection *connection,
                             const struct uuid *session_id, struct session_entry *entry_out,
                             bool *is_found_out, struct error *error);

/* Ends all sessions of a user; how many there were. */
must_check bool session_close_all(struct session_cache *cache, struct connection *connection,
                                  const struct uuid *user_id, int64_t *count_out,
                                  struct error *error);

/* The identity of a user, remembered as sessions are; for Basic and UsernameToken. */
must_check bool session_identity(struct session_cache *cache, struct arena *arena,
                                 struct connection *connection, const struct catalog *catalog,
                                 const struct uuid *user_id, const struct identity **identity_out,
                                 struct error *error);

/* Forgets what is remembered of a user. */
void session_forget(struct session_cache *cache, const struct uuid *user_id);

/* Forgets what is remembered of everybody: units, teams, roles or profiles have changed. */
void session_forget_all(struct session_cache *cache);

#endif
