/*
 * post.h - one message in, one answer out: scan, envelope, decode, run, encode.
 */
#ifndef SOAP_POST_H
#define SOAP_POST_H

struct arena;
struct soap_answer;
struct soap_request;
struct soap_worker;
struct wire_service;

/* Serves a POST to a service; service NULL: an operation of any. */
void post_serve(struct soap_worker *worker, struct arena *arena, const struct soap_request *request,
                const struct wire_service *service, struct soap_answer *answer_out);

#endif
