/*
 * loop.c - the event loop.
 */
#include "server/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/time.h"
#include "server/access.h"
#include "server/counters.h"
#include "server/exchange_driver.h"
#include "server/http_connection.h"
#include "server/limits.h"
#include "server/listener.h"
#include "server/workers.h"

enum {
    EVENTS_AT_ONCE = 256,
    ACCEPTS_AT_ONCE = 64, /* then the connections have their turn */
};

struct loop {
    struct arena *connections; /* made by the loop's own thread */
    struct http_shared *shared;
    struct listener *listeners;
    int listener_count;
    int epoll;
    struct ready answers; /* the workers' descriptor */
    struct ready wake;
    int wake_descriptor;
    struct access *access;
    struct http_connection *open; /* all of them */
    int open_count;
    struct http_connection *spare;
    struct http_connection *later; /* those that wished for another step */
    bool is_accepting;
    int64_t next_tick;
    atomic_bool drain_asked;
    _Atomic int64_t drain_deadline;
    int cut_count;
};

static void watch(struct loop *loop, int operation, int descriptor, uint32_t events,
                  struct ready *ready)
{
    struct epoll_event event = {.events = events, .data.ptr = ready};

    expect(epoll_ctl(loop->epoll, operation, descriptor, &event) == 0);
}

static struct http_connection *take_connection(struct loop *loop)
{
    struct http_connection *connection = loop->spare;

    if (connection == NULL) {
        connection = arena_allocate(loop->connections, sizeof(*connection));
    } else {
        loop->spare = connection->next;
    }
    connection->previous = NULL;
    connection->next = loop->open;
    if (loop->open != NULL) {
        loop->open->previous = connection;
    }
    loop->open = connection;
    loop->open_count++;
    return connection;
}

static void remove_connection(struct loop *loop, struct http_connection *connection)
{
    http_connection_close(connection);
    access_leave(loop->access, connection->source);
    counter_add(&loop->shared->counters->connections_open, -1);
    if (connection->previous == NULL) {
        loop->open = connection->next;
    } else {
        connection->previous->next = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    }
    loop->open_count--;
    connection->next = loop->spare;
    loop->spare = connection;
}

/* Does what a connection wishes for. */
static void grant(struct loop *loop, struct http_connection *connection, enum wish wish)
{
    int descriptor = connection->stream.descriptor;

    if (wish == WISH_GO_ON) {
        wish = http_connection_step(connection);
    }
    switch (wish) {
    case WISH_READ:
        watch(loop, EPOLL_CTL_MOD, descriptor, EPOLLIN | EPOLLONESHOT, &connection->ready);
        break;
    case WISH_WRITE:
        watch(loop, EPOLL_CTL_MOD, descriptor, EPOLLOUT | EPOLLONESHOT, &connection->ready);
        break;
    case WISH_LATER:
        connection->next_later = loop->later;
        loop->later = connection;
        connection->is_later = true;
        break;
    case WISH_CLOSE:
        remove_connection(loop, connection);
        break;
    case WISH_GO_ON:
    case WISH_NOTHING:
        break;
    }
}

static void on_connection_ready(struct loop *loop, struct ready *ready)
{
    struct http_connection *connection = (struct http_connection *)ready;

    grant(loop, connection, http_connection_step(connection));
}

static void run_later(struct loop *loop)
{
    struct http_connection *connection = loop->later;

    loop->later = NULL;
    while (connection != NULL) {
        struct http_connection *next = connection->next_later;

        connection->is_later = false;
        grant(loop, connection, http_connection_step(connection));
        connection = next;
    }
}

