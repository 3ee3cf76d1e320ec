/*
 * application.c - secrets and certificates of programs, in their tables.
 */
#include "security/application.h"

#include "base/arena.h"
#include "base/error.h"
#include "crypto/certificate.h"
#include "crypto/seal.h"
#include "crypto/token.h"
#include "database/row.h"
#include "security/tables.h"

static struct row_condition of_user(const struct uuid *user_id)
{
    return (struct row_condition){"user_id", ROW_IS, cell_uuid(user_id)};
}

/* ---- secrets ---- */

static bool select_secret(struct arena *arena, struct connection *connection,
                          const struct uuid *user_id, struct row_set *rows_out, struct error *error)
{
    static const char *const columns[] = {"sealed", "set_on"};
    const struct row_condition condition = of_user(user_id);
    const struct row_query query = {
        .table = &application_secret_table,
        .columns = columns,
        .column_count = 2,
        .conditions = &condition,
        .condition_count = 1,
    };
    return row_select(connection, arena, &query, rows_out, error);
}

bool application_set_secret(struct arena *arena, struct connection *connection,
                            const struct seal_key *key, const struct uuid *user_id, int64_t now,
                            const char **secret_out, struct error *error)
{
    char owner[UUID_TEXT_SIZE];
    char *secret = arena_allocate(arena, TOKEN_TEXT_SIZE);

    uuid_format(user_id, owner);
    token_make(secret);
    const struct row_value values[] = {
        {"user_id", cell_uuid(user_id)},
        {"sealed", cell_text(seal_text(arena, key, owner, secret))},
        {"set_on", cell_moment(now)},
    };
    if (!application_withdraw_secret(arena, connection, user_id, error) ||
        !row_insert(connection, arena, &application_secret_table, values, 3, error)) {
        return false;
    }
    *secret_out = secret;
    return true;
}

bool application_withdraw_secret(struct arena *arena, struct connection *connection,
                                 const struct uuid *user_id, struct error *error)
{
    const struct row_condition condition = of_user(user_id);

    return row_delete(connection, arena, &application_secret_table, &condition, 1, NULL, error);
}

bool application_read_secret(struct arena *arena, struct connection *connection,
                             const struct seal_key *key, const struct uuid *user_id,
                             const char **secret_out, struct error *error)
{
    char owner[UUID_TEXT_SIZE];
    struct row_set rows;
    char *secret = NULL;

    if (!select_secret(arena, connection, user_id, &rows, error)) {
        return false;
    }
    uuid_format(user_id, owner);
    if (rows.count == 1 && !seal_open(arena, key, owner, row_cell(&rows, 0, 0)->text, &secret)) {
        error_set(error, ERROR_INTERNAL, NULL, "The secret cannot be read");
        return error_add_cause(error, "the secret of user %s was sealed with another key file",
                               owner);
    }
    *secret_out = secret;
    return true;
}

/* ---- certificates ---- */

enum {
    CERTIFICATE_USER,
    CERTIFICATE_FINGERPRINT,
    CERTIFICATE_SUBJECT,
    CERTIFICATE_VALID_FROM,
    CERTIFICATE_VALID_UNTIL,
    CERTIFICATE_REGISTERED_ON,
    CERTIFICATE_COLUMNS
};

static bool select_certificates(struct arena *arena, struct connection *connection,
                                struct row_condition condition, struct row_set *rows_out,
                                struct error *error)
{
    static const char *const columns[CERTIFICATE_COLUMNS] = {
        [CERTIFICATE_USER] = "user_id",
        [CERTIFICATE_FINGERPRINT] = "fingerprint",
        [CERTIFICATE_SUBJECT] = "subject",
        [CERTIFICATE_VALID_FROM] = "valid_from",
        [CERTIFICATE_VALID_UNTIL] = "valid_until",
        [CERTIFICATE_REGISTERED_ON] = "registered_on",
    };
    const struct row_query query = {
        .table = &application_certificate_table,
        .columns = columns,
        .column_count = CERTIFICATE_COLUMNS,
        .conditions = &condition,
        .condition_count = 1,
        .order = "registered_on",
    };
    return row_select(connection, arena, &query, rows_out, error);
}

