/*
 * test_smtp.c - a message is handed over in time, or not at all.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "apps/mail/smtp.h"
#include "apps/mail/smtp_content.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/time.h"

enum { HEARD_SIZE = 4096, DELAY = 300, LONG = 300 * 1000 };

/* A mail server that takes whatever it gets, and for one command its time. */
struct slow_server {
    const char *slow;     /* the begin of that command */
    const char *greeting; /* the answer to EHLO */
    int listener, port;
    char heard[HEARD_SIZE]; /* the commands, and the content */
    pthread_t thread;
};

static struct slow_server server;
static struct arena *arena;
static struct smtp *smtp;
static char said[SMTP_SAID_SIZE];

static void keep(const char *line)
{
    size_t length = strlen(server.heard);
    snprintf(server.heard + length, HEARD_SIZE - length, "%s", line);
}

static void talk(FILE *in, FILE *out)
{
    char line[256];
    bool is_content = false;

    fputs("220 slow\r\n", out);
    while (fflush(out) == 0 && fgets(line, sizeof(line), in) != NULL) {
        keep(line);
        if (strncmp(line, server.slow, strlen(server.slow)) == 0) {
            nanosleep(&(struct timespec){.tv_nsec = DELAY * 1000000L}, NULL);
        }
        if (is_content && strcmp(line, ".\r\n") != 0) {
            continue;
        }
        is_content = strcmp(line, "DATA\r\n") == 0;
        fputs(is_content                      ? "354 go\r\n"
              : strncmp(line, "EHLO", 4) == 0 ? server.greeting
                                              : "250 ok\r\n",
              out);
    }
}

static void *serve(void *nothing)
{
    int connection = accept(server.listener, NULL, NULL);

    if (connection >= 0) {
        FILE *in = fdopen(connection, "r"), *out = fdopen(dup(connection), "w");
        talk(in, out);
        fclose(in);
        fclose(out);
    }
    return nothing;
}

static void begin(const char *slow)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    struct error error;

    arena = arena_create();
    server = (struct slow_server){
        .slow = slow, .greeting = "250 ok\r\n", .listener = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(server.listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(server.listener, 1), 0);
    assert_int_equal(getsockname(server.listener, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
    const struct smtp_options options = {
        .host = "127.0.0.1",
        .port = ntohs(address.sin_port),
        .security = "none",
        .user = "",
        .password = "",
        .timeout = 10000,
    };
    assert_true(smtp_make(arena, &options, &smtp, &error));
}

static enum smtp_verdict send_within(int64_t milliseconds)
{
    static const char bytes[] = "Subject: Hello\r\n\r\n.Text\r\n";
    struct smtp_message message = {
        .sender = "ann@example.com",
        .file = file_make_nameless("/tmp"),
        .length = sizeof(bytes) - 1,
        .deadline = time_monotonic() + milliseconds,
    };

    assert_true(file_write_all(message.file, bytes, sizeof(bytes) - 1));
    array_init(&message.recipients, arena);
    array_add(&message.recipients, "bob@example.com");
    array_add(&message.recipients, "eve@example.com");
    enum smtp_verdict verdict = smtp_send(smtp, &message, said);
    close(message.file);
    return verdict;
}

/* What the server has heard by then. */
static const char *end(void)
{
    smtp_close(smtp);
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
    arena_destroy(&arena);
    return server.heard;
}

void test_smtp__what_is_in_time_is_taken(void **state)
{
    (void)state;
    begin("RCPT TO:<bob");
    assert_int_equal(send_within(60000), SMTP_TAKEN);
    assert_string_equal(said, "250 ok");
    assert_non_null(strstr(end(), "DATA\r\nSubject: Hello\r\n\r\n..Text\r\n.\r\n"));
}

/* Nothing is said of the other recipients, nor of the content, and the connection serves on. */
void test_smtp__what_takes_too_long_is_given_up_before_its_content(void **state)
{
    (void)state;
    begin("RCPT TO:<bob");
    assert_int_equal(send_within(DELAY / 2), SMTP_LATER);
    assert_non_null(strstr(said, "slow"));
    assert_int_equal(send_within(-1), SMTP_LATER);
    server.slow = "nothing";
    assert_int_equal(send_within(60000), SMTP_TAKEN);
    const char *heard = end();
    const char *reset = strstr(heard, "RCPT TO:<bob@example.com>\r\nRSET\r\n");
    assert_non_null(reset);
    assert_ptr_equal(strstr(heard, "eve"), strstr(reset, "eve"));
    assert_ptr_equal(strstr(heard, "DATA"), strstr(reset, "DATA"));
    assert_non_null(strstr(reset, "RSET\r\nNOOP\r\nMAIL"));
}

/* The server has the content and not the line that ends it: it takes nothing. */
void test_smtp__the_last_line_is_not_sent_late(void **state)
{
    (void)state;
    begin("DATA");
    assert_int_equal(send_within(DELAY / 2), SMTP_AWAY);
    assert_non_null(strstr(said, "slow"));
    const char *heard = end();
    assert_non_null(strstr(heard, "DATA\r\n"));
    assert_null(strstr(heard, "\r\n.\r\n"));
}

/* Who knows the size beforehand refuses what is too large; who was not asked is not told. */
void test_smtp__the_size_is_told_to_who_wants_to_know(void **state)
{
    (void)state;
    begin("nothing");
    server.greeting = "250-ok\r\n250 SIZE 1000\r\n";
    assert_int_equal(send_within(60000), SMTP_TAKEN);
    assert_non_null(strstr(end(), "MAIL FROM:<ann@example.com> SIZE=25\r\n"));
    begin("nothing");
    assert_int_equal(send_within(60000), SMTP_TAKEN);
    assert_non_null(strstr(end(), "MAIL FROM:<ann@example.com>\r\n"));
}

/* Dots at begins of lines wherever a piece ends, and nowhere else. */
void test_smtp__dots_are_doubled_across_pieces(void **state)
{
    static char original[LONG], sent[2 * LONG], piece[SMTP_PIECE_SIZE];
    struct smtp_content content;
    size_t length = 0, total = 0, at = 0;
    int file = file_make_nameless("/tmp");

    (void)state;
    for (size_t i = 0; i < LONG; i++) {
        original[i] = "\r\n..x."[i % 7 < 6 ? i % 7 : 0];
    }
    assert_true(file_write_all(file, original, LONG));
    smtp_content_begin(&content, file, LONG);
    do {
        assert_true(smtp_content_next(&content, piece, &length));
        memcpy(sent + total, piece, length);
        total += length;
    } while (length > 0);
    for (size_t i = 0; i < LONG; i++) {
        if (original[i] == '.' && (i == 0 || original[i - 1] == '\n')) {
            assert_int_equal(sent[at++], '.');
        }
        assert_int_equal(sent[at++], original[i]);
    }
    assert_int_equal(at, total);
    assert_string_equal(smtp_content_last(&content), "\r\n.\r\n");
    smtp_content_begin(&content, file, LONG + 1);
    while (smtp_content_next(&content, piece, &length)) {
        assert_true(length > 0);
    }
    close(file);
}
