/*
 * tables.c - the tables of this floor as data.
 */
#include "service/tables.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    APPLICATION_LENGTH = 100,
    ZONE_LENGTH = 64,
    CODE_LENGTH = 64,
    ENTITY_LENGTH = 64,
};

static const struct table_column job_columns[] = {
    {.name = "number", .type = COLUMN_INTEGER, .is_required = true, .is_counted = true},
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = JOB_NAME_LENGTH},
    {.name = "state", .type = COLUMN_INTEGER, .is_required = true}, /* enum job_state */
    {.name = "stops_on_error", .type = COLUMN_BOOLEAN, .is_required = true},
    /* In whose name, and how, its rows are run. */
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "application", .type = COLUMN_TEXT, .length = APPLICATION_LENGTH},
    {.name = "language", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "time_zone", .type = COLUMN_TEXT, .length = ZONE_LENGTH},
    {.name = "has_scope", .type = COLUMN_BOOLEAN, .is_required = true},
    {.name = "scope_operations", .type = COLUMN_TEXT},
    {.name = "scope_entities", .type = COLUMN_TEXT},
    {.name = "is_read_only", .type = COLUMN_BOOLEAN, .is_required = true},
    /* How far it has come: the rows after the succeeded and the failed ones were not run. */
    {.name = "row_count", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "succeeded", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "failed", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "byte_count", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "largest_row", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "submitted_on", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "started_on", .type = COLUMN_MOMENT},
    {.name = "touched_on", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "ended_on", .type = COLUMN_MOMENT},
    {.name = "error_code", .type = COLUMN_TEXT, .length = CODE_LENGTH},
    {.name = "error_message", .type = COLUMN_TEXT},
    /* Which process runs it, and what it met. */
    {.name = "runner_id", .type = COLUMN_UUID},
    {.name = "attempts", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "careful_until", .type = COLUMN_INTEGER, .is_required = true},
};

static const struct table_index job_indexes[] = {
    {.name = "svyaz_job_id", .columns = {"id"}, .is_unique = true},
    {.name = "svyaz_job_user", .columns = {"user_id", "number"}},
    {.name = "svyaz_job_state", .columns = {"state", "touched_on"}},
};

const struct table job_table = {
    .name = "svyaz_job",
    .columns = job_columns,
    .column_count = COUNT(job_columns),
    .primary_key = {"number"},
    .indexes = job_indexes,
    .index_count = COUNT(job_indexes),
};

static const struct table_column job_row_columns[] = {
    {.name = "job_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "number", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "tag", .type = COLUMN_TEXT, .length = JOB_TAG_LENGTH},
    {.name = "content", .type = COLUMN_TEXT, .is_required = true},
};

static const struct table_index job_row_indexes[] = {
    {.name = "svyaz_job_row_tag",
     .columns = {"tag", "job_id"},
     .is_unique = true,
     .is_sparse = true},
};

const struct table job_row_table = {
    .name = "svyaz_job_row",
    .columns = job_row_columns,
    .column_count = COUNT(job_row_columns),
    .primary_key = {"job_id", "number"},
    .indexes = job_row_indexes,
    .index_count = COUNT(job_row_indexes),
};

static const struct table_column job_result_columns[] = {
    {.name = "job_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "number", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "tag", .type = COLUMN_TEXT, .length = JOB_TAG_LENGTH},
    {.name = "is_done", .type = COLUMN_BOOLEAN, .is_required = true},
    /* Of a row that was done. */
    {.name = "entity_name", .type = COLUMN_TEXT, .length = ENTITY_LENGTH},
    {.name = "record_id", .type = COLUMN_UUID},
    {.name = "version", .type = COLUMN_INTEGER},
    {.name = "is_created", .type = COLUMN_BOOLEAN, .is_required = true},
    {.name = "is_repeated", .type = COLUMN_BOOLEAN, .is_required = true},
    /* Of one that was not. */
    {.name = "error_code", .type = COLUMN_TEXT, .length = CODE_LENGTH},
    {.name = "error_message", .type = COLUMN_TEXT},
    {.name = "error_field", .type = COLUMN_TEXT},
    {.name = "error_entity", .type = COLUMN_TEXT},
    {.name = "is_retryable", .type = COLUMN_BOOLEAN, .is_required = true},
};

static const struct table_index job_result_indexes[] = {
    {.name = "svyaz_job_result_tag", .columns = {"tag", "job_id"}, .is_sparse = true},
};

const struct table job_result_table = {
    .name = "svyaz_job_result",
    .columns = job_result_columns,
    .column_count = COUNT(job_result_columns),
    .primary_key = {"job_id", "number"},
    .indexes = job_result_indexes,
    .index_count = COUNT(job_result_indexes),
};

const struct table *const *service_tables(int *count_out)
{
    static const struct table *const tables[] = {
        &job_table,
        &job_row_table,
        &job_result_table,
    };
    *count_out = (int)COUNT(tables);
    return tables;
}
