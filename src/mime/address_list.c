/*
 * address_list.c - signs of the list looked at one by one, words gathered until an entry ends.
 */
#include "mime/address_list.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "mime/header.h"
#include "mime/word.h"

enum { FIRST_SIZE = 64, LOCAL_LENGTH = 64, PENDING_MOST = 1000 };

/* A list on its way. */
struct listing {
    struct arena *arena;
    const char *at;
    mime_list_found *found;
    void *context;
    struct buffer words;                   /* of the entry, without quotes and brackets */
    struct buffer comment;                 /* what it has in round brackets */
    struct array addresses;                /* const char * */
    bool has_brackets;                     /* an address of it stood in brackets */
    struct buffer pending;                 /* the words of entries before that had no address */
    bool is_decoded;                       /* this list was encoded as a whole */
    bool has_open_comment, has_open_quote; /* no end is left for another one */
};

static void read_list(struct listing *listing, const char *list);

/* ---- one address ---- */

static char *without_blanks(struct arena *arena, const char *text)
{
    char *plain = arena_copy_text(arena, text);
    char *to = plain;

    for (const char *at = text; *at != '\0'; at++) {
        if (!isspace((unsigned char)*at)) {
            *to++ = *at;
        }
    }
    *to = '\0';
    return plain;
}

/* Takes off what people put around addresses, and sentences behind them. A route ends with a
 * colon. */
static char *bare(char *text)
{
    static const char scheme[] = "mailto:";
    const char *colon = strrchr(text, ':');

    text += strncasecmp(text, scheme, strlen(scheme)) == 0 ? strlen(scheme) : 0;
    if (*text == '@' && colon != NULL) {
        text += colon + 1 - text;
    }
    bool is_boxed = *text == '[' && strchr(text, '@') != NULL;
    text += is_boxed || *text == '\'' || *text == '<';
    size_t length = strlen(text);
    while (length > 0 &&
           (strchr(".,;>'", text[length - 1]) != NULL || (is_boxed && text[length - 1] == ']'))) {
        text[--length] = '\0';
    }
    if (length > 1 && *text == '"' && text[length - 1] == '"') {
        text[length - 1] = '\0';
        text++;
    }
    return text;
}

/* Whether a word may be the name of somebody on this machine. */
static bool is_local(const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)word[i]) && strchr("._+-", word[i]) == NULL) {
            return false;
        }
    }
    return length > 0 && length <= LOCAL_LENGTH;
}

/* NULL: it is none. */
static const char *address_in(struct arena *arena, const char *text)
{
    const char *plain = mime_words_decode(arena, mime_without_comments(arena, text), NULL);
    const char *address = bare(without_blanks(arena, plain));
    const char *sign = strrchr(address, '@');

    if (sign == NULL) {
        return is_local(address) ? address : NULL;
    }
    return sign == address || sign[1] == '\0' ? NULL : address;
}

static void add_address(struct listing *listing, const char *text)
{
    const char *address = address_in(listing->arena, text);

    if (address != NULL) {
        array_add(&listing->addresses, address);
    }
}

/* ---- an entry that ends ---- */

static const char *trim(struct arena *arena, const char *text)
{
    text += strspn(text, " ");
    size_t length = strlen(text);

    while (length > 0 && text[length - 1] == ' ') {
        length--;
    }
    return arena_copy_part(arena, text, length);
}

/* Without the blanks beside signs: "ann @ example . com". */
static const char *close_up(struct arena *arena, const char *text)
{
    char *closed = arena_copy_text(arena, text);
    char *to = closed;
    bool is_dot_apart = false; /* a blank stood before the last dot */

    for (const char *at = text; *at != '\0';) {
        if (*at != ' ') {
            *to++ = *at++;
            continue;
        }
        bool is_lone_dot = to - closed > 1 && to[-1] == '.' && is_dot_apart;
        const char *next = at + strspn(at, " ");
        is_dot_apart = *next == '.';
        if (*next != '@' && *next != '.' && (to == closed || to[-1] != '@') && !is_lone_dot) {
            *to++ = ' ';
        }
        at = next;
    }
    *to = '\0';
    return closed;
}

