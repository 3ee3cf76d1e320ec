/*
 * answer.c - one table tells how a message is written, and how it is taken.
 *
 * Numbers are eight bytes, as the machine has them: both processes are the same program. A text is
 * its length, its bytes and a NUL; one that is not there has the length NONE.
 */
#include "mime/answer.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "mime/mime.h"
#include "mime/part.h"
#include "text/utf8.h"

enum {
    NONE = -1,
    CHUNK = 64 * 1024,
    DIGEST_LENGTH = 64,
    HEADERS = 16, /* so much more than the header itself may be made of it */
    PART_BYTES = 4096
};

/* Bytes on their way in; once they are broken, nothing more is taken. */
struct input {
    struct arena *arena;
    const struct mime_limits *limits;
    char *at;
    size_t left;
    int file;
    int64_t contents; /* bytes of parts in the file */
    int64_t taken;    /* of them, by the parts so far */
    bool is_broken;
};

/* ---- pieces, out ---- */

static void put_number(struct buffer *bytes, int64_t number)
{
    buffer_add(bytes, &number, sizeof(number));
}

static void put_text(struct buffer *bytes, const char *text)
{
    put_number(bytes, text == NULL ? NONE : (int64_t)strlen(text));
    if (text != NULL) {
        buffer_add(bytes, text, strlen(text) + 1);
    }
}

/* ---- pieces, in ---- */

static int64_t take_number(struct input *input, int64_t least, int64_t most)
{
    int64_t number = least;

    if (input->is_broken || input->left < sizeof(number)) {
        input->is_broken = true;
        return least;
    }
    memcpy(&number, input->at, sizeof(number));
    input->at += sizeof(number);
    input->left -= sizeof(number);
    input->is_broken = number < least || number > most;
    return input->is_broken ? least : number;
}

/* As it may be stored, and sent as XML. */
static bool is_fit(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < ' ' && strchr("\t\r\n", text[i]) == NULL) {
            return false;
        }
    }
    return text_is_valid_utf8(text, length);
}

/* The text stays where it is. NULL: there is none. */
static const char *take_text_if_any(struct input *input)
{
    int64_t length = take_number(input, NONE, INT64_MAX);
    char *text = input->at;

    if (length == NONE || input->is_broken) {
        return NULL;
    }
    if ((uint64_t)length >= input->left || text[length] != '\0' || !is_fit(text, (size_t)length)) {
        input->is_broken = true;
        return NULL;
    }
    input->at += length + 1;
    input->left -= (size_t)length + 1;
    return text;
}

static const char *take_text(struct input *input)
{
    const char *text = take_text_if_any(input);

    input->is_broken |= text == NULL;
    return text == NULL ? "" : text;
}

/* ---- what a message consists of ---- */

static void put_text_at(struct buffer *bytes, const void *field)
{
    put_text(bytes, *(const char *const *)field);
}

static void take_text_at(struct input *input, void *field)
{
    *(const char **)field = take_text(input);
}

static void take_text_if_any_at(struct input *input, void *field)
{
    *(const char **)field = take_text_if_any(input);
}

/* Of the message itself: nobody keeps more than the limit. */
static void take_body_at(struct input *input, void *field)
{
    const char *text = take_text_if_any(input);

    input->is_broken |= text != NULL && strlen(text) > input->limits->text;
    *(const char **)field = text;
}

static void take_digest(struct input *input, void *field)
{
    const char *text = take_text(input);

    input->is_broken |=
        strlen(text) != DIGEST_LENGTH || strspn(text, "0123456789abcdef") != DIGEST_LENGTH;
    *(const char **)field = text;
}

static void put_flag(struct buffer *bytes, const void *field)
{
    put_number(bytes, *(const bool *)field);
}

static void take_flag(struct input *input, void *field)
{
    *(bool *)field = take_number(input, false, true) != 0;
}

static void put_kind(struct buffer *bytes, const void *field)
{
    put_number(bytes, *(const enum mime_kind *)field);
}

static void take_kind(struct input *input, void *field)
{
    *(enum mime_kind *)field = (enum mime_kind)take_number(input, MIME_ORDINARY, MIME_LOOP);
}

