/*
 * limits.h - how much, how many and how long: every bound that the HTTP server enforces.
 *
 * Main fills it from the settings; tests set small ones.
 */
#ifndef SERVER_LIMITS_H
#define SERVER_LIMITS_H

#include <stdint.h>

struct http_limits {
    /* A request's head. */
    int64_t head_bytes;
    int64_t line_bytes;
    int head_lines;

    /* A request's body, in bytes after inflating. */
    int64_t body_bytes;
    int64_t free_bytes;       /* more is asked of the door, if it wants to be asked */
    int inflate_ratio;        /* inflated bytes for each compressed one */
    int64_t memory_bytes;     /* what is longer goes to a file until a worker takes it */
    int64_t spool_bytes;      /* in such files at once, of all connections */
    int64_t answer_bytes;     /* of one answer that its client has not taken yet */
    const char *spool_folder; /* where those files are made, and unlinked at once */

    /* Time, in milliseconds. */
    int64_t handshake_ms;
    int64_t head_ms;          /* from the first byte of a request to the end of its head */
    int64_t request_ms;       /* to the end of its body; and the handler's deadline after that */
    int64_t idle_ms;          /* between requests */
    int64_t queue_ms;         /* waiting for a worker */
    int64_t linger_ms;        /* reading on after a refusal, so that its words arrive */
    int64_t grace_ms;         /* before the pace counts */
    int64_t tick_ms;          /* how often time is looked at */
    int64_t bytes_per_second; /* the least pace of a body coming in or an answer going out */

    /* Numbers. */
    int requests_per_connection;
    int connections;
    int connections_per_source;
    int workers;
    int queue_length; /* requests that wait for a worker */
    int retry_after_seconds;
    int gzip_from_bytes; /* a shorter answer is not worth compressing */
};

/* The limits as documented. */
struct http_limits http_limits_default(void);

#endif
