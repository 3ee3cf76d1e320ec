/*
 * test_scan.c - what gSOAP would let pass is refused before it, and what is right passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "fixture.h"

/* Fails unless each message has the outcome. */
static void check_all(const char *const *messages, size_t count, bool is_right)
{
    struct fixture fixture;

    fixture_open(&fixture);
    for (size_t i = 0; i < count; i++) {
        bool is_scanned = fixture_scan(&fixture, messages[i], strlen(messages[i]));
        if (is_scanned != is_right) {
            fail_msg("%s: %s", messages[i], is_scanned ? "passes" : fixture.error.message);
        }
        if (!is_right) {
            assert_int_equal(fixture.error.code, ERROR_XML_INVALID);
        }
    }
    fixture_close(&fixture);
}

#define CHECK_ALL(messages, is_right)                                                              \
    check_all(messages, sizeof(messages) / sizeof((messages)[0]), is_right)

void test_scan__passes_well_formed_messages(void **state)
{
    static const char *const messages[] = {
        "<a/>",
        "<a></a >",
        "<a b='1' c=\"2\"/>",
        "\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?><a/>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\" ?>\n<a/>\n<!-- end -->",
        "<a>x<!-- y -->z<b/></a>",
        "<a><![CDATA[ <b> & ]] > ]]></a>",
        "<a>&lt;&gt;&amp;&quot;&apos;&#9;&#x10FFFF;&#160;</a>",
        "<имя>Привет, \xF0\x9F\x98\x80</имя>",
        "<a xmlns='urn:a'><b xmlns=''/></a>",
        "<p:a xmlns:p='urn:p' p:b='1' b='1'/>",
        "<a xml:lang='ru' xml:space='preserve'/>",
        "<a>x/>y></a>",
        "<a b='>' c='/'/>",
        "<a\n b\t=\r\n'1'\n></a>",
        "<Include xmlns='http://www.w3.org/2004/08/xop/include' href='cid:1'/>",
        "<a Id='1' xmlns:u='urn:u' u:id='1'/>",
    };
    (void)state;
    CHECK_ALL(messages, true);
}

void test_scan__refuses_broken_tags(void **state)
{
    static const char *const messages[] = {
        "",
        " ",
        "text",
        "<",
        "<a",
        "<a>",
        "</a>",
        "<a></b>",
        "<a><b></a></b>",
        "<a/><b/>",
        "<a/>text",
        "text<a/>",
        "< a/>",
        "<a / >",
        "<a b/>",
        "<a b=1/>",
        "<a b='1'c='2'/>",
        "<a b='1/>",
        "<a b='<'/>",
        "<a b='1' b='2'/>",
        "<1a/>",
        "<a><b</a>",
        "<a></a",
        "<a:b/>",
        "<a:b:c xmlns:a='u'/>",
        "<:a/>",
        "<a:/>",
        "<a b:c='1'/>",
        "<a></ a>",
        "<a></a b='1'>",
        "<a!/>",
        "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
    };
    (void)state;
    CHECK_ALL(messages, false);
}

void test_scan__refuses_what_soap_forbids(void **state)
{
    static const char *const messages[] = {
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
        "<a><!DOCTYPE b></a>",
        "<a><!anything></a>",
        "<a><![X[ ]]></a>",
        "<?php echo 1 ?><a/>",
        "<a><?pi?></a>",
        "<a/><?pi?>",
        " <?xml version='1.0'?><a/>",
        "<?xml version='1.1'?><a/>",
        "<?xml encoding='UTF-8'?><a/>",
        "<?xml version='1.0' encoding='UTF-7'?><a/>",
        "<?xml version='1.0' encoding='windows-1251'?><a/>",
        "<?xml version='1.0' encoding='UTF-8' other='1'?><a/>",
        "<a>&e;</a>",
        "<a>&nbsp;</a>",
        "<a>&</a>",
        "<a>&amp</a>",
        "<a>&#0;</a>",
        "<a>&#1;</a>",
        "<a>&#xD800;</a>",
        "<a>&#xFFFF;</a>",
        "<a>&#xFFFE;</a>",
        "<a>&#x110000;</a>",
        "<a>&#99999999999;</a>",
        "<a>&#xZZ;</a>",
        "<a>&#X41;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a b='&#0;'/>",
        "<a b='&e;'/>",
        "<a>]]></a>",
        "<a><!-- -- --></a>",
        "<a><!-- </a>",
        "<a><!--></a>",
        "<a><![CDATA[</a>",
        "<![CDATA[x]]><a/>",
    };
    (void)state;
    CHECK_ALL(messages, false);
}

