/*
 * dialect_postgresql.c - PostgreSQL through psqlODBC.
 *
 * Text is `text`, compared by bytes (COLLATE "C"); lengths are checked above, because widening a
 * varchar breaks kept statements ("cached plan must not change result type").
 */
#include "base/arena.h"
#include "base/buffer.h"
#include "database/dialect_driver.h"
#include "database/sql.h"
#include "database/storage.h"
#include "database/table.h"

static const struct dialect_keyword keywords[] = {
    {.name = "UseServerSidePrepare", .value = "1", .is_fixed = true},
    /* No savepoint a statement, no rollback behind our back: ours says what happens. */
    {.name = "Protocol", .value = "7.4-0", .is_fixed = true},
    {.name = "UseDeclareFetch", .value = "0", .is_fixed = true},
    {.name = "BoolsAsChar", .value = "0", .is_fixed = true},
    {.name = "ByteaAsLongVarBinary", .value = "1", .is_fixed = true},
    {.name = "TextAsLongVarchar", .value = "1", .is_fixed = true},
    {.name = "MaxVarcharSize", .value = "8190", .is_fixed = true},
    {.name = "LFConversion", .value = "0", .is_fixed = true},
    {.name = "Parse", .value = "0", .is_fixed = true},
    {.name = "CommLog", .value = "0", .is_fixed = true},
    {.name = "Debug", .value = "0", .is_fixed = true},
    /* A cut network is noticed: milliseconds of bytes sent and never acknowledged. */
    {.name = "pqopt", .value = "{tcp_user_timeout=5000 keepalives_idle=10 keepalives_interval=2}"},
};

static const char *const session[] = {
    "SET client_encoding = 'UTF8'",
    "SET TIME ZONE 'UTC'",
    "SET datestyle = 'ISO, YMD'",
    "SET standard_conforming_strings = on",
    "SET bytea_output = 'hex'",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET lock_timeout = '5s'",
    "SET idle_in_transaction_session_timeout = '120s'",
    "SET jit = off", /* never pays for statements of our size */
};

static const struct dialect_error errors[] = {
    {.state = "23505", .code = ERROR_DATABASE_UNIQUE},
    {.state = "23503", .code = ERROR_DATABASE_FOREIGN_KEY},
    {.state = "23001", .code = ERROR_DATABASE_FOREIGN_KEY},
    {.state = "40001", .code = ERROR_DATABASE_CONFLICT},
    {.state = "40P01", .code = ERROR_DATABASE_CONFLICT},
    {.state = "55P03", .code = ERROR_DATABASE_CONFLICT},
    /* another node changed a table; the statement is prepared again when the call is repeated */
    {.state = "0A000", .fragment = "cached plan", .code = ERROR_DATABASE_CONFLICT},
    {.state = "57014", .code = ERROR_DATABASE_TIMEOUT},
    {.state = "57P", .code = ERROR_DATABASE_UNAVAILABLE},
    {.state = "25P03", .code = ERROR_DATABASE_UNAVAILABLE},
    {.state = "25006", .code = ERROR_DATABASE_UNAVAILABLE}, /* it is a standby, for now */
    {.state = "53100", .code = ERROR_DATABASE_FULL},
    {.state = "53", .code = ERROR_DATABASE_UNAVAILABLE}, /* no memory, no connection left */
    {.state = "58", .code = ERROR_DATABASE_UNAVAILABLE}, /* its disk, its system */
    {.state = "08", .code = ERROR_DATABASE_UNAVAILABLE},
};

static const char *write_statement_timeout(struct arena *arena, int64_t milliseconds)
{
    return arena_format(arena, "SET statement_timeout = %lld", (long long)milliseconds);
}

static const char *const type_names[COLUMN_TYPES] = {
    [COLUMN_TEXT] = "text COLLATE \"C\"",
    [COLUMN_INTEGER] = "bigint",
    [COLUMN_DECIMAL] = "numeric",
    [COLUMN_BOOLEAN] = "boolean",
    [COLUMN_DATE] = "date",
    [COLUMN_MOMENT] = "timestamp(3)",
    [COLUMN_UUID] = "uuid",
    [COLUMN_BYTES] = "bytea",
};

static void write_type(struct buffer *text, const struct table_column *column, bool is_key)
{
    (void)is_key;
    buffer_add_text(text, type_names[column->type]);
    if (column->type == COLUMN_DECIMAL) {
        buffer_add_format(text, "(%d,%d)", column->precision, column->scale);
    }
}

static void write_change(struct sql *sql, const struct table_column *column, bool is_key)
{
    sql_add(sql, " ALTER COLUMN ");
    sql_add_name(sql, column->name);
    sql_add(sql, " TYPE ");
    write_type(&sql->text, column, is_key);
    if (!column->is_required) {
        sql_add(sql, ", ALTER COLUMN ");
        sql_add_name(sql, column->name);
        sql_add(sql, " DROP NOT NULL");
    }
}

static void write_ids(struct sql *sql, const struct uuid *ids, size_t count)
{
    struct buffer list;
    buffer_init(&list, sql->arena, count * UUID_TEXT_SIZE + sizeof("{}"));
    for (size_t index = 0; index < count; index++) {
        char id[UUID_TEXT_SIZE];
        uuid_format(&ids[index], id);
        buffer_add_char(&list, index == 0 ? '{' : ',');
        buffer_add_text(&list, id);
    }
    buffer_add_text(&list, count == 0 ? "{}" : "}");
    /* Behind a SELECT of its own the planner does not see how many they are: it finds no better
     * plan for each number, and keeps the one it has. */
    sql_add(sql, "SELECT unnest((SELECT CAST(");
    sql_add_cell(sql, cell_text(list.bytes));
    sql_add(sql, " AS uuid[])))");
}

