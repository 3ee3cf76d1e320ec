/*
 * lmtp_session.c - commands by a table, content by lmtp_content.h.
 */
#include "apps/mail/lmtp_session.h"

#include <string.h>

#include "apps/mail/letter.h"
#include "apps/mail/lmtp_command.h"
#include "apps/mail/lmtp_content.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

enum {
    LINE_MOST = 4096,  /* bytes of a command, with its CR LF */
    FAULTS_MOST = 20,  /* commands that make no sense */
    PIECE_SIZE = 8192, /* of content */
    REPLIES_CAPACITY = 1024,
};

#define TOO_LARGE "552 5.3.4 the message is too large"

/* Where the conversation stands. */
enum state {
    STATE_NEW = 1 << 0,    /* LHLO has to come */
    STATE_READY = 1 << 1,  /* no message yet */
    STATE_SENDER = 1 << 2, /* MAIL was accepted */
    STATE_CONTENT = 1 << 3,
};

enum { STATE_ANY = STATE_NEW | STATE_READY | STATE_SENDER };

struct lmtp_session {
    struct arena *message_arena; /* of the envelope and the letter */
    const struct lmtp_house *house;
    enum state state;
    enum lmtp_wish wish;
    bool is_secure;
    int faults;
    struct buffer replies;
    char line[LINE_MOST];
    size_t line_length;
    bool is_line_too_long;

    struct letter_envelope envelope;
    int64_t asked; /* recipients that were named, taken or not */
    bool is_utf8;
    void *letter; /* being written; NULL: none */
    struct lmtp_content content;
    int64_t bytes;       /* of the content so far */
    const char *refusal; /* of this message, although it comes on; NULL: none */
};

/* ---- replies ---- */

static void reply(struct lmtp_session *session, const char *text)
{
    buffer_add_format(&session->replies, "%s\r\n", text);
}

/* Of a command that makes no sense. Who says many of them is no mail server. */
static void reply_fault(struct lmtp_session *session, const char *text)
{
    reply(session, text);
    if (++session->faults > FAULTS_MOST) {
        lmtp_session_dismiss(session, "4.7.0", "too many commands that make no sense");
    }
}

/* Of a command that comes in another state. Behind a MAIL that was refused a mail server has sent
 * the recipients already, however many they are. */
static void reply_not_now(struct lmtp_session *session)
{
    if (session->state == STATE_NEW) {
        reply_fault(session, "503 5.5.1 say LHLO first");
    } else {
        reply(session, "503 5.5.1 not now");
    }
}

/* Of an argument. What it says is the business of whoever wrote the message. */
static void reply_bad(struct lmtp_session *session, enum lmtp_fault fault)
{
    static const char *const texts[] = {
        [LMTP_BAD_SYNTAX] = "501 5.5.4 the argument is not understood",
        [LMTP_BAD_ADDRESS] = "501 5.1.3 that is no address",
        [LMTP_BAD_PARAMETER] = "555 5.5.4 a parameter is not known",
        [LMTP_NEEDS_SMTPUTF8] = "553 5.6.7 such an address needs SMTPUTF8",
    };

    reply(session, texts[fault]);
}

/* What an error of the house means to the mail server. */
static const char *reply_of(const struct error *error)
{
    static const struct {
        enum error_code code;
        const char *text;
    } replies[] = {
        {ERROR_BUSY, "452 4.3.1 the spool is full"},
        {ERROR_LIMIT_EXCEEDED, TOO_LARGE},
        {ERROR_ENDPOINT_UNREACHABLE, "451 4.4.1 the platform is away"},
    };

    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        if (replies[i].code == error->code) {
            return replies[i].text;
        }
    }
    return "451 4.3.0 the message cannot be stored now";
}

void lmtp_session_dismiss(struct lmtp_session *session, const char *code, const char *why)
{
    buffer_add_format(&session->replies, "421 %s %s: %s\r\n", code, session->house->name, why);
    session->wish = LMTP_END;
}

/* ---- one message ---- */

static void forget_message(struct lmtp_session *session)
{
    if (session->letter != NULL) {
        session->house->drop(session->letter);
        session->letter = NULL;
    }
    arena_reset(session->message_arena);
    session->envelope = (struct letter_envelope){.sender = NULL};
    array_init(&session->envelope.recipients, session->message_arena);
    session->content = (struct lmtp_content){.place = LMTP_LINE_BEGIN};
    session->asked = 0;
    session->bytes = 0;
    session->refusal = NULL;
    if (session->state != STATE_NEW) {
        session->state = STATE_READY;
    }
}

/* What comes on is read, and thrown away. */
static void refuse_message(struct lmtp_session *session, const char *text)
{
    session->refusal = text;
    if (session->letter != NULL) {
        session->house->drop(session->letter);
        session->letter = NULL;
    }
}

