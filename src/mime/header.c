/*
 * header.c - fields found by name, whatever their case.
 */
#include "mime/header.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/array.h"

const char *mime_header(GMimeObject *object, const char *name)
{
    GMimeHeader *header =
        g_mime_header_list_get_header(g_mime_object_get_header_list(object), name);
    return header == NULL ? NULL : g_mime_header_get_raw_value(header);
}

const char *mime_header_or_hidden(GMimeObject *object, const char *name)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    int count = g_mime_header_list_get_count(list);

    for (int i = 0; i < count; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        if (strcasecmp(g_mime_header_get_name(header), name) == 0 ||
            strcasecmp(g_mime_header_get_raw_name(header), name) == 0) {
            return g_mime_header_get_raw_value(header);
        }
    }
    return NULL;
}

void mime_header_all(GMimeObject *object, const char *name, struct array *texts)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    int count = g_mime_header_list_get_count(list);

    for (int i = 0; i < count; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        const char *text = g_mime_header_get_raw_value(header);
        if (text != NULL && strcasecmp(g_mime_header_get_name(header), name) == 0) {
            array_add(texts, text);
        }
    }
}

char *mime_without_comments(struct arena *arena, const char *text)
{
    char *plain = arena_copy_text(arena, text);
    char *to = plain;
    int depth = 0;
    bool is_quoted = false;

    for (const char *at = text; *at != '\0'; at++) {
        if (depth > 0 && *at == '\\' && at[1] != '\0') {
            at++;
            continue;
        }
        is_quoted = depth == 0 && (*at == '"' ? !is_quoted : is_quoted);
        if (!is_quoted && *at == '(') {
            depth++;
        } else if (!is_quoted && *at == ')' && depth > 0) {
            depth--;
        } else if (depth == 0) {
            *to++ = *at == '\r' || *at == '\n' || *at == '\t' ? ' ' : *at;
        }
    }
    *to = '\0';
    /* What was opened and not closed is no comment. */
    return depth == 0 ? plain : arena_copy_text(arena, text);
}
