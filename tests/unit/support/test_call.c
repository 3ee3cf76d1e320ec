/*
 * test_call.c - calls for tests.
 */
#include "support/test_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/database.h"
#include "security/identity.h"

struct call *test_call_begin(struct test_platform *house)
{
    struct arena *arena = arena_create();
    struct call *call = call_make(arena, &house->platform);
    struct error error = {0};

    if (!database_acquire(house->platform.database, &call->connection, &error)) {
        fail_msg("%s: %s", error.message, error.cause);
    }
    call->identity = identity_of_server(arena, call->catalog);
    return call;
}

void test_call_end(struct call **call)
{
    struct arena *arena = (*call)->arena;

    database_release(&(*call)->connection);
    arena_destroy(&arena);
    *call = NULL;
}
