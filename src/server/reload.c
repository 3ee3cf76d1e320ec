/*
 * reload.c - what was read again is given to those who keep to it.
 */
#include "server/reload.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/log.h"
#include "base/settings.h"
#include "call/platform.h"
#include "crypto/tls.h"
#include "server/from_settings.h"
#include "server/server.h"

static const char *listed(struct arena *arena, const struct array *names)
{
    struct buffer text;

    buffer_init(&text, arena, 256);
    for (size_t i = 0; i < names->count; i++) {
        buffer_add_format(&text, "%s%s", i > 0 ? ", " : "", (const char *)names->items[i]);
    }
    return text.bytes;
}

/* The level first: what is logged from now on is what the operator wants to see. */
static void put_in_force(const struct reload *reload, struct arena *arena,
                         const struct settings *settings)
{
    const struct platform *platform = reload->platform;
    struct session_options session = session_options_of(settings);
    struct credential_options credential = credential_options_of(settings, platform);
    enum log_level level = LOG_LEVEL_INFO;

    expect(log_level_parse(settings->log.level, &level));
    reload->log->level = level;
    reload->platform->settings = settings;
    session_cache_change(platform->sessions, arena_copy(arena, &session, sizeof(session)));
    credential_cache_change(platform->credentials,
                            arena_copy(arena, &credential, sizeof(credential)));
    struct http_limits limits = http_limits_of(settings, reload->door);
    server_change_limits(reload->server, arena_copy(arena, &limits, sizeof(limits)));
}

static void say(const struct reload *reload, enum log_level level, const char *message,
                const char *settings)
{
    log_event(reload->log, level, "reload", LOG_TEXT("message", message),
              LOG_TEXT(settings == NULL ? NULL : "settings", settings));
}

static void destroy_arena(void *object)
{
    struct arena *arena = object;

    arena_destroy(&arena);
}

static void reload_settings(const struct reload *reload)
{
    struct arena *arena = arena_create();
    struct settings *next = arena_allocate(arena, sizeof(*next));
    struct settings_sources sources = *reload->sources;
    struct settings_change change;
    struct error error = {0};

    sources.files = NULL;
    if (!settings_load(arena, &sources, next, &error)) {
        log_event(reload->log, LOG_LEVEL_ERROR, "reload", LOG_TEXT("message", error.message),
                  LOG_TEXT("hint", "Nothing was changed; crmd --check reads the same settings"));
        arena_destroy(&arena);
        return;
    }
    settings_follow(arena, reload->platform->settings, next, &change);
    if (change.waiting.count > 0) {
        say(reload, LOG_LEVEL_WARNING, "These settings want a restart",
            listed(arena, &change.waiting));
    }
    if (change.taken.count == 0) {
        say(reload, LOG_LEVEL_INFO, "No setting has changed", NULL);
        arena_destroy(&arena);
        return;
    }
    put_in_force(reload, arena, next);
    arena_on_release(reload->arena, destroy_arena, arena);
    say(reload, LOG_LEVEL_INFO, "These settings have changed", listed(arena, &change.taken));
}

static void reload_certificate(const struct reload *reload)
{
    const struct settings *settings = reload->platform->settings;
    struct error error = {0};

    if (tls_context_reload(reload->tls, &error)) {
        log_event(reload->log, LOG_LEVEL_INFO, "reload",
                  LOG_TEXT("message", "The certificate was read again"),
                  LOG_TEXT("certificate", settings->http.tls_certificate),
                  LOG_TEXT("key", settings->http.tls_key));
    } else {
        log_event(reload->log, LOG_LEVEL_ERROR, "reload", LOG_TEXT("message", error.message),
                  LOG_TEXT("cause", error.cause));
    }
}

void reload_all(const struct reload *reload)
{
    reload_settings(reload);
    if (reload->tls != NULL) {
        reload_certificate(reload);
    }
}