bool application_add_certificate(struct arena *arena, struct connection *connection,
                                 const struct uuid *user_id, const struct certificate *certificate,
                                 int64_t now, struct error *error)
{
    const struct row_value values[] = {
        {"fingerprint", cell_text(certificate->fingerprint)},
        {"user_id", cell_uuid(user_id)},
        {"subject", cell_text(certificate->subject)},
        {"valid_from", cell_moment(certificate->valid_from)},
        {"valid_until", cell_moment(certificate->valid_until)},
        {"registered_on", cell_moment(now)},
    };
    return row_insert(connection, arena, &application_certificate_table, values, 6, error) ||
           (error->code == ERROR_DATABASE_UNIQUE &&
            error_set(error, ERROR_DUPLICATE_KEY, "certificate",
                      "The certificate is registered already"));
}

bool application_remove_certificate(struct arena *arena, struct connection *connection,
                                    const char *fingerprint, struct uuid *user_id_out,
                                    bool *was_there_out, struct error *error)
{
    const struct row_condition by_fingerprint = {"fingerprint", ROW_IS, cell_text(fingerprint)};
    struct row_set rows;
    int64_t count = 0;

    if (!select_certificates(arena, connection, by_fingerprint, &rows, error) ||
        !row_delete(connection, arena, &application_certificate_table, &by_fingerprint, 1, &count,
                    error)) {
        return false;
    }
    *was_there_out = rows.count > 0 && count > 0;
    if (*was_there_out) {
        *user_id_out = row_cell(&rows, 0, CERTIFICATE_USER)->uuid;
    }
    return true;
}

bool application_find_certificate(struct arena *arena, struct connection *connection,
                                  const char *fingerprint, int64_t now, struct uuid *user_id_out,
                                  bool *is_found_out, struct error *error)
{
    struct row_condition by_fingerprint = {"fingerprint", ROW_IS, cell_text(fingerprint)};
    struct row_set rows;

    if (!select_certificates(arena, connection, by_fingerprint, &rows, error)) {
        return false;
    }
    *is_found_out = rows.count == 1 && row_cell(&rows, 0, CERTIFICATE_VALID_FROM)->moment <= now &&
                    row_cell(&rows, 0, CERTIFICATE_VALID_UNTIL)->moment >= now;
    if (*is_found_out) {
        *user_id_out = row_cell(&rows, 0, CERTIFICATE_USER)->uuid;
    }
    return true;
}

/* ---- both ---- */

bool application_list(struct arena *arena, struct connection *connection,
                      const struct uuid *user_id, struct application_entry *credentials_out,
                      struct error *error)
{
    struct application_entry credentials = {.has_secret = false};
    struct row_set secrets;
    struct row_set rows;

    if (!select_secret(arena, connection, user_id, &secrets, error) ||
        !select_certificates(arena, connection, of_user(user_id), &rows, error)) {
        return false;
    }
    credentials.has_secret = secrets.count == 1;
    credentials.secret_set_on = secrets.count == 1 ? row_cell(&secrets, 0, 1)->moment : 0;
    credentials.certificate_count = rows.count;
    credentials.certificates =
        arena_allocate_array(arena, rows.count, sizeof(*credentials.certificates));
    for (size_t row = 0; row < rows.count; row++) {
        credentials.certificates[row] = (struct certificate_entry){
            .fingerprint = row_cell(&rows, row, CERTIFICATE_FINGERPRINT)->text,
            .subject = row_cell(&rows, row, CERTIFICATE_SUBJECT)->text,
            .valid_from = row_cell(&rows, row, CERTIFICATE_VALID_FROM)->moment,
            .valid_until = row_cell(&rows, row, CERTIFICATE_VALID_UNTIL)->moment,
            .registered_on = row_cell(&rows, row, CERTIFICATE_REGISTERED_ON)->moment,
        };
    }
    *credentials_out = credentials;
    return true;
}

bool application_remove(struct arena *arena, struct connection *connection,
                        const struct uuid *user_id, struct error *error)
{
    const struct row_condition condition = of_user(user_id);

    return application_withdraw_secret(arena, connection, user_id, error) &&
           row_delete(connection, arena, &application_certificate_table, &condition, 1, NULL,
                      error);
}
