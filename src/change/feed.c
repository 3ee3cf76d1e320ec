/*
 * feed.c - rows after a token, weighed against what the reader may see now and could see then.
 */
#include "change/feed.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "change/number.h"
#include "change/rights.h"
#include "change/row.h"
#include "change/sight.h"
#include "change/token.h"
#include "metadata/entity.h"
#include "query/access.h"
#include "security/access.h"
#include "security/field_access.h"

/* How many positions one page looks through at most, when few of them are of entities that matter:
 * no reader keeps the server busy for long. */
enum { WINDOW = 20000 };

static const char *const kind_names[] = {
    [CHANGE_CREATED] = "created", [CHANGE_UPDATED] = "updated", [CHANGE_ASSIGNED] = "assigned",
    [CHANGE_DELETED] = "deleted", [CHANGE_SHARED] = "shared",   [CHANGE_RESTORED] = "created",
    [CHANGE_MERGED] = "merged",
};

/* A page while it is made. */
struct reading {
    struct call *call;
    struct change_rights rights;
    struct change_row *rows;
    size_t row_count;
    struct may *asked;          /* one for each row: whether its record may be read now */
    const struct may **masters; /* likewise of the record that it was merged into; NULL: none */
    struct feed_page page;
};

/* ---- rows ---- */

/* What a later release notes is not told by this one. */
static bool is_known(const struct change_row *row)
{
    size_t kind = (size_t)row->kind;
    return kind < sizeof(kind_names) / sizeof(kind_names[0]) && kind_names[kind] != NULL;
}

static bool select_rows(struct reading *reading, int64_t after, int64_t last, int64_t limit,
                        struct error *error)
{
    struct call *call = reading->call;
    const struct row_condition between[] = {
        {"position", ROW_IS_ABOVE, cell_integer(after)},
        {"position", ROW_IS_BELOW, cell_integer(last + 1)},
    };
    const struct row_query query = {
        .conditions = between,
        .condition_count = 2,
        .among = "entity_name",
        .texts = reading->rights.names,
        .text_count = reading->rights.name_count,
        .order = "position",
        .limit = limit,
    };
    return change_select(call, query, CHANGE_WITHOUT_FORMER, &reading->rows, &reading->row_count,
                         error);
}

/* ---- what he may see ---- */

static bool is_asked(const struct reading *reading, const struct entity *entity)
{
    return entity != NULL && reading->rights.scopes[entity->index] != NULL;
}

/* What the catalog no longer knows nobody may read. */
static bool ask_known(struct call *call, struct may *asked, size_t count, struct error *error)
{
    for (size_t row = 0, first = 0; row <= count; row++) {
        if (row == count || asked[row].entity == NULL) {
            if (!query_may_all(call, asked + first, row - first, error)) {
                return false;
            }
            first = row + 1;
        }
    }
    return true;
}

/* Of each row its record, and after all of these the masters of those that were merged. */
static bool ask(struct reading *reading, struct error *error)
{
    struct call *call = reading->call;
    size_t count = reading->row_count;
    struct may *asked = arena_allocate_array(call->arena, 2 * count, sizeof(*asked));
    const struct may **masters =
        arena_allocate_array(call->arena, count, sizeof(const struct may *));
    for (size_t row = 0; row < reading->row_count; row++) {
        const struct change_row *changed = &reading->rows[row];
        asked[row] =
            (struct may){.entity = changed->entity, .id = changed->id, .right = RIGHT_READ};
        if (changed->kind == CHANGE_MERGED) {
            asked[count] = asked[row];
            asked[count].id = changed->with_id;
            masters[row] = &asked[count++];
        }
    }
    reading->asked = asked;
    reading->masters = masters;
    return ask_known(call, asked, count, error);
}

/* The names of fields that may be read, of those that changed. */
static void name_fields(struct reading *reading, size_t row, struct feed_change *change)
{
    struct arena *arena = reading->call->arena;
    char *names = arena_copy_text(arena, reading->rows[row].field_names);
    size_t most = 0;
    for (const char *at = names; at != NULL && *at != '\0'; at++) {
        most += at == names || *at == ' ';
    }
    change->field_names = arena_allocate_array(arena, most, sizeof(*change->field_names));
    char *rest = names;
    for (char *name = most > 0 ? strtok_r(names, " ", &rest) : NULL; name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        const struct field *field = entity_find_field(change->entity, name);
        if (field != NULL && field_may(reading->call->identity, field, FIELD_RIGHT_READ)) {
            change->field_names[change->field_count++] = name;
        }
    }
}

static bool is_visible(const struct reading *reading, size_t row)
{
    return reading->rows[row].kind != CHANGE_DELETED && reading->asked[row].is_allowed;
}

/* Whose record it became is told to who may read that one. */
static struct reference *refer_to_master(const struct reading *reading, size_t row)
{
    const struct may *master = reading->masters[row];
    if (master == NULL || !master->is_allowed) {
        return NULL;
    }
    const struct reference reference = {.entity = master->entity, .id = master->id};
    return arena_copy(reading->call->arena, &reference, sizeof(reference));
}

static struct feed_change *add(struct reading *reading, size_t row, const char *kind)
{
    struct feed_change *change = &reading->page.changes[reading->page.count++];
    const struct change_row *from = &reading->rows[row];
    *change = (struct feed_change){
        .position = from->position,
        .kind = kind,
        .entity = from->entity,
        .id = from->id,
        .version = from->version,
        .changed_on = from->changed_on,
        .changed_by = from->user_id,
        .application = from->application,
        .request_id = from->request_id,
        .is_readable = is_visible(reading, row),
    };
    return change;
}

