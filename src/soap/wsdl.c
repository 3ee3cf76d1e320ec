/*
 * wsdl.c - definitions, messages, port type, bindings and service.
 *
 * The SOAP 1.1 binding stands alone unless 1.2 is asked for: there are clients that refuse a
 * document with faults of both. Headers have a message of their own, so that nobody makes
 * parameters of them.
 */
#include "soap/wsdl.h"

#include "base/buffer.h"
#include "service/operation.h"
#include "soap/encode.h"
#include "soap/names.h"
#include "soap/wire.h"

struct writing {
    struct buffer *text;
    const struct wire *wire;
    const char *name;
    const char *target_namespace;
    const struct wire_service *services; /* those in the document */
    size_t service_count;
    bool is_all;  /* messages refer to schemas of several namespaces */
    bool is_sent; /* clients serve it: it has no headers of ours, nor our fault */
};

static const struct binding {
    const char *suffix; /* of the names of binding and port */
    const char *prefix;
} bindings[] = {{"", "soap"}, {"12", "soap12"}};

/* "t:", or the prefix of a service's namespace in a document of several. */
static void add_prefix(const struct writing *writing, size_t index)
{
    if (writing->is_all) {
        buffer_add_format(writing->text, "t%zu:", index);
    } else {
        buffer_add_text(writing->text, "t:");
    }
}

static void write_head(const struct writing *writing, bool has_soap_1_2)
{
    struct buffer *text = writing->text;

    buffer_add_format(text,
                      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<wsdl:definitions name=\"%s\" targetNamespace=\"%s\"\n"
                      "    xmlns:wsdl=\"" NAMESPACE_WSDL "\"\n"
                      "    xmlns:soap=\"" NAMESPACE_WSDL_SOAP_1_1 "\"\n",
                      writing->name, writing->target_namespace);
    if (has_soap_1_2) {
        buffer_add_text(text, "    xmlns:soap12=\"" NAMESPACE_WSDL_SOAP_1_2 "\"\n");
    }
    for (size_t i = 0; writing->is_all && i < writing->service_count; i++) {
        buffer_add_format(text, "    xmlns:t%zu=\"%s\"\n", i,
                          writing->services[i].target_namespace);
    }
    buffer_add_format(text, "    xmlns:t=\"%s\">\n", writing->target_namespace);
}

static void write_types(const struct writing *writing)
{
    buffer_add_text(writing->text, "  <wsdl:types>\n");
    for (size_t i = 0; i < writing->service_count; i++) {
        xsd_write(writing->text, writing->wire, &writing->services[i]);
    }
    if (writing->is_all) {
        xsd_write_common(writing->text, writing->wire, writing->target_namespace);
    }
    buffer_add_text(writing->text, "  </wsdl:types>\n");
}

static void write_message(const struct writing *writing, size_t index, const char *operation,
                          const char *kind, const char *element)
{
    buffer_add_format(writing->text,
                      "  <wsdl:message name=\"%s%s\"><wsdl:part name=\"parameters\" element=\"",
                      operation, kind);
    add_prefix(writing, index);
    buffer_add_format(writing->text, "%s\"/></wsdl:message>\n", element);
}

/* A document of several services has headers and fault in a namespace of its own. */
static void write_messages(const struct writing *writing)
{
    for (size_t i = 0; i < writing->service_count; i++) {
        for (size_t j = 0; j < writing->services[i].operation_count; j++) {
            const struct wire_operation *operation = &writing->services[i].operations[j];
            write_message(writing, i, operation->request->name, "Request",
                          operation->request->name);
            write_message(writing, i, operation->request->name, "Response",
                          operation->response->name);
        }
    }
    if (writing->is_sent) {
        return;
    }
    buffer_add_text(writing->text,
                    "  <wsdl:message name=\"Headers\">"
                    "<wsdl:part name=\"Session\" element=\"t:Session\"/>"
                    "<wsdl:part name=\"Request\" element=\"t:Request\"/></wsdl:message>\n"
                    "  <wsdl:message name=\"CrmFaultMessage\">"
                    "<wsdl:part name=\"fault\" element=\"t:CrmFault\"/></wsdl:message>\n");
}

static void write_port_operation(const struct writing *writing,
                                 const struct wire_operation *operation)
{
    struct buffer *text = writing->text;
    const char *name = operation->request->name;

    buffer_add_format(text, "    <wsdl:operation name=\"%s\">\n      <wsdl:documentation>", name);
    encode_text(text, operation->documentation);
    buffer_add_format(text,
                      "</wsdl:documentation>\n"
                      "      <wsdl:input message=\"t:%sRequest\"/>\n"
                      "      <wsdl:output message=\"t:%sResponse\"/>\n",
                      name, name);
    if (!writing->is_sent) {
        buffer_add_text(text,
                        "      <wsdl:fault name=\"CrmFault\" message=\"t:CrmFaultMessage\"/>\n");
    }
    buffer_add_text(text, "    </wsdl:operation>\n");
}

