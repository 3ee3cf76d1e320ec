/*
 * test_multipart.c - parts are found where they are, however they come, and nowhere else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fixture.h"
#include "soap/content.h"
#include "soap/media_type.h"
#include "soap/multipart.h"

#define TYPE                                                                                       \
    "multipart/related; boundary=B; type=\"application/xop+xml\"; start=\"<r>\"; "                 \
    "start-info=\"text/xml\""
#define ROOT                                                                                       \
    "Content-Type: application/xop+xml; charset=utf-8; type=\"text/xml\"\r\nContent-ID: <r>\r\n"   \
    "\r\n"
#define FILE_PART "Content-ID: <f@x>\r\nContent-Transfer-Encoding: binary\r\n\r\n"

/* Reads a body that comes in pieces of so many bytes. */
static bool open_pieces(struct fixture *fixture, const char *type, const struct body *body,
                        size_t most, struct multipart **multipart)
{
    struct multipart_reader *reader = NULL;
    enum intake_verdict verdict = INTAKE_GO_ON;

    error_clear(&fixture->error);
    if (!multipart_begin(fixture->arena, type, &fixture->limits, &reader, &fixture->error)) {
        return false;
    }
    for (size_t at = 0; at < body->length && verdict == INTAKE_GO_ON; at += most) {
        size_t left = body->length - at;
        if (!multipart_take(reader, body->bytes + at, left < most ? left : most, &verdict,
                            &fixture->error)) {
            return false;
        }
    }
    return multipart_end(reader, body, verdict == INTAKE_ENOUGH, multipart, &fixture->error);
}

static bool open_parts(struct fixture *fixture, const char *type, const char *text,
                       struct multipart **multipart)
{
    struct body body = {.bytes = text, .length = strlen(text)};

    return open_pieces(fixture, type, &body, body.length + 1, multipart);
}

static const char *read_file(struct fixture *fixture, struct file *file)
{
    char *bytes = arena_allocate(fixture->arena, 1024);
    size_t used = 0;
    size_t length = 1;

    while (length > 0) {
        if (!file->read(file, bytes + used, 1024 - used, &length, &fixture->error)) {
            return NULL;
        }
        used += length;
    }
    return bytes;
}

void test_multipart__finds_parts(void **state)
{
    static const char text[] = "--B\r\n" ROOT "<a/>\r\n--B\r\n" FILE_PART
                               "by\r\n--tes\r\n--B\r\nContent-ID: <e>\r\n\r\n\r\n--B--\r\n";
    struct fixture fixture;
    struct multipart *multipart = NULL;
    const struct part *part = NULL;

    (void)state;
    fixture_open(&fixture);
    if (!open_parts(&fixture, TYPE, text, &multipart)) {
        fail_msg("%s", fixture.error.message);
    }
    assert_int_equal(multipart->part_count, 3);
    assert_int_equal(multipart->root->length, 4);
    assert_string_equal(multipart->root_type, "text/xml");
    part = multipart_find(fixture.arena, multipart, "cid:f%40x");
    assert_ptr_equal(part, &multipart->parts[1]);
    assert_int_equal(part->length, 9);
    assert_int_equal(multipart_find(fixture.arena, multipart, "cid:e")->length, 0);
    assert_null(multipart_find(fixture.arena, multipart, "cid:r"));
    assert_null(multipart_find(fixture.arena, multipart, "cid:x"));
    assert_null(multipart_find(fixture.arena, multipart, "cid:f%40x%00"));
    assert_null(multipart_find(fixture.arena, multipart, "http://127.0.0.1/f@x"));
    assert_null(multipart_find(fixture.arena, multipart, "file:///etc/passwd"));
    fixture_close(&fixture);
}

void test_multipart__refuses_malformed_messages(void **state)
{
    static const struct {
        const char *type, *text;
    } wrong[] = {
        {TYPE, ""},
        {TYPE, "--B--\r\n"},
        {TYPE, "--B\r\n" ROOT "<a/>"},
        {TYPE, "--B\r\n" ROOT "<a/>\r\n--B"},
        {TYPE, "--B\r\n" ROOT "<a/>\r\n--Bx"},
        {TYPE, "--B\r\nContent-ID: <r>\r\n\r\n<a/>\r\n--B--"},
        {TYPE, "--B\r\nContent-Type: application/dime\r\nContent-ID: <r>\r\n\r\n\x0C\r\n--B--"},
        {TYPE,
         "--B\r\nContent-Type: text/xml; charset=utf-16\r\nContent-ID: <r>\r\n\r\n<a/>\r\n--B--"},
        {TYPE, "--B\r\nContent-Type: text/xml\r\nContent-ID: <other>\r\n\r\n<a/>\r\n--B--"},
        {TYPE,
         "--B\r\n" ROOT "<a/>\r\n--B\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--B--"},
        {TYPE, "--B\r\nContent-Type: text/xml\nContent-ID: <r>\n\n<a/>\r\n--B--"},
        {"multipart/related", "--B\r\n" ROOT "<a/>\r\n--B--"},
        {"multipart/related; boundary=\"\"", "--\r\n" ROOT "<a/>\r\n----"},
        {"multipart/related; boundary=B; boundary=C", "--B\r\n" ROOT "<a/>\r\n--B--"},
    };
    struct fixture fixture;
    struct multipart *multipart = NULL;

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (open_parts(&fixture, wrong[i].type, wrong[i].text, &multipart)) {
            fail_msg("%s passes", wrong[i].text);
        }
        assert_refused(&fixture, ERROR_HTTP_UNSUPPORTED, "");
    }
    fixture_close(&fixture);
}

