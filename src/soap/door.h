/*
 * door.h - the SOAP door: one whole HTTP request in, one answer out.
 *
 * POST /soap/<Service> runs an operation; GET /soap/<Service>?wsdl answers its contract, with
 * &soap=12 the SOAP 1.2 binding too; GET /soap lists the services for people; /soap/All is
 * everything in one. The server floor frames HTTP and adapts its exchange to these structs.
 *
 * Memory: the answer lives in the arena given.
 * Threads: the door is shared; a worker, which holds one gSOAP context, belongs to one thread.
 */
#ifndef SOAP_DOOR_H
#define SOAP_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buffer.h"

struct arena;
struct error;
struct platform;
struct soap_door;
struct soap_intake;
struct soap_worker;

struct soap_request {
    const char *method;             /* GET, HEAD or POST */
    const char *path;               /* "/soap/Account", percent-decoded */
    const char *query;              /* after the question mark, or NULL */
    const char *scheme;             /* "http" or "https", as the client used it */
    const char *host;               /* as the client used it, with port */
    const char *content_type;       /* or NULL */
    const char *authorization;      /* or NULL */
    const char *idempotency_key;    /* or NULL */
    const char *accept_language;    /* or NULL */
    const char *client_certificate; /* fingerprint of the one that TLS has proved, or NULL */
    const char *peer_address;
    const char *accept; /* or NULL */
    const char *body;   /* or NULL */
    size_t body_length;
    bool is_mapped;             /* the body is mapped from a file */
    bool is_admitted;           /* soap_door_admit has let a long body in */
    struct soap_intake *intake; /* that has watched the body; NULL: nobody has */
};

/* Gives more bytes of an answer that is too large for memory; 0 bytes at the end. */
typedef bool (*soap_answer_source)(void *context, void *bytes, size_t capacity, size_t *length_out,
                                   struct error *error);

/* Ways to authenticate that one answer may offer. */
enum { SOAP_CHALLENGES = 2 };

struct soap_answer {
    int status;
    const char *content_type;
    const char *authenticate[SOAP_CHALLENGES]; /* values of WWW-Authenticate; NULL: none */
    int retry_after;                           /* seconds, 0: none */
    struct buffer body;
    soap_answer_source source; /* sent after body when not NULL */
    void *source_context;
    const char *request_id;
    bool is_repeated; /* it was kept from when the same request was sent before */
};

/* Makes the door for a platform: operations, contract documents, dispatch. */
must_check bool soap_door_create(const struct platform *platform, struct soap_door **door_out,
                                 struct error *error);
void soap_door_destroy(struct soap_door **door);

/* A worker's own part: the gSOAP context and what it reuses. */
struct soap_worker *soap_worker_create(struct soap_door *door);
void soap_worker_destroy(struct soap_worker **worker);

/* Begins to watch the body of a POST: intake_take is given every piece as it comes. */
struct soap_intake *soap_intake_begin(struct soap_door *door, struct arena *arena,
                                      const char *content_type);

/* How many bytes of body anybody may send, and how many anybody at all. */
int64_t soap_door_free_bytes(const struct soap_door *door);
int64_t soap_door_most_bytes(const struct soap_door *door);

/* Whether the rest of a body may come that is longer than anybody may send; request->body is its
 * beginning. When not, answer_out is the answer. */
must_check bool soap_door_admit(struct soap_worker *worker, struct arena *arena,
                                const struct soap_request *request, struct soap_answer *answer_out);

/* Serves one request. Never fails: what goes wrong becomes a fault or an HTTP error. */
void soap_door_serve(struct soap_worker *worker, struct arena *arena,
                     const struct soap_request *request, struct soap_answer *answer_out);

/* Writes wsdl/: one file per service, All.wsdl, and operations.csv. Files that would not change
 * are left; with is_check nothing is written and a difference fails, naming the file. */
must_check bool soap_write_contract(const struct platform *platform, const char *folder,
                                    bool is_check, struct error *error);

#endif
