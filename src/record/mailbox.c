/*
 * mailbox.c - those who have the address of a mailbox are found, and each asked about.
 */
#include "record/mailbox.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/expect.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "mime/mime.h"
#include "query/access.h"
#include "query/store.h"
#include "record/counter.h"
#include "record/write.h"
#include "security/identity.h"
#include "security/stored.h"

/* No local part of 64 bytes has more (RFC 5321, 4.5.3.1.1). */
enum { PLUSES_MOST = 32 };

static const char turns[] = "Mailbox.address"; /* the series that new mailboxes are counted in */

static const char *const owners[] = {"SystemUser", "Team", "Queue"};

/* A mailbox that is to be there, and every form in which others may have its address. */
struct claim {
    const struct write *write;
    const struct reference *holder;
    struct array forms; /* const char *: of the address itself */
    struct array wider; /* those, and of the address without what stands after its pluses */
};

/* ---- forms ---- */

static void add_form(struct array *forms, const char *form)
{
    if (form != NULL) {
        array_add(forms, form);
    }
}

/* As it is written and as it is compared, each also with its domain in ASCII. */
static void add_forms(struct arena *arena, struct array *forms, const char *address)
{
    const char *compared = mime_compared_address(arena, address);

    add_form(forms, address);
    add_form(forms, mime_wire_address(arena, address));
    add_form(forms, compared);
    add_form(forms, mime_wire_address(arena, compared));
}

static void begin(struct claim *claim, const struct write *write)
{
    const struct field *address = entity_find_field(write->entity, "address");
    const struct field *holder = entity_find_field(write->entity, "holder");
    struct arena *arena = write->call->arena;

    expect(address != NULL && holder != NULL);
    *claim =
        (struct claim){.write = write, .holder = &record_value(write->after, holder)->reference};
    array_init(&claim->forms, arena);
    array_init(&claim->wider, arena);
    const char *text = record_value(write->after, address)->text;
    add_forms(arena, &claim->forms, text);
    for (int plus = 0; text != NULL && plus <= PLUSES_MOST; plus++) {
        add_forms(arena, &claim->wider, text);
        text = mime_bare_address(arena, mime_compared_address(arena, text));
    }
}

/* ---- who has it ---- */

/* The ids of the records that have the address in a field, in any of the forms. */
static bool find(const struct claim *claim, const struct field *field, const struct array *forms,
                 struct uuid **ids_out, size_t *count_out, struct error *error)
{
    struct call *call = claim->write->call;
    const char **texts = arena_allocate_array(call->arena, forms->count, sizeof(*texts));

    for (size_t index = 0; index < forms->count; index++) {
        texts[index] = store_fold_cell(call, field, forms->items[index]).text;
    }
    const struct row_query query = {.table = stored_table(call->catalog, field->entity),
                                    .columns = &field->entity->id->column,
                                    .column_count = 1,
                                    .among = field->fold_column,
                                    .texts = texts,
                                    .text_count = forms->count};
    return row_select_ids(call->connection, call->arena, &query, ids_out, count_out, error);
}

static bool is_record(const struct reference *reference, const struct entity *entity,
                      const struct uuid *id)
{
    return reference->entity == entity && uuid_is_equal(&reference->id, id);
}

/* One of those who have it. A queue may hold the mailbox of its own address, and a user make his
 * own. */
static bool check_owner(const struct claim *claim, const struct entity *entity,
                        const struct uuid *id, struct error *error)
{
    struct call *call = claim->write->call;
    bool is_queue = strcmp(entity->name, "Queue") == 0;
    bool may_write = false;

    if ((is_queue && is_record(claim->holder, entity, id)) ||
        (!is_queue && uuid_is_equal(id, &call->identity->user_id))) {
        return true;
    }
    return query_may(call, entity, id, RIGHT_WRITE, &may_write, error) &&
           (may_write ||
            error_set_about(error, ERROR_NOT_ALLOWED, claim->write->entity->name, "address",
                            "The address is that of a user, team or queue that you may not write"));
}

static bool check_field(const struct claim *claim, const struct field *field, struct error *error)
{
    struct uuid *ids = NULL;
    size_t count = 0;

    if (!find(claim, field, &claim->wider, &ids, &count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!check_owner(claim, field->entity, &ids[index], error)) {
            return false;
        }
    }
    return true;
}

static bool check_entity(const struct claim *claim, const struct entity *entity,
                         struct error *error)
{
    for (size_t index = 0; entity != NULL && index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        if (field->is_email && field->fold_column != NULL && !check_field(claim, field, error)) {
            return false;
        }
    }
    return true;
}

/* Of two that are made at once the second waits here until the first is there, on any nodes: that
 * row is written, since not every cluster knows of rows that are only locked. */
static bool take_turn(struct call *call, struct error *error)
{
    int64_t turn = 0;

    return counter_add(call->connection, call->arena, turns, 1, &turn, error);
}

/* The key compares letters alone, so it takes two forms of an address for two. */
static bool check_mailboxes(const struct claim *claim, struct error *error)
{
    const struct entity *entity = claim->write->entity;
    const struct field *address = entity_find_field(entity, "address");
    struct uuid *ids = NULL;
    size_t count = 0;

    return take_turn(claim->write->call, error) &&
           find(claim, address, &claim->forms, &ids, &count, error) &&
           (count == 0 ||
            error_set_about(error, ERROR_DUPLICATE_KEY, entity->name, address->name,
                            "Another %s has the same %s", entity->name, address->name));
}

bool mailbox_check(const struct write *write, struct error *error)
{
    struct claim claim;

    if (strcmp(write->entity->name, "Mailbox") != 0 || write->work->is_internal) {
        return true;
    }
    begin(&claim, write);
    for (size_t index = 0; index < sizeof(owners) / sizeof(owners[0]); index++) {
        if (!check_entity(&claim, catalog_find_entity(write->call->catalog, owners[index]),
                          error)) {
            return false;
        }
    }
    return check_mailboxes(&claim, error);
}
