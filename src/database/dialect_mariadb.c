/*
 * dialect_mariadb.c - MariaDB (InnoDB) through MariaDB Connector/ODBC.
 *
 * Text compares by bytes and minds trailing spaces (utf8mb4_nopad_bin). A row may declare 65,535
 * bytes, and InnoDB counts a varchar below 256 bytes in full against its half page: so text is
 * varchar only where a key needs it, and `text` of the fitting size everywhere else.
 */
#include "base/arena.h"
#include "base/buffer.h"
#include "database/dialect_driver.h"
#include "database/sql.h"
#include "database/storage.h"
#include "database/table.h"

/* OPTION 2: an update tells the rows it found, not only those it changed. */
static const struct dialect_keyword keywords[] = {
    {.name = "CHARSET", .value = "utf8mb4", .is_fixed = true},
    {.name = "OPTION", .value = "2", .is_fixed = true},
    {.name = "AUTO_RECONNECT", .value = "0", .is_fixed = true},
    {.name = "CONN_TIMEOUT", .value = "4"},
    {.name = "READ_TIMEOUT", .value = "60"},
    {.name = "WRITE_TIMEOUT", .value = "60"},
};

/* On Galera what is asked outside a transaction, and BEGIN, waits until its node has what any node
 * has committed before: else who wrote by one node would not find it by another. Servers built
 * without Galera do not know the variable. A node that is cut off from the others refuses this
 * statement, though it takes those before. */
static const char sees_all_nodes[] =
    "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1193 BEGIN END; "
    "EXECUTE IMMEDIATE 'SET SESSION wsrep_sync_wait = 1'; END";

/* A node of Galera undoes a transaction at any moment when another node's came first, and says so
 * in its next answer. When that happens while a statement is prepared it is never said, and
 * whatever follows is committed statement by statement. */
static const char still_begun[] =
    "BEGIN NOT ATOMIC IF NOT @@in_transaction THEN SIGNAL SQLSTATE '40001' "
    "SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'The transaction was undone'; END IF; END";

static const char *const session[] = {
    "SET SESSION collation_connection = utf8mb4_nopad_bin",
    ("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_ZERO_DATE,"
     "NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'"),
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION innodb_lock_wait_timeout = 5",
    "SET SESSION lock_wait_timeout = 5",
    sees_all_nodes,
};

enum {
    ER_DISK_FULL = 1021,
    ER_OUTOFMEMORY = 1037,
    ER_OUT_OF_SORTMEMORY = 1038,
    ER_CON_COUNT = 1040,
    ER_OUT_OF_RESOURCES = 1041,
    ER_DUP_ENTRY = 1062,
    ER_SERVER_SHUTDOWN = 1053,
    ER_LOCK_WAIT_TIMEOUT = 1205,
    ER_LOCK_DEADLOCK = 1213,
    ER_NO_REFERENCED_ROW = 1216,
    ER_ROW_IS_REFERENCED = 1217,
    ER_RECORD_FILE_FULL = 1114,
    ER_CHECKREAD = 1020,
    ER_OPTION_PREVENTS_STATEMENT = 1290, /* read_only: it is a replica, for now */
    ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION = 1792,
    ER_READ_ONLY_MODE = 1836,
    ER_QUERY_INTERRUPTED = 1317,
    ER_ERROR_DURING_COMMIT = 1180, /* Galera: cut off from the others, who may have the change */
    ER_UNKNOWN_COM_ERROR = 1047,   /* Galera: the node is not ready */
    ER_ROW_IS_REFERENCED_2 = 1451,
    ER_NO_REFERENCED_ROW_2 = 1452,
    ER_CONNECTION_KILLED = 1927,
    ER_STATEMENT_TIMEOUT = 1969,
    CR_CONNECTION_ERROR = 2002,
    CR_CONN_HOST_ERROR = 2003,
    CR_SERVER_GONE_ERROR = 2006,
    CR_SERVER_LOST = 2013,
    CR_SERVER_LOST_EXTENDED = 2055,
};

