/*
 * test_collection.c - the messages of tests/data/mail, each field by field.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "mime/describe.h"

enum { MESSAGES = 73, SIZE_MOST = 1024 * 1024 };

static void save(struct arena *arena, const char *name, const char *text)
{
    mkdir("build", 0777);
    mkdir("build/mime", 0777);
    FILE *file = fopen(arena_format(arena, "build/mime/%s.txt", name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool is_as_expected(struct arena *arena, const char *path)
{
    const char *base = strrchr(path, '/') + 1;
    const char *name = arena_copy_part(arena, base, strlen(base) - strlen(".eml"));
    char *bytes = NULL, *expected = NULL;
    size_t length = 0, expected_length = 0;
    struct error error = {0};

    assert_true(file_read(arena, path, SIZE_MOST, &bytes, &length, &error));
    const char *found = describe(arena, read_message(arena, bytes, length));
    save(arena, name, found);
    const char *golden = arena_format(arena, "tests/data/mail/expected/%s.txt", name);
    bool is_there = file_read(arena, golden, SIZE_MOST, &expected, &expected_length, &error);
    if (!is_there || strcmp(found, expected) != 0) {
        print_error("%s differs: diff %s build/mime/%s.txt\n", name, golden, name);
        return false;
    }
    return true;
}

void test_collection__is_read_as_people_would(void **state)
{
    glob_t paths;
    size_t wrong = 0;

    (void)state;
    assert_int_equal(glob("tests/data/mail/*.eml", 0, NULL, &paths), 0);
    assert_int_equal(paths.gl_pathc, MESSAGES);
    for (size_t i = 0; i < paths.gl_pathc; i++) {
        struct arena *arena = arena_create();
        wrong += !is_as_expected(arena, paths.gl_pathv[i]);
        arena_destroy(&arena);
    }
    globfree(&paths);
    assert_int_equal(wrong, 0);
}
