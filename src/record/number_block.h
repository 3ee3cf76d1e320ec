/*
 * number_block.h - numbers of series that may have gaps, taken in blocks.
 *
 * A node takes some numbers at once, in a transaction of its own on a connection of its own, and
 * gives them to its calls one by one: no call waits until another has committed. A number whose
 * call is rolled back, and what is left of a block when the node ends, is never given to anybody.
 * So there are gaps, and two nodes number in turn; a number is never given twice, since a block is
 * given only after the transaction that took it was committed.
 *
 * Threads: shared.
 */
#ifndef RECORD_NUMBER_BLOCK_H
#define RECORD_NUMBER_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct database_options;
struct error;
struct number_blocks;

/* Connects to the database once more; size: numbers in a block. NULL where the engine has one
 * writer only: he who takes a block would wait for him who draws from it. The caller closes it. */
must_check bool number_blocks_open(const struct database_options *options, int64_t size,
                                   struct number_blocks **blocks_out, struct error *error);

/* Accepts a pointer to NULL, leaves NULL. */
void number_blocks_close(struct number_blocks **blocks);

/* The next number of a series. A failure has changed nothing that the caller does. */
must_check bool number_blocks_draw(struct number_blocks *blocks, const char *series,
                                   int64_t *number_out, struct error *error);

#endif
