/*
 * lmtp_server.c - listens, and gives each connection its thread.
 */
#include "apps/mail/lmtp_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/mail/connector.h"
#include "apps/mail/lmtp_connection.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/network.h"
#include "base/socket.h"
#include "base/thread.h"
#include "base/time.h"
#include "crypto/tls.h"

enum {
    LISTENERS_MOST = 16,
    STACK_SIZE = 256 * 1024,
    NAME_SIZE = 256,
    SOCKET_MODE = 0666, /* who may come in is the business of the folder that it is in */
    PATIENCE_MS = 100,  /* when no connection can be taken */
};

struct lmtp_server {
    struct lmtp_service service;
    struct network_list *peers;
    int listeners[LISTENERS_MOST];
    const char *paths[LISTENERS_MOST]; /* of sockets to be removed; NULL: a port */
    int listener_count;
    struct buffer name;
    int stop_write;
    int cut_write;
    pthread_t acceptor;
    bool has_acceptor;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t ended;
    int64_t connections;
};

/* What a thread is started with; it frees it with its arena. */
struct visit {
    struct arena *arena;
    struct lmtp_server *server;
    int descriptor;
    char peer[NETWORK_TEXT_SIZE];
};

/* ---- connections ---- */

static bool count_in(struct lmtp_server *server)
{
    pthread_mutex_lock(&server->mutex);
    bool has_room = server->connections < server->service.connector->settings.lmtp.connections;
    server->connections += has_room;
    pthread_mutex_unlock(&server->mutex);
    return has_room;
}

static void count_out(struct lmtp_server *server)
{
    pthread_mutex_lock(&server->mutex);
    server->connections--;
    pthread_cond_signal(&server->ended);
    pthread_mutex_unlock(&server->mutex);
}

static void *serve(void *context)
{
    struct visit *visit = context;
    struct lmtp_server *server = visit->server;
    struct arena *arena = visit->arena;

    lmtp_connection_serve(&server->service, visit->descriptor, visit->peer);
    arena_destroy(&arena);
    count_out(server);
    return NULL;
}

/* Says why, if the peer listens, and closes. */
static void turn_away(struct lmtp_server *server, int descriptor, const char *peer,
                      const char *reply)
{
    (void)!write(descriptor, reply, strlen(reply));
    close(descriptor);
    log_event(&server->service.connector->log, LOG_LEVEL_WARNING, "turned_away",
              LOG_TEXT("peer", peer), LOG_TEXT("reply", reply));
}

/* Nobody waits for such a thread: the count tells when it has ended. */
static bool start_thread(struct visit *visit)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    bool is_started = pthread_create(&thread, &attributes, serve, visit) == 0;
    pthread_attr_destroy(&attributes);
    return is_started;
}

static void describe_peer(const struct sockaddr_storage *peer, char text[NETWORK_TEXT_SIZE])
{
    if (peer->ss_family == AF_UNIX) {
        strcpy(text, "local");
        return;
    }
    struct network_address address = network_address_of((const struct sockaddr *)peer);
    network_address_format(&address, text);
}

static bool may_enter(const struct lmtp_server *server, const struct sockaddr_storage *peer)
{
    if (peer->ss_family == AF_UNIX) {
        return true;
    }
    struct network_address address = network_address_of((const struct sockaddr *)peer);
    return network_list_has(server->peers, &address);
}

static void welcome(struct lmtp_server *server, int descriptor, const struct sockaddr_storage *peer)
{
    struct arena *arena = arena_create();
    struct visit *visit = arena_allocate(arena, sizeof(*visit));

    *visit = (struct visit){.arena = arena, .server = server, .descriptor = descriptor};
    describe_peer(peer, visit->peer);
    if (!may_enter(server, peer)) {
        turn_away(server, descriptor, visit->peer, "554 5.7.1 you are not among lmtp.peers\r\n");
    } else if (!count_in(server)) {
        turn_away(server, descriptor, visit->peer, "421 4.3.2 too many connections\r\n");
    } else if (!start_thread(visit)) {
        turn_away(server, descriptor, visit->peer, "421 4.3.2 no thread for you\r\n");
        count_out(server);
    } else {
        return;
    }
    arena_destroy(&arena);
}

