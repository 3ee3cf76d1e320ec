/*
 * http_rules.h - what a request may be: framing, media type, coding, host, origin.
 *
 * A table of small checks over a parsed head; each notes what it found out in the head.
 */
#ifndef SERVER_HTTP_RULES_H
#define SERVER_HTTP_RULES_H

#include <stdbool.h>

#include "base/attributes.h"
#include "server/refusal.h"

struct http_head;

/* Runs all checks; the first refusal counts. is_tls tells how the client came in. */
must_check enum refusal http_rules_check(struct http_head *head, bool is_tls);

#endif
