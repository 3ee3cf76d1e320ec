/*
 * test_broken.c - the short messages of tests/data/mail/broken, each told and compared.
 *
 * A case begins with "## what it is about"; then come the message, a line "=>", and what a person
 * would expect of it, in the words of describe.h but for what says nothing: that it is ordinary, or
 * has no subject, or no text. Of parts their first bytes are told too. In a message "\xNN" is a
 * byte, "\r" and "\\" are what they are in C, and a "\" at the end of a line takes it to the next.
 *
 * Each is read as it stands and, unless it says something of line ends, as SMTP carries it; in this
 * process, and by a reader, which may open no file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/log.h"
#include "mime/describe.h"
#include "mime/reader.h"

enum { SIZE_MOST = 1024 * 1024, TOLD_BYTES = 120, READING_TIME = 60000 };

static struct log silence = {.descriptor = 2, .level = LOG_LEVEL_ERROR};
static struct mime_readers *readers;

/* One case, as it stands in its file. */
struct broken {
    const char *title;
    const char *message;
    const char *expected;
};

/* ---- the file ---- */

static char *next_line(char **at)
{
    char *line = *at;
    size_t length = strcspn(line, "\n");

    if (*line == '\0') {
        return NULL;
    }
    *at = line + length + (line[length] == '\n');
    line[length] = '\0';
    return line;
}

static bool begins_case(const char *line)
{
    return strncmp(line, "## ", 3) == 0;
}

/* Takes lines up to one that ends them; that one is consumed. */
static const char *take_lines(struct arena *arena, char **at, const char **end_out)
{
    struct buffer lines;
    char *line = NULL;

    buffer_init(&lines, arena, 256);
    while ((line = next_line(at)) != NULL && strcmp(line, "=>") != 0 && !begins_case(line)) {
        buffer_add_format(&lines, "%s\n", line);
    }
    *end_out = line;
    return lines.bytes;
}

/* ---- the message ---- */

static void add_escaped(struct buffer *bytes, const char **at)
{
    const char *escape = *at + 1;

    switch (*escape) {
    case 'x':
        buffer_add_char(bytes, (char)strtol((char[]){escape[1], escape[2], '\0'}, NULL, 16));
        *at += 4;
        return;
    case 'r':
        buffer_add_char(bytes, '\r');
        break;
    case '\n':
        break;
    case '\\':
        buffer_add_char(bytes, '\\');
        break;
    default:
        fail_msg("no escape: %.2s", *at);
    }
    *at += 2;
}

static struct buffer bytes_of(struct arena *arena, const char *message, const char *line_end)
{
    struct buffer bytes;

    buffer_init(&bytes, arena, strlen(message) + 1);
    for (const char *at = message; *at != '\0';) {
        if (*at == '\\') {
            add_escaped(&bytes, &at);
        } else if (*at == '\n') {
            buffer_add_text(&bytes, line_end);
            at++;
        } else {
            buffer_add_char(&bytes, *at++);
        }
    }
    return bytes;
}

/* ---- what is told ---- */

static void add_content(struct buffer *told, struct arena *arena, const struct mime_part *part)
{
    const char *content = content_of(arena, part);

    for (int64_t i = 0, count = 0; i < part->size && count < TOLD_BYTES; i++) {
        unsigned char byte = (unsigned char)content[i];
        if (byte == '\r') {
            continue;
        }
        count++;
        if (byte == '\n') {
            buffer_add_text(told, "\\n");
        } else {
            buffer_add_format(told, byte < ' ' || byte > '~' ? "\\x%02X" : "%c", byte);
        }
    }
    buffer_add_char(told, '\n');
}

/* ", 5 bytes" of a part; how many they are depends on the line ends. */
static void drop_size(char *line)
{
    char *end = strstr(line, " bytes");
    char *begin = end;

    while (begin != NULL && begin > line && *begin != ',') {
        begin--;
    }
    if (end != NULL) {
        memmove(begin, end + strlen(" bytes"), strlen(end + strlen(" bytes")) + 1);
    }
}

/* The description without what says nothing, and without the sizes if they depend on line ends. */
static const char *tell(struct arena *arena, const struct mime_message *message, bool has_sizes)
{
    static const char *const nothing[] = {"kind: ordinary", "subject: "};
    char *at = arena_copy_text(arena, describe(arena, message));
    struct buffer told;
    size_t part = 0;
    bool is_text = false;

    buffer_init(&told, arena, 1024);
    for (char *line = next_line(&at); line != NULL; line = next_line(&at)) {
        is_text |= strcmp(line, "text:") == 0;
        bool is_part = !is_text && strncmp(line, "part: ", 6) == 0;
        if (is_part && !has_sizes) {
            drop_size(line);
        }
        if (is_text || (strcmp(line, nothing[0]) != 0 && strcmp(line, nothing[1]) != 0)) {
            buffer_add_format(&told, "%s\n", line);
        }
        if (is_part) {
            buffer_add_text(&told, "holds: ");
            add_content(&told, arena, &message->parts[part++]);
        }
    }
    return told.bytes;
}

