/*
 * sql.c - writes statements: our text, quoted names, bound values.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/expect.h"
#include "database/dialect_driver.h"
#include "database/sql.h"
#include "database/statement.h"

enum { FIRST_TEXT_CAPACITY = 512, FIRST_ITEM_CAPACITY = 16 };

/* More would make the statement larger, and hardly cheaper. */
enum { MOST_ROWS = 64 };

static const char like_escape = '!';

/* Doubles an array that is full. */
static void *grow_when_full(struct arena *arena, void *items, size_t count, size_t *capacity,
                            size_t size)
{
    if (count < *capacity) {
        return items;
    }
    size_t old_capacity = *capacity;
    *capacity = old_capacity ? 2 * old_capacity : FIRST_ITEM_CAPACITY;
    return arena_grow(arena, items, old_capacity * size, *capacity * size);
}

void sql_begin(struct sql *sql, struct arena *arena, const struct dialect *dialect)
{
    *sql = (struct sql){.arena = arena, .dialect = dialect};
    buffer_init(&sql->text, arena, FIRST_TEXT_CAPACITY);
}

void sql_add(struct sql *sql, const char *text)
{
    buffer_add_text(&sql->text, text);
}

void sql_add_name(struct sql *sql, const char *name)
{
    char quote = sql->dialect->quote;

    /* Names come from a checked catalog; one that could end the quotation is a bug. */
    expect(!strchr(name, quote));
    buffer_add_char(&sql->text, quote);
    buffer_add_text(&sql->text, name);
    buffer_add_char(&sql->text, quote);
}

void sql_add_column(struct sql *sql, const char *alias, const char *name)
{
    sql_add_name(sql, alias);
    buffer_add_char(&sql->text, '.');
    sql_add_name(sql, name);
}

void sql_add_word(struct sql *sql, const char *word)
{
    for (const char *at = word; *at; at++) {
        expect(isalnum((unsigned char)*at) || *at == '_');
    }
    buffer_add_char(&sql->text, '\'');
    buffer_add_text(&sql->text, word);
    buffer_add_char(&sql->text, '\'');
}

void sql_add_number(struct sql *sql, int64_t number)
{
    buffer_add_format(&sql->text, "%lld", (long long)number);
}

static void bind(struct sql *sql, struct cell cell)
{
    sql->parameters = grow_when_full(sql->arena, sql->parameters, sql->parameter_count,
                                     &sql->parameter_capacity, sizeof(struct cell));
    sql->parameters[sql->parameter_count++] = cell;
}

void sql_add_cell(struct sql *sql, struct cell cell)
{
    bind(sql, cell);
    buffer_add_char(&sql->text, '?');
}

void sql_bind_all(struct sql *sql, const struct cell *cells, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        bind(sql, cells[index]);
    }
}

size_t sql_rows_at_once(size_t left, size_t columns)
{
    size_t rows = MOST_ROWS;

    while (rows > 1 && (rows > left || rows * columns > STATEMENT_PARAMETERS)) {
        rows /= 2;
    }
    return rows;
}

void sql_expect(struct sql *sql, struct sql_column column)
{
    sql->columns = grow_when_full(sql->arena, sql->columns, sql->column_count,
                                  &sql->column_capacity, sizeof(struct sql_column));
    sql->columns[sql->column_count++] = column;
}

void sql_add_result(struct sql *sql, const char *alias, const char *name, struct sql_column column)
{
    const char *cast = sql->is_row ? NULL : sql->dialect->readings[column.type].cast;

    sql_add_column(sql, alias, name);
    if (cast) {
        sql_add(sql, cast);
        column.is_cast = true;
    }
    sql_expect(sql, column);
}

void sql_add_ids(struct sql *sql, const struct uuid *ids, size_t count)
{
    sql->dialect->write_ids(sql, ids, count);
}

void sql_add_fence(struct sql *sql)
{
    buffer_add_text(&sql->text, sql->dialect->fence);
}

static void add_match(struct sql *sql, const char *alias, const char *column, const char *before,
                      const char *before_column)
{
    sql_add_column(sql, alias, column);
    sql_add(sql, " = ");
    sql_add_column(sql, before, before_column);
}

void sql_add_seek_join(struct sql *sql, const char *table, const char *alias, const char *column,
                       const char *before, const char *before_column)
{
    const char *join = sql->dialect->ordered_join;

    if (join) {
        sql_add(sql, join);
        sql_add_name(sql, table);
        sql_add(sql, " ");
        sql_add_name(sql, alias);
        sql_add(sql, " ON ");
        add_match(sql, alias, column, before, before_column);
        return;
    }
    sql_add(sql, " CROSS JOIN LATERAL (SELECT * FROM ");
    sql_add_name(sql, table);
    sql_add(sql, " sought WHERE ");
    add_match(sql, "sought", column, before, before_column);
    sql_add_fence(sql);
    sql_add(sql, ") ");
    sql_add_name(sql, alias);
}

void sql_begin_row(struct sql *sql)
{
    expect(sql->column_count == 0);
    sql->is_row = sql->dialect->row.opens != NULL;
    if (sql->is_row) {
        sql_add(sql, sql->dialect->row.opens);
    }
}

void sql_end_row(struct sql *sql)
{
    if (sql->is_row) {
        sql_add(sql, sql->dialect->row.closes);
    }
}

void sql_add_limit(struct sql *sql, int64_t count)
{
    buffer_add_text(&sql->text, sql->dialect->limit);
    sql_add_number(sql, count);
}

void sql_add_direction(struct sql *sql, bool is_descending, bool is_nullable)
{
    bool is_explicit = is_nullable && sql->dialect->sorts_nulls_last;

    if (is_descending) {
        buffer_add_text(&sql->text, is_explicit ? " DESC NULLS LAST" : " DESC");
    } else if (is_explicit) {
        buffer_add_text(&sql->text, " NULLS FIRST");
    }
}

void sql_add_row_lock(struct sql *sql, enum row_lock lock)
{
    const char *words = sql->dialect->row_locks[lock];

    if (words != NULL) {
        buffer_add_text(&sql->text, words);
        sql->is_locking = true;
    }
}

void sql_add_like(struct sql *sql, const char *alias, const char *name, const char *pattern)
{
    sql_add_column(sql, alias, name);
    buffer_add_text(&sql->text, " LIKE ");
    sql_add_cell(sql, cell_text(pattern));
    buffer_add_text(&sql->text, " ESCAPE '!'");
}

char *sql_escape_like(struct arena *arena, const char *text)
{
    char *escaped = arena_allocate(arena, 2 * strlen(text) + 1);
    char *end = escaped;

    for (; *text; text++) {
        if (*text == '%' || *text == '_' || *text == like_escape) {
            *end++ = like_escape;
        }
        *end++ = *text;
    }
    return escaped;
}
