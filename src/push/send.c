/*
 * send.c - connects, posts, and weighs the answer.
 */
#include "push/send.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/network.h"
#include "base/url.h"
#include "call/platform.h"
#include "change/subscription.h"
#include "crypto/base64.h"
#include "crypto/seal.h"
#include "generated/messages.h"
#include "generated/settings.h"
#include "push/line.h"
#include "soap/outgoing.h"
#include "soap/sent.h"

/* Statuses by which a server refuses what it was sent, not just now or just there. */
static const int refusals[] = {400, 413, 415, 422, 500};

enum { FIRST_OK = 200, LAST_OK = 299 };

static bool unreachable(struct error *error, const char *what)
{
    return error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL, "%s", what);
}

/* "Basic ...", or NULL. */
static bool authorize(struct arena *arena, const struct send_rules *rules,
                      const struct subscription *subscription, const struct url *url,
                      const char **authorization_out, struct error *error)
{
    char owner[UUID_TEXT_SIZE];
    char *password = NULL;

    *authorization_out = NULL;
    if (subscription->sealed_password == NULL || !url->is_https) {
        return true;
    }
    uuid_format(&subscription->id, owner);
    if (!seal_open(arena, rules->platform->seal_key, owner, subscription->sealed_password,
                   &password)) {
        return unreachable(error, "The password of the subscription cannot be opened with this "
                                  "node's key");
    }
    const char *pair = arena_format(arena, "%s:%s", subscription->user_name, password);
    *authorization_out = arena_format(arena, "Basic %s", base64_encode(arena, pair, strlen(pair)));
    return true;
}

static bool post(struct arena *arena, const struct send_rules *rules,
                 const struct subscription *subscription, const struct outgoing_message *message,
                 struct outgoing_answer *answer_out, struct error *error)
{
    const struct settings *settings = rules->platform->settings;
    struct outgoing_message sent = *message;
    struct network_list *allowed = NULL;
    struct line *line = NULL;

    if (!network_list_parse(arena, settings->push.allow, "push.allow", &allowed, error) ||
        !authorize(arena, rules, subscription, message->url, &sent.authorization, error)) {
        return false;
    }
    const struct line_rules line_rules = {.allowed = allowed,
                                          .tls = rules->tls,
                                          .timeout = settings->push.timeout,
                                          .is_stopping = rules->is_stopping};
    if (!line_open(arena, &line_rules, message->url, &line, error)) {
        return false;
    }
    const struct outgoing_line through = {
        .send = line_send, .receive = line_receive, .context = line};
    return outgoing_post(arena, &through, &sent, answer_out, error);
}

static bool is_refusal(int status)
{
    for (size_t index = 0; index < sizeof(refusals) / sizeof(refusals[0]); index++) {
        if (refusals[index] == status) {
            return true;
        }
    }
    return false;
}

static bool weigh(struct arena *arena, const struct send_rules *rules,
                  const struct sent_operation *sent, const struct outgoing_answer *answer,
                  struct error *error)
{
    struct notify_response response = {.ack = {.is_set = false}};
    bool is_ok = answer->status >= FIRST_OK && answer->status <= LAST_OK;

    if (!is_ok && !is_refusal(answer->status)) {
        return error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL, "The endpoint answered HTTP %d",
                         answer->status);
    }
    if (!is_ok && answer->length == 0) {
        return error_set(error, ERROR_ENDPOINT_REFUSED, NULL, "The endpoint answered HTTP %d",
                         answer->status);
    }
    if (!sent_decode(sent, rules->worker, arena, answer->bytes, answer->length, &response, error)) {
        return false;
    }
    return (is_ok && response.ack.is_set && response.ack.value) ||
           unreachable(error, "The endpoint did not acknowledge: ack is not true");
}

bool send_notification(struct arena *arena, const struct send_rules *rules,
                       const struct subscription *subscription,
                       const struct notify_request *message, struct error *error)
{
    struct sent_operation sent = sent_find(rules->door, arena, "Notification", "Notify");
    struct outgoing_answer answer;
    struct buffer text;
    struct url url;

    if (!url_parse(arena, subscription->url, &url)) {
        return unreachable(error, "The address of the endpoint cannot be read");
    }
    sent_encode(&sent, arena, message, &text);
    const struct outgoing_message outgoing = {
        .url = &url, .action = sent.action, .bytes = text.bytes, .length = text.length};
    return post(arena, rules, subscription, &outgoing, &answer, error) &&
           weigh(arena, rules, &sent, &answer, error);
}
