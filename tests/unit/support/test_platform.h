/*
 * test_platform.h - a platform on a database of its own: the real catalog, tables, caches.
 *
 * To make an organisation takes longer than most tests do. So a run of all tests of a program makes
 * it once, as a model, which each test finds as it was made; a test that is run alone makes its
 * own.
 *
 * Memory: everything lives until test_platform_close.
 */
#ifndef SUPPORT_TEST_PLATFORM_H
#define SUPPORT_TEST_PLATFORM_H

#include <stdint.h>

#include "base/log.h"
#include "base/settings.h"
#include "call/platform.h"
#include "support/runner.h"
#include "support/test_database.h"

struct arena;
struct table;
struct test_platform;

/* What the tests of a program find in their databases. */
struct test_world {
    const struct table *const *tables; /* besides those of metadata/ and of security */
    size_t table_count;
    /* Fills them, or NULL. What it does to the platform in memory, no test sees. */
    void (*fill)(struct test_platform *house);
};

enum { TEST_SOURCE_FAILURES = 6 /* after which an address has to wait */ };

struct test_platform {
    struct test_database test;
    struct arena *arena;
    struct settings settings;
    struct log log;
    struct platform platform;
};

/* Opens a database with that in it. */
void test_platform_open(struct test_platform *house, const struct test_world *world);
void test_platform_close(struct test_platform *house);

/* What a program of tests that open a platform does besides: reads the catalog, makes the model,
 * removes it. */
void test_platform_suite(enum runner_stage stage, const struct test_world *world);

#endif
