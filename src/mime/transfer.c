/*
 * transfer.c - one line after the other, each by the rules of its encoding.
 */
#include "mime/transfer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
    LABEL_SIZE = 32,
    JUNK_SHARE = 5,
    WORD_MOST = 12, /* letters of a word, as they are on average in any text */
};

/* Letters and digits of labels; an "x" before them says nothing. */
static const struct {
    const char *label;
    enum mime_encoding encoding;
} labels[] = {
    {"base64", MIME_BASE64},      {"quotedprintable", MIME_QUOTED}, {"qp", MIME_QUOTED},
    {"uuencode", MIME_UUENCODED}, {"uuencoded", MIME_UUENCODED},    {"uue", MIME_UUENCODED},
};

enum mime_encoding mime_encoding_named(const char *label)
{
    char name[LABEL_SIZE];
    size_t length = 0;

    for (const char *at = label; at != NULL && *at != '\0' && strchr(";,(", *at) == NULL; at++) {
        if (isalnum((unsigned char)*at) && length < LABEL_SIZE - 1) {
            name[length++] = *at;
        }
    }
    name[length] = '\0';
    const char *bare = length > 1 && tolower((unsigned char)*name) == 'x' ? name + 1 : name;
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (strcasecmp(bare, labels[i].label) == 0) {
            return labels[i].encoding;
        }
    }
    return MIME_PLAIN;
}

/* ---- base64 ---- */

/* -1: it is no digit. */
static int digit_of(char sign)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = sign == '\0' ? NULL : strchr(digits, sign);
    return found == NULL ? -1 : (int)(found - digits);
}

size_t mime_base64_end(struct mime_base64 *base64, char *out)
{
    size_t length = 0;

    if (base64->digits == 2) {
        out[length++] = (char)(base64->bits >> 4);
    } else if (base64->digits == 3) {
        out[length++] = (char)(base64->bits >> 10);
        out[length++] = (char)(base64->bits >> 2);
    }
    *base64 = (struct mime_base64){0, 0};
    return length;
}

size_t mime_base64_add(struct mime_base64 *base64, const char *digits, size_t length, char *out)
{
    size_t written = 0;

    for (size_t i = 0; i < length; i++) {
        int digit = digit_of(digits[i]);
        if (digits[i] == '=') {
            written += mime_base64_end(base64, out + written);
        }
        if (digit < 0) {
            continue;
        }
        base64->bits = base64->bits << 6 | (uint32_t)digit;
        if (++base64->digits == 4) {
            out[written++] = (char)(base64->bits >> 16);
            out[written++] = (char)(base64->bits >> 8);
            out[written++] = (char)base64->bits;
            *base64 = (struct mime_base64){0, 0};
        }
    }
    return written;
}

bool mime_base64_is_cut(const struct mime_base64 *base64)
{
    static const uint32_t beyond[] = {0, UINT32_MAX, 0xF, 0x3};
    return base64->digits == 1 || (base64->bits & beyond[base64->digits]) != 0;
}

/* What a line is made of; blanks at its ends do not count. */
struct look {
    size_t digits, junk;
    size_t words; /* that end before a blank */
    bool has_padding;
};

static struct look look_at(const char *line, size_t length)
{
    struct look look = {0};

    while (length > 0 && isspace((unsigned char)line[length - 1])) {
        length--;
    }
    for (size_t i = 0; i < length; i++) {
        bool is_digit = digit_of(line[i]) >= 0;
        bool is_before = look.digits + look.junk == 0 && isspace((unsigned char)line[i]);
        look.words += i > 0 && isspace((unsigned char)line[i]) && digit_of(line[i - 1]) >= 0;
        look.digits += is_digit;
        look.has_padding |= line[i] == '=';
        look.junk += !is_digit && line[i] != '=' && !is_before;
    }
    return look;
}

/* A footer behind a text that could end here, with padding or without: the first line that is not
 * clean comes after a short one, is longer than the first, or consists of words. */
static bool is_footer(const struct mime_transfer *transfer, const struct look *look)
{
    bool may_follow = transfer->last < transfer->first || look->digits > transfer->first ||
                      look->words * WORD_MOST > look->digits;

    return transfer->has_begun && !transfer->has_junk && look->junk > 0 && may_follow &&
           !mime_base64_is_cut(&transfer->base64);
}

/* A first line that is none of base64: all of it is plain. A later one: the text has ended. */
static size_t decode_base64(struct mime_transfer *transfer, const char *line, size_t length,
                            char *out)
{
    const struct look look = look_at(line, length);
    bool is_odd = look.digits % 4 != 0;
    bool is_foreign = look.junk * JUNK_SHARE > look.digits + look.junk ||
                      (!transfer->has_begun && look.junk > 0 && is_odd) ||
                      (transfer->is_padded && (look.junk > 0 || (is_odd && !look.has_padding))) ||
                      is_footer(transfer, &look);

    if (look.digits + look.junk == 0 && !look.has_padding) {
        return 0;
    }
    if (is_foreign && !transfer->has_begun) {
        transfer->encoding = MIME_PLAIN;
        memcpy(out, line, length);
        return length;
    }
    if (is_foreign) {
        transfer->has_ended = true;
        return 0;
    }
    transfer->first = transfer->has_begun ? transfer->first : look.digits;
    transfer->last = look.digits;
    transfer->has_junk |= look.junk > 0;
    transfer->has_begun = true;
    transfer->is_padded |= look.has_padding;
    return mime_base64_add(&transfer->base64, line, length, out);
}

/* ---- quoted-printable ---- */

