/*
 * test_database.h - a database of its own for one test, on the engine the run is about.
 *
 * SVYAZ_TEST_DATABASE holds an ODBC connection string of PostgreSQL or MariaDB; without it the
 * test gets an SQLite file under build/. Whatever the engine, the test begins with no tables:
 * it gets a schema (PostgreSQL), a database (MariaDB) or a folder (SQLite) with a name of its own,
 * which goes when the test closes it.
 *
 * Memory: everything lives until test_database_close.
 */
#ifndef SUPPORT_TEST_DATABASE_H
#define SUPPORT_TEST_DATABASE_H

#include "database/database.h"

struct arena;

struct test_database {
    struct arena *arena;
    struct database_options options; /* as opened: for a second pool on the same tables */
    struct database *database;
    const char *name;
};

/* Opens with 4 connections, 2 s to wait for one, 10 s a statement; fails the test when it
 * cannot. */
void test_database_open(struct test_database *test);

/* The same with other bounds; url and folder of the options are filled in. */
void test_database_open_with(struct test_database *test, struct database_options options);

/* Closes it and removes all its tables. */
void test_database_close(struct test_database *test);

/* Runs one statement of the test's own text on a connection of its own. */
void test_database_run(struct test_database *test, const char *text);

#endif
