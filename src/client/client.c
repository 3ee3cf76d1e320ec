/*
 * client.c - sessions, and calls that are sent again where that may help.
 */
#include "client/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "client/element.h"
#include "client/envelope.h"
#include "client/transport.h"
#include "crypto/random.h"
#include "xml/document.h"

enum { TOKEN_SIZE = 128, FIRST_WAIT = 50, LONGEST_WAIT = 5000, ENVELOPE_CAPACITY = 2048 };

struct client {
    struct client_options options;
    struct transport *transport;
    char token[TOKEN_SIZE]; /* empty: not logged in */
    bool owns_session;
};

bool client_fail(struct client_error *error, enum client_failure failure, const char *code,
                 const char *format, ...)
{
    va_list arguments;

    *error = (struct client_error){.failure = failure};
    snprintf(error->code, sizeof(error->code), "%s", code);
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    return false;
}

/* Paths begin with one. */
static const char *without_slash(struct arena *arena, const char *url)
{
    size_t length = strlen(url);

    while (length > 0 && url[length - 1] == '/') {
        length--;
    }
    return arena_copy_part(arena, url, length);
}

bool client_open(struct arena *arena, const struct client_options *options,
                 struct client **client_out, struct client_error *error)
{
    struct client *client = arena_allocate(arena, sizeof(*client));

    client->options = *options;
    client->options.url = without_slash(arena, options->url);
    if (!transport_open(arena, client->options.url, options->ca_file, options->timeout,
                        &client->transport, error)) {
        return false;
    }
    if (options->secret != NULL) {
        transport_authorize(client->transport, options->user_name, options->secret);
    }
    *client_out = client;
    return true;
}

bool client_open_beside(struct arena *arena, const struct client *client,
                        struct client **beside_out, struct client_error *error)
{
    struct client *beside = NULL;

    if (!client_open(arena, &client->options, &beside, error)) {
        return false;
    }
    memcpy(beside->token, client->token, sizeof(beside->token));
    *beside_out = beside;
    return true;
}

/* Sends a call once. */
static bool send_once(struct client *client, struct arena *arena,
                      const struct client_request *request, const struct xml_node **answer_out,
                      struct client_error *error)
{
    const struct envelope_header header = {
        .token = client->token[0] == '\0' ? NULL : client->token,
        .request_id = request->id,
        .application = client->options.secret == NULL ? NULL : client->options.application,
    };
    const char *path = arena_format(arena, "/soap/%s", request->operation->service);
    const char *action = envelope_action(arena, request->operation);
    struct transport_answer answer;
    struct buffer xml;

    buffer_init(&xml, arena, ENVELOPE_CAPACITY);
    envelope_write(request->operation, &header, request->parameters, &xml);
    const struct transport_body body = {
        .bytes = xml.bytes, .length = xml.length, .file = request->file, .target = request->target};
    return transport_post(client->transport, arena, path, action, &body, &answer, error) &&
           envelope_read(arena, &answer, answer_out, error);
}

/* Whether sending again may help and does no harm. */
static bool may_send_again(const struct client_request *request, const struct client_error *error)
{
    bool is_end_unknown = error->failure == CLIENT_UNREACHABLE ||
                          strcmp(error->code, "OUTCOME_UNKNOWN") == 0 ||
                          strcmp(error->code, "TIMEOUT") == 0;

    if (error->failure != CLIENT_UNREACHABLE && !error->is_retryable) {
        return false;
    }
    return request->operation->is_repeatable || request->id != NULL || !is_end_unknown;
}

/* Waits longer with each attempt; a random part of it, so that clients do not march in step. */
static void wait_before(int attempt)
{
    long longest = (long)FIRST_WAIT << (attempt < 10 ? attempt : 10);
    unsigned chance;

    if (longest > LONGEST_WAIT) {
        longest = LONGEST_WAIT;
    }
    random_bytes(&chance, sizeof(chance));
    long milliseconds = longest / 2 + (long)(chance % (unsigned)(longest / 2 + 1));
    nanosleep(
        &(struct timespec){.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000},
        NULL);
}

