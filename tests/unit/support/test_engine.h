/*
 * test_engine.h - how each engine makes, restores and removes the database of a test.
 */
#ifndef SUPPORT_TEST_ENGINE_H
#define SUPPORT_TEST_ENGINE_H

struct arena;
struct database;
struct test_database;

/* All take name, arena and the server's url in the options from the test, and fail it when they
 * cannot; what is made is put into the options. */
struct test_engine {
    void (*make)(struct test_database *test);
    void (*keep)(struct test_database *test);    /* what all tables hold now */
    void (*use)(struct test_database *test);     /* one that another process made */
    void (*restore)(struct test_database *test); /* its tables as they were kept */
    void (*remove)(struct test_database *test);
};

extern const struct test_engine test_engine_sqlite;
extern const struct test_engine test_engine_postgresql;
extern const struct test_engine test_engine_mariadb;

/* Runs one statement on a connection of its own. */
void test_engine_run(struct arena *arena, struct database *database, const char *text);

#endif
