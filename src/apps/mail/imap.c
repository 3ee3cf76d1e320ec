/*
 * imap.c - crm-imap: follows folders of an IMAP server, and brings what comes into them to the
 * platform.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/mail/connector.h"
#include "apps/mail/daemon.h"
#include "apps/mail/imap_account.h"
#include "apps/mail/imap_follower.h"
#include "apps/mail/options.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "crypto/tls_client.h"

enum { FOLDER_MODE = 0700 };

static const struct options_program program = {
    .name = "crm-imap",
    .meaning = "follows IMAP mailboxes and files what comes into them in Svyaz",
    .usage = "[OPTION]...",
    .more = "Nothing in the mailboxes is marked, moved or removed. imap.accounts names a file with "
            "a line\n"
            "for each folder: USER PASSWORD_FILE FOLDER.\n"
            "\n"
            "Settings: /etc/crmd/connectors.conf, /etc/crmd/connectors.d/*.conf, "
            "CRM_<SECTION>_<KEY> in\n"
            "the environment, -o; the last wins. SIGTERM ends the program.\n",
};

/* All the followers, and the pipe by which they are told of the end. */
struct followers {
    struct imap_service service;
    int stop_write;
    struct array all; /* struct imap_follower * */
};

static bool open_state_folder(struct followers *followers, struct error *error)
{
    const struct connector *connector = followers->service.connector;
    const char *folder = arena_format(connector->arena, "%s/folders",
                                      connector_folder(connector, connector->settings.spool.dir));

    if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST) {
        error_set(error, ERROR_SETTING_INVALID, "spool.dir", "%s: the directory cannot be made",
                  folder);
        return error_add_cause(error, "%s", strerror(errno));
    }
    followers->service.folder = folder;
    return true;
}

static bool open_tls(const struct connector *connector, struct tls_client **tls_out,
                     struct error *error)
{
    const struct connector_settings_imap *settings = &connector->settings.imap;

    return strcmp(settings->security, "none") == 0 ||
           tls_client_open(connector->arena, settings->ca_file, tls_out, error);
}

static bool open_pipe(struct followers *followers, struct error *error)
{
    int ends[2];

    if (pipe(ends) != 0) {
        return error_set(error, ERROR_INTERNAL, NULL, "No pipe can be made");
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    followers->service.stop = ends[0];
    followers->stop_write = ends[1];
    return true;
}

static bool start_all(struct followers *followers, const struct array *accounts,
                      struct error *error)
{
    struct arena *arena = followers->service.connector->arena;

    for (size_t i = 0; i < accounts->count; i++) {
        struct imap_follower *follower = NULL;
        if (!imap_follower_start(arena, &followers->service, accounts->items[i], &follower,
                                 error)) {
            return false;
        }
        array_add(&followers->all, follower);
    }
    return true;
}

static bool close_door(void *door)
{
    struct followers *followers = door;

    if (followers->stop_write >= 0) {
        close(followers->stop_write); /* whoever polls the other end sees it */
    }
    for (size_t i = 0; i < followers->all.count; i++) {
        imap_follower_join(followers->all.items[i]);
    }
    if (followers->service.stop >= 0) {
        close(followers->service.stop);
    }
    return true;
}

static bool open_door(const struct connector *connector, struct spool *spool,
                      struct carrier *carrier, void **door_out, const char **where_out,
                      struct error *error)
{
    struct followers *followers = arena_allocate(connector->arena, sizeof(*followers));
    struct array accounts;

    *followers = (struct followers){
        .service = {.connector = connector, .spool = spool, .carrier = carrier, .stop = -1},
        .stop_write = -1,
    };
    array_init(&followers->all, connector->arena);
    if (!imap_accounts_read(connector->arena, connector->settings.imap.accounts, &accounts,
                            error) ||
        !open_state_folder(followers, error) ||
        !open_tls(connector, &followers->service.tls, error) || !open_pipe(followers, error) ||
        !start_all(followers, &accounts, error)) {
        close_door(followers);
        return false;
    }
    *door_out = followers;
    *where_out = arena_format(connector->arena, "Following %zu folders on %s", accounts.count,
                              connector->settings.imap.host);
    return true;
}

/* Passwords that cannot be read yet may be there when they are needed; whoever checks wants to
 * know. */
static bool check_door(const struct connector *connector, struct error *error)
{
    struct tls_client *tls = NULL;
    struct array accounts;

    if (!imap_accounts_read(connector->arena, connector->settings.imap.accounts, &accounts,
                            error) ||
        !open_tls(connector, &tls, error)) {
        return false;
    }
    for (size_t i = 0; i < accounts.count; i++) {
        const char *password = NULL;
        if (!imap_account_password(connector->arena, accounts.items[i], &password, error)) {
            return false;
        }
    }
    return true;
}

/* Passwords are read whenever they are needed. */
static bool reload(void *door, struct error *error)
{
    (void)door;
    (void)error;
    return true;
}

int main(int count, char **words)
{
    static const struct daemon_door door = {
        .check = check_door, .open = open_door, .reload = reload, .close = close_door};

    return daemon_main(&program, &door, count, words);
}
