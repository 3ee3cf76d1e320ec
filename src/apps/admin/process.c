/*
 * process.c - children, and the ports that they are given.
 */
#include "apps/admin/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/admin/report.h"
#include "base/arena.h"

enum { PATH_SIZE = 4096, CANNOT_RUN = 127, SIGNALLED = 128 };

const char *process_beside(struct arena *arena, const char *program, const char *name)
{
    char path[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (length <= 0) {
        length = (ssize_t)strlen(program);
        length = length < PATH_SIZE ? length : PATH_SIZE - 1;
        memcpy(path, program, (size_t)length);
    }
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return name;
    }
    *slash = '\0';
    return arena_format(arena, "%s/%s", path, name);
}

/* What the child does: standard input from the pipe, standard output to standard error, since
 * ours is for data. */
static void become(const struct array *words, int input)
{
    if (dup2(input, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
        close(input);
        execv(words->items[0], (char *const *)words->items);
    }
    _exit(CANNOT_RUN);
}

static bool write_input(int descriptor, const char *text)
{
    size_t length = text == NULL ? 0 : strlen(text);

    while (length > 0) {
        ssize_t written = write(descriptor, text, length);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        text += written < 0 ? 0 : written;
        length -= written < 0 ? 0 : (size_t)written;
    }
    return true;
}

bool process_start(const struct array *words, const char *input, pid_t *process_out)
{
    int ends[2];

    if (access(words->items[0], X_OK) != 0) {
        report_say("%s cannot be run: %s", (const char *)words->items[0], strerror(errno));
        return false;
    }
    if (pipe(ends) != 0) {
        report_say("no pipe can be made: %s", strerror(errno));
        return false;
    }
    signal(SIGPIPE, SIG_IGN);
    pid_t process = fork();
    if (process == 0) {
        close(ends[1]);
        become(words, ends[0]);
    }
    close(ends[0]);
    /* A child that does not read its input says itself what is wrong. */
    (void)!write_input(ends[1], process > 0 ? input : NULL);
    close(ends[1]);
    if (process < 0) {
        report_say("no process can be made: %s", strerror(errno));
        return false;
    }
    *process_out = process;
    return true;
}

int process_wait(pid_t process)
{
    int status = 0;

    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status);
}

bool process_is_running(pid_t process)
{
    siginfo_t information = {.si_pid = 0};

    return waitid(P_PID, (id_t)process, &information, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           information.si_pid == 0;
}

int process_stop(pid_t process)
{
    kill(process, SIGTERM);
    return process_wait(process);
}

int process_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    int port = 0;

    if (descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, length) == 0 &&
        getsockname(descriptor, (struct sockaddr *)&address, &length) == 0) {
        port = ntohs(address.sin_port);
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    return port;
}
