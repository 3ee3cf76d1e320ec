/*
 * domains.c - whose mail is taken.
 */
#include "apps/mail/domains.h"

#include <string.h>
#include <strings.h>

/* Whether the domain is this one or below it. */
static bool is_within(const char *domain, const char *wanted, size_t length)
{
    size_t own = strlen(domain);

    return own >= length && strncasecmp(domain + own - length, wanted, length) == 0 &&
           (own == length || domain[own - length - 1] == '.');
}

bool domains_have(const char *domains, const char *address)
{
    const char *at = strrchr(address, '@');

    domains += strspn(domains, " ,");
    if (*domains == '\0' || at == NULL) {
        return true;
    }
    while (*domains != '\0') {
        size_t length = strcspn(domains, " ,");

        if (is_within(at + 1, domains, length)) {
            return true;
        }
        domains += length;
        domains += strspn(domains, " ,");
    }
    return false;
}
