/*
 * proxies.c - networks, and the headers that proxies add.
 */
#include "server/proxies.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "server/http_head.h"

enum { ELEMENT_SIZE = 64 };

struct network {
    uint8_t address[16];
    int bits;
    bool is_ipv6;
};

struct proxies {
    struct array networks; /* of struct network */
};

static bool parse_address(const char *text, uint8_t address[16], bool *is_ipv6_out)
{
    *is_ipv6_out = strchr(text, ':') != NULL;
    return inet_pton(*is_ipv6_out ? AF_INET6 : AF_INET, text, address) == 1;
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
    return parse_address(text, network->address, &network->is_ipv6) &&
           parse_bits(slash, network->is_ipv6 ? 128 : 32, &network->bits);
}

/* Copies the next element of a comma separated list, trimmed; false at the end, and an empty
 * text for an element that is too long. */
static bool take_element(const char **list, char element[ELEMENT_SIZE])
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
    length = length < ELEMENT_SIZE ? length : 0;
    memcpy(element, begin, length);
    element[length] = '\0';
    return true;
}

bool proxies_parse(struct arena *arena, const char *list, struct proxies **proxies_out,
                   struct error *error)
{
    struct proxies *proxies = arena_allocate(arena, sizeof(*proxies));
    char element[ELEMENT_SIZE];

    array_init(&proxies->networks, arena);
    while (take_element(&list, element)) {
        struct network *network = arena_allocate(arena, sizeof(*network));

        if (!parse_network(element, network)) {
            return error_set(error, ERROR_SETTING_INVALID, "trusted_proxies",
                             "%s is neither an address nor a network", element);
        }
        array_add(&proxies->networks, network);
    }
    *proxies_out = proxies;
    return true;
}

static bool has_same_bits(const uint8_t *left, const uint8_t *right, int bits)
{
    int whole = bits / 8;
    int rest = bits % 8;

    return memcmp(left, right, (size_t)whole) == 0 &&
           (rest == 0 || (left[whole] ^ right[whole]) >> (8 - rest) == 0);
}

bool proxies_contain(const struct proxies *proxies, const uint8_t *address, bool is_ipv6)
{
    for (size_t i = 0; proxies != NULL && i < proxies->networks.count; i++) {
        const struct network *network = proxies->networks.items[i];

        if (network->is_ipv6 == is_ipv6 &&
            has_same_bits(network->address, address, network->bits)) {
            return true;
        }
    }
    return false;
}

/* Each proxy adds at the end whom it got the request from. */
static bool apply_addresses(const struct proxies *proxies, struct arena *arena, const char *list,
                            struct exchange_request *request)
{
    char element[ELEMENT_SIZE];
    const char *client = request->peer_address;

    while (take_element(&list, element)) {
        uint8_t address[16];
        bool is_ipv6;

        if (!parse_address(element, address, &is_ipv6)) {
            return false;
        }
        if (!proxies_contain(proxies, address, is_ipv6)) {
            client = arena_copy_text(arena, element);
        }
    }
    request->peer_address = client;
    return true;
}

static bool is_host(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]";

    return *text != '\0' && strspn(text, allowed) == strlen(text);
}

bool proxies_apply(const struct proxies *proxies, struct arena *arena,
                   struct exchange_request *request)
{
    const char *scheme = http_head_find(request->head, "x-forwarded-proto");
    const char *host = http_head_find(request->head, "x-forwarded-host");

    if (scheme != NULL) {
        if (strcasecmp(scheme, "https") != 0 && strcasecmp(scheme, "http") != 0) {
            return false;
        }
        request->is_tls = strcasecmp(scheme, "https") == 0;
    }
    if (host != NULL) {
        if (!is_host(host)) {
            return false;
        }
        request->host = host;
    }
    /* A list may be spread over several lines, which count as one. */
    for (int i = 0; i < request->head->header_count; i++) {
        const struct http_header *header = &request->head->headers[i];

        if (strcmp(header->name, "x-forwarded-for") == 0 &&
            !apply_addresses(proxies, arena, header->value, request)) {
            return false;
        }
    }
    return true;
}
