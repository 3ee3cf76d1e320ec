/*
 * name.c - names by `id IN (...)`, the lists filled up to a few lengths.
 */
#include "query/name.h"

#include "base/arena.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "metadata/entity.h"
#include "query/store.h"

enum { IDS_AT_ONCE = 256 };

struct chunk {
    const struct entity *entity;
    struct reference *references[IDS_AT_ONCE];
    size_t count;
};

static size_t fill_up(size_t count)
{
    size_t length = 1;
    while (length < count) {
        length *= 2;
    }
    return length;
}

static void write_names(struct sql *sql, const struct chunk *chunk)
{
    const struct entity *entity = chunk->entity;
    size_t length = fill_up(chunk->count);
    sql_add(sql, "SELECT ");
    sql_add_name(sql, entity->id->column);
    sql_expect(sql, store_column(entity->id));
    sql_add(sql, ", ");
    sql_add_name(sql, entity->name_field->column);
    sql_expect(sql, store_column(entity->name_field));
    sql_add(sql, " FROM ");
    sql_add_name(sql, entity->table);
    sql_add(sql, " WHERE ");
    sql_add_name(sql, entity->id->column);
    for (size_t index = 0; index < length; index++) {
        size_t place = index < chunk->count ? index : chunk->count - 1;
        sql_add(sql, index == 0 ? " IN (" : ", ");
        sql_add_cell(sql, cell_uuid(&chunk->references[place]->id));
    }
    sql_add(sql, ")");
}

static void give_name(struct chunk *chunk, const struct uuid *id, const char *name)
{
    for (size_t index = 0; index < chunk->count; index++) {
        if (uuid_is_equal(&chunk->references[index]->id, id)) {
            chunk->references[index]->name = name;
        }
    }
}

static bool name_chunk(struct call *call, struct chunk *chunk, struct error *error)
{
    struct sql sql;
    struct result *result = NULL;
    bool has_row = false;
    bool done = false;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    write_names(&sql, chunk);
    if (!connection_select(call->connection, &sql, &result, error)) {
        goto finish;
    }
    do {
        if (!result_next(result, &has_row, error)) {
            goto finish;
        }
        if (has_row && !result_cell(result, 1)->is_null) {
            give_name(chunk, &result_cell(result, 0)->uuid,
                      arena_copy_text(call->arena, result_cell(result, 1)->text));
        }
    } while (has_row);
    done = true;

finish:
    result_close(&result);
    return done;
}

/* Names all references to one entity, from the first of them on. */
static bool name_entity(struct call *call, struct reference *const *references, size_t count,
                        struct error *error)
{
    struct chunk chunk = {.entity = references[0]->entity};
    for (size_t index = 0; index < count; index++) {
        if (references[index]->entity != chunk.entity) {
            continue;
        }
        chunk.references[chunk.count++] = references[index];
        if (chunk.count == IDS_AT_ONCE) {
            if (!name_chunk(call, &chunk, error)) {
                return false;
            }
            chunk.count = 0;
        }
    }
    return chunk.count == 0 || name_chunk(call, &chunk, error);
}

static bool is_first_of_entity(struct reference *const *references, size_t index)
{
    for (size_t before = 0; before < index; before++) {
        if (references[before]->entity == references[index]->entity) {
            return false;
        }
    }
    return true;
}

bool name_references(struct call *call, struct reference *const *references, size_t count,
                     struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (is_first_of_entity(references, index) &&
            !name_entity(call, references + index, count - index, error)) {
            return false;
        }
    }
    return true;
}
