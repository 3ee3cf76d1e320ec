/*
 * test_generated.c - messages made at random of known values, in forms that programs write.
 *
 * Character sets are encoded by the C library here and decoded by ICU there; words are cut where
 * chance has it. Whatever the form, the values must come out. TEST_SEED repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/base64.h"
#include "mime/describe.h"
#include "support/random.h"

#define COUNT_OF(table) (sizeof(table) / sizeof(*(table)))

enum { MESSAGES = 400, CASES_SIZE = 16384 };

/* Texts of a language, and the sets in which its programs send them, by the label that is written
 * and the set that is meant. */
static const struct language {
    const char *subject, *name, *text, *file;
    struct {
        const char *label, *set;
        bool is_shifted; /* a cut within it is more than programs do */
    } sets[6];
} languages[] = {
    {"Счёт на оплату 17: срочно!",
     "Анна Петрова",
     "Добрый день!\nВысылаем счёт, ответьте до пятницы.\n",
     "Счёт за март.pdf",
     {{"koi8-r", "KOI8-R", false},
      {"windows-1251", "CP1251", false},
      {"iso-8859-1", "UTF-8", false},
      {"utf8", "UTF-8", false},
      {"\"windows-1251\"", "CP1251", false}}},
    {"Їжак і ґава: рахунок",
     "Олена Ївга",
     "Доброго дня, надсилаємо рахунок.\n",
     "Рахунок.pdf",
     {{"koi8-u", "KOI8-U", false}, {"CP-1251", "CP1251", false}, {"UTF-8", "UTF-8", false}}},
    {"Grüße aus Köln – 5 € übrig",
     "Jürgen Müßig",
     "Sehr geehrte Damen und Herren,\nanbei die “Rechnung”.\n",
     "Größe.pdf",
     {{"iso-8859-1", "CP1252", false},
      {"latin1", "CP1252", false},
      {"windows-1252", "CP1252", false},
      {"utf-8", "UTF-8", false}}},
    {"請求書①の件（至急）",
     "山田太郎",
     "お世話になっております。\n請求書をお送りします。\n",
     "請求書.pdf",
     {{"shift_jis", "CP932", false},
      {"iso-2022-jp", "CP932", true},
      {"x-sjis", "CP932", false},
      {"utf-8", "UTF-8", false}}},
    {"发票和合同，请查收",
     "王小明",
     "您好，\n附件是合同，请签字后寄回。\n",
     "合同.pdf",
     {{"gb2312", "GBK", false}, {"GBK", "GBK", false}, {"gb18030", "GB18030", false}}},
    {"청구서를 보내 드립니다",
     "김철수",
     "안녕하세요.\n청구서를 첨부합니다.\n",
     "청구서.pdf",
     {{"euc-kr", "CP949", false}, {"ks_c_5601-1987", "CP949", false}}},
};

/* One moment, as programs write it. */
static const char *const dates[] = {
    "Mon, 1 Jan 2024 12:00:00 +0300",        "1 Jan 24 12:00 MSK",
    "Mon Jan  1 12:00:00 2024 +0300",        "2024-01-01T12:00:00+03:00",
    "Monday, 01-Jan-24 09:00:00 GMT",        "Mon, 1 Jan 2024 09:00:00 GMT (a comment)",
    "Fri, 1 Jan 2024 12.00.00 +03:00",       "1 января 2024 12:00:00 +0300",
    "=?utf-8?Q?1_Jan_2024_12:00:00_+0300?=", "Mon,1 Jan 124 12:00:00 GMT+0300",
};
static const int64_t moment = 1704099600000;

static const char *const line_ends[] = {"\n", "\r\n", "\r", "\r\r\n"};

static const char *const begins[] = {"", "\xEF\xBB\xBF", "\n\n", " \n",
                                     "From ann@example.com Mon Jan  1 12:00:00 2024\n"};

static struct arena *arena;
static struct random_source chance;

static size_t pick(size_t count)
{
    return (size_t)random_below(&chance, count);
}

/* ---- character sets ---- */

/* ISO-2022-JP as Microsoft writes it, from windows-31j: the C library knows no circled digits
 * there. */
