/*
 * outbox.c - the outbox in its two tables: messages, and the mailboxes they are sent from.
 */
#include "mail/outbox.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "database/lease.h"
#include "database/row.h"
#include "mail/tables.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { LOOKED_AT = 20 }; /* mailboxes with nothing to take, before a claim gives up */

enum column {
    NUMBER,
    EMAIL_ID,
    MAILBOX,
    SENDER,
    RECIPIENTS,
    MESSAGE_ID,
    SIZE,
    IS_RECEIPT_WANTED,
    PUT_AT,
    ATTEMPTS,
    CLAIM_ID,
    COLUMNS
};

static const char *const columns[COLUMNS] = {
    [NUMBER] = "number",
    [EMAIL_ID] = "email_id",
    [MAILBOX] = "mailbox",
    [SENDER] = "sender",
    [RECIPIENTS] = "recipients",
    [MESSAGE_ID] = "message_id",
    [SIZE] = "size",
    [IS_RECEIPT_WANTED] = "is_receipt_wanted",
    [PUT_AT] = "put_at",
    [ATTEMPTS] = "attempts",
    [CLAIM_ID] = "claim_id",
};

static struct row_condition of_mailbox(const char *mailbox)
{
    return (struct row_condition){"mailbox", ROW_IS, cell_text(mailbox)};
}

static struct row_condition of_number(const struct outbox_mail *mail)
{
    return (struct row_condition){"number", ROW_IS, cell_integer(mail->number)};
}

static bool tell_time(struct call *call, int64_t *now_out, struct error *error)
{
    return lease_clock(call->connection, call->arena, now_out, error);
}

/* ---- mailboxes ---- */

/* A mailbox while its row is locked. */
struct mailbox {
    const char *address; /* NULL: there is none */
    int64_t due_at;
    struct uuid claim_id; /* the last; empty: there was none yet */
};

static struct uuid claim_in(const struct cell *cell)
{
    return cell->is_null ? (struct uuid){{0}} : cell->uuid;
}

static bool select_mailbox(struct call *call, struct row_query query, struct mailbox *mailbox_out,
                           struct error *error)
{
    static const char *const names[] = {"mailbox", "due_at", "claim_id"};
    struct row_set rows;

    query.table = &outbox_mailbox_table;
    query.columns = names;
    query.column_count = COUNT(names);
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *mailbox_out = (struct mailbox){.address = NULL};
    if (rows.count > 0) {
        *mailbox_out = (struct mailbox){.address = row_cell(&rows, 0, 0)->text,
                                        .due_at = row_cell(&rows, 0, 1)->integer,
                                        .claim_id = claim_in(row_cell(&rows, 0, 2))};
    }
    return true;
}

static bool lock_mailbox(struct call *call, const char *address, struct mailbox *mailbox_out,
                         struct error *error)
{
    const struct row_condition condition = of_mailbox(address);
    const struct row_query query = {
        .conditions = &condition, .condition_count = 1, .is_locked = true};

    return select_mailbox(call, query, mailbox_out, error);
}

/* The one whose turn it is; those that others are looking at are left out. */
static bool lock_next(struct call *call, int64_t now, struct mailbox *mailbox_out,
                      struct error *error)
{
    const struct row_condition conditions[] = {
        {"due_at", ROW_IS_BELOW, cell_integer(now + 1)},
        {"claimed_until", ROW_IS_BELOW, cell_integer(now)},
    };
    const struct row_query query = {
        .conditions = conditions,
        .condition_count = COUNT(conditions),
        .order = "served_at",
        .limit = 1,
        .is_free = true,
    };

    return select_mailbox(call, query, mailbox_out, error);
}

static bool change_mailbox(struct call *call, const char *address, const struct row_value *values,
                           size_t count, struct error *error)
{
    const struct row_condition condition = of_mailbox(address);

    return row_update(call->connection, call->arena, &outbox_mailbox_table, values, count,
                      &condition, 1, NULL, error);
}

static bool insert_mailbox(struct call *call, const char *address, int64_t now, struct error *error)
{
    const struct row_value values[] = {
        {"mailbox", cell_text(address)},
        {"due_at", cell_integer(0)},
        {"claimed_until", cell_integer(0)},
        {"served_at", cell_integer(now)},
    };

    if (row_insert(call->connection, call->arena, &outbox_mailbox_table, values, COUNT(values),
                   error)) {
        return true;
    }
    if (error->code == ERROR_DATABASE_UNIQUE) {
        error->code = ERROR_DATABASE_CONFLICT; /* begins anew, and finds it */
    }
    return false;
}

/* A new message is due at once; a new mailbox waits behind the others. */
static bool wake_mailbox(struct call *call, const char *address, int64_t now, struct error *error)
{
    const struct row_value due = {"due_at", cell_integer(0)};
    struct mailbox mailbox;

    if (!lock_mailbox(call, address, &mailbox, error)) {
        return false;
    }
    return mailbox.address == NULL ? insert_mailbox(call, address, now, error)
           : mailbox.due_at == 0   ? true
                                   : change_mailbox(call, address, &due, 1, error);
}

