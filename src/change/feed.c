/*
 * feed.c - rows after a token, weighed against what the reader may see now and could see then.
 */
#include "change/feed.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "change/change.h"
#include "change/number.h"
#include "change/rights.h"
#include "change/sight.h"
#include "change/tables.h"
#include "change/token.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "query/access.h"
#include "security/access.h"
#include "security/field_access.h"

/* How many positions one page looks through at most, when few of them are of entities that matter:
 * no reader keeps the server busy for long. */
enum { WINDOW = 20000 };

enum column {
    POSITION,
    ENTITY_NAME,
    RECORD_ID,
    VERSION,
    KIND,
    FIELD_NAMES,
    SIGHT,
    USER_ID,
    APPLICATION,
    REQUEST_ID,
    CHANGED_ON,
    COLUMN_COUNT
};

static const char *const columns[COLUMN_COUNT] = {
    [POSITION] = "position",
    [ENTITY_NAME] = "entity_name",
    [RECORD_ID] = "record_id",
    [VERSION] = "version",
    [KIND] = "kind",
    [FIELD_NAMES] = "field_names",
    [SIGHT] = "sight",
    [USER_ID] = "user_id",
    [APPLICATION] = "application",
    [REQUEST_ID] = "request_id",
    [CHANGED_ON] = "changed_on",
};

static const char *const kind_names[] = {
    [CHANGE_CREATED] = "created", [CHANGE_UPDATED] = "updated", [CHANGE_ASSIGNED] = "assigned",
    [CHANGE_DELETED] = "deleted", [CHANGE_SHARED] = "shared",   [CHANGE_RESTORED] = "created",
};

/* A page while it is made. */
struct reading {
    struct call *call;
    struct change_rights rights;
    struct row_set rows;
    struct may *asked; /* one for each row: whether its record may be read now */
    struct feed_page page;
};

/* ---- rows ---- */

static const struct cell *cell_at(const struct reading *reading, size_t row, enum column column)
{
    return row_cell(&reading->rows, row, column);
}

static const char *text_at(const struct reading *reading, size_t row, enum column column)
{
    const struct cell *cell = cell_at(reading, row, column);
    return cell->is_null ? NULL : cell->text;
}

static enum change_kind kind_at(const struct reading *reading, size_t row)
{
    return (enum change_kind)cell_at(reading, row, KIND)->integer;
}

/* What a later release notes is not told by this one. */
static bool is_known(const struct reading *reading, size_t row)
{
    size_t kind = (size_t)kind_at(reading, row);
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
        .table = &change_table,
        .columns = columns,
        .column_count = COLUMN_COUNT,
        .conditions = between,
        .condition_count = 2,
        .among = "entity_name",
        .texts = reading->rights.names,
        .text_count = reading->rights.name_count,
        .order = "position",
        .limit = limit,
    };
    return row_select(call->connection, call->arena, &query, &reading->rows, error);
}

/* ---- what he may see ---- */

static bool is_asked(const struct reading *reading, const struct entity *entity)
{
    return entity != NULL && reading->rights.scopes[entity->index] != NULL;
}

