/*
 * file.c - a file read as a whole, within a bound; bytes written, all of them; files without a
 * name.
 */
#define _GNU_SOURCE /* mkostemp */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

enum { READ_SIZE = 16384 };

static bool fail(const char *path, int number, struct error *error)
{
    return error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s: %s", path, strerror(number));
}

static bool read_all(int descriptor, const char *path, size_t limit, struct buffer *buffer,
                     struct error *error)
{
    for (;;) {
        char *room = buffer_reserve(buffer, READ_SIZE);
        ssize_t length = read(descriptor, room, READ_SIZE);
        if (length < 0 && errno == EINTR) {
            continue;
        }
        if (length < 0) {
            return fail(path, errno, error);
        }
        if (length == 0) {
            return true;
        }
        buffer_commit(buffer, (size_t)length);
        if (buffer->length > limit) {
            return error_set(error, ERROR_FILE_UNREADABLE, NULL,
                             "%s: the file has more than %zu bytes", path, limit);
        }
    }
}

bool file_read(struct arena *arena, const char *path, size_t limit, char **bytes_out,
               size_t *length_out, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return fail(path, errno, error);
    }
    struct buffer buffer;
    buffer_init(&buffer, arena, READ_SIZE);
    bool done = read_all(descriptor, path, limit, &buffer, error);
    close(descriptor);
    if (done) {
        *bytes_out = buffer.bytes;
        *length_out = buffer.length;
    }
    return done;
}

bool file_write_all(int descriptor, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(descriptor, bytes, length);

        if (count < 0 && errno != EINTR) {
            return false;
        }
        bytes += count < 0 ? 0 : count;
        length -= count < 0 ? 0 : (size_t)count;
    }
    return true;
}

/* Not O_TMPFILE: not every file system has it. */
int file_make_nameless(const char *folder)
{
    struct arena *scratch = arena_create();
    char *name = arena_format(scratch, "%s/svyaz-XXXXXX", folder);
    int file = mkostemp(name, O_CLOEXEC);

    if (file >= 0) {
        unlink(name);
    }
    arena_destroy(&scratch);
    return file;
}