/* Words that are addresses become such; the others are given back. */
static const char *take_addresses(struct listing *listing, const char *text)
{
    struct buffer rest;

    if (strchr(text, '@') == NULL) {
        return text;
    }
    buffer_init(&rest, listing->arena, FIRST_SIZE);
    for (const char *at = close_up(listing->arena, text); *at != '\0';) {
        size_t length = strcspn(at, " ");
        const char *word = arena_copy_part(listing->arena, at, length);
        if (strchr(word, '@') != NULL) {
            add_address(listing, word);
        } else {
            buffer_add_format(&rest, "%s%s", rest.length == 0 || length == 0 ? "" : " ", word);
        }
        at += length + (at[length] == ' ');
    }
    return rest.bytes;
}

/* What waited for an address in vain: people of this machine, if anybody. */
static void end_pending(struct listing *listing)
{
    for (const char *at = listing->pending.bytes; *at != '\0';) {
        size_t length = strcspn(at, ",");
        const char *word = trim(listing->arena, arena_copy_part(listing->arena, at, length));
        if (is_local(word)) {
            listing->found(listing->context, NULL, word);
        }
        at += length + (at[length] == ',');
    }
    buffer_clear(&listing->pending);
}

/* An entry without an address: all of it may be encoded, else it is the begin of a name. */
static void put_off(struct listing *listing, const char *words)
{
    bool is_encoded = !listing->is_decoded && strstr(words, "=?") != NULL;
    const char *decoded = is_encoded ? mime_words_decode(listing->arena, words, NULL) : "";

    if (strchr(decoded, '@') != NULL) {
        struct listing inner = {.arena = listing->arena,
                                .found = listing->found,
                                .context = listing->context,
                                .is_decoded = true};
        read_list(&inner, decoded);
    } else if (*words != '\0') {
        if (listing->pending.length > PENDING_MOST) {
            end_pending(listing);
        }
        buffer_add_text(&listing->pending, listing->pending.length == 0 ? "" : ", ");
        buffer_add_text(&listing->pending, words);
    }
}

/* The name of the first address of an entry. */
static const char *name_of(struct listing *listing, const char *words)
{
    if (*words == '\0') {
        words = trim(listing->arena, listing->comment.bytes);
    }
    if (listing->has_brackets && listing->pending.length > 0) {
        buffer_add_format(&listing->pending, *words == '\0' ? "%s" : ", %s", words);
        words = arena_copy_text(listing->arena, listing->pending.bytes);
        buffer_clear(&listing->pending);
    }
    return *words == '\0' ? NULL : words;
}

static void tell_addresses(struct listing *listing, const char *words)
{
    const char *name = name_of(listing, words);

    end_pending(listing);
    for (size_t i = 0; i < listing->addresses.count; i++) {
        listing->found(listing->context, i == 0 ? name : NULL, listing->addresses.items[i]);
    }
}

static void begin_entry(struct listing *listing)
{
    buffer_clear(&listing->words);
    buffer_clear(&listing->comment);
    listing->addresses.count = 0;
    listing->has_brackets = false;
}

static void end_entry(struct listing *listing)
{
    const char *words = trim(listing->arena, listing->words.bytes);

    if (listing->addresses.count == 0) {
        words = take_addresses(listing, words);
        if (listing->addresses.count == 0) {
            take_addresses(listing, listing->comment.bytes);
        }
    }
    if (listing->addresses.count > 0) {
        tell_addresses(listing, words);
    } else if (!listing->has_brackets) {
        put_off(listing, words);
    }
    begin_entry(listing);
}

/* ---- signs ---- */

/* Where what is quoted ends; NULL: nowhere. */
static const char *end_of_quoted(const char *begin)
{
    for (const char *at = begin + 1; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '"') {
            return at;
        }
    }
    return NULL;
}

