/*
 * notification.c - from pages of the feed to a message.
 */
#include "push/notification.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/map.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/dead_letter.h"
#include "change/feed.h"
#include "change/interest.h"
#include "change/subscription.h"
#include "change/token.h"
#include "generated/messages.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "security/field_access.h"
#include "security/identity.h"
#include "service/by_ids.h"
#include "service/tell_value.h"

enum { PAGES_AT_ONCE = 10 }; /* looked through for something to send, before the token is kept */

/* Of one record or of all: what changed cannot be told any more, it is to be read anew. */
static const char resync_kind[] = "resyncRequired";

bool parcel_is_full(const struct parcel *parcel)
{
    return parcel->count > 0 || parcel->is_resync || parcel->letter_count > 0;
}

int64_t parcel_position(const struct parcel *parcel)
{
    bool is_one = parcel->count > 0 &&
                  parcel->changes[0].position == parcel->changes[parcel->count - 1].position;

    return is_one ? parcel->changes[0].position : 0;
}

/* ---- what of a page is for him ---- */

static bool is_own(const struct call *call, const struct subscription *subscription,
                   const struct feed_change *change)
{
    const char *application = subscription->application;

    return uuid_compare(&change->changed_by, &call->identity->user_id) == 0 &&
           (application == NULL ||
            (change->application != NULL && strcmp(change->application, application) == 0));
}

static void drop_unwanted(struct call *call, const struct subscription *subscription,
                          struct feed_page *page)
{
    struct interest_list interests =
        interest_read(call->arena, call->catalog, subscription->interests);
    size_t kept = 0;

    for (size_t index = 0; index < page->count; index++) {
        const struct feed_change *change = &page->changes[index];
        if (interest_has(&interests, change) &&
            !(subscription->skips_own && is_own(call, subscription, change))) {
            page->changes[kept++] = *change;
        }
    }
    page->count = kept;
}

static bool is_among(const struct uuid *ids, size_t count, const struct uuid *id)
{
    for (size_t index = 0; index < count; index++) {
        if (uuid_compare(&ids[index], id) == 0) {
            return true;
        }
    }
    return false;
}

/* Parts the changes of records that have letters from the others. */
static bool part_behind(struct call *call, const struct subscription *subscription,
                        struct parcel *parcel, struct error *error)
{
    struct uuid *ids = arena_allocate_array(call->arena, parcel->count, sizeof(*ids));
    struct uuid *found = NULL;
    size_t id_count = 0;
    size_t found_count = 0;
    size_t kept = 0;

    for (size_t index = 0; index < parcel->count; index++) {
        if (!is_among(ids, id_count, &parcel->changes[index].id)) {
            ids[id_count++] = parcel->changes[index].id;
        }
    }
    if (!dead_letter_find_records(call->connection, call->arena, &subscription->id, ids, id_count,
                                  &found, &found_count, error)) {
        return false;
    }
    parcel->behind = arena_allocate_array(call->arena, parcel->count, sizeof(*parcel->behind));
    for (size_t index = 0; index < parcel->count; index++) {
        const struct feed_change change = parcel->changes[index];
        if (is_among(found, found_count, &change.id)) {
            parcel->behind[parcel->behind_count++] = change;
        } else {
            parcel->changes[kept++] = change;
        }
    }
    parcel->count = kept;
    return true;
}

/* ---- gathering ---- */

/* What he has read counts no more: he is told so, and goes on from here. */
static bool begin_anew(struct call *call, struct parcel *parcel, struct error *error)
{
    const struct feed_request from_now = {.token = NULL};
    struct feed_page page;

    error_clear(error);
    if (!feed_read(call, &from_now, &page, error)) {
        return false;
    }
    *parcel = (struct parcel){.is_resync = true, .token = page.next_token};
    return true;
}

static bool gather_news(struct call *call, const struct subscription *subscription, int64_t limit,
                        struct parcel *parcel, struct error *error)
{
    struct feed_request request = {.token = subscription->token, .limit = limit};
    struct feed_page page = {.has_more = true};

    for (int count = 0; count < PAGES_AT_ONCE && page.has_more; count++) {
        if (!feed_read(call, &request, &page, error)) {
            return (error->code == ERROR_RESYNC_REQUIRED || error->code == ERROR_CHANGES_EXPIRED) &&
                   begin_anew(call, parcel, error);
        }
        drop_unwanted(call, subscription, &page);
        *parcel = (struct parcel){.changes = page.changes,
                                  .count = page.count,
                                  .token = page.next_token,
                                  .has_more = page.has_more};
        if (page.count > 0) {
            return part_behind(call, subscription, parcel, error);
        }
        request.token = page.next_token;
    }
    return true;
}

