/*
 * html_cut.c - clean HTML made shorter: whole tags and characters are kept, and what is open then
 * is closed.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "xml/html.h"
#include "xml/html_table.h"

/* How far a text is kept. */
struct cutting {
    struct arena *arena;
    struct array open; /* const char *: the names of elements */
    size_t closing;    /* bytes that their ends take */
};

static size_t size_of_end(const char *name)
{
    return strlen(name) + strlen("</>");
}

/* A tag, a reference or a character; never nothing. */
static size_t length_of_piece(const char *at)
{
    size_t length = 1;

    if (*at == '<' || *at == '&') {
        return strcspn(at, *at == '<' ? ">" : ";") + 1;
    }
    while (((unsigned char)at[length] & 0xC0) == 0x80) {
        length++;
    }
    return length;
}

/* The name of the element that a piece opens; NULL: it opens none that has an end. */
static const char *opened_by(struct arena *arena, const char *piece)
{
    if (*piece != '<' || piece[1] == '/') {
        return NULL;
    }
    const char *name = arena_copy_part(arena, piece + 1, strcspn(piece + 1, " >"));
    return html_find_element(name)->is_void ? NULL : name;
}

/* Whether a piece is kept: it must leave room for all ends. */
static bool take(struct cutting *cutting, const char *piece, size_t room)
{
    const char *opened = opened_by(cutting->arena, piece);
    size_t closing = cutting->closing + (opened == NULL ? 0 : size_of_end(opened));

    if (strncmp(piece, "</", 2) == 0) {
        cutting->open.count--;
        cutting->closing -= length_of_piece(piece);
        return true;
    }
    if (length_of_piece(piece) + closing > room) {
        return false;
    }
    if (opened != NULL) {
        array_add(&cutting->open, opened);
    }
    cutting->closing = closing;
    return true;
}

const char *html_cut(struct arena *arena, const char *clean, size_t most)
{
    struct cutting cutting = {.arena = arena};
    struct buffer kept;
    const char *end = clean;

    if (strlen(clean) <= most) {
        return clean;
    }
    array_init(&cutting.open, arena);
    while (*end != '\0' && take(&cutting, end, most - (size_t)(end - clean))) {
        end += length_of_piece(end);
    }
    buffer_init(&kept, arena, most + 1);
    buffer_add(&kept, clean, (size_t)(end - clean));
    for (size_t left = cutting.open.count; left > 0; left--) {
        buffer_add_format(&kept, "</%s>", (const char *)cutting.open.items[left - 1]);
    }
    return kept.bytes;
}
