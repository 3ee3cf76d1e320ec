/*
 * tnef.c - fuzz target: any bytes as a winmail.dat.
 *
 * The limits are small, so that they are met. Texts must be such as XML can hold, and within their
 * bound; files must lie within the bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/expect.h"
#include "mime/library.h"
#include "mime/mime.h"
#include "mime/spool.h"
#include "mime/tnef.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAME_MOST = 1024 };

static const struct mime_limits limits = {.folder = "/tmp", .depth = 4, .parts = 10, .text = 256};

static void check_text(const char *text, size_t most)
{
    if (text == NULL) {
        return;
    }
    expect(strlen(text) <= most && text_is_valid_utf8(text, strlen(text)));
    for (const char *at = text; *at != '\0'; at++) {
        expect((unsigned char)*at >= ' ' || strchr("\t\r\n", *at) != NULL);
    }
}

static void check_file(const struct mime_tnef_file *file, size_t size)
{
    check_text(file->name, NAME_MOST + sizeof(".html"));
    check_text(file->media_type, NAME_MOST);
    check_text(file->content_id, NAME_MOST);
    expect(file->size >= 0 && (size_t)file->size <= size + limits.text);
    expect(g_mime_stream_length(file->stream) == file->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct mime_tnef tnef;

    mime_library_begin();
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)data, size);
    mime_unref_with(arena, stream);
    if (mime_tnef_read(arena, stream, &limits, &tnef)) {
        check_text(tnef.plain, limits.text);
        check_text(tnef.html, limits.text);
        expect(tnef.files.count <= limits.parts);
        for (size_t i = 0; i < tnef.files.count; i++) {
            check_file(tnef.files.items[i], size);
        }
    }
    arena_destroy(&arena);
    return 0;
}
