/*
 * reader_task.h - what the server, the parent of the readers and a reader say to one another.
 * Private to this floor.
 *
 * One message of a socket each, of fixed size: they are the same program. The server trusts the
 * parent, and no reader.
 */
#ifndef MIME_READER_TASK_H
#define MIME_READER_TASK_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "mime/answer.h"
#include "mime/mime.h"
#include "mime/read.h"
#include "mime/spool.h"

enum { MIME_ORDERS = 3 /* the parent's end of the socket between the server and it */ };

/* The server to the parent: make a reader. */
struct mime_order {
    uint64_t number; /* of the order, told in what comes of it */
    int64_t memory;  /* bytes; 0: as much as it likes */
};

/* The parent to the server, with the reader's socket and a pidfd of it when it was made. */
struct mime_delivery {
    uint64_t number;
    int error; /* errno, or 0 */
};

/* A reader to the server, once: its bounds hold, and it waits for messages. */
enum { MIME_READY = 'r' };

/* The server to a reader, with the spool and a file to answer into. */
struct mime_task {
    struct mime_spool spool;   /* its file comes beside it */
    struct mime_limits limits; /* its folder is the one below */
    char folder[PATH_MAX];
    int64_t time; /* milliseconds of the processor */
    enum mime_extent extent;
};

enum mime_outcome {
    MIME_OUTCOME_READ,
    MIME_OUTCOME_NO_HEADER,
    MIME_OUTCOME_NO_ROOM,
    MIME_OUTCOME_COUNT
};

/* A reader to the server. */
struct mime_report {
    int outcome; /* enum mime_outcome, if it is to be believed */
    struct mime_answer answer;
};

/* The whole life of the parent: makes readers until the other side of its socket has gone. */
never_returns void mime_reader_parent(void);

/* The whole life of a reader: reads messages until the other side of its socket has gone. */
never_returns void mime_reader_live(int tasks, pid_t parent, int64_t memory);

#endif
