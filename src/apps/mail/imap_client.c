/*
 * imap_client.c - IMAP by libetpan, over a connection of our own: libetpan looks at no certificate.
 */
#include "apps/mail/imap_client.h"

#include <libetpan/libetpan.h>
#include <stdlib.h>
#include <string.h>

#include "apps/mail/dial.h"
#include "apps/mail/imap_session.h"
#include "apps/mail/link.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/time.h"

enum {
    UIDS_AT_ONCE = 1000,
    BUFFER_SIZE = 16 * 1024, /* a record of TLS: none holds back what IDLE waits for */
    PIECE_SIZE = 256 * 1024,
    PARTS_OF_WAIT = 5,    /* where there is no IDLE */
    CONNECT_MOST = 10000, /* ms */
};

struct imap_client {
    struct arena *arena;
    const struct imap_place *place;
    struct link link;
    bool is_broken;
    mailimap *session;
};

/* ---- the connection, as libetpan wants it ---- */

/* Bytes that went through, or -1: nothing does any more. */
static ssize_t count_or_broken(struct imap_client *client, enum link_result result, size_t count)
{
    client->is_broken = client->is_broken || result != LINK_DONE;
    return result == LINK_DONE ? (ssize_t)count : -1;
}

static ssize_t read_low(mailstream_low *low, void *bytes, size_t size)
{
    struct imap_client *client = low->data;
    int64_t deadline = time_monotonic() + client->place->timeout;
    size_t count = 0;

    if (client->is_broken) {
        return -1;
    }
    enum link_result result = link_read(&client->link, bytes, size, deadline, &count);

    return count_or_broken(client, result, count);
}

static ssize_t write_low(mailstream_low *low, const void *bytes, size_t length)
{
    struct imap_client *client = low->data;
    int64_t deadline = time_monotonic() + client->place->timeout;
    enum link_result result = link_write(&client->link, bytes, length, deadline);

    return count_or_broken(client, result, length);
}

static int close_low(mailstream_low *low)
{
    (void)low; /* who opened it closes it */
    return 0;
}

static int descriptor_of_low(mailstream_low *low)
{
    return ((struct imap_client *)low->data)->link.descriptor;
}

static void free_low(mailstream_low *low)
{
    free(low);
}

static void cancel_low(mailstream_low *low)
{
    (void)low;
}

static mailstream_low_driver driver = {
    .mailstream_read = read_low,
    .mailstream_write = write_low,
    .mailstream_close = close_low,
    .mailstream_get_fd = descriptor_of_low,
    .mailstream_free = free_low,
    .mailstream_cancel = cancel_low,
};

/* ---- opening ---- */

static bool fail(struct imap_client *client, enum error_code code, const char *what,
                 struct error *error)
{
    const char *said = client->session == NULL ? NULL : client->session->imap_response;

    error_set(error, client->is_broken ? ERROR_ENDPOINT_UNREACHABLE : code, NULL, "%s: %s",
              client->place->host, what);
    return said == NULL || client->is_broken ? false : error_add_cause(error, "%.200s", said);
}

static bool encrypt(struct imap_client *client, struct error *error)
{
    const struct imap_place *place = client->place;
    const char *complaint =
        dial_encrypt(&client->link, place->tls, place->host, time_monotonic() + place->timeout);

    return complaint == NULL || error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL,
                                          "%s: TLS failed: %s", place->host, complaint);
}

static bool connect_to(struct imap_client *client, struct error *error)
{
    const struct imap_place *place = client->place;
    int64_t patience = place->timeout < CONNECT_MOST ? place->timeout : CONNECT_MOST;

    client->link.descriptor = dial(place->host, place->port, time_monotonic() + patience);
    return client->link.descriptor >= 0 ||
           error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL, "%s: nobody answers at port %d",
                     place->host, place->port);
}

/* What has come in plain text behind the answer is somebody else's. */
static bool start_tls(struct imap_client *client, struct error *error)
{
    if (mailimap_starttls(client->session) != MAILIMAP_NO_ERROR) {
        return fail(client, ERROR_ENDPOINT_REFUSED, "STARTTLS is refused", error);
    }
    if (client->session->imap_stream->read_buffer_len > 0) {
        return error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL,
                         "%s: plain text came after STARTTLS", client->place->host);
    }
    return encrypt(client, error);
}

static bool greet(struct imap_client *client, struct error *error)
{
    mailstream_low *low = mailstream_low_new(client, &driver);
    mailstream *stream = low == NULL ? NULL : mailstream_new(low, BUFFER_SIZE);

    client->session = mailimap_new(0, NULL);
    expect(stream != NULL && client->session != NULL);
    int answer = mailimap_connect(client->session, stream);
    if (answer != MAILIMAP_NO_ERROR_NON_AUTHENTICATED &&
        answer != MAILIMAP_NO_ERROR_AUTHENTICATED) {
        return fail(client, ERROR_ENDPOINT_UNREACHABLE, "it does not greet as IMAP", error);
    }
    return true;
}

