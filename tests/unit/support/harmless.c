/*
 * harmless.c - tags taken apart one by one; names held against what systems make of them.
 */
#include "support/harmless.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "text/utf8.h"

#define COUNT_OF(table) (sizeof(table) / sizeof(*(table)))

enum { WORD_MOST = 32, NAME_MOST = 255 };

/* Elements that run, fetch, send, or are read by other rules than their surroundings. */
static const char *const active[] = {
    "applet",  "audio",     "base",     "body",   "button", "canvas", "details",  "dialog",
    "embed",   "form",      "frame",    "head",   "html",   "iframe", "input",    "link",
    "marquee", "math",      "meta",     "object", "portal", "script", "select",   "source",
    "style",   "svg",       "template", "title",  "video",  "xml",    "xmp",      "noscript",
    "noembed", "noframes",  "textarea", "option", "slot",   "track",  "frameset", "isindex",
    "bgsound", "plaintext", "keygen",   "param",  "menu",   "image",  "picture",  "map",
};
static const char *const empty[] = {"br", "col", "hr", "img", "wbr"};
/* What the words of an attribute's value may begin with; of others nothing is fetched. */
static const struct {
    const char *name;
    const char *const schemes[5];
} addresses[] = {
    {"href", {"https:", "http:", "mailto:", "tel:"}},
    {"src", {"cid:", "data:image/png;", "data:image/gif;", "data:image/jpeg;", "data:image/webp;"}},
};
static const char *const attributes[] = {"align",       "alt",   "bgcolor", "border", "cellpadding",
                                         "cellspacing", "color", "colspan", "dir",    "face",
                                         "height",      "href",  "lang",    "rel",    "src",
                                         "rowspan",     "size",  "span",    "start",  "style",
                                         "target",      "title", "valign",  "width",  "data-src"};
static const char *const odd_values[] = {"url",    "expression", "@",      "\\",
                                         "image(", "behavior",   "binding"};
static const char *const odd_properties[] = {"position", "display", "float", "content", "z-index"};
static const char *const devices[] = {"con", "prn", "aux", "nul"};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(words[i], word) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- HTML ---- */

/* A word of a tag: letters, digits and dashes; false where there is none, or a very long one. */
static bool take_word(const char **at, char word[WORD_MOST])
{
    size_t length = 0;

    while (isalnum((unsigned char)**at) || **at == '-') {
        if (length + 1 == WORD_MOST) {
            return false;
        }
        word[length++] = *(*at)++;
    }
    word[length] = '\0';
    return length > 0;
}

static bool is_address(const char *name, const char *value)
{
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        if (strcmp(addresses[i].name, name) != 0) {
            continue;
        }
        for (size_t j = 0; j < COUNT_OF(addresses[i].schemes); j++) {
            const char *scheme = addresses[i].schemes[j];
            if (scheme != NULL && strncasecmp(value, scheme, strlen(scheme)) == 0) {
                return true;
            }
        }
        return false;
    }
    return true;
}

static bool has_odd_value(const char *style, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(odd_values); i++) {
        size_t size = strlen(odd_values[i]);
        for (size_t at = 0; at + size <= length; at++) {
            if (strncasecmp(style + at, odd_values[i], size) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Where the declaration ends; a reference has a semicolon of its own. */
static const char *end_of_declaration(const char *at)
{
    while (*at != ';' && *at != '"') {
        at += *at == '&' ? strcspn(at, ";") + 1 : 1;
    }
    return at;
}

/* A declaration after the other: what each is of says little of where its element stands. */
static bool is_style(const char *style, size_t length)
{
    char property[WORD_MOST];

    for (const char *at = style; at < style + length;) {
        const char *name = at + strspn(at, " \t\r\n;");
        if (take_word(&name, property) &&
            is_one_of(property, odd_properties, COUNT_OF(odd_properties))) {
            return false;
        }
        at = end_of_declaration(name) + 1;
    }
    return !has_odd_value(style, length);
}

/* name="value", after a blank. */
static bool take_attribute(const char **at)
{
    char name[WORD_MOST];

    if (!take_word(at, name) || strncmp(*at, "=\"", 2) != 0 ||
        !is_one_of(name, attributes, COUNT_OF(attributes))) {
        return false;
    }
    const char *value = *at + 2;
    size_t length = strcspn(value, "\"<>");
    *at = value + length + 1;
    return value[length] == '"' && is_address(name, value) &&
           (strcmp(name, "style") != 0 || is_style(value, length));
}

/* The rest of a tag after its "<"; adds what it opens to depth, and takes off what it closes. */
static bool take_tag(const char **at, long *depth)
{
    char name[WORD_MOST];
    bool is_end = **at == '/';

    *at += is_end;
    if (!take_word(at, name) || is_one_of(name, active, COUNT_OF(active))) {
        return false;
    }
    while (!is_end && **at == ' ') {
        (*at)++;
        if (!take_attribute(at)) {
            return false;
        }
    }
    if (!is_one_of(name, empty, COUNT_OF(empty))) {
        *depth += is_end ? -1 : 1;
    }
    return *(*at)++ == '>' && *depth >= 0;
}

bool harmless_is_html(const char *html)
{
    long depth = 0;

    for (const char *at = html; *at != '\0';) {
        if (*at++ == '<' && !take_tag(&at, &depth)) {
            return false;
        }
    }
    return depth == 0;
}

/* ---- names ---- */

/* Control characters, and marks that turn a name around: U+202A to U+202E, U+2066 to U+2069. */
static bool has_unseen(const char *name)
{
    for (const unsigned char *at = (const unsigned char *)name; *at != '\0'; at++) {
        bool is_mark = at[0] == 0xE2 && ((at[1] == 0x80 && at[2] >= 0xAA && at[2] <= 0xAE) ||
                                         (at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9));
        if (*at < ' ' || *at == 0x7F || is_mark) {
            return true;
        }
    }
    return false;
}

static bool is_device(const char *name)
{
    char stem[WORD_MOST];
    size_t length = strcspn(name, ".");

    if (length >= WORD_MOST) {
        return false;
    }
    memcpy(stem, name, length);
    stem[length] = '\0';
    return is_one_of(stem, devices, COUNT_OF(devices)) ||
           (length == 4 && isdigit((unsigned char)stem[3]) && stem[3] != '0' &&
            (strncasecmp(stem, "com", 3) == 0 || strncasecmp(stem, "lpt", 3) == 0));
}

bool harmless_is_name(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= NAME_MOST && text_is_valid_utf8(name, length) &&
           strpbrk(name, "/\\:*?\"<>|") == NULL && strchr(". ", name[0]) == NULL &&
           strchr(". ", name[length - 1]) == NULL && !has_unseen(name) && !is_device(name);
}
