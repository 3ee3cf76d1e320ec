/*
 * credential.h - passwords: stored as argon2id, verified at most once in a while.
 *
 * Basic and UsernameToken send the password with each request; argon2 is paid for the first
 * time only. A verified credential is remembered under a digest keyed with a secret of the
 * process, for a bounded time, with the change counter of the stored one: a changed password
 * or a disabled user ends it at once on this node, and within a second on others.
 *
 * Threads: a credential cache is shared.
 */
#ifndef SECURITY_CREDENTIAL_H
#define SECURITY_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "security/source.h"

struct arena;
struct catalog;
struct connection;
struct credential_cache;
struct error;
struct seal_key;
struct table;
struct text_rules;

struct credential_options {
    const struct text_rules *text_rules; /* fold user names; must outlive the cache */
    int64_t remember;                    /* ms a verified password is remembered */
    int64_t recheck;             /* ms after which the database is asked whether it still holds */
    int minimum_length;          /* of a new password, characters */
    int delay_after;             /* failures after which each further attempt waits longer */
    int attempts;                /* failures that shut the account */
    int64_t lock;                /* ms it stays shut */
    struct source_rules sources; /* of addresses that fail */
    int64_t known_source;        /* ms for which an address is known from which a name came in */
    int hashing;                 /* passwords hashed at once */
    int waiting;                 /* and waiting for it */
    int asked_at_once;           /* passwords that may be asked about elsewhere at one time */
    const struct seal_key *seal_key; /* of the secrets of programs; must outlive the cache */
};

struct password_claim;

/* Who knows the passwords of users that have none here: a directory. */
struct credential_elsewhere {
    /* Whether a password is right, and whose it is. A wrong one is no error; a cause may then lie
     * in error for the log. */
    bool (*verify)(void *context, const struct password_claim *claim, struct uuid *user_id_out,
                   bool *is_right_out, struct error *error);
    void *context;
};

/* What became of a claim that failed; the caller begins with neither. */
struct credential_failure {
    bool is_counted; /* a secret was compared, and it was wrong; else it was refused before that */
    bool is_locked_out; /* it was the failure that shut the account */
};

/* Who somebody says he is. */
struct password_claim {
    const char *user_name;
    const char *password;
    const char *source; /* the address he comes from; NULL: this program */
    bool takes_secret;  /* whether the secret of a program will do in place of a password */
    const struct uuid *session_id;                /* by which he is here already, or NULL */
    const struct credential_elsewhere *elsewhere; /* NULL: nobody else is asked */
    struct credential_failure *failure;           /* what a failure was; or NULL */
};

/* The digest of WS-Security: base64 of SHA-1 of nonce, creation time and the secret. */
struct digest_claim {
    const char *user_name;
    const void *digest; /* decoded */
    size_t digest_length;
    const void *nonce; /* decoded */
    size_t nonce_length;
    const char *created; /* as it was written */
    const char *source;
    struct credential_failure *failure; /* what a failure was; or NULL */
};

/* Who somebody was found to be, and by which state of his password. */
struct password_proof {
    struct uuid user_id;
    int64_t changes; /* how often the password had changed when it was compared; 0: it was right
                      * elsewhere, and there was none here */
};

must_check bool credential_cache_create(const struct credential_options *options,
                                        struct credential_cache **cache_out, struct error *error);
void credential_cache_destroy(struct credential_cache **cache);

/* Keeps to other options from now on, which must outlive the cache. How many passwords are hashed
 * at once stays. */
void credential_cache_change(struct credential_cache *cache,
                             const struct credential_options *options);

/* Whether a text can be a user's name: what is too long, or no UTF-8, is nobody's. */
bool credential_is_name(const char *name);

/* Checks a claim and answers whose it is. Fails with CREDENTIALS_INVALID, the same
 * and as slow for an unknown name, or with TOO_MANY_ATTEMPTS. Call it outside a transaction:
 * the count of failures must stay when the caller gives up. Who is remembered is let in even
 * while others guess at his password; so is a program that brings its secret. Fails with BUSY
 * when too many passwords are being hashed. Who has a password here is never asked about
 * elsewhere; what is wrong elsewhere is counted, slowed down and remembered as it is here. */
must_check bool credential_verify(struct credential_cache *cache, struct connection *connection,
                                  const struct catalog *catalog, const struct password_claim *claim,
                                  struct password_proof *proof_out, struct error *error);

/* The same for a digest, which only the secrets of programs can make. It is the caller who sees
 * that the message is fresh. */
must_check bool credential_verify_digest(struct credential_cache *cache,
                                         struct connection *connection,
                                         const struct catalog *catalog,
                                         const struct digest_claim *claim, struct uuid *user_id_out,
                                         struct error *error);

/* Fails with PASSWORD_WEAK, about the parameter that brought it, on a password that
 * credential_set would refuse. */
must_check bool credential_check_strength(const struct credential_cache *cache,
                                          const char *parameter, const char *password,
                                          struct error *error);

/* Whether a user has a password here. */
must_check bool credential_exists(struct connection *connection, const struct uuid *user_id,
                                  bool *exists_out, struct error *error);

/* Hashes a new password, which takes as long as verifying one: do it outside a transaction.
 * Fails with PASSWORD_WEAK. */
must_check bool credential_hash(struct credential_cache *cache, struct arena *arena,
                                const char *password, const char **hash_out, struct error *error);

/* Stores a hash in the caller's transaction and ends the user's sessions but for keep; who
 * remembers sessions forgets them within session_options.recheck, or at session_forget. */
must_check bool credential_store(struct credential_cache *cache, struct connection *connection,
                                 const struct uuid *user_id, const char *hash,
                                 const struct uuid *keep_session, struct error *error);

/* Locks a user's password until the transaction ends and tells whether it is still in the state
 * that a proof was made with. */
must_check bool credential_hold(struct connection *connection, struct arena *arena,
                                const struct password_proof *proof, bool *is_same_out,
                                struct error *error);

/* Removes the password, sessions and roles of a user who is deleted. */
must_check bool credential_remove(struct credential_cache *cache, struct connection *connection,
                                  const struct uuid *user_id, struct error *error);

/* Forgets what is remembered of a user, who was disabled or deleted. */
void credential_forget(struct credential_cache *cache, const struct uuid *user_id);

/* Tables of this floor: credentials, sessions, privileges of roles, members of roles. */
const struct table *const *security_tables(int *count_out);

#endif
