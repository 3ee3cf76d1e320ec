/*
 * tie.c - ids of messages and the conversations they belong to, in a table of their own.
 *
 * The table has digests of ids: they have one length, and who reads the database learns no id that
 * could be named in a message. Its rows are held in one order, so that messages which come at once
 * wait for each other; an id that both bring for the first time lets one of them begin anew.
 */
#include "mail/tie.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "crypto/digest.h"
#include "database/row.h"
#include "mail/conversation.h"
#include "mail/tables.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "mime/mime.h"
#include "query/query.h"
#include "security/authorise.h"
#include "security/stored.h"
#include "text/fold.h"

/* KEPT_MOST: its own id, and the nearest twenty that it names. */
enum { KEYS_MOST = 200, KEPT_MOST = 21, MOVED_MOST = 1000 };

static const struct entity *email_entity(const struct call *call)
{
    return catalog_find_entity(call->catalog, "Email");
}

static const struct table *email_table(const struct call *call)
{
    return stored_table(call->catalog, email_entity(call));
}

/* The column of e-mails that says of which conversation they are. */
static const char *column_of(const struct call *call)
{
    return entity_find_field(email_entity(call), "conversation")->column;
}

/* ---- ids ---- */

void mail_ties_begin(struct call *call, struct mail_ties *ties)
{
    *ties = (struct mail_ties){.own = NULL};
    array_init(&ties->keys, call->arena);
    array_init(&ties->fresh, call->arena);
    array_init(&ties->conversations, call->arena);
}

/* Ids are found whatever their case, as in the field of an e-mail. */
static const char *key_of(struct call *call, const char *id)
{
    const char *folded = text_fold(call->arena, call->platform->text_rules, id);
    char *key = arena_allocate(call->arena, SHA256_TEXT_SIZE);
    uint8_t digest[SHA256_SIZE];

    digest_sha256(folded, strlen(folded), digest);
    digest_format(digest, key);
    return key;
}

static bool has_key(const struct array *keys, const char *key)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->items[i], key) == 0) {
            return true;
        }
    }
    return false;
}

void mail_ties_add(struct call *call, struct mail_ties *ties, const char *id)
{
    const char *key = id == NULL ? NULL : key_of(call, id);

    if (key != NULL && ties->keys.count < KEYS_MOST && !has_key(&ties->keys, key)) {
        array_add(&ties->keys, key);
    }
}

/* The first says what it all began with. */
void mail_ties_add_references(struct call *call, struct mail_ties *ties, const char *const *ids,
                              size_t count)
{
    if (count > 0) {
        mail_ties_add(call, ties, ids[0]);
    }
    for (size_t i = count; i > 1; i--) {
        mail_ties_add(call, ties, ids[i - 1]);
    }
}

void mail_ties_of(struct call *call, const struct mime_message *message, bool has_own,
                  struct mail_ties *ties)
{
    mail_ties_begin(call, ties);
    ties->is_by_program = message->kind != MIME_ORDINARY;
    if (has_own && message->message_id != NULL) {
        mail_ties_add(call, ties, message->message_id);
        ties->own = ties->keys.items[0];
    }
    mail_ties_add(call, ties, message->bounced_id);
    mail_ties_add(call, ties, message->in_reply_to);
    if (message->thread_index != NULL) {
        mail_ties_add(call, ties, arena_format(call->arena, "index:%s", message->thread_index));
    }
    mail_ties_add_references(call, ties, message->references, message->reference_count);
    for (size_t i = message->forwarded_count; i > 0; i--) {
        mail_ties_add(call, ties, message->forwarded_ids[i - 1]);
    }
}

/* ---- what they belong to ---- */

void mail_ties_meet(struct call *call, struct mail_ties *ties, const struct uuid *conversation)
{
    struct array *met = &ties->conversations;
    size_t at = 0;

    while (at < met->count && uuid_compare(met->items[at], conversation) < 0) {
        at++;
    }
    if (at < met->count && uuid_is_equal(met->items[at], conversation)) {
        return;
    }
    array_add(met, NULL);
    memmove(&met->items[at + 1], &met->items[at], (met->count - 1 - at) * sizeof(met->items[0]));
    met->items[at] = arena_copy(call->arena, conversation, sizeof(*conversation));
}

bool mail_ties_agree(const struct mail_ties *left, const struct mail_ties *right)
{
    bool do_agree = left->conversations.count == right->conversations.count;

    for (size_t i = 0; do_agree && i < left->conversations.count; i++) {
        do_agree = uuid_is_equal(left->conversations.items[i], right->conversations.items[i]);
    }
    return do_agree;
}

/* Leaves conversations of which the caller may read an e-mail. */
static bool keep_known(struct call *call, struct array *conversations, struct error *error)
{
    size_t kept = 0;

    if (authorise_all(call->identity, email_entity(call), RIGHT_READ)) {
        return true;
    }
    for (size_t i = 0; i < conversations->count; i++) {
        struct page page = {.count = 0};
        const struct conversation_query query = {
            .conversations = &conversations->items[i], .count = 1, .most = 1};
        if (!mail_list_conversations(call, &query, &page, error)) {
            return false;
        }
        if (page.count > 0) {
            conversations->items[kept++] = conversations->items[i];
        }
    }
    conversations->count = kept;
    return true;
}

/* The nearest of those that have no row; of a program's only its own. */
static void note_fresh(struct call *call, struct mail_ties *ties, const struct row_set *rows)
{
    struct array found;

    array_init(&found, call->arena);
    for (size_t i = 0; i < rows->count; i++) {
        array_add(&found, row_cell(rows, i, 0)->text);
    }
    ties->fresh.count = 0;
    for (size_t i = 0; i < ties->keys.count && i < KEPT_MOST; i++) {
        const char *key = ties->keys.items[i];
        if (!has_key(&found, key) && (!ties->is_by_program || key == ties->own)) {
            array_add(&ties->fresh, key);
        }
    }
}

