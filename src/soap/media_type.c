/*
 * media_type.c - reads name; parameter=value; parameter="value" as RFC 9110 writes them.
 */
#include "soap/media_type.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"

static const char token_characters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

static char *lower(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_copy_part(arena, text, length);

    for (char *at = copy; *at != '\0'; at++) {
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    }
    return copy;
}

/* Reads "..." with \ before characters that stand for themselves; NULL when it does not end. */
static const char *read_quoted(struct arena *arena, const char **text)
{
    char *value = arena_allocate(arena, strlen(*text) + 1);
    char *to = value;
    const char *at = *text + 1;

    for (; *at != '"'; at++) {
        if (*at == '\\') {
            at++;
        }
        if (*at == '\0') {
            return NULL;
        }
        *to++ = *at;
    }
    *text = at + 1;
    return value;
}

static const char *read_value(struct arena *arena, const char **text)
{
    size_t length = strspn(*text, token_characters);
    const char *value = *text;

    if (*value == '"') {
        return read_quoted(arena, text);
    }
    if (length == 0) {
        return NULL;
    }
    *text += length;
    return arena_copy_part(arena, value, length);
}

static bool read_parameter(struct arena *arena, const char **text, struct media_type *media)
{
    const char *name = *text;
    size_t length = strspn(name, token_characters);
    const char *key = lower(arena, name, length);

    if (length == 0 || name[length] != '=' || media->parameter_count == MEDIA_PARAMETERS ||
        media_type_parameter(media, key) != NULL) {
        return false;
    }
    *text += length + 1;
    media->parameters[media->parameter_count].name = key;
    media->parameters[media->parameter_count].value = read_value(arena, text);
    return media->parameters[media->parameter_count++].value != NULL;
}

bool media_type_parse(struct arena *arena, const char *text, struct media_type *media_out)
{
    struct media_type media = {0};
    const char *slash = strchr(text, '/');
    size_t length = 0;

    text = skip_blanks(text);
    if (slash == NULL || slash <= text) {
        return false;
    }
    length = (size_t)(slash - text) + 1 + strspn(slash + 1, token_characters);
    if (strspn(text, token_characters) != (size_t)(slash - text) || text + length == slash + 1) {
        return false;
    }
    media.name = lower(arena, text, length);
    text = skip_blanks(text + length);
    while (*text == ';') {
        text = skip_blanks(text + 1);
        /* A semicolon at the end is what some clients send. */
        if (*text == '\0') {
            break;
        }
        if (!read_parameter(arena, &text, &media)) {
            return false;
        }
        text = skip_blanks(text);
    }
    if (*text != '\0') {
        return false;
    }
    *media_out = media;
    return true;
}

const char *media_type_parameter(const struct media_type *media, const char *name)
{
    for (size_t i = 0; i < media->parameter_count; i++) {
        if (strcmp(media->parameters[i].name, name) == 0) {
            return media->parameters[i].value;
        }
    }
    return NULL;
}

bool media_type_is_utf8(const struct media_type *media)
{
    const char *charset = media_type_parameter(media, "charset");
    return charset == NULL || strcasecmp(charset, "utf-8") == 0 ||
           strcasecmp(charset, "us-ascii") == 0;
}

bool media_type_is_soap(const char *name)
{
    return strcasecmp(name, "text/xml") == 0 || strcasecmp(name, "application/soap+xml") == 0;
}

static bool is_mtom(const struct media_type *media)
{
    const char *type = media_type_parameter(media, "type");
    const char *weight = media_type_parameter(media, "q");

    return strcmp(media->name, "multipart/related") == 0 && type != NULL &&
           strcasecmp(type, "application/xop+xml") == 0 &&
           (weight == NULL || weight[strspn(weight, "0.")] != '\0');
}

/* Where an item of a list ends: at a comma that does not stand in quotes. */
static size_t measure_item(const char *text)
{
    bool is_quoted = false;
    size_t length = 0;

    while (text[length] != '\0' && (is_quoted || text[length] != ',')) {
        if (is_quoted && text[length] == '\\' && text[length + 1] != '\0') {
            length++;
        } else if (text[length] == '"') {
            is_quoted = !is_quoted;
        }
        length++;
    }
    return length;
}

bool media_type_accepts_mtom(struct arena *arena, const char *accept)
{
    while (accept != NULL && *accept != '\0') {
        struct media_type media = {0};
        size_t length = measure_item(accept);

        if (media_type_parse(arena, arena_copy_part(arena, accept, length), &media) &&
            is_mtom(&media)) {
            return true;
        }
        accept += length + (accept[length] == ',' ? 1 : 0);
    }
    return false;
}
