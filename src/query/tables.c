/*
 * tables.c - the tables of parties and files as data.
 */
#include "query/tables.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { FIELD_NAME_LENGTH = 50, ENTITY_NAME_LENGTH = 40 };

static const struct table_column party_columns[] = {
    {.name = "record_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "field_name", .type = COLUMN_TEXT, .length = FIELD_NAME_LENGTH, .is_required = true},
    {.name = "position", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "party_id", .type = COLUMN_UUID},
    {.name = "party_entity", .type = COLUMN_TEXT, .length = ENTITY_NAME_LENGTH},
    {.name = "address", .type = COLUMN_TEXT, .length = PARTY_ADDRESS_LENGTH},
    {.name = "name", .type = COLUMN_TEXT, .length = PARTY_NAME_LENGTH},
};

static const struct table_index party_indexes[] = {
    {.name = "svyaz_party_of_party", .columns = {"party_id"}},
};

const struct table party_table = {
    .name = "svyaz_party",
    .columns = party_columns,
    .column_count = COUNT(party_columns),
    .primary_key = {"record_id", "field_name", "position"},
    .indexes = party_indexes,
    .index_count = COUNT(party_indexes),
};

static const struct table_column file_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = FILE_NAME_LENGTH},
    {.name = "media_type", .type = COLUMN_TEXT, .length = FILE_NAME_LENGTH},
    {.name = "size", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "is_linked", .type = COLUMN_BOOLEAN, .is_required = true},
    {.name = "staged_on", .type = COLUMN_MOMENT, .is_required = true},
};

static const struct table_index file_indexes[] = {
    {.name = "svyaz_file_staged", .columns = {"is_linked", "staged_on"}},
};

const struct table file_table = {
    .name = "svyaz_file",
    .columns = file_columns,
    .column_count = COUNT(file_columns),
    .primary_key = {"id"},
    .indexes = file_indexes,
    .index_count = COUNT(file_indexes),
};
