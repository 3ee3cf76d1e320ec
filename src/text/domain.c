/*
 * domain.c - domains by ICU.
 */
#include "text/domain.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <unicode/uidna.h>

#include "base/arena.h"
#include "base/expect.h"

enum {
    NAME_MOST = 1024, /* bytes; a domain has 253 characters */
    OPTIONS = UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE | UIDNA_CHECK_BIDI |
              UIDNA_CHECK_CONTEXTJ | UIDNA_USE_STD3_RULES,
};

typedef int32_t convert(const UIDNA *rules, const char *name, int32_t length, char *room,
                        int32_t capacity, UIDNAInfo *info, UErrorCode *status);

/* Letters beyond ASCII, or their form in it. */
static bool has_two_forms(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at > 127 ||
            ((*at == 'x' || *at == 'X') && strncasecmp(at, "xn--", 4) == 0)) {
            return true;
        }
    }
    return false;
}

/* NULL: it is no name of a domain. */
static const char *convert_by(struct arena *arena, const char *name, convert *function)
{
    UErrorCode status = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    size_t length = strlen(name);
    char room[NAME_MOST];

    if (length > NAME_MOST) {
        return NULL;
    }
    UIDNA *rules = uidna_openUTS46(OPTIONS, &status);
    expect(U_SUCCESS(status));
    int32_t count = function(rules, name, (int32_t)length, room, NAME_MOST, &info, &status);
    uidna_close(rules);
    return U_FAILURE(status) || info.errors != 0 ? NULL
                                                 : arena_copy_part(arena, room, (size_t)count);
}

const char *text_domain_to_ascii(struct arena *arena, const char *name)
{
    return has_two_forms(name) ? convert_by(arena, name, uidna_nameToASCII_UTF8) : name;
}

/* Of what is too long machines alone would know. */
const char *text_domain_to_letters(struct arena *arena, const char *name)
{
    const char *ascii = text_domain_to_ascii(arena, name);
    const char *letters =
        ascii == NULL || ascii == name ? NULL : convert_by(arena, ascii, uidna_nameToUnicodeUTF8);

    return letters == NULL ? name : letters;
}
