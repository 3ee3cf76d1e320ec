/*
 * proxies.c - the headers that proxies add.
 */
#include "server/proxies.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/network.h"
#include "server/http_head.h"

/* Each proxy adds at the end whom it got the request from. */
static bool apply_addresses(const struct network_list *proxies, struct arena *arena,
                            const char *list, struct exchange_request *request)
{
    char element[NETWORK_TEXT_SIZE];
    const char *client = request->peer_address;

    while (network_next(&list, element)) {
        struct network_address address;

        if (!network_address_parse(element, &address)) {
            return false;
        }
        if (!network_list_has(proxies, &address)) {
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

bool proxies_apply(const struct network_list *proxies, struct arena *arena,
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
