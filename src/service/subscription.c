/*
 * subscription.c - Subscribe, and what one does with subscriptions.
 */
#include "change/subscription.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/network.h"
#include "base/url.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/dead_letter.h"
#include "change/event.h"
#include "change/feed.h"
#include "change/number.h"
#include "change/token.h"
#include "crypto/seal.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "security/authorise.h"
#include "security/identity.h"
#include "service/operation.h"
#include "service/subscription.h"

enum {
    USUAL_CHANGES_PER_MESSAGE = 100,
    USUAL_PARK_AFTER = 10,
    PARK_AFTER_MOST = 1000,
};

static struct message_uuid uuid_or_absent(const struct uuid *id)
{
    return (struct message_uuid){.is_set = !uuid_is_empty(id), .value = *id};
}

static struct message_integer integer(int64_t value)
{
    return (struct message_integer){.is_set = true, .value = value};
}

static struct message_moment moment_or_absent(int64_t value)
{
    return (struct message_moment){.is_set = value != 0, .value = value};
}

/* ---- finding ---- */

/* One of the caller's own; an administrator has all. */
bool subscription_find(struct call *call, const struct uuid *id, bool is_locked,
                       struct subscription *subscription_out, struct error *error)
{
    bool is_found = false;

    if (!subscription_read(call->connection, call->arena, id, is_locked, subscription_out,
                           &is_found, error)) {
        return false;
    }
    if (is_found && (uuid_compare(&subscription_out->user_id, &call->identity->user_id) == 0 ||
                     call->identity->is_administrator)) {
        return true;
    }
    return error_set(error, ERROR_RECORD_NOT_FOUND, "subscriptionId",
                     "There is no such subscription of yours");
}

/* What it reads and where it sends that, its own user alone decides: his are the rights. */
static bool find_own(struct call *call, const struct message_uuid *id,
                     struct subscription *subscription_out, struct error *error)
{
    if (!id->is_set) {
        return error_set(error, ERROR_VALUE_INVALID, "id", "The id of the subscription is missing");
    }
    if (!authorise_task(call->identity, TASK_SUBSCRIBE, error) ||
        !subscription_find(call, &id->value, true, subscription_out, error)) {
        return false;
    }
    return uuid_compare(&subscription_out->user_id, &call->identity->user_id) == 0 ||
           error_set(error, ERROR_NOT_ALLOWED, NULL,
                     "Only the user of a subscription may change what it brings");
}

/* ---- answering ---- */

static bool count_pending(struct call *call, const struct subscription *subscription,
                          int64_t *pending_out, struct error *error)
{
    struct change_marks marks;
    struct change_token token;

    if (!change_token_read(call, subscription->token, &token, error) ||
        !change_read_marks(call->connection, call->arena, &marks, error)) {
        return false;
    }
    *pending_out = marks.numbered > token.position ? marks.numbered - token.position : 0;
    return true;
}

static bool answer_one(struct call *call, const struct subscription *from,
                       struct change_subscription **answer_out, struct error *error)
{
    static const char *const states[] = {
        [SUBSCRIPTION_ACTIVE] = "active", [SUBSCRIPTION_SUSPENDED] = "suspended"};
    struct change_subscription *answer = arena_allocate(call->arena, sizeof(*answer));
    int64_t pending = 0;
    int64_t letters = 0;

    if (!count_pending(call, from, &pending, error) ||
        !dead_letter_count(call->connection, call->arena, &from->id, &letters, error)) {
        return false;
    }
    *answer = (struct change_subscription){
        .id = uuid_or_absent(&from->id),
        .name = from->name,
        .url = from->url,
        .user_name = from->user_name,
        .interests = interests_answer(call, from->interests),
        .skip_own = {.is_set = true, .value = from->skips_own},
        .changes_per_message = integer(from->changes_per_message),
        .park_after = integer(from->park_after),
        .user_id = uuid_or_absent(&from->user_id),
        .application = from->application,
        .state = states[from->state],
        .created_on = moment_or_absent(from->created_on),
        .pending = integer(pending),
        .delivered = integer(from->delivered),
        .delivered_on = moment_or_absent(from->delivered_on),
        .attempts = integer(from->attempts),
        .last_error = from->last_error,
        .dead_letters = integer(letters),
    };
    *answer_out = answer;
    return true;
}

