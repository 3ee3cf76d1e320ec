/*
 * body.h - the bytes of a message, in memory or in a file that is mapped into it.
 *
 * What is mapped costs memory only while it is looked at: who has read a piece says so, and the
 * system may forget it until it is read again. So a message of any size is read in little room.
 */
#ifndef SOAP_BODY_H
#define SOAP_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct body {
    const char *bytes;
    size_t length;
    bool is_mapped; /* of a file, read only */
};

/* How much is read between two calls of body_forget. */
enum { BODY_WINDOW = 1024 * 1024 };

/* Tells that the bytes between two offsets are not needed for now. */
void body_forget(const struct body *body, size_t from, size_t to);

#endif
