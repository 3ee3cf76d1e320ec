/*
 * worker.h - what the files behind the door share: the door, and what one worker owns of it.
 */
#ifndef SOAP_WORKER_H
#define SOAP_WORKER_H

struct arena;
struct catalog;
struct parser;
struct platform;
struct wire;

/* Shared by all workers; never changes. */
struct soap_door {
    struct arena *arena;
    const struct platform *platform;
    struct catalog *catalog; /* held: the contract refers to it */
    struct wire *wire;
};

struct soap_worker {
    struct arena *arena;
    struct soap_door *door;
    struct parser *parser;
};

#endif
