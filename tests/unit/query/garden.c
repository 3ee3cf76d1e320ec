/*
 * garden.c - what the tests of queries share.
 */
#include "query/garden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/tables.h"

static const struct entity *contacts(struct call *call)
{
    return catalog_find_entity(call->catalog, "Contact");
}

static void must(bool done, const struct error *error)
{
    if (!done) {
        fail_msg("%s: %s [%s %s] (%s)", error_kind(error->code)->name, error->message,
                 error->entity, error->subject, error->cause);
    }
}

static const struct table *const tables[] = {&party_table, &file_table};
static const struct test_world world = {.tables = tables, .table_count = 2};

void suite(enum runner_stage stage)
{
    test_platform_suite(stage, &world);
}

void garden_open(struct test_platform *house)
{
    test_platform_open(house, &world);
}

struct uuid garden_plant(struct call *call, const char *entity, ...)
{
    struct record *record = record_make(call->arena, catalog_find_entity(call->catalog, entity));
    struct error error = {0};
    va_list fields;

    va_start(fields, entity);
    for (const char *name = va_arg(fields, const char *); name != NULL;
         name = va_arg(fields, const char *)) {
        const struct field *field = entity_find_field(record->entity, name);
        const char *text = va_arg(fields, const char *);
        assert_non_null(field);
        if (text != NULL) {
            must(value_parse(call->arena, field, text, call->zone, record_value(record, field),
                             &error),
                 &error);
        }
    }
    va_end(fields);
    struct value *id = record_value(record, record->entity->id);
    if (id->state != VALUE_SET) {
        id->state = VALUE_SET;
        id->uuid = call_new_id(call);
    }
    struct value *version = record_value(record, record->entity->version);
    version->state = VALUE_SET;
    version->integer = 1;
    must(query_insert(call, &(struct row_change){.record = record}, &error), &error);
    return id->uuid;
}

static void list_add(struct call *call, struct message_list *list, const void *item)
{
    struct array items;
    array_init(&items, call->arena);
    for (size_t index = 0; index < list->count; index++) {
        array_add(&items, list->items[index]);
    }
    array_add(&items, item);
    *list = (struct message_list){.is_set = true, .count = items.count, .items = items.items};
}

struct query_request *garden_request(struct call *call)
{
    return arena_allocate(call->arena, sizeof(struct query_request));
}

struct filter_request *garden_filter(struct call *call, const char *type)
{
    struct filter_request *filter = arena_allocate(call->arena, sizeof(*filter));
    filter->type = type;
    return filter;
}

void garden_group(struct call *call, struct filter_request *filter, struct filter_request *group)
{
    list_add(call, &filter->filters, group);
}

void garden_where(struct call *call, struct filter_request *filter, const char *field,
                  const char *operator, ...)
{
    struct condition_request *condition = arena_allocate(call->arena, sizeof(*condition));
    va_list values;

    condition->field = field;
    condition->operator= operator;
    va_start(values, operator);
    for (const char *value = va_arg(values, const char *); value != NULL;
         value = va_arg(values, const char *)) {
        list_add(call, &condition->values, value);
    }
    va_end(values);
    list_add(call, &filter->conditions, condition);
}

struct link_request *garden_link(struct call *call, struct filter_request *filter)
{
    struct link_request *link = arena_allocate(call->arena, sizeof(*link));
    list_add(call, &filter->links, link);
    return link;
}

void garden_order(struct call *call, struct query_request *request, const char *field,
                  bool is_descending)
{
    struct order_request *order = arena_allocate(call->arena, sizeof(*order));
    order->field = field;
    order->descending = (struct message_boolean){.is_set = true, .value = is_descending};
    list_add(call, &request->orders, order);
}

struct page garden_run(struct call *call, const struct query_request *request)
{
    struct page page = {0};
    struct error error = {0};
    must(query_run(call, contacts(call), request, &page, &error), &error);
    return page;
}

void garden_refuse(struct call *call, const struct query_request *request, int code,
                   const char *subject)
{
    struct page page = {0};
    struct error error = {0};
    assert_false(query_run(call, contacts(call), request, &page, &error));
    assert_string_equal(error_kind(error.code)->name, error_kind((enum error_code)code)->name);
    assert_string_equal(error.subject, subject);
}

const char *garden_names(struct call *call, const struct page *page)
{
    const struct field *name = entity_find_field(contacts(call), "lastName");
    struct buffer text;
    buffer_init(&text, call->arena, 64);
    for (size_t index = 0; index < page->count; index++) {
        const struct value *value = record_value(page->records[index], name);
        buffer_add_text(&text, index == 0 ? "" : " ");
        buffer_add_text(&text, value->state == VALUE_SET ? value->text : "-");
    }
    return text.bytes;
}
