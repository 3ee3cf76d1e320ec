/*
 * thread.c - the e-mail that a message is already, and those that it goes on from.
 *
 * A message is known by its Message-ID, or, when a relay gave it another, by its content. An id
 * alone does not make two messages one: robots that always use the same one are known, and so are
 * people who would like a message not to be filed. The copy must have been written at the same
 * moment, or say the same.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/ask.h"
#include "query/query.h"
#include "query/request.h"

/* Each id is asked for in two forms, and limits.parameters may be as low as a hundred. */
enum { EARLIER_MOST = 500, IDS_AT_ONCE = 40 };

static const struct entity *email_entity(const struct call *call)
{
    return catalog_find_entity(call->catalog, "Email");
}

/* ---- filed already ---- */

static bool find_by(struct call *call, const char *key_name, const char *text,
                    struct incoming_mail *mail, struct error *error)
{
    const struct key *key = entity_find_key(email_entity(call), key_name);
    const struct value value = {.state = VALUE_SET, .text = text};

    expect(key != NULL);
    return query_find_by_key(call, key, &value, &mail->filed_id, &mail->is_filed, error);
}

/* Clients that write e-mails themselves may keep the brackets. */
static bool find_by_id(struct call *call, struct incoming_mail *mail, struct error *error)
{
    const char *id = mail->message->message_id;

    if (id == NULL) {
        return true;
    }
    return find_by(call, "messageId", id, mail, error) &&
           (mail->is_filed ||
            find_by(call, "messageId", arena_format(call->arena, "<%s>", id), mail, error));
}

static bool has_moment(const struct record *record, const char *name, int64_t *moment_out)
{
    const struct field *field = entity_find_field(record->entity, name);
    bool has = record_has(record, field);

    *moment_out = has ? record_value(record, field)->moment : 0;
    return has;
}

/* What somebody here wrote comes back as it was sent, and not as it was kept. */
static bool is_same(const struct record *record, const struct mime_message *message)
{
    const struct value *outgoing =
        record_value(record, entity_find_field(record->entity, "isOutgoing"));
    const struct field *digest = entity_find_field(record->entity, "contentDigest");
    int64_t sent_on = 0;

    if ((outgoing->state == VALUE_SET && outgoing->boolean) ||
        (record_has(record, digest) &&
         strcmp(record_value(record, digest)->text, message->digest) == 0)) {
        return true;
    }
    bool was_dated = has_moment(record, "sentOn", &sent_on);
    return was_dated ? message->date.is_known && sent_on == message->date.moment
                     : !record_has(record, digest);
}

static bool check_sameness(struct call *call, struct incoming_mail *mail, struct error *error)
{
    static const char *const names[] = {"isOutgoing", "contentDigest", "sentOn"};
    const struct entity *entity = email_entity(call);
    const struct field *fields[] = {entity->id, entity_find_field(entity, names[0]),
                                    entity_find_field(entity, names[1]),
                                    entity_find_field(entity, names[2])};
    const struct column_set columns = {.fields = fields, .count = 4};
    struct record *record = NULL;

    if (!query_find(call, entity, &mail->filed_id, &columns, ROW_LOCK_NONE, &record, error)) {
        return false;
    }
    mail->is_filed = record != NULL && is_same(record, mail->message);
    mail->is_id_taken = record != NULL && !mail->is_filed;
    return true;
}

bool mail_find_filed(struct call *call, struct incoming_mail *mail, struct error *error)
{
    mail->is_id_taken = false;
    if (!find_by_id(call, mail, error) || (mail->is_filed && !check_sameness(call, mail, error))) {
        return false;
    }
    return mail->is_filed || find_by(call, "contentDigest", mail->message->digest, mail, error);
}

/* ---- earlier ones ---- */

/* An id of an earlier message, and by what it is named. */
struct mention {
    const char *id;
    const char *reason;
};

static void mention(struct call *call, struct array *mentions, const char *id, const char *reason)
{
    struct mention *made = arena_allocate(call->arena, sizeof(*made));

    if (id != NULL) {
        *made = (struct mention){.id = id, .reason = reason};
        array_add(mentions, made);
    }
}

