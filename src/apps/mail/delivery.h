/*
 * delivery.h - one letter brought to the platform, and what that means for it.
 *
 * The write goes under the id of the letter: however often it is sent, it is filed once.
 */
#ifndef APPS_MAIL_DELIVERY_H
#define APPS_MAIL_DELIVERY_H

#include <stdbool.h>

#include "base/uuid.h"
#include "client/client.h"

struct letter;

enum delivery_verdict {
    DELIVERY_DONE,    /* the platform has it, or has said that it wants no such message */
    DELIVERY_LATER,   /* it failed on this message; others may fare better */
    DELIVERY_AWAY,    /* it takes no message now: it is away, or does not let the connector in */
    DELIVERY_REFUSED, /* it will never take this message */
};

enum { DELIVERY_WORD_SIZE = 40 };

struct delivery_result {
    enum delivery_verdict verdict;
    char email[UUID_TEXT_SIZE];      /* DONE: id of the e-mail; empty: none was made */
    bool is_created;                 /* DONE: it is new */
    char reason[DELIVERY_WORD_SIZE]; /* DONE: why; a token of DeliverIncomingEmail */
    char kind[DELIVERY_WORD_SIZE];   /* DONE: Ordinary, Automatic, Bounce, Loop */
    struct client_error error;       /* not DONE: what it said */
};

/* Sends the letter once. */
void delivery_send(struct client *client, const struct letter *letter,
                   struct delivery_result *result_out);

/* What an error means for the letter. */
enum delivery_verdict delivery_judge(const struct client_error *error);

#endif
