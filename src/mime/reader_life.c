/*
 * reader_life.c - what a reader does, within its bounds.
 */
#define _GNU_SOURCE /* RLIMIT_AS and others as numbers */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/confine.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "mime/reader_task.h"

enum {
    OPEN_FILES = 4096, /* one for each large message within the message, and a few */
    ROOM_BYTES = 64 << 20,
    LIKELY_TO_DIE = 500 /* before the server does, when the system has no memory left */
};

/* No more than the process may have anyway. */
static bool bound_for_now(int resource, int64_t most, struct rlimit *limit)
{
    if (getrlimit((__rlimit_resource_t)resource, limit) != 0) {
        return false;
    }
    limit->rlim_cur = (rlim_t)most < limit->rlim_max ? (rlim_t)most : limit->rlim_max;
    return setrlimit((__rlimit_resource_t)resource, limit) == 0;
}

static bool bound(int resource, int64_t most)
{
    struct rlimit limit;

    if (!bound_for_now(resource, most, &limit)) {
        return false;
    }
    limit.rlim_max = limit.rlim_cur;
    return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

/* Bytes of address space that the program itself takes. */
static int64_t program_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long long pages = 0;

    if (file == NULL) {
        return -1;
    }
    if (fscanf(file, "%lld", &pages) != 1) {
        pages = -1;
    }
    fclose(file);
    return pages < 0 ? -1 : pages * (int64_t)sysconf(_SC_PAGESIZE);
}

/* AddressSanitizer takes terabytes of addresses, which no bound may touch: such a build has none
 * of memory. */
static bool bound_memory(int64_t memory)
{
#ifdef __SANITIZE_ADDRESS__
    memory = 0;
#endif
    int64_t program = program_bytes();
    return memory == 0 || (program >= 0 && bound(RLIMIT_AS, program + memory));
}

static void offer_itself(void)
{
    FILE *file = fopen("/proc/self/oom_score_adj", "we");

    if (file != NULL) {
        fprintf(file, "%d\n", LIKELY_TO_DIE);
        fclose(file);
    }
}

/* What a message may cost, beyond what the server looks after: it may be gone itself. */
static bool bound_task(const struct mime_task *task)
{
    struct rusage used;
    struct rlimit limit;

    getrusage(RUSAGE_SELF, &used);
    int64_t seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec + 2 + task->time / 1000;
    return bound_for_now(RLIMIT_CPU, seconds, &limit) &&
           bound_for_now(RLIMIT_FSIZE, 2 * task->spool.size + ROOM_BYTES, &limit);
}

static void read_task(struct arena *arena, const struct mime_task *task, int file,
                      struct mime_report *report)
{
    struct mime_message *message = NULL;
    struct error error = {0};

    if (mime_read_spool(arena, &task->spool, &task->limits, task->extent, &message, &error) &&
        mime_answer_write(arena, message, file, &report->answer, &error)) {
        report->outcome = MIME_OUTCOME_READ;
    } else {
        report->outcome =
            error.code == ERROR_VALUE_INVALID ? MIME_OUTCOME_NO_HEADER : MIME_OUTCOME_NO_ROOM;
    }
}

/* False when the server has gone. */
static bool serve_one(int tasks, struct mime_task *task)
{
    struct mime_report report = {.outcome = MIME_OUTCOME_NO_ROOM};
    int files[MIME_FILES];

    if (!descriptors_receive(tasks, task, sizeof(*task), files, MIME_FILES)) {
        return false;
    }
    struct arena *arena = arena_create();
    task->spool.file = files[MIME_FILE_SPOOL];
    task->spool.scratch = files[MIME_FILE_SCRATCH];
    task->limits.folder = NULL;
    if (bound_task(task)) {
        read_task(arena, task, files[MIME_FILE_ANSWER], &report);
    }
    arena_destroy(&arena);
    descriptors_close(files, MIME_FILES);
    return descriptors_send(tasks, &report, sizeof(report), NULL, 0);
}

never_returns void mime_reader_live(int tasks, pid_t parent, int64_t memory)
{
    static struct mime_task task; /* large, and one at a time */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(0);
    }
    prctl(PR_SET_NAME, "crmd-reader");
    signal(SIGCHLD, SIG_DFL);
    offer_itself();
    if (!bound(RLIMIT_NOFILE, OPEN_FILES) || !bound(RLIMIT_CORE, 0) || !bound_memory(memory)) {
        _exit(1);
    }
    const char ready = confine_process() ? MIME_READY : MIME_READY_UNCONFINED;
    if (!descriptors_send(tasks, &ready, sizeof(ready), NULL, 0)) {
        _exit(1);
    }
    while (serve_one(tasks, &task)) {
    }
    _exit(0);
}
