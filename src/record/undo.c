/*
 * undo.c - the changes of one request, found, checked and turned back.
 */
#include "record/undo.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "change/bin.h"
#include "change/former.h"
#include "metadata/catalog.h"
#include "query/query.h"
#include "record/bin.h"
#include "record/merge.h"
#include "record/own.h"
#include "record/permit.h"
#include "record/write.h"
#include "security/authorise.h"
#include "security/identity.h"

enum { CHANGES_LIMIT = 10000 };

/* What became of one record by the request. */
struct touched {
    const struct entity *entity;
    struct uuid id;
    struct record *former; /* values before; the first change of a field tells them */
    int64_t last;          /* number of the request's last change of it */
    bool was_there, is_there;
    bool goes_along; /* restored with another */
    bool was_assigned;
    bool was_moved; /* by a merge, which asked about two records and no others */
};

struct undoing {
    struct call *call;
    struct array rows;    /* struct change_row * */
    struct array touched; /* struct touched *, in the order of their first changes */
    struct map *by_id;
    const struct change_row *merge; /* the record that was merged into another; NULL: none was */
    struct undone undone;
};

/* ---- what the request did ---- */

static bool refuse_unknown(const char *request_id, struct error *error)
{
    return error_set(error, ERROR_REQUEST_UNKNOWN, "undoneRequest",
                     "There is no request \"%.100s\" of this user that changed a record",
                     request_id);
}

static struct touched *touch(struct undoing *undoing, const struct change_row *row)
{
    struct arena *arena = undoing->call->arena;
    char id[UUID_TEXT_SIZE];
    uuid_format(&row->id, id);
    const char *key = arena_format(arena, "%s %s", row->entity->name, id);
    struct touched *touched = map_get(undoing->by_id, key);
    if (touched == NULL) {
        touched = arena_allocate(arena, sizeof(*touched));
        *touched = (struct touched){
            .entity = row->entity,
            .id = row->id,
            .former = record_make(arena, row->entity),
            .was_there = row->kind != CHANGE_CREATED && row->kind != CHANGE_RESTORED,
        };
        map_set(undoing->by_id, key, touched);
        array_add(&undoing->touched, touched);
    }
    return touched;
}

static void take_row(struct undoing *undoing, const struct change_row *row)
{
    const struct call *call = undoing->call;
    struct touched *touched = touch(undoing, row);
    const struct record *former = former_read(call->arena, call->catalog, row->entity,
                                              row->former == NULL ? "" : row->former);
    for (size_t index = 0; index < row->entity->field_count; index++) {
        if (touched->former->values[index].state == VALUE_ABSENT) {
            touched->former->values[index] = former->values[index];
        }
    }
    touched->last = row->number;
    touched->is_there = row->kind != CHANGE_DELETED;
    touched->was_assigned |= row->kind == CHANGE_ASSIGNED;
    touched->goes_along = row->kind == CHANGE_DELETED && !uuid_is_empty(&row->with_id);
}

static bool collect(struct undoing *undoing, const char *request_id, const struct uuid *user_id,
                    struct error *error)
{
    struct change_row *last = NULL;
    if (!bin_find_last(undoing->call, request_id, user_id, &last, error) ||
        (last != NULL &&
         !bin_find_request(undoing->call, last, CHANGES_LIMIT + 1, &undoing->rows, error))) {
        return false;
    }
    if (undoing->rows.count > CHANGES_LIMIT) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "undoneRequest",
                         "The request made more than %d changes", CHANGES_LIMIT);
    }
    for (size_t index = 0; index < undoing->rows.count; index++) {
        const struct change_row *row = undoing->rows.items[index];
        if (row->entity != NULL && row->kind != CHANGE_SHARED) {
            take_row(undoing, row);
            undoing->merge = row->kind == CHANGE_MERGED ? row : undoing->merge;
        }
    }
    return undoing->touched.count > 0 || refuse_unknown(request_id, error);
}

/* A merge is a request of its own. Who may merge the two again may part them; all else that it
 * touched, the master's own fields and owners excepted, goes back as it came: whoever may write
 * it. */
static bool authorise_parting(struct undoing *undoing, struct error *error)
{
    const struct change_row *merge = undoing->merge;
    if (merge == NULL) {
        return true;
    }
    for (size_t index = 0; index < undoing->touched.count; index++) {
        struct touched *touched = undoing->touched.items[index];
        touched->was_moved =
            !touched->was_assigned && !uuid_is_equal(&touched->id, &merge->with_id);
    }
    return merge_authorise(undoing->call, merge->entity, &merge->with_id, &merge->id, error);
}

/* ---- whether it can be undone ---- */

/* Which record it was is told to who may read it. */
static bool refuse_changed(struct call *call, const struct touched *touched, struct error *error)
{
    char id[UUID_TEXT_SIZE];
    bool is_readable = false;
    uuid_format(&touched->id, id);
    return permit_read(call, touched->entity, &touched->id, &is_readable, error) &&
           error_set_about(error, ERROR_RECORD_CHANGED_SINCE, touched->entity->name, NULL,
                           "The %s %s has been changed since the request", touched->entity->name,
                           is_readable ? id : "that it touched");
}

