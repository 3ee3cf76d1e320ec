/*
 * statement.c - prepares, keeps and binds statements.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "database/diagnostic.h"
#include "database/dialect_driver.h"
#include "database/statement.h"

/* Values up to this size are copied to a buffer of the statement; longer ones are bound where
 * they are, so that kept statements do not hold the largest value they ever saw. */
enum { PARAMETER_COPY_LIMIT = 4096, FIRST_PARAMETER_CAPACITY = 64 };

/* Columns of up to this size are bound; longer ones are read in pieces. */
enum { COLUMN_BOUND_LIMIT = 2048 };

enum { BYTES_OF_CHARACTER = 4 };

/* ---- finding ---- */

static uint64_t hash_text(const char *text, size_t length)
{
    uint64_t hash = 0x9E3779B97F4A7C15u ^ length;
    uint64_t word;

    for (; length >= sizeof(word); text += sizeof(word), length -= sizeof(word)) {
        memcpy(&word, text, sizeof(word));
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, text, length);
    hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
    return hash ^ hash >> 29;
}

/* The same text may come with values of other types: then it is another statement. */
static bool fits(const struct statement *statement, const struct sql *sql)
{
    if (statement->text_length != sql->text.length ||
        memcmp(statement->text, sql->text.bytes, sql->text.length) != 0 ||
        statement->parameter_count != sql->parameter_count || statement->is_row != sql->is_row ||
        statement->column_count != sql->column_count) {
        return false;
    }
    for (size_t i = 0; i < sql->parameter_count; i++) {
        const struct slot *slot = &statement->parameters[i];

        if (slot->type != sql->parameters[i].type || slot->scale != sql->parameters[i].scale) {
            return false;
        }
    }
    for (size_t i = 0; i < sql->column_count; i++) {
        const struct slot *slot = &statement->columns[i];

        if (slot->type != sql->columns[i].type || slot->scale != sql->columns[i].scale ||
            slot->length != sql->columns[i].length) {
            return false;
        }
    }
    return true;
}

static void add_newest(struct statement_cache *cache, struct statement *statement)
{
    statement->newer = NULL;
    statement->older = cache->newest;
    if (cache->newest) {
        cache->newest->newer = statement;
    } else {
        cache->oldest = statement;
    }
    cache->newest = statement;
}

static void unlink_from_age(struct statement_cache *cache, struct statement *statement)
{
    if (statement->newer) {
        statement->newer->older = statement->older;
    } else {
        cache->newest = statement->older;
    }
    if (statement->older) {
        statement->older->newer = statement->newer;
    } else {
        cache->oldest = statement->newer;
    }
}

static struct statement *find(struct statement_cache *cache, const struct sql *sql, uint64_t hash)
{
    struct statement *statement = cache->buckets[hash % STATEMENT_BUCKETS];

    while (statement && (statement->hash != hash || !fits(statement, sql))) {
        statement = statement->next_in_bucket;
    }
    if (statement && statement != cache->newest) {
        unlink_from_age(cache, statement);
        add_newest(cache, statement);
    }
    return statement;
}

/* ---- making ---- */

static bool bind_parameter(struct statement *statement, size_t index)
{
    struct slot *slot = &statement->parameters[index];
    const struct storage *storage = slot->storage;
    SQLULEN column_size = storage->column_size ? storage->column_size : slot->capacity;
    SQLSMALLINT digits =
        storage->decimal_digits < 0 ? (SQLSMALLINT)slot->scale : storage->decimal_digits;

    return SQL_SUCCEEDED(SQLBindParameter(statement->handle, (SQLUSMALLINT)(index + 1),
                                          SQL_PARAM_INPUT, storage->c_type, storage->sql_type,
                                          column_size, digits, slot->bytes, (SQLLEN)slot->capacity,
                                          &slot->indicator));
}

