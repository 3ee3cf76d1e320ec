/*
 * network.c - addresses, networks, and which of them are not the Internet.
 */
#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"

enum { BITS_OF_IPV4 = 32, BITS_OF_IPV6 = 128 };

struct network {
    struct network_address address;
    int bits;
};

struct network_list {
    struct array networks; /* of struct network */
};

/* ---- reading ---- */

bool network_address_parse(const char *text, struct network_address *address_out)
{
    *address_out = (struct network_address){.is_ipv6 = strchr(text, ':') != NULL};
    return inet_pton(address_out->is_ipv6 ? AF_INET6 : AF_INET, text, address_out->bytes) == 1;
}

void network_address_format(const struct network_address *address, char text[NETWORK_TEXT_SIZE])
{
    text[0] = '\0';
    inet_ntop(address->is_ipv6 ? AF_INET6 : AF_INET, address->bytes, text, NETWORK_TEXT_SIZE);
}

struct network_address network_address_of(const struct sockaddr *socket_address)
{
    struct network_address address = {.is_ipv6 = socket_address->sa_family == AF_INET6};

    if (address.is_ipv6) {
        memcpy(address.bytes,
               &((const struct sockaddr_in6 *)(const void *)socket_address)->sin6_addr,
               sizeof(struct in6_addr));
    } else {
        memcpy(address.bytes, &((const struct sockaddr_in *)(const void *)socket_address)->sin_addr,
               sizeof(struct in_addr));
    }
    return address;
}

static bool parse_bits(const char *text, int most, int *bits_out)
{
    int bits = 0;

    if (text == NULL) {
        *bits_out = most;
        return true;
    }
    if (*text == '\0' || strlen(text) > 3 || strspn(text, "0123456789") != strlen(text)) {
        return false;
    }
    for (; *text != '\0'; text++) {
        bits = bits * 10 + (*text - '0');
    }
    *bits_out = bits;
    return bits <= most;
}

static bool parse_network(char *text, struct network *network)
{
    char *slash = strchr(text, '/');

    if (slash != NULL) {
        *slash++ = '\0';
    }
    return network_address_parse(text, &network->address) &&
           parse_bits(slash, network->address.is_ipv6 ? BITS_OF_IPV6 : BITS_OF_IPV4,
                      &network->bits);
}

bool network_next(const char **list, char element[NETWORK_TEXT_SIZE])
{
    const char *begin = *list + strspn(*list, " \t,");
    size_t length = strcspn(begin, ",");

    *list = begin + length;
    if (length == 0) {
        return false;
    }
    while (begin[length - 1] == ' ' || begin[length - 1] == '\t') {
        length--;
    }
    length = length < NETWORK_TEXT_SIZE ? length : 0;
    memcpy(element, begin, length);
    element[length] = '\0';
    return true;
}

bool network_list_parse(struct arena *arena, const char *text, const char *setting,
                        struct network_list **list_out, struct error *error)
{
    struct network_list *list = arena_allocate(arena, sizeof(*list));
    char element[NETWORK_TEXT_SIZE];

    array_init(&list->networks, arena);
    while (network_next(&text, element)) {
        struct network *network = arena_allocate(arena, sizeof(*network));

        if (!parse_network(element, network)) {
            return error_set(error, ERROR_SETTING_INVALID, setting,
                             "%s is neither an address nor a network", element);
        }
        array_add(&list->networks, network);
    }
    *list_out = list;
    return true;
}

/* ---- comparing ---- */

static bool has_same_bits(const uint8_t *left, const uint8_t *right, int bits)
{
    int whole = bits / 8;
    int rest = bits % 8;

    return memcmp(left, right, (size_t)whole) == 0 &&
           (rest == 0 || (left[whole] ^ right[whole]) >> (8 - rest) == 0);
}

bool network_list_has(const struct network_list *list, const struct network_address *address)
{
    for (size_t i = 0; list != NULL && i < list->networks.count; i++) {
        const struct network *network = list->networks.items[i];

        if (network->address.is_ipv6 == address->is_ipv6 &&
            has_same_bits(network->address.bytes, address->bytes, network->bits)) {
            return true;
        }
    }
    return false;
}

/* ---- the Internet at large ---- */

struct range {
    uint8_t bytes[16];
    int bits;
};

/* IANA's registry of special-purpose IPv4 addresses, multicast and what was never given out. */
static const struct range special_ipv4[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* shared by a provider's customers */
    {{127}, 8},           /* this machine */
    {{169, 254}, 16},     /* link-local, where clouds answer with their secrets */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocols */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 31, 196}, 24}, /* AS112 */
    {{192, 52, 193}, 24}, /* AMT */
    {{192, 88, 99}, 24},  /* 6to4 relays */
    {{192, 168}, 16},     /* private */
    {{192, 175, 48}, 24}, /* AS112 */
    {{198, 18}, 15},      /* measurements */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 3},           /* multicast, and what was never given out */
};

/* Of IPv6 only 2000::/3 was ever given out; what is set apart within it: */
static const struct range special_ipv6[] = {
    {{0x20, 0x01}, 23},                   /* protocols: Teredo, ORCHID ... */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},       /* documentation */
    {{0x26, 0x20, 0x00, 0x4f, 0x80}, 48}, /* AS112 */
    {{0x3f, 0xff}, 20},                   /* documentation */
};

static const struct range global_ipv6 = {{0x20}, 3};

/* Prefixes behind which an IPv4 address stands. */
static const struct carrier {
    struct range prefix;
    int at; /* byte at which it begins */
} carriers[] = {
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, 12}, /* mapped */
    {{{0, 0x64, 0xff, 0x9b}, 96}, 12},                      /* NAT64 */
    {{{0x20, 0x02}, 16}, 2},                                /* 6to4 */
};

static bool is_in(const struct range *ranges, size_t count, const uint8_t *bytes)
{
    for (size_t i = 0; i < count; i++) {
        if (has_same_bits(ranges[i].bytes, bytes, ranges[i].bits)) {
            return true;
        }
    }
    return false;
}

#define IS_IN(ranges, bytes) is_in((ranges), sizeof(ranges) / sizeof(*(ranges)), (bytes))

bool network_address_is_public(const struct network_address *address)
{
    if (!address->is_ipv6) {
        return !IS_IN(special_ipv4, address->bytes);
    }
    for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
        const struct carrier *carrier = &carriers[i];
        if (has_same_bits(carrier->prefix.bytes, address->bytes, carrier->prefix.bits)) {
            return !IS_IN(special_ipv4, address->bytes + carrier->at);
        }
    }
    return has_same_bits(global_ipv6.bytes, address->bytes, global_ipv6.bits) &&
           !IS_IN(special_ipv6, address->bytes);
}
