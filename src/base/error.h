/*
 * error.h - what went wrong, said once, by the floor that knows.
 *
 * A function that can fail returns bool, is must_check and takes a struct error last. The
 * floor that finds the fault sets it; floors above pass it on untouched; only the end of a
 * call logs it, and only soap/fault.c turns it into a fault.
 *
 * Codes, their texts and their HTTP answers come from metadata/errors.xml.
 *
 * Memory: plain, fixed size, made for the stack. Longer text is cut at a UTF-8 boundary.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

#include "base/attributes.h"
#include "generated/error_codes.h" /* enum error_code: ERROR_NONE, ERROR_INTERNAL, ... */

enum {
    ERROR_SUBJECT_SIZE = 128,
    ERROR_MESSAGE_SIZE = 512,
    ERROR_CAUSE_SIZE = 512,
};

struct error {
    enum error_code code;
    char entity[ERROR_SUBJECT_SIZE];  /* entity the fault is about, or empty */
    char subject[ERROR_SUBJECT_SIZE]; /* field or parameter it is about, or empty */
    char message[ERROR_MESSAGE_SIZE]; /* one English sentence, for the client */
    char cause[ERROR_CAUSE_SIZE];     /* words of a driver or library, for the log only */
};

/* Row of metadata/errors.xml. */
struct error_kind {
    const char *name;         /* "FIELD_REQUIRED", stable for ever */
    int http_status;          /* 400, 401, 404, 500 ...; a SOAP fault is sent with 500 */
    bool is_client_fault;     /* the sender's doing, or ours */
    bool is_retryable;        /* the same request may succeed later */
    const char *hint;         /* what to do, English */
    const char *hint_russian; /* what to do, Russian */
};

/* The row of a code; never NULL. Generated. */
const struct error_kind *error_kind(enum error_code code);

/* Sets the error and returns false, so that one line sets and returns. subject may be NULL. */
printf_like(4, 5) bool error_set(struct error *error, enum error_code code, const char *subject,
                                 const char *format, ...);

/* The same, naming the entity too. */
printf_like(5, 6) bool error_set_about(struct error *error, enum error_code code,
                                       const char *entity, const char *subject, const char *format,
                                       ...);

/* Adds a library's words for the log; never shown to a client. Returns false. */
printf_like(2, 3) bool error_add_cause(struct error *error, const char *format, ...);

/* Forgets a handled error. */
void error_clear(struct error *error);

#endif
