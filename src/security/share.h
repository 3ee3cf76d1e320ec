/*
 * share.h - rights on single records, granted to users and teams.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef SECURITY_SHARE_H
#define SECURITY_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "metadata/entity.h"

struct table;

/* Record, principal -> rights; query asks it for records by what was granted on them. */
extern const struct table share_table;

/* The bit of a right, as the classic model has it; 0 for create, which nobody can be granted. */
int64_t share_mask(enum right right);

#endif
