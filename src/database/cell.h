/*
 * cell.h - one value on its way into or out of a database column.
 *
 * The types are ours; each dialect knows how its engine stores them:
 *
 *   TEXT      Unicode text, exact, compared by bytes
 *   INTEGER   64-bit signed
 *   DECIMAL   exact, up to 18 digits, of the column's scale
 *   BOOLEAN   true or false
 *   DATE      days since 1970-01-01
 *   MOMENT    milliseconds since 1970-01-01T00:00:00Z
 *   UUID      16 bytes
 *   BYTES     binary, ordered by bytes: sort keys, digests, pieces of files
 *
 * Memory: text and bytes are borrowed.
 */
#ifndef DATABASE_CELL_H
#define DATABASE_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"
#include "base/uuid.h"

struct arena;

enum column_type {
    COLUMN_TEXT,
    COLUMN_INTEGER,
    COLUMN_DECIMAL,
    COLUMN_BOOLEAN,
    COLUMN_DATE,
    COLUMN_MOMENT,
    COLUMN_UUID,
    COLUMN_BYTES,
};

struct cell {
    enum column_type type;
    bool is_null;
    uint8_t scale; /* DECIMAL: the column's scale, also when null */
    union {
        const char *text;
        int64_t integer;
        struct decimal decimal;
        bool boolean;
        int32_t date;
        int64_t moment;
        struct uuid uuid;
        struct {
            const void *data;
            size_t length;
        } bytes;
    };
};

/* Short ways to make one. text or data NULL makes a null. */
struct cell cell_null(enum column_type type);
struct cell cell_text(const char *text);
struct cell cell_integer(int64_t integer);
struct cell cell_decimal(struct decimal decimal);
struct cell cell_boolean(bool boolean);
struct cell cell_date(int32_t date);
struct cell cell_moment(int64_t moment);
struct cell cell_uuid(const struct uuid *uuid);
struct cell cell_bytes(const void *data, size_t length);

/* The cell with a copy of its text or bytes. */
struct cell cell_copy(struct arena *arena, const struct cell *cell);

#endif
