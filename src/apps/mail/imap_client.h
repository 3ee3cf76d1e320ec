/*
 * imap_client.h - a folder of an IMAP server, read and never changed. With imap_session.h the only
 * door to libetpan.
 *
 * The folder is opened by EXAMINE and messages are fetched by BODY.PEEK, so that nothing is ever
 * marked as read; nothing is moved or removed. Large messages come in pieces.
 *
 * Memory: a client is a pair open/close.
 * Threads: one at a time.
 */
#ifndef APPS_MAIL_IMAP_CLIENT_H
#define APPS_MAIL_IMAP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct error;
struct imap_client;
struct imap_state;
struct tls_client;

enum imap_security {
    IMAP_TLS,      /* from the first byte */
    IMAP_STARTTLS, /* before the login, or not at all */
    IMAP_PLAIN,
};

struct imap_place {
    const char *host; /* "imap.example.org" */
    int port;
    enum imap_security security;
    struct tls_client *tls; /* NULL: plain */
    const char *user;
    const char *password;
    const char *folder;
    int64_t timeout; /* ms for an answer of the server */
    int stop;        /* becomes readable when the program is about to end */
};

struct imap_folder {
    uint32_t validity; /* UIDVALIDITY */
    uint32_t next;     /* UIDNEXT */
    uint64_t modseq;   /* HIGHESTMODSEQ; 0: the server keeps none */
    uint32_t first;    /* UID of the first message that was not read yet, UIDNEXT: there is none;
                        * 0: the server does not say, and must be asked */
};

struct imap_message {
    uint32_t uid;
    uint32_t size;
    int64_t received; /* INTERNALDATE, a moment */
};

/* Connects, logs in and opens the folder; known is how far it was read. ENDPOINT_UNREACHABLE: there
 * is no server, or its certificate is not right; CREDENTIALS_INVALID: it does not let this user in;
 * ENDPOINT_REFUSED: it has no such folder. */
must_check bool imap_client_open(const struct imap_place *place, const struct imap_state *known,
                                 struct imap_client **client_out, struct imap_folder *folder_out,
                                 struct error *error);

/* Says good-bye when that is possible. Accepts a pointer to NULL and leaves NULL. */
void imap_client_close(struct imap_client **client);

/* Lists messages from a UID on, by their UIDs, at most those of the next 1,000 UIDs while there are
 * more; upto_out gets the last UID that was asked for, 0: whatever there is. The list lives in the
 * arena. */
must_check bool imap_client_list(struct imap_client *client, struct arena *arena,
                                 const struct imap_folder *folder, uint32_t from,
                                 struct imap_message **messages_out, size_t *count_out,
                                 uint32_t *upto_out, struct error *error);

/* Hands a message on, piece by piece. take says itself why it fails; ENDPOINT_REFUSED: the message
 * does not come whole, perhaps since it was removed meanwhile. */
typedef bool imap_take(void *context, const void *bytes, size_t length, struct error *error);
must_check bool imap_client_fetch(struct imap_client *client, uint32_t uid, imap_take *take,
                                  void *context, struct error *error);

/* Waits until something has changed in the folder, or for so many milliseconds: by IDLE, or, where
 * the server has none, for a fifth of that time. False when the connection has broken, or the
 * program is about to end. */
must_check bool imap_client_wait(struct imap_client *client, int64_t milliseconds,
                                 struct error *error);

#endif