static int hexadecimal(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit == '\0' ? NULL : strchr(digits, tolower((unsigned char)digit));
    return found == NULL ? -1 : (int)(found - digits);
}

/* Whether nothing but blanks stand before the end of the line. */
static bool is_soft_break(const char *at, const char *end)
{
    while (at < end && isspace((unsigned char)*at)) {
        at++;
    }
    return at == end;
}

/* Signs that encode nothing stand for themselves. */
static size_t decode_quoted(struct mime_transfer *transfer, const char *line, size_t length,
                            char *out)
{
    const char *end = line + length;
    size_t written = 0;

    (void)transfer;
    for (const char *at = line; at < end; at++) {
        int high = *at == '=' && end - at > 2 ? hexadecimal(at[1]) : -1;
        int low = high < 0 ? -1 : hexadecimal(at[2]);
        if (*at == '=' && is_soft_break(at + 1, end)) {
            break;
        }
        out[written++] = low < 0 ? *at : (char)(high << 4 | low);
        at += low < 0 ? 0 : 2;
    }
    return written;
}

/* ---- uuencode ---- */

static unsigned six_bits(char sign)
{
    return ((unsigned char)sign - 32U) & 63U;
}

int mime_uuencoded_line(const char *line, size_t length, char *out)
{
    while (length > 0 && isspace((unsigned char)line[length - 1]) && line[length - 1] != ' ') {
        length--;
    }
    size_t count = length == 0 ? 0 : six_bits(*line);
    size_t written = 0;

    if (length == 0 || (unsigned char)*line < 32 || (unsigned char)*line > 96 ||
        length - 1 < (count * 4 + 2) / 3) {
        return -1;
    }
    for (size_t i = 1; written < count; i += 4) {
        unsigned bits = 0;
        for (size_t j = i; j < i + 4; j++) {
            bits = bits << 6 | (j < length ? six_bits(line[j]) : 0);
        }
        for (int shift = 16; shift >= 0 && written < count; shift -= 8) {
            out[written++] = (char)(bits >> shift);
        }
    }
    return (int)written;
}

/* What stands before the line that begins the file, and behind the one that ends it, is none of
 * it. */
static size_t decode_uuencoded(struct mime_transfer *transfer, const char *line, size_t length,
                               char *out)
{
    static const char begin[] = "begin ", end[] = "end";
    char decoded[64];

    if (!transfer->has_begun) {
        transfer->has_begun = length > strlen(begin) && memcmp(line, begin, strlen(begin)) == 0;
        return 0;
    }
    bool is_end = length >= strlen(end) && memcmp(line, end, strlen(end)) == 0 &&
                  is_soft_break(line + strlen(end), line + length);
    int written = is_end ? -1 : mime_uuencoded_line(line, length, decoded);
    transfer->has_ended = is_end;
    memcpy(out, decoded, written < 0 ? 0 : (size_t)written);
    return written < 0 ? 0 : (size_t)written;
}

/* ---- lines ---- */

static size_t decode_plain(struct mime_transfer *transfer, const char *line, size_t length,
                           char *out)
{
    (void)transfer;
    memcpy(out, line, length);
    return length;
}

static size_t (*const decoders[MIME_ENCODINGS])(struct mime_transfer *transfer, const char *line,
                                                size_t length, char *out) = {
    [MIME_PLAIN] = decode_plain,
    [MIME_BASE64] = decode_base64,
    [MIME_QUOTED] = decode_quoted,
    [MIME_UUENCODED] = decode_uuencoded,
};

void mime_transfer_begin(struct mime_transfer *transfer, enum mime_encoding encoding)
{
    transfer->encoding = encoding;
    transfer->base64 = (struct mime_base64){0, 0};
    transfer->has_begun = transfer->has_ended = transfer->is_padded = false;
    transfer->has_junk = false;
    transfer->first = transfer->last = 0;
    transfer->length = 0;
}

/* A piece of a longer line ends before what may be the begin of "=D0", or of "=" and blanks. */
static size_t end_of_piece(const struct mime_transfer *transfer)
{
    size_t length = transfer->length;

    if (transfer->encoding != MIME_QUOTED || transfer->line[length - 1] == '\n') {
        return length;
    }
    while (length > 0 && (isspace((unsigned char)transfer->line[length - 1]))) {
        length--;
    }
    for (size_t i = 1; i <= 2 && i <= length; i++) {
        if (transfer->line[length - i] == '=') {
            return length - i;
        }
    }
    return transfer->length;
}

static size_t end_line(struct mime_transfer *transfer, size_t length, char *out)
{
    size_t written = length == 0 || transfer->has_ended
                         ? 0
                         : decoders[transfer->encoding](transfer, transfer->line, length, out);

    transfer->length -= length;
    memmove(transfer->line, transfer->line + length, transfer->length);
    return written;
}

size_t mime_transfer_add(struct mime_transfer *transfer, const char *bytes, size_t length,
                         char *out)
{
    size_t written = 0;

    for (size_t i = 0; i < length; i++) {
        transfer->line[transfer->length++] = bytes[i];
        if (bytes[i] == '\n' || transfer->length == MIME_LINE_MOST) {
            size_t piece = end_of_piece(transfer);
            written += end_line(transfer, piece == 0 ? transfer->length : piece, out + written);
        }
    }
    return written;
}

size_t mime_transfer_end(struct mime_transfer *transfer, char *out)
{
    size_t written = end_line(transfer, transfer->length, out);

    return written + mime_base64_end(&transfer->base64, out + written);
}
