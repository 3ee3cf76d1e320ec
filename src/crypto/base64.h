/*
 * base64.h - bytes as text and back, strictly.
 *
 * Decoding accepts canonical text only: full groups of four, padding where it belongs and
 * nowhere else, unused bits zero. So one value has one text, which replay checks rely on. The
 * url variant uses - and _ and has no padding.
 *
 * Memory: results live in the arena; decoded bytes are followed by a NUL.
 */
#ifndef CRYPTO_BASE64_H
#define CRYPTO_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;

/* Characters that length bytes become, the NUL not counted. */
size_t base64_encoded_length(size_t length);

/* Writes base64_encoded_length(length) characters and no NUL. Pieces whose length is a
 * multiple of three may be encoded one after another. */
void base64_encode_into(char *text, const void *bytes, size_t length);

char *base64_encode(struct arena *arena, const void *bytes, size_t length);
char *base64_encode_url(struct arena *arena, const void *bytes, size_t length);

/* False when the text is not canonical base64. Empty text is zero bytes. */
must_check bool base64_decode(struct arena *arena, const char *text, size_t text_length,
                              void **bytes_out, size_t *length_out);
must_check bool base64_decode_url(struct arena *arena, const char *text, size_t text_length,
                                  void **bytes_out, size_t *length_out);

/* What to do with blanks and line breaks between the characters. */
enum base64_space { BASE64_SPACE_REFUSED, BASE64_SPACE_SKIPPED };

/* Decodes text that comes in pieces, cut anywhere. */
struct base64_decoder {
    enum base64_space space;
    uint32_t group;     /* bits of the unfinished group */
    uint8_t characters; /* of the unfinished group, padding included */
    uint8_t padding;    /* seen so far; once seen, nothing but the end of the text may follow */
};

void base64_decoder_init(struct base64_decoder *decoder, enum base64_space space);

/* Decodes one piece. bytes needs room for 3 * (length / 4 + 1). False when not canonical. */
must_check bool base64_decoder_add(struct base64_decoder *decoder, const char *text, size_t length,
                                   void *bytes, size_t *length_out);

/* True when the text may end here. */
must_check bool base64_decoder_finish(const struct base64_decoder *decoder);

#endif
