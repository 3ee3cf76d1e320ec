/*
 * smtp_content.c - pieces of a file, with their dots doubled.
 */
#include "apps/mail/smtp_content.h"

#include <errno.h>
#include <unistd.h>

enum { READ_SIZE = SMTP_PIECE_SIZE / 2 /* each byte may be a dot */ };

void smtp_content_begin(struct smtp_content *content, int file, int64_t length)
{
    *content = (struct smtp_content){.file = file, .length = length, .is_line_begin = true};
}

/* A file that has become shorter cannot be read. */
static bool read_next(struct smtp_content *content, char bytes[READ_SIZE], size_t *length_out)
{
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
