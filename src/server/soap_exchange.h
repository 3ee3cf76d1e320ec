/*
 * soap_exchange.h - lets HTTP exchanges in by the SOAP door.
 *
 * The only place where the structs of the server meet those of the door.
 */
#ifndef SERVER_SOAP_EXCHANGE_H
#define SERVER_SOAP_EXCHANGE_H

#include "server/exchange.h"

struct soap_door;

/* What the server calls for each request; the SOAP door must outlive it. */
struct exchange_door soap_exchange_door(struct soap_door *door);

#endif