/* ---- what is asked for ---- */

/* That an address may be reached is seen when it is reached; one that may never be is told now. */
static bool check_address(struct call *call, const struct url *url, struct error *error)
{
    struct network_list *allowed = NULL;

    if (!url->is_numeric || network_address_is_public(&url->address)) {
        return true;
    }
    return network_list_parse(call->arena, call->settings->push.allow, "push.allow", &allowed,
                              error) &&
           (network_list_has(allowed, &url->address) ||
            error_set(error, ERROR_NOT_ALLOWED, "url",
                      "%s is not an address of the Internet at large, and push.allow does not "
                      "name it",
                      url->host));
}

static bool take_url(struct call *call, const char *text, struct subscription *subscription,
                     struct error *error)
{
    struct url url, former;

    if (text == NULL) {
        return true;
    }
    if (strlen(text) > SUBSCRIPTION_URL_LENGTH || !url_parse(call->arena, text, &url)) {
        return error_set(error, ERROR_VALUE_INVALID, "url",
                         "url must be an http or https address without user and fragment");
    }
    if (!check_address(call, &url, error)) {
        return false;
    }
    /* A password was given for one server and is shown to no other. */
    if (subscription->url != NULL && url_parse(call->arena, subscription->url, &former) &&
        !url_is_same_server(&url, &former)) {
        subscription->sealed_password = NULL;
    }
    subscription->url = text;
    return true;
}

/* A colon would end it (RFC 7617, 2). A password without a name goes to nobody. */
static bool take_user_name(const char *name, struct subscription *subscription, struct error *error)
{
    if (name == NULL) {
        return true;
    }
    if (strchr(name, ':') != NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "userName", "userName may have no colon");
    }
    subscription->user_name = *name == '\0' ? NULL : name;
    if (subscription->user_name == NULL) {
        subscription->sealed_password = NULL;
    }
    return true;
}

static bool take_password(struct call *call, const char *password,
                          struct subscription *subscription, struct error *error)
{
    char owner[UUID_TEXT_SIZE];
    struct url url;

    if (password == NULL) {
        return true;
    }
    if (*password == '\0') {
        subscription->sealed_password = NULL;
        return true;
    }
    if (!url_parse(call->arena, subscription->url, &url) || !url.is_https) {
        return error_set(error, ERROR_VALUE_INVALID, "password",
                         "A password is sent to https addresses only");
    }
    if (subscription->user_name == NULL || call->platform->seal_key == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "userName",
                         "A password needs a userName that it belongs to");
    }
    uuid_format(&subscription->id, owner);
    subscription->sealed_password =
        seal_text(call->arena, call->platform->seal_key, owner, password);
    return true;
}

static bool take_number(const struct message_integer *from, const char *name, int64_t least,
                        int64_t most, int64_t *value, struct error *error)
{
    if (!from->is_set) {
        return true;
    }
    if (from->value < least || from->value > most) {
        return error_set(error, ERROR_VALUE_OUT_OF_RANGE, name, "%s must be between %lld and %lld",
                         name, (long long)least, (long long)most);
    }
    *value = from->value;
    return true;
}

/* What is absent is left as it is. */
static bool take(struct call *call, const struct change_subscription *asked, const char *password,
                 struct subscription *subscription, struct error *error)
{
    if (asked->name != NULL) {
        subscription->name = asked->name;
    }
    if (asked->skip_own.is_set) {
        subscription->skips_own = asked->skip_own.value;
    }
    return take_url(call, asked->url, subscription, error) &&
           take_user_name(asked->user_name, subscription, error) &&
           take_password(call, password, subscription, error) &&
           take_number(&asked->changes_per_message, "changesPerMessage", 1,
                       call->settings->limits.rows, &subscription->changes_per_message, error) &&
           take_number(&asked->park_after, "parkAfter", 0, PARK_AFTER_MOST,
                       &subscription->park_after, error) &&
           (!asked->interests.is_set ||
            interests_take(call, &asked->interests, &subscription->interests, error));
}

