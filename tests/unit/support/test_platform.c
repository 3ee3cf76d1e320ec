/*
 * test_platform.c - puts a platform together as the program does, with bounds fit for a test.
 */
#include "support/test_platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
#include "text/fold.h"

static void must(bool done, const struct error *error)
{
    if (!done) {
        fail_msg("%s: %s (%s)", error_kind(error->code)->name, error->message, error->cause);
    }
}

static void make_tables(struct test_platform *house, const struct table *const *tables,
                        size_t table_count)
{
    struct error error = {0};
    struct array all;
    int security_count = 0;
    const struct table *const *security = security_tables(&security_count);

    array_init(&all, house->arena);
    for (int index = 0; index < security_count; index++) {
        array_add(&all, security[index]);
    }
    for (size_t index = 0; index < table_count; index++) {
        array_add(&all, tables[index]);
    }
    must(schema_bring_up_to_date(house->platform.database, house->platform.catalog,
                                 (const struct table *const *)all.items, all.count, &house->log,
                                 &error),
         &error);
}

void test_platform_open(struct test_platform *house, const struct table *const *tables,
                        size_t table_count)
{
    static const struct settings_sources nowhere = {.directory = "build"};
    const struct session_options sessions = {.idle = 60000, .absolute = 600000, .recheck = 100};
    struct error error = {0};
    struct seal_key *key = NULL;

    memset(house, 0, sizeof(*house));
    house->arena = arena_create();
    house->log = (struct log){.descriptor = 2, .level = LOG_LEVEL_ERROR};
    test_database_open(&house->test);
    must(settings_load(house->arena, &nowhere, &house->settings, &error), &error);

    struct platform *platform = &house->platform;
    platform->settings = &house->settings;
    platform->log = &house->log;
    platform->database = house->test.database;
    platform->now = time_now;
    memset(platform->cookie_key, 7, sizeof(platform->cookie_key));
    must(text_rules_open(house->arena, &platform->text_rules, &error), &error);
    must(catalog_read("metadata", NULL, NULL, &platform->catalog, &error), &error);
    platform->sessions = session_cache_create(&sessions);
    must(seal_key_open(house->arena,
                       arena_format(house->arena, "build/seal-%ld.key", (long)getpid()), &key,
                       &error),
         &error);
    platform->seal_key = key;
    unlink(arena_format(house->arena, "build/seal-%ld.key", (long)getpid()));
    const struct credential_options credentials = {
        .text_rules = platform->text_rules,
        .remember = 600000,
        .recheck = 100,
        .minimum_length = 8,
        .delay_after = 5,
        .attempts = 10,
        .lock = 1000,
        .source_failures = TEST_SOURCE_FAILURES,
        .known_source = 600000,
        .hashing = 2,
        .waiting = 8,
        .seal_key = platform->seal_key,
        .asked_at_once = 1,
    };
    must(credential_cache_create(&credentials, &platform->credentials, &error), &error);
    make_tables(house, tables, table_count);
}

void test_platform_close(struct test_platform *house)
{
    credential_cache_destroy(&house->platform.credentials);
    session_cache_destroy(&house->platform.sessions);
    catalog_release(&house->platform.catalog);
    test_database_close(&house->test);
    arena_destroy(&house->arena);
}
