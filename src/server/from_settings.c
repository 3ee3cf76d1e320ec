/*
 * from_settings.c - settings into the options and limits of the floors.
 */
#include "server/from_settings.h"

#include <string.h>
#include <unistd.h>

#include "base/settings.h"
#include "call/platform.h"
#include "soap/door.h"

enum {
    WORKERS_PER_PROCESSOR = 2,
    WORKERS_PER_HASH = 4, /* so that half of them, at most, hash or wait for it */
    DIRECTORY_THREADS_MOST = 16,
    RECHECK_MS = 1000, /* how long this node may not notice what another one changed */
};

int worker_count(const struct settings *settings)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    return settings->http.workers > 0
               ? (int)settings->http.workers
               : (int)(processors < 1 ? 1 : processors) * WORKERS_PER_PROCESSOR;
}

int directory_threads(const struct settings *settings)
{
    int threads = worker_count(settings) / 2;

    return threads < 1 ? 1 : threads > DIRECTORY_THREADS_MOST ? DIRECTORY_THREADS_MOST : threads;
}

struct session_options session_options_of(const struct settings *settings)
{
    bool has_hierarchy = strcmp(settings->security.hierarchy, "manager") == 0;

    return (struct session_options){
        .idle = settings->session.idle,
        .absolute = settings->session.absolute,
        .recheck = RECHECK_MS,
        .levels = has_hierarchy ? (int)settings->security.hierarchy_depth : 0,
    };
}

struct credential_options credential_options_of(const struct settings *settings,
                                                const struct platform *platform)
{
    return (struct credential_options){
        .text_rules = platform->text_rules,
        .remember = settings->session.verified,
        .recheck = RECHECK_MS,
        .minimum_length = (int)settings->login.password_length,
        .delay_after = (int)settings->login.delay_after,
        .attempts = (int)settings->login.lock_after,
        .lock = settings->login.lock,
        .sources = {.failures = settings->login.source_failures, .lock = settings->login.lock},
        .known_source = settings->login.known_source,
        .hashing = worker_count(settings) / WORKERS_PER_HASH,
        .waiting = worker_count(settings) / WORKERS_PER_HASH,
        .seal_key = platform->seal_key,
        .asked_at_once = directory_threads(settings),
    };
}

struct http_limits http_limits_of(const struct settings *settings, const struct soap_door *door)
{
    struct http_limits limits = http_limits_default();

    limits.head_bytes = settings->limits.head;
    limits.line_bytes = settings->limits.header_line;
    limits.head_lines = (int)settings->limits.header_lines;
    limits.body_bytes = soap_door_most_bytes(door);
    limits.free_bytes = soap_door_free_bytes(door);
    limits.inflate_ratio = (int)settings->limits.compression_ratio;
    limits.spool_folder = settings->data.dir;
    limits.handshake_ms = settings->http.head_timeout;
    limits.head_ms = settings->http.head_timeout;
    limits.request_ms = settings->http.request_timeout;
    limits.idle_ms = settings->http.idle_timeout;
    limits.bytes_per_second = settings->http.body_rate;
    limits.requests_per_connection = (int)settings->http.requests_per_connection;
    limits.connections = (int)settings->http.max_connections;
    limits.connections_per_source = (int)settings->http.connections_per_source;
    limits.workers = worker_count(settings);
    limits.queue_length = (int)settings->http.queue;
    if (!settings->http.compression) {
        limits.gzip_from_bytes = INT32_MAX;
    }
    return limits;
}
