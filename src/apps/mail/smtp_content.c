/*
 * smtp_content.c - pieces of a file, with their dots doubled.
 */
#include "apps/mail/smtp_content.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "apps/mail/smtp_header.h"
#include "base/buffer.h"

enum {
    READ_SIZE = SMTP_PIECE_SIZE / 2, /* each byte may be a dot */
    HEADER_MOST = 4 * 1024 * 1024,
};

void smtp_content_begin(struct smtp_content *content, int file, int64_t length)
{
    *content = (struct smtp_content){.file = file, .length = length, .is_line_begin = true};
}

static size_t take_of_header(struct smtp_content *content, char bytes[READ_SIZE])
{
    size_t count = content->header_length < READ_SIZE ? content->header_length : READ_SIZE;

    memcpy(bytes, content->header, count);
    content->header += count;
    content->header_length -= count;
    return count;
}

/* A file that has become shorter cannot be read. */
static bool read_next(struct smtp_content *content, char bytes[READ_SIZE], size_t *length_out)
{
    if (content->header_length > 0) {
        *length_out = take_of_header(content, bytes);
        return true;
    }
    int64_t left = content->length - content->at;
    ssize_t count = 0;

    if (left > 0) {
        do {
            count = pread(content->file, bytes, left < READ_SIZE ? (size_t)left : READ_SIZE,
                          (off_t)content->at);
        } while (count < 0 && errno == EINTR);
    }
    if (count < 0 || (count == 0 && left > 0)) {
        return false;
    }
    content->at += count;
    *length_out = (size_t)count;
    return true;
}

bool smtp_content_downgrade(struct smtp_content *content, struct arena *arena)
{
    struct buffer header, plain;
    const char *end = NULL;
    char bytes[READ_SIZE];
    size_t count = 0;

    buffer_init(&header, arena, READ_SIZE);
    do {
        if (!read_next(content, bytes, &count) || count == 0 || header.length > HEADER_MOST) {
            return false;
        }
        size_t seen = header.length < 3 ? header.length : 3; /* the end may have begun before */
        buffer_add(&header, bytes, count);
        end = strstr(header.bytes + header.length - count - seen, "\r\n\r\n");
    } while (end == NULL);
    size_t length = (size_t)(end - header.bytes);
    buffer_init(&plain, arena, length);
    smtp_header_downgrade(header.bytes, length, &plain);
    content->at = (int64_t)length;
    content->header = plain.bytes;
    content->header_length = plain.length;
    return true;
}

bool smtp_content_next(struct smtp_content *content, char piece[SMTP_PIECE_SIZE],
                       size_t *length_out)
{
    char bytes[READ_SIZE];
    size_t count = 0, length = 0;

    if (!read_next(content, bytes, &count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '.' && content->is_line_begin) {
            piece[length++] = '.';
        }
        piece[length++] = bytes[i];
        content->is_line_begin = bytes[i] == '\n';
    }
    *length_out = length;
    return true;
}

const char *smtp_content_last(const struct smtp_content *content)
{
    return content->is_line_begin ? ".\r\n" : "\r\n.\r\n";
}
