/*
 * false_server.h - a server that answers what it was told, for tests of the client.
 */
#ifndef UNIT_APPS_FALSE_SERVER_H
#define UNIT_APPS_FALSE_SERVER_H

#include <pthread.h>

enum { FALSE_ANSWERS = 8, FALSE_REQUEST_SIZE = 8192 };

struct false_answer {
    int status;       /* 0: the connection is closed without an answer; below 0: and with one of
                         this status, before its end */
    const char *body; /* what goes into the Body, or the whole when it is no envelope; in parts when
                         it begins with "--edge" */
};

struct false_server {
    char url[64];
    const struct false_answer *answers; /* one after another */
    int answer_count;
    int request_count;
    char requests[FALSE_ANSWERS][FALSE_REQUEST_SIZE];
    int listener;
    pthread_t thread;
};

/* Starts; ends when all answers were given, or at the latest with false_server_end. */
void false_server_begin(struct false_server *server, const struct false_answer *answers,
                        int answer_count);
void false_server_end(struct false_server *server);

#endif
