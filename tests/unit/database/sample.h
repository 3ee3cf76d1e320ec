/*
 * sample.h - a table with a column of every type, and short ways to use it in tests.
 */
#ifndef UNIT_DATABASE_SAMPLE_H
#define UNIT_DATABASE_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "database/database.h"
#include "database/dialect.h"
#include "database/sql.h"
#include "database/table.h"
#include "support/test_database.h"

/* Fails the test with the words of the error when the call fails. */
#define assert_done(call)                                                                          \
    do {                                                                                           \
        if (!(call)) {                                                                             \
            fail_msg("%s: %s %s (%s)", #call, error.message, error.subject, error.cause);          \
        }                                                                                          \
    } while (0)

/* The call fails with the code. */
#define assert_refused(call, expected)                                                             \
    do {                                                                                           \
        error_clear(&error);                                                                       \
        if (call) {                                                                                \
            fail_msg("%s succeeded", #call);                                                       \
        }                                                                                          \
        if (error.code != (expected)) {                                                            \
            fail_msg("%s: %s %s (%s)", #call, error.message, error.subject, error.cause);          \
        }                                                                                          \
    } while (0)

/* id, then one column of each type, none required. */
extern const struct table sample_table;
enum sample_column {
    SAMPLE_ID,
    SAMPLE_NAME, /* text of 100, indexed uniquely */
    SAMPLE_NOTE, /* text of any length */
    SAMPLE_COUNT,
    SAMPLE_AMOUNT, /* decimal (18, 4) */
    SAMPLE_DONE,
    SAMPLE_BIRTHDAY,
    SAMPLE_CHANGED,
    SAMPLE_PARENT, /* uuid, refers to another row */
    SAMPLE_KEY,    /* bytes of 40, indexed */
    SAMPLE_CONTENT /* bytes of any length */
};
enum { SAMPLE_COLUMNS = SAMPLE_CONTENT + 1 };

/* The uuid that ends with a number. */
struct uuid sample_id(int number);

/* Makes tables by the plan from nothing. */
void make_tables(struct connection *connection, const struct table *const *tables, size_t count);

/* Opens the database with the sample table in it, and a connection. */
struct connection *open_sample(struct test_database *test);

/* Writes INSERT of the cells, one for each column of the sample. */
void write_insert(struct sql *sql, struct arena *arena, struct connection *connection,
                  const struct cell *cells);

/* Inserts a row with an id and a name only. */
bool insert_name(struct connection *connection, int number, const char *name, struct error *error);

/* Writes SELECT of all sample columns, expecting them; a condition may follow. */
void write_select(struct sql *sql, struct arena *arena, struct connection *connection);

/* Counts the rows of the sample. */
int64_t count_rows(struct connection *connection);

/* Gives the row with an id a count; rows_out may be NULL. */
bool set_count(struct connection *connection, int number, int64_t count, int64_t *rows_out,
               struct error *error);

/* Acquires another connection, failing the test when it cannot. */
struct connection *acquire(struct test_database *test);

/* "SQLite", "PostgreSQL", "MariaDB". */
bool is_engine(struct connection *connection, const char *name);

/* Makes the server end a connection, by way of another; not on SQLite, which has no server. */
void break_connection(struct test_database *test, struct connection *connection);

/* What the server calls a connection, and to end one by that name by way of another, at once. */
int64_t ask_server_name(struct test_database *test, struct connection *connection);
void end_connection(struct test_database *test, struct connection *killer, int64_t name);

#endif