static bool look_up(struct call *call, struct mail_ties *ties, bool is_locked, struct error *error)
{
    static const char *const names[] = {"id", "conversation"};
    const struct row_query query = {
        .table = &conversation_id_table,
        .columns = names,
        .column_count = 2,
        .among = "id",
        .texts = (const char *const *)ties->keys.items,
        .text_count = ties->keys.count,
        .order = "id",
        .is_locked = is_locked,
    };
    struct row_set rows = {.count = 0};

    ties->conversations.count = 0;
    if (ties->keys.count > 0 && !row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t i = 0; i < rows.count; i++) {
        mail_ties_meet(call, ties, &row_cell(&rows, i, 1)->uuid);
    }
    note_fresh(call, ties, &rows);
    return keep_known(call, &ties->conversations, error);
}

bool mail_ties_find(struct call *call, struct mail_ties *ties, struct error *error)
{
    return look_up(call, ties, false, error);
}

bool mail_ties_hold(struct call *call, struct mail_ties *ties, struct error *error)
{
    return look_up(call, ties, true, error);
}

/* ---- one conversation ---- */

/* Says nothing that a person did: the e-mails keep their version, and who changed them last. */
static bool set_conversation(struct call *call, const char *column, const struct uuid *is,
                             const struct uuid *conversation, struct error *error)
{
    const struct row_value value = {column_of(call), cell_uuid(conversation)};
    const struct row_condition condition = {column, ROW_IS, cell_uuid(is)};

    return row_update(call->connection, call->arena, email_table(call), &value, 1, &condition, 1,
                      NULL, error);
}

bool mail_ties_put(struct call *call, const struct uuid *email_id, const struct uuid *conversation,
                   struct error *error)
{
    return set_conversation(call, email_entity(call)->id->column, email_id, conversation, error);
}

static bool merge(struct call *call, const struct uuid *from, const struct uuid *to,
                  struct error *error)
{
    const struct row_value value = {"conversation", cell_uuid(to)};
    const struct row_condition condition = {"conversation", ROW_IS, cell_uuid(from)};

    return row_update(call->connection, call->arena, &conversation_id_table, &value, 1, &condition,
                      1, NULL, error) &&
           set_conversation(call, column_of(call), from, to, error);
}

/* How many e-mails it has, whoever may see them; one more than may be moved says enough. */
static bool measure(struct call *call, const struct uuid *conversation, size_t *size_out,
                    struct error *error)
{
    const struct row_condition condition = {column_of(call), ROW_IS, cell_uuid(conversation)};
    const struct row_query query = {
        .table = email_table(call),
        .columns = (const char *const[]){email_entity(call)->id->column},
        .column_count = 1,
        .conditions = &condition,
        .condition_count = 1,
        .limit = MOVED_MOST + 1,
    };
    struct uuid *ids = NULL;

    return row_select_ids(call->connection, call->arena, &query, &ids, size_out, error);
}

/* The largest takes in the others, the oldest first, as long as that is soon done. */
static bool merge_all(struct call *call, const struct array *met, struct uuid *one_out,
                      struct error *error)
{
    size_t *sizes = arena_allocate_array(call->arena, met->count, sizeof(*sizes));
    size_t largest = 0, left = MOVED_MOST;

    for (size_t i = 0; i < met->count && met->count > 1; i++) {
        if (!measure(call, met->items[i], &sizes[i], error)) {
            return false;
        }
        largest = sizes[i] > sizes[largest] ? i : largest;
    }
    const struct uuid *one = met->items[largest];
    for (size_t i = 0; i < met->count; i++) {
        if (i == largest || sizes[i] > left) {
            continue;
        }
        left -= sizes[i];
        if (!merge(call, met->items[i], one, error)) {
            return false;
        }
    }
    *one_out = *one;
    return true;
}

static bool insert_fresh(struct call *call, const struct array *keys,
                         const struct uuid *conversation, struct error *error)
{
    static const char *const names[] = {"id", "conversation"};
    struct cell *cells = arena_allocate_array(call->arena, 2 * keys->count, sizeof(*cells));
    const struct row_batch batch = {.table = &conversation_id_table,
                                    .columns = names,
                                    .column_count = 2,
                                    .cells = cells,
                                    .row_count = keys->count};

    for (size_t i = 0; i < keys->count; i++) {
        cells[2 * i] = cell_text(keys->items[i]);
        cells[2 * i + 1] = cell_uuid(conversation);
    }
    if (keys->count == 0 || row_insert_all(call->connection, call->arena, &batch, error)) {
        return true;
    }
    if (error->code == ERROR_DATABASE_UNIQUE) {
        error->code = ERROR_DATABASE_CONFLICT; /* begins anew, and finds it */
    }
    return false;
}

static int compare_keys(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

bool mail_ties_join(struct call *call, const struct mail_ties *ties, struct uuid *conversation_out,
                    struct error *error)
{
    struct uuid one = call_new_id(call);

    if (ties->conversations.count > 0 && !merge_all(call, &ties->conversations, &one, error)) {
        return false;
    }
    if (ties->fresh.count > 1) {
        qsort(ties->fresh.items, ties->fresh.count, sizeof(ties->fresh.items[0]), compare_keys);
    }
    if (!insert_fresh(call, &ties->fresh, &one, error)) {
        return false;
    }
    *conversation_out = one;
    return true;
}
