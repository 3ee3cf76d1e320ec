/*
 * multipart.h - a multipart/related message (MTOM): where its parts are.
 *
 * The body may be in memory or in a file; either way it is searched once, in pieces, and only
 * the envelope is ever read as a whole. Parts point to nothing outside the message.
 *
 * Memory: lives in the arena given and refers to the body.
 */
#ifndef SOAP_MULTIPART_H
#define SOAP_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct error;
struct message_limits;

/* Bytes in memory, or in a file when bytes is NULL. */
struct body {
    const char *bytes;
    int file;
    int64_t length;
};

struct part {
    const char *id; /* Content-ID without the angle brackets; NULL: none */
    const char *media_type;
    int64_t offset, length; /* of its content in the body */
};

struct multipart {
    struct body body;
    const struct part *parts;
    size_t part_count;
    const struct part *root; /* the envelope */
    const char *root_type;   /* "text/xml" or "application/soap+xml", as the root part says */
};

/* Whether a Content-Type is multipart/related. */
bool multipart_is(const char *content_type);

/* Finds the parts. Fails with HTTP_UNSUPPORTED when the Content-Type or the body is malformed,
 * with LIMIT_EXCEEDED when there are too many parts. */
must_check bool multipart_open(struct arena *arena, const char *content_type,
                               const struct body *body, const struct message_limits *limits,
                               struct multipart **multipart_out, struct error *error);

/* The part of a "cid:" reference, or NULL. */
const struct part *multipart_find(struct arena *arena, const struct multipart *multipart,
                                  const char *reference);

/* Finds the length of a body in a file. Fails with INTERNAL. */
must_check bool body_measure(struct body *body, struct error *error);

/* Reads up to capacity bytes at an offset of the body. Fails with INTERNAL. */
must_check bool body_read(const struct body *body, int64_t offset, void *bytes, size_t capacity,
                          size_t *length_out, struct error *error);

#endif
