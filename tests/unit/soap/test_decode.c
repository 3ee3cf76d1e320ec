/*
 * test_decode.c - elements become values: every type, every way to be wrong.
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
#include "base/decimal.h"
#include "fixture.h"
#include "metadata/entity.h"
#include "query/request.h"

#define ID "018f4e2a-1c3b-7d5e-8f90-a1b2c3d4e5f6"
#define ACCOUNT "xmlns=\"urn:svyaz:crm:1:Account\""

static struct record *read_or_fail(struct fixture *fixture, const char *fields)
{
    struct record *record = fixture_read_account(fixture, fields);

    if (record == NULL) {
        fail_msg("%s: %s", fields, fixture->error.message);
    }
    return record;
}

void test_decode__reads_the_types_of_an_account(void **state)
{
    struct fixture fixture;
    struct record *record = NULL;
    char text[DECIMAL_TEXT_SIZE];

    (void)state;
    fixture_open(&fixture);
    record = read_or_fail(&fixture, "<numberOfEmployees> 42 </numberOfEmployees>"
                                    "<name> ООО &lt;Ромашка&gt; &amp; Ко </name>"
                                    "<creditLimit>1234567.89</creditLimit>"
                                    "<primaryContact><entity>Contact</entity><id>" ID
                                    "</id></primaryContact>");
    assert_string_equal(fixture_value(record, "name")->text, " ООО <Ромашка> & Ко ");
    assert_int_equal(fixture_value(record, "numberOfEmployees")->integer, 42);
    decimal_format(fixture_value(record, "creditLimit")->decimal, text);
    assert_memory_equal(text, "1234567.89", 10);
    assert_string_equal(fixture_value(record, "primaryContact")->reference.entity->name, "Contact");
    assert_int_equal(fixture_value(record, "telephone1")->state, VALUE_ABSENT);
    fixture_close(&fixture);
}

/* CDATA, comments, line ends, characters by number: one text. */
void test_decode__resolves_text(void **state)
{
    static const struct {
        const char *written, *read;
    } texts[] = {
        {"a<![CDATA[<b> & ]]>c", "a<b> & c"},
        {"a<!-- no -->b", "ab"},
        {"a\r\nb\rc\n", "a\nb\nc\n"},
        {"a&#13;&#10;b", "a\r\nb"},
        {"&#x44F;&#128512;", "я😀"},
        {"<![CDATA[a\r\nb\r]]>", "a\nb\n"},
        {"x/>y", "x/>y"},
        {"", ""},
    };
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *fields = arena_format(
            fixture.arena, "<description>%s</description><name>n</name>", texts[i].written);
        struct record *record = read_or_fail(&fixture, fields);
        assert_string_equal(fixture_value(record, "description")->text, texts[i].read);
        assert_string_equal(fixture_value(record, "name")->text, "n");
    }
    fixture_close(&fixture);
}

void test_decode__tells_null_from_absent_and_empty(void **state)
{
    struct fixture fixture;
    struct record *record = NULL;

    (void)state;
    fixture_open(&fixture);
    record = read_or_fail(&fixture,
                          "<name/><telephone1 xmlns:i='http://www.w3.org/2001/XMLSchema-instance' "
                          "i:nil='true'/><fieldsToNull><string>creditLimit</string>"
                          "<string> primaryContact </string></fieldsToNull>");
    assert_int_equal(fixture_value(record, "name")->state, VALUE_SET);
    assert_string_equal(fixture_value(record, "name")->text, "");
    assert_int_equal(fixture_value(record, "telephone1")->state, VALUE_NULL);
    assert_int_equal(fixture_value(record, "creditLimit")->state, VALUE_NULL);
    assert_int_equal(fixture_value(record, "primaryContact")->state, VALUE_NULL);
    assert_int_equal(fixture_value(record, "telephone2")->state, VALUE_ABSENT);
    fixture_close(&fixture);
}

