/*
 * spool.c - files without a name, and streams of GMime's over them or over memory.
 */
#define _GNU_SOURCE /* memfd_create */
#include "mime/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/file.h"
#include "mime/mend.h"
#include "mime/mime.h"
#include "mime/scan.h"

enum { CHUNK = 64 * 1024, IN_MEMORY = 256 * 1024 };

static bool say_no_room(struct error *error)
{
    error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
    return error_add_cause(error, "%s", strerror(errno));
}

/* ---- files ---- */

/* Whoever asks closes it. */
static bool open_on_disk(const char *folder, int *file_out, struct error *error)
{
    *file_out = file_make_nameless(folder);
    if (*file_out < 0) {
        error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
        return error_add_cause(error, "cannot make a file in %s: %s", folder, strerror(errno));
    }
    return true;
}

static bool make_on_disk(struct arena *arena, const char *folder, int *file_out,
                         struct error *error)
{
    if (!open_on_disk(folder, file_out, error)) {
        return false;
    }
    descriptor_close_with(arena, *file_out);
    return true;
}

/* The same file, only to be read. */
static bool open_again(struct arena *arena, int file, int *reading_out, struct error *error)
{
    int reading = open(arena_format(arena, "/proc/self/fd/%d", file), O_RDONLY | O_CLOEXEC);

    if (reading < 0) {
        return say_no_room(error);
    }
    descriptor_close_with(arena, reading);
    *reading_out = reading;
    return true;
}

