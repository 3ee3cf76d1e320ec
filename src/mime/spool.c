/*
 * spool.c - streams of GMime's over memory, or over a file without a name.
 */
#include "mime/spool.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "mime/mend.h"
#include "mime/mime.h"
#include "mime/scan.h"

enum { CHUNK = 64 * 1024, IN_MEMORY = 256 * 1024 };

static void unref(void *object)
{
    g_object_unref(object);
}

void mime_unref_with(struct arena *arena, void *object)
{
    arena_on_release(arena, unref, object);
}

static bool make_file(const char *folder, GMimeStream **stream_out, struct error *error)
{
    int file = file_make_nameless(folder);

    if (file < 0) {
        error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
        return error_add_cause(error, "cannot make a file in %s", folder);
    }
    *stream_out = g_mime_stream_fs_new(file);
    return true;
}

bool mime_spool_make(struct arena *arena, const char *folder, int64_t size,
                     GMimeStream **stream_out, struct error *error)
{
    GMimeStream *stream = NULL;

    if (size <= IN_MEMORY) {
        stream = g_mime_stream_mem_new();
    } else if (!make_file(folder, &stream, error)) {
        return false;
    }
    mime_unref_with(arena, stream);
    *stream_out = stream;
    return true;
}

static bool write_all(GMimeStream *stream, const char *bytes, size_t length, struct error *error)
{
    return g_mime_stream_write(stream, bytes, length) == (ssize_t)length ||
           error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
}

/* What has outgrown memory goes on in a file. */
static bool move_to_file(struct arena *arena, const struct mime_limits *limits,
                         GMimeStream **stream, struct error *error)
{
    GMimeStream *memory = *stream;

    if (!GMIME_IS_STREAM_MEM(memory) || g_mime_stream_length(memory) <= IN_MEMORY) {
        return true;
    }
    if (!mime_spool_make(arena, limits->folder, INT64_MAX, stream, error)) {
        return false;
    }
    g_mime_stream_reset(memory);
    return g_mime_stream_write_to_stream(memory, *stream) >= 0 ||
           error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
}

/* What no parser may see has another name for it, by one letter. */
static bool hide_fields(GMimeStream *stream, const struct mime_scan *scan, struct error *error)
{
    for (size_t i = 0; i < scan->hidden.count; i++) {
        const int64_t *begin = scan->hidden.items[i];
        if (g_mime_stream_seek(stream, *begin, GMIME_STREAM_SEEK_SET) != *begin ||
            !write_all(stream, "X", 1, error)) {
            return error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
        }
    }
    return true;
}

static bool add(struct arena *arena, const struct mime_limits *limits, struct mime_scan *scan,
                const char *bytes, size_t length, GMimeStream **stream, struct error *error)
{
    return mime_scan_add(scan, bytes, length, error) && write_all(*stream, bytes, length, error) &&
           move_to_file(arena, limits, stream, error);
}

bool mime_spool_fill(struct arena *arena, const struct mime_source *source,
                     const struct mime_limits *limits, struct mime_scan *scan,
                     GMimeStream **stream_out, struct error *error)
{
    GMimeStream *stream = NULL;
    char *bytes = arena_allocate(arena, CHUNK);
    char *mended = arena_allocate(arena, CHUNK + MIME_MEND_ROOM);
    struct mime_mend mend;
    size_t length = 0;

    if (!mime_spool_make(arena, limits->folder, 0, &stream, error)) {
        return false;
    }
    mime_mend_begin(&mend);
    mime_scan_begin(arena, limits, scan);
    do {
        if (!source->read(source->context, bytes, CHUNK, &length, error)) {
            return false;
        }
        size_t count =
            length > 0 ? mime_mend_add(&mend, bytes, length, mended) : mime_mend_end(&mend, mended);
        if (!add(arena, limits, scan, mended, count, &stream, error)) {
            return false;
        }
    } while (length > 0);
    if (!mime_scan_end(scan, error) || !hide_fields(stream, scan, error)) {
        return false;
    }
    g_mime_stream_reset(stream);
    *stream_out = stream;
    return true;
}