static bool enter(struct imap_client *client, const struct imap_state *known,
                  struct imap_folder *folder_out, struct error *error)
{
    const struct imap_place *place = client->place;
    struct mailimap_capability_data *capabilities = NULL;

    if (mailimap_login(client->session, place->user, place->password) != MAILIMAP_NO_ERROR) {
        return fail(client, ERROR_CREDENTIALS_INVALID, "it does not let the user in", error);
    }
    if (mailimap_capability(client->session, &capabilities) == MAILIMAP_NO_ERROR) {
        mailimap_capability_data_free(capabilities);
    }
    return imap_session_examine(client->session, client->arena, place->folder, known, folder_out) ||
           fail(client, ERROR_ENDPOINT_REFUSED,
                "the folder cannot be opened, or has no lasting UIDs", error);
}

bool imap_client_open(const struct imap_place *place, const struct imap_state *known,
                      struct imap_client **client_out, struct imap_folder *folder_out,
                      struct error *error)
{
    struct arena *arena = arena_create();
    struct imap_client *client = arena_allocate(arena, sizeof(*client));

    *client = (struct imap_client){
        .arena = arena, .place = place, .link = {.descriptor = -1, .stop = place->stop, .cut = -1}};
    if (!connect_to(client, error) || (place->security == IMAP_TLS && !encrypt(client, error)) ||
        !greet(client, error) || (place->security == IMAP_STARTTLS && !start_tls(client, error)) ||
        !enter(client, known, folder_out, error)) {
        client->is_broken = true;
        imap_client_close(&client);
        return false;
    }
    *client_out = client;
    return true;
}

void imap_client_close(struct imap_client **client)
{
    if (*client == NULL) {
        return;
    }
    if ((*client)->session != NULL) {
        if (!(*client)->is_broken) {
            mailimap_logout((*client)->session);
        }
        mailimap_free((*client)->session);
    }
    link_close(&(*client)->link);
    struct arena *arena = (*client)->arena;
    arena_destroy(&arena);
    *client = NULL;
}

/* ---- listing ---- */

static int64_t moment_of(const struct mailimap_date_time *date)
{
    int32_t days = 0;

    if (date == NULL || !date_join(date->dt_year, date->dt_month, date->dt_day, &days)) {
        return 0;
    }
    /* The zone comes as +hhmm in one number. */
    int zone = date->dt_zone / 100 * 60 + date->dt_zone % 100;
    return (((int64_t)days * 24 + date->dt_hour) * 60 + date->dt_min - zone) * 60000 +
           (int64_t)date->dt_sec * 1000;
}

static void read_attribute(const struct mailimap_msg_att_item *item, struct imap_message *message)
{
    if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC) {
        return;
    }
    const struct mailimap_msg_att_static *attribute = item->att_data.att_static;
    switch (attribute->att_type) {
    case MAILIMAP_MSG_ATT_UID:
        message->uid = attribute->att_data.att_uid;
        break;
    case MAILIMAP_MSG_ATT_RFC822_SIZE:
        message->size = attribute->att_data.att_rfc822_size;
        break;
    case MAILIMAP_MSG_ATT_INTERNALDATE:
        message->received = moment_of(attribute->att_data.att_internal_date);
        break;
    default:
        break;
    }
}

static int compare_uids(const void *left, const void *right)
{
    const struct imap_message *one = left;
    const struct imap_message *other = right;

    return one->uid < other->uid ? -1 : one->uid > other->uid;
}

/* What was asked for: UID, size and date. */
static struct mailimap_fetch_type *ask_for_list(void)
{
    struct mailimap_fetch_type *type = mailimap_fetch_type_new_fetch_att_list_empty();

    expect(type != NULL);
    mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_uid());
    mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_rfc822_size());
    mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_internaldate());
    return type;
}

/* "n:*" answers the last message, whatever its UID. */
static size_t read_list(clist *list, uint32_t from, struct imap_message *messages)
{
    size_t count = 0;

    for (clistiter *at = clist_begin(list); at != NULL; at = clist_next(at)) {
        const struct mailimap_msg_att *answer = clist_content(at);
        struct imap_message message = {.uid = 0};

        for (clistiter *item = clist_begin(answer->att_list); item != NULL;
             item = clist_next(item)) {
            read_attribute(clist_content(item), &message);
        }
        if (message.uid >= from) {
            messages[count++] = message;
        }
    }
    qsort(messages, count, sizeof(*messages), compare_uids);
    return count;
}

bool imap_client_list(struct imap_client *client, struct arena *arena,
                      const struct imap_folder *folder, uint32_t from,
                      struct imap_message **messages_out, size_t *count_out, uint32_t *upto_out,
                      struct error *error)
{
    bool has_more = folder->next > from && folder->next - from > UIDS_AT_ONCE;
    uint32_t upto = has_more ? from + UIDS_AT_ONCE - 1 : 0;
    struct mailimap_set *set = mailimap_set_new_interval(from, upto);
    struct mailimap_fetch_type *type = ask_for_list();
    clist *list = NULL;

