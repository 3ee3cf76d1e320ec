/*
 * smtp.c - a conversation with a submission server.
 */
#include "apps/mail/smtp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apps/mail/dial.h"
#include "apps/mail/link.h"
#include "apps/mail/smtp_content.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/time.h"
#include "crypto/base64.h"
#include "crypto/tls_client.h"
#include "text/utf8.h"

enum { INPUT_SIZE = 4096, LINES_MOST = 200, LAST_ANSWER = 10, GOODBYE = 2000 };

static const char needs_smtputf8[] =
    "553 5.6.7 such an address needs SMTPUTF8, which the mail server does not offer";
static const char no_smtp[] = "The mail server does not speak SMTP";
static const char too_late[] = "There was no time left: the mail server is slow";

struct smtp {
    struct arena *arena;
    struct smtp_options options;
    struct tls_client *authorities;
    struct link link; /* descriptor -1: not connected */
    char input[INPUT_SIZE];
    size_t begin, end; /* what was received and not read yet */
    bool can_starttls, can_plain, can_login, can_dsn, can_size, can_utf8;
    bool is_refused;           /* the last time that we logged in */
    int code;                  /* of the last reply; 0: there was none */
    char said[SMTP_SAID_SIZE]; /* its text */
};

/* ---- replies ---- */

static bool fail(struct smtp *smtp, const char *text)
{
    smtp->code = 0;
    snprintf(smtp->said, sizeof(smtp->said), "%s", text);
    return false;
}

/* What is not UTF-8, or was cut within a character, is ASCII with marks in the place of the rest.
 */
static void make_readable(char *line)
{
    if (!text_is_valid_utf8(line, strlen(line))) {
        for (char *at = line; *at != '\0'; at++) {
            *at = (unsigned char)*at < 128 ? *at : '?';
        }
    }
}

/* One line without its end; it may be cut. */
static bool read_line(struct smtp *smtp, int64_t deadline, char *line, size_t size)
{
    size_t length = 0;

    for (;;) {
        if (smtp->begin == smtp->end) {
            smtp->begin = smtp->end = 0;
            if (link_read(&smtp->link, smtp->input, INPUT_SIZE, deadline, &smtp->end) !=
                LINK_DONE) {
                return fail(smtp, "The mail server does not answer");
            }
        }
        char byte = smtp->input[smtp->begin++];
        if (byte == '\n') {
            line[length] = '\0';
            make_readable(line);
            return true;
        }
        if (byte != '\r' && length + 1 < size) {
            line[length++] = isprint((unsigned char)byte) || (unsigned char)byte > 127 ? byte : '?';
        }
    }
}