/* What its change said is gone, but not that there was one. */
static void tell_lost(struct call *call, const struct subscription *subscription,
                      const struct dead_letter *letter, struct array *changes)
{
    const struct interest_list interests =
        interest_read(call->arena, call->catalog, subscription->interests);
    const struct entity *entity = catalog_find_entity(call->catalog, letter->entity_name);

    if (entity == NULL || (!interests.is_everything && interest_find(&interests, entity) == NULL)) {
        return;
    }
    struct feed_change *change = arena_allocate(call->arena, sizeof(*change));
    *change = (struct feed_change){.position = letter->position,
                                   .kind = resync_kind,
                                   .entity = entity,
                                   .id = letter->record_id,
                                   .changed_on = call->now};
    array_add(changes, change);
}

/* A letter is read again; one that has nothing to tell him any more goes with the others. */
static bool gather_letter(struct call *call, const struct subscription *subscription,
                          const struct dead_letter *letter, struct array *changes,
                          struct error *error)
{
    const struct feed_request request = {.token = feed_token_at(call, letter->position - 1),
                                         .limit = 1};
    struct feed_page page;

    if (!feed_read(call, &request, &page, error)) {
        if (error->code != ERROR_CHANGES_EXPIRED) {
            return false;
        }
        error_clear(error);
        tell_lost(call, subscription, letter, changes);
        return true;
    }
    drop_unwanted(call, subscription, &page);
    for (size_t index = 0; index < page.count; index++) {
        if (page.changes[index].position == letter->position) {
            array_add(changes, &page.changes[index]);
        }
    }
    return true;
}

static bool gather_letters(struct call *call, const struct subscription *subscription,
                           int64_t limit, struct parcel *parcel, struct error *error)
{
    struct dead_letter_list due;
    struct array changes;

    if (!dead_letter_read_due(call->connection, call->arena, &subscription->id, limit, &due,
                              error)) {
        return false;
    }
    *parcel = (struct parcel){.is_of_letters = due.count > 0, .token = subscription->token};
    array_init(&changes, call->arena);
    parcel->letters = arena_allocate_array(call->arena, due.count, sizeof(*parcel->letters));
    for (size_t index = 0; index < due.count; index++) {
        if (!gather_letter(call, subscription, &due.letters[index], &changes, error)) {
            return false;
        }
        parcel->letters[parcel->letter_count++] = due.letters[index].position;
    }
    parcel->changes = arena_allocate_array(call->arena, changes.count, sizeof(*parcel->changes));
    for (size_t index = 0; index < changes.count; index++) {
        parcel->changes[parcel->count++] = *(const struct feed_change *)changes.items[index];
    }
    parcel->has_more = due.count > 0;
    return true;
}

bool parcel_gather(struct call *call, const struct subscription *subscription, int64_t limit,
                   struct parcel *parcel_out, struct error *error)
{
    *parcel_out = (struct parcel){.token = subscription->token};
    return gather_letters(call, subscription, limit, parcel_out, error) &&
           (parcel_out->is_of_letters || gather_news(call, subscription, limit, parcel_out, error));
}

void parcel_reduce(struct call *call, struct parcel *parcel)
{
    size_t count = 0;
    size_t behind = 0;

    if (parcel->count == 0) {
        return;
    }
    int64_t position = parcel->changes[0].position;
    while (count < parcel->count && parcel->changes[count].position == position) {
        count++;
    }
    if (count == parcel->count) {
        return;
    }
    parcel->count = count;
    parcel->has_more = true;
    if (parcel->is_of_letters) {
        while (parcel->letter_count > 0 && parcel->letters[parcel->letter_count - 1] > position) {
            parcel->letter_count--;
        }
        return;
    }
    while (behind < parcel->behind_count && parcel->behind[behind].position <= position) {
        behind++;
    }
    parcel->behind_count = behind;
    parcel->token = feed_token_at(call, position);
}

/* ---- values ---- */

/* Records by id, of one entity. */
static bool read_records(struct call *call, const struct parcel *parcel,
                         const struct interest *interest, const struct message_list *columns,
                         struct map *records, struct error *error)
{
    const char **ids = arena_allocate_array(call->arena, parcel->count, sizeof(*ids));
    struct map *known = map_create(call->arena);
    struct array found;
    char text[UUID_TEXT_SIZE];
    size_t count = 0;

    for (size_t index = 0; index < parcel->count; index++) {
        const struct feed_change *change = &parcel->changes[index];
        uuid_format(&change->id, text);
        if (change->entity == interest->entity && change->is_readable &&
            map_get(known, text) == NULL) {
            ids[count] = arena_copy_text(call->arena, text);
            map_set(known, ids[count], ids);
            count++;
        }
    }
    array_init(&found, call->arena);
    if (count > 0 && !by_ids_read(call, interest->entity, columns, ids, count, &found, error)) {
        return false;
    }
    for (size_t index = 0; index < found.count; index++) {
        const struct record *record = found.items[index];
        uuid_format(&record_value(record, interest->entity->id)->uuid, text);
        map_set(records, arena_copy_text(call->arena, text), found.items[index]);
    }
    return true;
}

