/*
 * lmtp_connection.h - one connection of a mail server, from greeting to good-bye.
 */
#ifndef APPS_MAIL_LMTP_CONNECTION_H
#define APPS_MAIL_LMTP_CONNECTION_H

#include <stdint.h>

struct carrier;
struct connector;
struct spool;
struct tls_context;

/* What all connections share. */
struct lmtp_service {
    const struct connector *connector;
    struct spool *spool;
    struct carrier *carrier;
    struct tls_context *tls; /* NULL: not offered */
    const char *name;        /* in the greeting */
    int stop;                /* becomes readable when the program is about to end */
    int cut;                 /* becomes readable when its time is up */
};

/* Serves it and closes it. peer is for the log. */
void lmtp_connection_serve(const struct lmtp_service *service, int descriptor, const char *peer);

#endif
