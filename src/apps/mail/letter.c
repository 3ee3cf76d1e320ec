/*
 * letter.c - the head of a letter, written and read.
 */
#include "apps/mail/letter.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "text/utf8.h"

#define FIRST_LINE "svyaz-letter 1\n"
#define FROM "from "
#define TO "to "

enum {
    ADDRESS_MOST = 320, /* characters of a recipient that the platform takes */
    PIECE_SIZE = 16 * 1024,
    HEAD_MOST = 64 * 1024 * 1024,
};

bool letter_is_address(const char *address)
{
    for (const unsigned char *at = (const unsigned char *)address; *at != '\0'; at++) {
        if (*at < ' ' || *at == 0x7F) {
            return false;
        }
    }
    return text_is_valid_utf8(address, strlen(address)) &&
           text_count_characters(address) <= ADDRESS_MOST;
}

void letter_write_head(const struct letter_envelope *envelope, struct buffer *head)
{
    buffer_add_text(head, FIRST_LINE);
    if (envelope->sender != NULL) {
        buffer_add_format(head, FROM "%s\n", envelope->sender);
    }
    for (size_t i = 0; i < envelope->recipients.count; i++) {
        buffer_add_format(head, TO "%s\n", (const char *)envelope->recipients.items[i]);
    }
    buffer_add_char(head, '\n');
}

void letter_write_return_path(const struct letter_envelope *envelope, const char *line_end,
                              struct buffer *text)
{
    if (envelope->sender != NULL) {
        buffer_add_format(text, "Return-Path: <%s>%s", envelope->sender, line_end);
    }
}

static bool fail(struct error *error, const char *id, const char *why)
{
    return error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s: %s", id, why);
}

static bool fail_to_read(struct error *error, const char *id)
{
    return error_set(error, ERROR_INTERNAL, NULL, "%s: %s", id, strerror(errno));
}

/* Reads on until the empty line has come; length_out counts it in. */
static bool read_head(struct arena *arena, int file, const char *id, char **head_out,
                      size_t *length_out, struct error *error)
{
    struct buffer head;

    buffer_init(&head, arena, PIECE_SIZE);
    while (head.length < HEAD_MOST) {
        size_t seen = head.length == 0 ? 0 : head.length - 1;
        ssize_t count =
            pread(file, buffer_reserve(&head, PIECE_SIZE), PIECE_SIZE, (off_t)head.length);
        if (count < 0 && errno != EINTR) {
            return fail_to_read(error, id);
        }
        if (count == 0) {
            break;
        }
        buffer_commit(&head, count < 0 ? 0 : (size_t)count);
        const char *end = strstr(head.bytes + seen, "\n\n");
        if (end != NULL) {
            *length_out = (size_t)(end - head.bytes) + 2;
            *head_out = head.bytes;
            return true;
        }
    }
    return fail(error, id, "it is no letter: its head has no end");
}

/* Takes the head apart, line by line. */
static bool read_lines(char *head, size_t length, struct letter_envelope *envelope)
{
    if (length < strlen(FIRST_LINE) || memcmp(head, FIRST_LINE, strlen(FIRST_LINE)) != 0) {
        return false;
    }
    head[length - 1] = '\0';
    char *rest = head + strlen(FIRST_LINE);
    for (char *line = strsep(&rest, "\n"); line != NULL && *line != '\0';
         line = strsep(&rest, "\n")) {
        if (strncmp(line, FROM, strlen(FROM)) == 0) {
            envelope->sender = line + strlen(FROM);
        } else if (strncmp(line, TO, strlen(TO)) == 0) {
            array_add(&envelope->recipients, line + strlen(TO));
        } else {
            return false;
        }
    }
    return true;
}

bool letter_read(struct arena *arena, int file, const char *id, struct letter *letter_out,
                 struct error *error)
{
    struct letter letter = {.id = arena_copy_text(arena, id)};
    struct stat status;
    char *head = NULL;
    size_t length = 0;

    array_init(&letter.envelope.recipients, arena);
    if (!read_head(arena, file, id, &head, &length, error)) {
        return false;
    }
    if (!read_lines(head, length, &letter.envelope)) {
        return fail(error, id, "it is no letter: its head is malformed");
    }
    if (fstat(file, &status) != 0) {
        return fail_to_read(error, id);
    }
    letter.message = (struct client_file){.descriptor = file,
                                          .offset = (int64_t)length,
                                          .length = (int64_t)status.st_size - (int64_t)length};
    *letter_out = letter;
    return true;
}