    expect(set != NULL);
    /* What the server tells of from now on may be missing in the list. */
    imap_session_forget_news(client->session);
    int answer = mailimap_uid_fetch(client->session, set, type, &list);
    mailimap_set_free(set);
    mailimap_fetch_type_free(type);
    if (answer != MAILIMAP_NO_ERROR) {
        return fail(client, ERROR_ENDPOINT_REFUSED, "messages cannot be listed", error);
    }
    *messages_out =
        arena_allocate_array(arena, (size_t)clist_count(list) + 1, sizeof(**messages_out));
    *count_out = read_list(list, from, *messages_out);
    *upto_out = upto;
    mailimap_fetch_list_free(list);
    return true;
}

/* ---- fetching ---- */

/* The piece in the answer; NULL when there is none, or none any more. An empty one is the end. */
static const struct mailimap_msg_att_body_section *find_piece(clist *list)
{
    for (clistiter *at = clist_begin(list); at != NULL; at = clist_next(at)) {
        const struct mailimap_msg_att *answer = clist_content(at);
        for (clistiter *item = clist_begin(answer->att_list); item != NULL;
             item = clist_next(item)) {
            const struct mailimap_msg_att_item *attribute = clist_content(item);
            if (attribute->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC ||
                attribute->att_data.att_static->att_type != MAILIMAP_MSG_ATT_BODY_SECTION) {
                continue;
            }
            const struct mailimap_msg_att_body_section *section =
                attribute->att_data.att_static->att_data.att_body_section;
            return section->sec_body_part == NULL ? NULL : section;
        }
    }
    return NULL;
}

/* One piece; length_out is 0 behind the end. */
static bool fetch_piece(struct imap_client *client, uint32_t uid, uint32_t offset, imap_take *take,
                        void *context, size_t *length_out, struct error *error)
{
    struct mailimap_set *set = mailimap_set_new_single(uid);
    struct mailimap_fetch_type *type =
        mailimap_fetch_type_new_fetch_att(mailimap_fetch_att_new_body_peek_section_partial(
            mailimap_section_new(NULL), offset, PIECE_SIZE));
    clist *list = NULL;

    expect(set != NULL && type != NULL);
    int answer = mailimap_uid_fetch(client->session, set, type, &list);
    mailimap_set_free(set);
    mailimap_fetch_type_free(type);
    if (answer != MAILIMAP_NO_ERROR) {
        return fail(client, ERROR_ENDPOINT_REFUSED, "a message cannot be fetched", error);
    }
    const struct mailimap_msg_att_body_section *piece = find_piece(list);
    *length_out = piece == NULL ? 0 : piece->sec_length;
    bool is_taken =
        piece == NULL ? fail(client, ERROR_ENDPOINT_REFUSED, "a message does not come whole", error)
                      : *length_out == 0 || take(context, piece->sec_body_part, *length_out, error);
    mailimap_fetch_list_free(list);
    return is_taken;
}

bool imap_client_fetch(struct imap_client *client, uint32_t uid, imap_take *take, void *context,
                       struct error *error)
{
    size_t length = PIECE_SIZE;

    for (uint32_t offset = 0; length == PIECE_SIZE; offset += PIECE_SIZE) {
        if (!fetch_piece(client, uid, offset, take, context, &length, error)) {
            return false;
        }
    }
    return true;
}

/* ---- waiting ---- */

/* Something has come already, or comes in time. */
static bool wait_on_link(struct imap_client *client, int64_t milliseconds)
{
    if (imap_session_has_news(client->session) ||
        client->session->imap_stream->read_buffer_len > 0) {
        return true;
    }
    enum link_result result = link_wait(&client->link, time_monotonic() + milliseconds);
    client->is_broken = client->is_broken || result == LINK_ENDED;
    return result == LINK_DONE || result == LINK_TOO_LATE;
}

bool imap_client_wait(struct imap_client *client, int64_t milliseconds, struct error *error)
{
    if (imap_session_has_news(client->session)) {
        return true;
    }
    if (!mailimap_has_idle(client->session)) {
        return (wait_on_link(client, milliseconds / PARTS_OF_WAIT) &&
                mailimap_noop(client->session) == MAILIMAP_NO_ERROR) ||
               fail(client, ERROR_ENDPOINT_UNREACHABLE, "the connection has ended", error);
    }
    if (!imap_session_idle(client->session)) {
        return fail(client, ERROR_ENDPOINT_UNREACHABLE, "IDLE is refused", error);
    }
    bool goes_on = wait_on_link(client, milliseconds);
    /* When the program is about to end nothing is said any more: the server sees the end. */
    return (goes_on && mailimap_idle_done(client->session) == MAILIMAP_NO_ERROR) ||
           fail(client, ERROR_ENDPOINT_UNREACHABLE, "the connection has ended", error);
}
