/*
 * carrier.h - brings letters from the spool to the platform, several at once, until they are there.
 *
 * A letter leaves the spool when the platform has answered, and not before. While the platform is
 * away nothing is lost: letters wait. What it refuses for good is put aside with the reason.
 *
 * Memory: a carrier lives in the arena given.
 * Threads: any thread may hand letters over.
 */
#ifndef APPS_MAIL_CARRIER_H
#define APPS_MAIL_CARRIER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct array;
struct carrier;
struct connector;
struct error;
struct spool;

/* Starts with the letters that wait in the spool (const char *). Fails with INTERNAL when there are
 * no threads, SETTING_INVALID when the platform's address or certificate cannot be used. */
must_check bool carrier_start(struct arena *arena, const struct connector *connector,
                              struct spool *spool, const struct array *names,
                              struct carrier **carrier_out, struct error *error);

/* A letter more, that the spool has. */
void carrier_add(struct carrier *carrier, const char *name);

/* Since how many milliseconds the platform has taken nothing; 0: it takes letters. */
int64_t carrier_away_for(struct carrier *carrier);

/* Lets each thread finish the letter that it has, and ends; what waits stays in the spool. Accepts
 * a pointer to NULL and leaves NULL. */
void carrier_stop(struct carrier **carrier);

#endif
