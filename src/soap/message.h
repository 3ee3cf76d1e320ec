/*
 * message.h - one message on its way: what the steps of post.c and admit.c share.
 *
 * Memory: lives in the arena of the exchange.
 */
#ifndef SOAP_MESSAGE_H
#define SOAP_MESSAGE_H

#include <stdbool.h>

#include "base/attributes.h"
#include "service/pipeline.h"
#include "soap/body.h"
#include "soap/decode.h"
#include "soap/encode.h"
#include "soap/envelope.h"
#include "soap/scan.h"
#include "soap/walk.h"

struct arena;
struct call;
struct error;
struct message_limits;
struct multipart;
struct soap_answer;
struct soap_intake;
struct soap_request;
struct soap_worker;
struct wire_operation;
struct wire_service;

struct message {
    struct soap_worker *worker;
    struct arena *arena;
    const struct soap_request *request;
    const struct wire_service *service; /* of the path; NULL: All */
    struct call *call;
    const struct message_limits *limits;
    struct soap_intake *intake;
    struct body body;
    struct body envelope_body;
    struct multipart *multipart; /* NULL: a plain envelope */
    struct scan scan;
    struct decoder decoder;
    struct envelope envelope;
    struct credentials credentials;
    struct element element; /* of the operation */
    const struct wire_operation *operation;
    const struct wire_service *operation_service;
    void *parameters;
    struct encoder encoder;
    size_t answer_begin, answer_end; /* in the encoder's text: the content of its body */
    bool is_repeated;                /* the answer was kept from before */
    bool is_run;                     /* the pipeline has had it, and has logged it */
};

/* Begins a message: its call, its body, and what watched it come in. */
struct message *message_make(struct soap_worker *worker, struct arena *arena,
                             const struct soap_request *request,
                             const struct wire_service *service);

/* A step of a message's way; false with an error when it ends there. */
typedef bool (*message_step)(struct message *message, struct error *error);

/* Takes the steps until one ends the way, and closes what was walked. */
must_check bool message_run(struct message *message, const message_step *steps, size_t count,
                            struct error *error);

/* Checks the Content-Type; as far as it says the SOAP version, that is known afterwards. */
must_check bool message_check_type(struct message *message, struct error *error);

/* What the times of the Security header are held against. */
struct envelope_rules message_rules(const struct message *message);

/* Begins the walk along the outline. */
must_check bool message_begin_walk(struct message *message, struct error *error);

/* Gathers the credentials of the envelope's header and of HTTP. */
must_check bool message_find_credentials(struct message *message, struct error *error);

/* Where the operator wants it, passwords come over TLS or from this machine only. */
must_check bool message_check_plain(const struct message *message, bool has_secret,
                                    struct error *error);

/* Refuses a message that is too long for somebody who has not proven who he is. */
bool message_refuse_anonymous(const struct message *message, struct error *error);

/* Who sent a ticket may want to know that it reached the right server, whatever the answer. */
void message_prove_us(const struct message *message, struct soap_answer *answer);

/* Answers with a fault; logs it, unless the pipeline did. */
void message_answer_error(const struct message *message, const struct error *error,
                          struct soap_answer *answer_out);

#endif
