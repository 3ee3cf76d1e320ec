/*
 * letter.h - a message of mail with its envelope, together in one file.
 *
 * The envelope is a head of text before the message:
 *
 *   svyaz-letter 1
 *   from ann@example.com
 *   to bob@example.com
 *   to eve@example.com
 *
 * and an empty line. What follows are the bytes of the message.
 *
 * Memory: texts live in the arena given.
 */
#ifndef APPS_MAIL_LETTER_H
#define APPS_MAIL_LETTER_H

#include <stdbool.h>

#include "base/array.h"
#include "base/attributes.h"
#include "client/client.h"

struct arena;
struct buffer;
struct error;

struct letter_envelope {
    const char *sender;      /* "": nobody; NULL: not said */
    struct array recipients; /* const char * */
};

struct letter {
    const char *id; /* names the write by which it is filed */
    struct letter_envelope envelope;
    struct client_file message;
};

/* Whether an address can stand in an envelope: one line of visible characters and blanks, not
 * longer than the platform takes. */
bool letter_is_address(const char *address);

/* Writes the head of a letter. */
void letter_write_head(const struct letter_envelope *envelope, struct buffer *head);

/* The line that who delivers puts before a message (RFC 5321, 4.4); nothing when the sender is not
 * known. */
void letter_write_return_path(const struct letter_envelope *envelope, const char *line_end,
                              struct buffer *text);

/* Reads the head from an open file; the message is what comes after it. Fails with FILE_UNREADABLE
 * when it is no letter, and with INTERNAL when it cannot be read, which may pass. */
must_check bool letter_read(struct arena *arena, int file, const char *id,
                            struct letter *letter_out, struct error *error);

#endif