static const struct dialect_error errors[] = {
    {.native = ER_DUP_ENTRY, .code = ERROR_DATABASE_UNIQUE},
    {.native = ER_NO_REFERENCED_ROW, .code = ERROR_DATABASE_FOREIGN_KEY},
    {.native = ER_ROW_IS_REFERENCED, .code = ERROR_DATABASE_FOREIGN_KEY},
    {.native = ER_ROW_IS_REFERENCED_2, .code = ERROR_DATABASE_FOREIGN_KEY},
    {.native = ER_NO_REFERENCED_ROW_2, .code = ERROR_DATABASE_FOREIGN_KEY},
    {.native = ER_LOCK_WAIT_TIMEOUT, .code = ERROR_DATABASE_CONFLICT},
    {.native = ER_LOCK_DEADLOCK, .code = ERROR_DATABASE_CONFLICT},
    {.native = ER_CHECKREAD, .code = ERROR_DATABASE_CONFLICT},
    {.native = ER_DISK_FULL, .code = ERROR_DATABASE_FULL},
    {.native = ER_RECORD_FILE_FULL, .code = ERROR_DATABASE_FULL},
    {.native = ER_STATEMENT_TIMEOUT, .code = ERROR_DATABASE_TIMEOUT},
    {.native = ER_QUERY_INTERRUPTED, .code = ERROR_DATABASE_TIMEOUT},
    {.native = ER_OUTOFMEMORY, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = ER_OUT_OF_SORTMEMORY, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = ER_OUT_OF_RESOURCES, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = ER_OPTION_PREVENTS_STATEMENT, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = ER_READ_ONLY_MODE, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = ER_ERROR_DURING_COMMIT, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = ER_CON_COUNT, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = ER_SERVER_SHUTDOWN, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = ER_UNKNOWN_COM_ERROR, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = ER_CONNECTION_KILLED, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = CR_CONNECTION_ERROR, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = CR_CONN_HOST_ERROR, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = CR_SERVER_GONE_ERROR, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = CR_SERVER_LOST, .code = ERROR_DATABASE_UNAVAILABLE},
    {.native = CR_SERVER_LOST_EXTENDED, .code = ERROR_DATABASE_UNAVAILABLE},
    {.state = "08", .code = ERROR_DATABASE_UNAVAILABLE},
    {.state = "40001", .code = ERROR_DATABASE_CONFLICT},
};

static const char *write_statement_timeout(struct arena *arena, int64_t milliseconds)
{
    return arena_format(arena, "SET SESSION max_statement_time = %lld.%03lld",
                        (long long)(milliseconds / 1000), (long long)(milliseconds % 1000));
}

/* A varchar of fewer characters is stored wholly inside the row and uses up its half page. */
enum { VARCHAR_LEAST = 64, TEXT_BYTES = 65535, MEDIUM_BYTES = 16777215, BYTES_OF_CHARACTER = 4 };

static const char *const type_names[COLUMN_TYPES] = {
    [COLUMN_INTEGER] = "bigint", [COLUMN_DECIMAL] = "decimal",    [COLUMN_BOOLEAN] = "tinyint(1)",
    [COLUMN_DATE] = "date",      [COLUMN_MOMENT] = "datetime(3)", [COLUMN_UUID] = "binary(16)",
};

static const char *size_word(size_t bytes)
{
    if (bytes == 0 || bytes > MEDIUM_BYTES) {
        return "long";
    }
    return bytes > TEXT_BYTES ? "medium" : "";
}

static void write_text_type(struct buffer *text, const struct table_column *column, bool is_key)
{
    size_t characters = column->length < VARCHAR_LEAST ? VARCHAR_LEAST : column->length;

    if (is_key) {
        buffer_add_format(text, "varchar(%zu)", characters);
    } else {
        buffer_add_format(text, "%stext", size_word(column->length * BYTES_OF_CHARACTER));
    }
}

static void write_bytes_type(struct buffer *text, const struct table_column *column, bool is_key)
{
    if (is_key) {
        buffer_add_format(text, "varbinary(%zu)", column->length);
    } else {
        buffer_add_format(text, "%sblob", size_word(column->length));
    }
}

static void write_type(struct buffer *text, const struct table_column *column, bool is_key)
{
    if (column->type == COLUMN_TEXT) {
        write_text_type(text, column, is_key);
        return;
    }
    if (column->type == COLUMN_BYTES) {
        write_bytes_type(text, column, is_key);
        return;
    }
    buffer_add_text(text, type_names[column->type]);
    if (column->type == COLUMN_DECIMAL) {
        buffer_add_format(text, "(%d,%d)", column->precision, column->scale);
    }
}

static void write_change(struct sql *sql, const struct table_column *column, bool is_key)
{
    sql_add(sql, " MODIFY COLUMN ");
    sql_add_name(sql, column->name);
    sql_add(sql, " ");
    write_type(&sql->text, column, is_key);
    if (column->is_required) {
        sql_add(sql, " NOT NULL");
    }
}

