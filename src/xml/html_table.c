/*
 * html_table.c - elements, attributes, schemes and properties of style that are harmless.
 *
 * No element is let through whose content browsers read by other rules than libxml2 does (style,
 * textarea, noscript, svg ...): what was written anew is then read as it was meant.
 */
#include "xml/html_table.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define COUNT_OF(table) (sizeof(table) / sizeof(*(table)))

static const struct html_element elements[] = {
    {.name = "a"},
    {.name = "abbr"},
    {.name = "address", .layout = HTML_BLOCK},
    {.name = "article", .layout = HTML_BLOCK},
    {.name = "b"},
    {.name = "bdi"},
    {.name = "big"},
    {.name = "blockquote", .layout = HTML_PARAGRAPH},
    {.name = "br", .layout = HTML_BREAK, .is_void = true},
    {.name = "caption", .layout = HTML_BLOCK},
    {.name = "center", .layout = HTML_BLOCK},
    {.name = "cite"},
    {.name = "code"},
    {.name = "col", .is_void = true},
    {.name = "colgroup"},
    {.name = "dd", .layout = HTML_BLOCK},
    {.name = "del"},
    {.name = "dfn"},
    {.name = "div", .layout = HTML_BLOCK},
    {.name = "dl", .layout = HTML_BLOCK},
    {.name = "dt", .layout = HTML_BLOCK},
    {.name = "em"},
    {.name = "figcaption", .layout = HTML_BLOCK},
    {.name = "figure", .layout = HTML_BLOCK},
    {.name = "font"},
    {.name = "footer", .layout = HTML_BLOCK},
    {.name = "h1", .layout = HTML_PARAGRAPH},
    {.name = "h2", .layout = HTML_PARAGRAPH},
    {.name = "h3", .layout = HTML_PARAGRAPH},
    {.name = "h4", .layout = HTML_PARAGRAPH},
    {.name = "h5", .layout = HTML_PARAGRAPH},
    {.name = "h6", .layout = HTML_PARAGRAPH},
    {.name = "header", .layout = HTML_BLOCK},
    {.name = "hr", .layout = HTML_BLOCK, .is_void = true},
    {.name = "i"},
    {.name = "img", .is_void = true},
    {.name = "ins"},
    {.name = "kbd"},
    {.name = "li", .layout = HTML_ITEM},
    {.name = "main", .layout = HTML_BLOCK},
    {.name = "mark"},
    {.name = "ol", .layout = HTML_BLOCK},
    {.name = "p", .layout = HTML_PARAGRAPH},
    {.name = "pre", .layout = HTML_BLOCK, .is_preformatted = true},
    {.name = "q"},
    {.name = "s"},
    {.name = "samp"},
    {.name = "section", .layout = HTML_BLOCK},
    {.name = "small"},
    {.name = "span"},
    {.name = "strike"},
    {.name = "strong"},
    {.name = "sub"},
    {.name = "sup"},
    {.name = "table", .layout = HTML_BLOCK},
    {.name = "tbody"},
    {.name = "td", .layout = HTML_CELL},
    {.name = "tfoot"},
    {.name = "th", .layout = HTML_CELL},
    {.name = "thead"},
    {.name = "tr", .layout = HTML_BLOCK},
    {.name = "tt"},
    {.name = "u"},
    {.name = "ul", .layout = HTML_BLOCK},
    {.name = "var"},
    {.name = "wbr", .is_void = true},

    {.name = "applet", .is_dropped = true},
    {.name = "audio", .is_dropped = true},
    {.name = "base", .is_dropped = true},
    {.name = "button", .is_dropped = true},
    {.name = "canvas", .is_dropped = true},
    {.name = "embed", .is_dropped = true},
    {.name = "frame", .is_dropped = true},
    {.name = "frameset", .is_dropped = true},
    {.name = "head", .is_dropped = true},
    {.name = "iframe", .is_dropped = true},
    {.name = "input", .is_dropped = true},
    {.name = "link", .is_dropped = true},
    {.name = "math", .is_dropped = true},
    {.name = "meta", .is_dropped = true},
    {.name = "noembed", .is_dropped = true},
    {.name = "noframes", .is_dropped = true},
    {.name = "noscript", .is_dropped = true},
    {.name = "object", .is_dropped = true},
    {.name = "option", .is_dropped = true},
    {.name = "plaintext", .is_dropped = true},
    {.name = "script", .is_dropped = true},
    {.name = "select", .is_dropped = true},
    {.name = "style", .is_dropped = true},
    {.name = "svg", .is_dropped = true},
    {.name = "template", .is_dropped = true},
    {.name = "textarea", .is_dropped = true},
    {.name = "title", .is_dropped = true},
    {.name = "video", .is_dropped = true},
    {.name = "xml", .is_dropped = true},
    {.name = "xmp", .is_dropped = true},
};

