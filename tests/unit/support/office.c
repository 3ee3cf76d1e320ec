/*
 * office.c - calls through the pipeline, with an encoder that keeps the answer.
 */
#include "support/office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "database/database.h"
#include "generated/messages.h"
#include "mail/tables.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "mime/reader.h"
#include "record/engine.h"
#include "record/organization.h"
#include "security/identity.h"
#include "service/tables.h"

enum { TABLES_MOST = 64 };

static const struct who_am_i_request who_am_i;

static void must(bool done, const struct error *error)
{
    if (!done) {
        fail_msg("%s: %s [%s %s] (%s)", error_kind(error->code)->name, error->message,
                 error->entity, error->subject, error->cause);
    }
}

static void fill(struct test_platform *house)
{
    const struct organization_plan plan = {.administrator = ADMINISTRATOR, .password = PASSWORD};
    struct call *call = test_call_begin(house);
    struct error error = {0};

    must(organization_create(call, &house->platform, &plan, &error), &error);
    test_call_end(&call);
}

/* The tables of the floors beside security; the array is the caller's. */
static struct test_world make_world(const struct table *tables[TABLES_MOST])
{
    static const struct table *const *(*const floors[])(int *count_out) = {
        record_tables,
        mail_tables,
        service_tables,
    };
    size_t count = 0;

    for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++) {
        int floor_count = 0;
        const struct table *const *of_floor = floors[i](&floor_count);
        assert_true(count + (size_t)floor_count <= TABLES_MOST);
        memcpy(tables + count, of_floor, (size_t)floor_count * sizeof(*tables));
        count += (size_t)floor_count;
    }
    return (struct test_world){.tables = tables, .table_count = count, .fill = fill};
}

void office_suite(enum runner_stage stage)
{
    const struct table *tables[TABLES_MOST];
    const struct test_world world = make_world(tables);
    test_platform_suite(stage, &world);
}

void office_open(struct office *office)
{
    const struct table *tables[TABLES_MOST];
    const struct test_world world = make_world(tables);
    struct error error = {0};
    bool is_found = false;

    memset(office, 0, sizeof(*office));
    must(mime_readers_start(&office->house.log, &office->readers, &error), &error);
    test_platform_open(&office->house, &world);
    office->house.platform.readers = office->readers;
    struct call *call = test_call_begin(&office->house);
    must(organization_open(call->connection, &office->house.platform, &is_found, &error), &error);
    assert_true(is_found);
    test_call_end(&call);
    office->arena = arena_create();
    office->services = service_list_make(office->arena, office->house.platform.catalog);
    office->credentials =
        (struct credentials){.basic_name = ADMINISTRATOR, .basic_password = PASSWORD};
}

void office_close(struct office *office)
{
    arena_destroy(&office->arena);
    test_platform_close(&office->house);
    mime_readers_stop(&office->readers);
}

const struct operation *office_operation(struct office *office, const char *service,
                                         const char *name)
{
    const char *space = arena_format(office->arena, "urn:svyaz:crm:1:%s", service);
    const struct operation *operation = operation_find(office->services, space, name);

    if (operation == NULL) {
        fail_msg("there is no operation %s", name);
    }
    return operation;
}

struct kept_answer {
    struct office *office;
    const void *response;
};

static bool keep_answer(void *context, struct call *call, const struct operation *operation,
                        const void *response, struct error *error)
{
    struct kept_answer *kept = context;

    (void)call;
    (void)operation;
    (void)error;
    kept->office->encoded++;
    kept->response = response;
    return true;
}

const void *office_try(struct office *office, const char *service, const char *name,
                       const void *request)
{
    /* What the call answers has to outlive it: it is made in the arena of the office. */
    struct call *call = call_make(office->arena, &office->house.platform);
    struct kept_answer kept = {.office = office};
    const struct message_codec codec = {.encode = keep_answer, .context = &kept};

    call->is_validate_only = office->is_validate_only;
    memset(&office->error, 0, sizeof(office->error));
    bool is_done = service_run(call, office_operation(office, service, name), &office->credentials,
                               request, &codec, &office->error);
    assert_null(call->connection);
    return is_done ? kept.response : NULL;
}

const void *office_run(struct office *office, const char *service, const char *name,
                       const void *request)
{
    const void *response = office_try(office, service, name, request);

    must(response != NULL, &office->error);
    return response;
}

struct uuid office_add_user(struct office *office, const char *name, const char *role)
{
    const struct who_am_i_response *administrator =
        office_run(office, "Session", "WhoAmI", &who_am_i);
    struct call *call = test_call_begin(&office->house);
    struct error error = {0};
    struct uuid id = administrator->result->user_id.value;

    must(identity_load(call->arena, call->connection, call->catalog, &id, &call->identity, &error),
         &error);
    must(connection_begin(call->connection, TRANSACTION_WRITE, &error), &error);
    must(organization_add_user(call, name, PASSWORD, role, &id, &error), &error);
    must(connection_commit(call->connection, &error), &error);
    test_call_end(&call);
    return id;
}

void office_expect(const struct office *office, const void *response, enum error_code code)
{
    assert_null(response);
    assert_string_equal(error_kind(office->error.code)->name, error_kind(code)->name);
}

void office_set(struct office *office, struct record *record, const char *field, const char *text)
{
    const struct field *found = entity_find_field(record->entity, field);
    struct error error = {0};

    assert_non_null(found);
    must(value_parse(office->arena, found, text, NULL, record_value(record, found), &error),
         &error);
}

struct record *office_record(struct office *office, const char *entity, const char *field,
                             const char *text)
{
    struct record *record =
        record_make(office->arena, catalog_find_entity(office->house.platform.catalog, entity));

    office_set(office, record, field, text);
    return record;
}

const char *office_text(struct office *office, const struct record *record, const char *field)
{
    const struct field *found = entity_find_field(record->entity, field);

    assert_non_null(found);
    return record_has(record, found)
               ? value_format(office->arena, found, record_value(record, found))
               : NULL;
}

struct message_list office_list(struct office *office, ...)
{
    struct array texts;
    va_list arguments;

    array_init(&texts, office->arena);
    va_start(arguments, office);
    for (const char *text = va_arg(arguments, const char *); text != NULL;
         text = va_arg(arguments, const char *)) {
        array_add(&texts, text);
    }
    va_end(arguments);
    return (struct message_list){.is_set = true, .count = texts.count, .items = texts.items};
}
