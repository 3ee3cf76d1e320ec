/*
 * test_shape_text.c - structs of messages as text and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "generated/messages.h"
#include "metadata/catalog.h"
#include "metadata/value.h"
#include "service/shape_text.h"
#include "support/random.h"
#include "support/test_catalog.h"

static struct arena *arena;
static struct catalog *catalog;

static void open_sample(void)
{
    arena = arena_create();
    catalog = test_catalog();
}

static void close_sample(void)
{
    catalog_release(&catalog);
    arena_destroy(&arena);
}

static const char *write(const struct shape *shape, const void *place)
{
    struct buffer text;

    buffer_init(&text, arena, 64);
    shape_text_write(&text, shape, place);
    return text.bytes;
}

/* A row with something in every member. */
static struct batch_row *make_row(void)
{
    static const char *key_values[] = {"ERP-1", "a=5:]}"};
    struct alternate_key *key = arena_allocate(arena, sizeof(*key));
    struct reference *by_key = arena_allocate(arena, sizeof(*by_key));
    struct reference *by_id = arena_allocate(arena, sizeof(*by_id));
    struct batch_party *party = arena_allocate(arena, sizeof(*party));
    struct batch_field *fields = arena_allocate_array(arena, 3, sizeof(*fields));
    struct batch_row *row = arena_allocate(arena, sizeof(*row));
    void **list = arena_allocate_array(arena, 5, sizeof(*list));

    *key = (struct alternate_key){.name = "both", .values = key_values, .value_count = 2};
    *by_key =
        (struct reference){.entity = catalog_find_entity(catalog, "Account"), .alternate_key = key};
    *by_id = (struct reference){.entity = catalog_find_entity(catalog, "Contact"), .id = {{1, 2}}};
    *party = (struct batch_party){.reference = by_id, .result_of = "7", .address = "x@example.org"};
    list[3] = party;
    fields[0] = (struct batch_field){.name = "name", .value = ""};
    fields[1] = (struct batch_field){.name = "customer", .reference = by_key};
    fields[2] = (struct batch_field){.name = "to",
                                     .parties = {.is_set = true, .count = 1, .items = &list[3]}};
    for (int i = 0; i < 3; i++) {
        list[i] = &fields[i];
    }
    list[4] = (void *)"{fax=";
    *row = (struct batch_row){
        .tag = "\xd0\xaf",
        .operation = "create",
        .entity = "Account",
        .id = {.is_set = true, .value = {{9}}},
        .version = {.is_set = true, .value = -12},
        .fields = {.is_set = true, .count = 3, .items = list},
        .fields_to_null = {.is_set = true, .count = 1, .items = &list[4]},
    };
    return row;
}

void test_shape_text__what_was_written_is_read(void **state)
{
    struct batch_row read = {.tag = NULL};
    struct error error = {0};

    (void)state;
    open_sample();
    const struct batch_row *row = make_row();
    const char *text = write(&batch_row_shape, row);
    assert_true(shape_text_read(arena, catalog, text, &batch_row_shape, &read, &error));
    assert_string_equal(write(&batch_row_shape, &read), text);
    assert_string_equal(read.tag, row->tag);
    assert_null(read.request_id);
    assert_int_equal(read.version.value, -12);
    const struct batch_field *field = read.fields.items[0];
    assert_string_equal(field->value, "");
    field = read.fields.items[1];
    assert_ptr_equal(field->reference->entity, catalog_find_entity(catalog, "Account"));
    assert_string_equal(field->reference->alternate_key->values[1], "a=5:]}");
    field = read.fields.items[2];
    const struct batch_party *party = field->parties.items[0];
    assert_true(uuid_is_equal(&party->reference->id, &(struct uuid){{1, 2}}));
    close_sample();
}

void test_shape_text__numbers_moments_and_truths(void **state)
{
    const struct job job = {.id = {.is_set = true},
                            .number = {.is_set = true, .value = 7},
                            .stop_on_error = {.is_set = true, .value = true},
                            .submitted_on = {.is_set = true, .value = 1700000000123}};
    struct job read = {.name = NULL};
    struct error error = {0};

    (void)state;
    open_sample();
    const char *text = write(&job_shape, &job);
    assert_true(shape_text_read(arena, catalog, text, &job_shape, &read, &error));
    assert_string_equal(write(&job_shape, &read), text);
    assert_true(read.stop_on_error.value && read.submitted_on.value == 1700000000123);
    assert_false(read.started_on.is_set);
    close_sample();
}

void test_shape_text__what_is_not_known_is_passed_over(void **state)
{
    static const char text[] = "{later={a=[1:x{b=2:}}]c=0:}tag=1:tmore=[]entity=3:abcid=[}";
    static const char whole[] = "{later={a=[1:x{b=2:}}}]c=0:}tag=1:tmore=[]entity=3:abc}";
    struct batch_row read = {.tag = NULL};
    struct error error = {0};

    (void)state;
    open_sample();
    assert_true(shape_text_read(arena, catalog, whole, &batch_row_shape, &read, &error));
    assert_string_equal(read.tag, "t");
    assert_string_equal(read.entity, "abc");
    assert_false(shape_text_read(arena, catalog, text, &batch_row_shape, &read, &error));
    assert_int_equal(error.code, ERROR_INTERNAL);
    error_clear(&error);
    assert_false(shape_text_read(arena, catalog,
                                 "{fields=[{reference=[5:Ghost36:00000000-0000-0000-0000-"
                                 "0000000000000:]}]}",
                                 &batch_row_shape, &read, &error));
    assert_int_equal(error.code, ERROR_ENTITY_UNKNOWN);
    close_sample();
}

/* Whatever happened to it, it is read or refused. */
void test_shape_text__damaged_text_does_no_harm(void **state)
{
    static const char signs[] = "{}[]=:0123456789ax";
    struct random_source source = random_begin();

    (void)state;
    open_sample();
    const char *text = write(&batch_row_shape, make_row());
    size_t length = strlen(text);
    for (int i = 0; i < 5000; i++) {
        struct arena *scratch = arena_create();
        char *damaged = arena_copy_text(scratch, text);
        struct batch_row read = {.tag = NULL};
        struct error error = {0};
        for (uint64_t change = random_below(&source, 4) + 1; change > 0; change--) {
            damaged[random_below(&source, length)] = signs[random_below(&source, strlen(signs))];
        }
        damaged[random_below(&source, length) + 1] = '\0';
        if (!shape_text_read(scratch, catalog, damaged, &batch_row_shape, &read, &error)) {
            assert_true(error.code == ERROR_INTERNAL || error.code == ERROR_ENTITY_UNKNOWN);
        }
        arena_destroy(&scratch);
    }
    close_sample();
}
