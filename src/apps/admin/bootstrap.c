/*
 * bootstrap.c - crmctl bootstrap: crmd makes the organisation; sample data comes in through the
 * API, as all data does.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "apps/admin/connect.h"
#include "apps/admin/import.h"
#include "apps/admin/process.h"
#include "apps/admin/report.h"
#include "base/arena.h"
#include "client/client.h"

enum { READY_ATTEMPTS = 150, BETWEEN_ATTEMPTS = 200 * 1000 * 1000, SAMPLE_ERRORS = 100 };

/* Where sample data lies: in the source tree, and where it is installed. */
static const char *const sample_folders[] = {"../tests/data", "../share/svyaz/sample"};
static const char *const samples[] = {"northwind", "companies"};

enum {
    SAMPLE_FOLDER_COUNT = sizeof(sample_folders) / sizeof(sample_folders[0]),
    SAMPLE_COUNT = sizeof(samples) / sizeof(samples[0]),
};

static void add_options(const struct task *task, struct array *words)
{
    const struct arguments *arguments = task->arguments;

    array_add(words, "--data");
    array_add(words, arguments->data);
    for (size_t i = 0; i < arguments->settings.count; i++) {
        array_add(words, "-o");
        array_add(words, arguments->settings.items[i]);
    }
}

static bool make_organisation(const struct task *task, const char *password)
{
    struct array words;
    pid_t process;

    array_init(&words, task->arena);
    array_add(&words, process_beside(task->arena, task->program, "crmd"));
    array_add(&words, "--bootstrap");
    add_options(task, &words);
    array_add(&words, "--admin");
    array_add(&words, task->arguments->administrator);
    array_add(&words, "--password-stdin");
    array_add(&words, NULL);
    return process_start(&words, arena_format(task->arena, "%s\n", password), &process) &&
           process_wait(process) == 0;
}

static bool start_server(const struct task *task, int port, pid_t *process_out)
{
    struct array words;
    int admin_port = process_free_port();

    if (port == 0 || admin_port == 0) {
        report_say("there is no free port for the import of sample data");
        return false;
    }
    array_init(&words, task->arena);
    array_add(&words, process_beside(task->arena, task->program, "crmd"));
    add_options(task, &words);
    array_add(&words, "-o");
    array_add(&words, arena_format(task->arena, "http.listen=127.0.0.1:%d", port));
    array_add(&words, "-o");
    array_add(&words, arena_format(task->arena, "admin.listen=127.0.0.1:%d", admin_port));
    array_add(&words, "-o");
    array_add(&words, "log.level=warning");
    array_add(&words, NULL);
    return process_start(&words, NULL, process_out);
}

/* Logs in as soon as the server answers; gives up when it has ended, or after some time. */
static bool log_in_when_ready(struct client *client, pid_t process, struct client_error *error)
{
    for (int attempt = 0; attempt < READY_ATTEMPTS && process_is_running(process); attempt++) {
        if (client_login(client, error)) {
            return true;
        }
        if (error->failure == CLIENT_FAULT) {
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = BETWEEN_ATTEMPTS}, NULL);
    }
    return client_fail(error, CLIENT_UNREACHABLE, "UNREACHABLE", "crmd does not answer");
}

static const char *find_mapping(const struct task *task, const char *sample)
{
    for (size_t i = 0; i < SAMPLE_FOLDER_COUNT; i++) {
        const char *name = arena_format(task->arena, "%s/%s/import.xml", sample_folders[i], sample);
        const char *path = process_beside(task->arena, task->program, name);
        if (access(path, R_OK) == 0) {
            return path;
        }
    }
    return NULL;
}

static enum exit_code import_samples(const struct task *task, struct client *client)
{
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct import_options options = {
            .mapping = find_mapping(task, samples[i]),
            .errors =
                arena_format(task->arena, "%s/import-errors-%s", task->arguments->data, samples[i]),
            .error_limit = SAMPLE_ERRORS,
            .format = PRINT_TABLE,
        };
        if (options.mapping == NULL) {
            report_say("the sample data %s is not installed", samples[i]);
            return EXIT_FAILED;
        }
        report_say("importing %s", options.mapping);
        enum exit_code code = import_run(task->arena, client, &options);
        if (code != EXIT_DONE) {
            return code;
        }
    }
    return EXIT_DONE;
}

static enum exit_code add_samples(const struct task *task, const char *password)
{
    struct client_options options = connect_options(task->arguments);
    struct client *client = NULL;
    struct client_error error;
    enum exit_code code = EXIT_FAILED;
    int port = process_free_port();
    pid_t process;

    options.url = arena_format(task->arena, "http://127.0.0.1:%d", port);
    options.user_name = task->arguments->administrator;
    options.password = password;
    options.ca_file = NULL;
    if (!start_server(task, port, &process)) {
        return EXIT_FAILED;
    }
    if (client_open(task->arena, &options, &client, &error) &&
        log_in_when_ready(client, process, &error)) {
        code = import_samples(task, client);
    } else {
        code = report_client_error(&error);
    }
    client_close(&client);
    int status = process_stop(process);
    return code == EXIT_DONE && status != 0 ? EXIT_FAILED : code;
}

enum exit_code verb_bootstrap(const struct task *task)
{
    const char *password = NULL;

    if (task->arguments->data == NULL || task->arguments->administrator == NULL) {
        report_say("bootstrap wants --data DIR and --admin NAME");
        return EXIT_USAGE;
    }
    if (!read_password(task, &password)) {
        return EXIT_USAGE;
    }
    if (!make_organisation(task, password)) {
        return EXIT_FAILED;
    }
    return task->arguments->has_sample ? add_samples(task, password) : EXIT_DONE;
}
