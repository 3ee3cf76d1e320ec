/*
 * storage.c - turns cells into the bytes that are bound, and back.
 */
#include <errno.h>
#include <inttypes.h>
#include <sql.h>
#include <sqlext.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "database/storage.h"

enum { MILLISECONDS_OF_DAY = 86400000, NANOSECONDS_OF_MILLISECOND = 1000000 };

/* ---- text and bytes: as they are ---- */

static bool read_text(const void *bytes, size_t length, struct cell *cell_out)
{
    (void)length;
    cell_out->text = bytes;
    return true;
}

static bool read_bytes(const void *bytes, size_t length, struct cell *cell_out)
{
    cell_out->bytes.data = bytes;
    cell_out->bytes.length = length;
    return true;
}

/* ---- numbers ---- */

static bool write_integer(const struct cell *cell, void *bytes, size_t *length_out)
{
    memcpy(bytes, &cell->integer, sizeof(cell->integer));
    *length_out = sizeof(cell->integer);
    return true;
}

static bool read_integer(const void *bytes, size_t length, struct cell *cell_out)
{
    memcpy(&cell_out->integer, bytes, sizeof(cell_out->integer));
    return length == sizeof(cell_out->integer);
}

static bool read_integer_text(const void *bytes, size_t length, struct cell *cell_out)
{
    const char *text = bytes;
    char *end = NULL;

    errno = 0;
    cell_out->integer = strtoll(text, &end, 10);
    return length > 0 && errno == 0 && end == text + length;
}

static bool write_decimal(const struct cell *cell, void *bytes, size_t *length_out)
{
    struct decimal value;

    if (!decimal_rescale(cell->decimal, cell->scale, &value)) {
        return false;
    }
    decimal_format(value, bytes);
    *length_out = strlen(bytes);
    return true;
}

static bool read_decimal(const void *bytes, size_t length, struct cell *cell_out)
{
    struct decimal value;

    (void)length;
    return decimal_parse(bytes, &value) &&
           decimal_rescale(value, cell_out->scale, &cell_out->decimal);
}

static bool write_scaled_integer(const struct cell *cell, void *bytes, size_t *length_out)
{
    struct decimal value;

    if (!decimal_rescale(cell->decimal, cell->scale, &value)) {
        return false;
    }
    memcpy(bytes, &value.digits, sizeof(value.digits));
    *length_out = sizeof(value.digits);
    return true;
}

static bool read_scaled_integer(const void *bytes, size_t length, struct cell *cell_out)
{
    memcpy(&cell_out->decimal.digits, bytes, sizeof(cell_out->decimal.digits));
    cell_out->decimal.scale = cell_out->scale;
    return length == sizeof(cell_out->decimal.digits);
}

static bool write_boolean(const struct cell *cell, void *bytes, size_t *length_out)
{
    *(unsigned char *)bytes = cell->boolean;
    *length_out = 1;
    return true;
}

static bool write_boolean_number(const struct cell *cell, void *bytes, size_t *length_out)
{
    int64_t number = cell->boolean;

    memcpy(bytes, &number, sizeof(number));
    *length_out = sizeof(number);
    return true;
}

static bool read_boolean_number(const void *bytes, size_t length, struct cell *cell_out)
{
    int64_t number;

    memcpy(&number, bytes, sizeof(number));
    cell_out->boolean = number != 0;
    return length == sizeof(number);
}

static bool read_boolean(const void *bytes, size_t length, struct cell *cell_out)
{
    (void)length;
    cell_out->boolean = *(const unsigned char *)bytes != 0;
    return true;
}

static bool read_boolean_text(const void *bytes, size_t length, struct cell *cell_out)
{
    char letter = *(const char *)bytes;

    cell_out->boolean = letter == 't';
    return length == 1 && (letter == 't' || letter == 'f');
}

/* ---- time ---- */

static bool write_date(const struct cell *cell, void *bytes, size_t *length_out)
{
    SQL_DATE_STRUCT date;
    int year, month, day;

    date_split(cell->date, &year, &month, &day);
    date = (SQL_DATE_STRUCT){
        .year = (SQLSMALLINT)year, .month = (SQLUSMALLINT)month, .day = (SQLUSMALLINT)day};
    memcpy(bytes, &date, sizeof(date));
    *length_out = sizeof(date);
    return true;
}

static bool read_date(const void *bytes, size_t length, struct cell *cell_out)
{
    SQL_DATE_STRUCT date;

    (void)length;
    memcpy(&date, bytes, sizeof(date));
    return date_join(date.year, date.month, date.day, &cell_out->date);
}

