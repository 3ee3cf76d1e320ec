/*
 * imap_follower.c - from UIDVALIDITY and UIDNEXT on, message by message, through any break.
 */
#include "apps/mail/imap_follower.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "apps/mail/carrier.h"
#include "apps/mail/connector.h"
#include "apps/mail/imap_account.h"
#include "apps/mail/imap_client.h"
#include "apps/mail/imap_name.h"
#include "apps/mail/imap_state.h"
#include "apps/mail/letter.h"
#include "apps/mail/spool.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/time.h"

enum {
    STACK_SIZE = 256 * 1024,
    FIRST_WAIT = 500, /* ms before the second attempt to connect */
    FULL_WAIT = 2000, /* ms before the spool is tried again */
    REFUSALS_LEAST = 3,
    REFUSED_MOST = 10, /* times platform.retry_most, where the password is wrong */
    PATIENCE = 60,     /* times platform.retry_most */
    DATE_SLACK =
        60000, /* ms by which the server's clock may be slow; what comes twice is filed once */
};

/* A message that the server lists and does not hand over. */
struct refusal {
    uint32_t validity, uid;
    int count;     /* in a row */
    int64_t since; /* of time_monotonic() */
};

struct imap_follower {
    const struct imap_service *service;
    const struct imap_account *account;
    const char *state_path;
    struct imap_state state;
    struct refusal refusal; /* the last */
    pthread_t thread;
};

/* ---- the log ---- */

static void say(const struct imap_follower *follower, enum log_level level, const char *event,
                const struct error *error)
{
    log_event(&follower->service->connector->log, level, event,
              LOG_TEXT("user", follower->account->user),
              LOG_TEXT("folder", follower->account->folder), LOG_TEXT("message", error->message),
              LOG_TEXT("cause", error->cause[0] == '\0' ? "none" : error->cause));
}

/* Waits; false when the program is about to end. */
static bool pause_for(const struct imap_follower *follower, int64_t milliseconds)
{
    struct pollfd stop = {.fd = follower->service->stop, .events = POLLIN};

    return poll(&stop, 1, (int)milliseconds) == 0;
}

/* ---- one message ---- */

static struct letter_envelope make_envelope(struct arena *arena, const struct imap_account *account)
{
    struct letter_envelope envelope = {.sender = NULL};

    array_init(&envelope.recipients, arena);
    if (strchr(account->user, '@') != NULL) {
        array_add(&envelope.recipients, account->user);
    }
    return envelope;
}

static bool add_piece(void *draft, const void *bytes, size_t length, struct error *error)
{
    return spool_add(draft, bytes, length, error);
}

/* Brings a message into the spool. */
static bool store(const struct imap_follower *follower, struct imap_client *client, uint32_t uid,
                  char name_out[UUID_TEXT_SIZE], struct error *error)
{
    struct arena *arena = arena_create();
    struct letter_envelope envelope = make_envelope(arena, follower->account);
    struct spool_draft *draft = NULL;

    bool is_done = spool_begin(arena, follower->service->spool, &envelope, &draft, error) &&
                   imap_client_fetch(client, uid, add_piece, draft, error) &&
                   spool_commit(&draft, name_out, error);
    spool_drop(&draft);
    arena_destroy(&arena);
    return is_done;
}

/* Whether it was in the folder before that was first read, as far as its date tells. */
static bool is_old(const struct imap_state *state, const struct imap_message *message)
{
    return message->uid < state->anew && message->received < state->since - DATE_SLACK;
}

/* Whether a message that was refused again is left out, since others wait behind it: after longer
 * than a server's bad hour. What breaks the connection says nothing of the message. */
static bool is_given_up(struct imap_follower *follower, const struct imap_message *message,
                        const struct error *error)
{
    struct refusal *refusal = &follower->refusal;
    int64_t patience = PATIENCE * follower->service->connector->settings.platform.retry_most;
    int64_t now = time_monotonic();

    if (error->code != ERROR_ENDPOINT_REFUSED) {
        return false;
    }
    if (refusal->uid != message->uid || refusal->validity != follower->state.validity) {
        *refusal = (struct refusal){
            .validity = follower->state.validity, .uid = message->uid, .since = now};
    }
    refusal->count++;
    return refusal->count >= REFUSALS_LEAST && now - refusal->since >= patience;
}

static void say_left_out(const struct imap_follower *follower, const struct imap_message *message,
                         const struct error *why)
{
    struct error error = {0};

    error_set(&error, why->code, NULL, "Message %u is left out: %.300s", message->uid,
              why->message);
    error_add_cause(&error, "%s", why->cause);
    say(follower, LOG_LEVEL_ERROR, "left_out", &error);
}

