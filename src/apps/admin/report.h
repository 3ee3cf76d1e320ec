/*
 * report.h - what is said on standard error, and the exit status that goes with it.
 */
#ifndef APPS_ADMIN_REPORT_H
#define APPS_ADMIN_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "apps/admin/verb.h"
#include "base/attributes.h"

struct client_error;
struct error;

/* Says what went wrong, what to do about it, and the request id; returns the exit status. */
enum exit_code report_client_error(const struct client_error *error);
enum exit_code report_error(const struct error *error);

/* Says a sentence, after the name of the program. */
printf_like(1, 2) void report_say(const char *format, ...);

/* Whether colours and moving bars are welcome there. */
bool report_is_terminal(FILE *file);

#endif