/* A quoted local part is an address at once: it may have blanks. */
static void take_quoted(struct listing *listing)
{
    const char *begin = listing->at;
    const char *end = listing->has_open_quote ? NULL : end_of_quoted(begin);

    listing->at++;
    if (end == NULL) {
        listing->has_open_quote = true;
        return;
    }
    if (end[1] == '@') {
        listing->at = end + strcspn(end, " ,;<>");
        array_add(&listing->addresses,
                  arena_copy_part(listing->arena, begin, (size_t)(listing->at - begin)));
        return;
    }
    for (const char *at = begin + 1; at < end; at++) {
        at += *at == '\\' && (at[1] == '"' || at[1] == '\\');
        buffer_add_char(&listing->words, *at);
    }
    listing->at = end + 1;
}

/* Behind the bracket that ends a comment; NULL: none does. */
static const char *end_of_comment(const char *begin)
{
    int depth = 0;

    for (const char *at = begin; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
            continue;
        }
        depth += (*at == '(') - (*at == ')');
        if (depth == 0) {
            return at + 1;
        }
    }
    return NULL;
}

static void take_comment(struct listing *listing)
{
    const char *begin = listing->at;
    const char *end = listing->has_open_comment ? NULL : end_of_comment(begin);

    if (end == NULL) {
        listing->has_open_comment = true;
        buffer_add_char(&listing->words, '(');
        listing->at = begin + 1;
        return;
    }
    buffer_add_text(&listing->comment, listing->comment.length == 0 ? "" : " ");
    for (const char *at = begin + 1; at < end - 1; at++) {
        at += *at == '\\' && at + 1 < end - 1;
        buffer_add_char(&listing->comment, *at);
    }
    listing->at = end;
}

/* Up to the bracket that ends it, or to where it must have been forgotten: at another one, or at a
 * comma that is not of a route. */
static void take_brackets(struct listing *listing)
{
    const char *begin = listing->at + 1;
    bool is_route = *begin == '@';
    bool is_quoted = false;
    const char *at = begin;

    for (; *at != '\0' && (is_quoted || strchr(is_route ? "<>" : "<>,;", *at) == NULL); at++) {
        is_quoted = *at == '"' ? !is_quoted && strchr(at + 1, '"') != NULL : is_quoted;
    }
    const char *inside = arena_copy_part(listing->arena, begin, (size_t)(at - begin));
    bool is_name = *at == '>' && at[1 + strspn(at + 1, " ")] == '<' && strchr(inside, '@') == NULL;
    if (is_name) {
        buffer_add_text(&listing->words, inside);
        listing->at = at + 1;
        return;
    }
    add_address(listing, inside);
    listing->has_brackets |= *at != '<' || listing->addresses.count > 0;
    listing->at = *at == '>' ? at + 1 : at;
}

/* What stands before a colon is the name of a group, or a scheme. */
static void take_colon(struct listing *listing)
{
    if (strchr(listing->words.bytes, '@') == NULL) {
        begin_entry(listing);
        buffer_clear(&listing->pending);
    } else {
        buffer_add_char(&listing->words, ':');
    }
    listing->at++;
}

static void take_end(struct listing *listing)
{
    end_entry(listing);
    if (*listing->at == ';') {
        end_pending(listing);
    }
    listing->at++;
}

static void skip(struct listing *listing)
{
    listing->at++;
}

static const struct {
    char sign;
    void (*take)(struct listing *listing);
} signs[] = {
    {'"', take_quoted}, {'(', take_comment}, {'<', take_brackets}, {'>', skip},
    {':', take_colon},  {',', take_end},     {';', take_end},
};

static void take_next(struct listing *listing)
{
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (*listing->at == signs[i].sign) {
            signs[i].take(listing);
            return;
        }
    }
    buffer_add_char(&listing->words, *listing->at++);
}

static void read_list(struct listing *listing, const char *list)
{
    listing->at = list;
    buffer_init(&listing->words, listing->arena, FIRST_SIZE);
    buffer_init(&listing->comment, listing->arena, FIRST_SIZE);
    buffer_init(&listing->pending, listing->arena, FIRST_SIZE);
    array_init(&listing->addresses, listing->arena);
    while (*listing->at != '\0') {
        take_next(listing);
    }
    end_entry(listing);
    end_pending(listing);
}

void mime_list_read(const char *list, mime_list_found *found, void *context)
{
    struct listing listing = {.arena = arena_create(), .found = found, .context = context};

    read_list(&listing, list);
    arena_destroy(&listing.arena);
}