/* Each is locked before its last change is looked for, so that none comes in between. */
static bool check_unchanged(struct undoing *undoing, struct error *error)
{
    struct call *call = undoing->call;
    for (size_t index = 0; index < undoing->touched.count; index++) {
        const struct touched *touched = undoing->touched.items[index];
        int64_t last = 0;
        bool is_found = false;
        if (!query_exists(call, touched->entity, &touched->id, ROW_LOCK_CHANGE, &is_found, error) ||
            !bin_find_last_change(call, touched->entity, &touched->id, &last, error)) {
            return false;
        }
        if (last != touched->last) {
            return refuse_changed(call, touched, error);
        }
    }
    return true;
}

/* ---- undoing ---- */

static void tell(struct undoing *undoing, struct array *list, const struct touched *touched)
{
    const struct reference reference = {.entity = touched->entity, .id = touched->id};
    array_add(list, arena_copy(undoing->call->arena, &reference, sizeof(reference)));
}

/* What a merge moved the caller need not know of. */
static bool tell_updated(struct undoing *undoing, const struct touched *touched,
                         struct error *error)
{
    bool is_known = true;
    if (touched->was_moved &&
        !permit_read(undoing->call, touched->entity, &touched->id, &is_known, error)) {
        return false;
    }
    if (is_known) {
        tell(undoing, &undoing->undone.updated, touched);
    }
    return true;
}

static bool bring_back(struct undoing *undoing, const struct touched *touched, struct error *error)
{
    struct restored restored;
    if (!touched->was_there || touched->is_there || touched->goes_along) {
        return true;
    }
    if (!record_restore(undoing->call, touched->entity, &touched->id, &restored, error)) {
        return false;
    }
    for (size_t index = 0; index < restored.records.count; index++) {
        array_add(&undoing->undone.restored, restored.records.items[index]);
    }
    return true;
}

/* Only what a client may set; the rest follows from it. And what only a merge sets. */
static bool is_given_back(const struct touched *touched, const struct field *field)
{
    bool is_of_merge =
        !field->is_system && (field->type == FIELD_LOOKUP || field == touched->entity->is_merged);
    return field->is_updatable || (touched->was_moved && is_of_merge);
}

static struct record *former_of_client(struct undoing *undoing, const struct touched *touched,
                                       bool *is_any_out)
{
    struct record *given = record_make(undoing->call->arena, touched->entity);
    *is_any_out = false;
    for (size_t index = 0; index < touched->entity->field_count; index++) {
        const struct field *field = touched->entity->fields[index];
        if (is_given_back(touched, field) && touched->former->values[index].state != VALUE_ABSENT) {
            given->values[index] = touched->former->values[index];
            *is_any_out = true;
        }
    }
    return given;
}

static bool change_back(struct undoing *undoing, const struct touched *touched, struct error *error)
{
    struct work work;
    struct write_outcome outcome;
    bool is_any = false;
    if (!touched->was_there || !touched->is_there) {
        return true;
    }
    struct record *given = former_of_client(undoing, touched, &is_any);
    if (!is_any) {
        return true;
    }
    work_begin(&work, undoing->call);
    work.is_undoing = true;
    return tell_updated(undoing, touched, error) &&
           (touched->was_moved ? own_update(&work, given, &touched->id, error)
                               : update_in(&work, given, &touched->id, false, &outcome, error)) &&
           work_end(&work, error);
}

static bool take_away(struct undoing *undoing, const struct touched *touched, struct error *error)
{
    struct work work;
    if (touched->was_there || !touched->is_there) {
        return true;
    }
    work_begin(&work, undoing->call);
    work.is_undoing = true;
    tell(undoing, &undoing->undone.deleted, touched);
    return delete_in(&work, touched->entity, &touched->id, false, error) && work_end(&work, error);
}

typedef bool (*undo_step)(struct undoing *undoing, const struct touched *touched,
                          struct error *error);

/* What was deleted is there before others refer to it again, and nobody refers any more to what
 * was created before it goes. */
static const undo_step steps[] = {bring_back, change_back, take_away};

static bool undo_all(struct undoing *undoing, struct error *error)
{
    for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
        for (size_t index = undoing->touched.count; index > 0; index--) {
            if (!steps[step](undoing, undoing->touched.items[index - 1], error)) {
                return false;
            }
        }
    }
    return true;
}

bool request_undo(struct call *call, const char *request_id, const struct uuid *user_id,
                  struct undone *undone_out, struct error *error)
{
    struct undoing undoing = {.call = call, .by_id = map_create(call->arena)};
    bool is_own = uuid_is_equal(user_id, &call->identity->user_id);
    array_init(&undoing.rows, call->arena);
    array_init(&undoing.touched, call->arena);
    array_init(&undoing.undone.restored, call->arena);
    array_init(&undoing.undone.updated, call->arena);
    array_init(&undoing.undone.deleted, call->arena);
    if ((!is_own && !authorise_task(call->identity, TASK_ACT_ON_BEHALF, error)) ||
        !collect(&undoing, request_id, user_id, error) || !authorise_parting(&undoing, error) ||
        !check_unchanged(&undoing, error) || !undo_all(&undoing, error)) {
        return false;
    }
    *undone_out = undoing.undone;
    return true;
}
