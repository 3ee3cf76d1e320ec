/*
 * proxies.h - the proxies in front of us whose word about the client is believed.
 *
 * A request that comes from such an address may say by X-Forwarded-For, -Proto and -Host who
 * its client is and how he came. From anybody else these headers are only text.
 *
 * Memory: what is written into the request lives in the arena given.
 */
#ifndef SERVER_PROXIES_H
#define SERVER_PROXIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "server/exchange.h"

struct arena;
struct network_list;

/* Replaces the client's address, host and scheme by what the trusted proxy says. With several
 * proxies in a row the client is the last address named that is not itself trusted. False when
 * the headers make no sense. */
must_check bool proxies_apply(const struct network_list *proxies, struct arena *arena,
                              struct exchange_request *request);

#endif
