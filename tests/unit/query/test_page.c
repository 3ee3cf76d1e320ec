/*
 * test_page.c - orders, pages and cookies: every record once, whatever the order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/garden.h"
#include "support/random.h"

static struct test_platform house;

static void end(struct call *call)
{
    test_call_end(&call);
    test_platform_close(&house);
}

static struct call *plant_letters(void)
{
    static const char *const names[] = {"b", "a", "d", "c", "e"};
    garden_open(&house);
    struct call *call = test_call_begin(&house);
    for (size_t index = 0; index < 5; index++) {
        garden_plant(call, "Contact", "lastName", names[index], NULL);
    }
    return call;
}

void test_page__goes_on_where_it_ended(void **state)
{
    (void)state;
    struct call *call = plant_letters();
    struct query_request *request = garden_request(call);
    garden_order(call, request, "lastName", false);
    request->page_size = (struct message_integer){true, 2};
    struct page page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "a b");
    assert_true(page.has_more);
    assert_false(page.has_total);
    request->cookie = page.next_cookie;
    page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "c d");
    request->cookie = page.next_cookie;
    page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "e");
    assert_false(page.has_more);
    assert_null(page.next_cookie);
    end(call);
}

void test_page__a_full_last_page_is_the_last(void **state)
{
    (void)state;
    struct call *call = plant_letters();
    struct query_request *request = garden_request(call);
    request->page_size = (struct message_integer){true, 5};
    request->count = (struct message_boolean){true, true};
    struct page page = garden_run(call, request);
    assert_int_equal(page.count, 5);
    assert_false(page.has_more);
    assert_true(page.has_total);
    assert_int_equal(page.total, 5);
    end(call);
}

void test_page__of_long_texts_ends_early(void **state)
{
    enum { LENGTH = 40000 };
    static const char *columns[] = {"lastName", "description"};
    static char text[LENGTH + 1];
    (void)state;
    memset(text, 'x', LENGTH);
    struct call *call = plant_letters();
    for (const char *name = "f\0g\0h\0"; *name != '\0'; name += 2) {
        garden_plant(call, "Contact", "lastName", name, "description", text, NULL);
    }
    test_call_end(&call);
    call = test_call_begin(&house); /* with nothing in its arena that might serve the page */
    struct query_request *request = garden_request(call);
    garden_order(call, request, "lastName", true);
    request->columns = (struct message_list){true, 2, (void **)columns};
    house.settings.limits.page_memory = 3 * LENGTH;
    struct page page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "h g");
    assert_true(page.has_more);
    size_t count = page.count;
    while (page.has_more) {
        request->cookie = page.next_cookie;
        page = garden_run(call, request);
        count += page.count;
    }
    assert_int_equal(count, 8);
    end(call);
}

void test_page__survives_the_record_it_ended_with(void **state)
{
    struct error error = {0};
    (void)state;
    struct call *call = plant_letters();
    const struct entity *entity = catalog_find_entity(call->catalog, "Contact");
    struct query_request *request = garden_request(call);
    garden_order(call, request, "lastName", true);
    request->page_size = (struct message_integer){true, 2};
    struct page page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "e d");
    const struct uuid *last = &record_value(page.records[1], entity->id)->uuid;
    assert_true(query_delete(call, entity, last, &error));
    garden_plant(call, "Contact", "lastName", "ee", NULL);
    request->cookie = page.next_cookie;
    page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "c b");
    end(call);
}

void test_page__sizes_are_bounded(void **state)
{
    (void)state;
    struct call *call = plant_letters();
    struct query_request *request = garden_request(call);
    int64_t limit = house.settings.limits.page;
    request->page_size = (struct message_integer){true, limit};
    assert_int_equal(garden_run(call, request).count, 5);
    request->page_size.value = limit + 1;
    garden_refuse(call, request, ERROR_LIMIT_EXCEEDED, "pageSize");
    request->page_size.value = 0;
    garden_refuse(call, request, ERROR_QUERY_INVALID, "pageSize");
    request->page_size.value = -1;
    garden_refuse(call, request, ERROR_QUERY_INVALID, "pageSize");
    end(call);
}

void test_page__refuses_orders_that_make_no_sense(void **state)
{
    (void)state;
    struct call *call = plant_letters();
    struct query_request *request = garden_request(call);
    garden_order(call, request, "description", false);
    garden_refuse(call, request, ERROR_FIELD_NOT_USABLE, "description");
    request = garden_request(call);
    garden_order(call, request, "owner", false);
    garden_refuse(call, request, ERROR_FIELD_NOT_USABLE, "owner");
    request = garden_request(call);
    garden_order(call, request, "lastName", false);
    garden_order(call, request, "lastName", true);
    garden_refuse(call, request, ERROR_QUERY_INVALID, "lastName");
    end(call);
}

void test_page__a_cookie_fits_one_query_only(void **state)
{
    (void)state;
    struct call *call = plant_letters();
    struct query_request *request = garden_request(call);
    garden_order(call, request, "lastName", false);
    request->page_size = (struct message_integer){true, 2};
    const char *cookie = garden_run(call, request).next_cookie;

    struct query_request *other = garden_request(call);
    other->page_size = request->page_size;
    other->cookie = cookie;
    garden_order(call, other, "lastName", true);
    garden_refuse(call, other, ERROR_COOKIE_INVALID, "cookie");
    other->orders = request->orders;
    other->filter = garden_filter(call, NULL);
    garden_where(call, other->filter, "lastName", "ne", "x", NULL);
    garden_refuse(call, other, ERROR_COOKIE_INVALID, "cookie");
    other->filter = NULL;
    other->page_size.value = 1; /* another size is another page of the same list */
    struct page page = garden_run(call, other);
    assert_string_equal(garden_names(call, &page), "c");
    house.platform.cookie_key[0] ^= 1;
    garden_refuse(call, other, ERROR_COOKIE_INVALID, "cookie");
    end(call);
}

