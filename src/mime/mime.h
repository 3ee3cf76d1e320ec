/*
 * mime.h - one message of mail, read: who wrote when to whom, what it says, what came with it.
 *
 * Messages are read as they are, not as they should be: wrong labels of character sets, impossible
 * dates, names without quotes and paths in file names are put right or left out, and nothing of it
 * makes the reading fail. What was sent stays what it was: whoever needs the bytes keeps them.
 *
 * A message is copied into a spool first: memory, and beyond a bound an unlinked file. Its parts
 * are read from there piece by piece, so that memory stays constant whatever their size.
 *
 * Memory: everything lives in the arena given; the spool is closed with it.
 * Threads: a message belongs to one thread.
 * Specifications: RFC 5322, 2045 to 2047, 2231, 2369, 3464, 3834, 5891, 6532; [MS-OXOMSG]
 * 2.2.1.3 for Thread-Index.
 */
#ifndef MIME_MIME_H
#define MIME_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct error;
struct mime_content;

/* Where a message comes from. */
struct mime_source {
    /* Reads the next bytes, 0 at the end. */
    bool (*read)(void *context, void *bytes, size_t capacity, size_t *length_out,
                 struct error *error);
    void *context;
};

/* What a message may bring. What goes beyond is refused where nothing sensible could be kept, else
 * left out and noted (is_cut): the message as it came has it yet. */
struct mime_limits {
    const char *folder;  /* where spools go that memory does not hold */
    size_t header;       /* bytes of the header; more is LIMIT_EXCEEDED */
    size_t header_lines; /* the same; of the header of a part: it is not taken apart */
    size_t depth;        /* parts within parts; what lies deeper is left out */
    size_t parts;        /* attachments and texts; more than that are left out */
    size_t recipients;   /* addresses in one of the lists */
    size_t references;   /* ids of earlier messages; the last count */
    size_t text;         /* bytes of the text, and of its HTML */
    size_t hops;         /* Received lines beyond which the message goes round in circles */
    int64_t now;         /* no message was written after the day that follows */
};

struct mime_address {
    const char *name;     /* as people see it; NULL: none */
    const char *address;  /* as written, without comments: "Ann@Example.com" */
    const char *compared; /* in the one form in which addresses are compared: "ann@example.com" */
};

/* Groups are flattened; an address that is twice in a list is in it once. */
struct mime_addresses {
    const struct mime_address *items;
    size_t count;
};

/* When it was written. A date that cannot be is taken from the first machine that received the
 * message; where that says nothing either, there is none. */
struct mime_date {
    bool is_known;
    bool is_repaired;
    int64_t moment;         /* milliseconds since 1970, UTC */
    int32_t offset_minutes; /* of the writer's clock to UTC */
};

enum mime_kind {
    MIME_ORDINARY,
    MIME_AUTOMATIC, /* written by a program: an answer (RFC 3834), a receipt (RFC 8098), a complaint
                       (RFC 5965); never answered */
    MIME_BOUNCE,    /* says that another message did not arrive: RFC 3464 */
    MIME_LOOP,      /* was here already, or has been under way for too long */
};

enum mime_importance { MIME_NORMAL, MIME_LOW, MIME_HIGH };

enum mime_part_kind {
    MIME_ATTACHMENT,
    MIME_INLINE,    /* shown within the HTML, which names it by content_id */
    MIME_MESSAGE,   /* message/rfc822 */
    MIME_CALENDAR,  /* text/calendar */
    MIME_TNEF,      /* a winmail.dat that could not be unpacked */
    MIME_REPORT,    /* the part of a bounce that machines read */
    MIME_SIGNATURE, /* of S/MIME or OpenPGP, apart from what is signed */
    MIME_ENCRYPTED, /* by S/MIME or OpenPGP; a signature around its content too */
};

struct mime_part {
    enum mime_part_kind kind;
    const char *name;       /* safe as a file's name anywhere, never empty */
    const char *media_type; /* "application/pdf", lower case */
    const char *content_id; /* without brackets; NULL: none */
    int64_t size;           /* bytes, decoded */
    struct mime_content *content;
};

struct mime_message {
    const char *message_id;  /* normalised; NULL: none */
    const char *in_reply_to; /* normalised: the last, after phrases; NULL: none */
    const char **references; /* normalised, the oldest first, each once */
    size_t reference_count;
    const char *bounced_id;     /* of the message that a bounce, or other news of its delivery, is
                                   about; NULL: not told */
    const char **forwarded_ids; /* of the one message that it has with it, or says that it forwards:
                                   its own the last, before it those that it goes on from */
    size_t forwarded_count;     /* 0 where it forwards none, or several */
    const char *thread_index;   /* what all messages of a conversation of Outlook have in common, in
                                   hexadecimal digits; NULL: not told */

    struct mime_date date;
    const char *subject; /* decoded, on one line; "" when there is none */
    struct mime_addresses from, sender, reply_to, to, cc, bcc;

    const char *text;       /* never NULL; of a message that is HTML alone, its text */
    const char *html;       /* decoded to UTF-8 and else as it was; NULL: none */
    const char *clean_html; /* harmless to show (xml/html.h); NULL: none */
    const struct mime_part *parts;
    size_t part_count;

    enum mime_kind kind;
    enum mime_importance importance; /* as the writer sees it */
    bool wants_read_receipt, wants_delivery_receipt;
    bool is_signed, is_encrypted;
    bool is_cut;        /* something was left out for a limit */
    const char *digest; /* of what relays do not change: SHA-256 in hexadecimal digits */
};

/* Reads a message. Fails with VALUE_INVALID when it has no header, with LIMIT_EXCEEDED when the
 * header is too large, and as the source does. */
must_check bool mime_read(struct arena *arena, const struct mime_source *source,
                          const struct mime_limits *limits, struct mime_message **message_out,
                          struct error *error);

/* Goes to the first byte of a part; reading goes on from there. */
void mime_content_rewind(struct mime_content *content);

/* Reads the next decoded bytes, 0 at the end. */
must_check bool mime_content_read(struct mime_content *content, void *bytes, size_t capacity,
                                  size_t *length_out, struct error *error);

/* The one form of a Message-ID: without brackets, comments and blanks, the domain in lower case;
 * of one longer than fields hold, its SHA-256. NULL: it is none. */
const char *mime_message_id(struct arena *arena, const char *text);

/* The one form in which an address is compared: its domain in the letters that people read. */
const char *mime_compared_address(struct arena *arena, const char *address);

/* An address as it goes over wires, its domain in ASCII (RFC 5891). NULL: it has no such domain. */
const char *mime_wire_address(struct arena *arena, const char *address);

/* The address without what stands after the last plus before its @: "sales@firm.example" of
 * "sales+offer@firm.example". NULL: nothing does. */
const char *mime_bare_address(struct arena *arena, const char *address);

#endif
