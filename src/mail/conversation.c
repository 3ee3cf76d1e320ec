/*
 * conversation.c - from one e-mail to all of its conversation, round by round.
 */
#include "mail/conversation.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "base/uuid.h"
#include "call/call.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/ask.h"
#include "query/query.h"
#include "query/request.h"
#include "record/engine.h"

enum { EMAILS_MOST = 500, ROUNDS_MOST = 50, IDS_AT_ONCE = 100 };

static const char *const names[] = {"messageId", "inReplyTo", "referencedMessages", "regarding",
                                    "conversation"};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

/* ---- those of a conversation ---- */

static const char *text_of(struct call *call, const struct uuid *id)
{
    char *text = arena_allocate(call->arena, UUID_TEXT_SIZE);

    uuid_format(id, text);
    return text;
}

bool mail_list_conversations(struct call *call, const struct conversation_query *query,
                             struct page *page_out, struct error *error)
{
    struct order_request order = {.field = "createdOn",
                                  .descending = {.is_set = true, .value = true}};
    struct array values, nothing, conditions;

    array_init(&values, call->arena);
    array_init(&nothing, call->arena);
    array_init(&conditions, call->arena);
    for (size_t i = 0; i < query->count; i++) {
        array_add(&values, text_of(call, query->conversations[i]));
    }
    array_add(&conditions, ask_condition("conversation", "in", &values));
    if (query->is_about_nothing) {
        array_add(&conditions, ask_condition("regarding", "null", &nothing));
    }
    const struct query_request request = {
        .columns = {.is_set = true, .count = query->name_count, .items = (void **)query->names},
        .filter = ask_all(&conditions),
        .orders = {.is_set = true, .count = 1, .items = (void *[]){&order}},
        .page_size = {.is_set = true, .value = (int64_t)query->most},
    };
    return query_run(call, catalog_find_entity(call->catalog, "Email"), &request, page_out, error);
}

/* ---- those that hang together by what they say ---- */

/* A conversation that grows. */
struct search {
    struct call *call;
    const struct entity *entity;
    struct array *emails;
    struct map *seen;   /* e-mails by id */
    struct map *known;  /* Message-IDs that were asked for, or will be */
    struct array asked; /* const char *: of them, in the order in which they were met */
    size_t asked_count; /* how many were asked for */
};

static void meet_id(struct search *search, const char *text, size_t length)
{
    struct arena *arena = search->call->arena;
    const char *id = mime_message_id(arena, arena_copy_part(arena, text, length));

    if (id != NULL && map_get(search->known, id) == NULL) {
        map_set(search->known, id, search);
        array_add(&search->asked, id);
    }
}

/* The ids in a text: one, or several with blanks between. */
static void meet_ids(struct search *search, const struct record *email, const char *name)
{
    const struct field *field = entity_find_field(email->entity, name);
    const char *at = record_has(email, field) ? record_value(email, field)->text : "";

    while (*(at += strspn(at, " \t\r\n")) != '\0') {
        size_t length = strcspn(at, " \t\r\n");
        meet_id(search, at, length);
        at += length;
    }
}

static void meet(struct search *search, struct record *email)
{
    char *key = arena_allocate(search->call->arena, UUID_TEXT_SIZE);

    uuid_format(&record_value(email, email->entity->id)->uuid, key);
    if (map_get(search->seen, key) != NULL || search->emails->count == EMAILS_MOST) {
        return;
    }
    map_set(search->seen, key, email);
    array_add(search->emails, email);
    meet_ids(search, email, "messageId");
    meet_ids(search, email, "inReplyTo");
    meet_ids(search, email, "referencedMessages");
}

/* ---- asking ---- */

/* With and without brackets: clients that write e-mails themselves may keep them. */
static struct condition_request *is_among(struct search *search, const char *field, size_t count)
{
    struct arena *arena = search->call->arena;
    struct array values;

    array_init(&values, arena);
    for (size_t i = 0; i < count; i++) {
        const char *id = search->asked.items[search->asked_count + i];
        array_add(&values, id);
        array_add(&values, arena_format(arena, "<%s>", id));
    }
    return ask_condition(field, "in", &values);
}

static bool ask(struct search *search, struct error *error)
{
    size_t left = search->asked.count - search->asked_count;
    size_t count = left < IDS_AT_ONCE ? left : IDS_AT_ONCE;
    struct page page = {.count = 0};
    struct array conditions;

    array_init(&conditions, search->call->arena);
    array_add(&conditions, is_among(search, "messageId", count));
    array_add(&conditions, is_among(search, "inReplyTo", count));
    const struct query_request query = {
        .columns = {.is_set = true, .count = NAMES, .items = (void **)names},
        .filter = ask_either(&conditions),
        .page_size = {.is_set = true, .value = EMAILS_MOST},
    };
    search->asked_count += count;
    if (!query_run(search->call, search->entity, &query, &page, error)) {
        return false;
    }
    for (size_t i = 0; i < page.count; i++) {
        meet(search, page.records[i]);
    }
    return true;
}

/* The others of its conversation, which is known. */
static bool meet_all(struct search *search, const struct record *email, struct error *error)
{
    const struct field *field = entity_find_field(email->entity, "conversation");
    struct uuid conversation = record_value(email, field)->uuid;
    const struct conversation_query query = {.conversations = (void *[]){&conversation},
                                             .count = 1,
                                             .names = names,
                                             .name_count = NAMES,
                                             .most = EMAILS_MOST};
    struct page page = {.count = 0};

    if (record_has(email, field) && !mail_list_conversations(search->call, &query, &page, error)) {
        return false;
    }
    for (size_t i = 0; i < page.count; i++) {
        meet(search, page.records[i]);
    }
    return true;
}

bool mail_find_conversation(struct call *call, const struct uuid *id, struct array *emails,
                            struct error *error)
{
    struct search search = {
        .call = call,
        .entity = catalog_find_entity(call->catalog, "Email"),
        .emails = emails,
        .seen = map_create(call->arena),
        .known = map_create(call->arena),
    };
    struct column_set columns;
    struct record *first = NULL;

    array_init(emails, call->arena);
    array_init(&search.asked, call->arena);
    if (!query_columns(call, search.entity, names, NAMES, false, &columns, error) ||
        !record_retrieve(call, search.entity, id, &columns, &first, error)) {
        return false;
    }
    meet(&search, first);
    if (!meet_all(&search, first, error)) {
        return false;
    }
    for (int round = 0; round < ROUNDS_MOST && search.asked_count < search.asked.count; round++) {
        if (!ask(&search, error)) {
            return false;
        }
    }
    return true;
}