/* ---- messages ---- */

static struct outbox_mail mail_of(const struct cell *cells)
{
    return (struct outbox_mail){
        .number = cells[NUMBER].integer,
        .email_id = cells[EMAIL_ID].uuid,
        .mailbox = cells[MAILBOX].text,
        .sender = cells[SENDER].text,
        .recipients = cells[RECIPIENTS].text,
        .message_id = cells[MESSAGE_ID].text,
        .size = cells[SIZE].integer,
        .is_receipt_wanted = cells[IS_RECEIPT_WANTED].boolean,
        .put_at = cells[PUT_AT].integer,
        .attempts = cells[ATTEMPTS].integer,
        .claim_id = claim_in(&cells[CLAIM_ID]),
    };
}

static bool select_mails(struct call *call, struct row_query query, struct outbox_mail **mails_out,
                         size_t *count_out, struct error *error)
{
    struct row_set rows;

    query.table = &outbox_table;
    query.columns = columns;
    query.column_count = COLUMNS;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *mails_out = arena_allocate_array(call->arena, rows.count, sizeof(**mails_out));
    *count_out = rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        (*mails_out)[i] = mail_of(row_cell(&rows, i, 0));
    }
    return true;
}

static bool select_due(struct call *call, const char *mailbox, int64_t now, int64_t limit,
                       struct outbox_claim *claim, struct error *error)
{
    const struct row_condition conditions[] = {
        of_mailbox(mailbox),
        {"due_at", ROW_IS_BELOW, cell_integer(now + 1)},
    };
    const struct row_query query = {
        .conditions = conditions,
        .condition_count = COUNT(conditions),
        .order = "number",
        .limit = limit,
    };

    return select_mails(call, query, &claim->mails, &claim->count, error);
}

bool outbox_put(struct call *call, const struct outbox_mail *mail, struct error *error)
{
    int64_t now = 0;

    if (!tell_time(call, &now, error) || !wake_mailbox(call, mail->mailbox, now, error)) {
        return false;
    }
    const struct row_value values[] = {
        {"email_id", cell_uuid(&mail->email_id)},
        {"mailbox", cell_text(mail->mailbox)},
        {"sender", cell_text(mail->sender)},
        {"recipients", cell_text(mail->recipients)},
        {"message_id", cell_text(mail->message_id)},
        {"size", cell_integer(mail->size)},
        {"is_receipt_wanted", cell_boolean(mail->is_receipt_wanted)},
        {"put_at", cell_integer(now)},
        {"due_at", cell_integer(now)},
        {"attempts", cell_integer(0)},
    };
    return row_insert(call->connection, call->arena, &outbox_table, values, COUNT(values), error);
}

/* ---- the mailbox after its messages have changed ---- */

/* Whether a message of the mailbox has a claim on it yet. */
static bool is_claimed(struct call *call, const char *mailbox, const struct uuid *claim_id,
                       bool *is_claimed_out, struct error *error)
{
    const struct row_condition conditions[] = {
        of_mailbox(mailbox),
        {"claim_id", ROW_IS, cell_uuid(claim_id)},
    };
    int64_t count = 0;

    if (!row_count(call->connection, call->arena, &outbox_table, conditions, COUNT(conditions),
                   &count, error)) {
        return false;
    }
    *is_claimed_out = count > 0;
    return true;
}

static bool find_first_due(struct call *call, const char *mailbox, bool *is_any_out,
                           int64_t *due_out, struct error *error)
{
    static const char *const due[] = {"due_at"};
    const struct row_condition condition = of_mailbox(mailbox);
    const struct row_query query = {
        .table = &outbox_table,
        .columns = due,
        .column_count = 1,
        .conditions = &condition,
        .condition_count = 1,
        .order = "due_at",
        .limit = 1,
    };
    struct row_set rows;

    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *is_any_out = rows.count > 0;
    *due_out = rows.count > 0 ? row_cell(&rows, 0, 0)->integer : 0;
    return true;
}

static bool delete_mailbox(struct call *call, const char *mailbox, struct error *error)
{
    const struct row_condition condition = of_mailbox(mailbox);

    return row_delete(call->connection, call->arena, &outbox_mailbox_table, &condition, 1, NULL,
                      error);
}

/* Each report makes the claim hold anew, and the last ends it; one under a claim that another has
 * followed changes nothing of that. */
static bool settle(struct call *call, const char *address, const struct uuid *claim_id,
                   struct error *error)
{
    int64_t now = 0, due_at = 0;
    bool is_any = false, is_held = false;
    struct mailbox mailbox;

