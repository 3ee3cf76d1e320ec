/*
 * encode.h - writes structs and records as elements, in the order of the schema.
 *
 * Absent and null are left out; an empty list is written empty. The contents of files are not
 * written: the encoder notes where they belong, and the answer streams them.
 *
 * Memory: what is noted lives in the arena of the encoder.
 * Threads: an encoder belongs to one thread.
 */
#ifndef SOAP_ENCODE_H
#define SOAP_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/buffer.h"

struct arena;
struct file;
struct record;
struct wire_type;

/* A file whose content belongs at an offset of the text, or goes into a part of its own. */
struct encoded_file {
    size_t offset;
    struct file *file;
    const char *id; /* Content-ID of the part; NULL: base64 at the offset */
};

struct encoder {
    struct buffer text;
    struct array files; /* struct encoded_file * */
    bool is_mtom;
};

void encode_begin(struct encoder *encoder, struct arena *arena, bool is_mtom);

/* Writes the members of a struct, without a tag around them. */
void encode_members(struct encoder *encoder, const struct wire_type *type, const void *place);

/* Writes text with the characters escaped that XML does not allow as they are. */
void encode_text(struct buffer *buffer, const char *text);

/* ---- between the files named encode*.c ---- */

void encode_record_members(struct encoder *encoder, const struct wire_type *type,
                           const struct record *record);
struct reference;
void encode_reference_members(struct encoder *encoder, const struct reference *reference);
void encode_integer(struct buffer *buffer, int64_t integer);

#endif
