/*
 * lease.h - the right to do something alone, for a time: a row with the database's clock.
 *
 * Whoever holds a lease renews it while he works; a holder that died loses it when its time is
 * over. Only the clock of the database counts, so nodes whose clocks differ agree. Never an
 * advisory lock: Galera has none.
 *
 * A lease bounds who begins, not who ends: what is done under it must stand being done twice.
 */
#ifndef DATABASE_LEASE_H
#define DATABASE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct connection;
struct error;
struct table;
struct uuid;

/* Name -> holder and time of its end. Whoever takes leases sees to it that the table exists. */
extern const struct table lease_table;

/* Takes or renews the lease for so many milliseconds from now. taken_out is false when another
 * holds it. Outside any transaction: a race for a first lease would fail it. */
must_check bool lease_take(struct connection *connection, const char *name,
                           const struct uuid *holder, int64_t milliseconds, bool *taken_out,
                           struct error *error);

/* The clock that leases go by: milliseconds since 1970. For what is kept in rows of its own. */
must_check bool lease_clock(struct connection *connection, struct arena *arena, int64_t *now_out,
                            struct error *error);

/* Gives it back; nothing when another holds it by now. */
must_check bool lease_give_back(struct connection *connection, const char *name,
                                const struct uuid *holder, struct error *error);

#endif
