/*
 * reader.c - the server's side: readers that wait, one taken for a message, and what becomes of it.
 */
#define _GNU_SOURCE /* pidfd_send_signal */
#include "mime/reader.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "mime/reader_start.h"
#include "mime/reader_task.h"

enum {
    READERS_KEPT = 16,      /* that wait for messages */
    MESSAGES_MOST = 1000,   /* of one reader; then there is a new one */
    ORDER_PATIENCE = 10000, /* milliseconds in which the parent forks, and a reader is ready */
    HEADER_TIME = 5000,     /* milliseconds for a header alone, at most */
    START_PAUSE = 1000,     /* milliseconds between two starts of the parent, at least */
    BYTES_A_MILLISECOND = 10000
};

struct reader {
    int socket;
    int process; /* a pidfd */
    unsigned messages;
    unsigned long long start; /* of the parent that made it */
};

struct mime_readers {
    struct arena *arena;
    const struct log *log;
    pthread_mutex_t waiting_lock;
    struct reader waiting[READERS_KEPT];
    size_t waiting_count;
    pthread_mutex_t order_lock;
    struct mime_parent parent;
    int64_t started;          /* when it was, or could not be; time_monotonic */
    unsigned long long start; /* which start that was */
    uint64_t ordered;         /* the number of the last order */
    atomic_ullong made, lost, cut, refused, restarted;
    atomic_bool is_unconfined_told;
};

/* How a reader came off. */
enum ending {
    ENDING_ANSWERED,
    ENDING_GONE, /* before it had the message, or with its parent: it is nobody's fault */
    ENDING_DIED,
    ENDING_SLOW,
    ENDING_NONSENSE,
    ENDING_COUNT
};

static const char *const ending_names[ENDING_COUNT] = {
    [ENDING_ANSWERED] = "answered", [ENDING_GONE] = "gone",         [ENDING_DIED] = "died",
    [ENDING_SLOW] = "too slow",     [ENDING_NONSENSE] = "nonsense",
};

/* A message on its way through readers. */
struct journey {
    struct mime_readers *readers;
    struct arena *arena;
    const struct mime_limits *limits;
    const struct mime_bounds *bounds;
    struct mime_spool spool;
    struct mime_message *message; /* NULL: it has not been read */
    enum mime_outcome outcome;
};

/* ---- the parent ---- */

bool mime_readers_start(const struct log *log, struct mime_readers **readers_out,
                        struct error *error)
{
    struct mime_parent parent;

    if (!mime_parent_start(&parent)) {
        error_set(error, ERROR_INTERNAL, NULL, "The readers of mail cannot be started");
        return error_add_cause(error, "%s", strerror(errno));
    }
    struct arena *arena = arena_create();
    struct mime_readers *readers = arena_allocate(arena, sizeof(*readers));
    readers->arena = arena;
    readers->log = log;
    readers->parent = parent;
    readers->started = time_monotonic();
    pthread_mutex_init(&readers->waiting_lock, NULL);
    pthread_mutex_init(&readers->order_lock, NULL);
    *readers_out = readers;
    return true;
}

/* Whether there is a parent. One that has ended is started again, but not over and over: mail waits
 * a little then. */
static bool has_parent(struct mime_readers *readers)
{
    if (!mime_parent_has_gone(&readers->parent)) {
        return true;
    }
    mime_parent_end(&readers->parent);
    if (time_monotonic() - readers->started < START_PAUSE) {
        return false;
    }
    bool is_started = mime_parent_start(&readers->parent);
    log_event(readers->log, LOG_LEVEL_WARNING, "mail_readers_restarted",
              LOG_TEXT("outcome", is_started ? "done" : strerror(errno)));
    readers->started = time_monotonic();
    readers->start += is_started;
    atomic_fetch_add(&readers->restarted, is_started);
    return is_started;
}

