/*
 * smtp_content.h - a message on its way to a mail server: read from a file piece by piece, so that
 * its size takes no memory.
 *
 * Memory: the content is the caller's, and so is the file.
 * Threads: one at a time.
 * Specifications: RFC 5321, 4.5.2.
 */
#ifndef APPS_MAIL_SMTP_CONTENT_H
#define APPS_MAIL_SMTP_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;

enum { SMTP_PIECE_SIZE = 64 * 1024 };

struct smtp_content {
    int file;
    int64_t at, length; /* in the file */
    bool is_line_begin; /* behind what was read */
    const char *header; /* goes before the rest, in the place of that in the file */
    size_t header_length;
};

void smtp_content_begin(struct smtp_content *content, int file, int64_t length);

/* Has it begin with a header that is ASCII alone (smtp_header.h); made in the arena. False where
 * the header cannot be read, or has no end within its bound. */
must_check bool smtp_content_downgrade(struct smtp_content *content, struct arena *arena);

/* The next piece, a dot at the begin of a line doubled; 0 bytes at the end. False where the file
 * cannot be read. */
must_check bool smtp_content_next(struct smtp_content *content, char piece[SMTP_PIECE_SIZE],
                                  size_t *length_out);

/* The line that ends what was given. */
const char *smtp_content_last(const struct smtp_content *content);

#endif