static const char *shift(const char *bytes)
{
    struct buffer out;
    bool is_wide = false;

    buffer_init(&out, arena, 64);
    for (const unsigned char *at = (const unsigned char *)bytes; *at != '\0'; at++) {
        bool is_lead = *at >= 0x80;
        if (is_lead != is_wide) {
            buffer_add_text(&out, is_lead ? "\x1B$B" : "\x1B(B");
            is_wide = is_lead;
        }
        if (is_lead) {
            unsigned row = 2U * (*at - (*at < 0xA0 ? 0x81U : 0xC1U));
            unsigned cell = at[1] - (at[1] > 0x7F ? 0x41U : 0x40U);
            buffer_add_char(&out, (char)(0x21 + row + cell / 94));
            buffer_add_char(&out, (char)(0x21 + cell % 94));
            at++;
        } else {
            buffer_add_char(&out, (char)*at);
        }
    }
    buffer_add_text(&out, is_wide ? "\x1B(B" : "");
    return out.bytes;
}

static const char *encode(const char *set, bool is_shifted, const char *text)
{
    char *bytes = arena_allocate(arena, CASES_SIZE);
    char *from = arena_copy_text(arena, text), *to = bytes;
    size_t left = strlen(text), room = CASES_SIZE - 1;
    iconv_t converter = iconv_open(set, "UTF-8");

    assert_true(converter != (iconv_t)-1);
    assert_int_equal(iconv(converter, &from, &left, &to, &room), 0);
    iconv_close(converter);
    return is_shifted ? shift(bytes) : bytes;
}

/* ---- transfer encodings ---- */

static void add_quoted(struct buffer *out, const char *bytes, size_t length, char blank)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z');
        if (byte == ' ' && blank == '_') {
            buffer_add_char(out, '_');
        } else if (is_plain || (blank == ' ' && (byte == '\n' || byte == ' '))) {
            buffer_add_char(out, (char)byte);
        } else {
            buffer_add_format(out, pick(2) == 0 ? "=%02X" : "=%02x", byte);
        }
        if (blank == ' ' && pick(30) == 0) {
            buffer_add_text(out, pick(2) == 0 ? "=\n" : "= \t\n");
        }
    }
}

static void add_lines_of_base64(struct buffer *out, const char *bytes)
{
    const char *digits = base64_encode(arena, bytes, strlen(bytes));
    size_t width = 4 * (1 + pick(30));

    for (size_t i = 0; digits[i] != '\0'; i++) {
        buffer_add_char(out, digits[i]);
        if ((i + 1) % width == 0) {
            buffer_add_char(out, '\n');
        }
    }
    buffer_add_text(out, pick(3) == 0 ? "\n-- \nA list for all: http://x.example.com\n" : "\n");
}

static void add_body(struct buffer *out, const char *bytes)
{
    static const char *const labels[][3] = {
        {"base64", "\"base64\"", "BASE64; x"},
        {"quoted-printable", "Quoted-Printable;", "quoted printable"},
        {"8bit", "8-bit", "none"},
    };
    size_t encoding = pick(3);

    buffer_add_format(out, "Content-Transfer-Encoding: %s\n\n", labels[encoding][pick(3)]);
    if (encoding == 0) {
        add_lines_of_base64(out, bytes);
    } else if (encoding == 1) {
        add_quoted(out, bytes, strlen(bytes), ' ');
    } else {
        buffer_add_text(out, bytes);
    }
}

/* ---- words ---- */

/* One word or some, cut anywhere. */
static const char *words(const char *label, bool is_shifted, const char *bytes)
{
    static const char *const blanks[] = {" ", "\n ", "\n\t", "  "};
    struct buffer out;
    size_t length = strlen(bytes);

    buffer_init(&out, arena, 256);
    for (size_t i = 0; i < length;) {
        size_t piece = is_shifted ? length : 1 + pick(40);
        piece = piece < length - i ? piece : length - i;
        bool is_quoted = pick(2) == 0;
        buffer_add_format(&out, "%s=?%.*s?%c?", i == 0 ? "" : blanks[pick(4)],
                          (int)strlen(label) - (*label == '"' ? 2 : 0), label + (*label == '"'),
                          is_quoted ? 'q' : 'B');
        if (is_quoted) {
            add_quoted(&out, bytes + i, piece, '_');
        } else {
            buffer_add_text(&out, base64_encode(arena, bytes + i, piece));
        }
        buffer_add_text(&out, "?=");
        i += piece;
    }
    return out.bytes;
}

static void add_from(struct buffer *out, const char *name)
{
    static const char *const forms[] = {
        "From: %s <ann@example.com>\n", "From: \"%s\" <ann@example.com>\n",
        "from:%s<ann@example.com>\n",   "From : ann@example.com (%s)\n",
        "From: %s ann@example.com\n",   "From: %s <mailto:ann@example.com>;\n",
        "From: <ann@example.com> %s\n", "From: %s <ann @ example.com\n",
    };
    buffer_add_format(out, forms[pick(COUNT_OF(forms))], name);
}