void test_scan__refuses_text_that_is_no_text(void **state)
{
    static const char *const messages[] = {
        "<a>\x01</a>",
        "<a>\x0B</a>",
        "<a>\x1F</a>",
        "<a>long enough for a word \x08</a>",
        "<a>\x80</a>",
        "<a>\xC0\xBC</a>",
        "<a>\xC1\xBF</a>",
        "<a>\xE0\x80\xBC</a>",
        "<a>\xED\xA0\x80</a>",
        "<a>\xEF\xBF\xBE</a>",
        "<a>\xEF\xBF\xBF</a>",
        "<a>\xF0\x80\x80\x80</a>",
        "<a>\xF4\x90\x80\x80</a>",
        "<a>\xF8\x88\x80\x80\x80</a>",
        "<a>\xD0</a>",
        "<a>\xFF\xFE</a>",
        "<a b='\xC3\x28'/>",
    };
    (void)state;
    CHECK_ALL(messages, false);
}

void test_scan__refuses_a_nul(void **state)
{
    static const char message[] = "<a>x\0y</a>";
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    assert_false(fixture_scan(&fixture, message, sizeof(message) - 1));
    fixture_close(&fixture);
}

/* gSOAP follows these, into cycles that end the process. */
void test_scan__refuses_links_of_soap_encoding(void **state)
{
    static const char *const messages[] = {
        "<a id='1'/>",
        "<a href='#1'/>",
        "<a ref='1'/>",
        "<a href='cid:1'/>",
        "<a xmlns:e='http://schemas.xmlsoap.org/soap/encoding/' e:arrayType='x'/>",
        "<a xmlns:e='http://www.w3.org/2003/05/soap-encoding' e:ref='1'/>",
        "<a xmlns:e='http://www.w3.org/2003/05/soap-encoding' e:id='1'/>",
        "<e:Array xmlns:e='http://schemas.xmlsoap.org/soap/encoding/'/>",
        "<a xmlns:e='http://schemas.xmlsoap.org/soap/encoding&#47;' e:id='1'/>",
        "<Include xmlns='http://www.w3.org/2004/08/xop/include' id='1'/>",
    };
    static const char *const declared[] = {
        "<a xmlns:e='http://schemas.xmlsoap.org/soap/encoding/'/>",
    };
    (void)state;
    CHECK_ALL(messages, false);
    CHECK_ALL(declared, true);
}

void test_scan__refuses_odd_namespaces(void **state)
{
    static const char *const messages[] = {
        "<a xmlns:p=''/>",
        "<a xmlns:xmlns='urn:x'/>",
        "<a xmlns:xml='urn:x'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns:p='u' xmlns:p='v'/>",
        "<a xmlns='u' xmlns='v'/>",
        "<xmlns:a/>",
        "<a><b xmlns:p='u'/><p:c/></a>",
    };
    (void)state;
    CHECK_ALL(messages, false);
}

void test_scan__says_the_line(void **state)
{
    static const char message[] = "<a>\n\n<b></c></a>";
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    assert_false(fixture_scan(&fixture, message, strlen(message)));
    assert_non_null(strstr(fixture.error.message, "Line 3"));
    assert_non_null(strstr(fixture.error.message, "</c>"));
    fixture_close(&fixture);
}

