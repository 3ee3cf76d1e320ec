/*
 * storage.h - the forms in which a cell passes through ODBC, and the buffers bound for it.
 *
 * A storage says which C type is bound and turns a cell into its bytes and back; a dialect
 * names one storage for each column type. A slot is one bound buffer: of a parameter or of a
 * result column.
 *
 * Memory: slots and their buffers live in the arena of their statement.
 */
#ifndef DATABASE_STORAGE_H
#define DATABASE_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "database/cell.h"

struct storage {
    short c_type;
    short sql_type;
    size_t size;          /* bytes of the buffer; 0: as long as the value */
    size_t column_size;   /* as ODBC counts it; 0: the capacity of the buffer */
    short decimal_digits; /* -1: the scale of the cell */
    bool is_bound_anew;   /* with each value: the driver keeps the length that it saw first */

    /* Writes the bytes and their number. False when the cell does not fit its scale.
     * Unused where size is 0. */
    bool (*write)(const struct cell *cell, void *bytes, size_t *length_out);

    /* Reads the bytes into a cell whose type and scale are set. False when they are not one. */
    bool (*read)(const void *bytes, size_t length, struct cell *cell_out);
};

extern const struct storage storage_text;              /* UTF-8 */
extern const struct storage storage_bytes;             /* binary */
extern const struct storage storage_bytes_anew;        /* binary, bound anew with each value */
extern const struct storage storage_integer;           /* 64 bits */
extern const struct storage storage_integer_text;      /* only read: digits */
extern const struct storage storage_decimal;           /* the engine's exact decimal, as digits */
extern const struct storage storage_scaled_integer;    /* a decimal as 64-bit count of its scale */
extern const struct storage storage_boolean;           /* the engine's bit */
extern const struct storage storage_boolean_number;    /* a boolean as 0 or 1 */
extern const struct storage storage_boolean_text;      /* only read: t or f */
extern const struct storage storage_date;              /* the engine's date */
extern const struct storage storage_day_count;         /* a date as days since 1970 */
extern const struct storage storage_date_text;         /* only read: yyyy-mm-dd */
extern const struct storage storage_moment;            /* the engine's timestamp */
extern const struct storage storage_moment_text;       /* only read: yyyy-mm-dd hh:mm:ss.fff */
extern const struct storage storage_millisecond_count; /* a moment as milliseconds since 1970 */
extern const struct storage storage_uuid;              /* the engine's uuid */
extern const struct storage storage_uuid_text;         /* a uuid as 36 ASCII characters */
extern const struct storage storage_uuid_bytes;        /* a uuid as 16 bytes */

#endif
