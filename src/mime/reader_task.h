/*
 * reader_task.h - what the server, the parent of the readers and a reader say to one another.
 * Private to this floor.
 *
 * One message of a socket each, of fixed size: they are the same program. The server trusts the
 * parent, and no reader.
 */
#ifndef MIME_READER_TASK_H
#define MIME_READER_TASK_H

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

/* The order of what comes with it. */
enum { MIME_GIVEN_SOCKET, MIME_GIVEN_PROCESS, MIME_GIVEN };

/* A reader to the server, once: its bounds hold, and it waits for messages; whether the system
 * confines it. */
enum { MIME_READY = 'r', MIME_READY_UNCONFINED = 'u' };

/* The files of a message, in the order in which they are sent. */
enum {
    MIME_FILE_SPOOL,
    MIME_FILE_SCRATCH, /* of the spool; it is of no use to the server */
    MIME_FILE_ANSWER,  /* to answer into */
    MIME_FILES
};

/* The server to a reader, with the files. */
struct mime_task {
    struct mime_spool spool;   /* its files come beside it */
    struct mime_limits limits; /* its folder is of no use: a reader opens nothing */
    int64_t time;              /* milliseconds of the processor */
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

/* Has libraries load what readers will use. */
void mime_reader_prepare(void);

/* The whole life of a reader: reads messages until the other side of its socket has gone. */
never_returns void mime_reader_live(int tasks, pid_t parent, int64_t memory);

#endif
