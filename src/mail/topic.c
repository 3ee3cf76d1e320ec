/*
 * topic.c - what a message is about by its subject; and the e-mails of the same topic among
 * the same people.
 *
 * Mail programs that answer without saying to what leave nothing else to go by. It is a guess: so
 * the subject must have some words, both messages some addresses in common, and the other one must
 * not be old.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/map.h"
#include "base/settings.h"
#include "base/time.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "mail/token.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/ask.h"
#include "query/query.h"
#include "query/request.h"
#include "text/fold.h"
#include "text/utf8.h"

enum { SIMILAR_MOST = 50 };

/* What mail programs put before a subject, folded. */
static const char *const prefixes[] = {
    "re",  "fw",    "fwd", "aw",     "wg",   "antw", "sv",   "vs",   "vb",
    "tr",  "rv",    "rif", "res",    "enc",  "odp",  "pd",   "ynt",  "ilt",
    "отв", "ответ", "на",  "пересл", "回复", "答复", "转发", "返信", "回覆",
};

/* ---- topics ---- */

/* "[2]", "(2)", "^2" or "2", as some count the answers. */
static size_t count_length(const char *text)
{
    size_t length = *text == '[' || *text == '(' || *text == '^';
    size_t number = strspn(text + length, "0123456789");

    if (*text != '[' && *text != '(') {
        return number == 0 ? 0 : length + number;
    }
    return number > 0 && (text[length + number] == ']' || text[length + number] == ')')
               ? length + number + 1
               : 0;
}

/* The bytes of "re:", "fwd[2]:" when it stands here, else 0. */
static size_t prefix_length(const char *text)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t length = strlen(prefixes[i]);
        if (strncmp(text, prefixes[i], length) == 0) {
            length += count_length(text + length);
            length += strspn(text + length, " ");
            if (text[length] == ':') {
                return length + 1;
            }
        }
    }
    return 0;
}

const char *mail_topic_of(struct call *call, const char *subject)
{
    const char *text =
        text_fold(call->arena, call->platform->text_rules, mail_token_cut(call, subject));
    size_t length = 1;
    struct buffer topic;

    while (length > 0) {
        text += strspn(text, " \t");
        length = prefix_length(text);
        text += length;
    }
    buffer_init(&topic, call->arena, strlen(text) + 1);
    for (; *text != '\0'; text++) {
        bool is_blank = *text == ' ' || *text == '\t';
        if (!is_blank || (topic.length > 0 && topic.bytes[topic.length - 1] != ' ')) {
            buffer_add_char(&topic, is_blank ? ' ' : *text);
        }
    }
    while (topic.length > 0 && topic.bytes[topic.length - 1] == ' ') {
        topic.length--;
    }
    const struct entity *email = catalog_find_entity(call->catalog, "Email");
    const char *whole = arena_copy_part(call->arena, topic.bytes, topic.length);
    return arena_copy_part(call->arena, whole,
                           text_length_of(whole, entity_find_field(email, "topic")->length));
}

/* Words of two bytes or more; letters of other alphabets than ours have as many by themselves. */
static int64_t count_words(const char *topic)
{
    int64_t count = 0;
    size_t length = 0;

    for (;; topic++) {
        unsigned char byte = (unsigned char)*topic;
        if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) {
            length++;
            continue;
        }
        count += length >= 2;
        length = 0;
        if (byte == '\0') {
            return count;
        }
    }
}

/* ---- e-mails of the same topic ---- */

static struct condition_request *condition_of(struct call *call, const char *field,
                                              const char *comparison, const char *value)
{
    struct array values;

    array_init(&values, call->arena);
    array_add(&values, value);
    return ask_condition(field, comparison, &values);
}

/* The newest first. */
static struct query_request ask_for(struct call *call, const char *topic)
{
    static const char *const names[] = {"regarding", "from", "to", "cc"};
    char since[MOMENT_TEXT_SIZE];
    struct order_request *order = arena_allocate(call->arena, sizeof(*order));
    struct array conditions, orders;

    moment_format(call->now - call->settings->filing.smart_age, since);
    array_init(&conditions, call->arena);
    array_init(&orders, call->arena);
    array_add(&conditions, condition_of(call, "topic", "eq", topic));
    array_add(&conditions,
              condition_of(call, "createdOn", "ge", arena_copy_text(call->arena, since)));
    *order =
        (struct order_request){.field = "createdOn", .descending = {.is_set = true, .value = true}};
    array_add(&orders, order);
    return (struct query_request){
        .columns = {.is_set = true,
                    .count = sizeof(names) / sizeof(names[0]),
                    .items = (void **)names},
        .filter = ask_all(&conditions),
        .orders = {.is_set = true, .count = 1, .items = orders.items},
        .page_size = {.is_set = true, .value = SIMILAR_MOST},
    };
}

/* ---- people ---- */

static const char *key_of(struct call *call, const char *address)
{
    return text_fold(call->arena, call->platform->text_rules,
                     mime_compared_address(call->arena, address));
}

static const char *key_of_id(struct call *call, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(id, text);
    return arena_copy_text(call->arena, text);
}

/* Addresses and ids of those who take part in an e-mail. */
static struct map *people_of(struct call *call, const struct record *email)
{
    static const char *const names[] = {"from", "to", "cc"};
    struct map *people = map_create(call->arena);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct value *value = record_value(email, entity_find_field(email->entity, names[i]));
        for (size_t j = 0; value->state == VALUE_SET && j < value->parties.count; j++) {
            const struct party *party = &value->parties.items[j];
            if (party->address != NULL) {
                map_set(people, key_of(call, party->address), party);
            }
            if (party->reference.entity != NULL) {
                map_set(people, key_of_id(call, &party->reference.id), party);
            }
        }
    }
    return people;
}

static bool is_among(struct call *call, const struct mail_address *address,
                     const struct map *people)
{
    bool is_there = map_get(people, key_of(call, address->compared)) != NULL;

    for (size_t i = 0; i < address->matches.count && !is_there; i++) {
        const struct mail_match *match = address->matches.items[i];
        is_there = map_get(people, key_of_id(call, &match->record.id)) != NULL;
    }
    return is_there;
}

static bool have_people_in_common(struct call *call, const struct incoming_mail *mail,
                                  const struct record *email)
{
    const struct map *people = people_of(call, email);
    int64_t count = 0;

    for (size_t i = 0; i < map_count(mail->addresses); i++) {
        const struct mail_address *address = map_value_at(mail->addresses, i);
        count += address->takes_part && is_among(call, address, people);
    }
    return count >= call->settings->filing.smart_people;
}

bool mail_find_similar(struct call *call, struct incoming_mail *mail, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    const struct field *regarding = entity_find_field(entity, "regarding");
    const char *topic = mail_topic_of(call, mail->message->subject);
    struct page page = {.count = 0};

    if (count_words(topic) < call->settings->filing.smart_words) {
        return true;
    }
    const struct query_request query = ask_for(call, topic);
    if (!query_run(call, entity, &query, &page, error)) {
        return false;
    }
    for (size_t i = 0; i < page.count; i++) {
        const struct record *email = page.records[i];
        const struct uuid *id = &record_value(email, entity->id)->uuid;
        if ((mail->is_filed && uuid_is_equal(id, &mail->filed_id)) ||
            !have_people_in_common(call, mail, email)) {
            continue;
        }
        mail->is_answer = true;
        if (record_has(email, regarding)) {
            const struct mail_clue clue = {.record = record_value(email, regarding)->reference,
                                           .reason = "Topic",
                                           .email = *id,
                                           .is_about = true};
            mail_note_clue(call, mail, &clue);
        }
    }
    return true;
}
