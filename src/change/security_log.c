/*
 * security_log.c - a page of events, and who may see which of them.
 */
#include "change/security_log.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/map.h"
#include "call/call.h"
#include "change/token.h"
#include "crypto/digest.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "query/access.h"
#include "security/authorise.h"
#include "security/identity.h"
#include "security/stored.h"

/* A page while it is made. */
struct reading {
    struct call *call;
    struct security_log_request request; /* as far as the reader may ask */
    bool is_own;                         /* he reads what is about himself, as everybody may */
    struct event_entry *entries;
    size_t count;
};

/* ---- who may read ---- */

static bool is_about_himself(const struct reading *reading)
{
    const struct event_record *about = reading->request.about;
    const struct identity *identity = reading->call->identity;
    return about != NULL && about->entity != NULL &&
           strcmp(about->entity->name, "SystemUser") == 0 &&
           uuid_is_equal(&about->id, &identity->user_id) && identity->scope == NULL;
}

/* Since when a record is there; INT64_MIN: it is gone, or it is not known. What happened before
 * that happened to another one that had its id. */
static bool read_birth(struct call *call, const struct event_record *record, int64_t *birth_out,
                       struct error *error)
{
    const struct entity *entity = record->entity;
    const struct row_condition by_id = {entity->id->column, ROW_IS, cell_uuid(&record->id)};
    const struct row_query query = {
        .table = stored_table(call->catalog, entity),
        .columns = &entity->created_on->column,
        .column_count = 1,
        .conditions = &by_id,
        .condition_count = 1,
    };
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    bool is_known = rows.count == 1 && !row_cell(&rows, 0, 0)->is_null;
    *birth_out = is_known ? row_cell(&rows, 0, 0)->moment : INT64_MIN;
    return true;
}

static bool begin_with_user(struct reading *reading, struct error *error)
{
    int64_t birth = 0;
    if (!read_birth(reading->call, reading->request.about, &birth, error)) {
        return false;
    }
    if (birth > reading->request.from) {
        reading->request.from = birth;
    }
    return true;
}

static bool permit(struct reading *reading, struct error *error)
{
    const struct identity *identity = reading->call->identity;
    struct error refusal = {0};
    if (authorise_task(identity, TASK_READ_AUDIT, &refusal)) {
        return true;
    }
    if (!is_about_himself(reading)) {
        *error = refusal;
        return false;
    }
    reading->is_own = true;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        reading->request.is_wanted[kind] &= event_is_own((enum event_kind)kind);
    }
    return begin_with_user(reading, error);
}

/* ---- which of them ---- */

/* Where others did something to him, is theirs. */
static void hide_others(const struct reading *reading, struct event_entry *entry)
{
    const struct uuid *himself = &reading->call->identity->user_id;
    if (!uuid_is_empty(&entry->user_id) && !uuid_is_equal(&entry->user_id, himself)) {
        entry->address = entry->application = entry->request_id = NULL;
        entry->event.session_id = (struct uuid){{0}};
    }
}

static bool may_read_nobody(const struct call *call)
{
    return authorise_all(call->identity, catalog_find_entity(call->catalog, "SystemUser"),
                         RIGHT_READ);
}

static bool ask(const struct reading *reading, struct may *asked, struct error *error)
{
    struct array known;
    array_init(&known, reading->call->arena);
    for (size_t index = 0; index < reading->count; index++) {
        const struct event_record *about = &reading->entries[index].event.about;
        asked[index] = (struct may){.entity = about->entity, .id = about->id, .right = RIGHT_READ};
        asked[index].is_allowed = about->entity == NULL && may_read_nobody(reading->call);
        if (about->entity != NULL) {
            array_add(&known, &asked[index]);
        }
    }
    struct may *about_records =
        arena_allocate_array(reading->call->arena, known.count, sizeof(*about_records));
    for (size_t index = 0; index < known.count; index++) {
        about_records[index] = *(const struct may *)known.items[index];
    }
    if (known.count > 0 && !query_may_all(reading->call, about_records, known.count, error)) {
        return false;
    }
    for (size_t index = 0; index < known.count; index++) {
        ((struct may *)known.items[index])->is_allowed = about_records[index].is_allowed;
    }
    return true;
}

static bool recall_birth(struct call *call, struct map *births, const struct event_record *record,
                         int64_t *birth_out, struct error *error)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(&record->id, id);
    const char *key = arena_format(call->arena, "%s %s", record->entity->name, id);
    const int64_t *known = map_get(births, key);
    if (known == NULL) {
        if (!read_birth(call, record, birth_out, error)) {
            return false;
        }
        map_set(births, key, arena_copy(call->arena, birth_out, sizeof(*birth_out)));
        return true;
    }
    *birth_out = *known;
    return true;
}