static void write_port_type(const struct writing *writing)
{
    buffer_add_format(writing->text, "  <wsdl:portType name=\"%sPort\">\n", writing->name);
    for (size_t i = 0; i < writing->service_count; i++) {
        for (size_t j = 0; j < writing->services[i].operation_count; j++) {
            write_port_operation(writing, &writing->services[i].operations[j]);
        }
    }
    buffer_add_text(writing->text, "  </wsdl:portType>\n");
}

static void write_header_part(struct buffer *text, const char *prefix, const char *part)
{
    buffer_add_format(text, "<%s:header message=\"t:Headers\" part=\"%s\" use=\"literal\"/>",
                      prefix, part);
}

static void write_bound_operation(const struct writing *writing, const struct binding *binding,
                                  const struct wire_service *service,
                                  const struct wire_operation *operation)
{
    struct buffer *text = writing->text;
    const char *prefix = binding->prefix;
    const char *name = operation->request->name;

    buffer_add_format(text,
                      "    <wsdl:operation name=\"%s\">\n"
                      "      <%s:operation soapAction=\"%s/%s\" style=\"document\"/>\n"
                      "      <wsdl:input><%s:body use=\"literal\"/>",
                      name, prefix, service->target_namespace, name, prefix);
    if (!operation->operation->pattern->is_anonymous && !writing->is_sent) {
        write_header_part(text, prefix, "Session");
    }
    if (!writing->is_sent) {
        write_header_part(text, prefix, "Request");
    }
    buffer_add_format(text,
                      "</wsdl:input>\n"
                      "      <wsdl:output><%s:body use=\"literal\"/></wsdl:output>\n",
                      prefix);
    if (!writing->is_sent) {
        buffer_add_format(text,
                          "      <wsdl:fault name=\"CrmFault\">"
                          "<%s:fault name=\"CrmFault\" use=\"literal\"/></wsdl:fault>\n",
                          prefix);
    }
    buffer_add_text(text, "    </wsdl:operation>\n");
}

static void write_binding(const struct writing *writing, const struct binding *binding)
{
    buffer_add_format(writing->text,
                      "  <wsdl:binding name=\"%sBinding%s\" type=\"t:%sPort\">\n"
                      "    <%s:binding transport=\"http://schemas.xmlsoap.org/soap/http\" "
                      "style=\"document\"/>\n",
                      writing->name, binding->suffix, writing->name, binding->prefix);
    for (size_t i = 0; i < writing->service_count; i++) {
        const struct wire_service *service = &writing->services[i];
        for (size_t j = 0; j < service->operation_count; j++) {
            write_bound_operation(writing, binding, service, &service->operations[j]);
        }
    }
    buffer_add_text(writing->text, "  </wsdl:binding>\n");
}

static void write_service(const struct writing *writing, const char *address, size_t binding_count)
{
    struct buffer *text = writing->text;

    buffer_add_format(text, "  <wsdl:service name=\"%sService\">\n", writing->name);
    for (size_t i = 0; i < binding_count; i++) {
        buffer_add_format(text,
                          "    <wsdl:port name=\"%sPort%s\" binding=\"t:%sBinding%s\"><%s:address "
                          "location=\"",
                          writing->name, bindings[i].suffix, writing->name, bindings[i].suffix,
                          bindings[i].prefix);
        encode_text(text, address);
        buffer_add_text(text, "\"/></wsdl:port>\n");
    }
    buffer_add_text(text, "  </wsdl:service>\n</wsdl:definitions>\n");
}

void wsdl_write(struct buffer *text, const struct wire *wire, const struct wire_service *service,
                const char *address, bool has_soap_1_2)
{
    size_t binding_count = has_soap_1_2 ? 2 : 1;
    struct writing writing = {
        .text = text,
        .wire = wire,
        .name = service == NULL ? WSDL_ALL : service->name,
        .target_namespace = service == NULL ? NAMESPACE_PREFIX WSDL_ALL : service->target_namespace,
        .services = service == NULL ? wire->services : service,
        .service_count = service == NULL ? wire->service_count : 1,
        .is_all = service == NULL,
        .is_sent = service != NULL && service->service->is_sent,
    };

    write_head(&writing, has_soap_1_2);
    write_types(&writing);
    write_messages(&writing);
    write_port_type(&writing);
    for (size_t i = 0; i < binding_count; i++) {
        write_binding(&writing, &bindings[i]);
    }
    write_service(&writing, address, binding_count);
}
