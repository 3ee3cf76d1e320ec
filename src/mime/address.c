/*
 * address.c - lists of addresses: each address once, with the name that is its own.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "mime/address_list.h"
#include "mime/field.h"
#include "mime/header.h"
#include "mime/word.h"
#include "text/charset.h"
#include "text/domain.h"
#include "text/utf8.h"

enum { ADDRESS_LENGTH = 320 }; /* characters; RFC 3696: no longer one is an address */

/* A list that grows. */
struct listing {
    struct arena *arena;
    struct array items; /* struct mime_address * */
    struct map *seen;   /* by compared */
    size_t most;
    bool *is_cut;
};

/* The address with another form of its domain, which is what stands behind the last @. */
static const char *with_domain(struct arena *arena, const char *address, const char *domain)
{
    const char *old = strrchr(address, '@') + 1;

    return domain == old ? address
                         : arena_format(arena, "%.*s%s", (int)(old - address), address, domain);
}

const char *mime_compared_address(struct arena *arena, const char *address)
{
    char *compared = arena_copy_text(arena, address);
    char *to = compared;

    for (const char *at = address; *at != '\0'; at++) {
        if (!isspace((unsigned char)*at) && *at != '"') {
            *to++ = (char)tolower((unsigned char)*at);
        }
    }
    *to = '\0';
    const char *at = strrchr(compared, '@');
    return at == NULL ? compared
                      : with_domain(arena, compared, text_domain_to_letters(arena, at + 1));
}

const char *mime_wire_address(struct arena *arena, const char *address)
{
    const char *at = strrchr(address, '@');
    const char *domain = at == NULL ? NULL : text_domain_to_ascii(arena, at + 1);

    return domain == NULL ? NULL : with_domain(arena, address, domain);
}

const char *mime_bare_address(struct arena *arena, const char *address)
{
    const char *domain = strrchr(address, '@');
    const char *plus = domain;

    while (plus != NULL && plus > address && *plus != '+') {
        plus--;
    }
    return plus == NULL || plus == address || plus + 1 == domain
               ? NULL
               : arena_format(arena, "%.*s%s", (int)(plus - address), address, domain);
}

/* A name that is the address once more, or nothing but quotes, says nothing. */
static const char *name_of(struct arena *arena, const char *given, const char *compared)
{
    if (given == NULL) {
        return NULL;
    }
    const char *name = mime_words_decode(arena, given, NULL);
    size_t length = strlen(name);
    if (length > 1 && (name[0] == '\'' || name[0] == '"') && name[length - 1] == name[0]) {
        name = arena_copy_part(arena, name + 1, length - 2);
    }
    return *name == '\0' || strcmp(mime_compared_address(arena, name), compared) == 0 ? NULL : name;
}

static void add(void *context, const char *given_name, const char *given)
{
    struct listing *listing = context;
    struct arena *arena = listing->arena;

    const char *text = text_decode(arena, NULL, given, strlen(given));
    if (text_count_characters(text) > ADDRESS_LENGTH) {
        return;
    }
    const char *compared = mime_compared_address(arena, text);
    if (*compared == '\0' || map_get(listing->seen, compared) != NULL) {
        return;
    }
    if (listing->items.count == listing->most) {
        *listing->is_cut = true;
        return;
    }
    struct mime_address *item = arena_allocate(arena, sizeof(*item));
    *item = (struct mime_address){
        .name = name_of(arena, given_name, compared),
        .address = text,
        .compared = compared,
    };
    map_set(listing->seen, compared, item);
    array_add(&listing->items, item);
}

struct mime_addresses mime_addresses_of(struct arena *arena, GMimeObject *object, const char *name,
                                        const char *charset, size_t most, bool *is_cut)
{
    struct listing listing = {
        .arena = arena, .seen = map_create(arena), .most = most, .is_cut = is_cut};
    struct array texts;

    array_init(&listing.items, arena);
    array_init(&texts, arena);
    mime_header_all(object, name, &texts);
    mime_header_all(object, arena_format(arena, "%c%s", MIME_FIELD_MARK, name + 1), &texts);
    for (size_t i = 0; i < texts.count; i++) {
        mime_list_read(mime_words_relabel(arena, texts.items[i], charset), add, &listing);
    }
    struct mime_address *items = arena_allocate_array(arena, listing.items.count, sizeof(*items));
    for (size_t i = 0; i < listing.items.count; i++) {
        items[i] = *(const struct mime_address *)listing.items.items[i];
    }
    return (struct mime_addresses){.items = items, .count = listing.items.count};
}
