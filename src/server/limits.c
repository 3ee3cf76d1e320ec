/*
 * limits.c - the limits as documented.
 */
#include "server/limits.h"

enum { KIB = 1024, MIB = 1024 * 1024, SECOND = 1000 };

struct http_limits http_limits_default(void)
{
    return (struct http_limits){
        .head_bytes = 16 * KIB,
        .line_bytes = 8 * KIB,
        .head_lines = 100,
        .body_bytes = 8 * MIB,
        .free_bytes = 64 * KIB,
        .inflate_ratio = 100,
        .memory_bytes = 64 * KIB,
        .spool_bytes = (int64_t)4096 * MIB,
        .answer_bytes = (int64_t)1024 * MIB,
        .spool_folder = "/tmp",
        .handshake_ms = 10 * SECOND,
        .head_ms = 10 * SECOND,
        .request_ms = 60 * SECOND,
        .idle_ms = 60 * SECOND,
        .queue_ms = 5 * SECOND,
        .linger_ms = 2 * SECOND,
        .grace_ms = 10 * SECOND,
        .tick_ms = 250,
        .bytes_per_second = KIB,
        .requests_per_connection = 1000,
        .connections = 12000,
        .connections_per_source = 200,
        .workers = 4,
        .queue_length = 256,
        .retry_after_seconds = 1,
        .gzip_from_bytes = KIB,
    };
}
