/*
 * outage.h - operations whose statements fail, one after the other.
 */
#ifndef SUPPORT_OUTAGE_H
#define SUPPORT_OUTAGE_H

#include "support/office.h"

/* Runs an operation again and again, each time with the next of its statements failing in a way of
 * base/interrupt.h; a write is validated alone, so that each run finds what the first one did.
 * Fails the test when a run is answered with anything else than that the database is away, late or
 * met others. Answers how many were answered well although a statement had failed. */
int outage_run(struct office *office, const char *way, const char *service, const char *name,
               const void *request);

#endif