static void add_content(struct lmtp_session *session, const char *bytes, size_t length)
{
    struct error error = {0};

    session->bytes += (int64_t)length;
    if (session->refusal != NULL) {
        return;
    }
    if (session->bytes > session->house->size) {
        refuse_message(session, TOO_LARGE);
    } else if (!session->house->add(session->letter, bytes, length, &error)) {
        refuse_message(session, reply_of(&error));
    }
}

/* The content has ended: an answer for each recipient. */
static void end_message(struct lmtp_session *session)
{
    const struct lmtp_house *house = session->house;
    const struct array *recipients = &session->envelope.recipients;
    struct lmtp_report report = {.recipients = recipients->count, .bytes = session->bytes};
    struct error error = {0};
    void *letter = session->letter;

    session->letter = NULL;
    if (session->refusal == NULL && !house->commit(house->context, letter, report.name, &error)) {
        session->refusal = reply_of(&error);
    }
    for (size_t i = 0; i < recipients->count; i++) {
        if (session->refusal != NULL) {
            reply(session, session->refusal);
        } else {
            buffer_add_format(&session->replies, "250 2.1.5 <%s> taken as %s\r\n",
                              (const char *)recipients->items[i], report.name);
        }
    }
    report.refusal = session->refusal;
    house->note(house->context, &report);
    forget_message(session);
}

static size_t take_content(struct lmtp_session *session, const char *bytes, size_t length)
{
    char text[PIECE_SIZE + 1];
    size_t text_length = 0;
    size_t given = length < PIECE_SIZE ? length : PIECE_SIZE;
    size_t used = lmtp_content_take(&session->content, bytes, given, text, &text_length);

    if (text_length > 0) {
        add_content(session, text, text_length);
    }
    if (session->content.place == LMTP_ENDED) {
        end_message(session);
    }
    return used;
}

/* ---- commands ---- */

static void say_hello(struct lmtp_session *session, const char *argument)
{
    const struct lmtp_house *house = session->house;

    if (argument[strspn(argument, " ")] == '\0') {
        reply_fault(session, "501 5.5.4 say who you are: LHLO NAME");
        return;
    }
    session->state = STATE_READY;
    forget_message(session);
    buffer_add_format(&session->replies,
                      "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                      "250-ENHANCEDSTATUSCODES\r\n%s250 SIZE %lld\r\n",
                      house->name, house->has_tls && !session->is_secure ? "250-STARTTLS\r\n" : "",
                      (long long)house->size);
}

static void begin_message(struct lmtp_session *session, const char *argument)
{
    struct lmtp_mail mail;
    enum lmtp_fault fault = lmtp_read_mail(session->message_arena, argument, &mail);

    if (fault != LMTP_FINE) {
        reply_bad(session, fault);
        forget_message(session);
        return;
    }
    if (mail.size > session->house->size) {
        reply(session, TOO_LARGE);
        forget_message(session);
        return;
    }
    session->envelope.sender = mail.sender;
    session->is_utf8 = mail.is_utf8;
    session->state = STATE_SENDER;
    reply(session, "250 2.1.0 go on");
}

static void add_recipient(struct lmtp_session *session, const char *argument)
{
    const struct lmtp_house *house = session->house;
    const char *recipient = NULL;

    if (session->asked++ >= house->recipients) {
        reply(session, "452 4.5.3 too many recipients; send the rest with another copy");
        return;
    }
    enum lmtp_fault fault =
        lmtp_read_recipient(session->message_arena, argument, session->is_utf8, &recipient);
    if (fault != LMTP_FINE) {
        reply_bad(session, fault);
    } else if (!house->takes(house->context, recipient)) {
        reply(session, "550 5.1.2 no mail for this domain is taken here");
    } else {
        array_add(&session->envelope.recipients, recipient);
        reply(session, "250 2.1.5 go on");
    }
}

static void begin_content(struct lmtp_session *session, const char *argument)
{
    const struct lmtp_house *house = session->house;
    struct error error = {0};

    (void)argument;
    if (session->envelope.recipients.count == 0) {
        reply(session, "503 5.5.1 there is no recipient");
    } else if (!house->begin(house->context, session->message_arena, &session->envelope,
                             &session->letter, &error)) {
        session->letter = NULL;
        const struct lmtp_report report = {.recipients = session->envelope.recipients.count,
                                           .refusal = reply_of(&error)};
        reply(session, report.refusal);
        house->note(house->context, &report);
        forget_message(session);
    } else {
        session->state = STATE_CONTENT;
        reply(session, "354 end with a line that is a dot");
    }
}

static void reset(struct lmtp_session *session, const char *argument)
{
    (void)argument;
    forget_message(session);
    reply(session, "250 2.0.0 forgotten");
}

static void do_nothing(struct lmtp_session *session, const char *argument)
{
    (void)argument;
    reply(session, "250 2.0.0 here I am");
}

