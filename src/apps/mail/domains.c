/*
 * domains.c - whose mail is taken.
 */
#include "apps/mail/domains.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "text/domain.h"

/* Whether the domain is this one or below it. */
static bool is_within(const char *domain, const char *wanted)
{
    size_t own = strlen(domain), length = strlen(wanted);

    return own >= length && strncasecmp(domain + own - length, wanted, length) == 0 &&
           (own == length || domain[own - length - 1] == '.');
}

static bool is_in_one(struct arena *scratch, const char *domains, const char *domain)
{
    while (*domains != '\0') {
        size_t length = strcspn(domains, " ,");
        const char *wanted = arena_copy_part(scratch, domains, length);
        if (is_within(domain, text_domain_to_letters(scratch, wanted))) {
            return true;
        }
        domains += length;
        domains += strspn(domains, " ,");
    }
    return false;
}

bool domains_have(const char *domains, const char *address)
{
    const char *at = strrchr(address, '@');

    domains += strspn(domains, " ,");
    if (*domains == '\0' || at == NULL) {
        return true;
    }
    struct arena *scratch = arena_create();
    bool is_had = is_in_one(scratch, domains, text_domain_to_letters(scratch, at + 1));
    arena_destroy(&scratch);
    return is_had;
}