void test_decode__refuses_wrong_fields(void **state)
{
    static const struct {
        const char *fields;
        enum error_code code;
        const char *subject;
    } wrong[] = {
        {"<nmae>x</nmae>", ERROR_FIELD_UNKNOWN, "nmae"},
        {"<name xmlns='urn:other'>x</name>", ERROR_PARAMETER_UNKNOWN, "name"},
        {"<name xmlns=''>x</name>", ERROR_PARAMETER_UNKNOWN, "name"},
        {"<name>a</name><name>b</name>", ERROR_PARAMETER_REPEATED, "name"},
        {"<name><b>x</b></name>", ERROR_VALUE_INVALID, "name"},
        {"<name>a<b/></name>", ERROR_VALUE_INVALID, "name"},
        {"text<name>x</name>", ERROR_VALUE_INVALID, "account"},
        {"<numberOfEmployees/>", ERROR_VALUE_INVALID, "numberOfEmployees"},
        {"<numberOfEmployees>x</numberOfEmployees>", ERROR_VALUE_INVALID, "numberOfEmployees"},
        {"<numberOfEmployees>1e3</numberOfEmployees>", ERROR_VALUE_INVALID, "numberOfEmployees"},
        {"<creditLimit>NaN</creditLimit>", ERROR_VALUE_INVALID, "creditLimit"},
        {"<creditLimit>INF</creditLimit>", ERROR_VALUE_INVALID, "creditLimit"},
        {"<primaryContact/>", ERROR_VALUE_INVALID, "primaryContact"},
        {"<primaryContact><id>x</id></primaryContact>", ERROR_VALUE_INVALID, "id"},
        {"<primaryContact><id>" ID "</id><entity>Lead</entity></primaryContact>",
         ERROR_VALUE_INVALID, "primaryContact"},
        {"<primaryContact><id>" ID "</id><entity>Dragon</entity></primaryContact>",
         ERROR_ENTITY_UNKNOWN, "primaryContact"},
        {"<owner><id>" ID "</id></owner>", ERROR_VALUE_INVALID, "owner"},
        {"<customerType>NoSuch</customerType>", ERROR_CHOICE_UNKNOWN, "customerType"},
        {"<fieldsToNull><string>nmae</string></fieldsToNull>", ERROR_FIELD_UNKNOWN, "nmae"},
        {"<name>x</name><fieldsToNull><string>name</string></fieldsToNull>", ERROR_VALUE_INVALID,
         "name"},
        {"<fieldsToNull><name>x</name></fieldsToNull>", ERROR_PARAMETER_UNKNOWN, "name"},
        {"<name xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='1'>x</name>",
         ERROR_VALUE_INVALID, "name"},
        {"<name xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='maybe'/>",
         ERROR_VALUE_INVALID, "nil"},
    };
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (fixture_read_account(&fixture, wrong[i].fields) != NULL) {
            fail_msg("%s passes", wrong[i].fields);
        }
        assert_refused(&fixture, wrong[i].code, wrong[i].subject);
    }
    fixture_close(&fixture);
}

/* A type that does not fit is not ignored, as gSOAP does for strings. */
void test_decode__checks_what_xsi_type_claims(void **state)
{
    static const struct {
        const char *type, *text;
        bool is_right;
    } claims[] = {
        {"x:string", "abc", true},      {"x:int", "12", true},
        {"x:int", "abc", false},        {"x:boolean", "true", true},
        {"x:boolean", "abc", false},    {"x:dateTime", "2024-13-45T99:00:00", false},
        {"x:Account", "abc", false},    {"Account", "abc", false},
        {"unbound:string", "a", false},
    };
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        const char *fields =
            arena_format(fixture.arena,
                         "<name xmlns:i='http://www.w3.org/2001/XMLSchema-instance' "
                         "xmlns:x='http://www.w3.org/2001/XMLSchema' i:type='%s'>%s</name>",
                         claims[i].type, claims[i].text);
        bool is_read = fixture_read_account(&fixture, fields) != NULL;
        if (is_read != claims[i].is_right) {
            fail_msg("%s: %s", claims[i].type, is_read ? "passes" : fixture.error.message);
        }
    }
    assert_true(fixture_read_body(
        &fixture, "<CreateAccount " ACCOUNT "><account "
                  "xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:type='Account'>"
                  "<name>x</name></account></CreateAccount>"));
    assert_false(fixture_read_body(
        &fixture, "<CreateAccount " ACCOUNT "><account "
                  "xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:type='Reference'>"
                  "<name>x</name></account></CreateAccount>"));
    fixture_close(&fixture);
}

void test_decode__reads_an_alternate_key(void **state)
{
    struct fixture fixture;
    struct record *record = NULL;
    const struct alternate_key *key = NULL;

    (void)state;
    fixture_open(&fixture);
    record = read_or_fail(&fixture, "<parentAccount><alternateKey><name>externalId</name><values>"
                                    "<string>E-1</string></values></alternateKey></parentAccount>");
    key = fixture_value(record, "parentAccount")->reference.alternate_key;
    assert_string_equal(key->name, "externalId");
    assert_int_equal(key->value_count, 1);
    assert_string_equal(key->values[0], "E-1");
    assert_null(fixture_read_account(&fixture, "<parentAccount><id>" ID
                                               "</id><alternateKey/></parentAccount>"));
    fixture_close(&fixture);
}

