/*
 * test_refusals.c - every mistake in metadata is said with its line.
 *
 * Each bad/<mistake>.xml describes an entity Thing, read together with the small world of good/.
 * Beside it, <mistake>.expected has what must be said of it: `line: sentence`, one a line.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "metadata/reader.h"

#define FOLDER "tests/unit/metadata/"
#define THING "thing.xml"

enum { FILE_LIMIT = 1 << 20 };

struct text {
    char *bytes;
    size_t length;
};

static struct text read_text(struct arena *arena, const char *path)
{
    struct text text;
    struct error error = {.code = ERROR_NONE};
    if (!file_read(arena, path, FILE_LIMIT, &text.bytes, &text.length, &error)) {
        fail_msg("%s", error.message);
    }
    return text;
}

/* Keeps what is said of the thing, without its file's name. */
static void collect(void *context, const char *line)
{
    struct buffer *lines = context;
    const char *said =
        strncmp(line, THING ":", strlen(THING ":")) == 0 ? line + strlen(THING ":") : line;
    buffer_add_format(lines, "%s\n", said);
}

static void add_world(struct arena *arena, struct reader *reader)
{
    static const char *const names[] = {"business-unit.xml", "shop.xml", "system-user.xml",
                                        "transaction-currency.xml"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct text text = read_text(arena, arena_format(arena, FOLDER "good/%s", names[i]));
        reader_add_entity(reader, names[i], text.bytes, text.length);
    }
}

/* Reads the world and, when there is one, the thing. */
static bool read_with(struct arena *arena, const char *path, struct buffer *said,
                      struct error *error)
{
    struct reader_schemas schemas;
    struct reader reader;
    struct catalog *catalog = NULL;
    if (!reader_schemas_read(arena, "metadata", &schemas, error)) {
        return false;
    }
    reader_begin(&reader, &schemas, collect, said, error);
    add_world(arena, &reader);
    if (path != NULL) {
        struct text text = read_text(arena, path);
        reader_add_entity(&reader, THING, text.bytes, text.length);
    }
    if (!reader_finish(&reader, &catalog)) {
        return false;
    }
    catalog_release(&catalog);
    return true;
}

static void check_refusal(struct arena *arena, const char *name, int *failures)
{
    struct buffer said;
    struct error error = {.code = ERROR_NONE};
    const char *path = arena_format(arena, FOLDER "bad/%s.xml", name);
    struct text expected = read_text(arena, arena_format(arena, FOLDER "bad/%s.expected", name));
    buffer_init(&said, arena, 256);
    if (read_with(arena, path, &said, &error)) {
        print_error("%s was accepted\n", path);
        ++*failures;
    } else if (strcmp(said.bytes, expected.bytes) != 0) {
        print_error("%s: expected\n%sbut was told\n%s", path, expected.bytes, said.bytes);
        ++*failures;
    }
}

void test_refusals__name_line_and_mistake(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    DIR *directory = opendir(FOLDER "bad");
    int count = 0;
    int failures = 0;
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char *dot = strrchr(entry->d_name, '.');
        if (dot != NULL && strcmp(dot, ".xml") == 0) {
            *dot = '\0';
            check_refusal(arena, entry->d_name, &failures);
            count++;
        }
    }
    closedir(directory);
    arena_destroy(&arena);
    assert_int_equal(failures, 0);
    assert_true(count > 60);
}

void test_refusals__spare_the_good(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct error error = {.code = ERROR_NONE};
    struct buffer said;
    buffer_init(&said, arena, 256);
    assert_true(read_with(arena, NULL, &said, &error));
    assert_int_equal(said.length, 0);
    arena_destroy(&arena);
}

void test_refusals__are_all_in_one_error_as_far_as_they_fit(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct error error = {.code = ERROR_NONE};
    struct buffer said;
    buffer_init(&said, arena, 256);
    assert_false(read_with(arena, FOLDER "bad/several-problems.xml", &said, &error));
    assert_int_equal(error.code, ERROR_METADATA_INVALID);
    assert_non_null(strstr(error.message, THING ":11: "));
    assert_non_null(strstr(error.message, "\n" THING ":15: "));
    arena_destroy(&arena);
}

/* The worked example of metadata/README.md, from its XML declaration to its end tag. */
void test_refusals__spare_the_example_of_the_readme(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct error error = {.code = ERROR_NONE};
    struct reader_schemas schemas;
    struct reader reader;
    struct buffer said;
    struct catalog *catalog = NULL;
    struct text readme = read_text(arena, "metadata/README.md");
    char *begin = strstr(readme.bytes, "<?xml");
    char *end = strstr(readme.bytes, "</entity>");
    assert_non_null(begin);
    assert_non_null(end);
    buffer_init(&said, arena, 256);
    assert_true(reader_schemas_read(arena, "metadata", &schemas, &error));
    reader_begin(&reader, &schemas, collect, &said, &error);
    add_world(arena, &reader);
    reader_add_entity(&reader, "project.xml", begin, (size_t)(end - begin) + strlen("</entity>"));
    if (!reader_finish(&reader, &catalog)) {
        fail_msg("%s", said.bytes);
    }
    const struct entity *project = catalog_find_entity(catalog, "Project");
    assert_non_null(entity_find_field(project, "remainingBase"));
    assert_non_null(entity_find_key(project, "projectNumber"));
    catalog_release(&catalog);
    arena_destroy(&arena);
}

void test_refusals__of_a_folder_that_is_not_there(void **state)
{
    (void)state;
    struct error error = {.code = ERROR_NONE};
    struct catalog *catalog = NULL;
    assert_false(catalog_read("build/no-such-folder", NULL, NULL, &catalog, &error));
    assert_int_equal(error.code, ERROR_FILE_UNREADABLE);
    assert_null(catalog);
}

/* ---- roles ---- */

#define ROLE_BEGIN "<role xmlns=\"urn:svyaz:metadata:1\" name=\"thing\""
#define ROLE_LABEL "<label lang=\"en\">T</label><label lang=\"ru\">T</label>"

/* Reads a role beside the world; what must be said of it. */
static void refuse_role(const char *text, const char *expected)
{
    struct arena *arena = arena_create();
    struct error error = {.code = ERROR_NONE};
    struct reader_schemas schemas;
    struct reader reader;
    struct catalog *catalog = NULL;
    struct buffer said;

    buffer_init(&said, arena, 256);
    if (!reader_schemas_read(arena, "metadata", &schemas, &error)) {
        fail_msg("%s", error.message);
    }
    reader_begin(&reader, &schemas, collect, &said, &error);
    add_world(arena, &reader);
    reader_add_role(&reader, THING, text, strlen(text));
    assert_false(reader_finish(&reader, &catalog));
    if (strstr(said.bytes, expected) == NULL) {
        fail_msg("said: %s", said.bytes);
    }
    arena_destroy(&arena);
}

void test_refusals__of_roles(void **state)
{
    (void)state;
    refuse_role(ROLE_BEGIN ">" ROLE_LABEL "<task name=\"fly\"/></role>", "task");
    refuse_role(ROLE_BEGIN " administrator=\"true\">" ROLE_LABEL "<task name=\"merge\"/></role>",
                "1: an administrator's role allows everything without saying");
    refuse_role(
        ROLE_BEGIN ">" ROLE_LABEL
                   "<allow entity=\"TransactionCurrency\" right=\"read\" depth=\"unit\"/></role>",
        "1: TransactionCurrency belongs to the whole organisation: it has no depth \"unit\"");
}
