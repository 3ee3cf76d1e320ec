/*
 * tables.c - the tables of this floor as data.
 */
#include "change/tables.h"

#include "change/change.h"
#include "change/event.h"
#include "change/subscription.h"
#include "database/table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    ENTITY_LENGTH = 64,
    MARK_LENGTH = 32,
    WORD_LENGTH = 40,
    TOKEN_LENGTH = 100,
    USER_NAME_LENGTH = 160,
};

static const struct table_column change_columns[] = {
    {.name = "number", .type = COLUMN_INTEGER, .is_required = true, .is_counted = true},
    {.name = "position", .type = COLUMN_INTEGER},
    {.name = "entity_name", .type = COLUMN_TEXT, .length = ENTITY_LENGTH, .is_required = true},
    {.name = "record_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "version", .type = COLUMN_INTEGER},
    {.name = "kind", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "field_names", .type = COLUMN_TEXT},
    {.name = "former", .type = COLUMN_TEXT},
    {.name = "sight", .type = COLUMN_TEXT},
    {.name = "user_id", .type = COLUMN_UUID},
    {.name = "application", .type = COLUMN_TEXT, .length = CHANGE_APPLICATION_LENGTH},
    {.name = "request_id", .type = COLUMN_TEXT, .length = CHANGE_REQUEST_LENGTH},
    {.name = "changed_on", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "bin_entity", .type = COLUMN_TEXT, .length = ENTITY_LENGTH}, /* see change/bin.h */
    {.name = "with_id", .type = COLUMN_UUID},
};

static const struct table_index change_indexes[] = {
    /* Finds what has no position yet, in the order of the numbers, as well as what has. */
    {.name = "svyaz_change_position", .columns = {"position", "number"}},
    {.name = "svyaz_change_record", .columns = {"record_id", "number"}},
    {.name = "svyaz_change_request", .columns = {"request_id"}, .is_sparse = true},
    {.name = "svyaz_change_bin", .columns = {"bin_entity", "number"}, .is_sparse = true},
};

const struct table change_table = {
    .name = "svyaz_change",
    .columns = change_columns,
    .column_count = COUNT(change_columns),
    .primary_key = {"number"},
    .indexes = change_indexes,
    .index_count = COUNT(change_indexes),
};

static const struct table_column mark_columns[] = {
    {.name = "name", .type = COLUMN_TEXT, .length = MARK_LENGTH, .is_required = true},
    {.name = "position", .type = COLUMN_INTEGER, .is_required = true},
};

const struct table change_mark_table = {
    .name = "svyaz_change_mark",
    .columns = mark_columns,
    .column_count = COUNT(mark_columns),
    .primary_key = {"name"},
};

static const struct table_column event_columns[] = {
    {.name = "number", .type = COLUMN_INTEGER, .is_required = true, .is_counted = true},
    {.name = "kind", .type = COLUMN_TEXT, .length = WORD_LENGTH, .is_required = true},
    {.name = "happened_on", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "times", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "user_id", .type = COLUMN_UUID},
    {.name = "entity_name", .type = COLUMN_TEXT, .length = ENTITY_LENGTH},
    {.name = "record_id", .type = COLUMN_UUID},
    {.name = "history_id", .type = COLUMN_UUID}, /* record_id, of what its history tells */
    {.name = "other_entity", .type = COLUMN_TEXT, .length = ENTITY_LENGTH},
    {.name = "other_id", .type = COLUMN_UUID},
    {.name = "session_id", .type = COLUMN_UUID},
    {.name = "way", .type = COLUMN_TEXT, .length = WORD_LENGTH},
    {.name = "reason", .type = COLUMN_TEXT, .length = WORD_LENGTH},
    {.name = "address", .type = COLUMN_TEXT, .length = EVENT_ADDRESS_LENGTH},
    {.name = "application", .type = COLUMN_TEXT, .length = CHANGE_APPLICATION_LENGTH},
    {.name = "request_id", .type = COLUMN_TEXT, .length = CHANGE_REQUEST_LENGTH},
    {.name = "details", .type = COLUMN_TEXT},
    {.name = "row_id", .type = COLUMN_UUID}, /* of those that count more than one */
};

static const struct table_index event_indexes[] = {
    {.name = "svyaz_event_happened_on", .columns = {"happened_on"}},
    {.name = "svyaz_event_kind", .columns = {"kind", "number"}},
    {.name = "svyaz_event_record", .columns = {"record_id", "number"}},
    {.name = "svyaz_event_history", .columns = {"history_id", "number"}, .is_sparse = true},
    {.name = "svyaz_event_other", .columns = {"other_id", "number"}, .is_sparse = true},
    {.name = "svyaz_event_user", .columns = {"user_id", "number"}},
    {.name = "svyaz_event_row", .columns = {"row_id"}, .is_sparse = true},
};

const struct table event_table = {
    .name = "svyaz_event",
    .columns = event_columns,
    .column_count = COUNT(event_columns),
    .primary_key = {"number"},
    .indexes = event_indexes,
    .index_count = COUNT(event_indexes),
};

static const struct table_column subscription_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = SUBSCRIPTION_NAME_LENGTH},
    {.name = "url", .type = COLUMN_TEXT, .length = SUBSCRIPTION_URL_LENGTH, .is_required = true},
    {.name = "user_name", .type = COLUMN_TEXT, .length = USER_NAME_LENGTH},
    {.name = "password", .type = COLUMN_TEXT},
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "application", .type = COLUMN_TEXT, .length = CHANGE_APPLICATION_LENGTH},
    {.name = "interests", .type = COLUMN_TEXT},
    {.name = "skips_own", .type = COLUMN_BOOLEAN, .is_required = true},
    {.name = "changes_per_message", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "park_after", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "state", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "created_on", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "token", .type = COLUMN_TEXT, .length = TOKEN_LENGTH, .is_required = true},
    {.name = "edition", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "node_id", .type = COLUMN_UUID},
    {.name = "attempts", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "last_error", .type = COLUMN_TEXT, .length = SUBSCRIPTION_REASON_LENGTH},
    {.name = "delivered", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "delivered_on", .type = COLUMN_MOMENT},
};

const struct table subscription_table = {
    .name = "svyaz_subscription",
    .columns = subscription_columns,
    .column_count = COUNT(subscription_columns),
    .primary_key = {"id"},
};

static const struct table_column dead_letter_columns[] = {
    {.name = "subscription_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "position", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "entity_name", .type = COLUMN_TEXT, .length = ENTITY_LENGTH, .is_required = true},
    {.name = "record_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "parked_on", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "reason", .type = COLUMN_TEXT, .length = SUBSCRIPTION_REASON_LENGTH},
    {.name = "is_due", .type = COLUMN_BOOLEAN, .is_required = true},
};

static const struct table_index dead_letter_indexes[] = {
    {.name = "svyaz_dead_letter_record", .columns = {"subscription_id", "record_id"}},
};

const struct table dead_letter_table = {
    .name = "svyaz_dead_letter",
    .columns = dead_letter_columns,
    .column_count = COUNT(dead_letter_columns),
    .primary_key = {"subscription_id", "position"},
    .indexes = dead_letter_indexes,
    .index_count = COUNT(dead_letter_indexes),
};

static const struct table_column node_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "beat", .type = COLUMN_INTEGER, .is_required = true},
};

const struct table node_table = {
    .name = "svyaz_node",
    .columns = node_columns,
    .column_count = COUNT(node_columns),
    .primary_key = {"id"},
};
