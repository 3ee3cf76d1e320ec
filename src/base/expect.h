/*
 * expect.h - a statement that holds unless the program has a bug.
 *
 * A broken expectation aborts the process, in production too: the supervisor starts it
 * again, and the database holds everything that matters. Never use it for input.
 */
#ifndef BASE_EXPECT_H
#define BASE_EXPECT_H

#include "base/attributes.h"

#define expect(condition) ((condition) ? (void)0 : expect_failed(#condition, __FILE__, __LINE__))

/* Writes the broken expectation to standard error and aborts. */
never_returns void expect_failed(const char *condition, const char *file, int line);

#endif
