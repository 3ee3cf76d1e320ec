/*
 * listing.c - plain HTML without scripts or styles of its own.
 */
#include "soap/listing.h"

#include "base/buffer.h"
#include "metadata/entity.h"
#include "service/operation.h"
#include "soap/encode.h"
#include "soap/wire.h"
#include "soap/wsdl.h"

static void open_page(struct buffer *text, const char *title)
{
    buffer_add_format(text,
                      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width\">"
                      "<title>%s</title></head>\n<body>\n<h1>%s</h1>\n",
                      title, title);
}

static void close_page(struct buffer *text)
{
    buffer_add_text(text, "</body></html>\n");
}

/* An entity's description in both languages; a family has its operations only. */
static void write_meaning(struct buffer *text, const struct entity *entity)
{
    if (entity == NULL) {
        return;
    }
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        const char *label = entity->label.text[language];
        if (label != NULL) {
            buffer_add_text(text, language == 0 ? "" : ", ");
            encode_text(text, label);
        }
    }
}

static void write_row(struct buffer *text, const struct wire_service *service)
{
    buffer_add_format(text, "<tr><td><a href=\"/soap/%s\">%s</a></td><td>", service->name,
                      service->name);
    write_meaning(text, service->service->entity);
    buffer_add_format(text, "</td><td>%zu</td><td><a href=\"/soap/%s?wsdl\">WSDL</a></td></tr>\n",
                      service->operation_count, service->name);
}

static void write_sent(struct buffer *text, const struct wire_service *service)
{
    buffer_add_format(
        text,
        "<tr><td><a href=\"/soap/%s\">%s</a></td><td>Yours to serve: what this server "
        "sends</td><td>%zu</td><td><a href=\"/soap/%s?wsdl\">WSDL</a></td></tr>\n",
        service->name, service->name, service->operation_count, service->name);
}

void listing_write(struct buffer *text, const struct wire *wire)
{
    open_page(text, "Svyaz: services");
    buffer_add_text(
        text, "<p>Each service has its contract at its address with <code>?wsdl</code>; "
              "<code>?wsdl&amp;soap=12</code> adds SOAP 1.2.</p>\n"
              "<table>\n<tr><th>Service</th><th>Records</th><th>Operations</th><th></th></tr>\n");
    for (size_t i = 0; i < wire->service_count; i++) {
        write_row(text, &wire->services[i]);
    }
    for (size_t i = 0; i < wire->sent_count; i++) {
        write_sent(text, &wire->sent[i]);
    }
    buffer_add_text(text, "<tr><td>" WSDL_ALL "</td><td>Everything in one contract</td><td></td>"
                          "<td><a href=\"/soap/" WSDL_ALL "?wsdl\">WSDL</a></td></tr>\n</table>\n");
    close_page(text);
}

void listing_write_service(struct buffer *text, const struct wire_service *service)
{
    open_page(text, service->name);
    buffer_add_format(text,
                      "<p><a href=\"/soap/%s?wsdl\">WSDL</a> · <a href=\"/soap\">All "
                      "services</a></p>\n<dl>\n",
                      service->name);
    for (size_t i = 0; i < service->operation_count; i++) {
        const struct wire_operation *operation = &service->operations[i];
        buffer_add_format(text, "<dt><code>%s</code></dt><dd>", operation->request->name);
        encode_text(text, operation->documentation);
        buffer_add_text(text, "</dd>\n");
    }
    buffer_add_text(text, "</dl>\n");
    close_page(text);
}