/* Tells one connection too many why it goes; what does not fit in the socket's buffer is lost. */
static void turn_away(struct loop *loop, int descriptor, bool is_plain)
{
    static const char words[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                                "Content-Length: 0\r\nConnection: close\r\n\r\n";

    counter_add(&loop->shared->counters->connections_refused_total, 1);
    if (is_plain && send(descriptor, words, strlen(words), MSG_NOSIGNAL) > 0) {
        shutdown(descriptor, SHUT_WR);
    }
    close(descriptor);
}

static void take_in(struct loop *loop, const struct listener *listener, int descriptor,
                    const struct sockaddr_storage *peer)
{
    const struct http_limits *limits = loop->shared->limits;
    struct http_connection *connection;

    if (loop->open_count >= limits->connections ||
        !access_enter(loop->access, access_source_of(peer), limits->connections_per_source)) {
        turn_away(loop, descriptor, listener->context == NULL);
        return;
    }
    connection = take_connection(loop);
    connection->ready.on_ready = on_connection_ready;
    http_connection_open(connection, loop->shared, descriptor, peer, listener->context);
    counter_add(&loop->shared->counters->connections_accepted_total, 1);
    counter_add(&loop->shared->counters->connections_open, 1);
    watch(loop, EPOLL_CTL_ADD, descriptor, EPOLLIN | EPOLLONESHOT, &connection->ready);
}

static void watch_listeners(struct loop *loop, bool is_accepting)
{
    loop->is_accepting = is_accepting;
    for (int i = 0; i < loop->listener_count; i++) {
        watch(loop, EPOLL_CTL_MOD, loop->listeners[i].descriptor, is_accepting ? EPOLLIN : 0,
              &loop->listeners[i].ready);
    }
}

static void accept_waiting(struct loop *loop, struct listener *listener, int most)
{
    for (int i = 0; i < most; i++) {
        struct sockaddr_storage peer = {0};
        int descriptor = listener_accept(listener, &peer);

        if (descriptor >= 0) {
            take_in(loop, listener, descriptor, &peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            watch_listeners(loop, false); /* until the next tick: trying on would only spin */
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

static void on_listener_ready(struct loop *loop, struct ready *ready)
{
    accept_waiting(loop, (struct listener *)ready, ACCEPTS_AT_ONCE);
}

static void on_answers_ready(struct loop *loop, struct ready *ready)
{
    struct exchange *exchange = workers_take_answered(loop->shared->workers);

    (void)ready;
    while (exchange != NULL) {
        struct exchange *next = exchange->next;
        struct http_connection *connection = exchange->connection;

        grant(loop, connection, http_connection_returned(connection));
        exchange = next;
    }
}

static void on_wake(struct loop *loop, struct ready *ready)
{
    uint64_t ignored;

    (void)ready;
    expect(read(loop->wake_descriptor, &ignored, sizeof(ignored)) == sizeof(ignored) ||
           errno == EAGAIN);
}

bool loop_create(struct arena *arena, struct http_shared *shared, struct listener *listeners,
                 int listener_count, struct loop **loop_out, struct error *error)
{
    struct loop *loop = arena_allocate(arena, sizeof(*loop));

    loop->shared = shared;
    loop->listeners = listeners;
    loop->listener_count = listener_count;
    loop->access = access_create(arena, shared->limits->connections);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll < 0 || loop->wake_descriptor < 0) {
        error_set(error, ERROR_INTERNAL, NULL, "The server cannot wait for connections");
        return error_add_cause(error, "epoll: %s", strerror(errno));
    }
    loop->answers.on_ready = on_answers_ready;
    loop->wake.on_ready = on_wake;
    watch(loop, EPOLL_CTL_ADD, workers_descriptor(shared->workers), EPOLLIN, &loop->answers);
    watch(loop, EPOLL_CTL_ADD, loop->wake_descriptor, EPOLLIN, &loop->wake);
    for (int i = 0; i < listener_count; i++) {
        listeners[i].ready.on_ready = on_listener_ready;
        watch(loop, EPOLL_CTL_ADD, listeners[i].descriptor, EPOLLIN, &listeners[i].ready);
    }
    loop->is_accepting = true;
    loop->connections = arena_create();
    *loop_out = loop;
    return true;
}

/* Looks at the clock of every connection: at ten thousand a millisecond's work. */
static void tick(struct loop *loop, int64_t now)
{
    struct http_connection *connection = loop->open;

    loop->next_tick = now + loop->shared->limits->tick_ms;
    while (connection != NULL) {
        struct http_connection *next = connection->next;

        /* One that waits for its next step has it in a moment. */
        if (!connection->is_later) {
            grant(loop, connection, http_connection_check_time(connection, now));
        }
        connection = next;
    }
    if (!loop->is_accepting && !atomic_load(&loop->shared->is_draining)) {
        watch_listeners(loop, true);
    }
}

static void begin_drain(struct loop *loop)
{
    struct http_connection *connection;

    atomic_store(&loop->shared->is_draining, true);
    for (int i = 0; i < loop->listener_count; i++) {
        /* Those that the kernel has accepted for us count as ours. */
        accept_waiting(loop, &loop->listeners[i], loop->shared->limits->connections);
        listener_close(&loop->listeners[i]);
    }
    connection = loop->open;
    while (connection != NULL) {
        struct http_connection *next = connection->next;

        if (!connection->is_later) {
            grant(loop, connection, http_connection_drain(connection));
        }
        connection = next;
    }
}

/* Closes what a drain has no more time for. What workers still have must stay until they are
 * done with it: loop_destroy closes that. */
static void cut_off(struct loop *loop)
{
    struct http_connection *connection = loop->open;

    loop->cut_count = loop->open_count;
    loop->later = NULL;
    while (connection != NULL) {
        struct http_connection *next = connection->next;

        if (connection->state != CONNECTION_HANDED) {
            remove_connection(loop, connection);
        }
        connection = next;
    }
}

static int choose_timeout(const struct loop *loop, int64_t now)
{
    if (loop->later != NULL) {
        return 0;
    }
    if (loop->open == NULL && loop->is_accepting) {
        return -1; /* nothing has a deadline */
    }
    return loop->next_tick > now ? (int)(loop->next_tick - now) : 0;
}

static void wait_for_events(struct loop *loop)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int timeout = choose_timeout(loop, time_monotonic());
    int count = epoll_wait(loop->epoll, events, EVENTS_AT_ONCE, timeout);

    expect(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; i++) {
        struct ready *ready = events[i].data.ptr;

        ready->on_ready(loop, ready);
    }
}

/* True when a drain was asked for and is over. */
static bool check_drain(struct loop *loop, int64_t now)
{
    if (!atomic_load(&loop->drain_asked)) {
        return false;
    }
    if (!atomic_load(&loop->shared->is_draining)) {
        begin_drain(loop);
    }
    if (loop->open != NULL && now >= atomic_load(&loop->drain_deadline)) {
        cut_off(loop);
        return true;
    }
    return loop->open == NULL;
}

void loop_run(struct loop *loop)
{
    while (!check_drain(loop, time_monotonic())) {
        int64_t now;

        wait_for_events(loop);
        run_later(loop);
        now = time_monotonic();
        if (now >= loop->next_tick) {
            tick(loop, now);
        }
    }
}

void loop_drain(struct loop *loop, int64_t deadline)
{
    static const uint64_t one = 1;

    atomic_store(&loop->drain_deadline, deadline);
    atomic_store(&loop->drain_asked, true);
    expect(write(loop->wake_descriptor, &one, sizeof(one)) == sizeof(one));
}

int loop_cut_count(const struct loop *loop)
{
    return loop->cut_count;
}

void loop_destroy(struct loop **loop)
{
    if (*loop == NULL) {
        return;
    }
    while ((*loop)->open != NULL) {
        remove_connection(*loop, (*loop)->open);
    }
    close((*loop)->epoll);
    close((*loop)->wake_descriptor);
    arena_destroy(&(*loop)->connections);
    *loop = NULL;
}