/* The state comes after the letter: what is stored twice is filed once. */
static bool take_message(struct imap_follower *follower, struct imap_client *client,
                         const struct imap_message *message, struct error *error)
{
    const struct imap_service *service = follower->service;
    int64_t most = service->connector->settings.message.size;
    char name[UUID_TEXT_SIZE] = "";

    if (is_old(&follower->state, message)) {
        return true;
    }
    if (message->size > most) {
        error_set(error, ERROR_LIMIT_EXCEEDED, NULL,
                  "Message %u has %u bytes, message.size is %lld", message->uid, message->size,
                  (long long)most);
        say(follower, LOG_LEVEL_ERROR, "too_large", error);
        return true;
    }
    while (!store(follower, client, message->uid, name, error)) {
        if (is_given_up(follower, message, error)) {
            say_left_out(follower, message, error);
            return true;
        }
        if (error->code != ERROR_BUSY || !pause_for(follower, FULL_WAIT)) {
            return false;
        }
    }
    carrier_add(service->carrier, name);
    log_event(&service->connector->log, LOG_LEVEL_INFO, "taken", LOG_TEXT("letter", name),
              LOG_TEXT("user", follower->account->user),
              LOG_TEXT("folder", follower->account->folder),
              LOG_NUMBER("bytes", (int64_t)message->size));
    return true;
}

static bool note_next(struct imap_follower *follower, uint32_t next, struct error *error)
{
    follower->state.next = next;
    return imap_state_write(follower->state_path, &follower->state, error);
}

static bool take_all(struct imap_follower *follower, struct imap_client *client,
                     const struct imap_message *messages, size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (!take_message(follower, client, &messages[i], error) ||
            !note_next(follower, messages[i].uid + 1, error)) {
            return false;
        }
    }
    return true;
}

/* Takes whatever the folder has beyond the state. */
static bool catch_up(struct imap_follower *follower, struct imap_client *client,
                     const struct imap_folder *folder, struct error *error)
{
    uint32_t upto;

    do {
        struct arena *arena = arena_create();
        struct imap_message *messages = NULL;
        size_t count = 0;

        upto = 0;
        bool is_done = imap_client_list(client, arena, folder, follower->state.next, &messages,
                                        &count, &upto, error) &&
                       take_all(follower, client, messages, count, error) &&
                       (upto == 0 || note_next(follower, upto + 1, error));
        arena_destroy(&arena);
        if (!is_done) {
            return false;
        }
    } while (upto != 0);
    return true;
}

/* ---- a connection ---- */

/* UIDNEXT is less than it was: an old copy of the folder was brought back, and UIDs that were read
 * are given to other messages. Servers that keep no HIGHESTMODSEQ are not believed. */
static bool is_set_back(const struct imap_state *state, const struct imap_folder *folder)
{
    return folder->next < state->next && folder->modseq != 0;
}

/* A folder that was never read begins where imap.begin says; one that the server has made anew, or
 * set back, begins with the messages that came since it was first read. */
static bool begin_state(struct imap_follower *follower, const struct imap_folder *folder,
                        struct error *error)
{
    struct imap_state *state = &follower->state;
    bool is_new = state->validity == 0;
    bool has_old = strcmp(follower->service->connector->settings.imap.begin, "all") == 0;

    if (state->validity == folder->validity && !is_set_back(state, folder)) {
        return true;
    }
    state->validity = folder->validity;
    state->modseq = 0;
    state->since = is_new && !has_old ? time_now() : state->since;
    state->anew = is_new ? 0 : folder->next;
    return note_next(follower, is_new && !has_old ? folder->next : 1, error);
}

/* Goes on with the first message that is new, where the server has said which it is. */
static bool resume(struct imap_follower *follower, const struct imap_folder *folder,
                   bool *has_news_out, struct error *error)
{
    log_event(&follower->service->connector->log, LOG_LEVEL_INFO, "following",
              LOG_TEXT("user", follower->account->user),
              LOG_TEXT("folder", follower->account->folder),
              LOG_NUMBER("read", (int64_t)follower->state.next),
              LOG_NUMBER("next", (int64_t)folder->next),
              LOG_TEXT("news", folder->first == 0              ? "asked for"
                               : folder->first == folder->next ? "none"
                                                               : "some"));
    *has_news_out = folder->first == 0 || folder->first < folder->next;
    return folder->first <= follower->state.next || note_next(follower, folder->first, error);
}