/* Whether a word stands among others; words of SMTP have no case. */
static bool has_word(const char *line, const char *word)
{
    size_t length = 0;

    for (; *line != '\0'; line += length) {
        line += strspn(line, " =");
        length = strcspn(line, " =");
        if (length == strlen(word) && strncasecmp(line, word, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool begins_with(const char *line, const char *word)
{
    size_t length = strlen(word);

    return strncasecmp(line, word, length) == 0 && strchr(" =", line[length]) != NULL;
}

static void note_extension(struct smtp *smtp, const char *line)
{
    smtp->can_starttls |= begins_with(line, "STARTTLS");
    smtp->can_dsn |= begins_with(line, "DSN");
    smtp->can_size |= begins_with(line, "SIZE");
    smtp->can_utf8 |= begins_with(line, "SMTPUTF8");
    smtp->can_plain |= begins_with(line, "AUTH") && has_word(line, "PLAIN");
    smtp->can_login |= begins_with(line, "AUTH") && has_word(line, "LOGIN");
}

/* A reply of one line or several; the last is what it says. */
static bool read_reply(struct smtp *smtp, int64_t timeout)
{
    int64_t deadline = time_monotonic() + timeout;
    char line[SMTP_SAID_SIZE];

    for (int lines = 0; lines < LINES_MOST; lines++) {
        if (!read_line(smtp, deadline, line, sizeof(line))) {
            return false;
        }
        if (!isdigit((unsigned char)line[0]) || strlen(line) < 3) {
            break;
        }
        if (strlen(line) > 4) {
            note_extension(smtp, line + 4);
        }
        if (line[3] != '-') {
            smtp->code = (int)strtol(line, NULL, 10);
            snprintf(smtp->said, sizeof(smtp->said), "%s", line);
            return true;
        }
    }
    return fail(smtp, no_smtp);
}

static bool send_bytes(struct smtp *smtp, const char *bytes, size_t length, int64_t deadline)
{
    return link_write(&smtp->link, bytes, length, deadline) == LINK_DONE ||
           fail(smtp, "The connection to the mail server broke");
}

/* A command, and whether it was answered at all. */
static bool ask(struct smtp *smtp, const char *command)
{
    struct arena *scratch = arena_create();
    const char *line = arena_format(scratch, "%s\r\n", command);
    int64_t deadline = time_monotonic() + smtp->options.timeout;
    bool is_answered =
        send_bytes(smtp, line, strlen(line), deadline) && read_reply(smtp, smtp->options.timeout);

    arena_destroy(&scratch);
    return is_answered;
}

static bool is_positive(const struct smtp *smtp)
{
    return smtp->code >= 200 && smtp->code < 300;
}

static bool must(struct smtp *smtp, const char *command)
{
    return ask(smtp, command) && is_positive(smtp);
}

/* Whether the server wants to hear more. Who says that all is done instead has not understood. */
static bool must_go_on(struct smtp *smtp, const char *command)
{
    return ask(smtp, command) && (is_positive(smtp) ? fail(smtp, no_smtp) : smtp->code < 400);
}

/* ---- the way in ---- */

static bool greet(struct smtp *smtp)
{
    smtp->can_starttls = smtp->can_plain = smtp->can_login = smtp->can_dsn = smtp->can_size =
        smtp->can_utf8 = false;
    return must(smtp, "EHLO [127.0.0.1]");
}

static bool encrypt(struct smtp *smtp)
{
    int64_t deadline = time_monotonic() + smtp->options.timeout;

    smtp->begin = smtp->end = 0; /* what came in plain text before is nobody's answer */
    const char *complaint =
        dial_encrypt(&smtp->link, smtp->authorities, smtp->options.host, deadline);
    return complaint == NULL || fail(smtp, complaint);
}

static bool secure(struct smtp *smtp)
{
    if (strcmp(smtp->options.security, "starttls") != 0) {
        return true;
    }
    if (!smtp->can_starttls) {
        return fail(smtp, "The mail server offers no STARTTLS");
    }
    return must(smtp, "STARTTLS") && encrypt(smtp) && greet(smtp);
}

/* RFC 4616: no name to act as, the user, the password. */
static bool log_in_plain(struct smtp *smtp, struct arena *scratch)
{
    const char *user = smtp->options.user;
    struct buffer plain;

    buffer_init(&plain, scratch, 256);
    buffer_add_char(&plain, '\0');
    buffer_add(&plain, user, strlen(user) + 1);
    buffer_add_text(&plain, smtp->options.password);
    return must(smtp, arena_format(scratch, "AUTH PLAIN %s",
                                   base64_encode(scratch, plain.bytes, plain.length)));
}

/* Older than any specification, and all that some servers take: it asks for one after the other. */
static bool log_in_by_questions(struct smtp *smtp, struct arena *scratch)
{
    const char *user = smtp->options.user, *password = smtp->options.password;

    return must_go_on(smtp, "AUTH LOGIN") &&
           must_go_on(smtp, base64_encode(scratch, user, strlen(user))) &&
           must(smtp, base64_encode(scratch, password, strlen(password)));
}

static bool log_in(struct smtp *smtp)
{
    if (*smtp->options.user == '\0') {
        return true;
    }
    if (smtp->link.tls == NULL) {
        return fail(smtp, "A password is not sent without TLS");
    }
    if (!smtp->can_plain && !smtp->can_login) {
        return fail(smtp, "The mail server takes neither AUTH PLAIN nor AUTH LOGIN");
    }
    struct arena *scratch = arena_create();
    bool is_in = (smtp->can_plain ? log_in_plain : log_in_by_questions)(smtp, scratch);
    arena_destroy(&scratch);
    smtp->is_refused = !is_in && smtp->code >= 500;
    return is_in;
}

static bool connect_to(struct smtp *smtp)
{
    const struct smtp_options *options = &smtp->options;
    int64_t deadline = time_monotonic() + options->timeout;

    smtp->begin = smtp->end = 0;
    smtp->is_refused = false;
    smtp->link = (struct link){
        .descriptor = dial(options->host, options->port, deadline), .stop = -1, .cut = -1};
    if (smtp->link.descriptor < 0) {
        return fail(smtp, "There is no connection to the mail server");
    }
    return (strcmp(options->security, "tls") != 0 || encrypt(smtp)) &&
           read_reply(smtp, options->timeout) && is_positive(smtp) && greet(smtp) && secure(smtp) &&
           log_in(smtp);
}

static void hang_up(struct smtp *smtp)
{
    link_close(&smtp->link);
}

/* ---- a message ---- */

/* An address that could end its command is none of ours. */
static bool is_address(const char *address)
{
    size_t length = strlen(address);

    return length > 0 && address[strcspn(address, "<>")] == '\0' &&
           text_is_visible(address, length);
}

static bool is_beyond_ascii(const char *address)
{
    for (const char *at = address; *at != '\0'; at++) {
        if ((unsigned char)*at > 127) {
            return true;
        }
    }
    return false;
}

/* Whether somebody of the message needs SMTPUTF8; its header may name no others. */
static bool needs_utf8(const struct smtp_message *message)
{
    for (size_t i = 0; i < message->recipients.count; i++) {
        if (is_beyond_ascii(message->recipients.items[i])) {
            return true;
        }
    }
    return is_beyond_ascii(message->sender);
}

/* Who is refused, and in which words, as far as there is room. */
static void note_refused(const struct smtp *smtp, const char *address, struct buffer *refused)
{
    if (refused->length < SMTP_SAID_SIZE) {
        buffer_add_format(refused, "%s<%s> %s", refused->length == 0 ? "" : "; ", address,
                          smtp->said);
    }
}

static void say(struct smtp *smtp, const char *text)
{
    snprintf(smtp->said, sizeof(smtp->said), "%.*s",
             (int)text_cut_length(text, strlen(text), sizeof(smtp->said) - 1), text);
}

static bool is_late(const struct smtp_message *message)
{
    return time_monotonic() >= message->deadline;
}

/* One that is too large for the server is refused before it is sent (RFC 1870). */
static bool name_sender(struct smtp *smtp, const struct smtp_message *message)
{
    struct arena *scratch = arena_create();
    struct buffer command;

    buffer_init(&command, scratch, 256);
    buffer_add_format(&command, "MAIL FROM:<%s>",
                      is_address(message->sender) ? message->sender : "");
    if (smtp->can_size) {
        buffer_add_format(&command, " SIZE=%lld", (long long)message->length);
    }
    if (smtp->can_utf8 && needs_utf8(message)) {
        buffer_add_text(&command, " SMTPUTF8");
    }
    bool is_taken = must(smtp, command.bytes);
    arena_destroy(&scratch);
    return is_taken;
}

static bool name_recipient(struct smtp *smtp, const struct smtp_message *message, size_t index)
{
    struct arena *scratch = arena_create();
    bool is_wanted = message->is_receipt_wanted && smtp->can_dsn;
    bool is_answered = ask(smtp, arena_format(scratch, "RCPT TO:<%s>%s",
                                              (const char *)message->recipients.items[index],
                                              is_wanted ? " NOTIFY=SUCCESS,FAILURE,DELAY" : ""));

    arena_destroy(&scratch);
    return is_answered;
}

/* Why the server is not even asked; NULL: it is. */
static const char *complaint_of(const struct smtp *smtp, const char *address)
{
    return !is_address(address)                          ? "501 no address"
           : is_beyond_ascii(address) && !smtp->can_utf8 ? needs_smtputf8
                                                         : NULL;
}

/* How many of the recipients the server takes, as far as there is time; may_later: one was put off.
 * False: it is away. */
static bool name_recipients(struct smtp *smtp, const struct smtp_message *message,
                            struct buffer *refused, size_t *taken_out, bool *may_later_out)
{
    *taken_out = 0;
    *may_later_out = false;
    for (size_t i = 0; i < message->recipients.count && !is_late(message); i++) {
        const char *address = message->recipients.items[i];
        const char *unfit = complaint_of(smtp, address);
        if (unfit != NULL) {
            say(smtp, unfit);
            note_refused(smtp, is_address(address) ? address : "", refused);
            continue;
        }
        if (!name_recipient(smtp, message, i)) {
            return false;
        }
        if (is_positive(smtp)) {
            (*taken_out)++;
        } else {
            *may_later_out |= smtp->code < 500;
            note_refused(smtp, address, refused);
        }
    }
    return true;
}

/* Without the last line the server takes nothing, so that it may be sent again. */
static bool send_content(struct smtp *smtp, const struct smtp_message *message,
                         struct arena *scratch)
{
    int64_t deadline = message->deadline;
    struct smtp_content content;
    char piece[SMTP_PIECE_SIZE];
    size_t length = 0;

    smtp_content_begin(&content, message->file, message->length);
    if (!smtp->can_utf8 && needs_utf8(message) && !smtp_content_downgrade(&content, scratch)) {
        return fail(smtp, "The header of the message cannot be read");
    }
    do {
        if (!smtp_content_next(&content, piece, &length)) {
            return fail(smtp, "The message cannot be read");
        }
        if (!send_bytes(smtp, piece, length, deadline)) {
            return false;
        }
    } while (length > 0);
    const char *last = smtp_content_last(&content);
    return (!is_late(message) || fail(smtp, too_late)) &&
           send_bytes(smtp, last, strlen(last), deadline) &&
           read_reply(smtp, smtp->options.timeout * LAST_ANSWER);
}

/* What became of a message that was not taken. */
static enum smtp_verdict verdict_of(const struct smtp *smtp)
{
    return smtp->code < 400 ? SMTP_AWAY : smtp->code < 500 ? SMTP_LATER : SMTP_NEVER;
}

/* What is not taken leaves the connection as it was, for the next message. */
static enum smtp_verdict give_up(struct smtp *smtp, enum smtp_verdict verdict)
{
    char said[SMTP_SAID_SIZE];

    memcpy(said, smtp->said, sizeof(said));
    if (verdict == SMTP_AWAY || !must(smtp, "RSET")) {
        hang_up(smtp);
    }
    memcpy(smtp->said, said, sizeof(said));
    return verdict;
}

static enum smtp_verdict talk_within(struct smtp *smtp, const struct smtp_message *message,
                                     struct arena *scratch)
{
    struct buffer refused;
    bool may_later = false;
    size_t taken = 0;

    buffer_init(&refused, scratch, SMTP_SAID_SIZE);
    if (is_beyond_ascii(message->sender) && !smtp->can_utf8) {
        say(smtp, arena_format(scratch, "<%s> %s", message->sender, needs_smtputf8));
        return SMTP_NEVER;
    }
    if (!name_sender(smtp, message)) {
        return give_up(smtp, verdict_of(smtp));
    }
    if (!name_recipients(smtp, message, &refused, &taken, &may_later)) {
        return give_up(smtp, SMTP_AWAY);
    }
    if (is_late(message)) {
        say(smtp, too_late);
        return give_up(smtp, SMTP_LATER);
    }
    if (taken == 0 || (may_later && message->can_wait)) {
        say(smtp, refused.bytes);
        return give_up(smtp, may_later ? SMTP_LATER : SMTP_NEVER);
    }
    if (!must_go_on(smtp, "DATA")) {
        return give_up(smtp, verdict_of(smtp));
    }
    if (!send_content(smtp, message, scratch)) {
        return give_up(smtp, SMTP_AWAY);
    }
    if (!is_positive(smtp)) {
        return give_up(smtp, verdict_of(smtp));
    }
    if (refused.length > 0) {
        say(smtp, arena_format(scratch, "%s; refused: %s", smtp->said, refused.bytes));
    }
    return SMTP_TAKEN;
}

static enum smtp_verdict talk(struct smtp *smtp, const struct smtp_message *message)
{
    struct arena *scratch = arena_create();
    enum smtp_verdict verdict = talk_within(smtp, message, scratch);

    arena_destroy(&scratch);
    return verdict;
}

/* ---- the whole ---- */

bool smtp_make(struct arena *arena, const struct smtp_options *options, struct smtp **smtp_out,
               struct error *error)
{
    struct smtp *smtp = arena_allocate(arena, sizeof(*smtp));

    *smtp = (struct smtp){.arena = arena, .options = *options, .link = {.descriptor = -1}};
    if (strcmp(options->security, "none") != 0 &&
        !tls_client_open(arena, options->ca_file, &smtp->authorities, error)) {
        return false;
    }
    *smtp_out = smtp;
    return true;
}

/* A connection that was kept may have been closed meanwhile: a new one says so or not. */
enum smtp_verdict smtp_send(struct smtp *smtp, const struct smtp_message *message,
                            char said[SMTP_SAID_SIZE])
{
    enum smtp_verdict verdict = SMTP_AWAY;

    if (is_late(message)) {
        snprintf(said, SMTP_SAID_SIZE, "%s", too_late);
        return SMTP_LATER;
    }
    if (smtp->link.descriptor >= 0 && !must(smtp, "NOOP")) {
        hang_up(smtp);
    }
    if (smtp->link.descriptor >= 0 || connect_to(smtp)) {
        verdict = talk(smtp, message);
    } else {
        hang_up(smtp);
        verdict = SMTP_SHUT;
    }
    memcpy(said, smtp->said, SMTP_SAID_SIZE);
    return verdict;
}

bool smtp_is_refused(const struct smtp *smtp)
{
    return smtp->is_refused;
}

void smtp_close(struct smtp *smtp)
{
    if (smtp->link.descriptor >= 0) {
        (void)send_bytes(smtp, "QUIT\r\n", 6, time_monotonic() + GOODBYE);
        hang_up(smtp);
    }
}
