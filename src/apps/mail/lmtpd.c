/*
 * lmtpd.c - crm-lmtpd: takes mail from mail servers by LMTP, and brings it to the platform.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/mail/carrier.h"
#include "apps/mail/connector.h"
#include "apps/mail/lmtp_server.h"
#include "apps/mail/options.h"
#include "apps/mail/spool.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/notify.h"
#include "base/signals.h"
#include "base/version.h"
#include "client/client.h"

static const struct options_program program = {
    .name = "crm-lmtpd",
    .meaning = "takes mail by LMTP and files it in Svyaz",
    .usage = "[OPTION]...",
    .more =
        "Settings: /etc/crmd/connectors.conf, /etc/crmd/connectors.d/*.conf, CRM_<SECTION>_<KEY> "
        "in\n"
        "the environment, -o; the last wins. SIGTERM ends the program when the messages under way\n"
        "are in the spool. SIGHUP reads the certificate again.\n",
};

/* What is open, in the order of opening. */
struct parts {
    struct spool *spool;
    struct carrier *carrier;
    struct lmtp_server *server;
};

static bool open_parts(const struct connector *connector, struct parts *parts, struct error *error)
{
    const struct connector_settings_spool *settings = &connector->settings.spool;
    const struct spool_options options = {
        .folder = settings->dir, .bytes = settings->size, .messages = settings->messages};
    struct array names;

    if (!spool_open(connector->arena, &options, &parts->spool, &names, error) ||
        !carrier_start(connector->arena, connector, parts->spool, &names, &parts->carrier, error) ||
        !lmtp_server_start(connector->arena, connector, parts->spool, parts->carrier,
                           &parts->server, error)) {
        return false;
    }
    log_event(&connector->log, LOG_LEVEL_INFO, "ready", LOG_TEXT("version", SVYAZ_VERSION),
              LOG_TEXT("listen", lmtp_server_name(parts->server)),
              LOG_TEXT("platform", connector->settings.platform.url),
              LOG_NUMBER("waiting", (int64_t)names.count));
    return true;
}

/* Nothing more comes in, then nothing more goes out. */
static bool close_parts(struct parts *parts)
{
    bool is_clean = lmtp_server_stop(&parts->server);

    carrier_stop(&parts->carrier);
    spool_close(&parts->spool);
    return is_clean;
}

static void reload(const struct connector *connector, const struct parts *parts)
{
    struct error error = {0};

    if (!lmtp_server_reload(parts->server, &error)) {
        log_event(&connector->log, LOG_LEVEL_ERROR, "reload_failed",
                  LOG_TEXT("message", error.message), LOG_TEXT("cause", error.cause));
    }
}

static bool serve(const struct connector *connector, struct error *error)
{
    struct parts parts = {.spool = NULL};

    if (!open_parts(connector, &parts, error)) {
        close_parts(&parts);
        return false;
    }
    notify_supervisor(arena_format(connector->arena, "READY=1\nSTATUS=Listening on %s",
                                   lmtp_server_name(parts.server)));
    int period = notify_watchdog_period();
    for (;;) {
        enum signal_wish wish = signals_wait(period);
        if (wish == SIGNAL_STOP) {
            break;
        }
        if (wish == SIGNAL_RELOAD) {
            reload(connector, &parts);
        }
        notify_supervisor("WATCHDOG=1");
    }
    notify_supervisor("STOPPING=1");
    bool is_clean = close_parts(&parts);
    log_event(&connector->log, LOG_LEVEL_INFO, "stopped",
              LOG_TEXT("drain", is_clean ? "complete" : "cut off"));
    return true;
}

static bool check(const struct connector *connector, struct error *error)
{
    struct client_error client_error;

    if (!connector_check(connector, &client_error)) {
        return error_set(error, ERROR_SETTING_INVALID, "platform", "%s (%s)", client_error.message,
                         client_error.code);
    }
    puts("crm-lmtpd: the settings are in order, and the platform lets it in");
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
    umask(S_IRWXG | S_IRWXO); /* mail is nobody else's business */
    struct arena *arena = arena_create();
    struct error error = {0};
    bool is_done = run(arena, count, words, &error);

    if (!is_done) {
        fprintf(stderr, "crm-lmtpd: %s\n", error.message);
        if (error.cause[0] != '\0') {
            fprintf(stderr, "  cause: %s\n", error.cause);
        }
    }
    arena_destroy(&arena);
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
