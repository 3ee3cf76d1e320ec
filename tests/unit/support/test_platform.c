/*
 * test_platform.c - puts a platform together as the program does, with bounds fit for a test.
 */
#include "support/test_platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/time.h"
#include "crypto/seal.h"
#include "metadata/catalog.h"
#include "metadata/schema.h"
#include "security/credential.h"
#include "security/session.h"
#include "support/test_catalog.h"
#include "text/fold.h"

/* Names the model in a run that has one. */
#define MODEL_VARIABLE "SVYAZ_TEST_MODEL"

static void must(bool done, const struct error *error)
{
    if (!done) {
        fail_msg("%s: %s (%s)", error_kind(error->code)->name, error->message, error->cause);
    }
}

static void make_tables(struct test_platform *house, const struct test_world *world)
{
    struct error error = {0};
    struct array all;
    int security_count = 0;
    const struct table *const *security = security_tables(&security_count);

    array_init(&all, house->arena);
    for (int index = 0; index < security_count; index++) {
        array_add(&all, security[index]);
    }
    for (size_t index = 0; index < world->table_count; index++) {
        array_add(&all, world->tables[index]);
    }
    must(schema_bring_up_to_date(house->platform.database, house->platform.catalog,
                                 (const struct table *const *)all.items, all.count, &house->log,
                                 &error),
         &error);
}

static void open_seal_key(struct test_platform *house)
{
    const char *file = arena_format(house->arena, "build/seal-%ld.key", (long)getpid());
    struct error error = {0};
    struct seal_key *key = NULL;

    must(seal_key_open(house->arena, file, &key, &error), &error);
    house->platform.seal_key = key;
    unlink(file);
}

static void make_caches(struct platform *platform)
{
    const struct session_options sessions = {.idle = 60000, .absolute = 600000, .recheck = 100};
    const struct credential_options credentials = {
        .text_rules = platform->text_rules,
        .remember = 600000,
        .recheck = 100,
        .minimum_length = 8,
        .delay_after = 5,
        .attempts = 10,
        .lock = 600000, /* no machine is so slow that it runs out by itself */
        .sources = {.failures = TEST_SOURCE_FAILURES, .lock = 600000},
        .known_source = 600000,
        .hashing = 2,
        .waiting = 8,
        .seal_key = platform->seal_key,
        .asked_at_once = 1,
    };
    struct error error = {0};

    platform->sessions = session_cache_create(&sessions);
    must(credential_cache_create(&credentials, &platform->credentials, &error), &error);
}

/* With no test database yet. */
static void begin(struct test_platform *house)
{
    static const struct settings_sources nowhere = {.directory = "build"};
    struct platform *platform = &house->platform;
    struct error error = {0};

    memset(house, 0, sizeof(*house));
    house->arena = arena_create();
    house->log = (struct log){.descriptor = 2, .level = LOG_LEVEL_ERROR};
    must(settings_load(house->arena, &nowhere, &house->settings, &error), &error);
    platform->settings = &house->settings;
    platform->log = &house->log;
    platform->now = time_now;
    memset(platform->cookie_key, 7, sizeof(platform->cookie_key));
    must(text_rules_open(house->arena, &platform->text_rules, &error), &error);
    platform->catalog = test_catalog();
    open_seal_key(house);
    make_caches(platform);
}

static void make(struct test_platform *house, const struct test_world *world)
{
    house->platform.database = house->test.database;
    make_tables(house, world);
    if (world->fill != NULL) {
        world->fill(house);
    }
}

void test_platform_open(struct test_platform *house, const struct test_world *world)
{
    const char *model = getenv(MODEL_VARIABLE);

    begin(house);
    if (model == NULL) {
        test_database_open(&house->test);
        make(house, world);
        return;
    }
    test_database_use_model(&house->test, model);
    house->platform.database = house->test.database;
}

/* What follows the database. */
static void end(struct test_platform *house)
{
    credential_cache_destroy(&house->platform.credentials);
    session_cache_destroy(&house->platform.sessions);
    catalog_release(&house->platform.catalog);
    arena_destroy(&house->arena);
}

void test_platform_close(struct test_platform *house)
{
    test_database_close(&house->test);
    end(house);
}

/* ---- models ---- */

static void prepare(void)
{
    struct arena *arena = arena_create();

    test_catalog_prepare();
    setenv(MODEL_VARIABLE, test_database_choose_name(arena, "model"), 1);
    arena_destroy(&arena);
}

static void make_model(const struct test_world *world)
{
    struct test_platform house;

    begin(&house);
    test_database_open_model(&house.test, getenv(MODEL_VARIABLE));
    make(&house, world);
    test_database_keep_model(&house.test);
    end(&house);
}

void test_platform_suite(enum runner_stage stage, const struct test_world *world)
{
    switch (stage) {
    case RUNNER_PREPARE:
        prepare();
        break;
    case RUNNER_BEGIN:
        make_model(world);
        break;
    case RUNNER_END:
        test_database_remove_model(getenv(MODEL_VARIABLE));
        break;
    }
}