/* All that the folder had when it was opened is read. */
static bool note_modseq(struct imap_follower *follower, const struct imap_folder *folder,
                        struct error *error)
{
    if (follower->state.modseq == folder->modseq) {
        return true;
    }
    follower->state.modseq = folder->modseq;
    return imap_state_write(follower->state_path, &follower->state, error);
}

static bool make_place(struct arena *arena, const struct imap_follower *follower,
                       struct imap_place *place_out, struct error *error)
{
    const struct imap_service *service = follower->service;
    const struct connector_settings_imap *settings = &service->connector->settings.imap;

    *place_out = (struct imap_place){
        .host = settings->host,
        .port = (int)settings->port,
        .security = strcmp(settings->security, "tls") == 0        ? IMAP_TLS
                    : strcmp(settings->security, "starttls") == 0 ? IMAP_STARTTLS
                                                                  : IMAP_PLAIN,
        .tls = service->tls,
        .user = follower->account->user,
        .folder = imap_name_for_server(arena, follower->account->folder),
        .timeout = settings->timeout,
        .stop = service->stop,
    };
    return imap_account_password(arena, follower->account, &place_out->password, error);
}

/* Follows the folder over one connection, until that breaks. is_open_out: it was had. */
static bool follow_once(struct imap_follower *follower, bool *is_open_out, struct error *error)
{
    int64_t idle = follower->service->connector->settings.imap.idle;
    struct arena *arena = arena_create();
    struct imap_client *client = NULL;
    struct imap_place place;
    struct imap_folder folder;
    bool has_news = true;

    bool is_fine = make_place(arena, follower, &place, error) &&
                   imap_client_open(&place, &follower->state, &client, &folder, error);
    *is_open_out = is_fine;
    is_fine = is_fine && begin_state(follower, &folder, error) &&
              resume(follower, &folder, &has_news, error);
    while (is_fine) {
        is_fine = (!has_news || catch_up(follower, client, &folder, error)) &&
                  note_modseq(follower, &folder, error) && imap_client_wait(client, idle, error);
        has_news = true;
    }
    imap_client_close(&client);
    arena_destroy(&arena);
    return is_fine;
}

/* How long to wait before the next connection. Who was refused with his password asks seldom: a
 * server shuts out an address that asks often, and everybody at it. */
static int64_t next_wait(const struct imap_follower *follower, const struct error *error,
                         int64_t wait)
{
    int64_t most = follower->service->connector->settings.platform.retry_most;
    bool is_refused = error->code == ERROR_CREDENTIALS_INVALID;
    int64_t least = is_refused ? most : FIRST_WAIT;
    int64_t longest = is_refused ? most * REFUSED_MOST : most;

    return wait < least ? least : 2 * wait < longest ? 2 * wait : longest;
}

static void *run(void *context)
{
    struct imap_follower *follower = context;
    int64_t wait = 0;

    while (pause_for(follower, wait)) {
        struct error error = {0};
        int64_t begun = time_monotonic();
        bool is_open = false;

        (void)!follow_once(follower, &is_open, &error);
        /* What has broken at once will do so again: at a message that does not come, for one. */
        bool has_lasted = is_open && time_monotonic() - begun > wait;
        wait = next_wait(follower, &error, has_lasted ? 0 : wait);
        if (pause_for(follower, 0)) {
            say(follower, LOG_LEVEL_WARNING, "folder_away", &error);
        }
    }
    return NULL;
}

static bool start_thread(struct imap_follower *follower, struct error *error)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    bool is_started = pthread_create(&follower->thread, &attributes, run, follower) == 0;
    pthread_attr_destroy(&attributes);
    return is_started || error_set(error, ERROR_INTERNAL, NULL, "There are no threads left");
}

bool imap_follower_start(struct arena *arena, const struct imap_service *service,
                         const struct imap_account *account, struct imap_follower **follower_out,
                         struct error *error)
{
    struct imap_follower *follower = arena_allocate(arena, sizeof(*follower));

    *follower = (struct imap_follower){
        .service = service,
        .account = account,
        .state_path = imap_state_path(arena, service->folder, account),
    };
    if (!imap_state_read(follower->state_path, &follower->state, error) ||
        !start_thread(follower, error)) {
        return false;
    }
    *follower_out = follower;
    return true;
}

void imap_follower_join(struct imap_follower *follower)
{
    pthread_join(follower->thread, NULL);
}
