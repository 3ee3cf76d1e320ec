/*
 * subscription_interest.c - interests, from messages to what is kept of them and back.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "call/call.h"
#include "change/interest.h"
#include "generated/messages.h"
#include "metadata/entity.h"
#include "query/name.h"
#include "query/query.h"
#include "security/authorise.h"
#include "security/field_access.h"
#include "service/named_entity.h"
#include "service/subscription.h"

enum { NAMES_SIZE = 128 };

/* ---- taking ---- */

static const char *join(struct arena *arena, const struct message_list *names)
{
    struct buffer text;

    buffer_init(&text, arena, NAMES_SIZE);
    for (size_t index = 0; index < names->count; index++) {
        buffer_add_text(&text, index == 0 ? "" : " ");
        buffer_add_text(&text, names->items[index]);
    }
    return text.bytes;
}

static bool check_kinds(const struct message_list *kinds, struct error *error)
{
    for (size_t index = 0; index < kinds->count; index++) {
        if (!interest_is_kind(kinds->items[index])) {
            return error_set(error, ERROR_VALUE_INVALID, "kinds",
                             "%s is no kind of change that is notified",
                             (const char *)kinds->items[index]);
        }
    }
    return true;
}

/* Fields that exist, without those that the caller may not read: he is told so, since he would
 * wait for them in vain. */
static bool check_fields(struct call *call, const struct entity *entity,
                         const struct message_list *names, struct error *error)
{
    struct column_set columns;

    if (!query_columns(call, entity, (const char *const *)names->items, names->count, false,
                       &columns, error)) {
        return false;
    }
    for (size_t index = 0; index < names->count; index++) {
        const struct field *field = entity_find_field(entity, names->items[index]);
        if (!field_authorise(call->identity, field, FIELD_RIGHT_READ, error)) {
            return false;
        }
    }
    return true;
}

static bool take_one(struct call *call, const struct change_interest *asked,
                     struct interest_list *list, struct error *error)
{
    const struct entity *entity = NULL;

    if (!named_entity(call, "entity", asked->entity, &entity, error)) {
        return false;
    }
    if (interest_find(list, entity) != NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "interests", "%s is named twice",
                         entity->name);
    }
    if (!authorise_privilege(call->identity, entity, RIGHT_READ, error) ||
        !check_kinds(&asked->kinds, error) || !check_fields(call, entity, &asked->fields, error) ||
        !check_fields(call, entity, &asked->columns, error)) {
        return false;
    }
    list->items[list->count++] = (struct interest){.entity = entity,
                                                   .kinds = join(call->arena, &asked->kinds),
                                                   .fields = join(call->arena, &asked->fields),
                                                   .columns = join(call->arena, &asked->columns)};
    return true;
}

bool interests_take(struct call *call, const struct message_list *asked, const char **text_out,
                    struct error *error)
{
    struct interest_list list = {.is_everything = asked->count == 0};

    list.items = arena_allocate_array(call->arena, asked->count, sizeof(*list.items));
    for (size_t index = 0; index < asked->count; index++) {
        if (!take_one(call, asked->items[index], &list, error)) {
            return false;
        }
    }
    *text_out = interest_write(call->arena, &list);
    return true;
}

/* ---- answering ---- */

/* An empty list leaves nothing out: it is absent. */
static struct message_list answer_names(struct arena *arena, const char *names)
{
    struct message_list list = interest_names(arena, names);

    list.is_set = list.count > 0;
    return list;
}

struct message_list interests_answer(struct call *call, const char *text)
{
    struct interest_list list = interest_read(call->arena, call->catalog, text);
    struct array answers;

    array_init(&answers, call->arena);
    for (size_t index = 0; index < list.count; index++) {
        const struct interest *interest = &list.items[index];
        struct change_interest *answer = arena_allocate(call->arena, sizeof(*answer));
        *answer = (struct change_interest){.entity = interest->entity->name,
                                           .kinds = answer_names(call->arena, interest->kinds),
                                           .fields = answer_names(call->arena, interest->fields),
                                           .columns = answer_names(call->arena, interest->columns)};
        array_add(&answers, answer);
    }
    return (struct message_list){.is_set = true, .count = answers.count, .items = answers.items};
}