static bool make_in_memory(struct arena *arena, int *file_out, struct error *error)
{
    int file = memfd_create("mail", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (file < 0) {
        return say_no_room(error);
    }
    descriptor_close_with(arena, file);
    *file_out = file;
    return true;
}

bool mime_spool_file(struct arena *arena, const char *folder, int64_t size, int *file_out,
                     struct error *error)
{
    return size <= IN_MEMORY ? make_in_memory(arena, file_out, error)
                             : make_on_disk(arena, folder, file_out, error);
}

/* ---- streams ---- */

static void unref(void *object)
{
    g_object_unref(object);
}

void mime_unref_with(struct arena *arena, void *object)
{
    arena_on_release(arena, unref, object);
}

/* Over a descriptor of its own, which it closes. */
static bool stream_over(struct arena *arena, int file, GMimeStream **stream_out,
                        struct error *error)
{
    int own = fcntl(file, F_DUPFD_CLOEXEC, 0);

    if (own < 0) {
        return say_no_room(error);
    }
    *stream_out = g_mime_stream_fs_new(own);
    mime_unref_with(arena, *stream_out);
    return true;
}

bool mime_spool_make(struct arena *arena, const char *folder, int64_t size,
                     GMimeStream **stream_out, struct error *error)
{
    int file = -1;

    if (size > IN_MEMORY && !open_on_disk(folder, &file, error)) {
        return false;
    }
    *stream_out = file < 0 ? g_mime_stream_mem_new() : g_mime_stream_fs_new(file);
    mime_unref_with(arena, *stream_out);
    return true;
}

bool mime_scratch_make(struct arena *arena, struct mime_scratch *scratch, int64_t size,
                       GMimeStream **stream_out, struct error *error)
{
    if (scratch->file < 0 || size <= IN_MEMORY) {
        return mime_spool_make(arena, scratch->folder, size, stream_out, error);
    }
    int own = fcntl(scratch->file, F_DUPFD_CLOEXEC, 0);
    if (own < 0) {
        return say_no_room(error);
    }
    *stream_out = g_mime_stream_fs_new_with_bounds(own, scratch->used, scratch->used + size);
    mime_unref_with(arena, *stream_out);
    scratch->used += size;
    return true;
}

/* What is small is read at once: GMime asks for a few bytes at a time. */
bool mime_spool_stream(struct arena *arena, const struct mime_spool *spool,
                       GMimeStream **stream_out, struct error *error)
{
    if (spool->size > IN_MEMORY) {
        return stream_over(arena, spool->file, stream_out, error);
    }
    char *bytes = arena_allocate(arena, (size_t)spool->size);
    if (pread(spool->file, bytes, (size_t)spool->size, 0) != spool->size) {
        return error_set(error, ERROR_INTERNAL, NULL, "The message cannot be read");
    }
    *stream_out = g_mime_stream_mem_new_with_buffer(bytes, (size_t)spool->size);
    mime_unref_with(arena, *stream_out);
    return true;
}

/* ---- filling ---- */

/* A message while it comes in: in memory until it is no longer small. */
struct filling {
    struct arena *arena;
    const char *folder;
    int file;    /* to be written */
    int reading; /* the same, only to be read; -1: it is in memory */
    int64_t size;
};

static bool move_to_disk(struct filling *filling, struct error *error)
{
    int memory = filling->file;
    char *bytes = arena_allocate(filling->arena, (size_t)filling->size);

    if (!make_on_disk(filling->arena, filling->folder, &filling->file, error) ||
        !open_again(filling->arena, filling->file, &filling->reading, error)) {
        return false;
    }
    return (pread(memory, bytes, (size_t)filling->size, 0) == filling->size &&
            ftruncate(memory, 0) == 0 &&
            file_write_all(filling->file, bytes, (size_t)filling->size)) ||
           say_no_room(error);
}

static bool add(struct filling *filling, const char *bytes, size_t length, struct error *error)
{
    bool is_small = filling->size + (int64_t)length <= IN_MEMORY;

    if (!is_small && filling->reading < 0 && !move_to_disk(filling, error)) {
        return false;
    }
    filling->size += (int64_t)length;
    return file_write_all(filling->file, bytes, length) || say_no_room(error);
}

static bool rename_fields(const struct filling *filling, const struct array *begins, char letter,
                          struct error *error)
{
    for (size_t i = 0; i < begins->count; i++) {
        const int64_t *begin = begins->items[i];
        if (pwrite(filling->file, &letter, 1, *begin) != 1) {
            return say_no_room(error);
        }
    }
    return true;
}

/* What no parser may see has another name for it, by one letter; so have, by another, long lists of
 * addresses, which we read ourselves (address.c). */
static bool hide_fields(const struct filling *filling, const struct mime_scan *scan,
                        struct error *error)
{
    return (!scan->has_long_lists ||
            rename_fields(filling, &scan->lists, MIME_FIELD_MARK, error)) &&
           rename_fields(filling, &scan->hidden, 'X', error);
}

/* From now on nobody writes to it. */
static bool close_filling(struct filling *filling, const struct mime_scan *scan,
                          struct mime_spool *spool_out, struct error *error)
{
    const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    bool is_in_memory = filling->reading < 0;

    if (is_in_memory && fcntl(filling->file, F_ADD_SEALS, seals) != 0) {
        return say_no_room(error);
    }
    *spool_out = (struct mime_spool){
        .file = is_in_memory ? filling->file : filling->reading,
        .scratch = -1,
        .size = filling->size,
        .header_begin = scan->header_begin,
        .header_end = scan->header_end,
        .has_header = scan->header_lines > 0,
        .is_hostile = scan->is_hostile,
        .has_long_lists = scan->has_long_lists_within,
        .is_cut = scan->hidden.count > 0,
    };
    return true;
}

bool mime_spool_fill(struct arena *arena, const struct mime_source *source,
                     const struct mime_limits *limits, struct mime_spool *spool_out,
                     struct error *error)
{
    struct filling filling = {.arena = arena, .folder = limits->folder, .reading = -1};
    char *bytes = arena_allocate(arena, CHUNK);
    char *mended = arena_allocate(arena, CHUNK + MIME_MEND_ROOM);
    struct mime_mend mend;
    struct mime_scan scan;
    size_t length = 0;

    if (!make_in_memory(arena, &filling.file, error)) {
        return false;
    }
    mime_mend_begin(&mend);
    mime_scan_begin(arena, limits, &scan);
    do {
        if (!source->read(source->context, bytes, CHUNK, &length, error)) {
            return false;
        }
        size_t count =
            length > 0 ? mime_mend_add(&mend, bytes, length, mended) : mime_mend_end(&mend, mended);
        if (!mime_scan_add(&scan, mended, count, error) || !add(&filling, mended, count, error)) {
            return false;
        }
    } while (length > 0);
    return mime_scan_end(&scan, error) && hide_fields(&filling, &scan, error) &&
           close_filling(&filling, &scan, spool_out, error);
}
