/*
 * application.h - what programs prove themselves with: a secret, certificates.
 *
 * A program is a user whose isApplication is true. It has no password. Its secret is made here,
 * 256 random bits, shown once and kept sealed, since the digest of WS-Security needs it readable;
 * so it needs no slowing down, and whoever brings the right one is never shut out by the guesses
 * of others. Its certificates are known by their SHA-256 fingerprint.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef SECURITY_APPLICATION_H
#define SECURITY_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct certificate;
struct connection;
struct error;
struct seal_key;

/* Makes a secret in place of the one before, in the caller's transaction. */
must_check bool application_set_secret(struct arena *arena, struct connection *connection,
                                       const struct seal_key *key, const struct uuid *user_id,
                                       int64_t now, const char **secret_out, struct error *error);

/* Takes the secret away; nothing happens when there is none. */
must_check bool application_withdraw_secret(struct arena *arena, struct connection *connection,
                                            const struct uuid *user_id, struct error *error);

/* The secret, or NULL. Fails with INTERNAL when it was sealed with another key file. */
must_check bool application_read_secret(struct arena *arena, struct connection *connection,
                                        const struct seal_key *key, const struct uuid *user_id,
                                        const char **secret_out, struct error *error);

/* Registers a certificate. Fails with DUPLICATE_KEY when it is registered already. */
must_check bool application_add_certificate(struct arena *arena, struct connection *connection,
                                            const struct uuid *user_id,
                                            const struct certificate *certificate, int64_t now,
                                            struct error *error);

/* Takes a certificate away; whose it was. */
must_check bool application_remove_certificate(struct arena *arena, struct connection *connection,
                                               const char *fingerprint, struct uuid *user_id_out,
                                               bool *was_there_out, struct error *error);

/* Whose certificate it is; not found also before and after the time in which it holds. */
must_check bool application_find_certificate(struct arena *arena, struct connection *connection,
                                             const char *fingerprint, int64_t now,
                                             struct uuid *user_id_out, bool *is_found_out,
                                             struct error *error);

struct certificate_entry {
    const char *fingerprint;
    const char *subject;
    int64_t valid_from, valid_until, registered_on;
};

/* What a program has. */
struct application_entry {
    bool has_secret;
    int64_t secret_set_on;
    struct certificate_entry *certificates; /* in the order in which they came */
    size_t certificate_count;
};

must_check bool application_list(struct arena *arena, struct connection *connection,
                                 const struct uuid *user_id,
                                 struct application_entry *credentials_out, struct error *error);

/* Takes away all, of a user who is deleted. */
must_check bool application_remove(struct arena *arena, struct connection *connection,
                                   const struct uuid *user_id, struct error *error);

#endif