static struct message_list tell_values(struct call *call, const struct entity *entity,
                                       const struct record *record,
                                       const struct message_list *columns)
{
    struct array values;

    array_init(&values, call->arena);
    for (size_t index = 0; index < columns->count; index++) {
        const struct field *field = entity_find_field(entity, columns->items[index]);
        struct told_value told = tell_value(call->arena, field, record_value(record, field));
        struct notified_value *value = arena_allocate(call->arena, sizeof(*value));
        *value = (struct notified_value){.name = columns->items[index],
                                         .value = told.text,
                                         .reference = told.reference,
                                         .parties = told.parties};
        array_add(&values, value);
    }
    return (struct message_list){.is_set = true, .count = values.count, .items = values.items};
}

/* Columns that the catalog, or the subscriber's rights, no longer have are left out. */
static struct message_list readable_columns(struct call *call, const struct interest *interest)
{
    struct message_list columns = interest_names(call->arena, interest->columns);
    size_t kept = 0;

    for (size_t index = 0; index < columns.count; index++) {
        const struct field *field = entity_find_field(interest->entity, columns.items[index]);
        if (field != NULL && field_may(call->identity, field, FIELD_RIGHT_READ)) {
            columns.items[kept++] = columns.items[index];
        }
    }
    columns.count = kept;
    return columns;
}

static bool add_values(struct call *call, const struct parcel *parcel,
                       const struct interest *interest, struct array *told, struct error *error)
{
    struct message_list columns = readable_columns(call, interest);
    struct map *records = map_create(call->arena);

    if (columns.count == 0) {
        return true;
    }
    if (!read_records(call, parcel, interest, &columns, records, error)) {
        return false;
    }
    for (size_t index = 0; index < parcel->count; index++) {
        const struct feed_change *change = &parcel->changes[index];
        struct notified_change *answer = told->items[index];
        char text[UUID_TEXT_SIZE];
        uuid_format(&change->id, text);
        const struct record *record = change->entity == interest->entity && change->is_readable
                                          ? map_get(records, text)
                                          : NULL;
        if (record != NULL) {
            answer->values = tell_values(call, interest->entity, record, &columns);
        }
    }
    return true;
}

/* ---- the message ---- */

static struct notified_change *tell_change(struct arena *arena, const struct feed_change *change)
{
    struct notified_change *told = arena_allocate(arena, sizeof(*told));
    bool has_author = !uuid_is_empty(&change->changed_by);

    *told = (struct notified_change){
        .sequence = {.is_set = true, .value = change->position},
        .kind = change->kind,
        .entity = change->entity->name,
        .id = {.is_set = true, .value = change->id},
        .version = {.is_set = change->version > 0, .value = change->version},
        .fields = {.is_set = change->field_count > 0,
                   .count = change->field_count,
                   .items = (void **)change->field_names},
        .changed_on = {.is_set = true, .value = change->changed_on},
        .changed_by = {.is_set = has_author, .value = change->changed_by},
        .application = change->application,
        .request_id = change->request_id,
        .merged_into = change->merged_into,
    };
    return told;
}

static bool tell_resync(struct call *call, const struct parcel *parcel, struct array *told,
                        struct error *error)
{
    struct notified_change *change = arena_allocate(call->arena, sizeof(*change));
    struct change_token token;

    if (!change_token_read(call, parcel->token, &token, error)) {
        return false;
    }
    *change = (struct notified_change){.sequence = {.is_set = true, .value = token.position},
                                       .kind = resync_kind,
                                       .changed_on = {.is_set = true, .value = call->now}};
    array_add(told, change);
    return true;
}

bool parcel_write(struct call *call, const struct subscription *subscription,
                  const struct parcel *parcel, struct notify_request *request_out,
                  struct error *error)
{
    struct interest_list interests =
        interest_read(call->arena, call->catalog, subscription->interests);
    struct change_notification *notification = arena_allocate(call->arena, sizeof(*notification));
    struct array told;

    array_init(&told, call->arena);
    for (size_t index = 0; index < parcel->count; index++) {
        array_add(&told, tell_change(call->arena, &parcel->changes[index]));
    }
    if (parcel->is_resync && !tell_resync(call, parcel, &told, error)) {
        return false;
    }
    for (size_t index = 0; index < interests.count; index++) {
        if (!add_values(call, parcel, &interests.items[index], &told, error)) {
            return false;
        }
    }
    *notification = (struct change_notification){
        .subscription_id = {.is_set = true, .value = subscription->id},
        .organization_id = {.is_set = true, .value = call->platform->organization_id},
        .attempt = {.is_set = true, .value = subscription->attempts + 1},
        .changes = {.is_set = true, .count = told.count, .items = told.items},
        .replayed = {.is_set = parcel->is_of_letters, .value = true},
    };
    request_out->notification = notification;
    return true;
}
