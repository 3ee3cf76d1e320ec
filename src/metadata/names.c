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
#include "base/buffer.h"
#include "crypto/digest.h"

enum { FINGERPRINT_DIGITS = 8 };

/* Generated clients turn these into names that hide their language's own. */
static const char *const words_of_clients[] = {"System",    "Object", "String",
                                               "Exception", "Type",   "Fault"};

/* Types, services and parameters that the contract has already. */
static const char *const types_of_contract[] = {
    "Aggregate",
    "AggregateColumn",
    "AggregateKey",
    "AggregateRow",
    "AggregateTable",
    "AggregateValue",
    "All",
    "AlternateKey",
    "ArrayOf",
    "Bulk",
    "Changes",
    "ChoiceDescription",
    "Column",
    "Columns",
    "Condition",
    "CrmFault",
    "CrmFaultDetail",
    "EntityDescription",
    "Error",
    "FieldDescription",
    "File",
    "Filter",
    "Group",
    "Id",
    "Job",
    "Jobs",
    "Key",
    "KeyDescription",
    "KeyName",
    "LimitDescription",
    "Link",
    "LoginResult",
    "Mail",
    "Measure",
    "Metadata",
    "Order",
    "Organization",
    "Page",
    "Pages",
    "Party",
    "Queries",
    "Query",
    "Record",
    "Reference",
    "RelationDescription",
    "Request",
    "Response",
    "Result",
    "Results",
    "Row",
    "RowResult",
    "Security",
    "Session",
    "Svyaz",
    "Value",
    "WhoAmIResult",
    "WriteResult",
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
    return IS_AMONG(name, words_of_clients) || IS_AMONG(name, types_of_contract);
}

bool name_is_reserved_field(const char *name)
{
    return IS_AMONG(name, words_of_clients) || IS_AMONG(name, fields_of_contract);
}
