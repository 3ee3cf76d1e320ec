/*
 * runner.c - forks a process for each test and waits for it.
 */
#include "support/runner.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIME_LIMIT = 300, OUTPUT_SHOWN = 64 * 1024 };

/* mime/reader.h: what starts readers starts this program again. Floors to its left have none. */
__attribute__((weak)) void mime_readers_serve(int count, char **words);

struct run {
    const struct runner *runner;
    const char *program; /* its name without folders */
    FILE *times;         /* or NULL */
    int time_limit;
    sigset_t awaited;  /* blocked here: a child that ended, or the wish to stop */
    sigset_t unmasked; /* as children shall have it */
    int stop_signal;   /* or 0 */
    unsigned passed, failed, skipped;
};

/* How a process ended. */
struct outcome {
    bool is_passed;
    bool is_late;
    double seconds, processor_seconds;
    char *output; /* freed by the caller */
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what)
{
    perror(what);
    exit(2);
}

/* ---- one process ---- */

/* The child: the name of a test, or a stage when it is NULL. */
static void run_child(const struct run *run, int output, const char *name, enum runner_stage stage)
{
    setpgid(0, 0);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    close(output);
    sigprocmask(SIG_SETMASK, &run->unmasked, NULL);
    if (name != NULL) {
        exit(run->runner->run(name));
    }
    run->runner->suite(stage);
    exit(EXIT_SUCCESS);
}

/* Waits for a child, for a wish to stop, or until the time is over; whether the child ended. */
static bool wait_for(struct run *run, pid_t child, double end, int *status, struct rusage *usage)
{
    while (wait4(child, status, WNOHANG, usage) == 0) {
        double rest = end - now();
        struct timespec time = {.tv_sec = (time_t)rest,
                                .tv_nsec = (long)((rest - (double)(time_t)rest) * 1e9)};
        if (rest <= 0) {
            return false;
        }
        int number = sigtimedwait(&run->awaited, NULL, &time);
        if (number > 0 && number != SIGCHLD) {
            run->stop_signal = number;
            return false;
        }
    }
    return true;
}

static char *read_output(int file)
{
    char *text = malloc(OUTPUT_SHOWN + 1);
    ssize_t length = text == NULL ? -1 : pread(file, text, OUTPUT_SHOWN, 0);
    if (length < 0) {
        die("output");
    }
    text[length] = '\0';
    return text;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static struct outcome run_process(struct run *run, const char *name, enum runner_stage stage)
{
    struct outcome outcome = {0};
    struct rusage usage = {0};
    double begin = now();
    int status = 0;
    FILE *file = tmpfile();
    if (file == NULL) {
        die("tmpfile");
    }
    fflush(NULL); /* or the child would write again what waits here */
    pid_t child = fork();
    if (child < 0) {
        die("fork");
    }
    if (child == 0) {
        run_child(run, fileno(file), name, stage);
    }
    setpgid(child, child); /* it may not have come so far itself */
    bool has_ended = wait_for(run, child, begin + run->time_limit, &status, &usage);
    if (!has_ended) {
        kill(-child, SIGKILL); /* with whatever it started; a server that a test left is to stay */
        wait4(child, &status, 0, &usage);
    }
    outcome.is_late = !has_ended && run->stop_signal == 0;
    outcome.is_passed = has_ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    outcome.seconds = now() - begin;
    outcome.processor_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    outcome.output = read_output(fileno(file));
    fclose(file);
    return outcome;
}

/* ---- all ---- */

static void tell(struct run *run, const char *name, const struct outcome *outcome)
{
    if (!outcome->is_passed) {
        run->failed++;
        printf("FAIL %s %s\n%s", run->program, name, outcome->output);
        if (outcome->is_late) {
            printf("killed after %d seconds\n", run->time_limit);
        }
    } else if (strstr(outcome->output, "SKIPPED") != NULL) { /* as cmocka says it */
        run->skipped++;
        printf("skip %s %s\n", run->program, name);
    } else {
        run->passed++;
    }
}

static void run_test(struct run *run, const char *name)
{
    struct outcome outcome = run_process(run, name, RUNNER_BEGIN);
    if (run->stop_signal == 0) {
        tell(run, name, &outcome);
    }
    if (run->times != NULL) {
        fprintf(run->times, "%.2f %.2f %s %s\n", outcome.seconds, outcome.processor_seconds,
                run->program, name);
    }
    free(outcome.output);
}

/* Whether tests may begin. */
static bool run_stage(struct run *run, const char *name, enum runner_stage stage)
{
    if (run->runner->suite == NULL) {
        return true;
    }
    struct outcome outcome = run_process(run, NULL, stage);
    if (!outcome.is_passed) {
        tell(run, name, &outcome);
    }
    free(outcome.output);
    return outcome.is_passed;
}

static void run_all(struct run *run)
{
    const struct runner *runner = run->runner;

    if (runner->suite != NULL) {
        runner->suite(RUNNER_PREPARE);
    }
    if (run_stage(run, "begin", RUNNER_BEGIN)) {
        for (size_t i = 0; i < runner->count && run->stop_signal == 0; i++) {
            run_test(run, runner->names[i]);
        }
    }
    int stop_signal = run->stop_signal;
    run->stop_signal = 0; /* what was begun is ended all the same */
    run_stage(run, "end", RUNNER_END);
    run->stop_signal = stop_signal;
}

static int run_each(const struct runner *runner, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *limit = getenv("TEST_TIMEOUT");
    const char *times = getenv("TEST_TIMES");
    struct run run = {
        .runner = runner,
        .program = slash == NULL ? path : slash + 1,
        .times = times == NULL ? NULL : fopen(times, "ae"),
        .time_limit = limit == NULL ? TIME_LIMIT : atoi(limit),
    };
    sigemptyset(&run.awaited);
    sigaddset(&run.awaited, SIGCHLD);
    sigaddset(&run.awaited, SIGINT);
    sigaddset(&run.awaited, SIGTERM);
    sigprocmask(SIG_BLOCK, &run.awaited, &run.unmasked);
    run_all(&run);
    if (run.times != NULL) {
        fclose(run.times);
    }
    printf("%u passed, %u failed, %u skipped\n", run.passed, run.failed, run.skipped);
    if (run.stop_signal != 0) {
        return 128 + run.stop_signal;
    }
    return run.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int runner_main(const struct runner *runner, int argc, char **argv)
{
    if (mime_readers_serve != NULL) {
        mime_readers_serve(argc, argv);
    }
    if (argc < 2) {
        for (size_t i = 0; i < runner->count; i++) {
            printf("%s\n", runner->names[i]);
        }
        return EXIT_SUCCESS;
    }
    return strcmp(argv[1], "--each") == 0 ? run_each(runner, argv[0]) : runner->run(argv[1]);
}
