/*
 * id.c - ids of messages, in the one form in which they are compared.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "mime/header.h"
#include "mime/word.h"
#include "text/charset.h"
#include "text/utf8.h"

#define BLANKS " \t\r\n"
#define SIGNS ",;<>\""

enum {
    ID_LENGTH = 255,  /* characters that a field holds */
    INDEX_LENGTH = 22 /* bytes of a Thread-Index that say which conversation it is: its time and a
                         GUID. Those that follow say where in it the message stands. */
};

/* Without blanks and the quotes of a local part, the domain in lower case. */
static const char *normalise(struct arena *arena, const char *text, size_t length)
{
    const char *plain = mime_without_comments(arena, arena_copy_part(arena, text, length));
    const char *decoded = text_decode(arena, NULL, plain, strlen(plain));
    char *id = arena_copy_text(arena, decoded);
    char *to = id;
    const char *domain = strrchr(decoded, '@');

    for (const char *at = decoded; *at != '\0'; at++) {
        bool is_domain = domain != NULL && at > domain;
        if (isspace((unsigned char)*at) || (*at == '"' && !is_domain)) {
            continue;
        }
        *to++ = is_domain ? (char)tolower((unsigned char)*at) : *at;
    }
    *to = '\0';
    return id;
}

/* One that no field holds is known by its digest. */
static const char *bound(struct arena *arena, const char *id)
{
    uint8_t digest[SHA256_SIZE];
    char text[SHA256_TEXT_SIZE];

    if (text_count_characters(id) <= ID_LENGTH) {
        return id;
    }
    digest_sha256(id, strlen(id), digest);
    digest_format(digest, text);
    return arena_format(arena, "sha256:%s", text);
}

/* Without encoded words, of which Exchange makes some of long lists. */
static const char *decode(struct arena *arena, const char *text)
{
    return strstr(text, "=?") == NULL ? text : mime_words_decode(arena, text, NULL);
}

/* The next id in angle brackets; one without its second bracket ends where a blank does. NULL:
 * there is none. */
static const char *next_id(struct arena *arena, const char **at)
{
    const char *begin = strchr(*at, '<');
    const char *end = begin == NULL ? NULL : strchr(begin, '>');

    if (begin == NULL) {
        return NULL;
    }
    *at = end == NULL ? "" : end + 1;
    end = end == NULL ? begin + 1 + strcspn(begin + 1, BLANKS) : end;
    /* Of "<<a@b>" the last bracket begins it. */
    for (const char *inner = begin + 1; inner < end; inner++) {
        begin = *inner == '<' ? inner : begin;
    }
    return bound(arena, normalise(arena, begin + 1, (size_t)(end - begin - 1)));
}

/* The next word that looks like an id, without the signs around it. NULL: there is none. */
static const char *next_bare(struct arena *arena, const char **at, const char *separators)
{
    while (**at != '\0') {
        const char *begin = *at + strspn(*at, BLANKS SIGNS);
        const char *end = begin + strcspn(begin, separators);
        *at = end;
        while (end > begin && strchr(SIGNS, end[-1]) != NULL) {
            end--;
        }
        if (memchr(begin, '@', (size_t)(end - begin)) != NULL) {
            return bound(arena, normalise(arena, begin, (size_t)(end - begin)));
        }
    }
    return NULL;
}

/* What has neither brackets nor an "@" is one id, if it is anything. */
const char *mime_message_id(struct arena *arena, const char *text)
{
    const char *at = text == NULL ? "" : decode(arena, text);
    const char *plain = at;
    const char *id = strchr(at, '<') != NULL ? next_id(arena, &at) : next_bare(arena, &at, BLANKS);

    if (id == NULL) {
        id = bound(arena, normalise(arena, plain, strlen(plain)));
    }
    return *id == '\0' ? NULL : id;
}

const char *mime_content_id(struct arena *arena, const char *text)
{
    const char *plain = text == NULL ? "" : text_decode(arena, NULL, text, strlen(text));
    const char *begin = strchr(plain, '<');
    const char *end = begin == NULL ? NULL : strchr(begin, '>');

    plain = end == NULL ? plain : arena_copy_part(arena, begin + 1, (size_t)(end - begin - 1));
    plain += strspn(plain, BLANKS "<");
    char *id = arena_copy_text(arena, plain);
    char *to = id;
    for (const char *at = plain; *at != '\0'; at++) {
        if (strchr("\t\r\n", *at) == NULL) {
            *to++ = *at;
        }
    }
    while (to > id && to[-1] == ' ') {
        to--;
    }
    *to = '\0';
    return *id == '\0' ? NULL : bound(arena, id);
}

void mime_ids(struct arena *arena, const char *text, size_t most, const char ***ids_out,
              size_t *count_out)
{
    struct map *seen = map_create(arena);
    struct array ids;
    const char *id = NULL;

    array_init(&ids, arena);
    const char *at = text == NULL ? "" : decode(arena, text);
    bool has_brackets = strchr(at, '<') != NULL;
    if (!has_brackets) {
        at = mime_without_comments(arena, at);
    }
    while ((id = has_brackets ? next_id(arena, &at) : next_bare(arena, &at, BLANKS ",;")) != NULL) {
        if (*id != '\0' && map_get(seen, id) == NULL) {
            map_set(seen, id, id);
            array_add(&ids, id);
        }
    }
    size_t left_out = ids.count > most ? ids.count - most : 0;
    *ids_out = ids.count == 0 ? NULL : (const char **)ids.items + left_out;
    *count_out = ids.count - left_out;
}

const char *mime_thread_index(struct arena *arena, const char *text)
{
    static const uint8_t nothing[INDEX_LENGTH] = {0};
    size_t text_length = text == NULL ? 0 : strlen(text), length = 0;
    uint8_t *bytes = arena_allocate(arena, 3 * (text_length / 4 + 1));
    char *index = arena_allocate(arena, 2 * INDEX_LENGTH + 1);
    struct base64_decoder decoder;

    base64_decoder_init(&decoder, BASE64_SPACE_SKIPPED);
    if (text == NULL || !base64_decoder_add(&decoder, text, text_length, bytes, &length) ||
        !base64_decoder_finish(&decoder) || length < INDEX_LENGTH ||
        memcmp(bytes, nothing, INDEX_LENGTH) == 0) {
        return NULL;
    }
    for (size_t i = 0; i < INDEX_LENGTH; i++) {
        snprintf(index + 2 * i, 3, "%02x", bytes[i]);
    }
    return index;
}
