/*
 * lmtpd.c - crm-lmtpd: takes mail from mail servers by LMTP, and brings it to the platform.
 */
#include "apps/mail/connector.h"
#include "apps/mail/daemon.h"
#include "apps/mail/lmtp_server.h"
#include "apps/mail/options.h"
#include "base/arena.h"

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

static bool open_door(const struct connector *connector, struct spool *spool,
                      struct carrier *carrier, void **door_out, const char **where_out,
                      struct error *error)
{
    struct lmtp_server *server = NULL;

    if (!lmtp_server_start(connector->arena, connector, spool, carrier, &server, error)) {
        return false;
    }
    *door_out = server;
    *where_out = arena_format(connector->arena, "Listening on %s", lmtp_server_name(server));
    return true;
}

static bool check_door(const struct connector *connector, struct error *error)
{
    return lmtp_server_check(connector->arena, connector, error);
}

static bool reload(void *door, struct error *error)
{
    return lmtp_server_reload(door, error);
}

static bool close_door(void *door)
{
    struct lmtp_server *server = door;

    return lmtp_server_stop(&server);
}

int main(int count, char **words)
{
    static const struct daemon_door door = {
        .check = check_door, .open = open_door, .reload = reload, .close = close_door};

    return daemon_main(&program, &door, count, words);
}
