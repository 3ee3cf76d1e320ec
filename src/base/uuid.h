/*
 * uuid.h - ids: UUID version 7 (RFC 9562), written in lower case with hyphens.
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

enum { UUID_TEXT_SIZE = 37 };

struct uuid {
    uint8_t bytes[16];
};

/* Makes a version 7 id from a time in milliseconds since 1970 and ten random bytes. */
struct uuid uuid_make(int64_t now_ms, const uint8_t random[10]);

/* Reads 8-4-4-4-12 hexadecimal digits, in either case, braces allowed; false when it is not one. */
must_check bool uuid_parse(const char *text, struct uuid *uuid_out);

void uuid_format(const struct uuid *uuid, char text[UUID_TEXT_SIZE]);

bool uuid_is_equal(const struct uuid *left, const struct uuid *right);

/* Below, at or above zero as left comes before, is, or comes after right; fits qsort, bsearch. */
int uuid_compare(const void *left, const void *right);

/* Sorts and leaves each id once; answers how many are left. */
size_t uuid_sort_unique(struct uuid *ids, size_t count);

/* True for the id of all zeros, which stands for "none". */
bool uuid_is_empty(const struct uuid *uuid);

#endif
