/*
 * test_print.c - data in four formats, none of which a value can break.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "apps/admin/print.h"
#include "base/arena.h"
#include "base/error.h"
#include "xml/document.h"

static struct arena *arena;

static const char *read_back(FILE *file)
{
    char *text = arena_allocate(arena, 4096);

    rewind(file);
    text[fread(text, 1, 4095, file)] = '\0';
    fclose(file);
    return text;
}

static const char *printed(enum print_format format)
{
    static const char *const columns[] = {"name", "note"};
    static const char *first[] = {"Ёлка", "a\tb\n\x1b[31m"};
    static const char *second[] = {"<&>\"", NULL};
    struct sheet sheet = {.row_name = "Row", .columns = columns, .column_count = 2};
    FILE *file = tmpfile();

    array_init(&sheet.rows, arena);
    array_add(&sheet.rows, first);
    array_add(&sheet.rows, second);
    print_sheet(file, format, &sheet);
    return read_back(file);
}

void test_print__sheets(void **state)
{
    (void)state;
    arena = arena_create();
    assert_string_equal(printed(PRINT_TABLE), "name  note\nЁлка  a b  [31m\n<&>\"  \n");
    assert_string_equal(printed(PRINT_TAB), "name\tnote\nЁлка\ta\\tb\\n\x1b[31m\n<&>\"\t\n");
    assert_string_equal(printed(PRINT_JSON),
                        "[\n  {\"name\": \"Ёлка\", \"note\": \"a\\u0009b\\u000a\\u001b[31m\"},\n"
                        "  {\"name\": \"<&>\\\"\"}\n]\n");
    assert_string_equal(printed(PRINT_XML),
                        "<rows>\n  <Row><name>Ёлка</name><note>a\tb\n\x1b[31m</note></Row>\n"
                        "  <Row><name>&lt;&amp;&gt;\"</name></Row>\n</rows>\n");
    arena_destroy(&arena);
}

static const char *printed_tree(enum print_format format)
{
    static const char xml[] = "<r><id>1</id><list><x>a</x><x>b</x></list></r>";
    const struct xml_node *root = NULL;
    struct error error = {0};
    FILE *file = tmpfile();

    assert_true(xml_read_bytes(arena, "r", xml, strlen(xml), NULL, &root, &error));
    print_tree(arena, file, format, root);
    return read_back(file);
}

void test_print__trees(void **state)
{
    (void)state;
    arena = arena_create();
    assert_string_equal(printed_tree(PRINT_TAB), "name\tvalue\nid\t1\nlist.x\ta\nlist.x\tb\n");
    assert_string_equal(printed_tree(PRINT_JSON),
                        "{\n  \"id\": \"1\",\n  \"list\": {\n    \"x\": [\"a\", \"b\"]\n  }\n}\n");
    assert_string_equal(
        printed_tree(PRINT_XML),
        "<r>\n  <id>1</id>\n  <list>\n    <x>a</x>\n    <x>b</x>\n  </list>\n</r>\n");
    arena_destroy(&arena);
}

void test_print__formats_have_names(void **state)
{
    enum print_format format;

    (void)state;
    assert_true(print_format_parse("json", &format));
    assert_int_equal(format, PRINT_JSON);
    assert_false(print_format_parse("yaml", &format));
}
