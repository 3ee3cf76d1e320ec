/*
 * domains.h - whose mail is taken.
 */
#ifndef APPS_MAIL_DOMAINS_H
#define APPS_MAIL_DOMAINS_H

#include <stdbool.h>

/* Whether an address is in one of the domains, separated by commas, or below it; an empty list has
 * all. So does a local name without a domain: the mail server knows what it means by it. A domain
 * is the same in letters and in ASCII. */
bool domains_have(const char *domains, const char *address);

#endif
