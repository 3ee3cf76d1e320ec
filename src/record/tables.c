/*
 * tables.c - the tables of this floor as data.
 */
#include "record/tables.h"

#include "change/tables.h"
#include "query/tables.h"
#include "record/engine.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NAME_LENGTH = 120, SETTING_LENGTH = 200, DIGEST_LENGTH = 64 };

static const struct table_column file_piece_columns[] = {
    {.name = "file_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "number", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "bytes", .type = COLUMN_BYTES, .is_required = true},
};

const struct table file_piece_table = {
    .name = "svyaz_file_piece",
    .columns = file_piece_columns,
    .column_count = COUNT(file_piece_columns),
    .primary_key = {"file_id", "number"},
};

static const struct table_column counter_columns[] = {
    {.name = "name", .type = COLUMN_TEXT, .length = NAME_LENGTH, .is_required = true},
    {.name = "last_number", .type = COLUMN_INTEGER, .is_required = true},
};

const struct table counter_table = {
    .name = "svyaz_counter",
    .columns = counter_columns,
    .column_count = COUNT(counter_columns),
    .primary_key = {"name"},
};

static const struct table_column setting_columns[] = {
    {.name = "name", .type = COLUMN_TEXT, .length = NAME_LENGTH, .is_required = true},
    {.name = "text", .type = COLUMN_TEXT, .length = SETTING_LENGTH, .is_required = true},
};

const struct table setting_table = {
    .name = "svyaz_setting",
    .columns = setting_columns,
    .column_count = COUNT(setting_columns),
    .primary_key = {"name"},
};

static const struct table_column request_columns[] = {
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "request_id", .type = COLUMN_TEXT, .length = REQUEST_ID_LENGTH, .is_required = true},
    {.name = "request_digest", .type = COLUMN_TEXT, .length = DIGEST_LENGTH, .is_required = true},
    {.name = "answer", .type = COLUMN_TEXT, .is_required = true},
    {.name = "is_sealed", .type = COLUMN_BOOLEAN, .is_required = true},
    {.name = "answered_on", .type = COLUMN_MOMENT, .is_required = true},
};

static const struct table_index request_indexes[] = {
    {.name = "svyaz_request_answered_on", .columns = {"answered_on"}},
};

const struct table request_table = {
    .name = "svyaz_request",
    .columns = request_columns,
    .column_count = COUNT(request_columns),
    .primary_key = {"user_id", "request_id"},
    .indexes = request_indexes,
    .index_count = COUNT(request_indexes),
};

const struct table *const *record_tables(int *count_out)
{
    static const struct table *const tables[] = {
        &party_table,   &file_table,         &file_piece_table,  &counter_table,
        &setting_table, &request_table,      &change_table,      &change_mark_table,
        &event_table,   &subscription_table, &dead_letter_table, &node_table,
    };
    *count_out = (int)COUNT(tables);
    return tables;
}
