/*
 * test_reader.c - messages read by processes that end, hang and are killed over them.
 */
#define _GNU_SOURCE /* prctl, prlimit, memfd_create, usleep */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "mime/describe.h"
#include "mime/reader.h"

enum {
    SIZE_MOST = 1024 * 1024,
    THREADS = 8,
    MESSAGES_EACH = 25,
    RENEWED_AFTER = 1000,
    LARGE = 8 * 1024 * 1024,
    SHORT_TIME = 300,   /* milliseconds, as all times here */
    ENOUGH_TIME = 2000, /* for a header, on a busy machine too */
    TRIES = 20,
    PROCESSES = 32,
    FORWARDED = 20,
    FORWARDED_SIZE = 300 * 1024, /* of each; more than memory holds */
    FILES_MOST = 3,              /* those that the parent has, and no socket */
    KILLED = 2,
    WRITTEN_MOST = 1 << 30
};

static const char letter[] = "From: Ann <ann@x.org>\nSubject: Order\nMessage-ID: <1@x.org>\n"
                             "Content-Type: multipart/mixed; boundary=b\n\n"
                             "--b\n\nFive lathes.\n--b\nContent-Type: application/pdf\n"
                             "Content-Disposition: attachment; filename=order.pdf\n\nPDF\n--b--\n";

#define SECRET "xyzzy-1-2-3"

static struct log silence = {.descriptor = 2, .level = LOG_LEVEL_ERROR};
static struct mime_readers *readers;

static void start(void)
{
    struct error error = {0};
    assert_true(mime_readers_start(&silence, &readers, &error));
}

static struct mime_message *try_within(struct arena *arena, const char *bytes, size_t length,
                                       const struct mime_bounds *bounds, struct error *error)
{
    struct given given;
    const struct mime_source source = source_of(&given, bytes, length);
    const struct mime_limits limits = ordinary_limits();
    struct mime_message *message = NULL;

    return mime_readers_read(readers, arena, &source, &limits, bounds, &message, error) ? message
                                                                                        : NULL;
}

static struct mime_message *try_for(struct arena *arena, const char *bytes, size_t length,
                                    int64_t time, struct error *error)
{
    const struct mime_bounds bounds = {.time = time, .request_id = "test"};
    return try_within(arena, bytes, length, &bounds, error);
}

static struct mime_message *read_for(struct arena *arena, const char *bytes, size_t length,
                                     int64_t time)
{
    struct error error = {0};
    struct mime_message *message = try_for(arena, bytes, length, time, &error);

    if (message == NULL) {
        fail_msg("%s (%s)", error.message, error.cause);
    }
    return message;
}

static struct mime_message *read_letter(struct arena *arena)
{
    return read_for(arena, letter, sizeof(letter) - 1, 60000);
}

/* ---- processes ---- */

/* The children of a process, in the order in which they were made. */
static size_t find_children(pid_t process, pid_t children[PROCESSES])
{
    char path[64];
    size_t count = 0;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)process, (int)process);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0; /* it has ended */
    }
    while (count < PROCESSES && fscanf(file, "%d", &children[count]) == 1) {
        count++;
    }
    fclose(file);
    return count;
}

/* The one process that reads, and its parent. */
static pid_t find_reader(pid_t *parent_out)
{
    pid_t parents[PROCESSES], found[PROCESSES];

    assert_int_equal(find_children(getpid(), parents), 1);
    assert_int_equal(find_children(parents[0], found), 1);
    *parent_out = parents[0];
    return found[0];
}