static void tell_nothing(struct lmtp_session *session, const char *argument)
{
    (void)argument;
    reply(session, "252 2.5.1 send a message and see");
}

static void begin_tls(struct lmtp_session *session, const char *argument)
{
    (void)argument;
    if (!session->house->has_tls || session->is_secure) {
        reply_fault(session, "502 5.5.1 TLS is not offered");
        return;
    }
    reply(session, "220 2.0.0 begin");
    session->wish = LMTP_TLS;
}

static void quit(struct lmtp_session *session, const char *argument)
{
    (void)argument;
    reply(session, "221 2.0.0 good-bye");
    session->wish = LMTP_END;
}

static const struct command {
    const char *verb;
    unsigned states; /* in which it may come */
    void (*run)(struct lmtp_session *session, const char *argument);
} commands[] = {
    {"LHLO", STATE_ANY, say_hello},
    {"MAIL", STATE_READY, begin_message},
    {"RCPT", STATE_SENDER, add_recipient},
    {"DATA", STATE_SENDER, begin_content},
    {"RSET", STATE_ANY, reset},
    {"NOOP", STATE_ANY, do_nothing},
    {"VRFY", STATE_ANY, tell_nothing},
    {"STARTTLS", STATE_NEW | STATE_READY, begin_tls},
    {"QUIT", STATE_ANY, quit},
};

static void run_line(struct lmtp_session *session, const char *line)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const char *argument = lmtp_match_verb(line, commands[i].verb);

        if (argument == NULL) {
            continue;
        }
        if ((commands[i].states & session->state) == 0) {
            reply_not_now(session);
        } else {
            commands[i].run(session, argument);
        }
        return;
    }
    reply_fault(session, "500 5.5.1 this is LMTP: LHLO, MAIL, RCPT, DATA");
}

/* ---- lines ---- */

static bool has_control(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7F) {
            return true;
        }
    }
    return false;
}

static void end_line(struct lmtp_session *session)
{
    size_t length = session->line_length - 2;

    session->line_length = 0;
    while (length > 0 && (session->line[length - 1] == ' ' || session->line[length - 1] == '\t')) {
        length--; /* blanks at the end mean nothing: RFC 5321, 4.1.1 */
    }
    session->line[length] = '\0';
    if (session->is_line_too_long) {
        session->is_line_too_long = false;
        reply_fault(session, "500 5.5.2 the line is too long");
    } else if (has_control(session->line, length)) {
        reply_fault(session, "500 5.5.2 a line holds visible characters and ends with CR LF");
    } else {
        run_line(session, session->line);
    }
}

/* Adds one byte. What a line has too much of goes over its end, so that CR LF is seen. */
static void take_byte(struct lmtp_session *session, char byte)
{
    if (session->line_length == LINE_MOST) {
        session->line[0] = session->line[LINE_MOST - 1];
        session->line_length = 1;
        if (session->is_line_too_long) {
            reply_fault(session, "500 5.5.2 the line is too long");
        }
        session->is_line_too_long = true;
    }
    session->line[session->line_length++] = byte;
    if (byte == '\n' && session->line_length >= 2 &&
        session->line[session->line_length - 2] == '\r') {
        end_line(session);
    }
}

/* ---- the public part ---- */

struct lmtp_session *lmtp_session_create(struct arena *arena, const struct lmtp_house *house)
{
    struct lmtp_session *session = arena_allocate(arena, sizeof(*session));

    session->message_arena = arena_create();
    session->house = house;
    session->state = STATE_NEW;
    buffer_init(&session->replies, arena, REPLIES_CAPACITY);
    forget_message(session);
    buffer_add_format(&session->replies, "220 %s LMTP Svyaz\r\n", house->name);
    return session;
}

void lmtp_session_destroy(struct lmtp_session **session)
{
    if (*session != NULL) {
        forget_message(*session);
        arena_destroy(&(*session)->message_arena);
        *session = NULL;
    }
}

enum lmtp_wish lmtp_session_take(struct lmtp_session *session, const char *bytes, size_t length,
                                 size_t *used_out)
{
    size_t at = 0;

    while (at < length && session->wish == LMTP_GO_ON) {
        if (session->state == STATE_CONTENT) {
            at += take_content(session, bytes + at, length - at);
        } else {
            take_byte(session, bytes[at++]);
        }
    }
    *used_out = at;
    return session->wish;
}

struct buffer *lmtp_session_replies(struct lmtp_session *session)
{
    return &session->replies;
}

void lmtp_session_secure(struct lmtp_session *session)
{
    session->is_secure = true;
    session->wish = LMTP_GO_ON;
    session->state = STATE_NEW;
    session->line_length = 0;
    forget_message(session);
}

bool lmtp_session_is_busy(const struct lmtp_session *session)
{
    return session->state == STATE_CONTENT;
}
