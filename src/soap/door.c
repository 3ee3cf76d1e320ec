/*
 * door.c - which request is answered by whom: contracts and pages to GET, operations to POST.
 */
#include "soap/door.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/platform.h"
#include "generated/settings.h"
#include "metadata/catalog.h"
#include "soap/admit.h"
#include "soap/intake.h"
#include "soap/limits.h"
#include "soap/listing.h"
#include "soap/post.h"
#include "soap/walk.h"
#include "soap/wire.h"
#include "soap/worker.h"
#include "soap/wsdl.h"

enum { WSDL_SIZE = 64 * 1024 };

#define WSDL_REVISION "1"
#define SOAP_ROOT "/soap"

bool soap_door_create(const struct platform *platform, struct soap_door **door_out,
                      struct error *error)
{
    struct arena *arena = arena_create();
    struct soap_door *door = arena_allocate(arena, sizeof(*door));

    *door = (struct soap_door){
        .arena = arena, .platform = platform, .catalog = catalog_hold(platform->catalog)};
    if (!wire_make(arena, door->catalog, &door->wire, error)) {
        soap_door_destroy(&door);
        return false;
    }
    *door_out = door;
    return true;
}

void soap_door_destroy(struct soap_door **door)
{
    struct arena *arena = NULL;

    if (*door != NULL) {
        arena = (*door)->arena;
        catalog_release(&(*door)->catalog);
        arena_destroy(&arena);
        *door = NULL;
    }
}

struct soap_worker *soap_worker_create(struct soap_door *door)
{
    struct arena *arena = arena_create();
    struct soap_worker *worker = arena_allocate(arena, sizeof(*worker));

    *worker = (struct soap_worker){.arena = arena, .door = door, .parser = parser_create()};
    return worker;
}

void soap_worker_destroy(struct soap_worker **worker)
{
    struct arena *arena = NULL;

    if (*worker != NULL) {
        arena = (*worker)->arena;
        parser_destroy(&(*worker)->parser);
        arena_destroy(&arena);
        *worker = NULL;
    }
}

static void answer_text(struct arena *arena, int status, const char *content_type, const char *text,
                        struct soap_answer *answer)
{
    *answer = (struct soap_answer){.status = status, .content_type = content_type};
    buffer_init(&answer->body, arena, strlen(text));
    buffer_add_text(&answer->body, text);
}

static void answer_plain(struct arena *arena, int status, const char *text,
                         struct soap_answer *answer)
{
    answer_text(arena, status, "text/plain; charset=utf-8", text, answer);
}

/* "/soap/Account" -> "Account", "/soap" -> ""; NULL for a path that is not ours. */
static const char *service_name(const char *path)
{
    size_t length = strlen(SOAP_ROOT);

    if (strncmp(path, SOAP_ROOT, length) != 0) {
        return NULL;
    }
    if (path[length] == '\0') {
        return "";
    }
    return path[length] == '/' ? path + length + 1 : NULL;
}

/* The value of a parameter of a query; empty when it has none, NULL when it is not there. */
static const char *query_parameter(struct arena *arena, const char *query, const char *name)
{
    size_t length = strlen(name);

    while (query != NULL && *query != '\0') {
        size_t whole = strcspn(query, "&");
        if (strncasecmp(query, name, length) == 0 && whole >= length &&
            (whole == length || query[length] == '=')) {
            return whole == length ? ""
                                   : arena_copy_part(arena, query + length + 1, whole - length - 1);
        }
        query += whole + (query[whole] == '&' ? 1 : 0);
    }
    return NULL;
}

/* A host as it may stand in a URL: nobody writes anything else into our documents. */
static bool is_host(const char *host)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";

    return host != NULL && *host != '\0' && host[strspn(host, allowed)] == '\0';
}

static const char *address_of(struct arena *arena, const struct soap_door *door,
                              const struct soap_request *request, const char *name)
{
    const struct settings *settings = door->platform->settings;
    const char *public_url = settings->http.public_url;
    size_t length = strlen(public_url);

    if (length == 0) {
        return arena_format(arena, "%s://%s" SOAP_ROOT "/%s", request->scheme, request->host, name);
    }
    length -= public_url[length - 1] == '/' ? 1 : 0;
    return arena_format(arena, "%.*s" SOAP_ROOT "/%s", (int)length, public_url, name);
}