void test_page__every_changed_cookie_is_refused(void **state)
{
    static const char *const strange[] = {"A", "====", "not base64!", "AAAA", "%00", "AQ"};
    (void)state;
    struct call *call = plant_letters();
    struct query_request *request = garden_request(call);
    garden_order(call, request, "lastName", false);
    request->page_size = (struct message_integer){true, 2};
    const char *cookie = garden_run(call, request).next_cookie;
    size_t length = strlen(cookie);
    for (size_t place = 0; place < length; place++) {
        char *changed = arena_copy_text(call->arena, cookie);
        changed[place] = changed[place] == 'A' ? 'B' : 'A';
        request->cookie = changed;
        garden_refuse(call, request, ERROR_COOKIE_INVALID, "cookie");
        request->cookie = arena_copy_part(call->arena, cookie, place == 0 ? 1 : place);
        garden_refuse(call, request, ERROR_COOKIE_INVALID, "cookie");
    }
    for (size_t index = 0; index < sizeof(strange) / sizeof(strange[0]); index++) {
        request->cookie = strange[index];
        garden_refuse(call, request, ERROR_COOKIE_INVALID, "cookie");
    }
    char *huge = arena_allocate(call->arena, 100000);
    memset(huge, 'A', 99999);
    request->cookie = huge;
    garden_refuse(call, request, ERROR_COOKIE_INVALID, "cookie");
    end(call);
}

/* ---- any order, any page size: the pages are the list ---- */

enum { CONTACTS = 60 };

static const char *const order_fields[] = {"lastName",    "firstName", "numberOfChildren",
                                           "creditLimit", "birthDate", "doNotEmail"};

static size_t below(struct random_source *source, size_t limit)
{
    return (size_t)random_below(source, limit);
}

static void plant_random(struct call *call, struct random_source *source)
{
    static const char *const names[] = {"a", "A", "б", "zz", NULL, ""};
    static const char *const numbers[] = {"0", "1", "7", NULL};
    static const char *const amounts[] = {"0.0001", "10", NULL};
    static const char *const dates[] = {"2000-02-29", "1999-12-31", NULL};
    for (int index = 0; index < CONTACTS; index++) {
        garden_plant(call, "Contact", "lastName", names[below(source, 4)], "firstName",
                     names[below(source, 6)], "numberOfChildren", numbers[below(source, 4)],
                     "creditLimit", amounts[below(source, 3)], "birthDate", dates[below(source, 3)],
                     "doNotEmail", below(source, 2) ? "true" : NULL, NULL);
    }
}

static struct query_request *random_request(struct call *call, struct random_source *source)
{
    struct query_request *request = garden_request(call);
    size_t first = below(source, 6);
    size_t count = below(source, 4);
    for (size_t index = 0; index < count; index++) {
        garden_order(call, request, order_fields[(first + index) % 6], below(source, 2) == 1);
    }
    return request;
}

static void compare_pages(struct call *call, struct query_request *request,
                          struct random_source *source)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Contact");
    request->page_size = (struct message_integer){true, CONTACTS};
    struct page all = garden_run(call, request);
    assert_int_equal(all.count, CONTACTS);
    request->page_size.value = 1 + (int64_t)below(source, 9);
    size_t seen = 0;
    bool has_more = true;
    while (has_more) {
        struct page page = garden_run(call, request);
        for (size_t index = 0; index < page.count; index++) {
            assert_true(seen < CONTACTS);
            assert_memory_equal(&record_value(page.records[index], entity->id)->uuid,
                                &record_value(all.records[seen], entity->id)->uuid,
                                sizeof(struct uuid));
            seen++;
        }
        has_more = page.has_more;
        request->cookie = page.next_cookie;
    }
    assert_int_equal(seen, CONTACTS);
}

void test_page__pages_are_the_list_in_any_order(void **state)
{
    (void)state;
    struct random_source source = random_begin();
    garden_open(&house);
    struct call *call = test_call_begin(&house);
    plant_random(call, &source);
    for (int round = 0; round < 40; round++) {
        compare_pages(call, random_request(call, &source), &source);
    }
    end(call);
}

/* Nulls first ascending, last descending, on every engine. */
void test_page__nulls_are_the_smallest(void **state)
{
    (void)state;
    garden_open(&house);
    struct call *call = test_call_begin(&house);
    garden_plant(call, "Contact", "lastName", "one", "numberOfChildren", "1", NULL);
    garden_plant(call, "Contact", "lastName", "none", NULL);
    garden_plant(call, "Contact", "lastName", "two", "numberOfChildren", "2", NULL);
    struct query_request *request = garden_request(call);
    garden_order(call, request, "numberOfChildren", false);
    struct page page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "none one two");
    request = garden_request(call);
    garden_order(call, request, "numberOfChildren", true);
    page = garden_run(call, request);
    assert_string_equal(garden_names(call, &page), "two one none");
    end(call);
}
