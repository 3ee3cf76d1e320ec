/*
 * schema_text.c - tables written as lines of words, and read again.
 */
#include "metadata/schema_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "database/table.h"

enum { WORDS_LIMIT = TABLE_COLUMNS_IN_KEY + 3, COLUMN_WORDS = 8, MADE_COLUMN_WORDS = 10 };

static const char *const type_names[] = {
    [COLUMN_TEXT] = "text",       [COLUMN_INTEGER] = "integer", [COLUMN_DECIMAL] = "decimal",
    [COLUMN_BOOLEAN] = "boolean", [COLUMN_DATE] = "date",       [COLUMN_MOMENT] = "moment",
    [COLUMN_UUID] = "uuid",       [COLUMN_BYTES] = "bytes",
};

/* Old descriptions know no sparse indexes: theirs are plain. */
static const char unique_word[] = "unique", sparse_word[] = "sparse", plain_word[] = "plain";

static const char *word_of(const struct table_index *index)
{
    if (index->is_unique) {
        return unique_word;
    }
    return index->is_sparse ? sparse_word : plain_word;
}

static const char required_word[] = "required", counted_word[] = "counted",
                  optional_word[] = "optional";

/* What the engine numbers is required, too. */
static const char *need_of(const struct table_column *column)
{
    if (column->is_counted) {
        return counted_word;
    }
    return column->is_required ? required_word : optional_word;
}

/* Of columns that are made of others. Descriptions of release 4 do not say which are. */
static const char *const making_names[] = {
    [MAKING_FOLD] = "fold",
    [MAKING_SORT_KEY] = "sort",
};

/* ---- writing ---- */

static void write_column(struct buffer *text, const struct table_column *column)
{
    buffer_add_format(text, "column %s %s %zu %u %u %s %s", column->name, type_names[column->type],
                      column->length, column->precision, column->scale, need_of(column),
                      column->references != NULL ? column->references : "-");
    if (column->making != MAKING_NONE) {
        buffer_add_format(text, " %s %s", making_names[column->making], column->made_from);
    }
    buffer_add_char(text, '\n');
}

static void write_columns_of_key(struct buffer *text, const char *const *columns)
{
    for (size_t i = 0; i < TABLE_COLUMNS_IN_KEY && columns[i] != NULL; i++) {
        buffer_add_format(text, " %s", columns[i]);
    }
    buffer_add_char(text, '\n');
}

char *schema_text_write(struct arena *arena, const struct table *table)
{
    struct buffer text;
    buffer_init(&text, arena, 64 * (table->column_count + 1));
    for (size_t i = 0; i < table->column_count; i++) {
        write_column(&text, &table->columns[i]);
    }
    buffer_add_text(&text, "primary");
    write_columns_of_key(&text, table->primary_key);
    for (size_t i = 0; i < table->index_count; i++) {
        const struct table_index *index = &table->indexes[i];
        buffer_add_format(&text, "index %s %s", index->name, word_of(index));
        write_columns_of_key(&text, index->columns);
    }
    return text.bytes;
}

/* ---- reading ---- */

/* A table while it is read. */
struct reading {
    struct arena *arena;
    struct table *table;
    struct array columns; /* struct table_column */
    struct array indexes; /* struct table_index */
};

static bool find_type(const char *name, enum column_type *type_out)
{
    for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
        if (strcmp(type_names[i], name) == 0) {
            *type_out = (enum column_type)i;
            return true;
        }
    }
    return false;
}

static bool find_making(const char *name, enum column_making *making_out)
{
    for (size_t i = MAKING_NONE + 1; i < sizeof(making_names) / sizeof(making_names[0]); i++) {
        if (strcmp(making_names[i], name) == 0) {
            *making_out = (enum column_making)i;
            return true;
        }
    }
    return false;
}

static bool read_making(struct table_column *column, char **words, size_t count)
{
    if (count == COLUMN_WORDS) {
        return true;
    }
    column->made_from = words[9];
    return find_making(words[8], &column->making);
}

