/*
 * network.h - addresses of machines and lists of networks: "10.0.0.0/8, ::1".
 *
 * Memory: a list lives in the arena given.
 * Threads: a list is shared, never changed.
 */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct error;
struct network_list;
struct sockaddr;

struct network_address {
    uint8_t bytes[16]; /* the first four of IPv4 */
    bool is_ipv6;
};

enum { NETWORK_TEXT_SIZE = 64 };

/* Reads an address in its usual form, without brackets or zone; writes it so. */
bool network_address_parse(const char *text, struct network_address *address_out);
void network_address_format(const struct network_address *address, char text[NETWORK_TEXT_SIZE]);

/* The address of a socket of IPv4 or IPv6. */
struct network_address network_address_of(const struct sockaddr *socket_address);

/* Whether it is one of the Internet at large: not of this machine, a private, shared or link-local
 * network, multicast, a documentation or any other range that RFC 6890 and its registries set
 * apart. An IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4) is what that one is. */
bool network_address_is_public(const struct network_address *address);

/* Reads addresses and networks, separated by commas; an empty text is an empty list. Fails with
 * SETTING_INVALID, naming the setting. */
must_check bool network_list_parse(struct arena *arena, const char *text, const char *setting,
                                   struct network_list **list_out, struct error *error);

/* Whether the address is in one of them; list may be NULL. */
bool network_list_has(const struct network_list *list, const struct network_address *address);

/* Copies the next element of a comma separated list, trimmed; false at the end, and an empty text
 * for an element that is no address for its length alone. */
bool network_next(const char **list, char element[NETWORK_TEXT_SIZE]);

#endif