void test_multipart__counts_parts_and_boundary(void **state)
{
    struct fixture fixture;
    struct multipart *multipart = NULL;
    const char *text = "--B\r\n" ROOT "<a/>";
    char boundary[80];

    (void)state;
    fixture_open(&fixture);
    for (int i = 0; i < 63; i++) {
        text = arena_format(fixture.arena, "%s\r\n--B\r\n\r\n", text);
    }
    assert_true(
        open_parts(&fixture, TYPE, arena_format(fixture.arena, "%s\r\n--B--", text), &multipart));
    assert_int_equal(multipart->part_count, 64);
    assert_false(open_parts(&fixture, TYPE,
                            arena_format(fixture.arena, "%s\r\n--B\r\n\r\n\r\n--B--", text),
                            &multipart));
    assert_refused(&fixture, ERROR_LIMIT_EXCEEDED, "mime_parts");
    for (int length = 70; length <= 71; length++) {
        memset(boundary, 'b', (size_t)length);
        boundary[length] = '\0';
        assert_int_equal(
            open_parts(
                &fixture, arena_format(fixture.arena, "multipart/related; boundary=%s", boundary),
                arena_format(fixture.arena, "--%s\r\n" ROOT "<a/>\r\n--%s--", boundary, boundary),
                &multipart),
            length == 70);
    }
    fixture_close(&fixture);
}

/* However the bytes are cut, and whatever looks like a boundary before it is one. */
void test_multipart__reads_the_same_in_any_pieces(void **state)
{
    static const char text[] =
        "\r\n\r--\r\n--B\r\n" ROOT "<a/>\r\n--B\r\n" FILE_PART
        "\r\r\n\r\n-\r\n--b\r\r\n--B\r\nContent-ID: <e>\r\n\r\n\r\n--B\r\n\r\n\r\n"
        "\r\n--B--\r\n--B\r\nafterwards";
    const struct body body = {.bytes = text, .length = sizeof(text) - 1};
    static const size_t lengths[] = {4, 12, 0, 2};
    struct fixture fixture;
    struct multipart *multipart = NULL;

    (void)state;
    fixture_open(&fixture);
    for (size_t most = 1; most <= body.length; most++) {
        assert_true(open_pieces(&fixture, TYPE, &body, most, &multipart));
        assert_int_equal(multipart->part_count, 4);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(multipart->parts[i].length, lengths[i]);
        }
        assert_memory_equal(text + multipart->parts[0].offset, "<a/>", 4);
        assert_memory_equal(text + multipart->parts[1].offset, "\r\r\n\r\n-\r\n--b\r\r", 12);
    }
    fixture_close(&fixture);
}

/* A part that is too large ends the reading; what came before it is there. */
void test_multipart__has_enough_of_a_part_that_is_too_large(void **state)
{
    static const char text[] = "--B\r\n" ROOT "<a/>\r\n--B\r\n" FILE_PART "12345";
    struct fixture fixture;
    struct multipart *multipart = NULL;

    (void)state;
    fixture_open(&fixture);
    for (size_t most = 4; most <= 5; most++) {
        fixture.limits.attachment = most;
        assert_int_equal(open_parts(&fixture, TYPE, text, &multipart), most == 4);
    }
    assert_int_equal(multipart->part_count, 2);
    assert_int_equal(multipart->parts[1].length, 5);
    fixture_close(&fixture);
}

#define NOTE(content)                                                                              \
    "<CreateNote xmlns='urn:svyaz:crm:1:Note'><note><document><name>f</name><content>" content     \
    "</content></document></note></CreateNote>"

static struct file *read_note(struct fixture *fixture, const char *body)
{
    if (!fixture_read_body(fixture, body)) {
        return NULL;
    }
    return fixture_value(*(struct record **)fixture->parameters, "document")->file;
}

