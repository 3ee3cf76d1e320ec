/*
 * security_note.h - what ordinary writes change of who may what, noted for the log of security.
 *
 * The record's own history tells the same by its fields; the log tells it beside what was done by
 * other ways, in one order. Every function answers true at once for other entities.
 */
#ifndef RECORD_SECURITY_NOTE_H
#define RECORD_SECURITY_NOTE_H

#include <stdbool.h>

#include "base/attributes.h"

struct error;
struct write;

/* After the row was written. */
must_check bool security_note_write(const struct write *write, struct error *error);

/* After it has gone. What the record held, or who held it, went with it, and is not noted. */
must_check bool security_note_deleted(const struct write *write, struct error *error);

#endif