/* Whether something comes in time. */
static bool wait_for(int socket, int64_t milliseconds)
{
    struct pollfd waiting = {.fd = socket, .events = POLLIN};
    int64_t end = time_monotonic() + milliseconds;
    int64_t rest = milliseconds;
    int count = 0;

    while (count <= 0 && rest > 0) {
        count = poll(&waiting, 1, (int)rest);
        rest = end - time_monotonic();
    }
    return count > 0;
}

static bool say_busy(struct error *error)
{
    return error_set(error, ERROR_BUSY, NULL, "No process to read mail can be had");
}

/* What comes of the last order; a reader that comes late, for one given up, ends with its socket.
 * The next order may do better. */
static bool await_reader(struct mime_readers *readers, struct reader *reader_out)
{
    int64_t end = time_monotonic() + ORDER_PATIENCE;
    struct mime_delivery delivery = {.number = 0};
    int given[DESCRIPTORS_MOST];
    size_t count = 0;

    while (delivery.number != readers->ordered) {
        descriptors_close(given, count);
        if (!wait_for(readers->parent.orders, end - time_monotonic())) {
            return false;
        }
        if (!descriptors_receive_some(readers->parent.orders, &delivery, sizeof(delivery), given,
                                      &count)) {
            mime_parent_end(&readers->parent);
            return false;
        }
    }
    if (count != MIME_GIVEN) {
        descriptors_close(given, count);
        return false;
    }
    *reader_out = (struct reader){.socket = given[MIME_GIVEN_SOCKET],
                                  .process = given[MIME_GIVEN_PROCESS],
                                  .start = readers->start};
    return true;
}

/* Asks the parent for a reader. */
static bool order(struct mime_readers *readers, int64_t memory, struct reader *reader_out)
{
    const struct mime_order wish = {.number = ++readers->ordered, .memory = memory};

    return has_parent(readers) &&
           descriptors_send(readers->parent.orders, &wish, sizeof(wish), NULL, 0) &&
           await_reader(readers, reader_out);
}

/* ---- readers ---- */

static void close_reader(const struct reader *reader)
{
    close(reader->socket);
    close(reader->process);
}

static void kill_reader(const struct reader *reader)
{
    pidfd_send_signal(reader->process, SIGKILL, NULL, 0);
    close_reader(reader);
}

/* The one that waited least. */
static bool take_waiting(struct mime_readers *readers, struct reader *reader_out)
{
    pthread_mutex_lock(&readers->waiting_lock);
    bool is_found = readers->waiting_count > 0;
    if (is_found) {
        *reader_out = readers->waiting[--readers->waiting_count];
    }
    pthread_mutex_unlock(&readers->waiting_lock);
    return is_found;
}

/* Where the system lets no process confine itself, mail is read all the same; that is said once. */
static void tell_unconfined(struct mime_readers *readers)
{
    if (!atomic_exchange(&readers->is_unconfined_told, true)) {
        log_event(readers->log, LOG_LEVEL_WARNING, "mail_readers_unconfined",
                  LOG_TEXT("reason", "the system refuses seccomp"));
    }
}

/* One that ended before its bounds held is no message's fault. */
static bool is_ready(struct mime_readers *readers, const struct reader *reader)
{
    char word = 0;

    if (!wait_for(reader->socket, ORDER_PATIENCE) ||
        recv(reader->socket, &word, sizeof(word), MSG_DONTWAIT) != sizeof(word)) {
        return false;
    }
    if (word == MIME_READY_UNCONFINED) {
        tell_unconfined(readers);
    }
    return word == MIME_READY || word == MIME_READY_UNCONFINED;
}

static bool take_new(struct mime_readers *readers, int64_t memory, struct reader *reader_out,
                     struct error *error)
{
    pthread_mutex_lock(&readers->order_lock);
    bool is_made = order(readers, memory, reader_out);
    pthread_mutex_unlock(&readers->order_lock);
    if (!is_made) {
        return say_busy(error);
    }
    atomic_fetch_add(&readers->made, 1);
    if (!is_ready(readers, reader_out)) {
        kill_reader(reader_out);
        return say_busy(error);
    }
    return true;
}

