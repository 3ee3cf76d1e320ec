/*
 * report.h - those who report to a manager, for the setting security.hierarchy.
 *
 * A report counts who is in the business unit of his manager or in one below it. What direct
 * reports and their teams own the manager may read and change; what deeper ones own, read.
 */
#ifndef SECURITY_REPORT_H
#define SECURITY_REPORT_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct catalog;
struct connection;
struct error;
struct identity;

/* The identity with its reports, that many levels deep; the same identity when nobody reports. */
must_check bool report_add(struct arena *arena, struct connection *connection,
                           const struct catalog *catalog, const struct identity *identity,
                           int levels, const struct identity **identity_out, struct error *error);

#endif