static const struct html_attribute attributes[] = {
    {"style", NULL, HTML_ATTRIBUTE_STYLE},
    {"align", NULL, HTML_ATTRIBUTE_PLAIN},
    {"bgcolor", NULL, HTML_ATTRIBUTE_PLAIN},
    {"border", NULL, HTML_ATTRIBUTE_PLAIN},
    {"cellpadding", "table", HTML_ATTRIBUTE_PLAIN},
    {"cellspacing", "table", HTML_ATTRIBUTE_PLAIN},
    {"color", "font", HTML_ATTRIBUTE_PLAIN},
    {"colspan", NULL, HTML_ATTRIBUTE_PLAIN},
    {"dir", NULL, HTML_ATTRIBUTE_PLAIN},
    {"face", "font", HTML_ATTRIBUTE_PLAIN},
    {"height", NULL, HTML_ATTRIBUTE_PLAIN},
    {"href", "a", HTML_ATTRIBUTE_LINK},
    {"alt", "img", HTML_ATTRIBUTE_PLAIN},
    {"lang", NULL, HTML_ATTRIBUTE_PLAIN},
    {"rowspan", NULL, HTML_ATTRIBUTE_PLAIN},
    {"size", "font", HTML_ATTRIBUTE_PLAIN},
    {"span", NULL, HTML_ATTRIBUTE_PLAIN},
    {"src", "img", HTML_ATTRIBUTE_PICTURE},
    {"start", "ol", HTML_ATTRIBUTE_PLAIN},
    {"title", NULL, HTML_ATTRIBUTE_PLAIN},
    {"valign", NULL, HTML_ATTRIBUTE_PLAIN},
    {"width", NULL, HTML_ATTRIBUTE_PLAIN},
};

static const char *const link_schemes[] = {"https:", "http:", "mailto:", "tel:"};
static const char *const far_schemes[] = {"https:", "http:", "//"};
static const char *const own_schemes[] = {
    "cid:", "data:image/png;", "data:image/gif;", "data:image/jpeg;", "data:image/webp;",
};

/* Properties that say how an element looks and not where it stands; those that end with a dash are
 * families. */
static const char *const properties[] = {
    "background-color",
    "border",
    "border-",
    "color",
    "direction",
    "font",
    "font-",
    "height",
    "letter-",
    "line-height",
    "list-style-type",
    "margin",
    "margin-",
    "max-width",
    "padding",
    "padding-",
    "table-layout",
    "text-",
    "vertical-align",
    "white-space",
    "width",
    "word-",
};

/* What makes a value more than one: addresses, expressions, escapes that hide them. */
static const char *const refused_in_values[] = {"url",   "expression", "image",   "var(",
                                                "attr(", "\\",         "@",       "/*",
                                                "<",     "behavior",   "binding", "script"};

const struct html_element *html_find_element(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(elements); i++) {
        if (strcasecmp(elements[i].name, name) == 0) {
            return &elements[i];
        }
    }
    return NULL;
}

const struct html_attribute *html_find_attribute(const struct html_element *element,
                                                 const char *name)
{
    for (size_t i = 0; i < COUNT_OF(attributes); i++) {
        const struct html_attribute *attribute = &attributes[i];
        if (strcasecmp(attribute->name, name) == 0 &&
            (attribute->element == NULL || strcmp(attribute->element, element->name) == 0)) {
            return attribute;
        }
    }
    return NULL;
}

static bool begins_with_one(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strncasecmp(text, words[i], strlen(words[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool html_is_link(const char *address)
{
    return begins_with_one(address, link_schemes, COUNT_OF(link_schemes));
}

bool html_is_own_picture(const char *address)
{
    return begins_with_one(address, own_schemes, COUNT_OF(own_schemes));
}

bool html_is_far_picture(const char *address)
{
    return begins_with_one(address, far_schemes, COUNT_OF(far_schemes));
}

static bool is_property(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(properties); i++) {
        size_t known = strlen(properties[i]);
        bool is_family = properties[i][known - 1] == '-';
        if ((is_family ? length > known : length == known) &&
            strncasecmp(properties[i], name, known) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_word(const char *value, const char *word)
{
    size_t length = strlen(word);

    for (; *value != '\0'; value++) {
        if (strncasecmp(value, word, length) == 0) {
            return true;
        }
    }
    return false;
}

bool html_is_style(const char *declaration)
{
    while (isspace((unsigned char)*declaration)) {
        declaration++;
    }
    size_t length = strcspn(declaration, ": \t\r\n");
    const char *colon = strchr(declaration, ':');

    if (colon == NULL || !is_property(declaration, length)) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(refused_in_values); i++) {
        if (has_word(declaration, refused_in_values[i])) {
            return false;
        }
    }
    return true;
}
