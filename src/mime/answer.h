/*
 * answer.h - a message that was read, on its way from one process to another. Private to this
 * floor.
 *
 * It goes through a file: the bytes of its parts, one after the other, and then all else, as a
 * table has it. Whoever takes it trusts nothing of it: what does not have the form, is no text as
 * people may see it, or names bytes that are not there, is no message.
 *
 * Memory: everything lives in the arena given; the file is borrowed for as long.
 */
#ifndef MIME_ANSWER_H
#define MIME_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct error;
struct mime_limits;
struct mime_message;

/* Where in the file all that is which is not the bytes of a part. */
struct mime_answer {
    int64_t begin, length;
};

/* Writes a message into an empty file. Fails with INTERNAL when there is no room. */
must_check bool mime_answer_write(struct arena *arena, const struct mime_message *message, int file,
                                  struct mime_answer *answer_out, struct error *error);

/* Takes it from there. False when it is no message, or none that the limits allow. */
must_check bool mime_answer_take(struct arena *arena, int file, const struct mime_answer *answer,
                                 const struct mime_limits *limits,
                                 struct mime_message **message_out);

#endif
