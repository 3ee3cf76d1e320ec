/*
 * test_database.h - a database of its own for one test, on the engine the run is about.
 *
 * SVYAZ_TEST_DATABASE holds an ODBC connection string of PostgreSQL or MariaDB; without it the
 * test gets an SQLite file under build/. Whatever the engine, the test begins with no tables, in a
 * database of its own which goes when the test closes it; or with a model: a database that one
 * process has filled before, for many tests, and that is for each of them what it was then. Only
 * what counts by itself (a column that is_counted) goes on counting.
 *
 * Memory: everything lives until test_database_close.
 */
#ifndef SUPPORT_TEST_DATABASE_H
#define SUPPORT_TEST_DATABASE_H

#include <stdbool.h>

#include "database/database.h"

struct arena;

struct test_database {
    struct arena *arena;
    struct database_options options; /* as opened: for a second pool on the same tables */
    struct database *database;
    const char *name;
    bool is_model; /* on PostgreSQL: a database, where others are a schema in one */
};

/* Opens with 4 connections, 2 s to wait for one, 10 s a statement; fails the test when it
 * cannot. */
void test_database_open(struct test_database *test);

/* The same with other bounds; url and folder of the options are filled in. */
void test_database_open_with(struct test_database *test, struct database_options options);

/* Restores a model and opens it; one test at a time. */
void test_database_use_model(struct test_database *test, const char *name);

/* Closes it; what is not a model is removed. */
void test_database_close(struct test_database *test);

/* A name that no other database has, for a model or whatever else. */
const char *test_database_choose_name(struct arena *arena, const char *prefix);

/* Opens an empty database that is to become the model of this name; when it is filled, it is kept
 * for tests. Removing it is the last that happens to a model. */
void test_database_open_model(struct test_database *test, const char *name);
void test_database_keep_model(struct test_database *test);
void test_database_remove_model(const char *name);

/* Runs one statement of the test's own text on a connection of its own. */
void test_database_run(struct test_database *test, const char *text);

#endif
