/*
 * mend.c - from byte to byte: returns and blanks wait until it is seen what they are.
 */
#include "mime/mend.h"

enum { WAITING_MOST = 16 }; /* more of them are what they are */

/* Where bytes come out. */
struct outlet {
    char *bytes;
    size_t length;
};

void mime_mend_begin(struct mime_mend *mend)
{
    *mend = (struct mime_mend){.line_end = MIME_END_UNKNOWN};
}

static void put(struct outlet *out, char byte)
{
    out->bytes[out->length++] = byte;
}

static void end_line(struct mime_mend *mend, struct outlet *out, const char *end)
{
    for (; *end != '\0'; end++) {
        put(out, *end);
    }
    mend->is_body |= mend->line_length == 0;
    mend->line_length = 0;
    mend->blanks = 0;
    mend->is_in_name = true;
}

/* ---- lines drawn in the header ---- */

static bool is_drawn(char byte)
{
    return byte == '_' || byte == '-' || byte == '=' || byte == '*' || byte == '~';
}

/* Signs of one sort at the begin of a line of the header wait for its end. */
static bool holds_drawn(struct mime_mend *mend, char byte)
{
    bool may_wait = !mend->is_body && mend->line_length == 0 && mend->returns == 0 &&
                    mend->lines < WAITING_MOST && is_drawn(byte);

    if (!may_wait || (mend->lines > 0 && byte != mend->line_sign)) {
        return false;
    }
    mend->line_sign = byte;
    mend->lines++;
    return true;
}

static void put_drawn(struct mime_mend *mend, struct outlet *out)
{
    for (; mend->lines > 0; mend->lines--) {
        put(out, mend->line_sign);
        mend->line_length++;
    }
}

/* ---- returns ---- */

static void put_returns(struct mime_mend *mend, struct outlet *out)
{
    for (; mend->returns > 0; mend->returns--) {
        if (mend->line_end == MIME_END_RETURN) {
            end_line(mend, out, "\n");
        } else {
            put(out, mend->is_body ? '\r' : ' ');
        }
    }
}

static void take_line_feed(struct mime_mend *mend, struct outlet *out)
{
    if (mend->lines > 0 && mend->line_end != MIME_END_UNKNOWN) {
        mend->lines = mend->returns = 0;
        return;
    }
    put_drawn(mend, out);
    if (mend->line_end == MIME_END_UNKNOWN) {
        mend->line_end = mend->returns > 1 ? MIME_END_DOUBLED : MIME_END_PROPER;
    }
    if (mend->returns > 1 && (mend->line_end == MIME_END_DOUBLED || !mend->is_body)) {
        mend->returns = 1;
    }
    bool has_return = mend->returns > 0;
    mend->returns -= has_return;
    if (mend->is_body) {
        put_returns(mend, out);
    }
    mend->returns = 0;
    end_line(mend, out, has_return ? "\r\n" : "\n");
}

/* ---- other bytes ---- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Blanks before the colon are left out; a name that goes on behind them is none. */
static void take_of_name(struct mime_mend *mend, char byte, struct outlet *out)
{
    if (is_blank(byte) && mend->line_length > 0 && mend->blanks < WAITING_MOST) {
        mend->blanks++;
        return;
    }
    for (; mend->blanks > 0 && byte != ':'; mend->blanks--) {
        put(out, ' ');
        mend->is_in_name = false;
    }
    mend->is_in_name &= byte != ':' && !is_blank(byte);
    put(out, byte);
}

static void take_other(struct mime_mend *mend, char byte, struct outlet *out)
{
    if (mend->returns > 0 && mend->line_end == MIME_END_UNKNOWN) {
        mend->line_end = MIME_END_RETURN;
    }
    put_returns(mend, out);
    if (mend->is_body) {
        put(out, byte);
    } else if (byte == '\0') {
        return;
    } else if (mend->is_in_name) {
        take_of_name(mend, byte, out);
    } else {
        put(out, byte);
    }
    mend->line_length++;
}

/* What stands before the first field, and is none. */
static bool is_before(const struct mime_mend *mend, char byte)
{
    static const char mark[] = "\xEF\xBB\xBF";
    bool is_of_mark = byte == mark[0] || byte == mark[1] || byte == mark[2];

    return !mend->has_begun &&
           (is_of_mark || is_blank(byte) || byte == '\r' || byte == '\n' || byte == '\0');
}

size_t mime_mend_add(struct mime_mend *mend, const char *bytes, size_t length, char *out)
{
    struct outlet outlet = {.bytes = out};

    for (size_t i = 0; i < length; i++) {
        if (is_before(mend, bytes[i])) {
            continue;
        }
        mend->is_in_name |= !mend->has_begun;
        mend->has_begun = true;
        if (bytes[i] == '\r' && mend->returns < WAITING_MOST) {
            mend->returns++;
        } else if (bytes[i] == '\n') {
            take_line_feed(mend, &outlet);
        } else if (!holds_drawn(mend, bytes[i])) {
            put_drawn(mend, &outlet);
            take_other(mend, bytes[i], &outlet);
        }
    }
    return outlet.length;
}

size_t mime_mend_end(struct mime_mend *mend, char *out)
{
    struct outlet outlet = {.bytes = out};

    if (mend->returns > 0 && mend->line_end == MIME_END_UNKNOWN) {
        mend->line_end = MIME_END_RETURN;
    }
    put_drawn(mend, &outlet);
    put_returns(mend, &outlet);
    return outlet.length;
}
