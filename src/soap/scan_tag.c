/*
 * scan_tag.c - a start tag: attributes, namespaces, and what SOAP encoding would make of them.
 */
#include <string.h>

#include "base/arena.h"
#include "soap/characters.h"
#include "soap/names.h"
#include "soap/scanner.h"

enum { FIRST_SLOTS = 32 }; /* of the table of attribute names; a power of two */

/* Namespaces whose elements and attributes are refused: gSOAP follows their id and ref. */
static const char *const refused_namespaces[] = {NAMESPACE_ENCODING_1_1, NAMESPACE_ENCODING_1_2};

/* Attributes without namespace that gSOAP takes for links within the message. */
static const char *const link_attributes[] = {"id", "ref", "href"};

static bool is_piece(struct piece piece, const char *text)
{
    return piece.length == strlen(text) && memcmp(piece.text, text, piece.length) == 0;
}

static bool is_same(struct piece left, struct piece right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.text, right.text, left.length) == 0);
}

static int shown(struct piece piece)
{
    return piece.length < SHOWN_NAME ? (int)piece.length : SHOWN_NAME;
}

void scanner_begin_tags(struct scanner *scanner)
{
    const struct message_limits *limits = scanner->limits;

    scanner->bindings =
        arena_allocate_array(scanner->arena, limits->namespaces + 1, sizeof(*scanner->bindings));
    scanner->attributes =
        arena_allocate_array(scanner->arena, limits->attributes + 1, sizeof(*scanner->attributes));
    scanner->bindings[0] =
        (struct binding){.prefix = {"xml", 3}, .uri = {NAMESPACE_XML, strlen(NAMESPACE_XML)}};
    scanner->binding_count = 1;
}

void scanner_end_tag(struct scanner *scanner)
{
    while (scanner->bindings[scanner->binding_count - 1].depth > scanner->depth) {
        scanner->binding_count--;
    }
}

/* Splits prefix:local. */
static bool split_name(struct scanner *scanner, struct piece name, struct piece *prefix_out,
                       struct piece *local_out)
{
    const char *colon = memchr(name.text, ':', name.length);
    const char *end = name.text + name.length;

    if (colon == NULL) {
        *prefix_out = (struct piece){NULL, 0};
        *local_out = name;
        return true;
    }
    if (colon == name.text || colon + 1 == end || name_measure(colon + 1, end) == 0 ||
        memchr(colon + 1, ':', (size_t)(end - colon) - 1) != NULL) {
        return scanner_refuse(scanner, name.text, "%.*s is not a name with one prefix", shown(name),
                              name.text);
    }
    *prefix_out = (struct piece){name.text, (size_t)(colon - name.text)};
    *local_out = (struct piece){colon + 1, (size_t)(end - colon) - 1};
    return true;
}

/* The declaration in force for a prefix; NULL when there is none. */
static const struct binding *find_binding(const struct scanner *scanner, struct piece prefix)
{
    for (size_t i = scanner->binding_count; i-- > 0;) {
        if (is_same(scanner->bindings[i].prefix, prefix)) {
            return &scanner->bindings[i];
        }
    }
    return NULL;
}

/* The slot that holds a name, or the empty one where it belongs. */
static struct piece *find_slot(const struct scanner *scanner, struct piece name)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < name.length; i++) {
        hash = (hash ^ (unsigned char)name.text[i]) * 16777619U;
    }
    for (size_t place = hash;; place++) {
        struct piece *slot = &scanner->names[place & (scanner->name_slots - 1)];
        if (slot->text == NULL || is_same(*slot, name)) {
            return slot;
        }
    }
}

/* Keeps half of the slots empty. */
static void make_room_for_names(struct scanner *scanner)
{
    const struct piece *names = scanner->names;
    size_t slots = scanner->name_slots;

    scanner->name_slots = slots == 0 ? FIRST_SLOTS : slots * 2;
    scanner->names =
        arena_allocate_array(scanner->arena, scanner->name_slots, sizeof(*scanner->names));
    for (size_t i = 0; i < slots; i++) {
        if (names[i].text != NULL) {
            *find_slot(scanner, names[i]) = names[i];
        }
    }
}

