/*
 * outbox.h - bytes on their way to a client, who takes them as fast as he likes.
 *
 * First the bytes added, then a tail that is borrowed and never copied. A worker fills the
 * outbox and sends what the socket takes at once; the event loop sends the rest.
 *
 * Memory: lives in the exchange's arena.
 * Threads: belongs to whoever owns the connection.
 */
#ifndef SERVER_OUTBOX_H
#define SERVER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "server/stream.h"

struct arena;
struct spool;
struct spool_budget;

struct outbox {
    struct spool *spool;
    int64_t sent; /* of the spool */
    const char *tail;
    size_t tail_length;
    size_t tail_sent;
    int64_t total_sent;
};

void outbox_init(struct outbox *outbox, struct arena *arena, struct spool_budget *budget,
                 int64_t memory_bytes);

/* Adds bytes; false when there is no room for them. Not after a tail. */
must_check bool outbox_add(struct outbox *outbox, const void *bytes, size_t length);

/* Sets bytes that are sent after all others. */
void outbox_set_tail(struct outbox *outbox, const void *bytes, size_t length);

/* Bytes that were not sent yet. */
int64_t outbox_waiting(const struct outbox *outbox);

/* Sends what the stream takes; STREAM_DONE when all is sent. */
must_check enum stream_result outbox_send(struct outbox *outbox, struct stream *stream);

#endif
