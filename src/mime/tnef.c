/*
 * tnef.c - attributes and properties of a winmail.dat, one after the other.
 *
 * All numbers come through `take` and all lengths through `cut`: neither goes beyond the range
 * that it is given, and what would makes the whole unreadable. Checksums are not compared: what
 * was harmed on its way shows in its lengths, and a wrong letter is no reason to hide a file.
 */
#include "mime/tnef.h"

#include <string.h>

#include "base/arena.h"
#include "mime/mime.h"
#include "mime/spool.h"
#include "text/charset.h"
#include "text/utf8.h"

enum {
    SIGNATURE = 0x223E9F78,
    HEAD_SIZE = 1 + 4 + 4, /* of an attribute: level, id, length */
    OF_MESSAGE = 1,
    OF_FILE = 2,
    RECORDS_MOST = 100000, /* attributes and properties */
    NAME_MOST = 1024,
    CLASS_SIZE = 16, /* of an object, before its bytes */
    WINDOW_SIZE = 4096,
    FIRST_NAMED = 0x8000, /* properties from here on have a name */
    NAME_SET_SIZE = 16,
    NAMED_BY_TEXT = 1,
};

/* Types of properties that hold text, bytes or an object: of any length. */
enum { TYPE_OBJECT = 0x0D, TYPE_TEXT = 0x1E, TYPE_UTF_16 = 0x1F, TYPE_BYTES = 0x102 };
enum { TYPE_MANY = 0x1000 }; /* added to that of each value */

static const struct {
    uint16_t type;
    uint8_t size; /* with what fills it up to four bytes; 0: its length comes before it */
} types[] = {
    {0x02, 4},  {0x03, 4},        {0x04, 4},      {0x05, 8},        {0x06, 8},
    {0x07, 8},  {0x0A, 4},        {0x0B, 4},      {0x14, 8},        {0x40, 8},
    {0x48, 16}, {TYPE_OBJECT, 0}, {TYPE_TEXT, 0}, {TYPE_UTF_16, 0}, {TYPE_BYTES, 0},
};

/* What is kept of a message or of a file. */
enum held {
    SUBJECT,
    PLAIN,
    HTML,
    TEXT_PAGE,
    TITLE,
    LONG_NAME,
    SHORT_NAME,
    DISPLAY_NAME,
    MEDIA_TYPE,
    CONTENT_ID,
    DATA,
    HELD_COUNT
};

static const uint16_t properties[HELD_COUNT] = {
    [SUBJECT] = 0x0037,    [PLAIN] = 0x1000,      [HTML] = 0x1013,       [TEXT_PAGE] = 0x3FDE,
    [LONG_NAME] = 0x3707,  [SHORT_NAME] = 0x3704, [MEDIA_TYPE] = 0x370E, [DISPLAY_NAME] = 0x3001,
    [CONTENT_ID] = 0x3712, [DATA] = 0x3701,
};

static const struct {
    uint32_t id;
    enum held held;
    uint16_t type;
} attributes[] = {
    {0x00018004, SUBJECT, TYPE_TEXT},
    {0x0002800C, PLAIN, TYPE_TEXT},
    {0x00018010, TITLE, TYPE_TEXT},
    {0x0006800F, DATA, TYPE_BYTES},
};
enum {
    ATTRIBUTE_CODE_PAGE = 0x00069007,
    ATTRIBUTE_MESSAGE = 0x00069003, /* properties */
    ATTRIBUTE_FILE = 0x00069005,    /* properties */
    ATTRIBUTE_FILE_BEGINS = 0x00069002,
};

/* The class of a file that is a message: IID_IMessage. */
static const uint8_t message_class[CLASS_SIZE] = {0x07, 0x03, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
                                                  0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46};

/* Code pages by the names of their character sets; of others the number says enough. */
static const struct {
    uint32_t page;
    const char *label;
} pages[] = {
    {866, "ibm866"},       {932, "shift_jis"},     {936, "gbk"},      {949, "ks_c_5601-1987"},
    {950, "big5"},         {20866, "koi8-r"},      {21866, "koi8-u"}, {28592, "iso-8859-2"},
    {28595, "iso-8859-5"}, {50220, "iso-2022-jp"}, {51949, "euc-kr"}, {54936, "gb18030"},
    {65001, "utf-8"},
};