/* There is one revision of the contract so far; no other may be answered as if it were it. */
static bool is_revision_known(struct arena *arena, const struct soap_request *request)
{
    const char *revision = query_parameter(arena, request->query, "rev");

    return revision == NULL || strcmp(revision, WSDL_REVISION) == 0;
}

/* Documents are written when asked for: that takes about as long as an ordinary call, and
 * keeping them all would cost each process several megabytes. */
static void answer_wsdl(struct soap_worker *worker, struct arena *arena,
                        const struct soap_request *request, const char *name,
                        struct soap_answer *answer)
{
    const struct wire *wire = worker->door->wire;
    const char *version = query_parameter(arena, request->query, "soap");

    answer_text(arena, 200, "text/xml; charset=utf-8", "", answer);
    buffer_init(&answer->body, arena, WSDL_SIZE);
    wsdl_write(&answer->body, wire, wire_find_service(wire, name),
               address_of(arena, worker->door, request, name),
               version != NULL && strcmp(version, "12") == 0);
}

static void serve_get(struct soap_worker *worker, struct arena *arena,
                      const struct soap_request *request, struct soap_answer *answer)
{
    const struct wire *wire = worker->door->wire;
    const char *name = service_name(request->path);
    const struct wire_service *service = name == NULL ? NULL : wire_find_service(wire, name);

    if (name == NULL || (*name != '\0' && service == NULL && strcmp(name, WSDL_ALL) != 0)) {
        answer_plain(arena, 404, "There is no such service; " SOAP_ROOT " lists them.\n", answer);
        return;
    }
    if (!is_host(request->host)) {
        answer_plain(arena, 400, "The host of the request is malformed.\n", answer);
        return;
    }
    if (*name != '\0' && query_parameter(arena, request->query, "wsdl") != NULL) {
        if (!is_revision_known(arena, request)) {
            answer_plain(arena, 404, "There is no such revision of the contract.\n", answer);
            return;
        }
        answer_wsdl(worker, arena, request, name, answer);
        return;
    }
    answer_text(arena, 200, "text/html; charset=utf-8", "", answer);
    if (service != NULL) {
        listing_write_service(&answer->body, service);
    } else {
        listing_write(&answer->body, wire);
    }
}

/* The service of a path; false when there is none. NULL for all of them. */
static bool find_posted(const struct soap_worker *worker, const struct soap_request *request,
                        const struct wire_service **service_out)
{
    const char *name = service_name(request->path);

    *service_out = name == NULL ? NULL : wire_find_service(worker->door->wire, name);
    return *service_out != NULL || (name != NULL && strcmp(name, WSDL_ALL) == 0);
}

static void serve_post(struct soap_worker *worker, struct arena *arena,
                       const struct soap_request *request, struct soap_answer *answer)
{
    const struct wire_service *service = NULL;

    if (!find_posted(worker, request, &service)) {
        answer_plain(arena, 404, "There is no such service; " SOAP_ROOT " lists them.\n", answer);
        return;
    }
    post_serve(worker, arena, request, service, answer);
}

struct soap_intake *soap_intake_begin(struct soap_door *door, struct arena *arena,
                                      const char *content_type)
{
    return intake_begin(arena, content_type, message_limits_of(arena, door->platform->settings));
}

int64_t soap_door_free_bytes(const struct soap_door *door)
{
    const struct settings *settings = door->platform->settings;

    return settings->limits.anonymous_body;
}

/* A file of the largest size, as base64 in lines as short as anybody writes them. */
int64_t soap_door_most_bytes(const struct soap_door *door)
{
    const struct settings *settings = door->platform->settings;

    return settings->limits.body + settings->limits.attachment / 2 * 3;
}

bool soap_door_admit(struct soap_worker *worker, struct arena *arena,
                     const struct soap_request *request, struct soap_answer *answer_out)
{
    const struct wire_service *service = NULL;

    if (!find_posted(worker, request, &service)) {
        serve_post(worker, arena, request, answer_out);
        return false;
    }
    return admit(worker, arena, request, service, answer_out);
}

void soap_door_serve(struct soap_worker *worker, struct arena *arena,
                     const struct soap_request *request, struct soap_answer *answer_out)
{
    if (strcmp(request->method, "POST") == 0) {
        serve_post(worker, arena, request, answer_out);
    } else if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0) {
        serve_get(worker, arena, request, answer_out);
    } else {
        answer_plain(arena, 405, "Send GET or POST.\n", answer_out);
    }
}
