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
#include "query/query.h"
#include "query/store.h"
#include "record/write.h"
#include "security/identity.h"
#include "security/stored.h"

/* As it is written, as it is compared, and with its domain in ASCII. */
enum { FORMS = 3 };

static const char *const owners[] = {"SystemUser", "Team", "Queue"};

/* The mailbox as it will be, as far as is needed here. */
static bool read_mailbox(const struct write *write, struct value *address_out,
                         struct value *holder_out, struct error *error)
{
    const struct entity *entity = write->entity;
    const struct field *address = entity_find_field(entity, "address");
    const struct field *holder = entity_find_field(entity, "holder");
    const struct field *fields[] = {entity->id, address, holder};
    const struct column_set columns = {.fields = fields, .count = 3};
    struct record *stored = NULL;

    expect(address != NULL && holder != NULL);
    if (write->before != NULL &&
        !query_find(write->call, entity, &record_value(write->before, entity->id)->uuid, &columns,
                    ROW_LOCK_NONE, &stored, error)) {
        return false;
    }
    const struct record *record = stored != NULL ? stored : write->after;
    *address_out = *record_value(record, address);
    *holder_out = *record_value(record, holder);
    return true;
}

/* The ids of the records that have the address in a field. */
static bool find_owners(const struct write *write, const struct field *field, const char *address,
                        struct uuid **ids_out, size_t *count_out, struct error *error)
{
    struct call *call = write->call;
    const char *const forms[FORMS] = {address, mime_compared_address(call->arena, address),
                                      mime_wire_address(call->arena, address)};
    const char *texts[FORMS];
    size_t count = 0;
    for (size_t index = 0; index < FORMS; index++) {
        if (forms[index] != NULL) {
            texts[count++] = store_fold_cell(call, field, forms[index]).text;
        }
    }
    const struct row_query query = {.table = stored_table(call->catalog, field->entity),
                                    .columns = &field->entity->id->column,
                                    .column_count = 1,
                                    .among = field->fold_column,
                                    .texts = texts,
                                    .text_count = count};
    return row_select_ids(call->connection, call->arena, &query, ids_out, count_out, error);
}

static bool is_record(const struct reference *reference, const struct entity *entity,
                      const struct uuid *id)
{
    return reference->entity == entity && uuid_is_equal(&reference->id, id);
}

/* One of those who have it. A queue may hold the mailbox of its own address, and a user make his
 * own. */
static bool check_owner(const struct write *write, const struct value *holder,
                        const struct entity *entity, const struct uuid *id, struct error *error)
{
    struct call *call = write->call;
    bool is_queue = strcmp(entity->name, "Queue") == 0;
    bool may_write = false;

    if ((is_queue && is_record(&holder->reference, entity, id)) ||
        (!is_queue && uuid_is_equal(id, &call->identity->user_id))) {
        return true;
    }
    return query_may(call, entity, id, RIGHT_WRITE, &may_write, error) &&
           (may_write ||
            error_set_about(error, ERROR_NOT_ALLOWED, write->entity->name, "address",
                            "The address is that of a user, team or queue that you may not write"));
}

static bool check_field(const struct write *write, const struct field *field,
                        const struct value *address, const struct value *holder,
                        struct error *error)
{
    struct uuid *ids = NULL;
    size_t count = 0;

    if (!find_owners(write, field, address->text, &ids, &count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!check_owner(write, holder, field->entity, &ids[index], error)) {
            return false;
        }
    }
    return true;
}

static bool check_entity(const struct write *write, const struct entity *entity,
                         const struct value *address, const struct value *holder,
                         struct error *error)
{
    for (size_t index = 0; entity != NULL && index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        if (field->is_email && field->fold_column != NULL &&
            !check_field(write, field, address, holder, error)) {
            return false;
        }
    }
    return true;
}

bool mailbox_check(const struct write *write, struct error *error)
{
    struct value address, holder;

    if (strcmp(write->entity->name, "Mailbox") != 0 || write->work->is_internal) {
        return true;
    }
    if (!read_mailbox(write, &address, &holder, error)) {
        return false;
    }
    for (size_t index = 0; index < sizeof(owners) / sizeof(owners[0]); index++) {
        const struct entity *entity = catalog_find_entity(write->call->catalog, owners[index]);
        if (!check_entity(write, entity, &address, &holder, error)) {
            return false;
        }
    }
    return true;
}