struct range {
    int64_t at, end;
};

struct value {
    struct range range;
    uint16_t type; /* 0: not there */
};

/* A message or a file, while it is read. */
struct item {
    struct value values[HELD_COUNT];
};

struct reader {
    struct arena *arena;
    GMimeStream *stream;
    const struct mime_limits *limits;
    struct mime_tnef *tnef;
    size_t records; /* that were met */
    bool is_broken;

    int64_t window_at;
    size_t window_length;
    uint8_t window[WINDOW_SIZE];
};

static bool read_message(struct reader *reader, struct range range, size_t depth,
                         const char **plain_out, const char **html_out, const char **subject_out);

/* ---- bytes ---- */

static bool fail(struct reader *reader)
{
    reader->is_broken = true;
    return false;
}

/* Has the next bytes, few of them, in the window. */
static bool look(struct reader *reader, int64_t at, size_t size)
{
    if (at >= reader->window_at &&
        at + (int64_t)size <= reader->window_at + (int64_t)reader->window_length) {
        return true;
    }
    g_mime_stream_seek(reader->stream, at, GMIME_STREAM_SEEK_SET);
    ssize_t length = g_mime_stream_read(reader->stream, (char *)reader->window, WINDOW_SIZE);
    reader->window_at = at;
    reader->window_length = length < 0 ? 0 : (size_t)length;
    return reader->window_length >= size || fail(reader);
}

/* The next number of so many bytes, the lowest first; 0 when there is none. */
static uint32_t take(struct reader *reader, struct range *range, size_t size)
{
    uint32_t number = 0;

    if (reader->is_broken || range->end - range->at < (int64_t)size) {
        fail(reader);
        return 0;
    }
    if (!look(reader, range->at, size)) {
        return 0;
    }
    for (size_t i = 0; i < size; i++) {
        number |= (uint32_t)reader->window[range->at - reader->window_at + (int64_t)i] << (8 * i);
    }
    range->at += (int64_t)size;
    return number;
}

/* The next so many bytes as a range of their own. */
static struct range cut(struct reader *reader, struct range *range, uint32_t length)
{
    struct range part = {.at = range->at, .end = range->at};

    if (reader->is_broken || range->end - range->at < (int64_t)length) {
        fail(reader);
        return part;
    }
    part.end += length;
    range->at = part.end;
    return part;
}

/* Values are filled up to four bytes; after the last the filling may be left out. */
static void fill_up(struct range *range, uint32_t length)
{
    int64_t filling = (4 - length % 4) % 4;
    int64_t left = range->end - range->at;

    range->at += filling < left ? filling : left;
}

static bool count_record(struct reader *reader)
{
    return ++reader->records <= RECORDS_MOST || fail(reader);
}

static char *read_bytes(struct reader *reader, struct range range, size_t most, size_t *length_out)
{
    size_t length = (size_t)(range.end - range.at);

    length = length < most ? length : most;
    char *bytes = arena_allocate(reader->arena, length + 1);
    size_t got = 0;
    g_mime_stream_seek(reader->stream, range.at, GMIME_STREAM_SEEK_SET);
    while (got < length) {
        ssize_t some = g_mime_stream_read(reader->stream, bytes + got, length - got);
        if (some <= 0) {
            break;
        }
        got += (size_t)some;
    }
    *length_out = got;
    return bytes;
}

/* ---- values ---- */

static const char *label_of(struct arena *arena, uint32_t page)
{
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (pages[i].page == page) {
            return pages[i].label;
        }
    }
    return page == 0 ? NULL : arena_format(arena, "windows-%u", page);
}

static uint32_t number_of(struct reader *reader, const struct item *item, enum held held)
{
    struct range range = item->values[held].range;
    return item->values[held].type == 0 ? 0 : take(reader, &range, sizeof(uint32_t));
}

