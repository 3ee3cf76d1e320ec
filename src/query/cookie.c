/*
 * cookie.c - writes and reads paging cookies, trusting nothing before the signature.
 */
#include "query/cookie.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "call/call.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "query/operator.h"
#include "query/tree.h"

enum {
    VERSION = 1,
    DIGEST_SIZE = 16,
    SIGNATURE_SIZE = 16,
    HEAD_SIZE = 1 + DIGEST_SIZE,
    TEXT_MAX = 8192, /* nine sort keys fit */
    LENGTH_SIZE = 2,
    NUMBER_SIZE = 8,
};

enum cell_mark { MARK_NULL, MARK_SET };

/* Bytes still to be read. */
struct remaining {
    const uint8_t *bytes;
    size_t length;
};

/* ---- cells as bytes ---- */

static void write_number(struct buffer *bytes, uint64_t number, size_t size)
{
    for (size_t index = size; index > 0; index--) {
        buffer_add_char(bytes, (char)(number >> (8 * (index - 1)) & 0xFF));
    }
}

static void write_block(struct buffer *bytes, const void *data, size_t length)
{
    write_number(bytes, length, LENGTH_SIZE);
    buffer_add(bytes, data, length);
}

static void write_cell(struct buffer *bytes, const struct cell *cell)
{
    buffer_add_char(bytes, cell->is_null ? MARK_NULL : MARK_SET);
    if (cell->is_null) {
        return;
    }
    switch (cell->type) {
    case COLUMN_TEXT:
        write_block(bytes, cell->text, strlen(cell->text));
        break;
    case COLUMN_BYTES:
        write_block(bytes, cell->bytes.data, cell->bytes.length);
        break;
    case COLUMN_INTEGER:
        write_number(bytes, (uint64_t)cell->integer, NUMBER_SIZE);
        break;
    case COLUMN_MOMENT:
        write_number(bytes, (uint64_t)cell->moment, NUMBER_SIZE);
        break;
    case COLUMN_DATE:
        write_number(bytes, (uint64_t)cell->date, NUMBER_SIZE);
        break;
    case COLUMN_DECIMAL:
        write_number(bytes, (uint64_t)cell->decimal.digits, NUMBER_SIZE);
        buffer_add_char(bytes, (char)cell->decimal.scale);
        break;
    case COLUMN_BOOLEAN:
        buffer_add_char(bytes, cell->boolean);
        break;
    case COLUMN_UUID:
        buffer_add(bytes, cell->uuid.bytes, sizeof(cell->uuid.bytes));
        break;
    }
}

static bool read_number(struct remaining *remaining, size_t size, uint64_t *number_out)
{
    if (remaining->length < size) {
        return false;
    }
    uint64_t number = 0;
    for (size_t index = 0; index < size; index++) {
        number = number << 8 | remaining->bytes[index];
    }
    remaining->bytes += size;
    remaining->length -= size;
    *number_out = number;
    return true;
}

static bool read_block(struct remaining *remaining, size_t length, const void **data_out)
{
    if (remaining->length < length) {
        return false;
    }
    *data_out = remaining->bytes;
    remaining->bytes += length;
    remaining->length -= length;
    return true;
}

static bool read_bytes(struct remaining *remaining, struct cell *cell)
{
    uint64_t length = 0;
    return read_number(remaining, LENGTH_SIZE, &length) && length <= FIELD_SORT_BYTES &&
           read_block(remaining, (size_t)length, &cell->bytes.data) &&
           ((cell->bytes.length = (size_t)length), true);
}

static bool read_decimal(struct remaining *remaining, struct cell *cell)
{
    uint64_t digits = 0;
    uint64_t scale = 0;
    if (!read_number(remaining, NUMBER_SIZE, &digits) || !read_number(remaining, 1, &scale) ||
        scale != cell->scale) {
        return false;
    }
    cell->decimal = (struct decimal){.digits = (int64_t)digits, .scale = (uint8_t)scale};
    return true;
}

static bool read_uuid(struct remaining *remaining, struct cell *cell)
{
    const void *bytes = NULL;
    if (!read_block(remaining, sizeof(cell->uuid.bytes), &bytes)) {
        return false;
    }
    memcpy(cell->uuid.bytes, bytes, sizeof(cell->uuid.bytes));
    return true;
}

static bool read_integer(struct remaining *remaining, struct cell *cell)
{
    uint64_t number = 0;
    if (!read_number(remaining, cell->type == COLUMN_BOOLEAN ? 1 : NUMBER_SIZE, &number)) {
        return false;
    }
    int64_t integer = (int64_t)number;
    switch (cell->type) {
    case COLUMN_DATE:
        cell->date = (int32_t)integer;
        return cell->date == integer;
    case COLUMN_MOMENT:
        cell->moment = integer;
        return true;
    case COLUMN_BOOLEAN:
        cell->boolean = integer != 0;
        return integer == 0 || integer == 1;
    default:
        cell->integer = integer;
        return true;
    }
}

/* Reads a cell of the order's type. */
static bool read_cell(struct remaining *remaining, const struct query_order *order,
                      struct cell *cell)
{
    uint64_t mark = 0;
    *cell = cell_null(order->type);
    cell->scale = order->scale;
    if (!read_number(remaining, 1, &mark) || mark > MARK_SET) {
        return false;
    }
    cell->is_null = mark == MARK_NULL;
    if (cell->is_null) {
        return order->is_nullable;
    }
    switch (order->type) {
    case COLUMN_BYTES:
        return read_bytes(remaining, cell);
    case COLUMN_DECIMAL:
        return read_decimal(remaining, cell);
    case COLUMN_UUID:
        return read_uuid(remaining, cell);
    case COLUMN_TEXT:
        return false; /* texts are ordered by their sort keys */
    default:
        return read_integer(remaining, cell);
    }
}

