/* Validating messages against the schemas of a WSDL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "xml/schema.h"
#include "xml/validate.h"

static const char wsdl[] =
    "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/' xmlns:one='urn:one' xmlns:two='urn:two'"
    "  xmlns:xsd='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:one'>\n"
    "<documentation/><types>"
    "<xsd:schema targetNamespace='urn:one' elementFormDefault='qualified'>"
    "  <xsd:import namespace='urn:two'/>"
    "  <xsd:element name='Answer'><xsd:complexType><xsd:sequence>"
    "    <xsd:element name='item' type='two:Item' maxOccurs='2'/>"
    "  </xsd:sequence></xsd:complexType></xsd:element>"
    "  <xsd:element name='CrmFault' type='xsd:int'/>"
    "</xsd:schema>"
    "<xsd:schema targetNamespace='urn:two' elementFormDefault='qualified'>"
    "  <xsd:import namespace='urn:one'/>"
    "  <xsd:complexType name='Item'><xsd:sequence><xsd:element name='size' type='xsd:int'/>"
    "    <xsd:element ref='one:CrmFault' xmlns:one='urn:one' minOccurs='0'/>"
    "  </xsd:sequence></xsd:complexType>"
    "</xsd:schema>"
    "</types></definitions>";

#define SOAP_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_12 "http://www.w3.org/2003/05/soap-envelope"
#define ENVELOPE(soap, content)                                                                    \
    "<s:Envelope xmlns:s='" soap "'><s:Body>" content "</s:Body></s:Envelope>"
#define ITEM(content)                                                                              \
    "<Answer xmlns='urn:one'>\n<item><size xmlns='urn:two'>" content "</size></item></Answer>"

static struct xml_schema *read_schema(struct arena *arena)
{
    struct xml_schema *schema = NULL;
    struct error error = {0};
    if (!xml_schema_read_wsdl(arena, "test.wsdl", wsdl, strlen(wsdl), &schema, &error)) {
        fail_msg("%s; %s", error.message, error.cause);
    }
    return schema;
}

void test_validate__joins_the_schemas_of_a_wsdl(void **state)
{
    (void)state;
    static const char *const good[] = {
        ENVELOPE(SOAP_11, ITEM("1")),
        ENVELOPE(SOAP_12, ITEM("1")),
        ENVELOPE(SOAP_11, "<s:Fault><faultcode>s:Client</faultcode><faultstring>x</faultstring>"
                          "<detail><CrmFault xmlns='urn:one'>1</CrmFault></detail></s:Fault>"),
        ENVELOPE(SOAP_12, "<s:Fault><s:Code/><s:Detail><CrmFault xmlns='urn:one'>1</CrmFault>"
                          "</s:Detail></s:Fault>"),
        ENVELOPE(SOAP_11, "<s:Fault><faultcode>s:Client</faultcode></s:Fault>"),
    };
    struct arena *arena = arena_create();
    const struct xml_schema *schema = read_schema(arena);
    for (size_t index = 0; index < sizeof(good) / sizeof(*good); index++) {
        struct error error = {0};
        if (!xml_validate_envelope(schema, "good", good[index], strlen(good[index]), &error)) {
            fail_msg("%zu: %s", index, error.message);
        }
    }
    arena_destroy(&arena);
}

void test_validate__refuses_what_the_contract_does_not_promise(void **state)
{
    (void)state;
    static const char *const bad[] = {
        ENVELOPE(SOAP_11, ITEM("x")),
        ENVELOPE(SOAP_11, "<Other xmlns='urn:one'/>"),
        ENVELOPE(SOAP_11, "<Answer xmlns='urn:one'/>"),
        ENVELOPE(SOAP_11, "<Answer/>"),
        ENVELOPE(SOAP_11, ""),
        ENVELOPE(SOAP_11, ITEM("1") ITEM("1")),
        ENVELOPE("urn:other", ITEM("1")),
        ENVELOPE(SOAP_11, "<s:Fault><detail><CrmFault xmlns='urn:one'>x</CrmFault></detail>"
                          "</s:Fault>"),
        "<s:Envelope xmlns:s='" SOAP_11
        "'><s:Header><X xmlns='urn:one'/></s:Header><s:Body>" ITEM("1") "</s:Body></s:Envelope>",
        ITEM("1"),
        "<broken",
    };
    struct arena *arena = arena_create();
    const struct xml_schema *schema = read_schema(arena);
    for (size_t index = 0; index < sizeof(bad) / sizeof(*bad); index++) {
        struct error error = {0};
        assert_false(xml_validate_envelope(schema, "bad", bad[index], strlen(bad[index]), &error));
        assert_memory_equal(error.message, "bad:", 4);
    }
    struct error error = {0};
    assert_false(xml_validate_envelope(schema, "bad", bad[0], strlen(bad[0]), &error));
    assert_memory_equal(error.message, "bad:2: ", 7);
    assert_true(xml_validate(schema, "good", bad[9], strlen(bad[9]), &error));
    assert_false(xml_validate(schema, "bad", bad[0], strlen(bad[0]), &error));
    arena_destroy(&arena);
}

void test_validate__refuses_a_wsdl_without_schema(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "<a/>",
        "<definitions/>",
        "<definitions><types/></definitions>",
        "",
        ("<definitions><types><schema xmlns='http://www.w3.org/2001/XMLSchema'>"
         "<element name='a' type='b'/></schema></types></definitions>"),
    };
    for (size_t index = 0; index < sizeof(bad) / sizeof(*bad); index++) {
        struct arena *arena = arena_create();
        struct error error = {0};
        struct xml_schema *schema = NULL;
        assert_false(
            xml_schema_read_wsdl(arena, "bad", bad[index], strlen(bad[index]), &schema, &error));
        assert_int_equal(error.code, ERROR_XML_INVALID);
        arena_destroy(&arena);
    }
}
