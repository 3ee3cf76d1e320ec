/*
 * process.h - crmd, run from the place where crmctl lies.
 *
 * Threads: from the main thread only.
 */
#ifndef APPS_ADMIN_PROCESS_H
#define APPS_ADMIN_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/attributes.h"

struct arena;

/* The path of a file beside the program itself: "crmd" beside crmctl. */
const char *process_beside(struct arena *arena, const char *program, const char *name);

/* Starts a program with these words (the first is its path, NULL ends them). input is written to
 * its standard input, which is then closed; NULL: it has none. Says why on standard error. */
must_check bool process_start(const struct array *words, const char *input, pid_t *process_out);

/* Waits for its end; the exit status, or 128 and more for a signal. */
int process_wait(pid_t process);

/* Whether it runs still. */
bool process_is_running(pid_t process);

/* Asks it to end, and waits. */
int process_stop(pid_t process);

/* A port of the loopback interface that nobody uses now; 0 when there is none. */
int process_free_port(void);

#endif
