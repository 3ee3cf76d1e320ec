/*
 * outbox.c - crm-outbox: sends what people wrote through a mail server.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/mail/connector.h"
#include "apps/mail/options.h"
#include "apps/mail/outgoing.h"
#include "apps/mail/smtp.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/signals.h"
#include "base/version.h"
#include "client/client.h"

/* Of a call, within 20 s or so: as long as the platform needs to start anew. */
enum { ATTEMPTS = 10 };

/* Times submission.away: a server shuts out who comes with a wrong password often. */
enum { REFUSED_WAIT = 20 };

static const struct options_program program = {
    .name = "crm-outbox",
    .meaning = "sends e-mails of Svyaz through a mail server",
    .usage = "[OPTION]...",
    .more =
        "Settings: /etc/crmd/connectors.conf, /etc/crmd/connectors.d/*.conf, CRM_<SECTION>_<KEY> "
        "in\n"
        "the environment, -o; the last wins. SIGTERM ends the program when the messages that it\n"
        "has taken are reported.\n",
};

static struct smtp_options options_of(const struct connector *connector)
{
    const struct connector_settings_submission *settings = &connector->settings.submission;

    return (struct smtp_options){
        .host = settings->host,
        .port = (int)settings->port,
        .security = settings->security,
        .user = settings->user,
        .password = settings->password,
        .ca_file = settings->ca_file,
        .timeout = settings->timeout,
    };
}

/* Waits, and lets the supervisor know; false when somebody wants it to end. */
static bool pause_for(int64_t milliseconds)
{
    int64_t period = notify_watchdog_period();
    enum signal_wish wish = SIGNAL_NONE;

    do {
        int64_t piece = period >= 0 && period < milliseconds ? period : milliseconds;
        notify_supervisor("WATCHDOG=1");
        wish = signals_wait((int)piece);
        milliseconds -= piece;
    } while (wish == SIGNAL_NONE && milliseconds > 0);
    return wish != SIGNAL_STOP;
}

/* Until somebody wants it to end. */
static void go_round(const struct connector *connector, struct client *client, struct smtp *smtp)
{
    const struct connector_settings_submission *settings = &connector->settings.submission;
    int64_t wait = 0;

    while (pause_for(wait)) {
        enum outgoing_result result = outgoing_round(connector, client, smtp);
        wait = result == OUTGOING_SOME      ? 0
               : result == OUTGOING_NONE    ? settings->poll
               : result == OUTGOING_REFUSED ? settings->away * REFUSED_WAIT
                                            : settings->away;
        if (wait > 0) {
            smtp_close(smtp);
        }
    }
}

/* What the settings of the mail server make. */
static bool make_smtp(const struct connector *connector, const struct smtp_options *options,
                      struct smtp **smtp_out, struct error *error)
{
    if (*options->host == '\0') {
        return error_set(error, ERROR_SETTING_INVALID, "submission.host",
                         "submission.host names no mail server");
    }
    return smtp_make(connector->arena, options, smtp_out, error);
}

static bool serve(const struct connector *connector, struct error *error)
{
    const struct smtp_options options = options_of(connector);
    struct client_error client_error;
    struct client *client = NULL;
    struct smtp *smtp = NULL;

    if (!make_smtp(connector, &options, &smtp, error)) {
        return false;
    }
    if (!connector_open_client(connector, connector->arena, ATTEMPTS, &client, &client_error)) {
        return error_set(error, ERROR_SETTING_INVALID, "platform", "%s (%s)", client_error.message,
                         client_error.code);
    }
    log_event(&connector->log, LOG_LEVEL_INFO, "ready", LOG_TEXT("version", SVYAZ_VERSION),
              LOG_TEXT("server", options.host), LOG_NUMBER("port", options.port),
              LOG_TEXT("platform", connector->settings.platform.url));
    notify_supervisor("READY=1");
    go_round(connector, client, smtp);
    notify_supervisor("STOPPING=1");
    smtp_close(smtp);
    client_close(&client);
    log_event(&connector->log, LOG_LEVEL_INFO, "stopped", LOG_TEXT("drain", "complete"));
    return true;
}

static bool check_folder(const char *folder, struct error *error)
{
    int file = file_make_nameless(folder);

    if (file < 0) {
        error_set(error, ERROR_SETTING_INVALID, "submission.dir", "%s: no file can be made there",
                  folder);
        return error_add_cause(error, "%s", strerror(errno));
    }
    close(file);
    return true;
}

static bool check(const struct connector *connector, struct error *error)
{
    const struct smtp_options options = options_of(connector);
    struct client_error client_error;
    struct smtp *smtp = NULL;

    if (!make_smtp(connector, &options, &smtp, error) ||
        !check_folder(connector->settings.submission.dir, error)) {
        return false;
    }

    if (!connector_check(connector, &client_error)) {
        return error_set(error, ERROR_SETTING_INVALID, "platform", "%s (%s)", client_error.message,
                         client_error.code);
    }
    puts("crm-outbox: the settings are in order, and the platform lets it in");
    return true;
}

static bool run(struct arena *arena, int count, char **words, struct error *error)
{
    struct options options;
    struct connector *connector = NULL;

    if (!options_read(arena, &program, count, words, &options, error)) {
        return false;
    }
    if (options_answer(&program, &options)) {
        return true;
    }
    return connector_open(arena, program.name, options.config, options.overrides, &connector,
                          error) &&
           (options.mode == OPTIONS_CHECK ? check : serve)(connector, error);
}

int main(int count, char **words)
{
    signals_block();
    umask(S_IRWXG | S_IRWXO);
    struct arena *arena = arena_create();
    struct error error = {0};
    bool is_done = run(arena, count, words, &error);

    if (!is_done) {
        fprintf(stderr, "crm-outbox: %s\n", error.message);
        if (error.cause[0] != '\0') {
            fprintf(stderr, "  cause: %s\n", error.cause);
        }
    }
    arena_destroy(&arena);
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
