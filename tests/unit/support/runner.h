/*
 * runner.h - the main program of a floor's tests: lists them, runs one, or runs each of them in a
 * process of its own.
 *
 *   PROGRAM          lists the tests
 *   PROGRAM NAME     runs one in this very process: for a debugger
 *   PROGRAM --each   runs all, one after the other; prints what failed or was skipped, with its
 *                    output, and `N passed, N failed, N skipped` as last line
 *
 * Processes are forked, not started anew: the sanitizers, the libraries and what the floor prepared
 * are there already. A test that takes longer than TEST_TIMEOUT seconds (300) is killed with all
 * that it started. TEST_TIMES names a file to which `SECONDS PROCESSOR_SECONDS PROGRAM NAME` is
 * added for each.
 */
#ifndef SUPPORT_RUNNER_H
#define SUPPORT_RUNNER_H

#include <stddef.h>

enum runner_stage {
    RUNNER_PREPARE, /* in the process that all others are forked from: no threads, no connections */
    RUNNER_BEGIN,   /* before the first test, in a process of its own */
    RUNNER_END,     /* after the last, in a process of its own */
};

struct runner {
    const char *const *names;
    size_t count;
    int (*run)(const char *name);           /* in this process; 0: passed */
    void (*suite)(enum runner_stage stage); /* what --each does besides, or NULL */
};

/* What main returns. */
int runner_main(const struct runner *runner, int argc, char **argv);

#endif