/* Who may not read all of an entity learns nothing of a former record by giving its id to a new
 * one. */
static bool leave_out_former(const struct reading *reading, struct may *asked, struct error *error)
{
    struct call *call = reading->call;
    struct map *births = map_create(call->arena);
    for (size_t index = 0; index < reading->count; index++) {
        const struct event_entry *entry = &reading->entries[index];
        const struct event_record *about = &entry->event.about;
        int64_t birth = 0;
        if (about->entity == NULL || !asked[index].is_allowed ||
            authorise_all(call->identity, about->entity, RIGHT_READ)) {
            continue;
        }
        if (!recall_birth(call, births, about, &birth, error)) {
            return false;
        }
        asked[index].is_allowed = entry->happened_on >= birth;
    }
    return true;
}

static bool tell(struct reading *reading, struct security_log_page *page, struct error *error)
{
    struct arena *arena = reading->call->arena;
    struct may *asked = arena_allocate_array(arena, reading->count, sizeof(*asked));
    if (!reading->is_own &&
        (!ask(reading, asked, error) || !leave_out_former(reading, asked, error))) {
        return false;
    }
    page->entries = arena_allocate_array(arena, reading->count, sizeof(struct event_entry *));
    for (size_t index = 0; index < reading->count; index++) {
        if (reading->is_own) {
            hide_others(reading, &reading->entries[index]);
        }
        if (reading->is_own || asked[index].is_allowed) {
            page->entries[page->count++] = &reading->entries[index];
        }
    }
    return true;
}

/* ---- the cookie ---- */

/* Who asks, and what for: a cookie goes on with the same question. */
static void digest_question(const struct reading *reading, uint8_t digest_out[SHA256_SIZE])
{
    static const struct uuid none;
    const struct security_log_request *request = &reading->request;
    struct digest *digest = digest_begin(reading->call->arena);
    const struct uuid *ids[] = {
        &reading->call->identity->user_id,
        request->about == NULL ? &none : &request->about->id,
        request->user_id == NULL ? &none : request->user_id,
    };
    static const char purpose[] = "security log";
    digest_add(digest, purpose, sizeof(purpose));
    for (size_t index = 0; index < sizeof(ids) / sizeof(ids[0]); index++) {
        digest_add(digest, ids[index]->bytes, sizeof(ids[index]->bytes));
    }
    digest_add(digest, &request->from, sizeof(request->from));
    digest_add(digest, &request->until, sizeof(request->until));
    digest_add(digest, request->is_wanted, sizeof(request->is_wanted));
    digest_end(digest, digest_out);
}

static bool read_cookie(const struct reading *reading, int64_t *number_out, struct error *error)
{
    uint8_t question[SHA256_SIZE];
    struct change_token token;
    if (reading->request.cookie == NULL) {
        *number_out = INT64_MAX;
        return true;
    }
    digest_question(reading, question);
    if (!change_token_read(reading->call, reading->request.cookie, &token, error) ||
        memcmp(token.rights, question, TOKEN_RIGHTS_SIZE) != 0) {
        return error_set(error, ERROR_COOKIE_INVALID, "cookie",
                         "The cookie is not one of this log, asked for the same");
    }
    *number_out = token.position;
    return true;
}

static const char *write_cookie(const struct reading *reading, int64_t number)
{
    uint8_t question[SHA256_SIZE];
    struct change_token token = {.position = number};
    digest_question(reading, question);
    memcpy(token.rights, question, TOKEN_RIGHTS_SIZE);
    return change_token_write(reading->call, &token);
}

/* ---- the page ---- */

static bool select_entries(struct reading *reading, int64_t number, struct error *error)
{
    const struct security_log_request *request = &reading->request;
    const struct event_filter filter = {
        .about = request->about,
        .is_either = !reading->is_own,
        .user_id = request->user_id,
        .from = request->from,
        .until = request->until,
        .is_wanted = request->is_wanted,
        .is_descending = true,
        .number = number,
        .limit = request->limit + 1,
    };
    return event_select(reading->call, &filter, &reading->entries, &reading->count, error);
}

bool security_log_read(struct call *call, const struct security_log_request *request,
                       struct security_log_page *page_out, struct error *error)
{
    struct reading reading = {.call = call, .request = *request};
    struct security_log_page page = {.count = 0};
    int64_t number = 0;
    if (!permit(&reading, error) || !read_cookie(&reading, &number, error) ||
        !select_entries(&reading, number, error)) {
        return false;
    }
    if (reading.count > (size_t)request->limit) {
        reading.count = (size_t)request->limit;
        page.next_cookie = write_cookie(&reading, reading.entries[reading.count - 1].number);
    }
    if (!tell(&reading, &page, error)) {
        return false;
    }
    *page_out = page;
    return true;
}
