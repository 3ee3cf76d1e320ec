/*
 * connect.c - who asks, and where the password comes from.
 */
#include "apps/admin/connect.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "apps/admin/report.h"
#include "base/arena.h"
#include "client/client.h"

enum { PASSWORD_SIZE = 1026, ATTEMPTS = 6 };

/* Reads the first line, without its end. */
static bool read_line(struct arena *arena, FILE *file, const char **line_out)
{
    char line[PASSWORD_SIZE];

    if (fgets(line, sizeof(line), file) == NULL) {
        return false;
    }
    line[strcspn(line, "\r\n")] = '\0';
    *line_out = arena_copy_text(arena, line);
    memset(line, 0, sizeof(line));
    return true;
}

static bool ask_for_password(struct arena *arena, const char **password_out)
{
    struct termios before;

    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return false;
    }
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "Password: ");
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    bool is_read = read_line(arena, stdin, password_out);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fprintf(stderr, "\n");
    return is_read;
}

static bool read_password_file(const struct task *task, const char **password_out)
{
    const char *path = task->arguments->password_file;
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        report_say("%s cannot be read: %s", path, strerror(errno));
        return false;
    }
    bool is_read = read_line(task->arena, file, password_out);
    fclose(file);
    if (!is_read) {
        report_say("%s is empty", path);
    }
    return is_read;
}

bool read_password(const struct task *task, const char **password_out)
{
    const struct arguments *arguments = task->arguments;

    if (arguments->has_password_on_stdin) {
        if (read_line(task->arena, stdin, password_out)) {
            return true;
        }
        report_say("there is no password on standard input");
        return false;
    }
    if (arguments->password_file != NULL) {
        return read_password_file(task, password_out);
    }
    if (isatty(STDIN_FILENO) == 1 && ask_for_password(task->arena, password_out)) {
        return true;
    }
    report_say("give the password with --password-file or --password-stdin");
    return false;
}

struct client_options connect_options(const struct arguments *arguments)
{
    return (struct client_options){
        .url = arguments->url,
        .application = "crmctl",
        .ca_file = arguments->ca_file,
        .timeout = (int)arguments->timeout,
        .attempts = ATTEMPTS,
    };
}

bool connect_client(const struct task *task, struct client **client_out, enum exit_code *code_out)
{
    struct client_options options = connect_options(task->arguments);
    struct client_error error;

    options.user_name = task->arguments->user;
    *code_out = EXIT_USAGE;
    if (options.user_name == NULL) {
        report_say("give the user name with --user");
        return false;
    }
    if (!read_password(task, &options.password)) {
        return false;
    }
    if (!client_open(task->arena, &options, client_out, &error) ||
        !client_login(*client_out, &error)) {
        *code_out = report_client_error(&error);
        return false;
    }
    return true;
}