static void put_importance(struct buffer *bytes, const void *field)
{
    put_number(bytes, *(const enum mime_importance *)field);
}

static void take_importance(struct input *input, void *field)
{
    *(enum mime_importance *)field =
        (enum mime_importance)take_number(input, MIME_NORMAL, MIME_HIGH);
}

static void put_date(struct buffer *bytes, const void *field)
{
    const struct mime_date *date = field;

    put_flag(bytes, &date->is_known);
    put_flag(bytes, &date->is_repaired);
    put_number(bytes, date->moment);
    put_number(bytes, date->offset_minutes);
}

static void take_date(struct input *input, void *field)
{
    struct mime_date *date = field;

    take_flag(input, &date->is_known);
    take_flag(input, &date->is_repaired);
    date->moment = take_number(input, INT64_MIN, INT64_MAX);
    date->offset_minutes = (int32_t)take_number(input, INT32_MIN, INT32_MAX);
}

static void put_addresses(struct buffer *bytes, const void *field)
{
    const struct mime_addresses *addresses = field;

    put_number(bytes, (int64_t)addresses->count);
    for (size_t i = 0; i < addresses->count; i++) {
        put_text(bytes, addresses->items[i].name);
        put_text(bytes, addresses->items[i].address);
        put_text(bytes, addresses->items[i].compared);
    }
}

static void take_addresses(struct input *input, void *field)
{
    size_t count = (size_t)take_number(input, 0, (int64_t)input->limits->recipients);
    struct mime_address *items = arena_allocate_array(input->arena, count, sizeof(*items));

    for (size_t i = 0; i < count; i++) {
        items[i].name = take_text_if_any(input);
        items[i].address = take_text(input);
        items[i].compared = take_text(input);
    }
    *(struct mime_addresses *)field = (struct mime_addresses){.items = items, .count = count};
}

/* A row: where it is in the message, how it goes out, how it comes in. */
struct row {
    size_t offset;
    void (*put)(struct buffer *bytes, const void *field);
    void (*take)(struct input *input, void *field);
};

#define ROW(field, put_function, take_function)                                                    \
    {                                                                                              \
        .offset = offsetof(struct mime_message, field), .put = (put_function),                     \
        .take = (take_function)                                                                    \
    }

