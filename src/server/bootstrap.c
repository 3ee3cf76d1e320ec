/*
 * bootstrap.c - one transaction makes the organisation, as the server itself.
 */
#include "server/bootstrap.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "crypto/password.h"
#include "database/database.h"
#include "record/organization.h"
#include "security/identity.h"

/* The first line of a file, without its end. */
static bool read_password(FILE *file, char password[PASSWORD_BYTES_MAX + 2], struct error *error)
{
    if (fgets(password, PASSWORD_BYTES_MAX + 2, file) == NULL) {
        return error_set(error, ERROR_PASSWORD_WEAK, NULL,
                         "There is no password on standard input");
    }
    password[strcspn(password, "\r\n")] = '\0';
    return true;
}

static bool create(struct call *call, const char *administrator, const char *password,
                   struct error *error)
{
    bool is_done = connection_begin(call->connection, TRANSACTION_WRITE, error) &&
                   organization_create(call, administrator, password, error) &&
                   connection_commit(call->connection, error);

    if (!is_done) {
        connection_rollback(call->connection);
    }
    return is_done;
}

bool bootstrap_organization(struct platform *platform, const char *administrator,
                            FILE *password_file, struct error *error)
{
    char password[PASSWORD_BYTES_MAX + 2] = "";
    struct arena *arena = arena_create();
    struct call *call = call_make(arena, platform);

    call->identity = identity_of_server(arena, platform->catalog);
    bool is_done = read_password(password_file, password, error) &&
                   database_acquire(platform->database, &call->connection, error) &&
                   create(call, administrator, password, error);
    database_release(&call->connection);
    memset(password, 0, sizeof(password));
    arena_destroy(&arena);
    return is_done;
}
