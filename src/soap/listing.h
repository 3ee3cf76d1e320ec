/*
 * listing.h - pages for people who look at /soap in a browser.
 */
#ifndef SOAP_LISTING_H
#define SOAP_LISTING_H

struct buffer;
struct wire;
struct wire_service;

/* Writes the list of services. */
void listing_write(struct buffer *text, const struct wire *wire);

/* Writes the list of one service's operations. */
void listing_write_service(struct buffer *text, const struct wire_service *service);

#endif
