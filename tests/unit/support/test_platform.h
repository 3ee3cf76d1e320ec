/*
 * test_platform.h - a platform on a database of its own: the real catalog, tables, caches.
 *
 * Memory: everything lives until test_platform_close.
 */
#ifndef SUPPORT_TEST_PLATFORM_H
#define SUPPORT_TEST_PLATFORM_H

#include <stdint.h>

#include "base/log.h"
#include "base/settings.h"
#include "call/platform.h"
#include "support/test_database.h"

struct arena;
struct table;

enum { TEST_SOURCE_FAILURES = 6 /* after which an address has to wait */ };

struct test_platform {
    struct test_database test;
    struct arena *arena;
    struct settings settings;
    struct log log;
    struct platform platform;
};

/* Opens a database with the tables of metadata/, of security and those given. */
void test_platform_open(struct test_platform *house, const struct table *const *tables,
                        size_t table_count);
void test_platform_close(struct test_platform *house);

#endif
