/*
 * lmtp_connection.c - bytes between a socket and a session; letters between a session and the
 * spool.
 */
#include "apps/mail/lmtp_connection.h"

#include "apps/mail/carrier.h"
#include "apps/mail/connector.h"
#include "apps/mail/domains.h"
#include "apps/mail/letter.h"
#include "apps/mail/link.h"
#include "apps/mail/lmtp_session.h"
#include "apps/mail/spool.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/time.h"

enum { READ_SIZE = 16 * 1024, RETURN_PATH_SIZE = 512 };

struct connection {
    const struct lmtp_service *service;
    const char *peer;
    struct link link;
    struct lmtp_session *session;
    int64_t content_deadline; /* of the message on its way in; 0: none is */
};

/* A letter on its way into the spool. */
struct incoming {
    const struct connection *connection;
    struct spool_draft *draft;
    int64_t
        room; /* bytes that may still come: message.size is that of all that the platform gets */
};

/* ---- the house: letters go to the spool, their names to the carrier ---- */

static bool takes(void *context, const char *recipient)
{
    const struct connection *connection = context;

    return domains_have(connection->service->connector->settings.message.domains, recipient);
}

/* What goes wrong with the disk is the administrator's business, not the mail server's. */
static bool fail(const struct connection *connection, const struct error *error)
{
    if (error->cause[0] != '\0') {
        log_event(&connection->service->connector->log, LOG_LEVEL_ERROR, "spool_failed",
                  LOG_TEXT("message", error->message), LOG_TEXT("cause", error->cause));
    }
    return false;
}

static bool begin_letter(void *context, struct arena *arena, const struct letter_envelope *envelope,
                         void **letter_out, struct error *error)
{
    const struct connection *connection = context;
    const struct lmtp_service *service = connection->service;
    const struct connector_settings *settings = &service->connector->settings;
    int64_t away_most = settings->lmtp.away_most;
    struct incoming *letter = arena_allocate(arena, sizeof(*letter));
    struct buffer path;

    if (away_most > 0 && carrier_away_for(service->carrier) > away_most) {
        return error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL, "The platform is away");
    }
    buffer_init(&path, arena, RETURN_PATH_SIZE);
    letter_write_return_path(envelope, "\r\n", &path);
    *letter = (struct incoming){.connection = connection,
                                .room = settings->message.size - (int64_t)path.length};
    if (!spool_begin(arena, service->spool, envelope, &letter->draft, error)) {
        return fail(connection, error);
    }
    if (!spool_add(letter->draft, path.bytes, path.length, error)) {
        spool_drop(&letter->draft);
        return fail(connection, error);
    }
    *letter_out = letter;
    return true;
}

static bool add_to_letter(void *letter, const void *bytes, size_t length, struct error *error)
{
    struct incoming *incoming = letter;

    incoming->room -= (int64_t)length;
    if (incoming->room < 0) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, NULL, "The message is too large");
    }
    return spool_add(incoming->draft, bytes, length, error) || fail(incoming->connection, error);
}

static bool commit_letter(void *context, void *letter, char name_out[UUID_TEXT_SIZE],
                          struct error *error)
{
    const struct connection *connection = context;
    struct incoming *incoming = letter;

    if (!spool_commit(&incoming->draft, name_out, error)) {
        return fail(connection, error);
    }
    carrier_add(connection->service->carrier, name_out);
    return true;
}

static void drop_letter(void *letter)
{
    spool_drop(&((struct incoming *)letter)->draft);
}

static void note(void *context, const struct lmtp_report *report)
{
    const struct connection *connection = context;
    const struct log *log = &connection->service->connector->log;
    bool is_taken = report->refusal == NULL;

    log_event(log, is_taken ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, is_taken ? "taken" : "not_taken",
              LOG_TEXT(is_taken ? "letter" : "reply", is_taken ? report->name : report->refusal),
              LOG_TEXT("peer", connection->peer),
              LOG_NUMBER("recipients", (int64_t)report->recipients),
              LOG_NUMBER("bytes", report->bytes));
}

/* ---- the conversation ---- */

