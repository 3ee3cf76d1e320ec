/*
 * reception.h - an answer while it comes: its text gathered, its file written where it is wanted.
 *
 * Memory: the reception is the caller's; the text lives in the arena given.
 * Threads: one at a time.
 */
#ifndef CLIENT_RECEPTION_H
#define CLIENT_RECEPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/buffer.h"
#include "client/parts.h"

struct arena;
struct client_error;
struct client_target;

struct reception {
    struct client_target *target; /* NULL: no file is wanted */
    struct client_error *error;
    struct buffer text; /* the envelope, or another document */
    struct parts parts;
    bool is_in_parts;
};

/* Begins with an answer of that Content-Type; the target is emptied. Fails as UNWRITABLE. */
must_check bool reception_begin(struct reception *reception, struct arena *arena,
                                const char *content_type, struct client_target *target,
                                struct client_error *error);

/* Takes the next bytes. Fails as UNWRITABLE where the file cannot be kept or is too large, and as
 * NOT_SOAP where the answer is too long or no message in parts, which it says that it is. */
must_check bool reception_add(struct reception *reception, const char *bytes, size_t length);

/* False where parts are missing yet; of an answer without parts nobody can tell by this. */
bool reception_is_whole(const struct reception *reception);

#endif
