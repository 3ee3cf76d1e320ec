/*
 * test_request.c - requests from the words of a command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "apps/admin/request.h"
#include "apps/folder.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "client/element.h"

static struct arena *arena;

/* What two words become, as XML. */
static const char *built(const char *first, const char *second)
{
    const char *words[] = {first, second};
    struct element *root = element_make(arena, "r");
    struct buffer xml;

    if (!request_add_words(arena, root, words, second == NULL ? 1 : 2)) {
        return NULL;
    }
    buffer_init(&xml, arena, 100);
    element_write(root, &xml);
    return xml.bytes;
}

void test_request__words_become_elements(void **state)
{
    (void)state;
    arena = arena_create();
    assert_string_equal(built("name=A & <B>", NULL), "<r><name>A &amp; &lt;B&gt;</name></r>");
    assert_string_equal(built("a.b=1", "a.c=2"), "<r><a><b>1</b><c>2</c></a></r>");
    assert_string_equal(built("a.b=1", "a+.b=2"), "<r><a><b>1</b></a><a><b>2</b></a></r>");
    assert_string_equal(built("a.b=1", "a.b=2"), "<r><a><b>1</b><b>2</b></a></r>");
    assert_string_equal(built("a=x=y", NULL), "<r><a>x=y</a></r>");
    assert_string_equal(built("a=", NULL), "<r><a></a></r>");
    assert_string_equal(built("a=@@x", NULL), "<r><a>@x</a></r>");
    arena_destroy(&arena);
}

void test_request__a_value_may_come_from_a_file(void **state)
{
    (void)state;
    arena = arena_create();
    const char *path = folder_write(arena, folder_make(arena), "v", "secret");
    assert_string_equal(built(arena_format(arena, "a=@%s", path), NULL), "<r><a>secret</a></r>");
    assert_null(built("a=@build/no-such-file", NULL));
    arena_destroy(&arena);
}

void test_request__words_that_are_no_names_are_refused(void **state)
{
    static const char *const words[] = {"name", "=x",   "a b=x", "a..b=x",
                                        ".a=x", "a.=x", "1a=x",  "<a>=x"};
    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_null(built(words[i], NULL));
    }
    arena_destroy(&arena);
}

void test_request__lists_and_names(void **state)
{
    struct element *root;
    struct buffer xml;

    (void)state;
    arena = arena_create();
    root = element_make(arena, "r");
    request_add_list(arena, root, "columns", "a,b");
    request_add_list(arena, root, "none", NULL);
    buffer_init(&xml, arena, 100);
    element_write(root, &xml);
    assert_string_equal(xml.bytes,
                        "<r><columns><string>a</string><string>b</string></columns></r>");
    assert_string_equal(request_element_of(arena, "SalesOrder"), "salesOrder");
    arena_destroy(&arena);
}

/* What the values of a condition become. */
static const char *values_of(const char *text, bool is_list)
{
    struct element *root = element_make(arena, "r");
    struct buffer xml;

    if (!request_add_values(arena, root, text, is_list)) {
        return NULL;
    }
    buffer_init(&xml, arena, 100);
    element_write(root, &xml);
    return xml.bytes;
}

#define VALUES(items) "<r><values>" items "</values></r>"

void test_request__values_may_stand_in_quotes(void **state)
{
    static const struct {
        const char *text;
        bool is_list;
        const char *values; /* NULL: refused */
    } samples[] = {
        {"R%", false, VALUES("<string>R%</string>")},
        {"'R%'", false, VALUES("<string>R%</string>")},
        {"\"it's\" ", false, VALUES("<string>it's</string>")},
        {"'it''s'", false, VALUES("<string>it's</string>")},
        {"O'Neil", false, VALUES("<string>O'Neil</string>")},
        {"a, b", false, VALUES("<string>a, b</string>")},
        {"''", false, VALUES("<string></string>")},
        {"a,b", true, VALUES("<string>a</string><string>b</string>")},
        {"'a,b', \"c\",d", true,
         VALUES("<string>a,b</string><string>c</string><string>d</string>")},
        {"'a", false, NULL},
        {"'a' b", false, NULL},
        {"'a', b", false, NULL},
        {"'a'b,c", true, NULL},
    };

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const char *values = values_of(samples[i].text, samples[i].is_list);
        if (samples[i].values == NULL) {
            assert_null(values);
        } else {
            assert_non_null(values);
            assert_string_equal(values, samples[i].values);
        }
    }
    arena_destroy(&arena);
}
