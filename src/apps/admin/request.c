/*
 * request.c - builds requests from the command line.
 */
#include "apps/admin/request.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "apps/admin/report.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "client/element.h"

enum { VALUE_SIZE_MAX = 8 * 1024 * 1024, PIECE = 4096 };

static const char *read_standard_input(struct arena *arena)
{
    struct buffer text;
    size_t length;

    buffer_init(&text, arena, PIECE);
    do {
        length = fread(buffer_reserve(&text, PIECE), 1, PIECE, stdin);
        buffer_commit(&text, length);
    } while (length > 0 && text.length < VALUE_SIZE_MAX);
    return text.bytes;
}

static bool read_value(struct arena *arena, const char *text, const char **value_out)
{
    struct error error;
    size_t length;
    char *bytes = NULL;

    if (text[0] != '@' || text[1] == '@') {
        *value_out = text[0] == '@' ? text + 1 : text;
        return true;
    }
    if (strcmp(text, "@-") == 0) {
        *value_out = read_standard_input(arena);
        return true;
    }
    if (!file_read(arena, text + 1, VALUE_SIZE_MAX, &bytes, &length, &error)) {
        report_say("%s", error.message);
        return false;
    }
    *value_out = bytes;
    return true;
}

/* Goes down by one part of a path: into the last element of the name, or a new one. */
static struct element *go_down(struct arena *arena, struct element *parent, const char *part,
                               size_t length, bool is_leaf)
{
    bool is_new = is_leaf || (length > 0 && part[length - 1] == '+');
    const char *name = arena_copy_part(arena, part, part[length - 1] == '+' ? length - 1 : length);
    struct element *last = parent->last_child;

    if (!is_new && last != NULL && last->text == NULL && strcmp(last->name, name) == 0) {
        return last;
    }
    return element_add(arena, parent, name);
}

static bool is_path(const char *path, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool is_between = i > 0 && i + 1 < length && path[i - 1] != '.';
        bool is_fine = isalnum((unsigned char)path[i]) || path[i] == '_' ||
                       (path[i] == '.' && is_between) || (path[i] == '+' && i > 0);
        if (!is_fine) {
            return false;
        }
    }
    return length > 0 && !isdigit((unsigned char)path[0]);
}

static bool add_word(struct arena *arena, struct element *parent, const char *word)
{
    const char *equals = strchr(word, '=');
    const char *value = NULL;

    if (equals == NULL || !is_path(word, (size_t)(equals - word))) {
        report_say("'%s' is not name=value", word);
        return false;
    }
    if (!read_value(arena, equals + 1, &value)) {
        return false;
    }
    struct element *element = parent;
    while (word < equals) {
        size_t length = strcspn(word, ".=");
        element = go_down(arena, element, word, length, word[length] == '=');
        word += length + 1;
    }
    element->text = value;
    return true;
}

bool request_add_words(struct arena *arena, struct element *parent, const char *const *words,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!add_word(arena, parent, words[i])) {
            return false;
        }
    }
    return true;
}

const char *request_element_of(struct arena *arena, const char *entity)
{
    char *name = arena_copy_text(arena, entity);

    name[0] = (char)tolower((unsigned char)name[0]);
    return name;
}

void request_add_list(struct arena *arena, struct element *parent, const char *name,
                      const char *text)
{
    if (text == NULL) {
        return;
    }
    struct element *list = element_add(arena, parent, name);
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        element_add_text(arena, list, ITEM_STRING, arena_copy_part(arena, text, length));
        text += text[length] == ',' ? length + 1 : length;
    }
}

/* Reads one value: to a comma of a list, or to the end. One in quotes may hold commas and blanks,
 * and the quote itself twice. */
static bool read_one(struct arena *arena, const char **text, bool is_list, const char **value_out)
{
    const char *at = *text;
    char quote = *at == '\'' || *at == '"' ? *at : '\0';
    struct buffer value;

    buffer_init(&value, arena, strlen(at) + 1);
    if (quote == '\0') {
        size_t length = is_list ? strcspn(at, ",") : strlen(at);
        *text = at + length;
        *value_out = arena_copy_part(arena, at, length);
        return true;
    }
    for (at++; *at != '\0' && (*at != quote || at[1] == quote); at++) {
        buffer_add_char(&value, *at);
        at += *at == quote ? 1 : 0;
    }
    if (*at == '\0') {
        report_say("the quote of %s is not closed", *text);
        return false;
    }
    *text = at + 1 + strspn(at + 1, " ");
    *value_out = value.bytes;
    return true;
}

bool request_add_values(struct arena *arena, struct element *parent, const char *text, bool is_list)
{
    struct element *list = element_add(arena, parent, "values");
    const char *value = NULL;

    for (;;) {
        const char *begin = text;
        if (!read_one(arena, &text, is_list, &value)) {
            return false;
        }
        element_add_text(arena, list, ITEM_STRING, value);
        if (*text == '\0') {
            return true;
        }
        if (*text != ',' || !is_list) {
            report_say("after the closing quote of %s nothing may stand", begin);
            return false;
        }
        text += 1 + strspn(text + 1, " ");
    }
}

void request_add_key(struct arena *arena, struct element *parent, const char *key,
                     const char *const *values, size_t count)
{
    struct element *element = element_add(arena, parent, "alternateKey");

    element_add_text(arena, element, "name", key);
    struct element *list = element_add(arena, element, "values");
    for (size_t i = 0; i < count; i++) {
        element_add_text(arena, list, ITEM_STRING, values[i]);
    }
}
