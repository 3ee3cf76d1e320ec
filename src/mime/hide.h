/*
 * hide.h - long lists of addresses of messages within the message, hidden from GMime and nobody
 * else. Private to this floor.
 *
 * GMime takes the lists of every header apart that it meets, in time that grows with the square of
 * what is no address. In the own header they keep the other name (field.h). Within the message they
 * have it as long as GMime parses, in a copy: then the copy gets its letters back, since the bytes
 * of parts are read from it, and so do the headers that GMime has kept. What is written of a
 * message within is what came.
 *
 * Memory: everything lives in the arena given.
 */
#ifndef MIME_HIDE_H
#define MIME_HIDE_H

#include <stdbool.h>

#include <gmime/gmime.h>

#include "base/array.h"
#include "base/attributes.h"

struct arena;
struct error;
struct mime_limits;
struct mime_scratch;
struct mime_spool;

struct mime_hiding {
    GMimeStream *stream; /* what GMime may parse */
    struct array lists;  /* struct mime_hidden_list * */
};

/* Copies a spool that has such lists, and hides them in the copy. Fails with INTERNAL when there is
 * no room. */
must_check bool mime_hide_lists(struct arena *arena, const struct mime_spool *spool,
                                const struct mime_limits *limits, struct mime_scratch *scratch,
                                struct mime_hiding *hiding_out, struct error *error);

/* Puts everything back once it is parsed; message: NULL, or what came of it. Fails with INTERNAL
 * when the copy cannot be written. */
must_check bool mime_show_lists(const struct mime_hiding *hiding, GMimeMessage *message,
                                struct error *error);

#endif
