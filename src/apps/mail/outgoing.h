/*
 * outgoing.h - messages taken from the platform's outbox, sent, and reported.
 *
 * Memory: a round has an arena of its own.
 * Threads: one at a time; each has a client and a connection of its own.
 */
#ifndef APPS_MAIL_OUTGOING_H
#define APPS_MAIL_OUTGOING_H

#include <stdbool.h>

struct client;
struct connector;
struct smtp;

enum outgoing_result {
    OUTGOING_NONE,    /* nothing waits */
    OUTGOING_SOME,    /* messages were taken; there may be more */
    OUTGOING_AWAY,    /* the platform, or the mail server, is not there: try again after a while */
    OUTGOING_REFUSED, /* the mail server does not take the password: after a longer one */
};

/* One round: takes the messages of one sender, sends them in order, reports each. What the mail
 * server could not be asked about is put off, so that nothing of the sender is held up. */
enum outgoing_result outgoing_round(const struct connector *connector, struct client *client,
                                    struct smtp *smtp);

#endif