/* What has lost its parent becomes our child: so it is seen to end. */
static void adopt(void)
{
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

static void expect_no_process(void)
{
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
    assert_int_equal(errno, ECHILD);
}

/* ---- tests ---- */

static void expect_same(struct arena *arena, const struct mime_message *found,
                        const struct mime_message *expected)
{
    assert_string_equal(describe(arena, found), describe(arena, expected));
    assert_string_equal(found->digest, expected->digest);
    for (size_t i = 0; i < expected->part_count; i++) {
        assert_string_equal(content_of(arena, &found->parts[i]),
                            content_of(arena, &expected->parts[i]));
    }
}

void test_reader__reads_as_one_process_does(void **state)
{
    glob_t paths;

    (void)state;
    start();
    assert_int_equal(glob("tests/data/mail/*.eml", 0, NULL, &paths), 0);
    assert_true(paths.gl_pathc > 0);
    for (size_t i = 0; i < paths.gl_pathc; i++) {
        struct arena *arena = arena_create();
        struct error error = {0};
        char *bytes = NULL;
        size_t length = 0;
        assert_true(file_read(arena, paths.gl_pathv[i], SIZE_MOST, &bytes, &length, &error));
        expect_same(arena, read_for(arena, bytes, length, 60000),
                    read_message(arena, bytes, length));
        arena_destroy(&arena);
    }
    globfree(&paths);
    assert_int_equal(mime_readers_count(readers).made, 1);
    assert_int_equal(mime_readers_count(readers).lost, 0);
    mime_readers_stop(&readers);
}

void test_reader__refuses_what_one_process_refuses(void **state)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    struct buffer bytes;

    (void)state;
    start();
    assert_null(try_for(arena, "", 0, 60000, &error));
    assert_int_equal(error.code, ERROR_VALUE_INVALID);
    buffer_init(&bytes, arena, 4096);
    for (int i = 0; i < 100000; i++) {
        buffer_add_text(&bytes, "X-A: b\n");
    }
    assert_null(try_for(arena, bytes.bytes, bytes.length, 60000, &error));
    assert_int_equal(error.code, ERROR_LIMIT_EXCEEDED);
    assert_int_equal(mime_readers_count(readers).lost, 0);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

void test_reader__brings_a_large_part_without_memory(void **state)
{
    struct arena *source = arena_create();
    struct arena *arena = arena_create();
    struct buffer bytes;

    (void)state;
    start();
    buffer_init(&bytes, source, LARGE + 4096);
    buffer_add_text(&bytes, "From: a@x.org\nContent-Type: application/zip\n\n");
    while (bytes.length < LARGE) {
        buffer_add_format(&bytes, "%zu\n", bytes.length);
    }
    const struct mime_message *message = read_for(arena, bytes.bytes, bytes.length, 60000);
    assert_int_equal(message->part_count, 1);
    assert_true(arena_size(arena) < SIZE_MOST);
    assert_string_equal(content_of(source, &message->parts[0]), strstr(bytes.bytes, "\n\n") + 2);
    arena_destroy(&arena);
    arena_destroy(&source);
    mime_readers_stop(&readers);
}

void test_reader__brings_many_large_messages_within_one(void **state)
{
    struct arena *arena = arena_create();
    struct buffer bytes;

    (void)state;
    start();
    buffer_init(&bytes, arena, FORWARDED * FORWARDED_SIZE + 4096);
    buffer_add_text(&bytes, "From: a@x.org\nContent-Type: multipart/mixed; boundary=b\n\n");
    for (int i = 0; i < FORWARDED; i++) {
        buffer_add_text(&bytes, "--b\nContent-Type: message/rfc822\n\nSubject: s\n\n");
        size_t end = bytes.length + FORWARDED_SIZE;
        while (bytes.length < end) {
            buffer_add_text(&bytes, "Nothing but words, line after line.\n");
        }
    }
    buffer_add_text(&bytes, "--b--\n");
    const struct mime_message *message = read_for(arena, bytes.bytes, bytes.length, 60000);
    assert_int_equal(message->part_count, FORWARDED);
    assert_false(message->is_cut);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

/* Lists of addresses that GMime may not see, in pieces of one file. */
void test_reader__brings_long_lists_as_they_came(void **state)
{
    struct arena *arena = arena_create();
    struct buffer bytes;

    (void)state;
    start();
    buffer_init(&bytes, arena, FORWARDED * FORWARDED_SIZE + 4096);
    buffer_add_text(&bytes, "From: a@x.org\nContent-Type: multipart/mixed; boundary=b\n\n");
    for (int i = 0; i < KILLED; i++) {
        buffer_add_text(&bytes, "--b\nContent-Type: message/rfc822\n\nSubject: s\ncc: c@x.org");
        size_t end = bytes.length + FORWARDED_SIZE;
        while (bytes.length < end) {
            buffer_add_text(&bytes, ",a b");
        }
        buffer_add_format(&bytes, "\nTo: %d@x.org\n\nhi\n", i);
    }
    buffer_add_text(&bytes, "--b--\n");
    const struct mime_message *message = read_for(arena, bytes.bytes, bytes.length, 60000);
    assert_int_equal(message->part_count, KILLED);
    for (size_t i = 0; i < KILLED; i++) {
        const char *content = content_of(arena, &message->parts[i]);
        assert_non_null(strstr(bytes.bytes, content));
        assert_string_equal(strstr(content, "\nTo: "),
                            i == 0 ? "\nTo: 0@x.org\n\nhi" : "\nTo: 1@x.org\n\nhi");
    }
    assert_int_equal(mime_readers_count(readers).lost, 0);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

static void *read_many(void *context)
{
    (void)context;
    for (int i = 0; i < MESSAGES_EACH; i++) {
        struct arena *arena = arena_create();
        const struct mime_message *message = read_letter(arena);
        assert_string_equal(message->text, "Five lathes.");
        assert_string_equal(content_of(arena, &message->parts[0]), "PDF");
        arena_destroy(&arena);
    }
    return NULL;
}

void test_reader__is_one_of_many_at_once(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    start();
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_many, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(mime_readers_count(readers).made <= THREADS);
    assert_int_equal(mime_readers_count(readers).lost, 0);
    mime_readers_stop(&readers);
}

static void expect_header_alone(const struct mime_message *message)
{
    assert_true(message->is_cut);
    assert_string_equal(message->subject, "Order");
    assert_string_equal(message->message_id, "1@x.org");
    assert_string_equal(message->from.items[0].address, "ann@x.org");
    assert_string_equal(message->text, "");
    assert_int_equal(message->part_count, 0);
}

/* It hangs: a new one reads the header alone, and the one after that everything again. */
void test_reader__is_ended_when_it_takes_too_long(void **state)
{
    struct arena *arena = arena_create();
    pid_t parent = 0;

    (void)state;
    start();
    read_letter(arena);
    pid_t reader = find_reader(&parent);
    kill(reader, SIGSTOP);
    expect_header_alone(read_for(arena, letter, sizeof(letter) - 1, ENOUGH_TIME));
    assert_false(read_letter(arena)->is_cut);
    struct mime_reader_counts counts = mime_readers_count(readers);
    assert_int_equal(counts.made, 2);
    assert_int_equal(counts.lost, 1);
    assert_int_equal(counts.cut, 1);
    assert_int_not_equal(find_reader(&parent), reader);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

static void *read_one(void *arena)
{
    return read_letter(arena);
}

/* Whether it died over the message, and not before it had it. */
static bool dies_while_reading(struct arena *arena)
{
    pthread_t thread;
    void *message = NULL;
    pid_t parent = 0;

    read_letter(arena);
    pid_t reader = find_reader(&parent);
    kill(reader, SIGSTOP);
    assert_int_equal(pthread_create(&thread, NULL, read_one, arena), 0);
    usleep(SHORT_TIME * 1000);
    kill(reader, SIGKILL);
    pthread_join(thread, &message);
    if (mime_readers_count(readers).lost == 0) {
        assert_false(((const struct mime_message *)message)->is_cut);
        return false;
    }
    expect_header_alone(message);
    return true;
}

void test_reader__may_die(void **state)
{
    struct arena *arena = arena_create();
    bool is_dead = false;

    (void)state;
    start();
    for (int i = 0; i < TRIES && !is_dead; i++) {
        is_dead = dies_while_reading(arena);
    }
    assert_true(is_dead);
    assert_int_equal(mime_readers_count(readers).lost, 1);
    assert_false(read_letter(arena)->is_cut);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

/* Nothing was lost over a message. */
void test_reader__may_die_while_it_waits(void **state)
{
    struct arena *arena = arena_create();
    pid_t parent = 0, none[PROCESSES];

    (void)state;
    start();
    read_letter(arena);
    kill(find_reader(&parent), SIGKILL);
    while (find_children(parent, none) > 0) {
        usleep(1000);
    }
    assert_false(read_letter(arena)->is_cut);
    assert_int_equal(mime_readers_count(readers).made, 2);
    assert_int_equal(mime_readers_count(readers).lost, 0);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

/* No time is too little for any reader. */
void test_reader__of_a_message_that_none_survives_is_said_so(void **state)
{
    struct arena *arena = arena_create();
    struct error error = {0};

    (void)state;
    start();
    assert_null(try_for(arena, letter, sizeof(letter) - 1, 0, &error));
    assert_int_equal(error.code, ERROR_VALUE_INVALID);
    assert_non_null(strstr(error.message, "mail.reading_time"));
    assert_int_equal(mime_readers_count(readers).lost, 2);
    assert_int_equal(mime_readers_count(readers).refused, 1);
    assert_false(read_letter(arena)->is_cut);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

void test_reader__is_renewed(void **state)
{
    (void)state;
    start();
    for (int i = 0; i <= RENEWED_AFTER; i++) {
        struct arena *arena = arena_create();
        read_letter(arena);
        arena_destroy(&arena);
    }
    assert_int_equal(mime_readers_count(readers).made, 2);
    assert_int_equal(mime_readers_count(readers).lost, 0);
    mime_readers_stop(&readers);
}

/* It may be put off, and by nothing else. */
static struct mime_message *read_in_the_end(struct arena *arena)
{
    struct mime_message *message = NULL;
    struct error error = {0};

    while ((message = try_for(arena, letter, sizeof(letter) - 1, 60000, &error)) == NULL) {
        assert_int_equal(error.code, ERROR_BUSY);
        usleep(SHORT_TIME * 1000);
    }
    return message;
}

/* Without their parent there are no new readers until it is started again: that is said, and
 * nobody waits. */
void test_reader__can_be_had_when_the_parent_was_killed(void **state)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    pid_t parent = 0, before = 0;

    (void)state;
    adopt();
    start();
    read_letter(arena);
    for (int i = 0; i < KILLED; i++) {
        find_reader(&parent);
        assert_int_not_equal(parent, before);
        before = parent;
        kill(parent, SIGKILL);
        expect_no_process();
        assert_false(read_in_the_end(arena)->is_cut);
        kill(find_reader(&parent), SIGKILL); /* so soon it is not started again */
        kill(parent, SIGKILL);
        expect_no_process();
        assert_null(try_for(arena, letter, sizeof(letter) - 1, 60000, &error));
        assert_int_equal(error.code, ERROR_BUSY);
        assert_false(read_in_the_end(arena)->is_cut);
    }
    assert_int_equal(mime_readers_count(readers).restarted, 2 * KILLED);
    assert_int_equal(mime_readers_count(readers).lost, 0);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

static void *read_one_in_the_end(void *arena)
{
    return read_in_the_end(arena);
}

/* A message is read whole though its reader ended with the parent. */
void test_reader__is_no_loss_when_it_ends_with_the_parent(void **state)
{
    struct arena *arena = arena_create();
    pthread_t thread;
    void *message = NULL;
    pid_t parent = 0;

    (void)state;
    start();
    for (int i = 0; i < KILLED; i++) {
        read_in_the_end(arena);
        kill(find_reader(&parent), SIGSTOP);
        assert_int_equal(pthread_create(&thread, NULL, read_one_in_the_end, arena), 0);
        usleep(SHORT_TIME * 1000);
        kill(parent, SIGKILL);
        pthread_join(thread, &message);
        assert_false(((const struct mime_message *)message)->is_cut);
    }
    assert_int_equal(mime_readers_count(readers).lost, 0);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

static void expect_no_secret_in(struct arena *arena, pid_t process, const char *file)
{
    char *bytes = NULL;
    size_t length = 0;
    struct error error = {0};

    assert_true(file_read(arena, arena_format(arena, "/proc/%d/%s", (int)process, file), SIZE_MOST,
                          &bytes, &length, &error));
    assert_null(memmem(bytes, length, SECRET, strlen(SECRET)));
}

/* Whatever the server has open; the parent has standard files and its socket, a reader its own. */
static void expect_few_files(struct arena *arena, pid_t process)
{
    glob_t paths;
    char target[64];

    assert_int_equal(glob(arena_format(arena, "/proc/%d/fd/*", (int)process), 0, NULL, &paths), 0);
    assert_int_equal(paths.gl_pathc, FILES_MOST + 1);
    for (size_t i = 0; i < paths.gl_pathc; i++) {
        ssize_t length = readlink(paths.gl_pathv[i], target, sizeof(target) - 1);
        assert_true(length > 0);
        target[length] = '\0';
        assert_null(strstr(target, "memfd"));
    }
    globfree(&paths);
}

void test_reader__has_nothing_of_the_server(void **state)
{
    struct arena *arena = arena_create();
    pid_t family[2] = {0, 0};

    (void)state;
    setenv("CRM_DATABASE_PASSWORD", SECRET, 1);
    assert_true(memfd_create(SECRET, 0) >= 0);
    start();
    read_letter(arena);
    family[0] = find_reader(&family[1]);
    for (size_t i = 0; i < 2; i++) {
        expect_no_secret_in(arena, family[i], "environ");
        expect_no_secret_in(arena, family[i], "cmdline");
        expect_few_files(arena, family[i]);
    }
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

/* What the kernel says of it. */
void test_reader__is_confined(void **state)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    char *status = NULL;
    size_t length = 0;
    pid_t parent = 0;

    (void)state;
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0) {
        skip(); /* who is confined himself cannot tell */
    }
    start();
    read_letter(arena);
    assert_true(file_read(arena, arena_format(arena, "/proc/%d/status", (int)find_reader(&parent)),
                          SIZE_MOST, &status, &length, &error));
    assert_non_null(strstr(status, "\nSeccomp:\t2\n"));
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

/* The parent has no file left for a socket, and later it has. */
void test_reader__can_be_had_when_the_system_has_room_again(void **state)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    struct rlimit usual, little;
    pid_t parent = 0, none[PROCESSES];

    (void)state;
    start();
    read_letter(arena);
    kill(find_reader(&parent), SIGKILL);
    while (find_children(parent, none) > 0) {
        usleep(1000);
    }
    assert_int_equal(prlimit(parent, RLIMIT_NOFILE, NULL, &usual), 0);
    little = (struct rlimit){.rlim_cur = FILES_MOST, .rlim_max = usual.rlim_max};
    assert_int_equal(prlimit(parent, RLIMIT_NOFILE, &little, NULL), 0);
    for (int i = 0; i < 2; i++) {
        assert_null(try_for(arena, letter, sizeof(letter) - 1, 60000, &error));
        assert_int_equal(error.code, ERROR_BUSY);
    }
    assert_int_equal(prlimit(parent, RLIMIT_NOFILE, &usual, NULL), 0);
    assert_false(read_letter(arena)->is_cut);
    assert_int_equal(mime_readers_count(readers).made, 2);
    assert_int_equal(mime_readers_count(readers).lost, 0);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

/* Who has no right to more does not ask for it. */
void test_reader__stays_within_the_bounds_of_the_server(void **state)
{
    const struct rlimit bounds = {.rlim_cur = WRITTEN_MOST, .rlim_max = WRITTEN_MOST};
    struct arena *arena = arena_create();
    struct rlimit found;
    pid_t parents[PROCESSES], parent = 0;

    (void)state;
    start();
    assert_int_equal(find_children(getpid(), parents), 1);
    assert_int_equal(prlimit(parents[0], RLIMIT_FSIZE, &bounds, NULL), 0);
    assert_false(read_letter(arena)->is_cut);
    assert_int_equal(prlimit(find_reader(&parent), RLIMIT_FSIZE, NULL, &found), 0);
    assert_int_equal(found.rlim_max, WRITTEN_MOST);
    assert_true(found.rlim_cur < WRITTEN_MOST);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

/* Both readings together end while somebody waits for the answer. */
void test_reader__has_no_more_time_than_both_readings_may_take(void **state)
{
    const struct mime_bounds bounds = {
        .time = 60000, .most = 2 * ENOUGH_TIME, .request_id = "test"};
    struct arena *arena = arena_create();
    struct error error = {0};
    pid_t parent = 0;

    (void)state;
    start();
    read_letter(arena);
    kill(find_reader(&parent), SIGSTOP);
    int64_t begin = time_monotonic();
    const struct mime_message *message =
        try_within(arena, letter, sizeof(letter) - 1, &bounds, &error);
    assert_true(time_monotonic() - begin < 60000);
    assert_non_null(message);
    expect_header_alone(message);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

/* Of a large message a reader that hangs is waited for longer. */
void test_reader__has_more_time_for_a_large_message(void **state)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    pid_t parent = 0;

    (void)state;
    start();
    read_letter(arena);
    kill(find_reader(&parent), SIGSTOP);
    char *bytes = arena_allocate(arena, LARGE);
    memset(bytes, '\n', LARGE);
    memcpy(bytes, letter, sizeof(letter) - 1);
    int64_t begin = time_monotonic();
    if (try_for(arena, bytes, LARGE, 1, &error) == NULL) {
        assert_int_equal(error.code, ERROR_VALUE_INVALID);
    }
    assert_true(time_monotonic() - begin >= LARGE / 10000);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

/* One that hangs ends too. */
void test_reader__ends_with_all_when_they_are_stopped(void **state)
{
    struct arena *arena = arena_create();
    pid_t parent = 0;

    (void)state;
    adopt();
    start();
    read_letter(arena);
    kill(find_reader(&parent), SIGSTOP);
    mime_readers_stop(&readers);
    expect_no_process();
    arena_destroy(&arena);
}

void test_reader__ignores_the_signals_that_the_server_awaits(void **state)
{
    struct arena *arena = arena_create();
    pid_t parent = 0;

    (void)state;
    start();
    read_letter(arena);
    pid_t reader = find_reader(&parent);
    for (int i = 0; i < 2; i++) {
        kill(i == 0 ? reader : parent, SIGTERM);
        kill(i == 0 ? reader : parent, SIGINT);
        kill(i == 0 ? reader : parent, SIGHUP);
    }
    assert_false(read_letter(arena)->is_cut);
    assert_int_equal(mime_readers_count(readers).made, 1);
    arena_destroy(&arena);
    mime_readers_stop(&readers);
}

/* With a message under way that would never end. */
void test_reader__ends_with_a_server_that_is_killed(void **state)
{
    struct arena *arena = arena_create();

    (void)state;
    adopt();
    pid_t server = fork();
    if (server == 0) {
        pid_t parent = 0;
        start();
        read_letter(arena);
        kill(find_reader(&parent), SIGSTOP);
        kill(getpid(), SIGKILL);
    }
    expect_no_process();
    arena_destroy(&arena);
}
