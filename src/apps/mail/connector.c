/*
 * connector.c - settings, log, and the client made of them.
 */
#include "apps/mail/connector.h"

#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/setting_list.h"
#include "client/client.h"

extern char **environ;
extern const struct setting connector_settings_table[CONNECTOR_SETTING_COUNT];
extern const struct settings_section connector_settings_sections[];

static const struct setting_list list = {
    .rows = connector_settings_table,
    .count = CONNECTOR_SETTING_COUNT,
    .sections = connector_settings_sections,
    .size = sizeof(struct connector_settings),
    .file = "connectors.conf",
    .drop_ins = "connectors.d/*.conf",
};

bool connector_open(struct arena *arena, const char *program, const char *file,
                    const char *const *overrides, struct connector **connector_out,
                    struct error *error)
{
    const struct settings_sources sources = {
        .file = file, .environment = environ, .overrides = overrides};
    struct connector *connector = arena_allocate(arena, sizeof(*connector));
    struct setting_origin *origins = NULL;
    enum log_level level = LOG_LEVEL_INFO;

    connector->arena = arena;
    connector->program = program;
    if (!setting_list_load(arena, &list, &sources, &connector->settings, &origins, error)) {
        return false;
    }
    connector->settings.origins = origins;
    if (!log_level_parse(connector->settings.log.level, &level) ||
        !log_format_parse(connector->settings.log.format, &connector->log.format)) {
        return error_set(error, ERROR_SETTING_INVALID, "log",
                         "log.level or log.format is no such word");
    }
    connector->log.descriptor = STDERR_FILENO;
    connector->log.level = level;
    *connector_out = connector;
    return true;
}

bool connector_open_client(const struct connector *connector, struct arena *arena, int attempts,
                           struct client **client_out, struct client_error *error)
{
    const struct connector_settings_platform *settings = &connector->settings.platform;
    const struct client_options options = {
        .url = settings->url,
        .user_name = settings->user,
        .secret = settings->secret,
        .application = connector->program,
        .ca_file = settings->ca_file[0] == '\0' ? NULL : settings->ca_file,
        .timeout = (int)((settings->timeout + 999) / 1000),
        .attempts = attempts,
    };

    return client_open(arena, &options, client_out, error);
}

bool connector_check(const struct connector *connector, struct client_error *error)
{
    static const struct client_operation who_am_i = {.service = "Session", .name = "WhoAmI"};
    const struct client_request request = {.operation = &who_am_i};
    struct arena *arena = arena_create();
    struct client *client = NULL;
    const struct xml_node *answer = NULL;

    bool is_done = connector_open_client(connector, arena, 1, &client, error) &&
                   client_send(client, arena, &request, &answer, error);
    client_close(&client);
    arena_destroy(&arena);
    return is_done;
}

const char *connector_folder(const struct connector *connector, const char *setting)
{
    return setting[0] != '\0' ? setting
                              : arena_format(connector->arena, "/var/lib/%s", connector->program);
}

void connector_write_example(FILE *file)
{
    setting_list_write_example(file, &list);
}