static const struct row rows[] = {
    ROW(message_id, put_text_at, take_text_if_any_at),
    ROW(in_reply_to, put_text_at, take_text_if_any_at),
    ROW(bounced_id, put_text_at, take_text_if_any_at),
    ROW(thread_index, put_text_at, take_text_if_any_at),
    ROW(date, put_date, take_date),
    ROW(subject, put_text_at, take_text_at),
    ROW(from, put_addresses, take_addresses),
    ROW(sender, put_addresses, take_addresses),
    ROW(reply_to, put_addresses, take_addresses),
    ROW(to, put_addresses, take_addresses),
    ROW(cc, put_addresses, take_addresses),
    ROW(bcc, put_addresses, take_addresses),
    ROW(text, put_text_at, take_body_at),
    ROW(html, put_text_at, take_body_at),
    ROW(clean_html, put_text_at, take_body_at),
    ROW(kind, put_kind, take_kind),
    ROW(importance, put_importance, take_importance),
    ROW(wants_read_receipt, put_flag, take_flag),
    ROW(wants_delivery_receipt, put_flag, take_flag),
    ROW(is_signed, put_flag, take_flag),
    ROW(is_encrypted, put_flag, take_flag),
    ROW(is_cut, put_flag, take_flag),
    ROW(digest, put_text_at, take_digest),
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* ---- lists with a count of their own ---- */

static void put_ids(struct buffer *bytes, const char *const *ids, size_t count)
{
    put_number(bytes, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        put_text(bytes, ids[i]);
    }
}

static void take_ids(struct input *input, const char ***ids_out, size_t *count_out)
{
    size_t count = (size_t)take_number(input, 0, (int64_t)input->limits->references);
    const char **ids = arena_allocate_array(input->arena, count, sizeof(*ids));

    for (size_t i = 0; i < count; i++) {
        ids[i] = take_text(input);
    }
    *ids_out = ids;
    *count_out = count;
}

static void put_parts(struct buffer *bytes, const struct mime_message *message)
{
    put_number(bytes, (int64_t)message->part_count);
    for (size_t i = 0; i < message->part_count; i++) {
        const struct mime_part *part = &message->parts[i];
        put_number(bytes, part->kind);
        put_text(bytes, part->name);
        put_text(bytes, part->media_type);
        put_text(bytes, part->content_id);
        put_number(bytes, part->size);
    }
}

/* A name that leads nowhere. */
static bool is_safe(const char *name)
{
    return *name != '\0' && *name != '.' && strpbrk(name, "/\\:\t\r\n") == NULL;
}

static void take_part(struct input *input, struct mime_part *part)
{
    part->kind = (enum mime_part_kind)take_number(input, MIME_ATTACHMENT, MIME_ENCRYPTED);
    part->name = take_text(input);
    part->media_type = take_text(input);
    part->content_id = take_text_if_any(input);
    part->size = take_number(input, 0, input->contents - input->taken);
    part->content = mime_content_in(input->arena, input->file, input->taken, part->size);
    input->taken += part->size;
    input->is_broken |= !is_safe(part->name);
}

static void take_parts(struct input *input, struct mime_message *message)
{
    size_t count = (size_t)take_number(input, 0, (int64_t)input->limits->parts);
    struct mime_part *parts = arena_allocate_array(input->arena, count, sizeof(*parts));

    for (size_t i = 0; i < count; i++) {
        take_part(input, &parts[i]);
    }
    message->parts = parts;
    message->part_count = count;
}

/* ---- the whole ---- */

static bool write_content(struct arena *arena, const struct mime_part *part, int file,
                          struct error *error)
{
    char *bytes = arena_allocate(arena, CHUNK);
    size_t length = 0;

    mime_content_rewind(part->content);
    do {
        if (!mime_content_read(part->content, bytes, CHUNK, &length, error)) {
            return false;
        }
        if (!file_write_all(file, bytes, length)) {
            return error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
        }
    } while (length > 0);
    return true;
}

bool mime_answer_write(struct arena *arena, const struct mime_message *message, int file,
                       struct mime_answer *answer_out, struct error *error)
{
    struct buffer bytes;
    int64_t contents = 0;

    for (size_t i = 0; i < message->part_count; i++) {
        if (!write_content(arena, &message->parts[i], file, error)) {
            return false;
        }
        contents += message->parts[i].size;
    }
    buffer_init(&bytes, arena, CHUNK);
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].put(&bytes, (const char *)message + rows[i].offset);
    }
    put_ids(&bytes, message->references, message->reference_count);
    put_ids(&bytes, message->forwarded_ids, message->forwarded_count);
    put_parts(&bytes, message);
    if (!file_write_all(file, bytes.bytes, bytes.length)) {
        return error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
    }
    *answer_out = (struct mime_answer){.begin = contents, .length = (int64_t)bytes.length};
    return true;
}

/* More than any message makes that is read within the limits. */
static int64_t most_bytes(const struct mime_limits *limits)
{
    return (int64_t)(3 * limits->text + HEADERS * limits->header + PART_BYTES * limits->parts +
                     2 * PART_BYTES * limits->references + PART_BYTES);
}

bool mime_answer_take(struct arena *arena, int file, const struct mime_answer *answer,
                      const struct mime_limits *limits, struct mime_message **message_out)
{
    if (answer->begin < 0 || answer->length < 0 || answer->length > most_bytes(limits)) {
        return false;
    }
    struct input input = {
        .arena = arena,
        .limits = limits,
        .at = arena_allocate(arena, (size_t)answer->length),
        .left = (size_t)answer->length,
        .file = file,
        .contents = answer->begin,
    };
    struct mime_message *message = arena_allocate(arena, sizeof(*message));

    if (pread(file, input.at, input.left, answer->begin) != answer->length) {
        return false;
    }
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].take(&input, (char *)message + rows[i].offset);
    }
    take_ids(&input, &message->references, &message->reference_count);
    take_ids(&input, &message->forwarded_ids, &message->forwarded_count);
    take_parts(&input, message);
    *message_out = message;
    return !input.is_broken && input.left == 0 && message->text != NULL;
}
