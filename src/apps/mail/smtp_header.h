/*
 * smtp_header.h - the header of a message for mail servers that take ASCII alone.
 *
 * Addresses that need SMTPUTF8 have no form that such a server takes. So that others still get the
 * message and see who else does, each becomes a group without members, whose name is the address.
 *
 * Specifications: RFC 6857, 3.1.8; RFC 2047; RFC 5322, 3.4.
 */
#ifndef APPS_MAIL_SMTP_HEADER_H
#define APPS_MAIL_SMTP_HEADER_H

#include <stddef.h>

struct buffer;

/* Writes a header in which nothing but addresses is beyond ASCII, as those of the platform are,
 * with these put so. */
void smtp_header_downgrade(const char *header, size_t length, struct buffer *out);

#endif