/* Not known (-1) until the table was first looked through. */
static void write_estimate(struct sql *sql, const char *table)
{
    sql_add(sql,
            "SELECT CAST(reltuples AS bigint) FROM pg_catalog.pg_class WHERE relkind = 'r' AND "
            "relnamespace = current_schema()::regnamespace AND relname = ");
    sql_add_cell(sql, cell_text(table));
}

const struct dialect dialect_postgresql = {
    .engine = "PostgreSQL",
    .quote = '"',
    .limit = " LIMIT ",
    /* A change does not wait for whoever refers to the row: two who do would wait for each other.
     */
    .row_locks =
        {
            [ROW_LOCK_KEEP] = " FOR KEY SHARE",
            [ROW_LOCK_CHANGE] = " FOR NO KEY UPDATE",
            [ROW_LOCK_FREE] = " FOR NO KEY UPDATE SKIP LOCKED",
            [ROW_LOCK_DELETE] = " FOR UPDATE",
        },
    .sorts_nulls_last = true,
    .seeks_by_row = true,
    .fence = " OFFSET 0",
    .write_estimate = write_estimate,
    .write_ids = write_ids,
    .sum = "CAST(SUM(@) AS text)",
    .periods =
        {
            [PERIOD_DAY] = "@",
            [PERIOD_WEEK] = "CAST(date_trunc('week', CAST(@ AS timestamp)) AS date)",
            [PERIOD_MONTH] = "CAST(date_trunc('month', CAST(@ AS timestamp)) AS date)",
            [PERIOD_QUARTER] = "CAST(date_trunc('quarter', CAST(@ AS timestamp)) AS date)",
            [PERIOD_YEAR] = "CAST(date_trunc('year', CAST(@ AS timestamp)) AS date)",
        },
    .day = {"CAST(", " + INTERVAL '1 second' * ", " AS date)"},
    .joins_changes = true,
    .begin = "BEGIN",
    .liveness = "SELECT 1",
    .clock = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS bigint)",
    .keywords = keywords,
    .keyword_count = sizeof(keywords) / sizeof(keywords[0]),
    /* Without it the ANSI driver changes the locale of the whole process for a moment whenever
     * it connects, to see what our text is written in. */
    .variable = "PGCLIENTENCODING",
    .variable_value = "UTF8",
    .session = session,
    .session_count = sizeof(session) / sizeof(session[0]),
    .write_statement_timeout = write_statement_timeout,
    .errors = errors,
    .error_count = sizeof(errors) / sizeof(errors[0]),
    .unique_key_follows = "unique constraint \"",
    .unique_key_ends = '"',
    .storage =
        {
            [COLUMN_TEXT] = &storage_text,
            [COLUMN_INTEGER] = &storage_integer,
            [COLUMN_DECIMAL] = &storage_decimal,
            [COLUMN_BOOLEAN] = &storage_boolean,
            [COLUMN_DATE] = &storage_date,
            [COLUMN_MOMENT] = &storage_moment,
            [COLUMN_UUID] = &storage_uuid,
            [COLUMN_BYTES] = &storage_bytes,
        },
    /* psqlODBC reads dates with sscanf; as text they pass it untouched. */
    .readings =
        {
            [COLUMN_DATE] = {"::text", &storage_date_text},
            [COLUMN_MOMENT] = {"::text", &storage_moment_text},
        },
    /* psqlODBC copies each value three times, converts and frees it. */
    .row =
        {
            .opens = "ROW(",
            .closes = ")",
            .storage =
                {
                    [COLUMN_TEXT] = &storage_text,
                    [COLUMN_INTEGER] = &storage_integer_text,
                    [COLUMN_DECIMAL] = &storage_decimal,
                    [COLUMN_BOOLEAN] = &storage_boolean_text,
                    [COLUMN_DATE] = &storage_date_text,
                    [COLUMN_MOMENT] = &storage_moment_text,
                    [COLUMN_UUID] = &storage_uuid_text,
                    [COLUMN_BYTES] = &storage_bytes,
                },
        },
    .write_type = write_type,
    .counted = " GENERATED ALWAYS AS IDENTITY",
    .has_partial_indexes = true,
    .table_options = "",
    .write_change = write_change,
    .questions =
        {
            [OBJECT_TABLE] = "SELECT COUNT(*) FROM pg_catalog.pg_class WHERE relkind = 'r' AND "
                             "relnamespace = current_schema()::regnamespace AND relname = ?",
            [OBJECT_COLUMN] = "SELECT COUNT(*) FROM information_schema.columns WHERE "
                              "table_schema = current_schema() AND table_name = ? AND "
                              "column_name = ?",
            [OBJECT_INDEX] = "SELECT COUNT(*) FROM pg_catalog.pg_indexes WHERE "
                             "schemaname = current_schema() AND tablename = ? AND indexname = ?",
            [OBJECT_REFERENCE] = "SELECT COUNT(*) FROM information_schema.table_constraints WHERE "
                                 "constraint_schema = current_schema() AND table_name = ? AND "
                                 "constraint_name = ?",
        },
};
