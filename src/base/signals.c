/*
 * signals.c - the signals that steer the program.
 */
#include "base/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "base/expect.h"

static const struct {
    int number;
    enum signal_wish wish;
} rows[] = {
    {SIGTERM, SIGNAL_STOP},
    {SIGINT, SIGNAL_STOP},
    {SIGHUP, SIGNAL_RELOAD},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static sigset_t steering_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    for (int i = 0; i < ROW_COUNT; i++) {
        sigaddset(&signals, rows[i].number);
    }
    return signals;
}

void signals_block(void)
{
    sigset_t signals = steering_signals();

    expect(pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0);
    expect(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

enum signal_wish signals_wait(int timeout_ms)
{
    struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                               .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
    sigset_t signals = steering_signals();
    int number;

    do {
        number =
            timeout_ms < 0 ? sigwaitinfo(&signals, NULL) : sigtimedwait(&signals, NULL, &timeout);
    } while (number < 0 && errno == EINTR);
    for (int i = 0; i < ROW_COUNT; i++) {
        if (rows[i].number == number) {
            return rows[i].wish;
        }
    }
    return SIGNAL_NONE;
}