static bool write_day_count(const struct cell *cell, void *bytes, size_t *length_out)
{
    int64_t days = cell->date;

    memcpy(bytes, &days, sizeof(days));
    *length_out = sizeof(days);
    return true;
}

static bool read_day_count(const void *bytes, size_t length, struct cell *cell_out)
{
    int64_t days;

    memcpy(&days, bytes, sizeof(days));
    cell_out->date = (int32_t)days;
    return length == sizeof(days) && days == cell_out->date;
}

static bool write_moment(const struct cell *cell, void *bytes, size_t *length_out)
{
    SQL_TIMESTAMP_STRUCT moment;
    int64_t days = cell->moment / MILLISECONDS_OF_DAY;
    int64_t rest = cell->moment % MILLISECONDS_OF_DAY;
    int year, month, day;

    if (rest < 0) {
        days--;
        rest += MILLISECONDS_OF_DAY;
    }
    date_split((int32_t)days, &year, &month, &day);
    moment = (SQL_TIMESTAMP_STRUCT){
        .year = (SQLSMALLINT)year,
        .month = (SQLUSMALLINT)month,
        .day = (SQLUSMALLINT)day,
        .hour = (SQLUSMALLINT)(rest / 3600000),
        .minute = (SQLUSMALLINT)(rest / 60000 % 60),
        .second = (SQLUSMALLINT)(rest / 1000 % 60),
        .fraction = (SQLUINTEGER)(rest % 1000) * NANOSECONDS_OF_MILLISECOND,
    };
    memcpy(bytes, &moment, sizeof(moment));
    *length_out = sizeof(moment);
    return true;
}

static bool read_moment(const void *bytes, size_t length, struct cell *cell_out)
{
    SQL_TIMESTAMP_STRUCT moment;
    int32_t days;

    (void)length;
    memcpy(&moment, bytes, sizeof(moment));
    if (!date_join(moment.year, moment.month, moment.day, &days)) {
        return false;
    }
    cell_out->moment = (int64_t)days * MILLISECONDS_OF_DAY + moment.hour * 3600000 +
                       moment.minute * 60000 + moment.second * 1000 +
                       moment.fraction / NANOSECONDS_OF_MILLISECOND;
    return true;
}

static bool read_date_text(const void *bytes, size_t length, struct cell *cell_out)
{
    return length == DATE_TEXT_SIZE - 1 && date_parse(bytes, &cell_out->date);
}

/* SQL has a blank where XML has a T. */
static bool read_moment_text(const void *bytes, size_t length, struct cell *cell_out)
{
    char text[MOMENT_TEXT_SIZE];
    enum moment_zone zone;

    if (length < DATE_TEXT_SIZE || length >= sizeof(text)) {
        return false;
    }
    memcpy(text, bytes, length);
    text[length] = '\0';
    text[DATE_TEXT_SIZE - 1] = 'T';
    return moment_parse(text, &cell_out->moment, &zone) && zone == MOMENT_WITHOUT_ZONE;
}

/* A moment is an integer in the same union. */
static bool write_millisecond_count(const struct cell *cell, void *bytes, size_t *length_out)
{
    memcpy(bytes, &cell->moment, sizeof(cell->moment));
    *length_out = sizeof(cell->moment);
    return true;
}

static bool read_millisecond_count(const void *bytes, size_t length, struct cell *cell_out)
{
    memcpy(&cell_out->moment, bytes, sizeof(cell_out->moment));
    return length == sizeof(cell_out->moment);
}

/* ---- ids ---- */

static bool write_uuid_text(const struct cell *cell, void *bytes, size_t *length_out)
{
    uuid_format(&cell->uuid, bytes);
    *length_out = UUID_TEXT_SIZE - 1;
    return true;
}

static bool read_uuid_text(const void *bytes, size_t length, struct cell *cell_out)
{
    (void)length;
    return uuid_parse(bytes, &cell_out->uuid);
}

static bool write_uuid_bytes(const struct cell *cell, void *bytes, size_t *length_out)
{
    memcpy(bytes, &cell->uuid, sizeof(cell->uuid));
    *length_out = sizeof(cell->uuid);
    return true;
}

static bool read_uuid_bytes(const void *bytes, size_t length, struct cell *cell_out)
{
    if (length != sizeof(cell_out->uuid)) {
        return false;
    }
    memcpy(&cell_out->uuid, bytes, sizeof(cell_out->uuid));
    return true;
}