static bool ask(struct reading *reading, struct error *error)
{
    struct call *call = reading->call;
    size_t count = reading->rows.count;
    struct may *asked = arena_allocate_array(call->arena, count, sizeof(*asked));
    for (size_t row = 0; row < count; row++) {
        asked[row] = (struct may){
            .entity = catalog_find_entity(call->catalog, text_at(reading, row, ENTITY_NAME)),
            .id = cell_at(reading, row, RECORD_ID)->uuid,
            .right = RIGHT_READ,
        };
    }
    reading->asked = asked;
    /* What the catalog no longer knows nobody may read. */
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

/* The names of fields that may be read, of those that changed. */
static void name_fields(struct reading *reading, size_t row, struct feed_change *change)
{
    struct arena *arena = reading->call->arena;
    char *names = arena_copy_text(arena, text_at(reading, row, FIELD_NAMES));
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
    return kind_at(reading, row) != CHANGE_DELETED && reading->asked[row].is_allowed;
}

static struct feed_change *add(struct reading *reading, size_t row, const char *kind)
{
    struct feed_change *change = &reading->page.changes[reading->page.count++];
    const struct cell *version = cell_at(reading, row, VERSION);
    const struct cell *author = cell_at(reading, row, USER_ID);
    *change = (struct feed_change){
        .kind = kind,
        .entity = reading->asked[row].entity,
        .id = reading->asked[row].id,
        .version = version->is_null ? 0 : version->integer,
        .changed_on = cell_at(reading, row, CHANGED_ON)->moment,
        .changed_by = author->is_null ? (struct uuid){{0}} : author->uuid,
        .application = text_at(reading, row, APPLICATION),
        .request_id = text_at(reading, row, REQUEST_ID),
        .is_readable = is_visible(reading, row),
    };
    return change;
}

/* A share that is not his own changes nothing for him. */
static bool is_news(const struct reading *reading, size_t row)
{
    const struct access_scope *scope = reading->rights.scopes[reading->asked[row].entity->index];
    return kind_at(reading, row) != CHANGE_SHARED ||
           sight_is_own_share(scope, text_at(reading, row, SIGHT));
}

static bool tell(struct reading *reading, size_t row, struct error *error)
{
    enum change_kind kind = kind_at(reading, row);
    const struct access_scope *scope = reading->rights.scopes[reading->asked[row].entity->index];
    bool had = false;
    if (is_visible(reading, row)) {
        if (is_news(reading, row)) {
            name_fields(reading, row, add(reading, row, kind_names[kind]));
        }
        return true;
    }
    const char *sight = text_at(reading, row, SIGHT);
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
    const struct may *asked = &reading->asked[row];
    const struct access_scope *above = reading->rights.above[asked->entity->index];
    const char *sight = text_at(reading, row, SIGHT);
    bool had = false;
    bool has = false;
    if (above == NULL || kind_at(reading, row) == CHANGE_DELETED || !sight_descends(sight)) {
        return true;
    }
    if (!sight_had(reading->call, above, sight, &had, error) ||
        (!had && !query_in_scope(reading->call, above, &asked->id, &has, error))) {
        return false;
    }
    if (had || has) {
        struct feed_change *change = add(reading, row, "childrenMoved");
        change->version = 0;
    }
    return true;
}

static bool tell_all(struct reading *reading, struct error *error)
{
    reading->page.changes = arena_allocate_array(reading->call->arena, 2 * reading->rows.count,
                                                 sizeof(struct feed_change));
    for (size_t row = 0; row < reading->rows.count; row++) {
        const struct entity *entity = reading->asked[row].entity;
        if (entity == NULL || !is_known(reading, row)) {
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

/* A position that was never given is one of a database that was restored since. */
static bool check_token(const struct reading *reading, const struct change_token *token,
                        const struct change_marks *marks, struct error *error)
{
    if (memcmp(token->rights, reading->rights.digest, TOKEN_RIGHTS_SIZE) != 0) {
        return error_set(error, ERROR_RESYNC_REQUIRED, "token",
                         "What you may read has changed since the token was made, or it was made "
                         "for somebody else or for other changes");
    }
    if (token->position < marks->swept || token->position > marks->numbered) {
        return error_set(error, ERROR_CHANGES_EXPIRED, "token",
                         "The changes that follow the token are no longer kept");
    }
    return true;
}

static const char *make_token(const struct reading *reading, int64_t position)
{
    struct change_token token = {.position = position};
    memcpy(token.rights, reading->rights.digest, TOKEN_RIGHTS_SIZE);
    return change_token_write(reading->call, &token);
}

static bool read_after(struct reading *reading, int64_t position, int64_t numbered, int64_t limit,
                       struct error *error)
{
    int64_t last = numbered - position > WINDOW ? position + WINDOW : numbered;
    if (!select_rows(reading, position, last, limit, error) || !ask(reading, error) ||
        !tell_all(reading, error)) {
        return false;
    }
    if ((int64_t)reading->rows.count == limit) {
        last = cell_at(reading, reading->rows.count - 1, POSITION)->integer;
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
        !check_token(&reading, &token, &marks, error) ||
        !read_after(&reading, token.position, marks.numbered, request->limit, error)) {
        return false;
    }
    *page_out = reading.page;
    return true;
}