static void give_back(struct mime_readers *readers, struct reader *reader)
{
    bool is_kept = false;

    if (++reader->messages < MESSAGES_MOST) {
        pthread_mutex_lock(&readers->waiting_lock);
        is_kept = readers->waiting_count < READERS_KEPT;
        if (is_kept) {
            readers->waiting[readers->waiting_count++] = *reader;
        }
        pthread_mutex_unlock(&readers->waiting_lock);
    }
    if (!is_kept) {
        close_reader(reader);
    }
}

/* ---- one message ---- */

static int64_t smaller(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* Milliseconds; both readings together stay within the bound of both. */
static int64_t time_for(const struct journey *journey, enum mime_extent extent)
{
    const struct mime_bounds *bounds = journey->bounds;
    int64_t most = bounds->most > 0 ? bounds->most : INT64_MAX;
    int64_t header = smaller(smaller(bounds->time, HEADER_TIME), most / 2);

    return extent == MIME_HEADER_ALONE
               ? header
               : smaller(bounds->time + journey->spool.size / BYTES_A_MILLISECOND, most - header);
}

static struct mime_task *make_task(const struct journey *journey, enum mime_extent extent)
{
    struct mime_task *task = arena_allocate(journey->arena, sizeof(*task));

    task->spool = journey->spool;
    task->limits = *journey->limits;
    task->time = time_for(journey, extent);
    task->extent = extent;
    return task;
}

/* What a reader says is looked at as if a stranger said it. */
static enum ending take_report(struct journey *journey, int socket, int file)
{
    struct mime_report report;
    ssize_t length = recv(socket, &report, sizeof(report), MSG_DONTWAIT | MSG_TRUNC);

    if (length <= 0) {
        return ENDING_DIED;
    }
    if (length != (ssize_t)sizeof(report) || report.outcome < 0 ||
        report.outcome >= MIME_OUTCOME_COUNT) {
        return ENDING_NONSENSE;
    }
    journey->outcome = (enum mime_outcome)report.outcome;
    if (journey->outcome == MIME_OUTCOME_READ &&
        !mime_answer_take(journey->arena, file, &report.answer, journey->limits,
                          &journey->message)) {
        journey->message = NULL;
        return ENDING_NONSENSE;
    }
    return ENDING_ANSWERED;
}

/* Whether its parent has ended, and so has it. The parent's files are closed before its readers are
 * killed. */
static bool is_orphan(struct mime_readers *readers, const struct reader *reader)
{
    pthread_mutex_lock(&readers->order_lock);
    bool is_orphan = reader->start != readers->start || mime_parent_has_gone(&readers->parent);
    pthread_mutex_unlock(&readers->order_lock);
    return is_orphan;
}

/* What another one may have begun does not stay in the file. */
static enum ending ask(struct journey *journey, const struct reader *reader,
                       const struct mime_task *task, int file)
{
    const int files[MIME_FILES] = {[MIME_FILE_SPOOL] = task->spool.file,
                                   [MIME_FILE_SCRATCH] = task->spool.scratch,
                                   [MIME_FILE_ANSWER] = file};

    if (ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) != 0 ||
        !descriptors_send(reader->socket, task, sizeof(*task), files, MIME_FILES)) {
        return ENDING_GONE;
    }
    if (!wait_for(reader->socket, task->time)) {
        return ENDING_SLOW;
    }
    enum ending ending = take_report(journey, reader->socket, file);
    return ending == ENDING_DIED && is_orphan(journey->readers, reader) ? ENDING_GONE : ending;
}

static void tell_loss(const struct journey *journey, enum ending ending, enum mime_extent extent)
{
    log_event(journey->readers->log, LOG_LEVEL_WARNING, "mail_reader_lost",
              LOG_TEXT("reason", ending_names[ending]),
              LOG_TEXT("reading", extent == MIME_ALL ? "message" : "header"),
              LOG_NUMBER("bytes", journey->spool.size),
              LOG_TEXT("request", journey->bounds->request_id));
    atomic_fetch_add(&journey->readers->lost, 1);
}

/* Whether a reader answered; false without an error when it was lost. A reader that has waited may
 * have ended long ago, or ends with its parent: then the next one has it. */