/* ---- the log ---- */

/* Many an endpoint has its key in the query. */
static const char *without_query(struct arena *arena, const char *url)
{
    return url == NULL ? NULL : arena_copy_part(arena, url, strcspn(url, "?"));
}

/* Where data of the organisation goes from now on, and no more, is a matter of security. */
static bool note(struct call *call, enum event_kind kind, const struct subscription *subscription,
                 const char *old_url, const char *new_url, struct error *error)
{
    const struct event_detail detail = {
        .name = "url",
        .old_value = without_query(call->arena, old_url),
        .new_value = without_query(call->arena, new_url),
    };
    const struct event event = {
        .kind = kind,
        .about = event_record_of(call, "SystemUser", &subscription->user_id),
        .details = &detail,
        .detail_count = 1,
    };

    return event_note(call, &event, error);
}

/* ---- subscribing ---- */

/* A page of the feed is read as it will be: what is wrong with the token is told now. */
static bool begin_at(struct call *call, const char *token, const char **token_out,
                     struct error *error)
{
    const struct feed_request request = {.token = token, .limit = 1};
    struct feed_page page;

    if (!feed_read(call, &request, &page, error)) {
        return false;
    }
    *token_out = token == NULL ? page.next_token : token;
    return true;
}

static bool check_count(struct call *call, struct error *error)
{
    int64_t most = call->settings->push.subscriptions;
    struct subscription *all = NULL;
    size_t count = 0;

    return subscription_list(call->connection, call->arena, NULL, &all, &count, error) &&
           ((int64_t)count < most ||
            error_set(error, ERROR_LIMIT_EXCEEDED, "push.subscriptions",
                      "There may be push.subscriptions subscriptions, which is %lld",
                      (long long)most));
}

bool service_subscribe(struct call *call, const struct operation *operation, const void *request,
                       void *response, struct error *error)
{
    const struct subscribe_request *asked = request;
    struct subscribe_response *answer = response;
    struct subscription subscription = {
        .id = call_new_id(call),
        .user_id = call->identity->user_id,
        .application = call->application,
        .changes_per_message = USUAL_CHANGES_PER_MESSAGE,
        .park_after = USUAL_PARK_AFTER,
        .state = SUBSCRIPTION_ACTIVE,
        .created_on = call->now,
    };

    (void)operation;
    if (!authorise_task(call->identity, TASK_SUBSCRIBE, error)) {
        return false;
    }
    if (asked->subscription->url == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "url", "url is missing");
    }
    if (!check_count(call, error) ||
        !take(call, asked->subscription, asked->password, &subscription, error) ||
        !begin_at(call, asked->token, &subscription.token, error) ||
        !subscription_insert(call->connection, call->arena, &subscription, error) ||
        !note(call, EVENT_SUBSCRIBED, &subscription, NULL, subscription.url, error)) {
        return false;
    }
    call->row_count = 1;
    return answer_one(call, &subscription, &answer->result, error);
}

bool service_update_subscription(struct call *call, const struct operation *operation,
                                 const void *request, void *response, struct error *error)
{
    const struct update_subscription_request *asked = request;
    struct update_subscription_response *answer = response;
    struct subscription subscription;

    (void)operation;
    if (!find_own(call, &asked->subscription->id, &subscription, error)) {
        return false;
    }
    const char *former = subscription.url;
    if (!take(call, asked->subscription, asked->password, &subscription, error)) {
        return false;
    }
    subscription.attempts = 0;
    call->row_count = 1;
    return subscription_change(call->connection, call->arena, &subscription, error) &&
           (strcmp(former, subscription.url) == 0 ||
            note(call, EVENT_SUBSCRIPTION_MOVED, &subscription, former, subscription.url, error)) &&
           answer_one(call, &subscription, &answer->result, error);
}

