/*
 * listen.c - settings become servers; one loop waits for signals.
 */
#include "server/listen.h"

#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/network.h"
#include "base/notify.h"
#include "base/settings.h"
#include "base/signals.h"
#include "base/version.h"
#include "call/platform.h"
#include "crypto/tls.h"
#include "database/database.h"
#include "metadata/catalog.h"
#include "mime/reader.h"
#include "server/admin.h"
#include "server/counters.h"
#include "server/from_settings.h"
#include "server/reload.h"
#include "server/server.h"
#include "server/soap_exchange.h"
#include "service/metrics.h"
#include "soap/door.h"

enum { ADMIN_WORKERS = 1, ADMIN_PATIENCE_MS = 1000, CHECK_COUNT = 2 };

struct listening {
    struct arena *arena;
    struct platform *platform;
    struct soap_door *door;
    struct log *log;
    const struct settings_sources *sources;
    struct counters counters;
    struct counters admin_counters;
    struct tls_context *tls;
    struct network_list *proxies;
    struct server *server;
    int address_count; /* of the clients' server */
    struct server *admin_server;
    struct admin admin;
    struct admin_check checks[CHECK_COUNT];
    atomic_bool is_open; /* to clients: not yet before it listens, no more when it drains */
};

/* Adds an address for each part of a list separated by commas. */
static void add_addresses(struct arena *arena, struct array *addresses, const char *list,
                          struct tls_context *context)
{
    char *rest = arena_copy_text(arena, list);
    char *part;

    while ((part = strtok_r(rest, ", ", &rest)) != NULL) {
        struct server_address *address = arena_allocate(arena, sizeof(*address));
        address->address = part;
        address->context = context;
        array_add(addresses, address);
    }
}

static struct server_address *flatten(struct arena *arena, const struct array *addresses)
{
    struct server_address *flat = arena_allocate_array(arena, addresses->count, sizeof(*flat));

    for (size_t i = 0; i < addresses->count; i++) {
        flat[i] = *(const struct server_address *)addresses->items[i];
    }
    return flat;
}

static bool open_tls(struct listening *listening, struct error *error)
{
    const struct settings *settings = listening->platform->settings;
    const struct settings_http *http = &settings->http;

    if (http->tls_listen[0] == '\0') {
        return true;
    }
    if (http->tls_certificate[0] == '\0' || http->tls_key[0] == '\0') {
        return error_set(error, ERROR_SETTING_INVALID, "http.tls_listen",
                         "http.tls_listen needs http.tls_certificate and http.tls_key");
    }
    return tls_context_open(listening->arena, http->tls_certificate, http->tls_key, &listening->tls,
                            error) &&
           (!http->tls_client_certificates || tls_context_ask_clients(listening->tls, error));
}

static bool open_server(struct listening *listening, struct error *error)
{
    const struct settings *settings = listening->platform->settings;
    struct array addresses;

    if (!network_list_parse(listening->arena, settings->http.trusted_proxies, "trusted_proxies",
                            &listening->proxies, error)) {
        return false;
    }
    array_init(&addresses, listening->arena);
    add_addresses(listening->arena, &addresses, settings->http.listen, NULL);
    add_addresses(listening->arena, &addresses, settings->http.tls_listen, listening->tls);
    struct server_options options = {
        .limits = http_limits_of(settings, listening->door),
        .addresses = flatten(listening->arena, &addresses),
        .address_count = (int)addresses.count,
        .door = soap_exchange_door(listening->door),
        .proxies = listening->proxies,
        .log = listening->platform->log,
        .counters = &listening->counters,
    };
    if (!server_create(listening->arena, &options, &listening->server, error) ||
        !server_start(listening->server, error)) {
        return false;
    }
    listening->address_count = options.address_count;
    for (int i = 0; i < options.address_count; i++) {
        log_event(listening->platform->log, LOG_LEVEL_INFO, "listening",
                  LOG_TEXT("url", server_url(listening->server, i)),
                  LOG_TEXT("services", arena_format(listening->arena, "%s/soap",
                                                    server_url(listening->server, i))));
    }
    return true;
}

/* The database answers: a connection can be had. */
static bool database_is_fine(void *context, struct buffer *words)
{
    struct platform *platform = context;
    struct connection *connection = NULL;
    struct error error = {0};

    if (!database_acquire(platform->database, &connection, &error)) {
        buffer_add_text(words, error.message);
        return false;
    }
    database_release(&connection);
    return true;
}

/* New clients are taken. */
static bool listener_is_open(void *context, struct buffer *words)
{
    const struct listening *listening = context;

    if (atomic_load(&listening->is_open)) {
        return true;
    }
    buffer_add_text(words, "No new clients are let in");
    return false;
}

static void write_reader_metrics(struct platform *platform, struct buffer *text)
{
    const struct mime_reader_counts counts = mime_readers_count(platform->readers);

    buffer_add_format(
        text,
        "# HELP crm_mail_readers_total Processes made to read mail, those lost over a "
        "message, and new starts of their parent.\n"
        "# TYPE crm_mail_readers_total counter\n"
        "crm_mail_readers_total{event=\"made\"} %llu\n"
        "crm_mail_readers_total{event=\"lost\"} %llu\n"
        "crm_mail_readers_total{event=\"restarted\"} %llu\n"
        "# HELP crm_mail_hostile_total Messages that readers were lost over: read by "
        "their header alone, or refused.\n"
        "# TYPE crm_mail_hostile_total counter\n"
        "crm_mail_hostile_total{outcome=\"cut\"} %llu\n"
        "crm_mail_hostile_total{outcome=\"refused\"} %llu\n",
        counts.made, counts.lost, counts.restarted, counts.cut, counts.refused);
}

