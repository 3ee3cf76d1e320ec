/*
 * address.c - lists of addresses: groups flattened, each address once.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "mime/header.h"
#include "mime/library.h"
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

/* A name that is the address once more, or nothing but quotes, says nothing. */
static const char *name_of(struct arena *arena, const char *given, const char *compared)
{
    if (given == NULL) {
        return NULL;
    }
    const char *name = mime_words_decode(arena, text_decode(arena, NULL, given, strlen(given)));
    size_t length = strlen(name);
    if (length > 1 && (name[0] == '\'' || name[0] == '"') && name[length - 1] == name[0]) {
        name = arena_copy_part(arena, name + 1, length - 2);
    }
    return *name == '\0' || strcmp(mime_compared_address(arena, name), compared) == 0 ? NULL : name;
}

static void add(struct listing *listing, const char *given_name, const char *given)
{
    struct arena *arena = listing->arena;

    if (given == NULL || *given == '\0') {
        return;
    }
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

/* A group within a group is against the grammar; it is not followed. */
static void add_all(struct listing *listing, InternetAddressList *list, bool is_group)
{
    int count = list == NULL ? 0 : internet_address_list_length(list);

    for (int i = 0; i < count; i++) {
        InternetAddress *address = internet_address_list_get_address(list, i);
        if (INTERNET_ADDRESS_IS_MAILBOX(address)) {
            add(listing, internet_address_get_name(address),
                internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address)));
        } else if (!is_group) {
            add_all(listing, internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)),
                    true);
        }
    }
}

/* ---- what is against the grammar ---- */

static char *without_blanks(char *text)
{
    char *to = text;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at != ' ') {
            *to++ = *at;
        }
    }
    *to = '\0';
    return text;
}

/* "Ann <ann @ example . com>", or "Ann ann@example.com" without brackets. */
static void add_piece(struct listing *listing, char *piece)
{
    char *begin = strchr(piece, '<');
    char *end = begin == NULL ? NULL : strchr(begin, '>');

    if (end == NULL) {
        begin = strchr(piece, '@');
        while (begin != NULL && begin > piece && begin[-1] != ' ') {
            begin--;
        }
        if (begin == NULL) {
            return;
        }
        char *address = arena_copy_part(listing->arena, begin, strcspn(begin, " ;"));
        *begin = '\0';
        add(listing, piece, address);
        return;
    }
    char *address =
        without_blanks(arena_copy_part(listing->arena, begin + 1, (size_t)(end - begin - 1)));
    *begin = '\0';
    if (strchr(address, '@') != NULL) {
        add(listing, piece, address);
    }
}

/* Looks for addresses in a list that GMime makes nothing of. */
static void add_loose(struct listing *listing, const char *text)
{
    char *plain = mime_without_comments(listing->arena, text);

    for (char *at = plain; at != NULL;) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        add_piece(listing, at);
        at = comma == NULL ? NULL : comma + 1;
    }
}

static void add_field(struct listing *listing, const char *text)
{
    const char *relabelled = mime_words_relabel(listing->arena, text);
    InternetAddressList *list = internet_address_list_parse(mime_library_options(), relabelled);
    size_t before = listing->items.count;

    add_all(listing, list, false);
    g_clear_object(&list);
    if (listing->items.count == before) {
        add_loose(listing, relabelled);
    }
}

struct mime_addresses mime_addresses_of(struct arena *arena, GMimeObject *object, const char *name,
                                        size_t most, bool *is_cut)
{
    struct listing listing = {
        .arena = arena, .seen = map_create(arena), .most = most, .is_cut = is_cut};
    struct array texts;

    array_init(&listing.items, arena);
    array_init(&texts, arena);
    mime_header_all(object, name, &texts);
    for (size_t i = 0; i < texts.count; i++) {
        add_field(&listing, texts.items[i]);
    }
    struct mime_address *items = arena_allocate_array(arena, listing.items.count, sizeof(*items));
    for (size_t i = 0; i < listing.items.count; i++) {
        items[i] = *(const struct mime_address *)listing.items.items[i];
    }
    return (struct mime_addresses){.items = items, .count = listing.items.count};
}
