/*
 * reader_start.c - the program started once more, with nothing of the one that starts it.
 */
#define _GNU_SOURCE /* closing all descriptors of a child, pidfds */
#include "mime/reader_start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mime/reader.h"
#include "mime/reader_task.h"

extern char **environ;

/* The file that this process runs, even when there is another one under its name by now. */
static const char program[] = "/proc/self/exe";

/* The word by which it knows what it is; it is its name as well. */
static const char parent_name[] = "crmd-readers";

/* What may be told to it: where libraries are, and what those of sanitizers do. */
static const char *const kept_variables[] = {
    "LD_LIBRARY_PATH=", "LD_PRELOAD=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS="};

enum { KEPT_COUNT = sizeof(kept_variables) / sizeof(kept_variables[0]) };

static char *find_variable(const char *begin)
{
    for (char **variable = environ; *variable != NULL; variable++) {
        if (strncmp(*variable, begin, strlen(begin)) == 0) {
            return *variable;
        }
    }
    return NULL;
}

static void keep_variables(char *kept[KEPT_COUNT + 1])
{
    size_t count = 0;

    for (size_t i = 0; i < KEPT_COUNT; i++) {
        char *variable = find_variable(kept_variables[i]);
        if (variable != NULL) {
            kept[count++] = variable;
        }
    }
    kept[count] = NULL;
}

/* Standard error stays: a library that ends the process says why. */
static int choose_files(posix_spawn_file_actions_t *files, int orders)
{
    int failure = posix_spawn_file_actions_adddup2(files, orders, MIME_ORDERS);

    if (failure == 0) {
        failure = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    }
    if (failure == 0) {
        failure = posix_spawn_file_actions_adddup2(files, STDIN_FILENO, STDOUT_FILENO);
    }
    return failure != 0 ? failure
                        : posix_spawn_file_actions_addclosefrom_np(files, MIME_ORDERS + 1);
}

/* All signals wait until it has said which of them it ignores. */
static int choose_signals(posix_spawnattr_t *attributes)
{
    sigset_t all;

    sigfillset(&all);
    int failure = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK);
    return failure != 0 ? failure : posix_spawnattr_setsigmask(attributes, &all);
}

/* An error number, or 0. */
static int spawn(int orders, pid_t *process_out)
{
    char name[sizeof(parent_name)];
    char *words[] = {name, NULL};
    char *variables[KEPT_COUNT + 1];
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;

    memcpy(name, parent_name, sizeof(name));
    keep_variables(variables);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    int failure = choose_files(&files, orders);
    if (failure == 0) {
        failure = choose_signals(&attributes);
    }
    if (failure == 0) {
        failure = posix_spawn(process_out, program, &files, &attributes, words, variables);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failure;
}

/* Both ends belong to it. An error number, or 0. */
static int start_with(const int ends[2], struct mime_parent *parent_out)
{
    pid_t process = 0;
    int failure = spawn(ends[1], &process);

    close(ends[1]);
    if (failure != 0) {
        close(ends[0]);
        return failure;
    }
    int watched = pidfd_open(process, 0);
    if (watched < 0) {
        failure = errno;
        close(ends[0]); /* by which it ends */
        waitpid(process, NULL, 0);
        return failure;
    }
    *parent_out = (struct mime_parent){.orders = ends[0], .process = watched};
    return 0;
}

bool mime_parent_start(struct mime_parent *parent_out)
{
    int ends[2] = {-1, -1};

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return false;
    }
    errno = start_with(ends, parent_out);
    return errno == 0;
}

bool mime_parent_has_gone(const struct mime_parent *parent)
{
    struct pollfd other_side = {.fd = parent->orders};

    return parent->orders < 0 ||
           (poll(&other_side, 1, 0) > 0 && (other_side.revents & (POLLHUP | POLLERR)) != 0);
}

void mime_parent_end(struct mime_parent *parent)
{
    siginfo_t ending;

    if (parent->orders < 0) {
        return;
    }
    pidfd_send_signal(parent->process, SIGKILL, NULL, 0);
    while (waitid(P_PIDFD, (id_t)parent->process, &ending, WEXITED) != 0 && errno == EINTR) {
    }
    close(parent->orders);
    close(parent->process);
    *parent = (struct mime_parent){.orders = -1, .process = -1};
}

void mime_readers_serve(int count, char **words)
{
    if (count == 1 && strcmp(words[0], parent_name) == 0) {
        mime_reader_parent();
    }
}
