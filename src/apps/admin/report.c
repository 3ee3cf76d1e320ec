/*
 * report.c - errors as people and scripts meet them.
 */
#include "apps/admin/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "client/client.h"

static const struct meaning {
    const char *code;
    enum exit_code exit_code;
} meanings[] = {
    {.code = "RECORD_NOT_FOUND", .exit_code = EXIT_NOT_FOUND},
    {.code = "NOT_FOUND", .exit_code = EXIT_NOT_FOUND},
    {.code = "ENTITY_UNKNOWN", .exit_code = EXIT_NOT_FOUND},
    {.code = "OPERATION_UNKNOWN", .exit_code = EXIT_NOT_FOUND},
    {.code = "NOT_ALLOWED", .exit_code = EXIT_NOT_ALLOWED},
    {.code = "NOT_AUTHENTICATED", .exit_code = EXIT_NOT_ALLOWED},
    {.code = "CREDENTIALS_INVALID", .exit_code = EXIT_NOT_ALLOWED},
    {.code = "SESSION_INVALID", .exit_code = EXIT_NOT_ALLOWED},
    {.code = "TOO_MANY_ATTEMPTS", .exit_code = EXIT_NOT_ALLOWED},
    {.code = "DUPLICATE_KEY", .exit_code = EXIT_CONFLICT},
    {.code = "VERSION_CONFLICT", .exit_code = EXIT_CONFLICT},
    {.code = "RECORD_IN_USE", .exit_code = EXIT_CONFLICT},
    {.code = "STATE_INVALID", .exit_code = EXIT_CONFLICT},
    {.code = "DATABASE_CONFLICT", .exit_code = EXIT_CONFLICT},
    {.code = "UNREACHABLE", .exit_code = EXIT_UNREACHABLE},
    {.code = "NOT_SOAP", .exit_code = EXIT_UNREACHABLE},
};

enum { MEANING_COUNT = sizeof(meanings) / sizeof(meanings[0]) };

bool report_is_terminal(FILE *file)
{
    const char *terminal = getenv("TERM");

    return isatty(fileno(file)) == 1 && (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static bool has_colours(void)
{
    const char *refused = getenv("NO_COLOR");

    return report_is_terminal(stderr) && (refused == NULL || *refused == '\0');
}

static void say_failure(const char *code, const char *message)
{
    bool is_coloured = has_colours();

    fprintf(stderr, "crmctl: %s%s%s (%s)\n", is_coloured ? "\033[31m" : "", message,
            is_coloured ? "\033[0m" : "", code);
}

static enum exit_code exit_code_of(const char *code)
{
    for (size_t i = 0; i < MEANING_COUNT; i++) {
        if (strcmp(meanings[i].code, code) == 0) {
            return meanings[i].exit_code;
        }
    }
    return EXIT_FAILED;
}

enum exit_code report_client_error(const struct client_error *error)
{
    say_failure(error->code, error->message);
    if (error->field[0] != '\0') {
        fprintf(stderr, "  field: %s%s%s\n", error->entity, error->entity[0] == '\0' ? "" : ".",
                error->field);
    }
    if (error->hint[0] != '\0') {
        fprintf(stderr, "  hint: %s\n", error->hint);
    }
    if (error->request_id[0] != '\0') {
        fprintf(stderr, "  request: %s\n", error->request_id);
    }
    return exit_code_of(error->code);
}

enum exit_code report_error(const struct error *error)
{
    say_failure(error_kind(error->code)->name, error->message);
    if (error->cause[0] != '\0') {
        fprintf(stderr, "  %s\n", error->cause);
    }
    return EXIT_FAILED;
}

void report_say(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "crmctl: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
}