/* ---- the query a cookie belongs to ---- */

static void write_name(struct buffer *bytes, const char *name)
{
    buffer_add(bytes, name, strlen(name) + 1);
}

static void write_condition(struct buffer *bytes, const struct query_condition *condition)
{
    write_name(bytes, condition->field->name);
    write_name(bytes, condition->operator->name);
    write_number(bytes, condition->cell_count, LENGTH_SIZE);
    for (size_t cell = 0; cell < condition->cell_count; cell++) {
        write_cell(bytes, &condition->cells[cell]);
    }
    if (condition->pattern != NULL) {
        write_name(bytes, condition->pattern);
    }
}

static void write_filter(struct buffer *bytes, const struct query_filter *filter);

/* A link begins as no group does. */
static void write_link(struct buffer *bytes, const struct query_link *link)
{
    buffer_add_char(bytes, link->is_none ? '-' : '+');
    buffer_add_char(bytes, link->is_back ? '<' : '>');
    write_name(bytes, link->lookup->entity->name);
    write_name(bytes, link->lookup->name);
    write_name(bytes, link->target->name);
    buffer_add_char(bytes, link->filter == NULL ? MARK_NULL : MARK_SET);
    if (link->filter != NULL) {
        write_filter(bytes, link->filter);
    }
}

static void write_filter(struct buffer *bytes, const struct query_filter *filter)
{
    buffer_add_char(bytes, filter->is_any ? '|' : '&');
    write_number(bytes, filter->condition_count, LENGTH_SIZE);
    for (size_t index = 0; index < filter->condition_count; index++) {
        write_condition(bytes, &filter->conditions[index]);
    }
    write_number(bytes, filter->group_count, LENGTH_SIZE);
    for (size_t index = 0; index < filter->group_count; index++) {
        write_filter(bytes, filter->groups[index]);
    }
    for (size_t index = 0; index < filter->link_count; index++) {
        write_link(bytes, &filter->links[index]);
    }
}

/* Entity, orders and filter; a next page may have other columns and another size. */
static void digest_query(struct call *call, const struct query *query, uint8_t digest[SHA256_SIZE])
{
    struct buffer bytes;
    buffer_init(&bytes, call->arena, 256);
    write_name(&bytes, query->entity->name);
    for (size_t index = 0; index < query->order_count; index++) {
        const struct query_order *order = &query->orders[index];
        write_name(&bytes, order->field->name);
        buffer_add_char(&bytes, order->is_descending);
    }
    if (query->filter != NULL) {
        write_filter(&bytes, query->filter);
    }
    digest_sha256(bytes.bytes, bytes.length, digest);
}

static void sign(const struct call *call, const void *bytes, size_t length,
                 uint8_t signature[SHA256_SIZE])
{
    digest_hmac_sha256(call->platform->cookie_key, PLATFORM_KEY_SIZE, bytes, length, signature);
}

/* ---- cookies ---- */

const char *cookie_write(struct call *call, const struct query *query, const struct cell *cells)
{
    struct buffer bytes;
    uint8_t digest[SHA256_SIZE];

    buffer_init(&bytes, call->arena, 128);
    buffer_add_char(&bytes, VERSION);
    digest_query(call, query, digest);
    buffer_add(&bytes, digest, DIGEST_SIZE);
    for (size_t index = 0; index < query->order_count; index++) {
        write_cell(&bytes, &cells[index]);
    }
    sign(call, bytes.bytes, bytes.length, digest);
    buffer_add(&bytes, digest, SIGNATURE_SIZE);
    return base64_encode_url(call->arena, bytes.bytes, bytes.length);
}

static bool has_our_signature(const struct call *call, const uint8_t *bytes, size_t length)
{
    uint8_t signature[SHA256_SIZE];
    sign(call, bytes, length - SIGNATURE_SIZE, signature);
    return digest_is_equal(signature, bytes + length - SIGNATURE_SIZE, SIGNATURE_SIZE);
}

static bool is_of_query(struct call *call, const struct query *query, const uint8_t *bytes)
{
    uint8_t digest[SHA256_SIZE];
    digest_query(call, query, digest);
    return bytes[0] == VERSION && digest_is_equal(digest, bytes + 1, DIGEST_SIZE);
}

static bool read_cells(const struct query *query, struct remaining remaining, struct cell *cells)
{
    for (size_t index = 0; index < query->order_count; index++) {
        if (!read_cell(&remaining, &query->orders[index], &cells[index])) {
            return false;
        }
    }
    return remaining.length == 0;
}

bool cookie_read(struct call *call, const struct query *query, const char *text,
                 struct cell *cells_out, struct error *error)
{
    size_t text_length = strnlen(text, TEXT_MAX + 1);
    void *decoded = NULL;
    size_t length = 0;
    bool is_ours = text_length <= TEXT_MAX &&
                   base64_decode_url(call->arena, text, text_length, &decoded, &length) &&
                   length > HEAD_SIZE + SIGNATURE_SIZE && has_our_signature(call, decoded, length);
    if (!is_ours) {
        return error_set(error, ERROR_COOKIE_INVALID, "cookie", "The cookie is not one of ours");
    }
    const uint8_t *bytes = decoded;
    struct remaining remaining = {
        .bytes = bytes + HEAD_SIZE,
        .length = length - HEAD_SIZE - SIGNATURE_SIZE,
    };
    if (!is_of_query(call, query, bytes) || !read_cells(query, remaining, cells_out)) {
        return error_set(error, ERROR_COOKIE_INVALID, "cookie",
                         "The cookie belongs to another query");
    }
    return true;
}
