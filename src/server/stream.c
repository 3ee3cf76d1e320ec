/*
 * stream.c - a connected socket that never waits.
 */
#include "server/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/tls.h"

static enum stream_result result_of_tls(enum tls_result result)
{
    static const enum stream_result results[] = {
        [TLS_DONE] = STREAM_DONE,
        [TLS_WANT_READ] = STREAM_WANT_READ,
        [TLS_WANT_WRITE] = STREAM_WANT_WRITE,
        [TLS_ENDED] = STREAM_ENDED,
        [TLS_FAILED] = STREAM_FAILED,
    };

    return results[result];
}

static bool would_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

void stream_open(struct stream *stream, int descriptor, struct tls_context *context)
{
    stream->descriptor = descriptor;
    stream->session = context == NULL ? NULL : tls_session_open(context, descriptor);
}

void stream_close(struct stream *stream, bool with_goodbye)
{
    if (with_goodbye) {
        stream_end_writing(stream);
    }
    tls_session_close(&stream->session);
    close(stream->descriptor);
    stream->descriptor = -1;
}

enum stream_result stream_handshake(struct stream *stream)
{
    return stream->session == NULL ? STREAM_DONE : result_of_tls(tls_handshake(stream->session));
}

enum stream_result stream_read(struct stream *stream, void *bytes, size_t size, size_t *count_out)
{
    ssize_t count;

    if (stream->session != NULL) {
        return result_of_tls(tls_read(stream->session, bytes, size, count_out));
    }
    count = recv(stream->descriptor, bytes, size, 0);
    if (count > 0) {
        *count_out = (size_t)count;
        return STREAM_DONE;
    }
    if (count == 0) {
        return STREAM_ENDED;
    }
    return would_wait() ? STREAM_WANT_READ : STREAM_FAILED;
}

enum stream_result stream_write(struct stream *stream, const void *bytes, size_t length,
                                bool is_more, size_t *count_out)
{
    ssize_t count;

    if (stream->session != NULL) {
        return result_of_tls(tls_write(stream->session, bytes, length, count_out));
    }
    count = send(stream->descriptor, bytes, length, MSG_NOSIGNAL | (is_more ? MSG_MORE : 0));
    if (count >= 0) {
        *count_out = (size_t)count;
        return STREAM_DONE;
    }
    return would_wait() ? STREAM_WANT_WRITE : STREAM_FAILED;
}

void stream_end_writing(struct stream *stream)
{
    if (stream->session != NULL) {
        /* A goodbye that finds no room is not worth waiting for. */
        enum tls_result ignored = tls_shutdown(stream->session);
        (void)ignored;
    }
    shutdown(stream->descriptor, SHUT_WR);
}

bool stream_has_pending(const struct stream *stream)
{
    return stream->session != NULL && tls_has_pending(stream->session);
}
