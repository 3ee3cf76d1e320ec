/*
 * meter.h - how large an envelope is, measured while it comes: files in it, and all else.
 *
 * A file stands in an envelope as a long run of base64. It is bounded like any attachment; what
 * is not of such runs is bounded by limits.body. Nobody knows yet what an element means when
 * its text comes, so any long run of these characters counts as a file; one that turns out to be
 * an ordinary text is bounded again where texts are read (walk_text).
 */
#ifndef SOAP_METER_H
#define SOAP_METER_H

#include <stdbool.h>
#include <stddef.h>

struct message_limits;

enum {
    METER_RUN = 16 * 1024, /* characters from which a run of base64 counts as a file */
    METER_SPACES = 128,    /* blanks in a row that may stand in a run */
};

/* What is to be done with the rest of a message. */
enum intake_verdict {
    INTAKE_GO_ON,
    INTAKE_TOO_LARGE, /* it goes beyond a limit of messages as a whole */
    INTAKE_ENOUGH,    /* a file goes beyond its limit: what has come is enough to say which */
};

struct meter {
    size_t taken;  /* bytes in all */
    size_t other;  /* those that are not of files */
    size_t run;    /* bytes of the run read now, the blanks in it included */
    size_t digits; /* characters of it that are base64 */
    size_t spaces; /* blanks at its end */
};

/* Measures the next bytes. */
enum intake_verdict meter_take(struct meter *meter, const struct message_limits *limits,
                               const char *bytes, size_t length);

/* How many of the bytes at the beginning are base64 or white space. */
size_t meter_span(const char *bytes, size_t length);

/* The most characters of base64 that a file of so many bytes needs. */
size_t meter_encoded(size_t length);

#endif
