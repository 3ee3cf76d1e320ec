/*
 * signals.h - the signals that steer the program, read like any other input.
 *
 * Blocked for all threads from the start, so nothing ever runs inside a signal handler. SIGPIPE
 * is ignored: a client that hangs up is an error of one write, not the program's end.
 *
 * Threads: the main thread's.
 */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <stdbool.h>

enum signal_wish {
    SIGNAL_NONE,  /* the time is over */
    SIGNAL_STOP,  /* SIGTERM, SIGINT */
    SIGNAL_RELOAD /* SIGHUP */
};

/* Blocks the signals; before any thread is started. */
void signals_block(void);

/* Waits for one of them, at most timeout_ms; -1 waits for ever. */
enum signal_wish signals_wait(int timeout_ms);

#endif
