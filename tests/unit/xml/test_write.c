/* Writing: whatever text goes in, the same comes out when it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "support/random.h"
#include "xml/document.h"
#include "xml/write.h"

void test_write__indents_documents(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct buffer buffer;
    struct xml_writer writer;
    buffer_init(&buffer, arena, 0);
    xml_writer_init(&writer, &buffer);
    xml_writer_open(&writer, "a");
    xml_writer_attribute(&writer, "one", "1 < \"2\" & '3'");
    xml_writer_attribute(&writer, "none", NULL);
    xml_writer_attribute_format(&writer, "number", "%d", 7);
    xml_writer_open(&writer, "b");
    xml_writer_element(&writer, "c", "x > y");
    xml_writer_element(&writer, "none", NULL);
    xml_writer_element(&writer, "empty", "");
    xml_writer_close(&writer);
    xml_writer_open(&writer, "d");
    xml_writer_close(&writer);
    xml_writer_close(&writer);
    assert_string_equal(buffer.bytes,
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<a one=\"1 &lt; &quot;2&quot; &amp; '3'\" number=\"7\">\n"
                        "  <b>\n    <c>x &gt; y</c>\n    <empty></empty>\n  </b>\n  <d/>\n</a>\n");
    arena_destroy(&arena);
}

static const char *const pieces[] = {
    "a",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "<",
    ">",
    "&",
    "\"",
    "'",
    "]]>",
    "<!--",
    "&amp;",
    "ж",
    "€",
    "😀",
    "\xEF\xBF\xBD",
    "\xEF\xBF\xBC",
};

void test_write__reads_back_what_was_written(void **state)
{
    (void)state;
    struct random_source source = random_begin();
    struct arena *arena = arena_create();
    for (int round = 0; round < 5000; round++) {
        struct buffer text;
        struct buffer document;
        buffer_init(&text, arena, 0);
        buffer_add_text(&text, "|");
        for (uint64_t count = random_below(&source, 20); count > 0; count--) {
            buffer_add_text(&text, pieces[random_below(&source, sizeof(pieces) / sizeof(*pieces))]);
        }
        buffer_add_text(&text, "|");
        buffer_init(&document, arena, 0);
        buffer_add_text(&document, "<a b=\"");
        xml_write_value(&document, text.bytes);
        buffer_add_text(&document, "\">");
        xml_write_text(&document, text.bytes);
        buffer_add_text(&document, "</a>");
        const struct xml_node *root = NULL;
        struct error error = {0};
        assert_true(
            xml_read_bytes(arena, "x", document.bytes, document.length, NULL, &root, &error));
        assert_string_equal(xml_attribute(root, "b"), text.bytes);
        assert_string_equal(root->text, text.bytes);
        arena_reset(arena);
    }
    arena_destroy(&arena);
}

void test_write__replaces_what_xml_does_not_allow(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct buffer buffer;
    buffer_init(&buffer, arena, 0);
    for (char character = 1; character < 32; character++) {
        if (strchr("\t\n\r", character) == NULL) {
            char text[] = {'a', character, 'b', '\0'};
            buffer_clear(&buffer);
            xml_write_text(&buffer, text);
            xml_write_value(&buffer, text);
            assert_string_equal(buffer.bytes, "a\xEF\xBF\xBD"
                                              "ba\xEF\xBF\xBD"
                                              "b");
        }
    }
    buffer_clear(&buffer);
    xml_write_text(&buffer, "\xEF\xBF\xBE\xEF\xBF\xBF|\xEF\xBF");
    assert_string_equal(buffer.bytes, "\xEF\xBF\xBD\xEF\xBF\xBD|\xEF\xBF");
    arena_destroy(&arena);
}
