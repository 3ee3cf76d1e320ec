/*
 * calendar_gate.h - lines of a calendar looked at before a parser makes objects of them. Private to
 * this floor.
 *
 * A parser makes an object of each component, property, parameter and value, of some values a copy
 * of all parameters beside them, and libical goes through all that it has for each line that it
 * does not understand (measured: 42 seconds for a mebibyte of them). So only those properties go on
 * that somebody asks for, in those components that are understood, so many and so long as they need
 * be, and closed in their order.
 *
 * Memory: the result lives in the arena given.
 * Threads: any.
 */
#ifndef DOCUMENT_CALENDAR_GATE_H
#define DOCUMENT_CALENDAR_GATE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* The first calendar as lines that are not folded, each ended by CR and LF; "" when there is none.
 * At most so many components are left; whether there were more, or a line was too long. */
const char *calendar_gate(struct arena *arena, const char *bytes, size_t length, size_t most,
                          bool *is_cut_out);

#endif
