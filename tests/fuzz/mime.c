/*
 * mime.c - fuzz target: any bytes as a message of mail.
 *
 * The limits are small, so that they are met. What was read must keep its promises: texts are
 * such as XML can hold, and within their bound, names lead nowhere, no script is shown, and parts
 * have the size that they say. It comes through from a reader's file, and is the same.
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
#include "support/harmless.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECE = 4096 };

static const struct mime_limits limits = {.folder = "/tmp",
                                          .header = 16384,
                                          .header_lines = 200,
                                          .depth = 8,
                                          .parts = 20,
                                          .recipients = 20,
                                          .references = 10,
                                          .text = 4096,
                                          .hops = 10,
                                          .now = 1796000000000};

struct given {
    const uint8_t *bytes;
    size_t left;
};

static bool give(void *context, void *bytes, size_t capacity, size_t *length_out,
                 struct error *error)
{
    struct given *given = context;

    (void)error;
    *length_out = given->left < capacity ? given->left : capacity;
    if (*length_out > 0) {
        memcpy(bytes, given->bytes, *length_out);
    }
    given->bytes += *length_out;
    given->left -= *length_out;
    return true;
}

static void check_text(const char *text, size_t most)
{
    if (text == NULL) {
        return;
    }
    expect(strlen(text) <= most && text_is_valid_utf8(text, strlen(text)));
    for (const char *at = text; *at != '\0'; at++) {
        expect((unsigned char)*at >= ' ' || strchr("\t\r\n", *at) != NULL);
    }
}

static void check_addresses(const struct mime_addresses *addresses)
{
    expect(addresses->count <= limits.recipients);
    for (size_t i = 0; i < addresses->count; i++) {
        check_text(addresses->items[i].name, 3 * limits.header);
        check_text(addresses->items[i].address, limits.header);
        expect(*addresses->items[i].compared != '\0');
    }
}

static void check_part(const struct mime_part *part)
{
    char bytes[PIECE];
    struct error error = {0};
    int64_t size = 0;
    size_t length = 0;

    expect(harmless_is_name(part->name));
    do {
        expect(mime_content_read(part->content, bytes, sizeof(bytes), &length, &error));
        size += (int64_t)length;
    } while (length > 0);
    expect(size == part->size);
}

static void check(const struct mime_message *message)
{
    check_text(message->text, limits.text);
    check_text(message->html, limits.text);
    check_text(message->clean_html, limits.text);
    check_text(message->subject, 3 * limits.header);
    check_addresses(&message->from);
    check_addresses(&message->to);
    expect(message->reference_count <= limits.references);
    expect(message->part_count <= limits.parts && strlen(message->digest) == 64);
    expect(message->clean_html == NULL || harmless_is_html(message->clean_html));
    for (size_t i = 0; i < message->part_count; i++) {
        check_part(&message->parts[i]);
    }
}

/* What a reader would say of it. */
static void check_answer(struct arena *arena, const struct mime_message *message)
{
    int file = memfd_create("answer", MFD_CLOEXEC);
    struct mime_message *taken = NULL;
    struct mime_answer answer;
    struct error error = {0};

    expect(file >= 0 && mime_answer_write(arena, message, file, &answer, &error));
    expect(mime_answer_take(arena, file, &answer, &limits, &taken));
    expect(strcmp(taken->text, message->text) == 0 && strcmp(taken->digest, message->digest) == 0);
    expect(taken->part_count == message->part_count && taken->kind == message->kind);
    check(taken);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct given given = {.bytes = data, .left = size};
    const struct mime_source source = {.read = give, .context = &given};
    struct mime_message *message = NULL;
    struct error error = {0};

    if (mime_read(arena, &source, &limits, &message, &error)) {
        check(message);
        check_answer(arena, message);
    } else {
        expect(error.code == ERROR_VALUE_INVALID || error.code == ERROR_LIMIT_EXCEEDED);
    }
    arena_destroy(&arena);
    return 0;
}
