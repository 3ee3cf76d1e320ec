/*
 * test_file.c - files: staged, linked, read back to the byte, let go and swept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/database.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/file.h"
#include "record/house.h"

enum { DAY = 86400000 };

static struct test_platform house;

/* Content that is made as it is read: each byte tells its place. */
struct source {
    size_t at;
    size_t size;
    size_t step;      /* at most so much at once */
    size_t breaks_at; /* fails there; 0: never */
};

static char byte_at(size_t place)
{
    return (char)(place * 31 + place / 251);
}

static bool read_source(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                        struct error *error)
{
    struct source *source = file->context;
    size_t length = source->size - source->at;
    if (source->breaks_at > 0 && source->at >= source->breaks_at) {
        return error_set(error, ERROR_TIMEOUT, NULL, "The sender fell silent");
    }
    length = length < capacity ? length : capacity;
    length = length < source->step ? length : source->step;
    for (size_t index = 0; index < length; index++) {
        ((char *)bytes)[index] = byte_at(source->at++);
    }
    *length_out = length;
    return true;
}

static const struct field *document(struct call *call)
{
    return entity_find_field(catalog_find_entity(call->catalog, "Note"), "document");
}

/* Stages outside of a transaction, as the pipeline does. */
static bool stage(struct call *call, struct source *source, struct file *file, struct error *error)
{
    *file = (struct file){.name = "отчёт.pdf",
                          .media_type = "application/pdf",
                          .size = -1,
                          .read = read_source,
                          .context = source};
    return file_stage(call, document(call), file, error);
}

static struct uuid stage_and_link(struct call *call, size_t size, struct file *file)
{
    struct source source = {.size = size, .step = 1000};
    struct error error = {0};
    house_must(stage(call, &source, file, &error), &error);
    assert_int_equal(file->size, size);
    house_must(connection_begin(call->connection, TRANSACTION_WRITE, &error), &error);
    struct record *note = house_record(call, "Note", "subject", "s", NULL);
    struct value *value = record_value(note, document(call));
    value->state = VALUE_SET;
    value->file = file;
    struct uuid id = house_create(call, note);
    house_must(connection_commit(call->connection, &error), &error);
    return id;
}

/* A call of the administrator that is in no transaction. */
static struct call *begin(void)
{
    struct call *call = house_begin(&house);
    connection_rollback(call->connection);
    return call;
}

static struct file *retrieve(struct call *call, const struct uuid *note)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Note");
    const char *const names[] = {"document"};
    struct column_set columns;
    struct record *record = NULL;
    struct error error = {0};
    house_must(query_columns(call, entity, names, 1, false, &columns, &error), &error);
    house_must(record_retrieve(call, entity, note, &columns, &record, &error), &error);
    const struct value *value = record_value(record, document(call));
    return value->state == VALUE_SET ? value->file : NULL;
}

static void expect_content(struct file *file, size_t size)
{
    static char bytes[70000];
    struct error error = {0};
    size_t seen = 0;
    size_t length = 1;
    assert_int_equal(file->size, size);
    assert_string_equal(file->name, "отчёт.pdf");
    assert_string_equal(file->media_type, "application/pdf");
    while (length > 0) {
        house_must(file->read(file, bytes, sizeof(bytes), &length, &error), &error);
        for (size_t index = 0; index < length; index++) {
            assert_true(bytes[index] == byte_at(seen++));
        }
    }
    assert_int_equal(seen, size);
}

void test_file__comes_back_to_the_byte(void **state)
{
    static const size_t sizes[] = {0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 700001};
    (void)state;
    house_open(&house);
    for (size_t index = 0; index < sizeof(sizes) / sizeof(sizes[0]); index++) {
        struct call *call = begin();
        struct file file;
        struct uuid note = stage_and_link(call, sizes[index], &file);
        expect_content(retrieve(call, &note), sizes[index]);
        test_call_end(&call);
    }
    test_platform_close(&house);
}

void test_file__too_large_or_broken_leaves_nothing(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = begin();
    struct file file;
    struct file *found = NULL;
    struct error error = {0};
    struct source broken = {.size = 900000, .step = 100000, .breaks_at = 600000};
    assert_false(stage(call, &broken, &file, &error));
    assert_int_equal(error.code, ERROR_TIMEOUT);
    struct source large = {.size = (size_t)document(call)->file_size + 1, .step = 300000};
    assert_false(stage(call, &large, &file, &error));
    assert_int_equal(error.code, ERROR_LIMIT_EXCEEDED);
    assert_string_equal(error.subject, "document");
    assert_true(uuid_is_empty(&file.id));
    assert_false(file_open(call, &file.id, &found, &error));
    test_call_end(&call);
    test_platform_close(&house);
}

void test_file__only_a_staged_one_can_be_linked(void **state)
{
    struct write_outcome outcome;
    struct error error = {0};
    struct file file;
    (void)state;
    house_open(&house);
    struct call *call = begin();
    (void)stage_and_link(call, 10, &file);
    house_must(connection_begin(call->connection, TRANSACTION_WRITE, &error), &error);
    struct file nowhere = {.id = {{1}}};
    struct file *files[] = {&file /* another note has it */, &nowhere};
    for (int index = 0; index < 2; index++) {
        struct record *note = house_record(call, "Note", "subject", "thief", NULL);
        record_value(note, document(call))->state = VALUE_SET;
        record_value(note, document(call))->file = files[index];
        assert_false(record_create(call, note, &outcome, &error));
        assert_int_equal(error.code, ERROR_REFERENCE_NOT_FOUND);
        assert_string_equal(error.subject, "document");
    }
    connection_rollback(call->connection);
    test_call_end(&call);
    test_platform_close(&house);
}

void test_file__what_no_record_has_is_swept_after_a_day(void **state)
{
    struct error error = {0};
    struct file kept, replaced, orphan, fresh;
    struct file *found = NULL;
    struct source source = {.size = 300000, .step = 300000};
    struct source other = {.size = 5, .step = 5};
    (void)state;
    house_open(&house);
    struct call *call = begin();
    struct uuid note = stage_and_link(call, 10, &kept);
    struct uuid emptied = stage_and_link(call, 20, &replaced);
    house_must(stage(call, &source, &orphan, &error), &error);
    house_must(connection_begin(call->connection, TRANSACTION_WRITE, &error), &error);
    (void)house_update(call, house_record(call, "Note", "document", NULL, NULL), &emptied);
    house_must(connection_commit(call->connection, &error), &error);
    assert_null(retrieve(call, &emptied));

    call->now += 2 * DAY;
    house_must(stage(call, &other, &fresh, &error), &error);
    expect_content(retrieve(call, &note), 10);
    house_must(file_open(call, &fresh.id, &found, &error), &error);
    assert_false(file_open(call, &orphan.id, &found, &error));
    assert_false(file_open(call, &replaced.id, &found, &error));
    test_call_end(&call);
    test_platform_close(&house);
}