/* Counts the different attribute names of the message. */
static bool note_name(struct scanner *scanner, struct piece name)
{
    struct piece *slot = NULL;

    if (scanner->name_count * 2 >= scanner->name_slots) {
        make_room_for_names(scanner);
    }
    slot = find_slot(scanner, name);
    if (slot->text != NULL) {
        return true;
    }
    if (scanner->name_count >= scanner->limits->attribute_names) {
        return scanner_exceed(scanner, "attribute_names", scanner->limits->attribute_names);
    }
    *slot = name;
    scanner->name_count++;
    return true;
}

/* Keeps a namespace declaration; prefix is empty for the default one. */
static bool declare(struct scanner *scanner, struct piece prefix, struct piece uri)
{
    bool is_xml = is_piece(prefix, "xml");

    if (scanner->declaration_count++ >= scanner->limits->namespaces) {
        return scanner_exceed(scanner, "namespaces", scanner->limits->namespaces);
    }
    if (memchr(uri.text, '&', uri.length) != NULL) {
        return scanner_refuse(scanner, uri.text, "a namespace name must not hold references");
    }
    if (is_piece(prefix, "xmlns") || is_xml != is_piece(uri, NAMESPACE_XML) ||
        is_piece(uri, NAMESPACE_XMLNS) || (prefix.length > 0 && uri.length == 0)) {
        return scanner_refuse(scanner, uri.text, "this namespace must not be declared so");
    }
    for (size_t i = scanner->binding_count;
         i-- > 0 && scanner->bindings[i].depth == scanner->depth;) {
        if (is_same(scanner->bindings[i].prefix, prefix)) {
            return scanner_refuse(scanner, uri.text, "a namespace is declared twice in one tag");
        }
    }
    if (!is_xml) {
        scanner->bindings[scanner->binding_count++] =
            (struct binding){.prefix = prefix, .uri = uri, .depth = scanner->depth};
    }
    return true;
}

static bool read_value(struct scanner *scanner, struct piece *value_out)
{
    const char *start = scanner->at;
    const char *end = NULL;

    if (start >= scanner->end || (*start != '"' && *start != '\'')) {
        return scanner_refuse(scanner, start, "the value of an attribute must be quoted");
    }
    start++;
    end = memchr(start, start[-1], (size_t)(scanner->end - start));
    if (end == NULL) {
        return scanner_refuse(scanner, start, "the value of an attribute does not end");
    }
    if (memchr(start, '<', (size_t)(end - start)) != NULL) {
        return scanner_refuse(scanner, start, "the value of an attribute holds a <");
    }
    scanner->at = end + 1;
    *value_out = (struct piece){start, (size_t)(end - start)};
    return scanner_check_references(scanner, start, end);
}

static bool read_attribute(struct scanner *scanner)
{
    struct tag_attribute attribute = {0};
    struct piece name = {0};

    if (!scanner_read_name(scanner, &name)) {
        return false;
    }
    scanner_skip_space(scanner);
    if (scanner->at >= scanner->end || *scanner->at != '=') {
        return scanner_refuse(scanner, name.text, "the attribute %.*s has no value", shown(name),
                              name.text);
    }
    scanner->at++;
    scanner_skip_space(scanner);
    if (!read_value(scanner, &attribute.value) ||
        !split_name(scanner, name, &attribute.prefix, &attribute.local) ||
        !note_name(scanner, name)) {
        return false;
    }
    if (is_piece(name, "xmlns")) {
        return declare(scanner, (struct piece){NULL, 0}, attribute.value);
    }
    if (is_piece(attribute.prefix, "xmlns")) {
        return declare(scanner, attribute.local, attribute.value);
    }
    if (scanner->attribute_count >= scanner->limits->attributes) {
        return scanner_exceed(scanner, "attributes", scanner->limits->attributes);
    }
    scanner->attributes[scanner->attribute_count++] = attribute;
    return true;
}