/* A share that is not his own changes nothing for him. */
static bool is_news(const struct reading *reading, size_t row)
{
    const struct access_scope *scope = reading->rights.scopes[reading->rows[row].entity->index];
    return reading->rows[row].kind != CHANGE_SHARED ||
           sight_is_own_share(scope, reading->rows[row].sight);
}

static bool tell(struct reading *reading, size_t row, struct error *error)
{
    enum change_kind kind = reading->rows[row].kind;
    const struct access_scope *scope = reading->rights.scopes[reading->rows[row].entity->index];
    bool had = false;
    if (is_visible(reading, row)) {
        if (is_news(reading, row)) {
            struct feed_change *change = add(reading, row, kind_names[kind]);
            change->merged_into = refer_to_master(reading, row);
            name_fields(reading, row, change);
        }
        return true;
    }
    const char *sight = reading->rows[row].sight;
    if (sight == NULL) {
        return true;
    }
    if (!sight_had(reading->call, scope, sight, &had, error)) {
        return false;
    }
    if (had) {
        add(reading, row, kind == CHANGE_DELETED ? kind_names[kind] : "left");
    }
    return true;
}

/* What reached down before, or does now, may have taken others with it. */
static bool tell_below(struct reading *reading, size_t row, struct error *error)
{
    const struct change_row *changed = &reading->rows[row];
    const struct access_scope *above = reading->rights.above[changed->entity->index];
    bool had = false;
    bool has = false;
    if (above == NULL || changed->kind == CHANGE_DELETED || changed->sight == NULL) {
        return true;
    }
    if (!sight_had(reading->call, above, changed->sight, &had, error) ||
        (!had && !query_in_scope(reading->call, above, &changed->id, &has, error))) {
        return false;
    }
    if (had || has) {
        add(reading, row, "childrenMoved")->version = 0;
    }
    return true;
}

static bool tell_all(struct reading *reading, struct error *error)
{
    reading->page.changes = arena_allocate_array(reading->call->arena, 2 * reading->row_count,
                                                 sizeof(struct feed_change));
    for (size_t row = 0; row < reading->row_count; row++) {
        const struct entity *entity = reading->rows[row].entity;
        if (entity == NULL || !is_known(&reading->rows[row])) {
            continue;
        }
        if ((is_asked(reading, entity) && !tell(reading, row, error)) ||
            !tell_below(reading, row, error)) {
            return false;
        }
    }
    return true;
}

/* ---- the token ---- */

static bool check_rights(const struct reading *reading, const struct change_token *token,
                         struct error *error)
{
    return memcmp(token->rights, reading->rights.digest, TOKEN_RIGHTS_SIZE) == 0 ||
           error_set(error, ERROR_RESYNC_REQUIRED, "token",
                     "What you may read has changed since the token was made, or it was made for "
                     "somebody else or for other changes");
}

/* A position that was never given is one of a database that was restored since. What was swept is
 * asked for once the rows are read: up to there some of them may have been gone. */
static bool check_position(const struct reading *reading, int64_t position, int64_t numbered,
                           struct error *error)
{
    struct call *call = reading->call;
    struct change_marks marks;
    return change_read_marks(call->connection, call->arena, &marks, error) &&
           ((position >= marks.swept && position <= numbered) ||
            error_set(error, ERROR_CHANGES_EXPIRED, "token",
                      "The changes that follow the token are no longer kept"));
}

static const char *make_token(const struct reading *reading, int64_t position)
{
    struct change_token token = {.position = position};
    memcpy(token.rights, reading->rights.digest, TOKEN_RIGHTS_SIZE);
    return change_token_write(reading->call, &token);
}

const char *feed_token_at(struct call *call, int64_t position)
{
    const struct reading reading = {.call = call, .rights = change_rights_of(call, NULL)};
    return make_token(&reading, position);
}

static bool read_after(struct reading *reading, int64_t position, int64_t numbered, int64_t limit,
                       struct error *error)
{
    int64_t last = numbered - position > WINDOW ? position + WINDOW : numbered;
    if (!select_rows(reading, position, last, limit, error) ||
        !check_position(reading, position, numbered, error) || !ask(reading, error) ||
        !tell_all(reading, error)) {
        return false;
    }
    if ((int64_t)reading->row_count == limit) {
        last = reading->rows[reading->row_count - 1].position;
    }
    reading->page.next_token = make_token(reading, last);
    reading->page.has_more = last < numbered;
    return true;
}

bool feed_read(struct call *call, const struct feed_request *request, struct feed_page *page_out,
               struct error *error)
{
    struct reading reading = {.call = call, .rights = change_rights_of(call, request->entity)};
    struct change_marks marks;
    struct change_token token;

    if (!change_read_marks(call->connection, call->arena, &marks, error)) {
        return false;
    }
    if (request->token == NULL) {
        reading.page.next_token = make_token(&reading, marks.numbered);
        *page_out = reading.page;
        return true;
    }
    if (!change_token_read(call, request->token, &token, error) ||
        !check_rights(&reading, &token, error) ||
        !read_after(&reading, token.position, marks.numbered, request->limit, error)) {
        return false;
    }
    *page_out = reading.page;
    return true;
}