void test_multipart__reads_included_parts(void **state)
{
    static const char text[] =
        "--B\r\n" ROOT "<a/>\r\n--B\r\n" FILE_PART "bytes \x01\xFF\r\n--B--\r\n";
    static const char include[] =
        NOTE("<x:Include xmlns:x='http://www.w3.org/2004/08/xop/include' href='cid:f@x'/>");
    struct fixture fixture;
    struct multipart *multipart = NULL;
    struct file *file = NULL;

    (void)state;
    fixture_open(&fixture);
    assert_null(read_note(&fixture, include));
    assert_refused(&fixture, ERROR_ATTACHMENT_MISSING, "content");
    assert_true(open_parts(&fixture, TYPE, text, &multipart));
    fixture.decoder.multipart = multipart;
    file = read_note(&fixture, include);
    assert_non_null(file);
    assert_string_equal(file->name, "f");
    assert_string_equal(read_file(&fixture, file), "bytes \x01\xFF");
    assert_null(read_note(
        &fixture,
        NOTE("<x:Include xmlns:x='http://www.w3.org/2004/08/xop/include' href='cid:no'/>")));
    assert_refused(&fixture, ERROR_ATTACHMENT_MISSING, "content");
    assert_null(read_note(&fixture, NOTE("<b/>")));
    assert_refused(&fixture, ERROR_VALUE_INVALID, "content");
    fixture_close(&fixture);
}

void test_multipart__reads_inline_base64(void **state)
{
    struct fixture fixture;
    struct file *file = NULL;

    (void)state;
    fixture_open(&fixture);
    file = read_note(&fixture, NOTE("\r\n 0J/RgNC4 0LLQtdGC\n"));
    assert_string_equal(read_file(&fixture, file), "Привет");
    file = read_note(&fixture, NOTE("0J/R&#13;&#10;gNC4<![CDATA[0LLQtdGC]]>"));
    assert_string_equal(read_file(&fixture, file), "Привет");
    file = read_note(&fixture, NOTE(""));
    assert_string_equal(read_file(&fixture, file), "");
    file = read_note(&fixture, NOTE("0J/!"));
    assert_null(read_file(&fixture, file));
    assert_refused(&fixture, ERROR_VALUE_INVALID, "document");
    file = read_note(&fixture, NOTE("0J/R0"));
    assert_null(read_file(&fixture, file));
    fixture.limits.attachment = 5;
    assert_null(read_note(&fixture, NOTE("YWJjZGVm")));
    assert_refused(&fixture, ERROR_LIMIT_EXCEEDED, "document");
    assert_string_equal(fixture.error.entity, "Note");
    fixture_close(&fixture);
}

/* Whoever reads may have room for one byte, or for some. */
void test_multipart__gives_base64_into_any_room(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    for (size_t room = 1; room < 20; room++) {
        struct file *file = read_note(&fixture, NOTE("VGhlIHF1aWNrIGJyb3duIGZveCBqdW1w\ncyBvdmVy"));
        char bytes[64] = {0};
        size_t used = 0;
        size_t length = 1;
        while (length > 0) {
            assert_true(file->read(file, bytes + used, room, &length, &fixture.error));
            assert_true(length <= room);
            used += length;
        }
        assert_string_equal(bytes, "The quick brown fox jumps over");
    }
    fixture_close(&fixture);
}

void test_media_type__mtom_is_asked_for_by_name(void **state)
{
    static const struct {
        const char *accept;
        bool is_asked;
    } samples[] = {
        {NULL, false},
        {"", false},
        {"*/*", false},
        {"text/xml, multipart/related", false},
        {"multipart/related; type=\"application/xop+xml\"", true},
        {"text/xml, Multipart/Related;type=\"application/xop+xml\"; q=0.5, */*;q=0.1", true},
        {"multipart/related; type=\"application/xop+xml\"; q=0.0", false},
        {"text/xml; x=\"a, \\\", multipart/related; type=application/xop+xml\"", false},
        {",,multipart/related; type=\"text/xml\",", false},
    };
    struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        assert_int_equal(media_type_accepts_mtom(arena, samples[i].accept), samples[i].is_asked);
    }
    arena_destroy(&arena);
}

void test_media_type__is_parsed_strictly(void **state)
{
    struct arena *arena = arena_create();
    struct media_type media;

    (void)state;
    assert_true(media_type_parse(arena, "Text/XML;charset=\"UTF-8\"", &media));
    assert_string_equal(media.name, "text/xml");
    assert_true(media_type_is_utf8(&media));
    assert_true(media_type_parse(arena, "application/soap+xml; action=\"urn:a/\\\"b\";", &media));
    assert_string_equal(media_type_parameter(&media, "action"), "urn:a/\"b");
    assert_true(media_type_parse(arena, "text/xml; charset=windows-1251", &media));
    assert_false(media_type_is_utf8(&media));
    assert_false(media_type_parse(arena, "text", &media));
    assert_false(media_type_parse(arena, "/xml", &media));
    assert_false(media_type_parse(arena, "text/", &media));
    assert_false(media_type_parse(arena, "text/xml x", &media));
    assert_false(media_type_parse(arena, "text/xml; charset", &media));
    assert_false(media_type_parse(arena, "text/xml; charset=\"utf-8", &media));
    assert_false(media_type_parse(arena, "text/xml; a=1; a=2", &media));
    arena_destroy(&arena);
}
