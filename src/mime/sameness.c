/*
 * sameness.c - the digest of what makes a message this one, whatever relays did to it.
 *
 * Relays give new ids, fold lines anew, choose other encodings and add lines of their own. Who
 * wrote when to whom about what, the words of the text and the bytes of the parts stay. They do so
 * to messages within the message too: of these the same counts, and not the bytes. Of a
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

enum { CHUNK = 64 * 1024 };

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

/* ---- messages within the message ---- */

struct inner {
    struct mime_reading *reading;
    struct digest *digest;
    uint8_t *bytes; /* CHUNK of them */
};

static void add_header(struct inner *inner, GMimeObject *message)
{
    static const char *const names[] = {"From", "To", "Cc", "Date", "Subject"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = mime_header_or_hidden(message, names[i]);
        add_words(inner->reading->arena, inner->digest, text == NULL ? "" : text);
    }
}

static bool add_leaf(struct inner *inner, GMimeObject *leaf, struct error *error)
{
    struct mime_content *content = NULL;
    size_t length = 0;

    if (!mime_content_of(inner->reading, leaf, &content, error)) {
        return false;
    }
    add(inner->digest, "", 0);
    do {
        if (!mime_content_read(content, inner->bytes, CHUNK, &length, error)) {
            return false;
        }
        digest_add(inner->digest, inner->bytes, length);
    } while (length > 0);
    return true;
}

static bool add_object(struct inner *inner, GMimeObject *object, size_t depth, struct error *error)
{
    if (object == NULL || depth > inner->reading->limits->depth) {
        return true;
    }
    if (GMIME_IS_MESSAGE_PART(object)) {
        GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
        if (message == NULL) {
            return true;
        }
        add_header(inner, GMIME_OBJECT(message));
        return add_object(inner, g_mime_message_get_mime_part(message), depth + 1, error);
    }
    if (!GMIME_IS_MULTIPART(object)) {
        return add_leaf(inner, object, error);
    }
    int count = g_mime_multipart_get_count(GMIME_MULTIPART(object));
    for (int i = 0; i < count; i++) {
        GMimeObject *part = g_mime_multipart_get_part(GMIME_MULTIPART(object), i);
        if (!add_object(inner, part, depth + 1, error)) {
            return false;
        }
    }
    return true;
}

bool mime_digest_message(struct mime_reading *reading, struct digest *digest, GMimeObject *part,
                         struct error *error)
{
    struct inner inner = {
        .reading = reading, .digest = digest, .bytes = arena_allocate(reading->arena, CHUNK)};

    return add_object(&inner, part, 0, error);
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
