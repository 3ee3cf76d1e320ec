/*
 * part.h - the tree of a message walked once: texts chosen, parts listed. Private to this floor.
 *
 * Memory: everything lives in the arena of the message.
 */
#ifndef MIME_PART_H
#define MIME_PART_H

#include <gmime/gmime.h>

#include "base/array.h"
#include "base/attributes.h"
#include "mime/mime.h"
#include "mime/spool.h"

struct arena;
struct digest;
struct error;

/* A text as it was sent, in one form or in two that say the same; several follow one another. */
struct mime_block {
    const char *plain, *html; /* UTF-8; NULL: not in this form */
};

/* A message on its way to the caller. */
struct mime_reading {
    struct arena *arena;
    const struct mime_limits *limits;
    struct mime_message *message;
    struct mime_scratch scratch;
    const char *charset;        /* that the first text names: of bytes as they are; NULL: none */
    struct array blocks;        /* struct mime_block * */
    size_t plain_size;          /* bytes of the blocks' texts */
    size_t html_size;           /* bytes of their HTML */
    struct array parts;         /* struct mime_part * */
    struct digest *contents;    /* of the parts, for the digest of the message */
    struct mime_block unpacked; /* the text within a winmail.dat, for want of a better one */
    bool has_report;            /* of a message that did not arrive */
    bool has_notice; /* of one that did, or will yet: that it was read, is late, unwelcome */
    bool has_failed, has_other; /* what a report says was done for its recipients */
    const char *reported_id;    /* of that message */
    size_t message_count;       /* messages that came with it */
};

/* Walks the tree; depth is that of the object. */
must_check bool mime_walk(struct mime_reading *reading, GMimeObject *root, struct error *error);

/* The set that the first text of a message names; NULL: it names none. */
const char *mime_first_charset(struct arena *arena, GMimeObject *root);

/* report.c: what a multipart/report says it is about. */
void mime_note_report(struct mime_reading *reading, const char *content_type);

/* report.c: what a part says of another message, if it does. */
void mime_note_reported(struct mime_reading *reading, GMimeObject *leaf,
                        const struct mime_part *part);

/* report.c: the id that a header within a text tells; NULL: none. */
const char *mime_reported_id(struct arena *arena, const char *text);

/* Whether one part or text more may be taken; if not, the message is cut. */
bool mime_has_room(struct mime_reading *reading);

enum mime_part_kind mime_kind_of(const char *media_type);

/* unpack.c: makes parts of what is in a winmail.dat, if it is understood. */
must_check bool mime_unpack(struct mime_reading *reading, struct mime_part *part,
                            bool *is_unpacked_out, struct error *error);

/* lift.c: makes parts of the files that a text has in uuencode; the text without them, which lives
 * in scratch. */
const char *mime_lift_files(struct mime_reading *reading, struct arena *scratch, const char *bytes,
                            size_t *length);

/* text.c: makes of the blocks the texts of the message. */
void mime_choose_texts(struct mime_reading *reading);

/* How the lines of a text that flow were broken: behind a blank that is of it, or that is not. */
enum mime_flow { MIME_FLOW_WITH_BLANKS, MIME_FLOW_WITHOUT_BLANKS };

/* flow.c: a text of format=flowed with its lines whole. */
const char *mime_unflow(struct arena *arena, const char *text, enum mime_flow flow);

/* kind.c: what sort of message it is. */
void mime_tell_kind(struct mime_reading *reading, GMimeObject *object);

/* sameness.c: the digest by which it is known under another Message-ID. */
void mime_tell_digest(struct mime_reading *reading, GMimeObject *object);

/* sameness.c: takes into a digest what relays leave of a message within the message. */
must_check bool mime_digest_message(struct mime_reading *reading, struct digest *digest,
                                    GMimeObject *part, struct error *error);

/* content.c: what a leaf holds, to be read; a message within another, written as it came. */
must_check bool mime_content_of(struct mime_reading *reading, GMimeObject *leaf,
                                struct mime_content **content_out, struct error *error);

/* content.c: what a stream of ours holds, to be read from its begin. */
struct mime_content *mime_content_over(struct arena *arena, GMimeStream *stream);

/* content.c: bytes of a file, decoded already, which the content borrows. */
struct mime_content *mime_content_in(struct arena *arena, int file, int64_t begin, int64_t size);

/* content.c: decoded bytes of a leaf, at most so many; whether there are more. */
const char *mime_content_take(struct arena *arena, struct mime_content *content, size_t most,
                              size_t *length_out, bool *has_more_out);

/* name.c: a name that is safe as a file's anywhere; of one that says nothing, made of the number
 * and the media type. Bytes as they are may be in the set. */
const char *mime_file_name(struct arena *arena, const char *given, const char *charset,
                           size_t number, const char *media_type);

/* name.c: a name for what has none: of a message its subject, else the end of where it says to be
 * found. NULL: there is none. */
const char *mime_other_name(struct arena *arena, GMimeObject *object, const char *charset);

/* name.c: the media type that the extension of a name stands for; never NULL. */
const char *mime_type_of_name(const char *name);

#endif
