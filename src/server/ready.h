/*
 * ready.h - whatever the event loop waits for: it stands first in the struct that it wakes.
 */
#ifndef SERVER_READY_H
#define SERVER_READY_H

struct loop;

struct ready {
    void (*on_ready)(struct loop *loop, struct ready *ready);
};

#endif