static bool read_once(struct journey *journey, enum mime_extent extent, bool *is_answered_out,
                      struct error *error)
{
    const struct mime_task *task = make_task(journey, extent);
    struct mime_readers *readers = journey->readers;
    enum ending ending = ENDING_GONE;
    struct reader reader;
    int file = -1;

    if (!mime_spool_file(journey->arena, journey->limits->folder, journey->spool.size, &file,
                         error)) {
        return false;
    }
    while (ending == ENDING_GONE && extent == MIME_ALL && take_waiting(readers, &reader)) {
        ending = ask(journey, &reader, task, file);
        if (ending == ENDING_GONE) {
            close_reader(&reader);
        }
    }
    if (ending == ENDING_GONE) {
        if (!take_new(readers, journey->bounds->memory, &reader, error)) {
            return false;
        }
        ending = ask(journey, &reader, task, file);
        if (ending == ENDING_GONE) {
            kill_reader(&reader);
            return say_busy(error);
        }
    }
    *is_answered_out = ending == ENDING_ANSWERED;
    if (*is_answered_out) {
        give_back(readers, &reader);
    } else {
        kill_reader(&reader);
        tell_loss(journey, ending, extent);
    }
    return true;
}

static bool refuse_deadly(struct journey *journey, struct error *error)
{
    atomic_fetch_add(&journey->readers->refused, 1);
    return error_set(error, ERROR_VALUE_INVALID, "message",
                     "The message cannot be read within mail.reading_time and "
                     "mail.reading_memory, not even its header");
}

static bool judge(const struct journey *journey, struct error *error)
{
    switch (journey->outcome) {
    case MIME_OUTCOME_READ:
        return true;
    case MIME_OUTCOME_NO_HEADER:
        return error_set(error, ERROR_VALUE_INVALID, "message",
                         "A message begins with its header: there is none");
    case MIME_OUTCOME_NO_ROOM:
    case MIME_OUTCOME_COUNT:
        break;
    }
    return error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
}

bool mime_readers_read(struct mime_readers *readers, struct arena *arena,
                       const struct mime_source *source, const struct mime_limits *limits,
                       const struct mime_bounds *bounds, struct mime_message **message_out,
                       struct error *error)
{
    struct journey journey = {
        .readers = readers, .arena = arena, .limits = limits, .bounds = bounds};
    bool is_answered = false;

    if (!mime_spool_fill(arena, source, limits, &journey.spool, error) ||
        !mime_spool_file(arena, limits->folder, journey.spool.size, &journey.spool.scratch,
                         error) ||
        !read_once(&journey, MIME_ALL, &is_answered, error)) {
        return false;
    }
    if (!is_answered || journey.outcome == MIME_OUTCOME_NO_ROOM) {
        if (!read_once(&journey, MIME_HEADER_ALONE, &is_answered, error)) {
            return false;
        }
        if (!is_answered) {
            return refuse_deadly(&journey, error);
        }
        atomic_fetch_add(&readers->cut, 1);
    }
    if (!judge(&journey, error)) {
        return false;
    }
    *message_out = journey.message;
    return true;
}

/* ---- all ---- */

struct mime_reader_counts mime_readers_count(struct mime_readers *readers)
{
    return (struct mime_reader_counts){
        .made = atomic_load(&readers->made),
        .lost = atomic_load(&readers->lost),
        .cut = atomic_load(&readers->cut),
        .refused = atomic_load(&readers->refused),
        .restarted = atomic_load(&readers->restarted),
    };
}

void mime_readers_stop(struct mime_readers **readers)
{
    struct mime_readers *all = *readers;
    struct reader reader;

    if (all == NULL) {
        return;
    }
    while (take_waiting(all, &reader)) {
        close_reader(&reader);
    }
    mime_parent_end(&all->parent);
    pthread_mutex_destroy(&all->waiting_lock);
    pthread_mutex_destroy(&all->order_lock);
    struct arena *arena = all->arena;
    *readers = NULL;
    arena_destroy(&arena);
}