/* ---- a message ---- */

static void add_attachment(struct buffer *out, const struct language *language)
{
    const char *name = language->file;
    struct buffer escaped;

    buffer_init(&escaped, arena, 128);
    for (const char *at = name; *at != '\0'; at++) {
        buffer_add_format(&escaped, "%%%02X", (unsigned char)*at);
    }
    switch (pick(4)) {
    case 0:
        buffer_add_format(out, "attachment; filename*=utf-8''%s\n", escaped.bytes);
        break;
    case 1:
        buffer_add_format(out, "attachment; filename*1*=%s; filename*0*=UTF-8''%.3s\n",
                          escaped.bytes + 3, escaped.bytes);
        break;
    case 2:
        buffer_add_format(out, "attachment filename=\"%s\"\n", name);
        break;
    default:
        buffer_add_format(out, "ATTACHMENT; filename=%s;\n", words("utf-8", false, name));
    }
}

static struct buffer with_line_ends(const struct buffer *message, const char *line_end)
{
    struct buffer out;

    buffer_init(&out, arena, 2 * message->length + 1);
    for (size_t i = 0; i < message->length; i++) {
        if (message->bytes[i] == '\n') {
            buffer_add_text(&out, line_end);
        } else {
            buffer_add_char(&out, message->bytes[i]);
        }
    }
    return out;
}

static struct buffer make(const struct language *language)
{
    struct buffer out;
    size_t count = 0;

    while (count < COUNT_OF(language->sets) && language->sets[count].label != NULL) {
        count++;
    }
    size_t set = pick(count);
    const char *label = language->sets[set].label, *name = language->sets[set].set;
    bool is_shifted = language->sets[set].is_shifted;

    buffer_init(&out, arena, 4096);
    buffer_add_text(&out, begins[pick(COUNT_OF(begins))]);
    add_from(&out, words(label, is_shifted, encode(name, is_shifted, language->name)));
    buffer_add_format(&out, "Subject: %s\n",
                      words(label, is_shifted, encode(name, is_shifted, language->subject)));
    buffer_add_format(&out, "Date: %s\n", dates[pick(COUNT_OF(dates))]);
    buffer_add_text(&out, pick(2) == 0 ? "Content-Type: multipart/mixed; boundary=b\n\n"
                                       : "Content-Type: multipart/mixed\n\n");
    buffer_add_format(&out, "--b\nContent-Type: text/plain%s charset=%s\n", pick(4) == 0 ? "" : ";",
                      label);
    add_body(&out, encode(name, is_shifted, language->text));
    buffer_add_text(&out, "\n--b\nContent-Type: application/pdf\nContent-Disposition: ");
    add_attachment(&out, language);
    add_body(&out, "bytes");
    buffer_add_text(&out, pick(2) == 0 ? "\n--b--\n" : "\n--b  \n");
    return with_line_ends(&out, line_ends[pick(COUNT_OF(line_ends))]);
}

/* Without blanks at its end. */
static const char *trimmed(const char *text)
{
    size_t length = strlen(text);

    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' ')) {
        length--;
    }
    return arena_copy_part(arena, text, length);
}

static bool is_read(const struct mime_message *message, const struct language *language)
{
    bool has_part = message->part_count >= 1;

    return strcmp(message->subject, language->subject) == 0 && message->from.count == 1 &&
           strcmp(message->from.items[0].address, "ann@example.com") == 0 &&
           message->from.items[0].name != NULL &&
           strcmp(message->from.items[0].name, language->name) == 0 &&
           message->date.moment == moment && !message->date.is_repaired &&
           strcmp(trimmed(message->text), trimmed(language->text)) == 0 && has_part &&
           strcmp(message->parts[0].name, language->file) == 0 &&
           strcmp(trimmed(content_of(arena, &message->parts[0])), "bytes") == 0;
}

void test_generated__values_come_out_whatever_the_form(void **state)
{
    size_t wrong = 0;

    (void)state;
    chance = random_begin();
    for (size_t i = 0; i < MESSAGES && wrong == 0; i++) {
        arena = arena_create();
        const struct language *language = &languages[pick(COUNT_OF(languages))];
        const struct buffer bytes = make(language);
        const struct mime_message *message = read_message(arena, bytes.bytes, bytes.length);
        if (!is_read(message, language)) {
            print_error("message %zu:\n%s\n-- read as\n%s\n", i, bytes.bytes,
                        describe(arena, message));
            wrong++;
        }
        arena_destroy(&arena);
    }
    assert_int_equal(wrong, 0);
}
