/*
 * name.c - names by `id IN (...)`, one SELECT for each entity, united to few statements.
 *
 * The same few users and units stand in every record, so each id is asked for once. Lists are
 * filled up to powers of two, so that few statements differ.
 */
#include "query/name.h"

#include <string.h>

#include "base/arena.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "metadata/entity.h"

enum { IDS_AT_ONCE = 256 };

/* One record whose name is asked for. */
struct wanted {
    const struct entity *entity;
    const struct uuid *id;
    const char *name;
    bool is_asked;
};

struct naming {
    struct call *call;
    struct wanted *wanted;
    size_t count;
    uint32_t *slots; /* 0 or 1 + index of a wanted one */
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

static size_t fill_up(size_t count)
{
    size_t length = 1;
    while (length < count) {
        length *= 2;
    }
    return length;
}

static void collect(struct naming *naming, struct reference *const *references, size_t count)
{
    size_t slots = 2 * fill_up(count);
    naming->mask = slots - 1;
    naming->slots = arena_allocate_array(naming->call->arena, slots, sizeof(*naming->slots));
    naming->wanted = arena_allocate_array(naming->call->arena, count, sizeof(*naming->wanted));
    for (size_t index = 0; index < count; index++) {
        uint32_t *slot = find_slot(naming, &references[index]->id);
        if (*slot == 0) {
            naming->wanted[naming->count++] =
                (struct wanted){.entity = references[index]->entity, .id = &references[index]->id};
            *slot = (uint32_t)naming->count;
        }
    }
}

/* ---- asking ---- */

/* Adds the SELECT of one entity's names, for at most room ids; answers how many it took. */
static size_t write_entity(struct sql *sql, struct naming *naming, size_t first, size_t room)
{
    const struct entity *entity = naming->wanted[first].entity;
    const struct uuid *last = NULL;
    size_t count = 0;
    sql_add(sql, sql->parameter_count == 0 ? "SELECT " : " UNION ALL SELECT ");
    sql_add_name(sql, entity->id->column);
    sql_add(sql, ", ");
    sql_add_name(sql, entity->name_field->column);
    sql_add(sql, " FROM ");
    sql_add_name(sql, entity->table);
    sql_add(sql, " WHERE ");
    sql_add_name(sql, entity->id->column);
    for (size_t index = first; index < naming->count && count < room; index++) {
        struct wanted *wanted = &naming->wanted[index];
        if (wanted->entity == entity && !wanted->is_asked) {
            sql_add(sql, count++ == 0 ? " IN (" : ", ");
            sql_add_cell(sql, cell_uuid(wanted->id));
            wanted->is_asked = true;
            last = wanted->id;
        }
    }
    for (size_t length = fill_up(count); count < length; count++) {
        sql_add(sql, ", ");
        sql_add_cell(sql, cell_uuid(last));
    }
    sql_add(sql, ")");
    return count;
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
    return room < IDS_AT_ONCE;
}

static bool read_names(struct naming *naming, const struct sql *sql, struct error *error)
{
    struct call *call = naming->call;
    struct result *result = NULL;
    bool has_row = false;
    bool done = false;

    if (!connection_select(call->connection, sql, &result, error)) {
        goto finish;
    }
    do {
        if (!result_next(result, &has_row, error)) {
            goto finish;
        }
        if (has_row && !result_cell(result, 1)->is_null) {
            uint32_t slot = *find_slot(naming, &result_cell(result, 0)->uuid);
            if (slot != 0) {
                naming->wanted[slot - 1].name =
                    arena_copy_text(call->arena, result_cell(result, 1)->text);
            }
        }
    } while (has_row);
    done = true;

finish:
    result_close(&result);
    return done;
}

bool name_references(struct call *call, struct reference *const *references, size_t count,
                     struct error *error)
{
    struct naming naming = {.call = call};
    struct sql sql;

    collect(&naming, references, count);
    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    while (write_some(&sql, &naming)) {
        if (!read_names(&naming, &sql, error)) {
            return false;
        }
        sql_begin(&sql, call->arena, connection_dialect(call->connection));
    }
    for (size_t index = 0; index < count; index++) {
        references[index]->name =
            naming.wanted[*find_slot(&naming, &references[index]->id) - 1].name;
    }
    return true;
}