const struct storage storage_text = {
    .c_type = SQL_C_CHAR,
    .sql_type = SQL_VARCHAR,
    .read = read_text,
};
const struct storage storage_bytes = {
    .c_type = SQL_C_BINARY,
    .sql_type = SQL_VARBINARY,
    .read = read_bytes,
};
const struct storage storage_bytes_anew = {
    .c_type = SQL_C_BINARY,
    .sql_type = SQL_VARBINARY,
    .is_bound_anew = true,
    .read = read_bytes,
};
const struct storage storage_integer = {
    .c_type = SQL_C_SBIGINT,
    .sql_type = SQL_BIGINT,
    .size = sizeof(int64_t),
    .column_size = 19,
    .write = write_integer,
    .read = read_integer,
};
const struct storage storage_integer_text = {
    .c_type = SQL_C_CHAR,
    .read = read_integer_text,
};
const struct storage storage_decimal = {
    .c_type = SQL_C_CHAR,
    .sql_type = SQL_DECIMAL,
    .size = 64, /* a sum may answer more digits than we accept */
    .column_size = DECIMAL_DIGITS,
    .decimal_digits = -1,
    .write = write_decimal,
    .read = read_decimal,
};
const struct storage storage_scaled_integer = {
    .c_type = SQL_C_SBIGINT,
    .sql_type = SQL_BIGINT,
    .size = sizeof(int64_t),
    .column_size = 19,
    .write = write_scaled_integer,
    .read = read_scaled_integer,
};
const struct storage storage_boolean = {
    .c_type = SQL_C_BIT,
    .sql_type = SQL_BIT,
    .size = 1,
    .column_size = 1,
    .write = write_boolean,
    .read = read_boolean,
};
const struct storage storage_boolean_text = {
    .c_type = SQL_C_CHAR,
    .read = read_boolean_text,
};
const struct storage storage_boolean_number = {
    .c_type = SQL_C_SBIGINT,
    .sql_type = SQL_BIGINT,
    .size = sizeof(int64_t),
    .column_size = 19,
    .write = write_boolean_number,
    .read = read_boolean_number,
};
const struct storage storage_date = {
    .c_type = SQL_C_TYPE_DATE,
    .sql_type = SQL_TYPE_DATE,
    .size = sizeof(SQL_DATE_STRUCT),
    .column_size = 10,
    .write = write_date,
    .read = read_date,
};
const struct storage storage_day_count = {
    .c_type = SQL_C_SBIGINT,
    .sql_type = SQL_BIGINT,
    .size = sizeof(int64_t),
    .column_size = 19,
    .write = write_day_count,
    .read = read_day_count,
};
const struct storage storage_moment = {
    .c_type = SQL_C_TYPE_TIMESTAMP,
    .sql_type = SQL_TYPE_TIMESTAMP,
    .size = sizeof(SQL_TIMESTAMP_STRUCT),
    .column_size = 23,
    .decimal_digits = 3,
    .write = write_moment,
    .read = read_moment,
};
const struct storage storage_date_text = {
    .c_type = SQL_C_CHAR,
    .size = DATE_TEXT_SIZE,
    .read = read_date_text,
};
const struct storage storage_moment_text = {
    .c_type = SQL_C_CHAR,
    .size = MOMENT_TEXT_SIZE,
    .read = read_moment_text,
};
const struct storage storage_millisecond_count = {
    .c_type = SQL_C_SBIGINT,
    .sql_type = SQL_BIGINT,
    .size = sizeof(int64_t),
    .column_size = 19,
    .write = write_millisecond_count,
    .read = read_millisecond_count,
};
const struct storage storage_uuid = {
    .c_type = SQL_C_CHAR,
    .sql_type = SQL_GUID,
    .size = UUID_TEXT_SIZE,
    .column_size = UUID_TEXT_SIZE - 1,
    .write = write_uuid_text,
    .read = read_uuid_text,
};
const struct storage storage_uuid_text = {
    .c_type = SQL_C_CHAR,
    .sql_type = SQL_CHAR,
    .size = UUID_TEXT_SIZE,
    .column_size = UUID_TEXT_SIZE - 1,
    .write = write_uuid_text,
    .read = read_uuid_text,
};
const struct storage storage_uuid_bytes = {
    .c_type = SQL_C_BINARY,
    .sql_type = SQL_BINARY,
    .size = sizeof(struct uuid),
    .column_size = sizeof(struct uuid),
    .write = write_uuid_bytes,
    .read = read_uuid_bytes,
};
