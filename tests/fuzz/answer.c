/*
 * answer.c - fuzz target: any bytes as what a reader says of a message.
 *
 * The first byte says where the bytes of parts end. What is taken must be such as the server may
 * store: texts are well-formed and bounded, names lead nowhere, parts lie where they are said to.
 */
#define _GNU_SOURCE /* memfd_create */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "mime/answer.h"
#include "mime/mime.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct mime_limits limits = {
    .header = 16384, .parts = 20, .recipients = 20, .references = 10, .text = 4096};

static void check_text(const char *text)
{
    expect(text == NULL || text_is_valid_utf8(text, strlen(text)));
}

static void check_addresses(const struct mime_addresses *addresses)
{
    expect(addresses->count <= limits.recipients);
    for (size_t i = 0; i < addresses->count; i++) {
        check_text(addresses->items[i].name);
        check_text(addresses->items[i].address);
        check_text(addresses->items[i].compared);
    }
}

static void check_part(const struct mime_part *part)
{
    char bytes[4096];
    struct error error = {0};
    int64_t size = 0;
    size_t length = 0;

    check_text(part->name);
    check_text(part->media_type);
    expect(*part->name != '\0' && strpbrk(part->name, "/\\:\n\r") == NULL);
    do {
        expect(mime_content_read(part->content, bytes, sizeof(bytes), &length, &error));
        size += (int64_t)length;
    } while (length > 0);
    expect(size == part->size);
}

static void check(const struct mime_message *message)
{
    expect(strlen(message->text) <= limits.text && strlen(message->digest) == 64);
    check_text(message->text);
    check_text(message->html);
    check_text(message->clean_html);
    check_text(message->subject);
    check_addresses(&message->from);
    check_addresses(&message->bcc);
    for (size_t i = 0; i < message->reference_count; i++) {
        check_text(message->references[i]);
    }
    for (size_t i = 0; i < message->part_count; i++) {
        check_part(&message->parts[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    int file = memfd_create("answer", MFD_CLOEXEC);
    struct mime_message *message = NULL;

    if (size > 0) {
        int64_t parts = data[0] < size ? data[0] : 0;
        const struct mime_answer answer = {.begin = parts, .length = (int64_t)size - 1 - parts};
        expect(file >= 0 && write(file, data + 1, size - 1) == (ssize_t)size - 1);
        if (mime_answer_take(arena, file, &answer, &limits, &message)) {
            check(message);
        }
    }
    close(file);
    arena_destroy(&arena);
    return 0;
}
