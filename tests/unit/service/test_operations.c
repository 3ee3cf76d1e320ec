/*
 * test_operations.c - patterns crossed with the catalog.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "metadata/catalog.h"
#include "service/operation.h"

static struct catalog *read_catalog(void)
{
    struct catalog *catalog = NULL;
    struct error error = {0};

    if (!catalog_read("metadata", NULL, NULL, &catalog, &error)) {
        fail_msg("%s", error.message);
    }
    return catalog;
}

void test_operation__every_pattern_has_a_handler_and_shapes(void **state)
{
    (void)state;
    assert_true(operation_pattern_count >= 13);
    for (size_t i = 0; i < operation_pattern_count; i++) {
        const struct operation_pattern *pattern = &operation_patterns[i];
        assert_non_null(pattern->name);
        assert_non_null(pattern->meaning);
        assert_int_equal(pattern->handler == NULL, pattern->is_sent);
        assert_int_equal(pattern->handler_name == NULL, pattern->is_sent);
        assert_non_null(pattern->request);
        assert_non_null(pattern->response);
        assert_true(pattern->response->size > 0);
    }
}

void test_operation__names_are_filled_in(void **state)
{
    struct arena *arena = arena_create();
    struct catalog *catalog = read_catalog();
    const struct entity *order = catalog_find_entity(catalog, "SalesOrder");

    (void)state;
    assert_string_equal(operation_fill_in(arena, "Create{Entity}", order), "CreateSalesOrder");
    assert_string_equal(operation_fill_in(arena, "{entities}", order), "salesOrders");
    assert_string_equal(operation_fill_in(arena, "{Entities}/{entity}", order),
                        "SalesOrders/salesOrder");
    assert_string_equal(operation_fill_in(arena, "Login", NULL), "Login");
    assert_string_equal(operation_fill_in(arena, "a{b}c", order), "a{b}c");
    catalog_release(&catalog);
    arena_destroy(&arena);
}

void test_operation__every_entity_is_a_service(void **state)
{
    struct arena *arena = arena_create();
    struct catalog *catalog = read_catalog();
    const struct service_list *list = service_list_make(arena, catalog);

    (void)state;
    for (size_t i = 0; i < catalog->entity_count; i++) {
        const struct entity *entity = catalog->entities[i];
        const struct service *service = service_find(list, entity->name);
        assert_non_null(service);
        assert_ptr_equal(service->entity, entity);
        /* One by one and many at once; two more where there is a key, Assign where an owner, Merge
         * where two may become one. */
        assert_int_equal(service->operation_count, 12 + 2 * (entity->key_count > 0) +
                                                       (entity->ownership == OWNERSHIP_USER) +
                                                       (entity->merged_reason != NULL));
        assert_ptr_equal(list->services[i], service);
    }
    assert_null(service_find(list, "Session")->entity);
    assert_null(service_find(list, "Nothing"));
    catalog_release(&catalog);
    arena_destroy(&arena);
}

void test_operation__is_found_by_its_element(void **state)
{
    struct arena *arena = arena_create();
    struct catalog *catalog = read_catalog();
    const struct service_list *list = service_list_make(arena, catalog);
    const struct operation *found =
        operation_find(list, "urn:svyaz:crm:1:Account", "CreateAccount");
    char long_name[2000];

    (void)state;
    assert_non_null(found);
    assert_string_equal(found->name, "CreateAccount");
    assert_string_equal(found->entity->name, "Account");
    assert_non_null(operation_find(list, "urn:svyaz:crm:1:Session", "Login"));
    assert_null(operation_find(list, "urn:svyaz:crm:1:Session", "CreateAccount"));
    assert_null(operation_find(list, "urn:svyaz:crm:1:Account", "createAccount"));
    memset(long_name, 'x', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    assert_null(operation_find(list, "urn:svyaz:crm:1:Account", long_name));
    catalog_release(&catalog);
    arena_destroy(&arena);
}