static bool read_column(struct reading *reading, char **words, size_t count)
{
    struct table_column *column = arena_allocate(reading->arena, sizeof(*column));
    if ((count != COLUMN_WORDS && count != MADE_COLUMN_WORDS) ||
        !find_type(words[2], &column->type) || !read_making(column, words, count)) {
        return false;
    }
    column->name = words[1];
    column->length = (size_t)strtoull(words[3], NULL, 10);
    column->precision = (uint8_t)strtoul(words[4], NULL, 10);
    column->scale = (uint8_t)strtoul(words[5], NULL, 10);
    column->is_counted = strcmp(words[6], counted_word) == 0;
    column->is_required = column->is_counted || strcmp(words[6], required_word) == 0;
    column->references = strcmp(words[7], "-") == 0 ? NULL : words[7];
    array_add(&reading->columns, column);
    return true;
}

static bool take_key(const char **key, char **words, size_t count)
{
    if (count == 0 || count > TABLE_COLUMNS_IN_KEY) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        key[i] = words[i];
    }
    return true;
}

static bool read_primary(struct reading *reading, char **words, size_t count)
{
    return take_key(reading->table->primary_key, words + 1, count - 1);
}

static bool read_index(struct reading *reading, char **words, size_t count)
{
    struct table_index *index = arena_allocate(reading->arena, sizeof(*index));
    if (count < 4) {
        return false;
    }
    index->name = words[1];
    index->is_unique = strcmp(words[2], unique_word) == 0;
    index->is_sparse = strcmp(words[2], sparse_word) == 0;
    array_add(&reading->indexes, index);
    return take_key(index->columns, words + 3, count - 3);
}

static const struct {
    const char *word;
    bool (*read)(struct reading *reading, char **words, size_t count);
} lines[] = {
    {"column", read_column},
    {"primary", read_primary},
    {"index", read_index},
};

static bool read_line(struct reading *reading, char *line)
{
    char *words[WORDS_LIMIT];
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (count == WORDS_LIMIT) {
            return false;
        }
        words[count++] = word;
    }
    for (size_t i = 0; count > 0 && i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (strcmp(lines[i].word, words[0]) == 0) {
            return lines[i].read(reading, words, count);
        }
    }
    return false;
}

static void finish(struct reading *reading)
{
    struct table *table = reading->table;
    struct table_column *columns =
        arena_allocate_array(reading->arena, reading->columns.count, sizeof(*columns));
    struct table_index *indexes =
        arena_allocate_array(reading->arena, reading->indexes.count, sizeof(*indexes));
    for (size_t i = 0; i < reading->columns.count; i++) {
        columns[i] = *(const struct table_column *)reading->columns.items[i];
    }
    for (size_t i = 0; i < reading->indexes.count; i++) {
        indexes[i] = *(const struct table_index *)reading->indexes.items[i];
    }
    table->columns = columns;
    table->column_count = reading->columns.count;
    table->indexes = indexes;
    table->index_count = reading->indexes.count;
}

bool schema_text_read(struct arena *arena, const char *name, const char *text,
                      const struct table **table_out, struct error *error)
{
    struct reading reading = {.arena = arena};
    char *copy = arena_copy_text(arena, text);
    char *rest = NULL;
    reading.table = arena_allocate(arena, sizeof(*reading.table));
    reading.table->name = arena_copy_text(arena, name);
    array_init(&reading.columns, arena);
    array_init(&reading.indexes, arena);
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (!read_line(&reading, line)) {
            return error_set(error, ERROR_SCHEMA_MISMATCH, name,
                             "The stored description of table %s is not of this release", name);
        }
    }
    finish(&reading);
    *table_out = reading.table;
    return true;
}

/* ---- merging ---- */

static bool has_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

const struct table *schema_merge_table(struct arena *arena, const struct table *present,
                                       const struct table *wanted)
{
    struct table *merged = arena_copy(arena, wanted, sizeof(*wanted));
    if (present == NULL) {
        return merged;
    }
    struct table_column *columns =
        arena_allocate_array(arena, wanted->column_count + present->column_count, sizeof(*columns));
    memcpy(columns, wanted->columns, wanted->column_count * sizeof(*columns));
    size_t count = wanted->column_count;
    for (size_t i = 0; i < present->column_count; i++) {
        if (!has_column(wanted, present->columns[i].name)) {
            columns[count] = present->columns[i];
            /* Whoever writes now does not know it. */
            columns[count].is_required = false;
            columns[count].making = MAKING_NONE;
            columns[count].made_from = NULL;
            count++;
        }
    }
    merged->columns = columns;
    merged->column_count = count;
    return merged;
}
