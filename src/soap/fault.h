/*
 * fault.h - the only place where an error becomes a SOAP fault.
 *
 * The fault string is "CODE: sentence"; the detail is a CrmFault with code, message, field,
 * entity, hint, request id and whether the same request may succeed later. It goes out with
 * HTTP 500, with 401 when nobody said who he is. What is for the log only stays here.
 */
#ifndef SOAP_FAULT_H
#define SOAP_FAULT_H

#include "metadata/field.h"
#include "soap/envelope.h"

struct arena;
struct error;
struct record;
struct soap_answer;
struct wire;

struct fault_setting {
    const struct wire *wire;
    enum soap_version version;
    const char *target_namespace; /* of the detail: that of the service */
    const char *request_id;
    const struct record *current; /* what a VERSION_CONFLICT has met, or NULL */
    enum language language;       /* of the hint */
    bool takes_tickets;           /* HTTP Negotiate is offered beside Basic */
};

/* Makes the answer that says what went wrong. */
void fault_answer(struct arena *arena, const struct error *error,
                  const struct fault_setting *setting, struct soap_answer *answer_out);

#endif
