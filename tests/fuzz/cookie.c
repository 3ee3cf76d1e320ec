/*
 * cookie.c - fuzz target: any text as a paging cookie, and any bytes behind a right signature.
 *
 * The first two bytes choose the orders of the query. The rest is read once as it came, and once
 * with the digest and the signature that let it through to the cells. What is accepted must be
 * written back as the same text: a cookie has one form.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "call/call.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "query/cookie.h"
#include "query/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_SIZE = 17, SIGNATURE_SIZE = 16, CELLS_MAX = 4096 };

static const struct field field = {.name = "field"};
static const struct entity entity = {.name = "Entity"};

static const struct query_order kinds[] = {
    {.field = &field, .type = COLUMN_BYTES, .is_nullable = true},
    {.field = &field, .type = COLUMN_INTEGER},
    {.field = &field, .type = COLUMN_DECIMAL, .scale = 4, .is_nullable = true},
    {.field = &field, .type = COLUMN_BOOLEAN, .is_nullable = true},
    {.field = &field, .type = COLUMN_DATE, .is_nullable = true},
    {.field = &field, .type = COLUMN_MOMENT},
    {.field = &field, .type = COLUMN_UUID},
    {.field = &field, .type = COLUMN_TEXT},
};

static void choose_orders(struct query *query, uint8_t first, uint8_t second)
{
    enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };
    *query = (struct query){.entity = &entity, .order_count = 3};
    query->orders[0] = kinds[first % KINDS];
    query->orders[1] = kinds[second % KINDS];
    query->orders[2] = kinds[6];
}

static void read_text(struct call *call, const struct query *query, const char *text)
{
    struct cell cells[QUERY_ORDERS];
    struct error error = {0};
    if (cookie_read(call, query, text, cells, &error)) {
        expect(strcmp(cookie_write(call, query, cells), text) == 0);
    } else {
        expect(error.code == ERROR_COOKIE_INVALID);
    }
}

/* The head of a cookie of this query, taken from one of ours. */
static void take_head(struct call *call, const struct query *query, uint8_t *head)
{
    struct cell cells[QUERY_ORDERS] = {{.is_null = true}, {.is_null = true}, {.is_null = true}};
    const char *text = cookie_write(call, query, cells);
    void *bytes = NULL;
    size_t length = 0;
    expect(base64_decode_url(call->arena, text, strlen(text), &bytes, &length));
    memcpy(head, bytes, HEAD_SIZE);
}

static void read_signed(struct call *call, const struct query *query, const uint8_t *cells,
                        size_t size)
{
    uint8_t bytes[HEAD_SIZE + CELLS_MAX + SHA256_SIZE];
    size = size < CELLS_MAX ? size : CELLS_MAX;
    take_head(call, query, bytes);
    memcpy(bytes + HEAD_SIZE, cells, size);
    digest_hmac_sha256(call->platform->cookie_key, PLATFORM_KEY_SIZE, bytes, HEAD_SIZE + size,
                       bytes + HEAD_SIZE + size);
    read_text(call, query,
              base64_encode_url(call->arena, bytes, HEAD_SIZE + size + SIGNATURE_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct platform platform = {.cookie_key = {1, 2, 3}};
    struct arena *arena = arena_create();
    struct call call = {.arena = arena, .platform = &platform};
    struct query query;

    if (size >= 2) {
        choose_orders(&query, data[0], data[1]);
        read_text(&call, &query, arena_copy_part(arena, (const char *)data + 2, size - 2));
        read_signed(&call, &query, data + 2, size - 2);
    }
    arena_destroy(&arena);
    return 0;
}
