/*
 * name.c - names by `id IN (...)`, one SELECT for each entity, united to few statements.
 *
 * The same few users and units stand in every record, so each id is asked for once. Beside the
 * name come owner and unit, by which most are told or kept back at once.
 */
#include "query/name.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "metadata/entity.h"
#include "query/access.h"
#include "query/ids.h"
#include "security/access.h"

enum { IDS_AT_ONCE = 256 };

enum { CELL_ID, CELL_NAME, CELL_OWNER, CELL_UNIT };

/* One record whose name is asked for. */
struct wanted {
    const struct entity *entity;
    const struct uuid *id;
    const struct access_scope *scope; /* in which it may be read */
    const char *name;
    bool is_asked;
    bool is_undecided; /* shares and parents decide whether the name is told */
    struct access_facts facts;
};

struct naming {
    struct call *call;
    struct wanted *wanted;
    size_t count;
    size_t undecided_count;
    struct array scopes; /* const struct access_scope *, one for each entity */
    uint32_t *slots;     /* 0 or 1 + index of a wanted one */
    size_t mask;
};

/* ---- each once ---- */

/* The end of an id is random. */
static size_t hash_of(const struct uuid *id)
{
    uint64_t hash = 0;
    memcpy(&hash, id->bytes + sizeof(id->bytes) - sizeof(hash), sizeof(hash));
    return (size_t)(hash ^ hash >> 29);
}

/* The slot of the id, or the empty one where it belongs. */
static uint32_t *find_slot(const struct naming *naming, const struct uuid *id)
{
    for (size_t place = hash_of(id) & naming->mask;; place = (place + 1) & naming->mask) {
        uint32_t *slot = &naming->slots[place];
        if (*slot == 0 || uuid_is_equal(naming->wanted[*slot - 1].id, id)) {
            return slot;
        }
    }
}

static const struct access_scope *find_scope(struct naming *naming, const struct entity *entity)
{
    struct call *call = naming->call;
    for (size_t index = 0; index < naming->scopes.count; index++) {
        const struct access_scope *scope = naming->scopes.items[index];
        if (scope->entity == entity) {
            return scope;
        }
    }
    const struct access_scope *scope =
        access_scope_make(call->arena, call->identity, entity, RIGHT_READ);
    array_add(&naming->scopes, scope);
    return scope;
}

/* What nobody of the caller's kind may read is not asked for. */
static struct wanted want(struct naming *naming, const struct reference *reference)
{
    const struct access_scope *scope = find_scope(naming, reference->entity);
    return (struct wanted){
        .entity = reference->entity,
        .id = &reference->id,
        .scope = scope,
        .is_asked = access_is_nothing(scope),
    };
}

static void collect(struct naming *naming, struct reference *const *references, size_t count)
{
    size_t slots = 2 * ids_fill_up(count);
    naming->mask = slots - 1;
    naming->slots = arena_allocate_array(naming->call->arena, slots, sizeof(*naming->slots));
    naming->wanted = arena_allocate_array(naming->call->arena, count, sizeof(*naming->wanted));
    for (size_t index = 0; index < count; index++) {
        uint32_t *slot = find_slot(naming, &references[index]->id);
        if (*slot == 0) {
            naming->wanted[naming->count++] = want(naming, references[index]);
            *slot = (uint32_t)naming->count;
        }
    }
}

/* ---- asking ---- */

/* The columns of the facts that a scope goes by; the id in place of what it does not need. */
static const char *fact_column(const struct access_scope *scope, const struct field *field)
{
    bool is_needed = field != NULL && !scope->is_everything;
    return is_needed ? field->column : scope->entity->id->column;
}

static void write_cells(struct sql *sql, const struct access_scope *scope)
{
    const struct entity *entity = scope->entity;
    const char *const columns[] = {
        [CELL_ID] = entity->id->column,
        [CELL_NAME] = entity->name_field->column,
        [CELL_OWNER] = fact_column(scope, access_owner_field(entity)),
        [CELL_UNIT] = fact_column(scope, access_unit_field(entity)),
    };
    for (size_t cell = 0; cell < sizeof(columns) / sizeof(columns[0]); cell++) {
        sql_add(sql, cell == 0 ? "" : ", ");
        sql_add_name(sql, columns[cell]);
    }
}

