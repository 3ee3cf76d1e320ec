/*
 * test_csv.c - rows of CSV files, and the lines on which they begin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apps/admin/csv_source.h"
#include "apps/folder.h"
#include "base/arena.h"
#include "base/error.h"

static struct arena *arena;

static struct csv_source *open_text(const char *text, const char *encoding, char delimiter,
                                    struct error *error)
{
    struct csv_source *source = NULL;
    const char *path = folder_write(arena, folder_make(arena), "a.csv", text);

    (void)!csv_source_open(arena, path, encoding, delimiter, &source, error);
    return source;
}

static bool next(struct csv_source *source, struct csv_row *row)
{
    struct error error = {0};
    bool has_row = false;

    if (!csv_source_next(source, arena, row, &has_row, &error)) {
        fail_msg("%s", error.message);
    }
    return has_row;
}

void test_csv__rows_know_their_lines(void **state)
{
    struct error error = {0};
    struct csv_row row;

    (void)state;
    arena = arena_create();
    struct csv_source *source =
        open_text("a,b\n1,2\n\n\"x\ny\",\"say \"\"hi\"\"\"\n3,4", "UTF-8", ',', &error);
    assert_true(next(source, &row));
    assert_int_equal(row.line, 2);
    assert_string_equal(row.cells[1], "2");
    assert_true(next(source, &row));
    assert_int_equal(row.line, 4);
    assert_string_equal(row.cells[0], "x\ny");
    assert_string_equal(row.cells[1], "say \"hi\"");
    assert_true(next(source, &row));
    assert_int_equal(row.line, 6);
    assert_null(row.problem);
    assert_false(next(source, &row));
    arena_destroy(&arena);
}

void test_csv__mark_blanks_and_line_ends_of_windows(void **state)
{
    struct error error = {0};
    struct csv_row row;
    size_t index;

    (void)state;
    arena = arena_create();
    struct csv_source *source =
        open_text("\xef\xbb\xbfname;note\r\n  a ; b\r\n", "UTF-8", ';', &error);
    assert_true(csv_source_find(source, "name", &index));
    assert_int_equal(index, 0);
    assert_false(csv_source_find(source, "Name", &index));
    assert_true(next(source, &row));
    assert_string_equal(row.cells[0], "  a ");
    assert_string_equal(row.cells[1], " b");
    assert_int_equal(row.line, 2);
    assert_false(next(source, &row));
    arena_destroy(&arena);
}

void test_csv__windows_1251_becomes_utf8(void **state)
{
    struct error error = {0};
    struct csv_row row;
    size_t index;

    (void)state;
    arena = arena_create();
    struct csv_source *source = open_text("\xc8\xec\xff\n\xd0\xee\xec\xe0\xf8\xea\xe0 \xb9 1\n",
                                          "windows-1251", ',', &error);
    assert_true(csv_source_find(source, "Имя", &index));
    assert_true(next(source, &row));
    assert_string_equal(row.cells[0], "Ромашка № 1");
    arena_destroy(&arena);
}

void test_csv__a_wrong_row_is_named_and_the_next_is_read(void **state)
{
    struct error error = {0};
    struct csv_row row;

    (void)state;
    arena = arena_create();
    struct csv_source *source = open_text("a,b\n1\n\xff,2\n3,4\n", "UTF-8", ',', &error);
    assert_true(next(source, &row));
    assert_string_equal(row.problem, "the row has 1 cells, the header 2");
    assert_string_equal(row.cells[1], "");
    assert_true(next(source, &row));
    assert_string_equal(row.problem, "a cell is not valid UTF-8");
    assert_true(next(source, &row));
    assert_null(row.problem);
    arena_destroy(&arena);
}

void test_csv__what_cannot_be_read_is_said_with_its_line(void **state)
{
    struct error error = {0};
    struct csv_row row;
    bool has_row = false;

    (void)state;
    arena = arena_create();
    struct csv_source *source = open_text("a,b\n1,2\n3,\"x\n", "UTF-8", ',', &error);
    assert_true(next(source, &row));
    assert_false(csv_source_next(source, arena, &row, &has_row, &error));
    assert_non_null(strstr(error.message, "a.csv:3: the file ends within a quoted cell"));
    assert_null(open_text("", "UTF-8", ',', &error));
    assert_non_null(strstr(error.message, "there is no header row"));
    assert_false(csv_source_open(arena, "build/no-such.csv", "UTF-8", ',', &source, &error));
    assert_int_equal(error.code, ERROR_FILE_UNREADABLE);
    arena_destroy(&arena);
}

void test_csv__a_row_may_be_longer_than_what_is_read_at_once(void **state)
{
    struct error error = {0};
    struct csv_row row;
    size_t length = 200000;

    (void)state;
    arena = arena_create();
    char *text = arena_allocate(arena, length + 100);
    strcpy(text, "a,b\n\"");
    memset(text + 5, 'x', length);
    strcpy(text + 5 + length, "\",2\n3,4\n");
    struct csv_source *source = open_text(text, "UTF-8", ',', &error);
    assert_true(next(source, &row));
    assert_int_equal(strlen(row.cells[0]), length);
    assert_int_equal(row.line, 2);
    assert_true(next(source, &row));
    assert_int_equal(row.line, 3);
    arena_destroy(&arena);
}
