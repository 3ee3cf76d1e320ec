/* Reading: what the tree holds, and what is said of a document that is wrong, at which line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "xml/document.h"
#include "xml/schema.h"

static const char schema_text[] =
    "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>"
    " <xs:element name='list'><xs:complexType><xs:sequence>"
    "  <xs:element name='item' minOccurs='0' maxOccurs='unbounded'><xs:complexType>"
    "   <xs:attribute name='size' type='xs:int' use='required'/>"
    "  </xs:complexType></xs:element>"
    " </xs:sequence></xs:complexType></xs:element>"
    "</xs:schema>";

static bool read_text(struct arena *arena, const char *text, const struct xml_schema *schema,
                      const struct xml_node **root_out, struct error *error)
{
    return xml_read_bytes(arena, "test.xml", text, strlen(text), schema, root_out, error);
}

void test_document__holds_elements_attributes_text_and_lines(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct error error = {0};
    const struct xml_node *root = NULL;
    assert_true(read_text(arena,
                          "<?xml version='1.0'?>\n<!-- a comment -->\n"
                          "<a xmlns='urn:x' xmlns:y='urn:y' one='1' y:one='2' flag='true'>\n"
                          "  text <![CDATA[<&>]]> &amp; more\n"
                          "  <?instruction?>\n"
                          "  <b/>\n  <y:c>\xD0\xB6</y:c>\n  <b two='2'/>\n</a>\n",
                          NULL, &root, &error));
    assert_string_equal(root->name, "a");
    assert_string_equal(root->namespace, "urn:x");
    assert_string_equal(root->text, "text <&> & more");
    assert_int_equal(root->line, 3);
    assert_string_equal(root->file, "test.xml");
    assert_string_equal(xml_attribute(root, "one"), "1");
    assert_null(xml_attribute(root, "two"));
    assert_string_equal(xml_attribute_or(root, "two", "none"), "none");
    assert_true(xml_attribute_is_true(root, "flag", false));
    assert_true(xml_attribute_is_true(root, "absent", true));
    const struct xml_node *first = xml_child(root, "b");
    assert_int_equal(first->line, 6);
    assert_string_equal(first->text, "");
    const struct xml_node *second = xml_next(first);
    assert_string_equal(xml_attribute(second, "two"), "2");
    assert_null(xml_next(second));
    assert_null(xml_child(root, "d"));
    const struct xml_node *third = xml_child(root, "c");
    assert_string_equal(third->namespace, "urn:y");
    assert_string_equal(third->text, "\xD0\xB6");
    arena_destroy(&arena);
}

static void check_refused(const char *text, enum error_code code, const char *beginning)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    const struct xml_node *root = NULL;
    assert_false(read_text(arena, text, NULL, &root, &error));
    assert_null(root);
    assert_int_equal(error.code, code);
    error.message[strlen(beginning)] = '\0';
    assert_string_equal(error.message, beginning);
    arena_destroy(&arena);
}

void test_document__refuses_what_is_not_well_formed(void **state)
{
    (void)state;
    check_refused("", ERROR_XML_INVALID, "test.xml:1: ");
    check_refused("   ", ERROR_XML_INVALID, "test.xml:1: ");
    check_refused("<a>\n<b>\n</a>", ERROR_XML_INVALID, "test.xml:3: Opening and ending tag");
    check_refused("<a>\n\n&undefined;</a>", ERROR_XML_INVALID, "test.xml:3: Entity 'undefined'");
    check_refused("<a/>\n<b/>", ERROR_XML_INVALID, "test.xml:2: Extra content");
    check_refused("<a b='1'\n b='2'/>", ERROR_XML_INVALID, "test.xml:2: Attribute b redefined");
    check_refused("<a>\n\xFF</a>", ERROR_XML_INVALID, "test.xml:2: Input is not proper UTF-8");
    check_refused("<a>\n\x01</a>", ERROR_XML_INVALID, "test.xml:2: ");
    check_refused("<a>\n<x:b/></a>", ERROR_XML_INVALID, "test.xml:2: Namespace prefix x");
    check_refused("<?xml version='1.0' encoding='windows-1251'?>\n<a>\xE6</a>", ERROR_XML_INVALID,
                  "test.xml:2: Input is not proper UTF-8");
    check_refused("\xFF\xFE<", ERROR_XML_INVALID, "test.xml:1: ");
    check_refused("<a>&#0;</a>", ERROR_XML_INVALID, "test.xml:1: ");
}

void test_document__refuses_a_document_type(void **state)
{
    (void)state;
    static const char sentence[] = ": A document type declaration is refused";
    check_refused("<?xml version='1.0'?>\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
                  ERROR_XML_INVALID, "test.xml:2: A document type declaration is refused");
    char text[256];
    snprintf(text, sizeof(text), "test.xml:1%s", sentence);
    check_refused("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
                  ERROR_XML_INVALID, text);
    check_refused("<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;'>"
                  "<!ENTITY c '&b;&b;&b;&b;&b;&b;'>]><a b='&c;'>&c;</a>",
                  ERROR_XML_INVALID, text);
    check_refused("<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'>%p;]><a/>",
                  ERROR_XML_INVALID, text);
    check_refused("<!DOCTYPE a><a/>", ERROR_XML_INVALID, text);
}

void test_document__refuses_what_is_too_deep(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct buffer text;
    buffer_init(&text, arena, 0);
    for (int depth = 0; depth < 100000; depth++) {
        buffer_add_text(&text, "<a>");
    }
    check_refused(text.bytes, ERROR_XML_INVALID, "test.xml:1: Excessive depth");
    arena_destroy(&arena);
}

void test_document__says_every_problem_of_its_schema(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct error error = {0};
    struct xml_schema *schema = NULL;
    const struct xml_node *root = NULL;
    assert_true(xml_schema_read_bytes(arena, "list.xsd", schema_text, strlen(schema_text), &schema,
                                      &error));
    assert_true(read_text(arena, "<list>\n<item size='1'/></list>", schema, &root, &error));
    root = NULL;
    assert_false(read_text(arena,
                           "<list>\n<item size='1'/>\n<item/>\n<item size='x'/>\n"
                           "<item size='2' other='3'/>\n</list>",
                           schema, &root, &error));
    assert_null(root);
    assert_int_equal(error.code, ERROR_METADATA_INVALID);
    assert_non_null(strstr(error.message, "test.xml:3: Element 'item': The attribute 'size'"));
    assert_non_null(strstr(error.cause, "test.xml:4: Element 'item', attribute 'size'"));
    assert_non_null(strstr(error.cause, "test.xml:5: Element 'item', attribute 'other'"));
    assert_false(read_text(arena, "<other/>", schema, &root, &error));
    assert_non_null(strstr(error.message, "test.xml:1: Element 'other'"));
    arena_destroy(&arena);
}

void test_document__keeps_large_line_numbers(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct error error = {0};
    struct xml_schema *schema = NULL;
    const struct xml_node *root = NULL;
    struct buffer text;
    buffer_init(&text, arena, 0);
    buffer_add_text(&text, "<list>\n");
    for (int line = 2; line < 100000; line++) {
        buffer_add_text(&text, "<item size='1'/>\n");
    }
    buffer_add_text(&text, "<item size='a'/>\n</list>");
    assert_true(read_text(arena, text.bytes, NULL, &root, &error));
    const struct xml_node *last = root->first_child;
    while (last->next != NULL) {
        last = last->next;
    }
    assert_int_equal(last->line, 100000);
    assert_true(xml_schema_read_bytes(arena, "list.xsd", schema_text, strlen(schema_text), &schema,
                                      &error));
    assert_false(read_text(arena, text.bytes, schema, &root, &error));
    assert_non_null(strstr(error.message, "test.xml:100000: "));
    arena_destroy(&arena);
}

void test_document__refuses_a_bad_schema(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "<a/>",
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n<xs:element/></xs:schema>",
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n"
        "<xs:include schemaLocation='/etc/passwd'/></xs:schema>",
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n"
        "<xs:element name='a' type='b'/></xs:schema>",
    };
    for (size_t index = 0; index < sizeof(texts) / sizeof(*texts); index++) {
        struct arena *arena = arena_create();
        struct error error = {0};
        struct xml_schema *schema = NULL;
        assert_false(xml_schema_read_bytes(arena, "bad.xsd", texts[index], strlen(texts[index]),
                                           &schema, &error));

        assert_non_null(strstr(error.message, index == 0 ? "bad.xsd:1: " : "bad.xsd:2: "));
        arena_destroy(&arena);
    }
}

void test_document__reads_files(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct error error = {0};
    const struct xml_node *root = NULL;
    struct xml_schema *schema = NULL;
    assert_true(xml_schema_read_file(arena, "metadata/errors.xsd", &schema, &error));
    assert_true(xml_read_file(arena, "metadata/errors.xml", schema, &root, &error));
    assert_string_equal(root->name, "errors");
    assert_false(xml_read_file(arena, "metadata/there-is-none.xml", NULL, &root, &error));
    assert_int_equal(error.code, ERROR_FILE_UNREADABLE);
    assert_false(xml_read_file(arena, "metadata", NULL, &root, &error));
    assert_int_equal(error.code, ERROR_FILE_UNREADABLE);
    arena_destroy(&arena);
}

void test_document__reads_integers(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct error error = {0};
    const struct xml_node *root = NULL;
    long long value = 0;
    assert_true(read_text(arena, "<a\n b='-12' c='99999999999999999999' d='1x' e=''/>", NULL, &root,
                          &error));
    assert_true(xml_attribute_integer(root, "b", 5, &value, &error));
    assert_int_equal(value, -12);
    assert_true(xml_attribute_integer(root, "absent", 5, &value, &error));
    assert_int_equal(value, 5);
    assert_false(xml_attribute_integer(root, "c", 5, &value, &error));
    assert_false(xml_attribute_integer(root, "d", 5, &value, &error));
    assert_false(xml_attribute_integer(root, "e", 5, &value, &error));
    assert_int_equal(error.code, ERROR_METADATA_INVALID);
    assert_int_equal(value, 5);
    error_clear(&error);
    assert_false(xml_fail_more(root, &error, "One %d.", 1));
    assert_false(xml_fail_more(root, &error, "Two."));
    assert_string_equal(error.message, "test.xml:1: One 1.");
    assert_string_equal(error.cause, "test.xml:1: Two.");
    arena_destroy(&arena);
}