static void write_metrics(void *context, struct buffer *text)
{
    struct platform *platform = context;
    int open = 0;
    int used = 0;

    database_count(platform->database, &open, &used);
    buffer_add_format(text,
                      "# HELP crm_database_connections Connections to the database.\n"
                      "# TYPE crm_database_connections gauge\n"
                      "crm_database_connections{state=\"open\"} %d\n"
                      "crm_database_connections{state=\"used\"} %d\n",
                      open, used);
    write_reader_metrics(platform, text);
    service_metrics_write(platform->metrics, text);
}

static bool open_admin(struct listening *listening, struct error *error)
{
    const struct settings *settings = listening->platform->settings;
    struct array addresses;

    array_init(&addresses, listening->arena);
    add_addresses(listening->arena, &addresses, settings->admin.listen, NULL);
    if (addresses.count == 0) {
        return true;
    }
    listening->checks[0] = (struct admin_check){
        .name = "listener",
        .context = listening,
        .is_fine = listener_is_open,
    };
    listening->checks[1] = (struct admin_check){
        .name = "database",
        .context = listening->platform,
        .is_fine = database_is_fine,
    };
    listening->admin = (struct admin){
        .counters = &listening->counters,
        .checks = listening->checks,
        .check_count = CHECK_COUNT,
        .context = listening->platform,
        .write_metrics = write_metrics,
    };
    struct server_options options = {
        .limits = http_limits_default(),
        .addresses = flatten(listening->arena, &addresses),
        .address_count = (int)addresses.count,
        .door = admin_door(&listening->admin),
        .log = listening->platform->log,
        .counters = &listening->admin_counters,
    };
    options.limits.workers = ADMIN_WORKERS;
    options.limits.body_bytes = 0; /* nothing is sent to these pages */
    if (!server_create(listening->arena, &options, &listening->admin_server, error) ||
        !server_start(listening->admin_server, error)) {
        return false;
    }
    log_event(listening->platform->log, LOG_LEVEL_INFO, "listening",
              LOG_TEXT("admin", server_url(listening->admin_server, 0)));
    return true;
}

/* That it is ready, and where: what `systemctl status` shows. */
static void notify_ready(const struct listening *listening)
{
    struct arena *scratch = arena_create();
    struct buffer text;

    buffer_init(&text, scratch, 256);
    buffer_add_text(&text, "READY=1\nSTATUS=Listening on");
    for (int i = 0; i < listening->address_count; i++) {
        buffer_add_format(&text, " %s", server_url(listening->server, i));
    }
    if (listening->admin_server != NULL) {
        buffer_add_format(&text, "; for operators on %s", server_url(listening->admin_server, 0));
    }
    notify_supervisor(text.bytes);
    arena_destroy(&scratch);
}

static void reload(struct listening *listening)
{
    const struct reload reload = {
        .arena = listening->arena,
        .platform = listening->platform,
        .log = listening->log,
        .sources = listening->sources,
        .door = listening->door,
        .server = listening->server,
        .tls = listening->tls,
    };

    notify_supervisor("RELOADING=1");
    reload_all(&reload);
    notify_ready(listening);
}

static void serve(struct listening *listening)
{
    const struct platform *platform = listening->platform;

    atomic_store(&listening->is_open, true);
    log_event(platform->log, LOG_LEVEL_INFO, "ready", LOG_TEXT("version", SVYAZ_VERSION),
              LOG_TEXT("database", database_engine(platform->database)),
              LOG_NUMBER("entities", (int64_t)platform->catalog->entity_count));
    notify_ready(listening);
    int period = notify_watchdog_period();
    for (;;) {
        enum signal_wish wish = signals_wait(period);
        if (wish == SIGNAL_STOP) {
            break;
        }
        if (wish == SIGNAL_RELOAD) {
            reload(listening);
        }
        if (wish == SIGNAL_NONE) {
            notify_supervisor("WATCHDOG=1");
        }
    }
    atomic_store(&listening->is_open, false);
    notify_supervisor("STOPPING=1");
    const struct settings *settings = platform->settings;
    bool is_clean = server_drain(listening->server, settings->http.drain_timeout);
    log_event(platform->log, LOG_LEVEL_INFO, "stopped",
              LOG_TEXT("drain", is_clean ? "complete" : "cut off"));
}

bool listen_and_serve(const struct listen_options *options, struct error *error)
{
    struct arena *arena = arena_create();
    struct listening *listening = arena_allocate(arena, sizeof(*listening));

    *listening = (struct listening){
        .arena = arena,
        .platform = options->platform,
        .door = options->door,
        .log = options->log,
        .sources = options->sources,
    };
    bool is_open =
        open_tls(listening, error) && open_admin(listening, error) && open_server(listening, error);
    if (is_open) {
        serve(listening);
    }
    server_destroy(&listening->server);
    if (listening->admin_server != NULL) {
        server_drain(listening->admin_server, ADMIN_PATIENCE_MS);
        server_destroy(&listening->admin_server);
    }
    arena_destroy(&arena);
    return is_open;
}