    if (!tell_time(call, &now, error) || !lock_mailbox(call, address, &mailbox, error) ||
        !find_first_due(call, address, &is_any, &due_at, error) ||
        (!uuid_is_empty(claim_id) && !is_claimed(call, address, claim_id, &is_held, error))) {
        return false;
    }
    if (!is_any) {
        return delete_mailbox(call, address, error);
    }
    const struct row_value values[] = {
        {"due_at", cell_integer(due_at)},
        {"claimed_until", cell_integer(is_held ? now + call->settings->mail.claim : 0)},
    };
    bool is_current = uuid_is_equal(&mailbox.claim_id, claim_id);
    return change_mailbox(call, address, values, is_current ? COUNT(values) : 1, error);
}

/* ---- taking ---- */

static bool note_taken(struct call *call, struct outbox_claim *claim, struct error *error)
{
    for (size_t i = 0; i < claim->count; i++) {
        struct outbox_mail *mail = &claim->mails[i];
        const struct row_condition condition = of_number(mail);
        mail->attempts++;
        mail->claim_id = claim->id;
        const struct row_value values[] = {
            {"attempts", cell_integer(mail->attempts)},
            {"claim_id", cell_uuid(&claim->id)},
        };
        if (!row_update(call->connection, call->arena, &outbox_table, values, COUNT(values),
                        &condition, 1, NULL, error)) {
            return false;
        }
    }
    return true;
}

static bool take(struct call *call, int64_t now, struct outbox_claim *claim, struct error *error)
{
    claim->id = call_new_id(call);
    const struct row_value values[] = {
        {"claim_id", cell_uuid(&claim->id)},
        {"claimed_until", cell_integer(now + call->settings->mail.claim)},
        {"served_at", cell_integer(now)},
    };
    return change_mailbox(call, claim->mailbox, values, COUNT(values), error) &&
           note_taken(call, claim, error);
}

bool outbox_claim(struct call *call, int64_t limit, struct outbox_claim *claim_out,
                  struct error *error)
{
    static const struct uuid nobody = {{0}};
    struct mailbox mailbox = {.address = NULL};
    int64_t now = 0;

    *claim_out = (struct outbox_claim){.count = 0};
    if (!tell_time(call, &now, error)) {
        return false;
    }
    for (int tries = 0; tries < LOOKED_AT; tries++) {
        if (!lock_next(call, now, &mailbox, error)) {
            return false;
        }
        if (mailbox.address == NULL) {
            return true;
        }
        claim_out->mailbox = mailbox.address;
        if (!select_due(call, mailbox.address, now, limit, claim_out, error)) {
            return false;
        }
        if (claim_out->count > 0) {
            return take(call, now, claim_out, error);
        }
        if (!settle(call, mailbox.address, &nobody, error)) {
            return false;
        }
    }
    return true;
}

/* ---- reports ---- */

static bool select_of_email(struct call *call, const struct uuid *email_id,
                            struct outbox_mail **mail_out, struct error *error)
{
    const struct row_condition by_email = {"email_id", ROW_IS, cell_uuid(email_id)};
    size_t count = 0;

    if (!select_mails(call, (struct row_query){.conditions = &by_email, .condition_count = 1},
                      mail_out, &count, error)) {
        return false;
    }
    *mail_out = count == 0 ? NULL : *mail_out;
    return true;
}

/* Read again under the lock: another report may have been quicker. */
bool outbox_find(struct call *call, const struct uuid *email_id, struct outbox_mail **mail_out,
                 struct error *error)
{
    struct mailbox mailbox;

    return select_of_email(call, email_id, mail_out, error) &&
           (*mail_out == NULL || (lock_mailbox(call, (*mail_out)->mailbox, &mailbox, error) &&
                                  select_of_email(call, email_id, mail_out, error)));
}

bool outbox_is_held(const struct outbox_mail *mail, const struct uuid *claim_id)
{
    return uuid_is_equal(&mail->claim_id, claim_id);
}

bool outbox_remove(struct call *call, const struct outbox_mail *mail, struct error *error)
{
    const struct row_condition condition = of_number(mail);

    return row_delete(call->connection, call->arena, &outbox_table, &condition, 1, NULL, error) &&
           settle(call, mail->mailbox, &mail->claim_id, error);
}

bool outbox_defer(struct call *call, const struct outbox_mail *mail, int64_t milliseconds,
                  struct error *error)
{
    const struct row_condition condition = of_number(mail);
    int64_t now = 0;

    if (!tell_time(call, &now, error)) {
        return false;
    }
    const struct row_value values[] = {
        {"due_at", cell_integer(now + milliseconds)},
        {"claim_id", cell_null(COLUMN_UUID)},
    };
    return row_update(call->connection, call->arena, &outbox_table, values, COUNT(values),
                      &condition, 1, NULL, error) &&
           settle(call, mail->mailbox, &mail->claim_id, error);
}

bool outbox_age(struct call *call, const struct outbox_mail *mail, int64_t *age_out,
                struct error *error)
{
    int64_t now = 0;

    if (!tell_time(call, &now, error)) {
        return false;
    }
    *age_out = now - mail->put_at;
    return true;
}
