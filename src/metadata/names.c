/*
 * names.c - how names are made from each other, and which may not be used.
 */
#include "metadata/names.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "crypto/digest.h"

#define ENTITY_MARK "{Entity}"

enum { FINGERPRINT_DIGITS = 8 };

/* Generated clients turn these into names that hide their language's own. */
static const char *const words_of_clients[] = {"System",    "Object", "String",
                                               "Exception", "Type",   "Fault"};

/* Types, operations and services, those of every entity with {Entity} in them. */
static const char *const names_of_contract[] = {
#define CONTRACT_NAME(name) name,
#include "generated/contract_names.def"
#undef CONTRACT_NAME
};

/* What the contract has beside: made by the encoder (soap/wire_*.c), for headers and parameters,
 * or kept for what is to come. */
static const char *const other_names_of_contract[] = {
    "{Entity}State", "All",           "AlternateKey", "ArrayOf",  "BatchParty",
    "Bulk",          "Column",        "Columns",      "CrmFault", "CrmFaultDetail",
    "Error",         "FieldValue",    "File",         "Id",       "Jobs",
    "Key",           "KeyName",       "Organization", "Page",     "Pages",
    "Participation", "Party",         "Queries",      "Record",   "Reference",
    "Request",       "RequestHeader", "Response",     "Result",   "Results",
    "Row",           "SessionHeader", "Svyaz",        "Value",
};

static const char *const fields_of_contract[] = {"fieldsToNull", "rowTag", "alternateKey"};

char *name_with_small_initial(struct arena *arena, const char *name)
{
    char *copy = arena_copy_text(arena, name);
    copy[0] = (char)tolower((unsigned char)copy[0]);
    return copy;
}

char *name_with_capital_initial(struct arena *arena, const char *name)
{
    char *copy = arena_copy_text(arena, name);
    copy[0] = (char)toupper((unsigned char)copy[0]);
    return copy;
}

char *name_in_lower_case(struct arena *arena, const char *name)
{
    char *copy = arena_copy_text(arena, name);
    for (char *at = copy; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return copy;
}

char *name_with_separator(struct arena *arena, const char *name, char separator)
{
    struct buffer text;
    buffer_init(&text, arena, strlen(name) + 8);
    for (const char *at = name; *at != '\0'; at++) {
        if (at > name && isupper((unsigned char)*at) && !isupper((unsigned char)at[-1])) {
            buffer_add_char(&text, separator);
        }
        buffer_add_char(&text, (char)tolower((unsigned char)*at));
    }
    return text.bytes;
}

char *name_join(struct arena *arena, const char *first, const char *second, unsigned limit)
{
    char *name = arena_format(arena, "%s_%s", first, second);
    size_t length = strlen(name);
    if (length <= limit) {
        return name;
    }
    uint8_t digest[SHA256_SIZE];
    char digits[SHA256_TEXT_SIZE];
    digest_sha256(name, length, digest);
    digest_format(digest, digits);
    digits[FINGERPRINT_DIGITS] = '\0';
    return arena_format(arena, "%.*s_%s", (int)(limit - FINGERPRINT_DIGITS - 1), name, digits);
}

static bool is_among(const char *name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(name, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

#define IS_AMONG(name, words) is_among((name), (words), sizeof(words) / sizeof((words)[0]))

bool name_is_reserved_type(const char *name)
{
    return IS_AMONG(name, words_of_clients) || IS_AMONG(name, names_of_contract) ||
           IS_AMONG(name, other_names_of_contract);
}

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name), end = strlen(ending);
    return length >= end && strcasecmp(name + length - end, ending) == 0;
}

bool name_is_of_message(const char *name)
{
    return ends_with(name, "Request") || ends_with(name, "Response");
}

static void add_made(struct arena *arena, const char *entity, const char *const *patterns,
                     size_t count, struct array *names)
{
    for (size_t i = 0; i < count; i++) {
        const char *mark = strstr(patterns[i], ENTITY_MARK);
        if (mark != NULL) {
            array_add(names, arena_format(arena, "%.*s%s%s", (int)(mark - patterns[i]), patterns[i],
                                          entity, mark + strlen(ENTITY_MARK)));
        }
    }
}

#define ADD_MADE(arena, entity, patterns, names)                                                   \
    add_made((arena), (entity), (patterns), sizeof(patterns) / sizeof((patterns)[0]), (names))

void name_add_made_of(struct arena *arena, const char *entity, struct array *names)
{
    ADD_MADE(arena, entity, names_of_contract, names);
    ADD_MADE(arena, entity, other_names_of_contract, names);
}

bool name_is_reserved_field(const char *name)
{
    return IS_AMONG(name, words_of_clients) || IS_AMONG(name, fields_of_contract);
}
