/*
 * sameness.c - the digest of what makes a message this one, whatever relays did to it.
 *
 * Relays give new ids, fold lines anew, choose other encodings and add lines of their own. Who
 * wrote when to whom about what, the words of the text and the bytes of the parts stay. Of a
 * message without a date the lowest Received line stands for it: two letters that a robot sends
 * without one are two.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "crypto/digest.h"
#include "mime/header.h"
#include "mime/part.h"
#include "mime/word.h"

/* Each value goes in with its length: none can be taken for two others. */
static void add(struct digest *digest, const char *text, size_t length)
{
    uint64_t size = length;

    digest_add(digest, &size, sizeof(size));
    digest_add(digest, text, length);
}

/* Words alone count. */
static void add_words(struct arena *arena, struct digest *digest, const char *text)
{
    char *words = arena_allocate(arena, strlen(text) + 1);
    char *to = words;

    for (const char *at = text; *at != '\0'; at++) {
        if (!isspace((unsigned char)*at)) {
            *to++ = *at;
        }
    }
    add(digest, words, (size_t)(to - words));
}

static void add_addresses(struct digest *digest, const struct mime_addresses *addresses)
{
    add(digest, "", 0);
    for (size_t i = 0; i < addresses->count; i++) {
        add(digest, addresses->items[i].compared, strlen(addresses->items[i].compared));
    }
}

static void add_date(struct mime_reading *reading, struct digest *digest, GMimeObject *object)
{
    const char *date = mime_header(object, "Date");
    struct array received;

    array_init(&received, reading->arena);
    mime_header_all(object, "Received", &received);
    if (date == NULL && received.count > 0) {
        date = received.items[received.count - 1];
    }
    if (reading->message->date.is_known && !reading->message->date.is_repaired) {
        add(digest, (const char *)&reading->message->date.moment,
            sizeof(reading->message->date.moment));
    } else {
        add_words(reading->arena, digest, date == NULL ? "" : date);
    }
}

void mime_tell_digest(struct mime_reading *reading, GMimeObject *object)
{
    struct mime_message *message = reading->message;
    struct digest *digest = digest_begin(reading->arena);
    uint8_t contents[SHA256_SIZE], result[SHA256_SIZE];
    char text[SHA256_TEXT_SIZE];

    add_date(reading, digest, object);
    add_addresses(digest, &message->from);
    add_addresses(digest, &message->to);
    add_addresses(digest, &message->cc);
    add_words(reading->arena, digest, message->subject);
    add_words(reading->arena, digest, message->text);
    digest_end(reading->contents, contents);
    digest_add(digest, contents, sizeof(contents));
    digest_end(digest, result);
    digest_format(result, text);
    message->digest = arena_copy_text(reading->arena, text);
}
