/*
 * tables.c - the tables of this floor as data.
 */
#include "mail/tables.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { ADDRESS_LENGTH = 320, MESSAGE_ID_LENGTH = 255, DIGEST_LENGTH = 64 };

static const struct table_column outbox_columns[] = {
    {.name = "number", .type = COLUMN_INTEGER, .is_required = true, .is_counted = true},
    {.name = "email_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "mailbox", .type = COLUMN_TEXT, .length = ADDRESS_LENGTH, .is_required = true},
    {.name = "sender", .type = COLUMN_TEXT, .length = ADDRESS_LENGTH, .is_required = true},
    {.name = "recipients", .type = COLUMN_TEXT, .is_required = true}, /* a line each */
    {.name = "message_id", .type = COLUMN_TEXT, .length = MESSAGE_ID_LENGTH, .is_required = true},
    {.name = "size", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "is_receipt_wanted", .type = COLUMN_BOOLEAN, .is_required = true},
    {.name = "put_at", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "due_at", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "attempts", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "claim_id", .type = COLUMN_UUID},
};

static const struct table_index outbox_indexes[] = {
    {.name = "svyaz_outbox_email", .columns = {"email_id"}, .is_unique = true},
    {.name = "svyaz_outbox_order", .columns = {"mailbox", "number"}},
};

const struct table outbox_table = {
    .name = "svyaz_outbox",
    .columns = outbox_columns,
    .column_count = COUNT(outbox_columns),
    .primary_key = {"number"},
    .indexes = outbox_indexes,
    .index_count = COUNT(outbox_indexes),
};

static const struct table_column outbox_mailbox_columns[] = {
    {.name = "mailbox", .type = COLUMN_TEXT, .length = ADDRESS_LENGTH, .is_required = true},
    {.name = "due_at", .type = COLUMN_INTEGER, .is_required = true}, /* of its first message */
    {.name = "claim_id", .type = COLUMN_UUID},
    {.name = "claimed_until", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "served_at", .type = COLUMN_INTEGER, .is_required = true},
};

static const struct table_index outbox_mailbox_indexes[] = {
    {.name = "svyaz_outbox_turn", .columns = {"served_at"}},
};

const struct table outbox_mailbox_table = {
    .name = "svyaz_outbox_mailbox",
    .columns = outbox_mailbox_columns,
    .column_count = COUNT(outbox_mailbox_columns),
    .primary_key = {"mailbox"},
    .indexes = outbox_mailbox_indexes,
    .index_count = COUNT(outbox_mailbox_indexes),
};

static const struct table_column conversation_id_columns[] = {
    {.name = "id", .type = COLUMN_TEXT, .length = DIGEST_LENGTH, .is_required = true},
    {.name = "conversation", .type = COLUMN_UUID, .is_required = true},
};

static const struct table_index conversation_id_indexes[] = {
    {.name = "svyaz_conversation_id_of", .columns = {"conversation"}},
};

const struct table conversation_id_table = {
    .name = "svyaz_conversation_id",
    .columns = conversation_id_columns,
    .column_count = COUNT(conversation_id_columns),
    .primary_key = {"id"},
    .indexes = conversation_id_indexes,
    .index_count = COUNT(conversation_id_indexes),
};

const struct table *const *mail_tables(int *count_out)
{
    static const struct table *const tables[] = {&outbox_table, &outbox_mailbox_table,
                                                 &conversation_id_table};

    *count_out = (int)COUNT(tables);
    return tables;
}
