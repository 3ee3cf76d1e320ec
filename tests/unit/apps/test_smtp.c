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
#include "apps/mail/smtp_header.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/time.h"
#include "text/utf8.h"

enum { HEARD_SIZE = 4096, DELAY = 300, LONG = 300 * 1000 };

/* A mail server that takes whatever it gets, and for one command its time. */
struct slow_server {
    const char *slow;     /* the begin of that command */
    const char *greeting; /* the answer to EHLO */
    const char *refusal;  /* the answer to RCPT */
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
              : strncmp(line, "RCPT", 4) == 0 ? server.refusal
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
    server = (struct slow_server){.slow = slow,
                                  .greeting = "250 ok\r\n",
                                  .refusal = "250 ok\r\n",
                                  .listener = socket(AF_INET, SOCK_STREAM, 0)};
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

/* A message of somebody to Bob and somebody else. */
static enum smtp_verdict send_message(const char *sender, const char *other, const char *bytes,
                                      int64_t milliseconds)
{
    struct smtp_message message = {
        .sender = sender,
        .file = file_make_nameless("/tmp"),
        .length = (int64_t)strlen(bytes),
        .deadline = time_monotonic() + milliseconds,
    };

    assert_true(file_write_all(message.file, bytes, strlen(bytes)));
    array_init(&message.recipients, arena);
    array_add(&message.recipients, "bob@example.com");
    array_add(&message.recipients, other);
    enum smtp_verdict verdict = smtp_send(smtp, &message, said);
    close(message.file);
    return verdict;
}

static enum smtp_verdict send_within(int64_t milliseconds)
{
    return send_message("ann@example.com", "eve@example.com", "Subject: Hello\r\n\r\n.Text\r\n",
                        milliseconds);
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

#define EVE "ева@xn--80a1acny.xn--p1ai"
#define TO_EVE "From: ann@example.com\r\nTo: bob@example.com, <" EVE ">\r\n\r\nЕва <ева@x>\r\n"

void test_smtp__letters_go_to_who_speaks_smtputf8(void **state)
{
    (void)state;
    begin("nothing");
    server.greeting = "250-ok\r\n250-SMTPUTF8\r\n250 SIZE\r\n";
    assert_int_equal(send_message("ann@example.com", EVE, TO_EVE, 60000), SMTP_TAKEN);
    assert_int_equal(send_message("ева@example.com", "eve@x.org", TO_EVE, 60000), SMTP_TAKEN);
    assert_int_equal(send_within(60000), SMTP_TAKEN);
    const char *heard = end();
    assert_non_null(strstr(heard, "MAIL FROM:<ann@example.com> SIZE=97 SMTPUTF8\r\n"));
    assert_non_null(strstr(heard, "RCPT TO:<" EVE ">\r\n"));
    assert_non_null(strstr(heard, "DATA\r\n" TO_EVE ".\r\n"));
    assert_non_null(strstr(heard, "MAIL FROM:<ева@example.com> SIZE=97 SMTPUTF8\r\n"));
    assert_non_null(strstr(heard, "MAIL FROM:<ann@example.com> SIZE=25\r\n"));
}

/* Those whom it can bring the message to get it, with a header that it takes. */
void test_smtp__who_speaks_none_gets_no_letters(void **state)
{
    (void)state;
    begin("nothing");
    assert_int_equal(send_message("ann@example.com", EVE, TO_EVE, 60000), SMTP_TAKEN);
    assert_string_equal(said, "250 ok; refused: <" EVE "> 553 5.6.7 such an address needs "
                              "SMTPUTF8, which the mail server does not offer");
    assert_int_equal(send_message("ева@example.com", "eve@x.org", TO_EVE, 60000), SMTP_NEVER);
    assert_non_null(strstr(said, "<ева@example.com> 553 5.6.7"));
    assert_int_equal(send_within(60000), SMTP_TAKEN);
    const char *heard = end();
    assert_non_null(strstr(heard, "RCPT TO:<bob@example.com>\r\nDATA\r\n"
                                  "From: ann@example.com\r\nTo: bob@example.com, "
                                  "=?utf-8?B?INC10LLQsEB4bi0tODBhMWFjbnkueG4tLXAxYWk=?= :;\r\n"
                                  "\r\nЕва <ева@x>\r\n.\r\n"));
    assert_null(strstr(heard, "MAIL FROM:<ева"));
}

/* A reply in whatever bytes is text, and cut between characters. */
void test_smtp__what_is_said_is_text(void **state)
{
    static char letters[2 * SMTP_SAID_SIZE];

    (void)state;
    memset(letters, 0, sizeof(letters));
    for (size_t i = 0; i + 2 < SMTP_SAID_SIZE; i += 2) {
        memcpy(letters + i, "ж", 2);
    }
    begin("nothing");
    server.refusal = "550 \xD0\xB5\xFF\r\n";
    assert_int_equal(send_message("ann@example.com", letters, TO_EVE, 60000), SMTP_NEVER);
    assert_true(text_is_valid_utf8(said, strlen(said)));
    assert_non_null(strstr(said, "<bob@example.com> 550 ???"));
    assert_true(strlen(said) >= SMTP_SAID_SIZE - 2);
    server.refusal = "550 нет\r\n";
    assert_int_equal(send_within(60000), SMTP_NEVER);
    assert_non_null(strstr(said, "<bob@example.com> 550 нет"));
    (void)end();
}

/* ---- headers for servers that take ASCII alone ---- */

static const char *downgrade(const char *header)
{
    struct buffer out;

    buffer_init(&out, arena, 16);
    smtp_header_downgrade(header, strlen(header), &out);
    return out.bytes;
}

void test_smtp__addresses_beyond_ascii_become_groups(void **state)
{
    static const char *const headers[][2] = {
        {"To: ann@x.org\r\nSubject: =?utf-8?B?0LU=?=",
         "To: ann@x.org\r\nSubject: =?utf-8?B?0LU=?="},
        {"To: е@x.org", "To: =?utf-8?B?0LVAeC5vcmc=?= :;"},
        {"To: е@x.org,\r\n\tb@x,е@y\r\nCc: <е@x.org>\r\n",
         "To: =?utf-8?B?0LVAeC5vcmc=?= :;,\r\n\tb@x,=?utf-8?B?0LVAeQ==?= :;\r\n"
         "Cc: =?utf-8?B?INC1QHgub3Jn?= :;\r\n"},
        {"To: \"A, <b>\" <a.е@x>, c <d@x>", "To: \"A, <b>\" =?utf-8?B?IGEu0LVAeA==?= :;, c <d@x>"},
        {"е", "=?utf-8?B?0LU=?= :;"},
    };

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        assert_string_equal(downgrade(headers[i][0]), headers[i][1]);
    }
    /* no word is longer than 75 characters, and none is cut within a character */
    const char *words = downgrade("To: жжжжжжжжжжжжжжжжжжжжжжжжжжжж@xn--80a1acny.xn--p1ai");
    assert_string_equal(words, "To: =?utf-8?B?"
                               "0LbQttC20LbQttC20LbQttC20LbQttC20LbQttC20LbQttC20LbQttC20LY=?=\r\n "
                               "=?utf-8?B?0LbQttC20LbQttC2QHhuLS04MGExYWNueS54bi0tcDFhaQ==?= :;");
    arena_destroy(&arena);
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