/* Without line breaks at the end, and without the line that announces a text that is not there. */
static const char *trim(struct arena *arena, const char *told)
{
    static const char empty[] = "text:";
    char *trimmed = arena_copy_text(arena, told);
    size_t length = strlen(trimmed);

    for (int i = 0; i < 2; i++) {
        while (length > 0 && trimmed[length - 1] == '\n') {
            trimmed[--length] = '\0';
        }
        bool is_empty = length >= sizeof(empty) - 1 &&
                        strcmp(trimmed + length - (sizeof(empty) - 1), empty) == 0;
        length -= is_empty ? sizeof(empty) - 1 : 0;
        trimmed[length] = '\0';
    }
    return trimmed;
}

/* The same of what is expected. */
static const char *without_sizes(struct arena *arena, const char *expected)
{
    char *at = arena_copy_text(arena, expected);
    struct buffer kept;

    buffer_init(&kept, arena, strlen(expected) + 1);
    for (char *line = next_line(&at); line != NULL; line = next_line(&at)) {
        if (strncmp(line, "part: ", 6) == 0) {
            drop_size(line);
        }
        buffer_add_format(&kept, "%s\n", line);
    }
    return kept.bytes;
}

/* ---- the test ---- */

static struct mime_message *read_here(struct arena *arena, const struct buffer *bytes)
{
    const struct mime_limits limits = ordinary_limits();
    struct error error = {0};

    return try_message(arena, &limits, bytes->bytes, bytes->length, &error);
}

static struct mime_message *read_by_reader(struct arena *arena, const struct buffer *bytes)
{
    const struct mime_limits limits = ordinary_limits();
    const struct mime_bounds bounds = {.time = READING_TIME, .request_id = "test"};
    struct given given;
    const struct mime_source source = source_of(&given, bytes->bytes, bytes->length);
    struct mime_message *message = NULL;
    struct error error = {0};

    return mime_readers_read(readers, arena, &source, &limits, &bounds, &message, &error) ? message
                                                                                          : NULL;
}

static bool is_told_by(struct mime_message *(*read)(struct arena *, const struct buffer *),
                       struct arena *arena, const struct broken *broken, const char *line_end)
{
    bool is_plain = strcmp(line_end, "\n") == 0;
    const struct buffer bytes = bytes_of(arena, broken->message, line_end);
    const struct mime_message *message = read(arena, &bytes);
    const char *found = trim(arena, message == NULL ? "refused" : tell(arena, message, is_plain));
    const char *expected =
        trim(arena, is_plain ? broken->expected : without_sizes(arena, broken->expected));

    if (strcmp(found, expected) != 0) {
        print_error("## %s%s%s\n-- expected\n%s\n-- found\n%s\n\n", broken->title,
                    is_plain ? "" : " (CRLF)", read == read_here ? "" : " (by a reader)", expected,
                    found);
        return false;
    }
    return true;
}

static bool is_told(struct arena *arena, const struct broken *broken, const char *line_end)
{
    return is_told_by(read_here, arena, broken, line_end) &&
           is_told_by(read_by_reader, arena, broken, line_end);
}

static void read_all(const char *name, size_t least)
{
    struct arena *arena = arena_create();
    const char *path = arena_format(arena, "tests/data/mail/broken/%s.txt", name);
    struct error error = {0};
    const char *end = NULL;
    char *at = NULL;
    size_t length = 0, count = 0, wrong = 0;

    assert_true(mime_readers_start(&silence, &readers, &error));
    assert_true(file_read(arena, path, SIZE_MOST, &at, &length, &error));
    take_lines(arena, &at, &end); /* what the file is about */
    for (; end != NULL; count++) {
        struct arena *scratch = arena_create();
        struct broken broken = {.title = end + 3};
        broken.message = take_lines(arena, &at, &end);
        assert_string_equal(end, "=>");
        broken.expected = take_lines(arena, &at, &end);
        bool is_right = is_told(scratch, &broken, "\n") && (strstr(broken.message, "\\r") != NULL ||
                                                            is_told(scratch, &broken, "\r\n"));
        wrong += !is_right;
        arena_destroy(&scratch);
    }
    arena_destroy(&arena);
    assert_int_equal(mime_readers_count(readers).lost, 0);
    mime_readers_stop(&readers);
    assert_int_equal(wrong, 0);
    assert_true(count >= least);
}

void test_broken__character_sets(void **state)
{
    (void)state;
    read_all("charsets", 137);
}

void test_broken__encoded_words(void **state)
{
    (void)state;
    read_all("words", 60);
}

void test_broken__names_of_files(void **state)
{
    (void)state;
    read_all("names", 81);
}

void test_broken__multiparts(void **state)
{
    (void)state;
    read_all("parts", 81);
}

void test_broken__transfer_encodings(void **state)
{
    (void)state;
    read_all("encodings", 73);
}

void test_broken__addresses(void **state)
{
    (void)state;
    read_all("addresses", 94);
}

void test_broken__dates(void **state)
{
    (void)state;
    read_all("dates", 112);
}

void test_broken__headers(void **state)
{
    (void)state;
    read_all("headers", 49);
}

void test_broken__ids(void **state)
{
    (void)state;
    read_all("ids", 48);
}

void test_broken__kinds(void **state)
{
    (void)state;
    read_all("kinds", 80);
}