/* A text of an item, as long as it may be; NULL: none. */
static const char *text_of(struct reader *reader, const struct item *item, enum held held,
                           size_t most)
{
    const struct value *value = &item->values[held];
    bool is_wide = value->type == TYPE_UTF_16;
    size_t length = 0;

    if (value->type == 0 || value->range.at == value->range.end) {
        return NULL;
    }
    const char *bytes = read_bytes(reader, value->range, is_wide ? 2 * most : most, &length);
    reader->tnef->is_cut |= (int64_t)length < value->range.end - value->range.at;
    const char *label =
        is_wide ? "utf-16le" : label_of(reader->arena, number_of(reader, item, TEXT_PAGE));
    const char *text =
        text_decode(reader->arena, label, bytes, is_wide ? length : strnlen(bytes, length));
    size_t decoded = strlen(text);
    reader->tnef->is_cut |= decoded > most;
    return decoded == 0
               ? NULL
               : arena_copy_part(reader->arena, text, text_cut_length(text, decoded, most));
}

static void hold(struct item *item, enum held held, uint16_t type, struct range range)
{
    item->values[held] = (struct value){.range = range, .type = type};
}

/* ---- properties ---- */

/* The size of a type; false when there is no such type. */
static bool find_size(uint16_t type, uint32_t *size_out)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].type == type) {
            *size_out = types[i].size;
            return true;
        }
    }
    return false;
}

static void hold_property(struct item *item, uint16_t id, uint16_t type, struct range range)
{
    for (size_t held = 0; held < HELD_COUNT; held++) {
        if (properties[held] == id && id != 0) {
            hold(item, (enum held)held, type, range);
        }
    }
}

static void skip_name(struct reader *reader, struct range *range)
{
    (void)cut(reader, range, NAME_SET_SIZE);
    if (take(reader, range, 4) != NAMED_BY_TEXT) {
        (void)cut(reader, range, 4);
        return;
    }
    uint32_t length = take(reader, range, 4);
    (void)cut(reader, range, length);
    fill_up(range, length);
}

static void read_property(struct reader *reader, struct range *range, struct item *item)
{
    uint16_t type = (uint16_t)take(reader, range, 2);
    uint16_t id = (uint16_t)take(reader, range, 2);
    uint16_t type_of_each = type & (uint16_t)~TYPE_MANY;
    uint32_t size = 0;

    if (!find_size(type_of_each, &size)) {
        fail(reader);
        return;
    }
    if (id >= FIRST_NAMED) {
        skip_name(reader, range);
    }
    uint32_t count = size == 0 || type != type_of_each ? take(reader, range, 4) : 1;
    for (uint32_t i = 0; i < count && !reader->is_broken && count_record(reader); i++) {
        uint32_t length = size == 0 ? take(reader, range, 4) : size;
        struct range value = cut(reader, range, length);
        fill_up(range, length);
        if (i == 0) {
            hold_property(item, id, type, value);
        }
    }
}

static void read_properties(struct reader *reader, struct range range, struct item *item)
{
    uint32_t count = take(reader, &range, 4);

    for (uint32_t i = 0; i < count && !reader->is_broken && count_record(reader); i++) {
        read_property(reader, &range, item);
    }
}

/* ---- files ---- */

static void add_file(struct reader *reader, const struct mime_tnef_file *file)
{
    struct array *files = &reader->tnef->files;

    if (files->count >= reader->limits->parts) {
        reader->tnef->is_cut = true;
        return;
    }
    array_add(files, arena_copy(reader->arena, file, sizeof(*file)));
}

/* The first name that says something. */
static const char *name_of(struct reader *reader, const struct item *item)
{
    static const enum held names[] = {LONG_NAME, SHORT_NAME, TITLE, DISPLAY_NAME};
    const char *name = NULL;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && name == NULL; i++) {
        name = text_of(reader, item, names[i], NAME_MOST);
    }
    return name;
}

/* The text of a message within, as a file. */
static void add_text(struct reader *reader, const char *name, const char *text, bool is_html)
{
    size_t size = text == NULL ? 0 : strlen(text);

    if (size == 0) {
        return;
    }
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(text, size);
    mime_unref_with(reader->arena, stream);
    const struct mime_tnef_file file = {
        .name = arena_format(reader->arena, "%s.%s", name == NULL ? "message" : name,
                             is_html ? "html" : "txt"),
        .media_type = is_html ? "text/html" : "text/plain",
        .stream = stream,
        .size = (int64_t)size,
    };
    add_file(reader, &file);
}