/* The nearest first. */
static void gather_mentions(struct call *call, const struct mime_message *message,
                            struct array *mentions)
{
    array_init(mentions, call->arena);
    mention(call, mentions, message->bounced_id, "Bounce");
    mention(call, mentions, message->in_reply_to, "InReplyTo");
    for (size_t i = message->reference_count; i > 0; i--) {
        mention(call, mentions, message->references[i - 1], "References");
    }
    for (size_t i = message->forwarded_count; i > 0; i--) {
        mention(call, mentions, message->forwarded_ids[i - 1], "References");
    }
}

/* With and without brackets, as in find_by_id. */
static struct query_request make_query(struct call *call, const struct array *mentions,
                                       size_t begin, size_t end)
{
    static const char *const names[] = {"messageId", "regarding", "conversation"};
    struct array values;

    array_init(&values, call->arena);
    for (size_t i = begin; i < end; i++) {
        const char *id = ((const struct mention *)mentions->items[i])->id;
        array_add(&values, id);
        array_add(&values, arena_format(call->arena, "<%s>", id));
    }
    return (struct query_request){
        .columns = {.is_set = true,
                    .count = sizeof(names) / sizeof(names[0]),
                    .items = (void **)names},
        .filter = ask_any(names[0], &values),
        .page_size = {.is_set = true, .value = EARLIER_MOST},
    };
}

static bool has_id(const struct record *record, const char *id)
{
    const struct field *field = entity_find_field(record->entity, "messageId");
    const char *text = record_has(record, field) ? record_value(record, field)->text : "";
    size_t length = strlen(text);

    if (length > 2 && text[0] == '<' && text[length - 1] == '>') {
        text++;
        length -= 2;
    }
    return strlen(id) == length && strncmp(text, id, length) == 0;
}

/* What clients wrote themselves may be part of none yet. */
static void note_conversation(struct call *call, struct incoming_mail *mail,
                              const struct record *record)
{
    const struct field *field = entity_find_field(record->entity, "conversation");

    if (record_has(record, field)) {
        mail_ties_meet(call, &mail->ties, &record_value(record, field)->uuid);
    } else {
        array_add(&mail->strays, &record_value(record, record->entity->id)->uuid);
    }
}

/* What is here already is no answer to itself. */
static void note_if_earlier(struct call *call, struct incoming_mail *mail,
                            const struct mention *mention, const struct record *record)
{
    const struct field *regarding = entity_find_field(record->entity, "regarding");
    const struct uuid *id = &record_value(record, record->entity->id)->uuid;

    if (!has_id(record, mention->id) || (mail->is_filed && uuid_is_equal(id, &mail->filed_id))) {
        return;
    }
    mail->is_answer = true;
    note_conversation(call, mail, record);
    if (record_has(record, regarding)) {
        const struct mail_clue clue = {.record = record_value(record, regarding)->reference,
                                       .reason = mention->reason,
                                       .email = *id,
                                       .is_about = true};
        mail_note_clue(call, mail, &clue);
    }
}

static bool find_some(struct call *call, struct incoming_mail *mail, const struct array *mentions,
                      size_t begin, size_t end, struct error *error)
{
    const struct query_request query = make_query(call, mentions, begin, end);
    struct page page = {.count = 0};

    if (!query_run(call, email_entity(call), &query, &page, error)) {
        return false;
    }
    for (size_t i = begin; i < end; i++) {
        for (size_t j = 0; j < page.count; j++) {
            note_if_earlier(call, mail, mentions->items[i], page.records[j]);
        }
    }
    return true;
}

static bool find_mentioned(struct call *call, struct incoming_mail *mail, struct error *error)
{
    struct array mentions;

    gather_mentions(call, mail->message, &mentions);
    for (size_t begin = 0; begin < mentions.count; begin += IDS_AT_ONCE) {
        size_t left = mentions.count - begin;
        if (!find_some(call, mail, &mentions, begin,
                       begin + (left < IDS_AT_ONCE ? left : IDS_AT_ONCE), error)) {
            return false;
        }
    }
    return true;
}

/* Those that it names count first, as they say best where it goes on. */
bool mail_find_thread(struct call *call, struct incoming_mail *mail, struct error *error)
{
    array_init(&mail->strays, call->arena);
    mail_ties_of(call, mail->message, !mail->is_id_taken, &mail->ties);
    return mail_ties_find(call, &mail->ties, error) && find_mentioned(call, mail, error) &&
           mail_find_kin(call, mail, error);
}
