/*
 * file.h - a file read as a whole, within a bound; bytes written, all of them.
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

#endif
