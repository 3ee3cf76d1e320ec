/*
 * outbox.c - bytes on their way to a client.
 */
#include "server/outbox.h"

#include "base/expect.h"
#include "server/spool.h"

enum { PIECE = 16 * 1024 };

void outbox_init(struct outbox *outbox, struct arena *arena, struct spool_budget *budget,
                 int64_t memory_bytes)
{
    *outbox = (struct outbox){.spool = spool_create(arena, budget, memory_bytes)};
}

bool outbox_add(struct outbox *outbox, const void *bytes, size_t length)
{
    expect(outbox->tail == NULL);
    if (outbox->sent == outbox->spool->length) {
        /* All is sent: begin anew, so that a client who keeps up never costs a file. */
        spool_clear(outbox->spool);
        outbox->sent = 0;
    }
    return spool_add(outbox->spool, bytes, length);
}

void outbox_set_tail(struct outbox *outbox, const void *bytes, size_t length)
{
    outbox->tail = bytes;
    outbox->tail_length = length;
}

int64_t outbox_waiting(const struct outbox *outbox)
{
    return outbox->spool->length - outbox->sent +
           (int64_t)(outbox->tail_length - outbox->tail_sent);
}

static enum stream_result send_spool_piece(struct outbox *outbox, struct stream *stream)
{
    char copy[PIECE];
    const char *bytes;
    size_t length;
    size_t count;
    enum stream_result result;

    if (!spool_read(outbox->spool, outbox->sent, copy, sizeof(copy), &bytes, &length)) {
        return STREAM_FAILED;
    }
    result = stream_write(stream, bytes, length, outbox_waiting(outbox) > (int64_t)length, &count);
    if (result == STREAM_DONE) {
        outbox->sent += (int64_t)count;
        outbox->total_sent += (int64_t)count;
    }
    return result;
}

static enum stream_result send_tail_piece(struct outbox *outbox, struct stream *stream)
{
    size_t count;
    enum stream_result result =
        stream_write(stream, outbox->tail + outbox->tail_sent,
                     outbox->tail_length - outbox->tail_sent, false, &count);

    if (result == STREAM_DONE) {
        outbox->tail_sent += count;
        outbox->total_sent += (int64_t)count;
    }
    return result;
}

enum stream_result outbox_send(struct outbox *outbox, struct stream *stream)
{
    enum stream_result result = STREAM_DONE;

    while (result == STREAM_DONE && outbox->sent < outbox->spool->length) {
        result = send_spool_piece(outbox, stream);
    }
    while (result == STREAM_DONE && outbox->tail_sent < outbox->tail_length) {
        result = send_tail_piece(outbox, stream);
    }
    return result;
}
