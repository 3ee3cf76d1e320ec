/*
 * row_text.h - a row that came as one text, taken apart.
 *
 * PostgreSQL writes a row as (a,"b, ""c""",,d): values by commas, nothing for a null, quotation
 * marks around what would be mistaken, and marks and backslashes in them doubled.
 *
 * Memory: values are taken apart where they lie; the text is written over.
 */
#ifndef DATABASE_ROW_TEXT_H
#define DATABASE_ROW_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

/* One value: text ends with a NUL; NULL is null. */
struct row_text_value {
    char *text;
    size_t length;
};

/* Takes a row of so many values apart; text[length] must be writable. False when it is no such
 * row. */
must_check bool row_text_split(char *text, size_t length, struct row_text_value *values,
                               size_t count);

/* Makes bytes of their text, "\x00ff", in its place; false when it is none. */
must_check bool row_text_read_bytes(struct row_text_value *value);

#endif
