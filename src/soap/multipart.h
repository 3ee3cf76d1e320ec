/*
 * multipart.h - a multipart/related message (MTOM): where its parts are.
 *
 * The bytes are read once, as they come and in pieces of any size, so that a part that is too
 * large is known before all of it has come. Parts point to nothing outside the message.
 *
 * Memory: lives in the arena given and refers to the body.
 */
#ifndef SOAP_MULTIPART_H
#define SOAP_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "soap/body.h"
#include "soap/meter.h"

struct arena;
struct error;
struct message_limits;
struct multipart_reader;

struct part {
    const char *id; /* Content-ID without the angle brackets; NULL: none */
    const char *media_type;
    size_t offset, length; /* of its content in the body */
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

/* Begins to read a message. Fails with HTTP_UNSUPPORTED when the Content-Type is malformed. */
must_check bool multipart_begin(struct arena *arena, const char *content_type,
                                const struct message_limits *limits,
                                struct multipart_reader **reader_out, struct error *error);

/* Reads the next bytes; *verdict_out says whether more is wanted. Fails with HTTP_UNSUPPORTED
 * when they are malformed, with LIMIT_EXCEEDED when there are too many parts. */
must_check bool multipart_take(struct multipart_reader *reader, const char *bytes, size_t length,
                               enum intake_verdict *verdict_out, struct error *error);

/* The part with the envelope as far as it has come; false when it has not begun. */
bool multipart_peek_root(const struct multipart_reader *reader, struct part *part_out);

/* All has come, or enough (is_cut). Fails with HTTP_UNSUPPORTED. */
must_check bool multipart_end(struct multipart_reader *reader, const struct body *body, bool is_cut,
                              struct multipart **multipart_out, struct error *error);

/* The part of a "cid:" reference, or NULL. */
const struct part *multipart_find(struct arena *arena, const struct multipart *multipart,
                                  const char *reference);

#endif