static bool send_patiently(struct client *client, struct arena *arena,
                           const struct client_request *request, const struct xml_node **answer_out,
                           struct client_error *error)
{
    for (int attempt = 1;; attempt++) {
        if (send_once(client, arena, request, answer_out, error)) {
            return true;
        }
        if (attempt >= client->options.attempts || !may_send_again(request, error)) {
            return false;
        }
        wait_before(attempt);
    }
}

static bool keep_token(struct client *client, const struct xml_node *answer,
                       struct client_error *error)
{
    const struct xml_node *result = xml_child(answer, "result");
    const struct xml_node *token = result == NULL ? NULL : xml_child(result, "token");

    if (token == NULL || strlen(token->text) >= sizeof(client->token)) {
        return client_fail(error, CLIENT_NOT_SOAP, "NOT_SOAP", "Login answered no token");
    }
    strcpy(client->token, token->text);
    client->owns_session = true;
    return true;
}

bool client_login(struct client *client, struct client_error *error)
{
    static const struct client_operation login = {
        .service = "Session", .name = "Login", .is_repeatable = true};
    struct arena *arena = arena_create();
    struct element *parameters = element_make(arena, "Login");
    const struct client_request request = {.operation = &login, .parameters = parameters};
    const struct xml_node *answer = NULL;

    client->token[0] = '\0';
    element_add_text(arena, parameters, "userName", client->options.user_name);
    element_add_text(arena, parameters, "password", client->options.password);
    element_add_text(arena, parameters, "application", client->options.application);
    bool is_done = send_patiently(client, arena, &request, &answer, error) &&
                   keep_token(client, answer, error);
    arena_destroy(&arena);
    return is_done;
}

bool client_send(struct client *client, struct arena *arena, const struct client_request *request,
                 const struct xml_node **answer_out, struct client_error *error)
{
    bool has_session = client->options.user_name != NULL && client->options.secret == NULL;

    if (has_session && client->token[0] == '\0' && !client_login(client, error)) {
        return false;
    }
    if (send_patiently(client, arena, request, answer_out, error)) {
        return true;
    }
    if (!has_session || strcmp(error->code, "SESSION_INVALID") != 0) {
        return false;
    }
    return client_login(client, error) && send_patiently(client, arena, request, answer_out, error);
}

bool client_call(struct client *client, struct arena *arena,
                 const struct client_operation *operation, const struct element *parameters,
                 const struct xml_node **answer_out, struct client_error *error)
{
    const struct client_request request = {.operation = operation, .parameters = parameters};

    return client_send(client, arena, &request, answer_out, error);
}

bool client_fetch(struct client *client, struct arena *arena, const char *path,
                  const char **bytes_out, size_t *length_out, struct client_error *error)
{
    struct transport_answer answer;

    if (!transport_get(client->transport, arena, path, &answer, error)) {
        return false;
    }
    if (answer.status != 200) {
        return client_fail(error, CLIENT_FAULT, answer.status == 404 ? "NOT_FOUND" : "HTTP_FAILED",
                           "%s%s answers HTTP status %d", client->options.url, path, answer.status);
    }
    *bytes_out = answer.bytes;
    *length_out = answer.length;
    return true;
}

void client_close(struct client **client)
{
    static const struct client_operation logout = {
        .service = "Session", .name = "Logout", .is_repeatable = true};
    static const struct client_request request = {.operation = &logout};

    if (*client != NULL && (*client)->owns_session) {
        struct arena *arena = arena_create();
        const struct xml_node *answer = NULL;
        struct client_error ignored;
        /* A session that cannot be ended now ends by itself. */
        (void)!send_once(*client, arena, &request, &answer, &ignored);
        arena_destroy(&arena);
    }
    *client = NULL;
}
