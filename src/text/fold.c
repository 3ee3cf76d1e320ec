/*
 * fold.c - sort keys and folded text by ICU.
 */
#include "text/fold.h"

#include <pthread.h>
#include <string.h>
#include <unicode/ucol.h>
#include <unicode/uiter.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/expect.h"
#include "text/utf8.h"

/* ICU promises nothing about one collator in two threads, so each thread inside takes one of
 * its own from a shelf, which grows to as many as are ever inside at once. */
struct text_rules {
    struct arena *arena;
    pthread_mutex_t mutex;          /* guards arena and shelf */
    struct array shelf;             /* of UCollator, those that nobody uses now */
    UCollator *pattern;             /* the one that the others are cloned from */
    const UNormalizer2 *normalizer; /* a singleton of ICU, never changed */
    const char *version;
};

static void release_collator(void *collator)
{
    ucol_close(collator);
}

static void release_mutex(void *mutex)
{
    pthread_mutex_destroy(mutex);
}

static const char *describe_version(struct arena *arena, const UCollator *collator)
{
    UVersionInfo collation;
    char unicode[U_MAX_VERSION_STRING_LENGTH];
    UVersionInfo characters;

    ucol_getVersion(collator, collation);
    u_getUnicodeVersion(characters);
    u_versionToString(characters, unicode);
    return arena_format(arena, "%d.%d.%d.%d/%s", collation[0], collation[1], collation[2],
                        collation[3], unicode);
}

bool text_rules_open(struct arena *arena, struct text_rules **rules_out, struct error *error)
{
    struct text_rules *rules = arena_allocate(arena, sizeof(*rules));
    UErrorCode status = U_ZERO_ERROR;

    rules->arena = arena;
    rules->normalizer = unorm2_getNFKCCasefoldInstance(&status);
    rules->pattern = ucol_open("", &status);
    if (U_FAILURE(status)) {
        error_set(error, ERROR_INTERNAL, NULL, "The Unicode data of ICU cannot be loaded");
        return error_add_cause(error, "%s", u_errorName(status));
    }
    arena_on_release(arena, release_collator, rules->pattern);
    ucol_setStrength(rules->pattern, UCOL_TERTIARY);
    expect(pthread_mutex_init(&rules->mutex, NULL) == 0);
    arena_on_release(arena, release_mutex, &rules->mutex);
    array_init(&rules->shelf, arena);
    rules->version = describe_version(arena, rules->pattern);
    *rules_out = rules;
    return true;
}

static UCollator *take_collator(struct text_rules *rules)
{
    UErrorCode status = U_ZERO_ERROR;
    UCollator *collator;

    pthread_mutex_lock(&rules->mutex);
    if (rules->shelf.count > 0) {
        collator = rules->shelf.items[--rules->shelf.count];
    } else {
        collator = ucol_clone(rules->pattern, &status);
        expect(U_SUCCESS(status));
        arena_on_release(rules->arena, release_collator, collator);
    }
    pthread_mutex_unlock(&rules->mutex);
    return collator;
}

static void put_back_collator(struct text_rules *rules, UCollator *collator)
{
    pthread_mutex_lock(&rules->mutex);
    array_add(&rules->shelf, collator);
    pthread_mutex_unlock(&rules->mutex);
}

void text_sort_key(struct arena *arena, struct text_rules *rules, const char *text,
                   size_t max_bytes, const uint8_t **bytes_out, size_t *length_out)
{
    uint8_t *bytes = arena_allocate(arena, max_bytes + 1);
    UCollator *collator = take_collator(rules);
    UErrorCode status = U_ZERO_ERROR;
    uint32_t state[2] = {0, 0};
    UCharIterator characters;
    int32_t length;

    /* Asking for the first part alone bounds the work however long the text is. */
    expect(max_bytes <= INT32_MAX && strlen(text) <= INT32_MAX);
    uiter_setUTF8(&characters, text, -1);
    length = ucol_nextSortKeyPart(collator, &characters, state, bytes, (int32_t)max_bytes, &status);
    put_back_collator(rules, collator);
    expect(U_SUCCESS(status));
    *bytes_out = bytes;
    *length_out = (size_t)length;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80) {
            return false;
        }
    }
    return true;
}

/* For ASCII, folding is lower case and nothing else. */
static const char *fold_ascii(struct arena *arena, const char *text)
{
    char *folded = arena_copy_text(arena, text);

    for (char *next = folded; *next != '\0'; next++) {
        if (*next >= 'A' && *next <= 'Z') {
            *next = (char)(*next - 'A' + 'a');
        }
    }
    return folded;
}

static UChar *to_utf16(struct arena *arena, const char *text, int32_t *length_out)
{
    size_t length = strlen(text);
    UErrorCode status = U_ZERO_ERROR;
    UChar *units = arena_allocate_array(arena, length + 1, sizeof(*units));

    expect(length < INT32_MAX);
    u_strFromUTF8WithSub(units, (int32_t)length + 1, length_out, text, (int32_t)length, 0xFFFD,
                         NULL, &status);
    expect(U_SUCCESS(status));
    return units;
}

static const char *to_utf8(struct arena *arena, const UChar *units, int32_t length)
{
    UErrorCode status = U_ZERO_ERROR;
    size_t size = (size_t)length * 3 + 1; /* no UTF-16 unit takes more than three bytes */
    char *text = arena_allocate(arena, size);

    expect(size <= INT32_MAX);
    u_strToUTF8WithSub(text, (int32_t)size, NULL, units, length, 0xFFFD, NULL, &status);
    expect(U_SUCCESS(status));
    return text;
}

/* Folding makes a text longer at times (one ligature becomes eighteen letters): when the room
 * guessed does not do, ICU tells how much does. */
static UChar *normalize(struct arena *arena, const UNormalizer2 *normalizer, const UChar *units,
                        int32_t length, int32_t *length_out)
{
    int32_t room = length + length / 2 + 20;
    UErrorCode status = U_ZERO_ERROR;
    UChar *folded = arena_allocate_array(arena, (size_t)room, sizeof(*folded));

    *length_out = unorm2_normalize(normalizer, units, length, folded, room, &status);
    if (status == U_BUFFER_OVERFLOW_ERROR) {
        status = U_ZERO_ERROR;
        room = *length_out + 1;
        folded = arena_allocate_array(arena, (size_t)room, sizeof(*folded));
        *length_out = unorm2_normalize(normalizer, units, length, folded, room, &status);
    }
    expect(U_SUCCESS(status));
    return folded;
}

const char *text_fold(struct arena *arena, const struct text_rules *rules, const char *text)
{
    int32_t length;
    int32_t folded_length;
    UChar *units;
    UChar *folded;

    if (is_ascii(text)) {
        return fold_ascii(arena, text);
    }
    units = to_utf16(arena, text, &length);
    folded = normalize(arena, rules->normalizer, units, length, &folded_length);
    return to_utf8(arena, folded, folded_length);
}

const char *text_fold_within(struct arena *arena, const struct text_rules *rules, const char *text,
                             size_t characters)
{
    const char *folded = text_fold(arena, rules, text);
    size_t length = text_length_of(folded, characters);
    return folded[length] == '\0' ? folded : arena_copy_part(arena, folded, length);
}

const char *text_collation_version(const struct text_rules *rules)
{
    return rules->version;
}