/* ---- limits: at the limit a message passes, one beyond it is refused ---- */

static const char *repeat(struct fixture *fixture, const char *before, const char *format,
                          size_t count, const char *after)
{
    struct buffer text;

    buffer_init(&text, fixture->arena, 1024);
    buffer_add_text(&text, before);
    for (size_t i = 0; i < count; i++) {
        char piece[64];
        snprintf(piece, sizeof(piece), format, (unsigned)i, (unsigned)i);
        buffer_add_text(&text, piece);
    }
    buffer_add_text(&text, after);
    return text.bytes;
}

static void check_limit(struct fixture *fixture, const char *at_limit, const char *beyond,
                        const char *name)
{
    if (!fixture_scan(fixture, at_limit, strlen(at_limit))) {
        fail_msg("%s: %s", name, fixture->error.message);
    }
    assert_false(fixture_scan(fixture, beyond, strlen(beyond)));
    assert_refused(fixture, ERROR_LIMIT_EXCEEDED, name);
}

static const char *nested(struct fixture *fixture, size_t depth)
{
    return arena_format(fixture->arena, "%s%s", repeat(fixture, "", "<a>", depth, ""),
                        repeat(fixture, "", "</a>", depth, ""));
}

void test_scan__keeps_to_every_limit(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    check_limit(&fixture, nested(&fixture, 64), nested(&fixture, 65), "depth");
    check_limit(&fixture, repeat(&fixture, "<r>", "<a/>", 99999, "</r>"),
                repeat(&fixture, "<r>", "<a/>", 100000, "</r>"), "elements");
    check_limit(&fixture, repeat(&fixture, "<r", " a%u='%u'", 32, "/>"),
                repeat(&fixture, "<r", " a%u='%u'", 33, "/>"), "attributes");
    check_limit(&fixture, repeat(&fixture, "<r>", "<x a%u='%u'/>", 256, "</r>"),
                repeat(&fixture, "<r>", "<x a%u='%u'/>", 257, "</r>"), "attribute_names");
    check_limit(&fixture, repeat(&fixture, "<r>", "<x xmlns:p='u%u%u'/>", 64, "</r>"),
                repeat(&fixture, "<r>", "<x xmlns:p='u%u%u'/>", 65, "</r>"), "namespaces");
    check_limit(&fixture, repeat(&fixture, "<", "a", 256, "/>"),
                repeat(&fixture, "<", "a", 257, "/>"), "name");
    fixture_close(&fixture);
}

/* Sixteen thousand attributes cost gSOAP seconds; here they end at the limit. */
void test_scan__is_not_drowned_in_attributes(void **state)
{
    struct fixture fixture;
    const char *message = NULL;

    (void)state;
    fixture_open(&fixture);
    message = repeat(&fixture, "<r>", "<x a%u='%u'/>", 16000, "</r>");
    assert_false(fixture_scan(&fixture, message, strlen(message)));
    assert_refused(&fixture, ERROR_LIMIT_EXCEEDED, "attribute_names");
    fixture_close(&fixture);
}

void test_scan__outlines_elements(void **state)
{
    static const char message[] = "<a> <b>x</b><c><d/></c>\n</a>";
    struct fixture fixture;
    const struct scan_element *elements = NULL;

    (void)state;
    fixture_open(&fixture);
    assert_true(fixture_scan(&fixture, message, strlen(message)));
    elements = fixture.scan.elements;
    assert_int_equal(fixture.scan.element_count, 4);
    assert_true(elements[0].has_children && !elements[0].has_text);
    assert_true(elements[1].has_text && !elements[1].has_children);
    assert_int_equal(elements[1].content_end - elements[1].content, 1);
    assert_int_equal(elements[1].next, 2);
    assert_int_equal(elements[2].next, 4);
    assert_int_equal(elements[0].next, 4);
    assert_int_equal(elements[3].content, elements[3].content_end);
    fixture_close(&fixture);
}