static bool make_parameters(struct statement *statement, const struct sql *sql)
{
    statement->parameter_count = sql->parameter_count;
    statement->parameters =
        arena_allocate_array(statement->arena, sql->parameter_count, sizeof(struct slot));
    for (size_t i = 0; i < sql->parameter_count; i++) {
        struct slot *slot = &statement->parameters[i];

        slot->type = sql->parameters[i].type;
        slot->scale = sql->parameters[i].scale;
        slot->storage = sql->dialect->storage[slot->type];
        slot->capacity = slot->storage->size ? slot->storage->size : FIRST_PARAMETER_CAPACITY;
        slot->bytes = arena_allocate(statement->arena, slot->capacity);
        slot->indicator = SQL_NULL_DATA;
        if (!bind_parameter(statement, i)) {
            return false;
        }
    }
    return true;
}

/* Bytes needed for the longest value of a column; 0: it is read in pieces. */
static size_t capacity_of(const struct sql_column *column, const struct storage *storage)
{
    size_t capacity;

    if (storage->size) {
        return storage->size;
    }
    if (!column->length || column->length > COLUMN_BOUND_LIMIT) {
        return 0;
    }
    capacity =
        column->type == COLUMN_TEXT ? column->length * BYTES_OF_CHARACTER + 1 : column->length;
    return capacity <= COLUMN_BOUND_LIMIT ? capacity : 0;
}

static const struct storage *storage_of(const struct sql *sql, const struct sql_column *column)
{
    if (sql->is_row) {
        return sql->dialect->row.storage[column->type];
    }
    return column->is_cast ? sql->dialect->readings[column->type].storage
                           : sql->dialect->storage[column->type];
}

static bool make_columns(struct statement *statement, const struct sql *sql)
{
    statement->is_row = sql->is_row;
    statement->column_count = sql->column_count;
    statement->columns =
        arena_allocate_array(statement->arena, sql->column_count, sizeof(struct slot));
    for (size_t i = 0; i < sql->column_count; i++) {
        struct slot *slot = &statement->columns[i];

        slot->type = sql->columns[i].type;
        slot->scale = sql->columns[i].scale;
        slot->length = sql->columns[i].length;
        slot->storage = storage_of(sql, &sql->columns[i]);
        slot->capacity = sql->is_row ? 0 : capacity_of(&sql->columns[i], slot->storage);
        slot->bytes = slot->capacity ? arena_allocate(statement->arena, slot->capacity) : NULL;
        if (slot->capacity && !SQL_SUCCEEDED(SQLBindCol(
                                  statement->handle, (SQLUSMALLINT)(i + 1), slot->storage->c_type,
                                  slot->bytes, (SQLLEN)slot->capacity, &slot->indicator))) {
            return false;
        }
    }
    return true;
}

static void destroy(struct statement *statement)
{
    struct arena *arena = statement->arena;

    SQLFreeHandle(SQL_HANDLE_STMT, statement->handle);
    arena_destroy(&arena);
}

/* The statement is in no cache yet. */
static bool prepare(SQLHDBC connection, const struct sql *sql, struct statement **statement_out,
                    struct error *error)
{
    struct arena *arena;
    struct statement *statement;
    SQLHSTMT handle;

    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, connection, &handle))) {
        diagnostic_read(sql->dialect, SQL_HANDLE_DBC, connection, NULL, error);
        return false;
    }
    arena = arena_create();
    statement = arena_allocate(arena, sizeof(*statement));
    statement->arena = arena;
    statement->handle = handle;
    statement->is_new = true;
    statement->text = arena_copy_part(arena, sql->text.bytes, sql->text.length);
    statement->text_length = sql->text.length;

    /* No driver may look for {escapes} in our text; those that know none may refuse this. */
    SQLSetStmtAttr(handle, SQL_ATTR_NOSCAN, (SQLPOINTER)SQL_NOSCAN_ON, SQL_IS_UINTEGER);
    if (!SQL_SUCCEEDED(
            SQLPrepare(handle, (SQLCHAR *)statement->text, (SQLINTEGER)statement->text_length)) ||
        !make_parameters(statement, sql) || !make_columns(statement, sql)) {
        diagnostic_read(sql->dialect, SQL_HANDLE_STMT, handle, statement->text, error);
        destroy(statement);
        return false;
    }
    *statement_out = statement;
    return true;
}

