/*
 * expect.c - the end of a process that has found a bug in itself.
 */
#include "base/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void expect_failed(const char *condition, const char *file, int line)
{
    dprintf(STDERR_FILENO, "%s:%d: expected %s\n", file, line, condition);
    abort();
}