void test_decode__reads_children_of_an_order(void **state)
{
    struct fixture fixture;
    struct record *record = NULL;

    (void)state;
    fixture_open(&fixture);
    assert_true(fixture_read_body(
        &fixture, "<CreateSalesOrder xmlns='urn:svyaz:crm:1:SalesOrder'><salesOrder>"
                  "<lines><SalesOrderDetail><quantity>2</quantity></SalesOrderDetail>"
                  "<SalesOrderDetail><quantity>3.5</quantity></SalesOrderDetail></lines>"
                  "<name>x</name></salesOrder></CreateSalesOrder>"));
    record = *(struct record **)fixture.parameters;
    assert_non_null(record->children);
    assert_int_equal(record->children->count, 2);
    assert_string_equal(record->children->records[1]->entity->name, "SalesOrderDetail");
    assert_int_equal(fixture_value(record->children->records[1], "quantity")->state, VALUE_SET);
    fixture_close(&fixture);
}

void test_decode__reads_ids_of_children_to_delete(void **state)
{
    struct fixture fixture;
    const struct record *record = NULL;
    char id[UUID_TEXT_SIZE];

    (void)state;
    fixture_open(&fixture);
    assert_true(fixture_read_body(
        &fixture, "<UpdateSalesOrder xmlns='urn:svyaz:crm:1:SalesOrder'><salesOrder>"
                  "<linesToDelete><string> " ID " </string></linesToDelete>"
                  "<lines><SalesOrderDetail><quantity>2</quantity></SalesOrderDetail></lines>"
                  "</salesOrder></UpdateSalesOrder>"));
    record = *(struct record **)fixture.parameters;
    assert_int_equal(record->children->count, 1);
    assert_int_equal(record->children->deleted_count, 1);
    uuid_format(&record->children->deleted[0], id);
    assert_string_equal(id, ID);
    assert_null(record->children->next);
    assert_false(fixture_read_body(
        &fixture, "<UpdateSalesOrder xmlns='urn:svyaz:crm:1:SalesOrder'><salesOrder>"
                  "<linesToDelete><string>1</string></linesToDelete>"
                  "</salesOrder></UpdateSalesOrder>"));
    assert_int_equal(fixture.error.code, ERROR_VALUE_INVALID);
    assert_string_equal(fixture.error.subject, "linesToDelete");
    fixture_close(&fixture);
}

void test_decode__reads_parties(void **state)
{
    struct fixture fixture;
    struct record *record = NULL;
    const struct value *value = NULL;

    (void)state;
    fixture_open(&fixture);
    assert_true(fixture_read_body(
        &fixture, "<CreateEmail xmlns='urn:svyaz:crm:1:Email'><email><to><Party><address>a@b"
                  "</address></Party><Party><entity>Contact</entity><id>" ID "</id>"
                  "<participation>To</participation></Party></to></email></CreateEmail>"));
    record = *(struct record **)fixture.parameters;
    value = fixture_value(record, "to");
    assert_int_equal(value->parties.count, 2);
    assert_string_equal(value->parties.items[0].address, "a@b");
    assert_string_equal(value->parties.items[0].participation, "To");
    assert_string_equal(value->parties.items[1].reference.entity->name, "Contact");
    assert_false(fixture_read_body(
        &fixture, "<CreateEmail xmlns='urn:svyaz:crm:1:Email'><email><to><Party/></to></email>"
                  "</CreateEmail>"));
    assert_refused(&fixture, ERROR_VALUE_INVALID, "to");
    assert_false(fixture_read_body(
        &fixture, "<CreateEmail xmlns='urn:svyaz:crm:1:Email'><email><to><Party><address>a@b"
                  "</address><participation>Cc</participation></Party></to></email>"
                  "</CreateEmail>"));
    fixture_close(&fixture);
}

void test_decode__reads_a_query(void **state)
{
    struct fixture fixture;
    const struct query_request *query = NULL;
    const struct condition_request *condition = NULL;

    (void)state;
    fixture_open(&fixture);
    assert_true(fixture_read_body(
        &fixture,
        "<RetrieveMultipleAccount " ACCOUNT "><query><count>true</count><pageSize>2</pageSize>"
        "<columns/><orders><Order><field>name</field><descending>1</descending></Order></orders>"
        "<filter><type>or</type><filters><Filter><conditions><Condition><field>name</field>"
        "<operator>eq</operator><values><string>x</string></values></Condition></conditions>"
        "</Filter></filters></filter></query></RetrieveMultipleAccount>"));
    query = *(struct query_request **)fixture.parameters;
    assert_true(query->columns.is_set && query->columns.count == 0);
    assert_true(query->count.is_set && query->count.value);
    assert_int_equal(query->page_size.value, 2);
    assert_true(((struct order_request *)query->orders.items[0])->descending.value);
    assert_string_equal(query->filter->type, "or");
    condition = ((struct filter_request *)query->filter->filters.items[0])->conditions.items[0];
    assert_string_equal(condition->operator, "eq");
    assert_string_equal(condition->values.items[0], "x");
    fixture_close(&fixture);
}