/* ---- binding ---- */

/* Copies a text with its NUL, or bytes, to the slot's buffer. */
static bool bind_variable(struct statement *statement, size_t index, const void *bytes, size_t size)
{
    struct slot *slot = &statement->parameters[index];
    bool must_bind = slot->storage->is_bound_anew;

    slot->indicator = slot->type == COLUMN_TEXT ? SQL_NTS : (SQLLEN)size;
    if (size > PARAMETER_COPY_LIMIT) {
        slot->bytes = (void *)bytes;
        slot->capacity = size;
        must_bind = bind_parameter(statement, index);
        slot->capacity = 0; /* the next value gets a buffer again */
        return must_bind;
    }
    if (size > slot->capacity) {
        size_t capacity = slot->capacity ? slot->capacity : FIRST_PARAMETER_CAPACITY;

        while (capacity < size) {
            capacity *= 2;
        }
        slot->bytes = arena_allocate(statement->arena, capacity);
        slot->capacity = capacity;
        must_bind = true;
    }
    memcpy(slot->bytes, bytes, size);
    return !must_bind || bind_parameter(statement, index);
}

static bool bind_cell(struct statement *statement, size_t index, const struct cell *cell)
{
    struct slot *slot = &statement->parameters[index];
    size_t length;

    if (cell->is_null) {
        slot->indicator = SQL_NULL_DATA;
        return true;
    }
    if (cell->type == COLUMN_TEXT) {
        return bind_variable(statement, index, cell->text, strlen(cell->text) + 1);
    }
    if (cell->type == COLUMN_BYTES) {
        return bind_variable(statement, index, cell->bytes.data, cell->bytes.length);
    }
    if (!slot->storage->write(cell, slot->bytes, &length)) {
        return false;
    }
    slot->indicator = (SQLLEN)length;
    return true;
}

bool statement_bind(struct statement *statement, const struct sql *sql, struct error *error)
{
    for (size_t i = 0; i < sql->parameter_count; i++) {
        if (!bind_cell(statement, i, &sql->parameters[i])) {
            error_set(error, ERROR_VALUE_OUT_OF_RANGE, NULL, "A value does not fit its field");
            return error_add_cause(error, "parameter %zu of %s", i + 1, statement->text);
        }
    }
    return true;
}

/* ---- keeping ---- */

bool statement_get(struct statement_cache *cache, SQLHDBC connection, const struct sql *sql,
                   struct statement **statement_out, struct error *error)
{
    uint64_t hash = hash_text(sql->text.bytes, sql->text.length);
    struct statement *statement = find(cache, sql, hash);
    struct statement **bucket = &cache->buckets[hash % STATEMENT_BUCKETS];

    if (statement) {
        *statement_out = statement;
        return true;
    }
    if (!prepare(connection, sql, &statement, error)) {
        return false;
    }
    if (cache->count == STATEMENT_CACHE_SIZE) {
        statement_drop(cache, cache->oldest);
    }
    statement->hash = hash;
    statement->next_in_bucket = *bucket;
    *bucket = statement;
    add_newest(cache, statement);
    cache->count++;
    *statement_out = statement;
    return true;
}

void statement_drop(struct statement_cache *cache, struct statement *statement)
{
    struct statement **place = &cache->buckets[statement->hash % STATEMENT_BUCKETS];

    while (*place != statement) {
        expect(*place);
        place = &(*place)->next_in_bucket;
    }
    *place = statement->next_in_bucket;
    unlink_from_age(cache, statement);
    cache->count--;
    destroy(statement);
}

void statement_drop_all(struct statement_cache *cache)
{
    while (cache->oldest) {
        statement_drop(cache, cache->oldest);
    }
}
