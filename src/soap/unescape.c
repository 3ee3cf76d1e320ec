/*
 * unescape.c - references, CDATA sections, comments and line ends.
 */
#include "soap/unescape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/expect.h"
#include "soap/characters.h"

/* Copies text between tags, references resolved. Returns the end. */
static char *copy_text(char *to, const char *at, const char *end)
{
    while (at < end) {
        if (*at == '\r') {
            *to++ = '\n';
            at += at + 1 < end && at[1] == '\n' ? 2 : 1;
        } else if (*at == '&') {
            const char *semicolon = memchr(at, ';', (size_t)(end - at));
            uint32_t character = '?';
            expect(semicolon != NULL &&
                   reference_parse(at + 1, (size_t)(semicolon - at) - 1, &character));
            to += character_write(character, to);
            at = semicolon + 1;
        } else {
            *to++ = *at++;
        }
    }
    return to;
}

/* CDATA has line ends to make LF, but no references. */
static char *copy_cdata(char *to, const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at != '\r') {
            *to++ = *at;
        } else if (at + 1 == end || at[1] != '\n') {
            *to++ = '\n';
        }
    }
    return to;
}

static const char *find(const char *at, const char *text)
{
    size_t length = strlen(text);

    while (memcmp(at, text, length) != 0) {
        at++;
    }
    return at;
}

/* Text never grows by what is resolved in it. */
static const char *resolve(struct arena *arena, const char *at, size_t length)
{
    const char *end = at + length;
    char *text = arena_allocate(arena, length + 1);
    char *to = text;

    while (at < end) {
        const char *markup = memchr(at, '<', (size_t)(end - at));
        to = copy_text(to, at, markup == NULL ? end : markup);
        if (markup == NULL) {
            break;
        }
        if (memcmp(markup, "<!--", 4) == 0) {
            at = find(markup + 4, "-->") + 3;
        } else {
            const char *close = find(markup, "]]>");
            to = copy_cdata(to, markup + strlen("<![CDATA["), close);
            at = close + 3;
        }
    }
    *to = '\0';
    return text;
}

static bool is_plain(const char *bytes, size_t length)
{
    return memchr(bytes, '&', length) == NULL && memchr(bytes, '\r', length) == NULL &&
           memchr(bytes, '<', length) == NULL;
}

const char *unescape(struct arena *arena, const char *bytes, size_t length)
{
    return is_plain(bytes, length) ? arena_copy_part(arena, bytes, length)
                                   : resolve(arena, bytes, length);
}
