/*
 * admit.h - who may send a long message: whoever proves who he is at its beginning.
 */
#ifndef SOAP_ADMIT_H
#define SOAP_ADMIT_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct soap_answer;
struct soap_request;
struct soap_worker;
struct wire_service;

/* Verifies the credentials of the HTTP head and of the SOAP header, of a request whose body is
 * only the beginning. When they do not hold, or there are none, answer_out is why. */
must_check bool admit(struct soap_worker *worker, struct arena *arena,
                      const struct soap_request *request, const struct wire_service *service,
                      struct soap_answer *answer_out);

#endif
