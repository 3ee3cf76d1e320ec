/*
 * purge.c - deletions that cannot be undone any more, because somebody says so or time has passed.
 */
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "change/bin.h"
#include "change/former.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "record/bin.h"
#include "record/link.h"
#include "record/principal.h"
#include "record/write.h"
#include "security/authorise.h"

enum { SWEPT_AT_ONCE = 100 };

bool bin_takes(const struct write *write)
{
    return !principal_has_rules(write) && !write->entity->is_principal &&
           strcmp(write->entity->name, "FieldSecurityProfile") != 0;
}

/* The deletion kept them; now nobody does. */
static bool drop_files(struct call *call, const struct record *former, struct error *error)
{
    const struct entity *entity = former->entity;
    for (size_t index = 0; index < entity->field_count; index++) {
        if (entity->fields[index]->type == FIELD_FILE && former->values[index].state == VALUE_SET &&
            !link_drop(call, &former->values[index].file->id, error)) {
            return false;
        }
    }
    return true;
}

/* The files go only if the record has not come back meanwhile. */
static bool let_go(struct call *call, const struct change_row *row, struct array *gone,
                   bool *was_in_out, struct error *error)
{
    if (!bin_take_out(call, row, was_in_out, error)) {
        return false;
    }
    if (!*was_in_out || row->entity == NULL || row->former == NULL) {
        return true;
    }
    const struct record *former = former_read(call->arena, call->catalog, row->entity, row->former);
    array_add(gone, former);
    return drop_files(call, former, error);
}

static bool purge_row(struct call *call, const struct change_row *row, struct array *gone,
                      struct error *error)
{
    bool was_in = false;
    return authorise_record(call->identity, row->entity, RIGHT_DELETE, error) &&
           let_go(call, row, gone, &was_in, error) && (!was_in || bin_purge(call, row, error));
}

bool record_purge(struct call *call, const struct entity *entity, const struct uuid *id,
                  struct array *gone, int64_t *count_out, struct error *error)
{
    struct change_row deletion;
    struct array rows;
    array_init(&rows, call->arena);
    *count_out = 0;
    if (!authorise_record(call->identity, entity, RIGHT_DELETE, error) ||
        !bin_find(call, entity, id, &deletion, error) ||
        !bin_find_request(call, &deletion, 0, &rows, error)) {
        return false;
    }
    for (size_t index = 0; index < rows.count; index++) {
        const struct change_row *row = rows.items[index];
        if (!bin_went_with(row, &deletion) || row->entity == NULL) {
            continue;
        }
        if (!purge_row(call, row, gone, error)) {
            return false;
        }
        ++*count_out;
    }
    return true;
}

bool bin_sweep(struct call *call, int64_t before, struct array *gone, int64_t *count_out,
               struct error *error)
{
    struct change_row *rows = NULL;
    size_t count = 0;
    if (!bin_find_old(call, before, SWEPT_AT_ONCE, &rows, &count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        bool was_in = false;
        if (!let_go(call, &rows[index], gone, &was_in, error)) {
            return false;
        }
    }
    *count_out = (int64_t)count;
    return true;
}
