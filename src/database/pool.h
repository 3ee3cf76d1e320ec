/*
 * pool.h - what a connection asks of its pool.
 */
#ifndef DATABASE_POOL_H
#define DATABASE_POOL_H

#include <stdbool.h>

#include "base/attributes.h"

struct database;
struct error;

/* Waits to be the one writer, where the engine allows one only; DATABASE_CONFLICT when it
 * takes longer than a lock may, or at once when it may not wait. */
must_check bool pool_begin_writing(struct database *database, bool may_wait, struct error *error);
void pool_end_writing(struct database *database);

#endif