/* Whether the bytes are a message, and may be taken apart yet; it then begins after its class. */
static bool is_message(struct reader *reader, const struct value *data, size_t depth)
{
    return data->type == TYPE_OBJECT && depth < reader->limits->depth &&
           data->range.end - data->range.at > CLASS_SIZE &&
           look(reader, data->range.at, CLASS_SIZE) &&
           memcmp(reader->window + (data->range.at - reader->window_at), message_class,
                  CLASS_SIZE) == 0;
}

static bool end_file(struct reader *reader, const struct item *item, size_t depth)
{
    const struct value *data = &item->values[DATA];
    const char *plain = NULL, *html = NULL, *subject = NULL;

    if (data->type == 0) {
        return true;
    }
    const char *name = name_of(reader, item);
    if (is_message(reader, data, depth)) {
        struct range range = {.at = data->range.at + CLASS_SIZE, .end = data->range.end};
        if (!read_message(reader, range, depth + 1, &plain, &html, &subject)) {
            return false;
        }
        add_text(reader, subject == NULL ? name : subject, html == NULL ? plain : html,
                 html != NULL);
        return true;
    }
    const struct mime_tnef_file file = {
        .name = name,
        .media_type = text_of(reader, item, MEDIA_TYPE, NAME_MOST),
        .content_id = text_of(reader, item, CONTENT_ID, NAME_MOST),
        .stream = g_mime_stream_substream(reader->stream, data->range.at, data->range.end),
        .size = data->range.end - data->range.at,
    };
    mime_unref_with(reader->arena, file.stream);
    add_file(reader, &file);
    return true;
}

/* ---- attributes ---- */

static void read_attribute(struct reader *reader, uint32_t id, struct range range,
                           struct item *item)
{
    if (id == ATTRIBUTE_MESSAGE || id == ATTRIBUTE_FILE) {
        read_properties(reader, range, item);
    } else if (id == ATTRIBUTE_CODE_PAGE) {
        hold(item, TEXT_PAGE, TYPE_BYTES, range);
    }
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (attributes[i].id == id) {
            hold(item, attributes[i].held, attributes[i].type, range);
        }
    }
}

/* Files are read in the code page of their message until they say another. */
static struct item begin_file(const struct item *message)
{
    struct item file = {.values = {{.type = 0}}};
    file.values[TEXT_PAGE] = message->values[TEXT_PAGE];
    return file;
}

static bool read_message(struct reader *reader, struct range range, size_t depth,
                         const char **plain_out, const char **html_out, const char **subject_out)
{
    struct item message = {.values = {{.type = 0}}}, file = message;

    if (take(reader, &range, 4) != SIGNATURE) {
        return fail(reader);
    }
    (void)take(reader, &range, 2); /* a key, of use to nobody */
    while (range.end - range.at >= HEAD_SIZE && !reader->is_broken && count_record(reader)) {
        uint32_t level = take(reader, &range, 1);
        uint32_t id = take(reader, &range, 4);
        struct range value = cut(reader, &range, take(reader, &range, 4));
        (void)take(reader, &range, 2);
        if (level != OF_MESSAGE && level != OF_FILE) {
            return fail(reader);
        }
        if (id == ATTRIBUTE_FILE_BEGINS) {
            if (!end_file(reader, &file, depth)) {
                return false;
            }
            file = begin_file(&message);
        }
        read_attribute(reader, id, value, level == OF_MESSAGE ? &message : &file);
    }
    if (reader->is_broken || !end_file(reader, &file, depth)) {
        return false;
    }
    *plain_out = text_of(reader, &message, PLAIN, reader->limits->text);
    *html_out = text_of(reader, &message, HTML, reader->limits->text);
    *subject_out = text_of(reader, &message, SUBJECT, NAME_MOST);
    return !reader->is_broken;
}

bool mime_tnef_read(struct arena *arena, GMimeStream *stream, const struct mime_limits *limits,
                    struct mime_tnef *tnef)
{
    struct reader *reader = arena_allocate(arena, sizeof(*reader));
    const int64_t begin = stream->bound_start; /* a piece of a file counts from the file's */
    const struct range all = {.at = begin, .end = begin + g_mime_stream_length(stream)};
    const char *subject = NULL;

    *reader = (struct reader){.arena = arena, .stream = stream, .limits = limits, .tnef = tnef};
    *tnef = (struct mime_tnef){.plain = NULL};
    array_init(&tnef->files, arena);
    return read_message(reader, all, 1, &tnef->plain, &tnef->html, &subject);
}
