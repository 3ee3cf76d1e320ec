/*
 * compose.h - a message of ours, made of what is known of it: the other way round of mime.h.
 *
 * Whatever stands in a draft, the message has the header lines that this floor writes and no
 * others: texts of people become one line each, encoded where they are not ASCII, and addresses
 * and ids that have no safe form are refused or left out. Lines are ended by CR LF and have at
 * most 998 bytes. Blind copies stand nowhere in it: they belong to the envelope. Nothing in it is
 * beyond ASCII but local parts of addresses: who speaks no SMTPUTF8 can find them in the header.
 *
 * Memory: everything lives in the arena given; attachments are read piece by piece.
 * Threads: a draft belongs to one thread.
 * Specifications: RFC 5322, 2045 to 2047, 2231, 2387, 2392, 3834, 5891, 6532, 8058.
 */
#ifndef MIME_COMPOSE_H
#define MIME_COMPOSE_H

#include "mime/mime.h"

/* A file that goes with it. One that the HTML names by its content_id is shown there. */
struct mime_attachment {
    const char *name;
    const char *media_type; /* what is none is sent as application/octet-stream */
    const char *content_id; /* without brackets; NULL: none */
    int64_t size;           /* bytes, as far as known */
    struct mime_source source;
};

struct mime_draft {
    const char *message_id; /* normalised, as by mime_message_id; NULL: none */
    int64_t date;           /* milliseconds since 1970, UTC */
    struct mime_address from;
    struct mime_addresses to, cc;
    const char *subject;
    const char *html; /* NULL: there is text alone */
    const char *text; /* NULL: made of the HTML */

    const char *in_reply_to;       /* normalised; NULL: it answers nothing */
    const char *const *references; /* normalised, the oldest first */
    size_t reference_count;

    bool is_automatic;               /* a program sends it: Auto-Submitted, RFC 3834 */
    bool is_receipt_wanted;          /* whether it was read, the writer would like to know */
    const char *importance;          /* "high" or "low"; NULL: it says nothing */
    const char *unsubscribe_address; /* https, for one click (RFC 8058); NULL: none */

    const struct mime_attachment *attachments;
    size_t attachment_count;
};

/* The form in which mail is sent to an address, its domain in ASCII (RFC 5891); one whose local
 * part is not needs servers that speak SMTPUTF8 (RFC 6531). NULL: none can be sent as it is
 * written: the local part would need quotes, or something in it is not seen, the domain is none, or
 * it is longer than RFC 5321 allows. */
const char *mime_sendable_address(struct arena *arena, const char *address);

/* Writes the message; what does not fit into memory is in a file of the folder that has no name.
 * Fails with VALUE_INVALID for an address that cannot be sent to, with INTERNAL where there is no
 * room, and as the attachments do. */
must_check bool mime_compose(struct arena *arena, const struct mime_draft *draft,
                             const char *folder, struct mime_content **content_out,
                             int64_t *size_out, struct error *error);

#endif
