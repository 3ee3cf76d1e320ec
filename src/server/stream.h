/*
 * stream.h - a connected socket that never waits, plain or with TLS.
 *
 * Threads: a stream belongs to one thread at a time.
 */
#ifndef SERVER_STREAM_H
#define SERVER_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct tls_context;
struct tls_session;

struct stream {
    int descriptor;
    struct tls_session *session; /* NULL in plain */
};

enum stream_result {
    STREAM_DONE,
    STREAM_WANT_READ,
    STREAM_WANT_WRITE,
    STREAM_ENDED, /* the peer will send no more */
    STREAM_FAILED
};

/* Takes over a non-blocking descriptor; context is NULL for plain. */
void stream_open(struct stream *stream, int descriptor, struct tls_context *context);

/* Says goodbye when asked to, and closes. */
void stream_close(struct stream *stream, bool with_goodbye);

/* Goes on with the TLS handshake; done at once in plain. */
must_check enum stream_result stream_handshake(struct stream *stream);

/* STREAM_DONE with at least one byte in count_out, or another result. */
must_check enum stream_result stream_read(struct stream *stream, void *bytes, size_t size,
                                          size_t *count_out);

/* The same for writing; is_more says that further bytes follow at once. */
must_check enum stream_result stream_write(struct stream *stream, const void *bytes, size_t length,
                                           bool is_more, size_t *count_out);

/* Tells the peer that nothing more will be sent; what it sends can still be read. */
void stream_end_writing(struct stream *stream);

/* True when bytes wait that the descriptor does not tell of. */
bool stream_has_pending(const struct stream *stream);

#endif
