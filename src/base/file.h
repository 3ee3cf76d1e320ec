/*
 * file.h - a file read as a whole, within a bound; bytes written, all of them; files without a
 * name.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct error;

/* Reads the file into the arena, with a NUL after it. Fails when it cannot be read, or when it
 * has more than limit bytes. */
must_check bool file_read(struct arena *arena, const char *path, size_t limit, char **bytes_out,
                          size_t *length_out, struct error *error);

/* Writes all of the bytes to a descriptor, or fails with errno set; some may be written then. */
must_check bool file_write_all(int descriptor, const char *bytes, size_t length);

/* Makes an empty file of the folder's file system that no name leads to: it goes with its
 * descriptor, which is to be closed. -1, with errno set, where none can be made. */
int file_make_nameless(const char *folder);

#endif