void test_decode__refuses_wrong_parameters(void **state)
{
    static const struct {
        const char *body;
        enum error_code code;
        const char *subject;
    } wrong[] = {
        {"<DeleteAccount " ACCOUNT "/>", ERROR_PARAMETER_REQUIRED, "id"},
        {"<DeleteAccount " ACCOUNT "><id>1</id></DeleteAccount>", ERROR_VALUE_INVALID, "id"},
        {"<DeleteAccount " ACCOUNT "><id>" ID "</id><id>" ID "</id></DeleteAccount>",
         ERROR_PARAMETER_REPEATED, "id"},
        {"<DeleteAccount " ACCOUNT "><force/></DeleteAccount>", ERROR_PARAMETER_UNKNOWN, "force"},
        {"<DeleteAccount " ACCOUNT ">text</DeleteAccount>", ERROR_VALUE_INVALID, "DeleteAccount"},
        {"<CreateAccount " ACCOUNT "/>", ERROR_PARAMETER_REQUIRED, "account"},
        {"<RetrieveMultipleAccount " ACCOUNT "><query><pageSize>2147483648</pageSize></query>"
         "</RetrieveMultipleAccount>",
         ERROR_VALUE_OUT_OF_RANGE, "pageSize"},
        {"<RetrieveMultipleAccount " ACCOUNT "><query><count>yes</count></query>"
         "</RetrieveMultipleAccount>",
         ERROR_VALUE_INVALID, "count"},
        {"<RetrieveMultipleAccount " ACCOUNT "><query><filter><type>xor</type></filter></query>"
         "</RetrieveMultipleAccount>",
         ERROR_CHOICE_UNKNOWN, "type"},
        {"<RetrieveMultipleAccount " ACCOUNT "><query><orders><Order/></orders></query>"
         "</RetrieveMultipleAccount>",
         ERROR_PARAMETER_REQUIRED, "field"},
        {"<MarryAccount " ACCOUNT "/>", ERROR_OPERATION_UNKNOWN, ""},
        {"<DeleteAccount xmlns='urn:other'/>", ERROR_OPERATION_UNKNOWN, ""},
    };
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (fixture_read_body(&fixture, wrong[i].body)) {
            fail_msg("%s passes", wrong[i].body);
        }
        assert_refused(&fixture, wrong[i].code, wrong[i].subject);
    }
    fixture_close(&fixture);
}

/* Never a password in a fault. */
void test_decode__does_not_repeat_secrets(void **state)
{
    struct fixture fixture;
    struct buffer body;

    (void)state;
    fixture_open(&fixture);
    buffer_init(&body, fixture.arena, 4096);
    buffer_add_text(&body,
                    "<Login xmlns='urn:svyaz:crm:1:Session'><userName>u</userName><password>");
    for (int i = 0; i < 1025; i++) {
        buffer_add_char(&body, 'q');
    }
    buffer_add_text(&body, "</password></Login>");
    assert_false(fixture_read_body(&fixture, body.bytes));
    assert_refused(&fixture, ERROR_VALUE_TOO_LONG, "password");
    assert_null(strstr(fixture.error.message, "qqq"));
    fixture_close(&fixture);
}

/* Longer than gSOAP's buffer, so that it is moved over what it never saw. */
void test_decode__reads_long_texts(void **state)
{
    struct fixture fixture;
    struct record *record = NULL;
    struct buffer fields;

    (void)state;
    fixture_open(&fixture);
    buffer_init(&fields, fixture.arena, 4096);
    buffer_add_text(&fields, "<description>");
    for (int i = 0; i < 1900; i++) {
        buffer_add_text(&fields, "Широка страна моя родная ");
    }
    buffer_add_text(&fields, "</description><name>after</name>");
    assert_true(fields.length > 65536);
    record = fixture_read_account(&fixture, fields.bytes);
    if (record != NULL) {
        assert_string_equal(fixture_value(record, "name")->text, "after");
    } else {
        assert_refused(&fixture, ERROR_VALUE_TOO_LONG, "description");
    }
    fixture_close(&fixture);
}
