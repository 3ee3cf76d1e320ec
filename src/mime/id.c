/*
 * id.c - ids of messages, in the one form in which they are compared.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "crypto/digest.h"
#include "mime/header.h"
#include "text/charset.h"
#include "text/utf8.h"

enum { ID_LENGTH = 255 }; /* characters that a field holds */

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

/* The next id in angle brackets; NULL: there is none. */
static const char *next_id(struct arena *arena, const char **at)
{
    const char *begin = strchr(*at, '<');
    const char *end = begin == NULL ? NULL : strchr(begin, '>');

    if (end == NULL) {
        return NULL;
    }
    *at = end + 1;
    /* Of "<<a@b>" the last bracket begins it. */
    for (const char *inner = begin + 1; inner < end; inner++) {
        begin = *inner == '<' ? inner : begin;
    }
    return bound(arena, normalise(arena, begin + 1, (size_t)(end - begin - 1)));
}

const char *mime_message_id(struct arena *arena, const char *text)
{
    const char *at = text;
    const char *id = text == NULL ? NULL : next_id(arena, &at);

    if (text != NULL && id == NULL) {
        id = bound(arena, normalise(arena, text, strlen(text)));
    }
    return id == NULL || *id == '\0' ? NULL : id;
}

void mime_ids(struct arena *arena, const char *text, size_t most, const char ***ids_out,
              size_t *count_out)
{
    struct map *seen = map_create(arena);
    struct array ids;
    const char *id = NULL;

    array_init(&ids, arena);
    for (const char *at = text; at != NULL && (id = next_id(arena, &at)) != NULL;) {
        if (*id != '\0' && map_get(seen, id) == NULL) {
            map_set(seen, id, id);
            array_add(&ids, id);
        }
    }
    size_t left_out = ids.count > most ? ids.count - most : 0;
    *ids_out = ids.count == 0 ? NULL : (const char **)ids.items + left_out;
    *count_out = ids.count - left_out;
}
