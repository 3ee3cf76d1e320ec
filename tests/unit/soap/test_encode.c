/*
 * test_encode.c - values become elements, and elements become the same values again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "crypto/base64.h"
#include "fixture.h"
#include "metadata/entity.h"
#include "soap/answer.h"
#include "soap/door.h"
#include "soap/encode.h"

#define ID "018f4e2a-1c3b-7d5e-8f90-a1b2c3d4e5f6"

/* The type of an entity's records. */
static const struct wire_type *type_of(struct fixture *fixture, const char *entity)
{
    const char *create = arena_format(fixture->arena, "Create%s", entity);

    return wire_find_operation(wire_find_service(fixture->wire, entity), create)
        ->request->members[0]
        .type;
}

/* The fields of a record as the encoder writes them. */
static const char *encode_record(struct fixture *fixture, const struct record *record)
{
    struct encoder encoder;

    encode_begin(&encoder, fixture->arena, false);
    encode_record_members(&encoder, type_of(fixture, record->entity->name), record);
    return encoder.text.bytes;
}

void test_encode__escapes_what_xml_cannot_hold(void **state)
{
    static const struct {
        const char *text, *written;
    } texts[] = {
        {"plain", "plain"},
        {"", ""},
        {"<a href=\"x\">&amp;</a>", "&lt;a href=&quot;x&quot;&gt;&amp;amp;&lt;/a&gt;"},
        {"a\r\nb\tc", "a&#13;\nb\tc"},
        {"a\x01"
         "b\x1F",
         "a\xEF\xBF\xBD"
         "b\xEF\xBF\xBD"},
        {"Привет", "Привет"},
    };
    struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct buffer buffer;
        buffer_init(&buffer, arena, 4);
        encode_text(&buffer, texts[i].text);
        assert_string_equal(buffer.bytes, texts[i].written);
    }
    arena_destroy(&arena);
}

/* In the order of the schema, whatever the order they came in. */
void test_encode__gives_back_what_was_read(void **state)
{
    static const char fields[] =
        "<name>ООО &lt;Ромашка&gt; &amp; Ко</name>"
        "<primaryContact><entity>Contact</entity><id>" ID "</id></primaryContact>"
        "<customerType>Prospect</customerType>"
        "<numberOfEmployees>42</numberOfEmployees>"
        "<creditLimit>1234567.8900</creditLimit>"
        "<doNotEmail>true</doNotEmail>";
    struct fixture fixture;
    struct record *record = NULL;
    const char *first = NULL;

    (void)state;
    fixture_open(&fixture);
    record = fixture_read_account(&fixture, fields);
    if (record == NULL) {
        fail_msg("%s", fixture.error.message);
    }
    first = encode_record(&fixture, record);
    assert_non_null(strstr(first, "<name>ООО &lt;Ромашка&gt; &amp; Ко</name>"));
    assert_non_null(strstr(first, "<customerType>Prospect</customerType>"));
    assert_non_null(strstr(first, "<entity>Contact</entity><id>" ID "</id>"));
    record = fixture_read_account(&fixture, first);
    assert_non_null(record);
    assert_string_equal(encode_record(&fixture, record), first);
    fixture_close(&fixture);
}

void test_encode__leaves_out_null_and_absent(void **state)
{
    struct fixture fixture;
    struct record *record = NULL;

    (void)state;
    fixture_open(&fixture);
    record = fixture_read_account(
        &fixture, "<name/><fieldsToNull><string>telephone1</string></fieldsToNull>");
    assert_non_null(record);
    assert_string_equal(encode_record(&fixture, record), "<name></name>");
    fixture_close(&fixture);
}

/* ---- files ---- */

/* Gives its bytes in pieces of seven, so that base64 groups are cut. */
static bool read_sevens(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                        struct error *error)
{
    const char **left = file->context;
    size_t length = strlen(*left);

    (void)error;
    length = length < 7 ? length : 7;
    length = length < capacity ? length : capacity;
    memcpy(bytes, *left, length);
    *left += length;
    *length_out = length;
    return true;
}

static const char *read_answer(struct fixture *fixture, struct soap_answer *answer)
{
    struct buffer whole;
    struct error error = {0};
    char piece[64];
    size_t length = 1;

    buffer_init(&whole, fixture->arena, 100);
    buffer_add(&whole, answer->body.bytes, answer->body.length);
    while (answer->source != NULL && length > 0) {
        assert_true(answer->source(answer->source_context, piece, sizeof(piece), &length, &error));
        buffer_add(&whole, piece, length);
    }
    return whole.bytes;
}

static const char *answer_with_files(struct fixture *fixture, bool is_mtom,
                                     struct soap_answer *answer)
{
    static const char *contents[2];
    struct encoder encoder;
    const struct wire_type *type = type_of(fixture, "Note");
    struct record *record = record_make(fixture->arena, type->entity);
    struct value *value = fixture_value(record, "document");

    contents[0] = "The quick brown fox jumps over the lazy dog, again and again and again.";
    encode_begin(&encoder, fixture->arena, is_mtom);
    value->state = VALUE_SET;
    value->file = arena_allocate(fixture->arena, sizeof(*value->file));
    *value->file =
        (struct file){.name = "a&b.txt", .size = 71, .read = read_sevens, .context = &contents[0]};
    encode_record_members(&encoder, type, record);
    answer_finish(fixture->arena, &encoder, SOAP_VERSION_1_1, answer);
    return read_answer(fixture, answer);
}

void test_encode__streams_a_file_as_base64(void **state)
{
    struct fixture fixture;
    struct soap_answer answer = {0};
    const char *text = NULL;

    (void)state;
    fixture_open(&fixture);
    text = answer_with_files(&fixture, false, &answer);
    assert_string_equal(
        text, "<document><name>a&amp;b.txt</name><size>71</size><content>"
              "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZywgYWdhaW4gYW5kIGFnYWlu"
              "IGFuZCBhZ2Fpbi4=</content></document>");
    fixture_close(&fixture);
}

void test_encode__streams_a_file_as_a_part(void **state)
{
    struct fixture fixture;
    struct soap_answer answer = {0};
    const char *text = NULL;

    (void)state;
    fixture_open(&fixture);
    text = answer_with_files(&fixture, true, &answer);
    assert_memory_equal(answer.content_type, "multipart/related; boundary=", 28);
    assert_non_null(strstr(text, "<content><xop:Include xmlns:xop=\"http://www.w3.org/2004/08/xop/"
                                 "include\" href=\"cid:file1@svyaz\"/></content>"));
    assert_non_null(strstr(text, "Content-ID: <file1@svyaz>\r\n\r\nThe quick brown fox"));
    assert_non_null(strstr(text, "again.\r\n--"));
    fixture_close(&fixture);
}
