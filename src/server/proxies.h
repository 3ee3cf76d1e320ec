/*
 * proxies.h - the proxies in front of us whose word about the client is believed.
 *
 * A request that comes from such an address may say by X-Forwarded-For, -Proto and -Host who
 * its client is and how he came. From anybody else these headers are only text.
 *
 * Memory: lives in the arena given.
 * Threads: shared, never changed.
 */
#ifndef SERVER_PROXIES_H
#define SERVER_PROXIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "server/exchange.h"

struct arena;
struct error;
struct proxies;

/* Reads "10.0.0.0/8, ::1": addresses or networks, separated by commas; empty is none. Fails
 * with SETTING_INVALID. */
must_check bool proxies_parse(struct arena *arena, const char *list, struct proxies **proxies_out,
                              struct error *error);

/* Whether an address (four or sixteen bytes) is one of them. proxies may be NULL. */
bool proxies_contain(const struct proxies *proxies, const uint8_t *address, bool is_ipv6);

/* Replaces the client's address, host and scheme by what the trusted proxy says. With several
 * proxies in a row the client is the last address named that is not itself trusted. False when
 * the headers make no sense. */
must_check bool proxies_apply(const struct proxies *proxies, struct arena *arena,
                              struct exchange_request *request);

#endif
