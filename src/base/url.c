/*
 * url.c - takes a URL apart.
 */
#include "base/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"

enum { PORT_MOST = 65535, PORT_DIGITS = 5, HOST_LENGTH = 253 };

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const struct scheme {
    const char *prefix;
    bool is_https;
    int port;
} schemes[] = {{"http://", false, 80}, {"https://", true, 443}};

static const struct scheme *find_scheme(const char *text)
{
    for (size_t index = 0; index < sizeof(schemes) / sizeof(schemes[0]); index++) {
        if (strncasecmp(text, schemes[index].prefix, strlen(schemes[index].prefix)) == 0) {
            return &schemes[index];
        }
    }
    return NULL;
}

static bool consists_of(const char *text, const char *allowed)
{
    return *text != '\0' && text[strspn(text, allowed)] == '\0';
}

/* An address in brackets, an address, or a name. */
static bool read_host(struct arena *arena, const char *text, size_t length, struct url *url)
{
    bool is_bracketed = length > 2 && text[0] == '[' && text[length - 1] == ']';

    url->host = is_bracketed ? arena_copy_part(arena, text + 1, length - 2)
                             : arena_copy_part(arena, text, length);
    url->is_numeric = network_address_parse(url->host, &url->address);
    if (is_bracketed) {
        return url->is_numeric && url->address.is_ipv6;
    }
    return length <= HOST_LENGTH && consists_of(url->host, LETTERS DIGITS "-._");
}

static bool read_port(const char *text, size_t length, int *port_out)
{
    if (length == 0) {
        return true; /* "host:" means the usual one */
    }
    if (length > PORT_DIGITS || strspn(text, DIGITS) < length) {
        return false;
    }
    *port_out = atoi(text);
    return *port_out >= 1 && *port_out <= PORT_MOST;
}

static bool read_target(struct arena *arena, const char *text, struct url *url)
{
    static const char allowed[] = LETTERS DIGITS "-._~:/?[]@!$&'()*+,;=%";

    url->target = *text == '/' ? text : arena_format(arena, "/%s", text);
    url->target = arena_copy_text(arena, url->target);
    return consists_of(url->target, allowed);
}

bool url_parse(struct arena *arena, const char *text, struct url *url_out)
{
    const struct scheme *scheme = find_scheme(text);
    const char *authority = scheme == NULL ? text : text + strlen(scheme->prefix);
    size_t length = strcspn(authority, "/?");
    size_t host = length;

    if (scheme == NULL) {
        return false;
    }
    *url_out = (struct url){.is_https = scheme->is_https, .port = scheme->port};
    for (size_t at = length; at > 0 && authority[at - 1] != ']'; at--) {
        if (authority[at - 1] == ':') {
            host = at - 1;
            break;
        }
    }
    return host > 0 && read_host(arena, authority, host, url_out) &&
           (host == length || read_port(authority + host + 1, length - host - 1, &url_out->port)) &&
           read_target(arena, authority + length, url_out);
}

bool url_is_same_server(const struct url *left, const struct url *right)
{
    return left->is_https == right->is_https && left->port == right->port &&
           strcasecmp(left->host, right->host) == 0;
}
