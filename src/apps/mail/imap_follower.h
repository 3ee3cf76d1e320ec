/*
 * imap_follower.h - one folder, followed: what comes into it goes into the spool.
 *
 * A thread that is connected, or waits to be so again. It sleeps in IDLE until the server tells of
 * something new.
 *
 * Memory: a follower lives in the arena given.
 */
#ifndef APPS_MAIL_IMAP_FOLLOWER_H
#define APPS_MAIL_IMAP_FOLLOWER_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct carrier;
struct connector;
struct error;
struct imap_account;
struct imap_follower;
struct spool;
struct tls_client;

/* What all followers share. */
struct imap_service {
    const struct connector *connector;
    struct spool *spool;
    struct carrier *carrier;
    struct tls_client *tls; /* NULL: imap.security is none */
    const char *folder;     /* where states are kept */
    int stop;               /* becomes readable when the program is about to end */
};

/* Starts; the password is read each time that it logs in. Fails with INTERNAL. */
must_check bool imap_follower_start(struct arena *arena, const struct imap_service *service,
                                    const struct imap_account *account,
                                    struct imap_follower **follower_out, struct error *error);

/* Waits for its end, once service->stop is readable. */
void imap_follower_join(struct imap_follower *follower);

#endif
