/*
 * call.c - makes what one request carries through the floors.
 */
#include "call/call.h"

#include "base/arena.h"
#include "crypto/random.h"
#include "metadata/catalog.h"

static void let_go_of_catalog(void *object)
{
    struct catalog *catalog = object;
    catalog_release(&catalog);
}

struct call *call_make(struct arena *arena, const struct platform *platform)
{
    struct call *call = arena_allocate(arena, sizeof(*call));
    call->arena = arena;
    call->platform = platform;
    call->settings = platform->settings;
    call->now = platform->now();
    if (platform->catalog != NULL) {
        struct catalog *catalog = catalog_hold(platform->catalog);
        arena_on_release(arena, let_go_of_catalog, catalog);
        call->catalog = catalog;
    }

    struct uuid id = call_new_id(call);
    char *request_id = arena_allocate(arena, UUID_TEXT_SIZE);
    uuid_format(&id, request_id);
    call->request_id = request_id;
    return call;
}

struct uuid call_new_id(struct call *call)
{
    uint8_t random[10];
    random_bytes(random, sizeof(random));
    return uuid_make(call->now, random);
}