/* Takes all that wait at one listener. */
static void accept_all(struct lmtp_server *server, int listener)
{
    struct sockaddr_storage peer = {0};

    for (;;) {
        int descriptor = socket_accept(listener, &peer);

        if (descriptor < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != ECONNABORTED) {
            poll(NULL, 0, PATIENCE_MS); /* no descriptor, no memory: somebody will leave */
        }
        if (descriptor < 0) {
            return;
        }
        welcome(server, descriptor, &peer);
    }
}

static void *accept_until_stopped(void *context)
{
    struct lmtp_server *server = context;
    struct pollfd polled[LISTENERS_MOST + 1];
    int count = server->listener_count;

    for (int i = 0; i < count; i++) {
        polled[i] = (struct pollfd){.fd = server->listeners[i], .events = POLLIN};
    }
    polled[count] = (struct pollfd){.fd = server->service.stop, .events = POLLIN};
    while (polled[count].revents == 0) {
        if (poll(polled, (nfds_t)count + 1, -1) < 0) {
            continue;
        }
        for (int i = 0; i < count && polled[count].revents == 0; i++) {
            if (polled[i].revents != 0) {
                accept_all(server, polled[i].fd);
            }
        }
    }
    return NULL;
}

/* ---- start ---- */

static bool open_pipe(int *read_out, int *write_out, struct error *error)
{
    int ends[2];

    if (pipe(ends) != 0) {
        error_set(error, ERROR_INTERNAL, NULL, "No pipe can be made");
        return error_add_cause(error, "pipe: %s", strerror(errno));
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    *read_out = ends[0];
    *write_out = ends[1];
    return true;
}

static bool listen_at(struct arena *arena, struct lmtp_server *server, const char *address,
                      struct error *error)
{
    int *listener = &server->listeners[server->listener_count];
    const char *name = address;

    if (server->listener_count == LISTENERS_MOST) {
        return error_set(error, ERROR_SETTING_INVALID, "lmtp.listen", "More than %d addresses",
                         LISTENERS_MOST);
    }
    if (address[0] == '/') {
        if (!socket_listen_on_path(address, listener, error)) {
            return false;
        }
        (void)chmod(address, SOCKET_MODE);
        server->paths[server->listener_count] = address;
    } else if (!socket_listen(arena, address, listener, &name, error)) {
        return false;
    }
    buffer_add_format(&server->name, "%s%s", server->listener_count == 0 ? "" : ", ", name);
    server->listener_count++;
    return true;
}

static bool check_address(struct arena *arena, struct lmtp_server *server, const char *address,
                          struct error *error)
{
    (void)arena;
    (void)server;
    return address[0] == '/' || socket_check(address, error);
}

/* Calls for each address of the list; false where there is none. */
static bool each_address(struct arena *arena, struct lmtp_server *server, const char *list,
                         bool (*visit)(struct arena *arena, struct lmtp_server *server,
                                       const char *address, struct error *error),
                         struct error *error)
{
    char *rest = arena_copy_text(arena, list);
    int count = 0;

    for (char *part = strtok_r(rest, ", ", &rest); part != NULL;
         part = strtok_r(NULL, ", ", &rest)) {
        if (!visit(arena, server, part, error)) {
            return false;
        }
        count++;
    }
    return count > 0 ||
           error_set(error, ERROR_SETTING_INVALID, "lmtp.listen", "lmtp.listen names no address");
}

static bool open_tls(struct arena *arena, const struct connector_settings_lmtp *settings,
                     struct tls_context **tls_out, struct error *error)
{
    if (settings->tls_certificate[0] == '\0') {
        return true;
    }
    return tls_context_open(arena, settings->tls_certificate, settings->tls_key, tls_out, error);
}

static const char *greeting_name(struct arena *arena, const struct connector *connector)
{
    char name[NAME_SIZE] = "localhost";

    if (connector->settings.lmtp.name[0] != '\0') {
        return connector->settings.lmtp.name;
    }
    (void)!gethostname(name, sizeof(name) - 1);
    return arena_copy_text(arena, name);
}

static bool start(struct arena *arena, struct lmtp_server *server, struct error *error)
{
    const struct connector_settings_lmtp *settings = &server->service.connector->settings.lmtp;

    if (!network_list_parse(arena, settings->peers, "lmtp.peers", &server->peers, error) ||
        !open_tls(arena, settings, &server->service.tls, error) ||
        !open_pipe(&server->service.stop, &server->stop_write, error) ||
        !open_pipe(&server->service.cut, &server->cut_write, error) ||
        !each_address(arena, server, settings->listen, listen_at, error) ||
        !thread_start(&server->acceptor, accept_until_stopped, server, error)) {
        return false;
    }
    server->has_acceptor = true;
    return true;
}

bool lmtp_server_check(struct arena *arena, const struct connector *connector, struct error *error)
{
    const struct connector_settings_lmtp *settings = &connector->settings.lmtp;
    struct network_list *peers = NULL;
    struct tls_context *tls = NULL;

    return network_list_parse(arena, settings->peers, "lmtp.peers", &peers, error) &&
           open_tls(arena, settings, &tls, error) &&
           each_address(arena, NULL, settings->listen, check_address, error);
}

bool lmtp_server_start(struct arena *arena, const struct connector *connector, struct spool *spool,
                       struct carrier *carrier, struct lmtp_server **server_out,
                       struct error *error)
{
    struct lmtp_server *server = arena_allocate(arena, sizeof(*server));

    *server = (struct lmtp_server){
        .service = {.connector = connector,
                    .spool = spool,
                    .carrier = carrier,
                    .name = greeting_name(arena, connector),
                    .stop = -1,
                    .cut = -1},
        .stop_write = -1,
        .cut_write = -1,
    };
    pthread_mutex_init(&server->mutex, NULL);
    thread_condition_make(&server->ended);
    buffer_init(&server->name, arena, NAME_SIZE);
    if (!start(arena, server, error)) {
        lmtp_server_stop(&server);
        return false;
    }
    *server_out = server;
    return true;
}

const char *lmtp_server_name(const struct lmtp_server *server)
{
    return server->name.bytes;
}

bool lmtp_server_reload(struct lmtp_server *server, struct error *error)
{
    return server->service.tls == NULL || tls_context_reload(server->service.tls, error);
}

/* ---- the end ---- */

/* Waits until all connections have ended; false when some have not in time. */
static bool wait_for_end(struct lmtp_server *server, int64_t milliseconds)
{
    struct timespec until = thread_moment_after(milliseconds);
    int answer = 0;

    pthread_mutex_lock(&server->mutex);
    while (server->connections > 0 && answer != ETIMEDOUT) {
        answer = milliseconds < 0 ? pthread_cond_wait(&server->ended, &server->mutex)
                                  : pthread_cond_timedwait(&server->ended, &server->mutex, &until);
    }
    bool is_over = server->connections == 0;
    pthread_mutex_unlock(&server->mutex);
    return is_over;
}

static void close_if_open(int descriptor)
{
    if (descriptor >= 0) {
        close(descriptor);
    }
}

bool lmtp_server_stop(struct lmtp_server **server_at)
{
    struct lmtp_server *server = *server_at;

    if (server == NULL) {
        return true;
    }
    close_if_open(server->stop_write); /* whoever polls the other end sees it */
    if (server->has_acceptor) {
        pthread_join(server->acceptor, NULL);
    }
    for (int i = 0; i < server->listener_count; i++) {
        close(server->listeners[i]);
        if (server->paths[i] != NULL) {
            unlink(server->paths[i]);
        }
    }
    bool is_clean = wait_for_end(server, server->service.connector->settings.lmtp.drain_timeout);
    close_if_open(server->cut_write);
    (void)wait_for_end(server, -1);
    close_if_open(server->service.stop);
    close_if_open(server->service.cut);
    pthread_cond_destroy(&server->ended);
    pthread_mutex_destroy(&server->mutex);
    *server_at = NULL;
    return is_clean;
}