static bool send_replies(struct connection *connection)
{
    struct buffer *replies = lmtp_session_replies(connection->session);
    int64_t patience = connection->service->connector->settings.lmtp.idle_timeout;
    enum link_result result =
        link_write(&connection->link, replies->bytes, replies->length, time_monotonic() + patience);

    buffer_clear(replies);
    return result == LINK_DONE;
}

/* When the next byte must be there: content has a time as a whole. */
static int64_t deadline_of(struct connection *connection)
{
    const struct connector_settings_lmtp *settings = &connection->service->connector->settings.lmtp;
    int64_t now = time_monotonic();
    int64_t idle = now + settings->idle_timeout;

    if (!lmtp_session_is_busy(connection->session)) {
        connection->content_deadline = 0;
        return idle;
    }
    if (connection->content_deadline == 0) {
        connection->content_deadline = now + settings->data_timeout;
    }
    return idle < connection->content_deadline ? idle : connection->content_deadline;
}

/* A message on its way in is waited for when the program is about to end, all else is not. */
static enum link_result read_some(struct connection *connection, char *bytes, size_t *count_out)
{
    const struct lmtp_service *service = connection->service;

    connection->link.stop =
        lmtp_session_is_busy(connection->session) ? service->cut : service->stop;
    return link_read(&connection->link, bytes, READ_SIZE, deadline_of(connection), count_out);
}

static bool encrypt(struct connection *connection)
{
    const struct lmtp_service *service = connection->service;
    int64_t deadline = time_monotonic() + service->connector->settings.lmtp.idle_timeout;

    if (link_encrypt(&connection->link, service->tls, deadline) != LINK_DONE) {
        return false;
    }
    lmtp_session_secure(connection->session);
    return true;
}

/* Hands bytes to the session and sends what it says; false at the end. What came in plain text
 * after STARTTLS is somebody else's. */
static bool converse(struct connection *connection, const char *bytes, size_t count)
{
    size_t used = 0;
    enum lmtp_wish wish = lmtp_session_take(connection->session, bytes, count, &used);

    if (!send_replies(connection) || wish == LMTP_END) {
        return false;
    }
    return wish == LMTP_GO_ON || (used == count && encrypt(connection));
}

static void dismiss(struct connection *connection, enum link_result result)
{
    if (result == LINK_ENDED) {
        return;
    }
    lmtp_session_dismiss(connection->session, result == LINK_STOPPED ? "4.3.2" : "4.4.2",
                         result == LINK_STOPPED ? "going down" : "you are too slow");
    (void)!send_replies(connection);
}

/* A message that was under way stays with the mail server. */
static void say_cut_off(const struct connection *connection)
{
    if (lmtp_session_is_busy(connection->session)) {
        log_event(&connection->service->connector->log, LOG_LEVEL_WARNING, "cut_off",
                  LOG_TEXT("peer", connection->peer));
    }
}

void lmtp_connection_serve(const struct lmtp_service *service, int descriptor, const char *peer)
{
    const struct connector_settings *settings = &service->connector->settings;
    struct arena *arena = arena_create();
    struct connection connection = {
        .service = service,
        .peer = peer,
        .link = {.descriptor = descriptor, .stop = service->stop, .cut = service->cut}};
    const struct lmtp_house house = {
        .context = &connection,
        .name = service->name,
        .size = settings->message.size,
        .recipients = settings->message.recipients,
        .has_tls = service->tls != NULL,
        .takes = takes,
        .begin = begin_letter,
        .add = add_to_letter,
        .commit = commit_letter,
        .drop = drop_letter,
        .note = note,
    };
    char bytes[READ_SIZE];
    size_t count = 0;

    connection.session = lmtp_session_create(arena, &house);
    bool goes_on = send_replies(&connection);
    while (goes_on) {
        enum link_result result = read_some(&connection, bytes, &count);
        goes_on = result == LINK_DONE && converse(&connection, bytes, count);
        if (result != LINK_DONE) {
            dismiss(&connection, result);
        }
    }
    say_cut_off(&connection);
    lmtp_session_destroy(&connection.session);
    link_close(&connection.link);
    arena_destroy(&arena);
}
