/*
 * wsdl.h - writes the contract of a service, or of all, as WSDL 1.1 with inline schemas.
 *
 * Document/literal wrapped, one schema for each namespace, nothing by URL. The shapes follow
 * what sixteen real clients can read; each rule is said where it is written.
 *
 * Threads: any.
 */
#ifndef SOAP_WSDL_H
#define SOAP_WSDL_H

#include <stdbool.h>

struct buffer;
struct wire;
struct wire_service;

/* The service that holds everything. */
#define WSDL_ALL "All"

/* Writes the WSDL of a service; service NULL: all of them in one document. address is where
 * the service is, already escaped by nobody. has_soap_1_2 adds that binding after the 1.1 one. */
void wsdl_write(struct buffer *text, const struct wire *wire, const struct wire_service *service,
                const char *address, bool has_soap_1_2);

/* Writes the schema of one service: its elements, types, headers and fault. */
void xsd_write(struct buffer *text, const struct wire *wire, const struct wire_service *service);

/* Writes the schema of the headers and the fault alone, in a namespace. */
void xsd_write_common(struct buffer *text, const struct wire *wire, const char *target_namespace);

#endif
