/*
 * bootstrap.c - the organisation is made by the server itself, before anybody is known.
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

bool bootstrap_organization(struct platform *platform, const char *administrator,
                            FILE *password_file, struct error *error)
{
    char password[PASSWORD_BYTES_MAX + 2] = "";
    struct arena *arena = arena_create();
    struct call *call = call_make(arena, platform);
    struct organization_plan plan = {.administrator = administrator, .password = password};

    call->identity = identity_of_server(arena, platform->catalog);
    bool is_done = read_password(password_file, password, error) &&
                   database_acquire(platform->database, &call->connection, error) &&
                   organization_create(call, platform, &plan, error);
    database_release(&call->connection);
    memset(password, 0, sizeof(password));
    arena_destroy(&arena);
    return is_done;
}