bool service_unsubscribe(struct call *call, const struct operation *operation, const void *request,
                         void *response, struct error *error)
{
    const struct unsubscribe_request *asked = request;
    struct subscription subscription;

    (void)operation;
    (void)response;
    call->row_count = 1;
    return subscription_find(call, &asked->subscription_id.value, true, &subscription, error) &&
           dead_letter_drop_after(call->connection, call->arena, &subscription.id, 0, error) &&
           subscription_delete(call->connection, call->arena, &subscription.id, error) &&
           note(call, EVENT_UNSUBSCRIBED, &subscription, subscription.url, NULL, error);
}

/* ---- going on ---- */

static bool set_state(struct call *call, const struct uuid *id, enum subscription_state state,
                      struct error *error)
{
    struct subscription subscription;

    if (!subscription_find(call, id, true, &subscription, error)) {
        return false;
    }
    subscription.state = state;
    subscription.attempts = 0;
    call->row_count = 1;
    return subscription_change(call->connection, call->arena, &subscription, error);
}

bool service_suspend_subscription(struct call *call, const struct operation *operation,
                                  const void *request, void *response, struct error *error)
{
    const struct suspend_subscription_request *asked = request;

    (void)operation;
    (void)response;
    return set_state(call, &asked->subscription_id.value, SUBSCRIPTION_SUSPENDED, error);
}

bool service_resume_subscription(struct call *call, const struct operation *operation,
                                 const void *request, void *response, struct error *error)
{
    const struct resume_subscription_request *asked = request;

    (void)operation;
    (void)response;
    return set_state(call, &asked->subscription_id.value, SUBSCRIPTION_ACTIVE, error);
}

/* Letters behind the place come again as what they were. */
static bool go_back(struct call *call, struct subscription *subscription, const char *token,
                    struct error *error)
{
    struct change_token place;

    return begin_at(call, token, &subscription->token, error) &&
           change_token_read(call, subscription->token, &place, error) &&
           dead_letter_drop_after(call->connection, call->arena, &subscription->id, place.position,
                                  error);
}

bool service_rewind_subscription(struct call *call, const struct operation *operation,
                                 const void *request, void *response, struct error *error)
{
    const struct rewind_subscription_request *asked = request;
    struct subscription subscription;
    const char *token = asked->token;

    (void)operation;
    (void)response;
    if ((token == NULL) == !asked->sequence.is_set) {
        return error_set(error, ERROR_VALUE_INVALID, "token",
                         "Either a token or a sequence says where to go on");
    }
    if (asked->sequence.is_set && asked->sequence.value < 0) {
        return error_set(error, ERROR_VALUE_OUT_OF_RANGE, "sequence",
                         "sequence must not be negative");
    }
    if (token == NULL) {
        token = feed_token_at(call, asked->sequence.value);
    }
    if (!find_own(call, &asked->subscription_id, &subscription, error) ||
        !go_back(call, &subscription, token, error)) {
        return false;
    }
    subscription.attempts = 0;
    call->row_count = 1;
    return subscription_change(call->connection, call->arena, &subscription, error);
}

bool service_retrieve_subscriptions(struct call *call, const struct operation *operation,
                                    const void *request, void *response, struct error *error)
{
    struct retrieve_subscriptions_response *answer = response;
    const struct uuid *user = call->identity->is_administrator ? NULL : &call->identity->user_id;
    struct subscription *found = NULL;
    struct array answers;
    size_t count = 0;

    (void)operation;
    (void)request;
    if (!subscription_list(call->connection, call->arena, user, &found, &count, error)) {
        return false;
    }
    array_init(&answers, call->arena);
    for (size_t index = 0; index < count; index++) {
        struct change_subscription *one = NULL;
        if (!answer_one(call, &found[index], &one, error)) {
            return false;
        }
        array_add(&answers, one);
    }
    answer->subscriptions =
        (struct message_list){.is_set = true, .count = answers.count, .items = answers.items};
    call->row_count = (int64_t)count;
    return true;
}