static bool is_refused(const struct binding *binding)
{
    return binding != NULL && (is_piece(binding->uri, refused_namespaces[0]) ||
                               is_piece(binding->uri, refused_namespaces[1]));
}

static bool resolve(struct scanner *scanner, struct piece prefix, const char *at,
                    const struct binding **binding_out)
{
    *binding_out = find_binding(scanner, prefix);
    if (*binding_out == NULL && prefix.length > 0) {
        return scanner_refuse(scanner, at, "the prefix %.*s is not declared", shown(prefix),
                              prefix.text);
    }
    if (is_refused(*binding_out)) {
        return scanner_refuse(scanner, at, "SOAP encoding is refused: send document/literal");
    }
    return true;
}

/* Only xop:Include may point, and only into its own message. */
static bool check_link(struct scanner *scanner, const struct tag_attribute *attribute,
                       bool is_include)
{
    if (attribute->prefix.length > 0 || (is_include && is_piece(attribute->local, "href"))) {
        return true;
    }
    for (size_t i = 0; i < sizeof(link_attributes) / sizeof(link_attributes[0]); i++) {
        if (is_piece(attribute->local, link_attributes[i])) {
            return scanner_refuse(scanner, attribute->local.text,
                                  "the attribute %s is refused: send document/literal",
                                  link_attributes[i]);
        }
    }
    return true;
}

static bool is_same_attribute(const struct tag_attribute *left, const struct tag_attribute *right)
{
    if (!is_same(left->local, right->local) || !left->binding != !right->binding) {
        return false;
    }
    return left->binding == NULL || is_same(left->binding->uri, right->binding->uri);
}

static bool check_attributes(struct scanner *scanner, bool is_include)
{
    for (size_t i = 0; i < scanner->attribute_count; i++) {
        struct tag_attribute *attribute = &scanner->attributes[i];
        if (attribute->prefix.length > 0 &&
            !resolve(scanner, attribute->prefix, attribute->local.text, &attribute->binding)) {
            return false;
        }
        if (!check_link(scanner, attribute, is_include)) {
            return false;
        }
        for (size_t other = 0; other < i; other++) {
            if (is_same_attribute(attribute, &scanner->attributes[other])) {
                return scanner_refuse(scanner, attribute->local.text,
                                      "the attribute %.*s stands twice in one tag",
                                      shown(attribute->local), attribute->local.text);
            }
        }
    }
    return true;
}

/* Reads attributes up to > or />. */
static bool read_tag_end(struct scanner *scanner, bool *is_empty_out)
{
    for (;;) {
        const char *before = scanner->at;
        scanner_skip_space(scanner);
        if (scanner->at >= scanner->end) {
            return scanner_refuse(scanner, before, "the document ends within a tag");
        }
        if (*scanner->at == '>') {
            scanner->at++;
            return true;
        }
        if (*scanner->at == '/' && scanner->end - scanner->at > 1 && scanner->at[1] == '>') {
            scanner->at += 2;
            *is_empty_out = true;
            return true;
        }
        if (scanner->at == before) {
            return scanner_refuse(scanner, before, "a space is missing in a tag");
        }
        if (!read_attribute(scanner)) {
            return false;
        }
    }
}

bool scanner_read_attributes(struct scanner *scanner, struct piece name, bool *is_empty_out)
{
    const struct binding *binding = NULL;
    struct piece prefix = {0};
    struct piece local = {0};

    scanner->attribute_count = 0;
    if (!read_tag_end(scanner, is_empty_out) || !split_name(scanner, name, &prefix, &local) ||
        !resolve(scanner, prefix, name.text, &binding)) {
        return false;
    }
    return check_attributes(scanner, binding != NULL && is_piece(local, "Include") &&
                                         is_piece(binding->uri, NAMESPACE_XOP));
}