/* As a JSON list of texts: uuid_format's, without the hyphens. */
static void write_ids(struct sql *sql, const struct uuid *ids, size_t count)
{
    struct buffer list;
    buffer_init(&list, sql->arena, count * UUID_TEXT_SIZE + sizeof("[]"));
    buffer_add_char(&list, '[');
    for (size_t index = 0; index < count; index++) {
        buffer_add_text(&list, index == 0 ? "\"" : ",\"");
        for (size_t byte = 0; byte < sizeof(ids[index].bytes); byte++) {
            buffer_add_format(&list, "%02x", ids[index].bytes[byte]);
        }
        buffer_add_char(&list, '"');
    }
    buffer_add_char(&list, ']');
    sql_add(sql, "SELECT CAST(UNHEX(list.id) AS BINARY(16)) FROM JSON_TABLE(");
    sql_add_cell(sql, cell_text(list.bytes));
    sql_add(sql, ", '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS list");
}

static void write_estimate(struct sql *sql, const char *table)
{
    sql_add(sql, "SELECT table_rows FROM information_schema.tables WHERE "
                 "table_schema = DATABASE() AND table_name = ");
    sql_add_cell(sql, cell_text(table));
}

const struct dialect dialect_mariadb = {
    .engine = "MariaDB",
    .quote = '`',
    .limit = " LIMIT ",
    .row_locks =
        {
            [ROW_LOCK_KEEP] = " LOCK IN SHARE MODE",
            [ROW_LOCK_CHANGE] = " FOR UPDATE",
            [ROW_LOCK_FREE] = " FOR UPDATE SKIP LOCKED",
            [ROW_LOCK_DELETE] = " FOR UPDATE",
        },
    .fence = "",
    .ordered_join = " STRAIGHT_JOIN ",
    .write_estimate = write_estimate,
    .write_ids = write_ids,
    .sum = "CAST(SUM(@) AS CHAR)",
    .periods =
        {
            [PERIOD_DAY] = "@",
            [PERIOD_WEEK] = "@ - INTERVAL WEEKDAY(@) DAY",
            [PERIOD_MONTH] = "@ - INTERVAL DAYOFMONTH(@) - 1 DAY",
            [PERIOD_QUARTER] = "MAKEDATE(YEAR(@), 1) + INTERVAL QUARTER(@) - 1 QUARTER",
            [PERIOD_YEAR] = "MAKEDATE(YEAR(@), 1)",
        },
    .day = {"CAST(", " + INTERVAL ", " SECOND AS DATE)"},
    .begin = "START TRANSACTION",
    .liveness = "ROLLBACK", /* a node of Galera that is cut off would answer SELECT 1 */
    .still_begun = still_begun,
    .clock = "CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)",
    .keywords = keywords,
    .keyword_count = sizeof(keywords) / sizeof(keywords[0]),
    .session = session,
    .session_count = sizeof(session) / sizeof(session[0]),
    .write_statement_timeout = write_statement_timeout,
    .errors = errors,
    .error_count = sizeof(errors) / sizeof(errors[0]),
    .unique_key_follows = "for key '",
    .unique_key_ends = '\'',
    .storage =
        {
            [COLUMN_TEXT] = &storage_text,
            [COLUMN_INTEGER] = &storage_integer,
            [COLUMN_DECIMAL] = &storage_decimal,
            /* a bound bit that was null once stays null in the driver's eyes */
            [COLUMN_BOOLEAN] = &storage_boolean_number,
            [COLUMN_DATE] = &storage_date,
            [COLUMN_MOMENT] = &storage_moment,
            [COLUMN_UUID] = &storage_uuid_bytes,
            [COLUMN_BYTES] = &storage_bytes,
        },
    .write_type = write_type,
    .counted = " AUTO_INCREMENT",
    .table_options = " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin "
                     "ROW_FORMAT = DYNAMIC",
    .write_change = write_change,
    .needs_reference_index = true,
    .questions =
        {
            [OBJECT_TABLE] = "SELECT COUNT(*) FROM information_schema.tables WHERE "
                             "table_schema = DATABASE() AND table_name = ?",
            [OBJECT_COLUMN] = "SELECT COUNT(*) FROM information_schema.columns WHERE "
                              "table_schema = DATABASE() AND table_name = ? AND column_name = ?",
            [OBJECT_INDEX] = "SELECT COUNT(*) FROM information_schema.statistics WHERE "
                             "table_schema = DATABASE() AND table_name = ? AND index_name = ?",
            [OBJECT_REFERENCE] = "SELECT COUNT(*) FROM information_schema.table_constraints WHERE "
                                 "constraint_schema = DATABASE() AND table_name = ? AND "
                                 "constraint_name = ?",
        },
};
