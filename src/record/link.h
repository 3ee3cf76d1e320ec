/*
 * link.h - ties staged files to the record that a write makes or changes.
 */
#ifndef RECORD_LINK_H
#define RECORD_LINK_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct error;
struct field;
struct uuid;
struct write;

/* Links the file of the field as it will be, and lets go of the one before. Fails with
 * REFERENCE_NOT_FOUND when there is no such staged file. */
must_check bool link_file(struct write *write, const struct field *field, struct error *error);

/* Lets go of a file: it will be swept. */
must_check bool link_drop(struct call *call, const struct uuid *file_id, struct error *error);

#endif
