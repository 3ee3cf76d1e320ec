/*
 * daemon.c - what crm-lmtpd and crm-imap have in common, from the command line to the end.
 */
#include "apps/mail/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "apps/mail/carrier.h"
#include "apps/mail/connector.h"
#include "apps/mail/options.h"
#include "apps/mail/spool.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/notify.h"
#include "base/signals.h"
#include "base/version.h"
#include "client/client.h"

/* What is open, in the order of opening. */
struct parts {
    const struct daemon_door *door;
    struct spool *spool;
    struct carrier *carrier;
    void *open_door;
    const char *where;
};

static bool open_parts(const struct connector *connector, struct parts *parts, struct error *error)
{
    const struct connector_settings_spool *settings = &connector->settings.spool;
    const struct spool_options options = {.folder = connector_folder(connector, settings->dir),
                                          .bytes = settings->size,
                                          .messages = settings->messages};
    struct array names;

    if (!spool_open(connector->arena, &options, &parts->spool, &names, error) ||
        !carrier_start(connector->arena, connector, parts->spool, &names, &parts->carrier, error) ||
        !parts->door->open(connector, parts->spool, parts->carrier, &parts->open_door,
                           &parts->where, error)) {
        return false;
    }
    log_event(&connector->log, LOG_LEVEL_INFO, "ready", LOG_TEXT("version", SVYAZ_VERSION),
              LOG_TEXT("door", parts->where),
              LOG_TEXT("platform", connector->settings.platform.url),
              LOG_NUMBER("waiting", (int64_t)names.count));
    return true;
}

/* Nothing more comes in, then nothing more goes out. */
static bool close_parts(struct parts *parts)
{
    bool is_clean = parts->open_door == NULL || parts->door->close(parts->open_door);

    carrier_stop(&parts->carrier);
    spool_close(&parts->spool);
    return is_clean;
}

static void reload(const struct connector *connector, const struct parts *parts)
{
    struct error error = {0};

    if (!parts->door->reload(parts->open_door, &error)) {
        log_event(&connector->log, LOG_LEVEL_ERROR, "reload_failed",
                  LOG_TEXT("message", error.message), LOG_TEXT("cause", error.cause));
    }
}

static bool serve(const struct connector *connector, const struct daemon_door *door,
                  struct error *error)
{
    struct parts parts = {.door = door};

    if (!open_parts(connector, &parts, error)) {
        close_parts(&parts);
        return false;
    }
    notify_supervisor(arena_format(connector->arena, "READY=1\nSTATUS=%s", parts.where));
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

static bool check(const struct connector *connector, const struct daemon_door *door,
                  struct error *error)
{
    struct client_error client_error;

    if (!door->check(connector, error)) {
        return false;
    }
    if (!connector_check(connector, &client_error)) {
        return error_set(error, ERROR_SETTING_INVALID, "platform", "%s (%s)", client_error.message,
                         client_error.code);
    }
    printf("%s: the settings are in order, and the platform lets it in\n", connector->program);
    return true;
}

static bool run(struct arena *arena, const struct options_program *program,
                const struct daemon_door *door, int count, char **words, struct error *error)
{
    struct options options;
    struct connector *connector = NULL;

    if (!options_read(arena, program, count, words, &options, error)) {
        return false;
    }
    if (options_answer(program, &options)) {
        return true;
    }
    if (!connector_open(arena, program->name, options.config, options.overrides, &connector,
                        error)) {
        return false;
    }
    return options.mode == OPTIONS_CHECK ? check(connector, door, error)
                                         : serve(connector, door, error);
}

int daemon_main(const struct options_program *program, const struct daemon_door *door, int count,
                char **words)
{
    signals_block();
    umask(S_IRWXG | S_IRWXO); /* mail is nobody else's business */
    struct arena *arena = arena_create();
    struct error error = {0};
    bool is_done = run(arena, program, door, count, words, &error);

    if (!is_done) {
        fprintf(stderr, "%s: %s\n", program->name, error.message);
        if (error.cause[0] != '\0') {
            fprintf(stderr, "  cause: %s\n", error.cause);
        }
    }
    arena_destroy(&arena);
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
