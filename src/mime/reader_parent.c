/*
 * reader_parent.c - a small process with one thread, from which readers are forked.
 */
#define _GNU_SOURCE /* ppoll */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/descriptor.h"
#include "mime/reader_task.h"

enum { PATIENCE_SECONDS = 1, KEPT_BYTES = 8 << 20 };

static void wake(int signal)
{
    (void)signal;
}

/* A terminal, or whoever ends the service, signals all its processes: readers end when the server
 * does, which may have a message to finish. */
static void choose_signals(sigset_t *while_waiting)
{
    const struct sigaction woken = {.sa_handler = wake};
    sigset_t child;

    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigaction(SIGCHLD, &woken, NULL);
    sigemptyset(while_waiting);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
}

/* The child ends of sockets belong to the reader alone. */
static pid_t fork_reader(const int ends[2], int64_t memory)
{
    pid_t parent = getpid();
    pid_t reader = fork();

    if (reader == 0) {
        close(ends[0]);
        close(MIME_ORDERS);
        mime_reader_live(ends[1], parent, memory);
    }
    return reader;
}

/* The process cannot be another one by now: nobody but us waits for it, later. */
static int make_reader(const struct mime_order *order)
{
    int ends[2] = {-1, -1};
    int given[MIME_GIVEN] = {-1, -1};
    struct mime_delivery delivery = {.number = order->number};

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return errno;
    }
    pid_t reader = fork_reader(ends, order->memory);
    int failure = reader < 0 ? errno : 0;
    given[MIME_GIVEN_SOCKET] = ends[0];
    if (failure == 0 && (given[MIME_GIVEN_PROCESS] = pidfd_open(reader, 0)) < 0) {
        failure = errno;
    }
    if (failure == 0 &&
        !descriptors_send(MIME_ORDERS, &delivery, sizeof(delivery), given, MIME_GIVEN)) {
        failure = errno;
    }
    close(ends[0]);
    close(ends[1]);
    close(given[MIME_GIVEN_PROCESS]);
    return failure;
}

static void bury(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
}

/* The server has gone, and with it the sockets of all readers, who end by themselves; one that is
 * still at a message ends with us. */
static never_returns void end(void)
{
    sigset_t none;

    sigemptyset(&none);
    signal(SIGALRM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(PATIENCE_SECONDS);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
    _exit(0);
}

never_returns void mime_reader_parent(void)
{
    struct pollfd waiting = {.fd = MIME_ORDERS, .events = POLLIN};
    struct mime_order order;
    sigset_t while_waiting;

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_NAME, "crmd-readers");
    choose_signals(&while_waiting);
    arena_keep_freed(KEPT_BYTES);
    mime_reader_prepare();
    for (;;) {
        if (ppoll(&waiting, 1, NULL, &while_waiting) < 0) {
            bury();
            continue;
        }
        bury();
        if (!descriptors_receive(MIME_ORDERS, &order, sizeof(order), NULL, 0)) {
            end();
        }
        struct mime_delivery delivery = {.number = order.number, .error = make_reader(&order)};
        if (delivery.error != 0 &&
            !descriptors_send(MIME_ORDERS, &delivery, sizeof(delivery), NULL, 0)) {
            end();
        }
    }
}
