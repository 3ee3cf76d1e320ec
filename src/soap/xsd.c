/*
 * xsd.c - the schema of one service.
 *
 * Fields are minOccurs="0" and never nillable: there are clients that send xsi:nil for all that
 * is unset. No attributes, unions, choices, defaults: somebody cannot read each of them.
 */
#include "base/buffer.h"
#include "service/operation.h"
#include "soap/encode.h"
#include "soap/names.h"
#include "soap/wire.h"
#include "soap/wsdl.h"

#define INDENT "      "

static void document(struct buffer *text, const char *documentation)
{
    buffer_add_text(text, "<xs:annotation><xs:documentation>");
    encode_text(text, documentation);
    buffer_add_text(text, "</xs:documentation></xs:annotation>");
}

/* repeated: in a list; a required parameter is the only one that must be there. */
static void write_member(struct buffer *text, const struct wire_member *member, bool is_repeated)
{
    const char *prefix = member->type->is_builtin ? "xs" : "t";

    buffer_add_format(text, INDENT "    <xs:element name=\"%s\" type=\"%s:%s\"", member->name,
                      prefix, member->type->name);
    if (!member->is_required) {
        buffer_add_text(text, " minOccurs=\"0\"");
    }
    if (is_repeated) {
        buffer_add_text(text, " maxOccurs=\"unbounded\"");
    }
    if (member->documentation == NULL) {
        buffer_add_text(text, "/>\n");
        return;
    }
    buffer_add_char(text, '>');
    document(text, member->documentation);
    buffer_add_text(text, "</xs:element>\n");
}

static void write_sequence(struct buffer *text, const struct wire_type *type)
{
    if (type->member_count == 0) {
        buffer_add_text(text, INDENT "  <xs:sequence/>\n");
        return;
    }
    buffer_add_text(text, INDENT "  <xs:sequence>\n");
    for (size_t i = 0; i < type->member_count; i++) {
        write_member(text, &type->members[i], type->kind == WIRE_LIST);
    }
    buffer_add_text(text, INDENT "  </xs:sequence>\n");
}

static void write_simple_type(struct buffer *text, const struct wire_type *type)
{
    buffer_add_format(text, INDENT "<xs:simpleType name=\"%s\">\n", type->name);
    if (type->tokens == NULL) {
        buffer_add_format(text,
                          INDENT "  <xs:restriction base=\"xs:decimal\">"
                                 "<xs:totalDigits value=\"%d\"/><xs:fractionDigits value=\"%d\"/>"
                                 "</xs:restriction>\n",
                          type->total_digits, type->fraction_digits);
    } else {
        buffer_add_text(text, INDENT "  <xs:restriction base=\"xs:string\">\n");
        for (const char *const *token = type->tokens; *token != NULL; token++) {
            buffer_add_format(text, INDENT "    <xs:enumeration value=\"%s\"/>\n", *token);
        }
        buffer_add_text(text, INDENT "  </xs:restriction>\n");
    }
    buffer_add_text(text, INDENT "</xs:simpleType>\n");
}

static void write_type(struct buffer *text, const struct wire_type *type)
{
    if (type->kind < WIRE_STRUCT) {
        write_simple_type(text, type);
        return;
    }
    buffer_add_format(text, INDENT "<xs:complexType name=\"%s\">\n", type->name);
    if (type->documentation != NULL) {
        buffer_add_text(text, INDENT "  ");
        document(text, type->documentation);
        buffer_add_char(text, '\n');
    }
    write_sequence(text, type);
    buffer_add_text(text, INDENT "</xs:complexType>\n");
}

/* The element of a request or an answer: a plain sequence in an anonymous type. */
static void write_wrapper(struct buffer *text, const struct wire_type *wrapper)
{
    buffer_add_format(text, INDENT "<xs:element name=\"%s\"><xs:complexType>\n", wrapper->name);
    write_sequence(text, wrapper);
    buffer_add_text(text, INDENT "</xs:complexType></xs:element>\n");
}

static void open_schema(struct buffer *text, const char *target_namespace)
{
    buffer_add_format(text,
                      "    <xs:schema xmlns:xs=\"" NAMESPACE_SCHEMA "\" xmlns:t=\"%s\" "
                      "targetNamespace=\"%s\" elementFormDefault=\"qualified\">\n",
                      target_namespace, target_namespace);
}

/* With the types that only it has. */
static void write_fault(struct buffer *text, const struct wire_type *fault)
{
    write_type(text, fault);
    for (size_t i = 0; i < fault->member_count; i++) {
        const struct wire_type *type = fault->members[i].type;
        if (type->kind == WIRE_LIST) {
            write_type(text, type);
            write_type(text, type->members[0].type);
        }
    }
}

static void close_schema(struct buffer *text)
{
    buffer_add_text(text, "    </xs:schema>\n");
}

static void write_common(struct buffer *text, const struct wire *wire)
{
    buffer_add_text(text, INDENT "<xs:element name=\"Session\" type=\"t:SessionHeader\"/>\n");
    buffer_add_text(text, INDENT "<xs:element name=\"Request\" type=\"t:RequestHeader\"/>\n");
    buffer_add_text(text, INDENT "<xs:element name=\"CrmFault\" type=\"t:CrmFaultDetail\"/>\n");
    write_type(text, wire->session_header);
    write_type(text, wire->request_header);
    write_fault(text, wire->fault);
}

void xsd_write(struct buffer *text, const struct wire *wire, const struct wire_service *service)
{
    open_schema(text, service->target_namespace);
    for (size_t i = 0; i < service->operation_count; i++) {
        write_wrapper(text, service->operations[i].request);
        write_wrapper(text, service->operations[i].response);
    }
    for (size_t i = 0; i < service->type_count; i++) {
        write_type(text, service->types[i]);
    }
    if (!service->service->is_sent) {
        write_common(text, wire);
    }
    close_schema(text);
}

void xsd_write_common(struct buffer *text, const struct wire *wire, const char *target_namespace)
{
    open_schema(text, target_namespace);
    write_common(text, wire);
    close_schema(text);
}