/* Adds the SELECT of one entity's names, for at most room ids; answers how many it took. */
static size_t write_entity(struct sql *sql, struct naming *naming, size_t first, size_t room)
{
    const struct entity *entity = naming->wanted[first].entity;
    struct uuid ids[IDS_AT_ONCE];
    size_t count = 0;
    for (size_t index = first; index < naming->count && count < room; index++) {
        struct wanted *wanted = &naming->wanted[index];
        if (wanted->entity == entity && !wanted->is_asked) {
            ids[count++] = *wanted->id;
            wanted->is_asked = true;
        }
    }
    sql_add(sql, sql->parameter_count == 0 ? "SELECT " : " UNION ALL SELECT ");
    write_cells(sql, naming->wanted[first].scope);
    sql_add(sql, " FROM ");
    sql_add_name(sql, entity->table);
    sql_add(sql, " WHERE ");
    sql_add_name(sql, entity->id->column);
    ids_write(sql, ids, count);
    return ids_fill_up(count);
}

/* Writes a statement for as many as one takes; false when all were asked for. */
static bool write_some(struct sql *sql, struct naming *naming)
{
    size_t longest = 1;
    size_t room = IDS_AT_ONCE;
    for (size_t index = 0; index < naming->count && room > 0; index++) {
        const struct wanted *wanted = &naming->wanted[index];
        if (wanted->is_asked) {
            continue;
        }
        size_t length = wanted->entity->name_field->length;
        longest = length > longest ? length : longest;
        size_t taken = write_entity(sql, naming, index, room);
        room = taken < room ? room - taken : 0; /* filling up may take a little more */
    }
    sql_expect(sql, (struct sql_column){.type = COLUMN_UUID});
    sql_expect(sql, (struct sql_column){.type = COLUMN_TEXT, .length = longest});
    sql_expect(sql, (struct sql_column){.type = COLUMN_UUID});
    sql_expect(sql, (struct sql_column){.type = COLUMN_UUID});
    return room < IDS_AT_ONCE;
}

static struct uuid read_fact(const struct result *result, size_t cell, const struct field *field)
{
    const struct cell *found = result_cell(result, cell);
    return field == NULL || found->is_null ? (struct uuid){{0}} : found->uuid;
}

/* A name that is there is told, kept back, or left to the second question. */
static void take_name(struct naming *naming, struct wanted *wanted, const struct result *result)
{
    const struct entity *entity = wanted->entity;
    wanted->facts = (struct access_facts){
        .id = *wanted->id,
        .owner = read_fact(result, CELL_OWNER, access_owner_field(entity)),
        .unit = read_fact(result, CELL_UNIT, access_unit_field(entity)),
    };
    enum access_answer answer = access_weigh(wanted->scope, &wanted->facts, NULL);
    if (answer != ACCESS_REFUSED) {
        wanted->name = arena_copy_text(naming->call->arena, result_cell(result, CELL_NAME)->text);
        wanted->is_undecided = answer == ACCESS_UNDECIDED;
        naming->undecided_count += wanted->is_undecided ? 1 : 0;
    }
}

static void take_row(void *context, const struct result *result)
{
    struct naming *naming = context;
    if (result_cell(result, CELL_NAME)->is_null) {
        return;
    }
    uint32_t slot = *find_slot(naming, &result_cell(result, CELL_ID)->uuid);
    if (slot != 0) {
        take_name(naming, &naming->wanted[slot - 1], result);
    }
}

/* Takes back the names of records that the caller turns out not to read. */
static bool decide(struct naming *naming, struct error *error)
{
    size_t count = 0;
    struct may *asked =
        arena_allocate_array(naming->call->arena, naming->undecided_count, sizeof(*asked));
    for (size_t index = 0; index < naming->count; index++) {
        const struct wanted *wanted = &naming->wanted[index];
        if (wanted->is_undecided) {
            asked[count++] = (struct may){.entity = wanted->entity,
                                          .id = *wanted->id,
                                          .right = RIGHT_READ,
                                          .facts = &wanted->facts};
        }
    }
    if (!query_may_all(naming->call, asked, count, error)) {
        return false;
    }
    for (size_t index = naming->count; index > 0; index--) {
        struct wanted *wanted = &naming->wanted[index - 1];
        if (wanted->is_undecided && !asked[--count].is_allowed) {
            wanted->name = NULL;
        }
    }
    return true;
}

bool name_references(struct call *call, struct reference *const *references, size_t count,
                     struct error *error)
{
    struct naming naming = {.call = call};
    struct sql sql;

    array_init(&naming.scopes, call->arena);
    collect(&naming, references, count);
    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    while (write_some(&sql, &naming)) {
        if (!connection_select_each(call->connection, &sql, take_row, &naming, error)) {
            return false;
        }
        sql_begin(&sql, call->arena, connection_dialect(call->connection));
    }
    if (naming.undecided_count > 0 && !decide(&naming, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        references[index]->name =
            naming.wanted[*find_slot(&naming, &references[index]->id) - 1].name;
    }
    return true;
}
