/*
 * file.h - files of records: kept in pieces of 256 KB, written and read as streams.
 *
 * A file is staged in short transactions of its own before the write that links it, one of a
 * single piece in one; what is never linked is swept by those that are staged later. Memory stays
 * constant whatever the size.
 */
#ifndef RECORD_FILE_H
#define RECORD_FILE_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct error;
struct field;
struct file;
struct record;
struct uuid;

/* Stores the bytes that file->read gives and sets its id and size. Fails with LIMIT_EXCEEDED
 * beyond what the field allows, leaving nothing behind. */
must_check bool file_stage(struct call *call, const struct field *field, struct file *file,
                           struct error *error);

/* The same within a transaction that has begun, and is undone with it: for small files of many
 * records. */
must_check bool file_stage_within(struct call *call, const struct field *field, struct file *file,
                                  struct error *error);

/* Fills in name, media type, size and a reader for a stored file. */
must_check bool file_open(struct call *call, const struct uuid *id, struct file **file_out,
                          struct error *error);

/* Deletes a staged file; nothing happens when a record has it. */
must_check bool file_drop(struct call *call, const struct uuid *id, struct error *error);

/* Deletes a few of the files that no record has linked for more than a day. */
must_check bool file_sweep(struct call *call, struct error *error);

#endif
