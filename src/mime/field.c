/*
 * field.c - names, question marks and lengths.
 */
#include "mime/field.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
    PARAMETERS_MOST = 32 * 1024, /* bytes of a field with parameters */
    OPEN_WORDS_MOST = 16,        /* encoded words without an end */
    CHARSET_MOST = 1024,         /* bytes of the name of a character set */
    COLONS_MOST = 1000,          /* in a list of addresses: each may begin a group in a group */
};

/* The fields that GMime does not leave as they are. */
static const struct {
    const char *name;
    enum mime_field_use use;
} uses[] = {
    {"sender", MIME_FIELD_ADDRESSES},   {"from", MIME_FIELD_ADDRESSES},
    {"reply-to", MIME_FIELD_ADDRESSES}, {"to", MIME_FIELD_ADDRESSES},
    {"cc", MIME_FIELD_ADDRESSES},       {"bcc", MIME_FIELD_ADDRESSES},
    {"subject", MIME_FIELD_WORDS},      {"date", MIME_FIELD_WORDS},
    {"message-id", MIME_FIELD_WORDS},
};

static const char content[] = "content-";

void mime_field_begin_header(struct mime_field *field)
{
    *field = (struct mime_field){.use = MIME_FIELD_UNKNOWN};
}

void mime_field_begin(struct mime_field *field)
{
    *field =
        (struct mime_field){.list_count = field->list_count, .list_length = field->list_length};
}

char mime_field_mark(char letter)
{
    return isupper((unsigned char)letter) ? MIME_FIELD_MARK : MIME_FIELD_MARK_SMALL;
}

char mime_field_letter(const char *name, size_t length)
{
    bool is_capital = length > 0 && name[0] == MIME_FIELD_MARK;

    if (!is_capital && (length == 0 || name[0] != MIME_FIELD_MARK_SMALL)) {
        return '\0';
    }
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        if (uses[i].use == MIME_FIELD_ADDRESSES && strlen(uses[i].name) == length &&
            strncasecmp(uses[i].name + 1, name + 1, length - 1) == 0) {
            return is_capital ? (char)toupper((unsigned char)uses[i].name[0]) : uses[i].name[0];
        }
    }
    return '\0';
}

static enum mime_field_use use_of(const struct mime_field *field)
{
    if (strncmp(field->name, content, sizeof(content) - 1) == 0) {
        return MIME_FIELD_PARAMETERS;
    }
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        if (strcmp(uses[i].name, field->name) == 0) {
            return uses[i].use;
        }
    }
    return MIME_FIELD_KEPT;
}

/* Of a long name the begin tells enough. Blanks before the colon are not of it. */
static void add_to_name(struct mime_field *field, char byte)
{
    if (byte == ':') {
        field->use = use_of(field);
        field->list_count += field->use == MIME_FIELD_ADDRESSES;
        /* Nobody but us marks a list. */
        field->is_hostile |= mime_field_letter(field->name, field->name_length) != '\0';
    } else if (byte != ' ' && byte != '\t' && field->name_length < MIME_FIELD_NAME - 1) {
        field->name[field->name_length++] = (char)tolower((unsigned char)byte);
    }
}

/* The third mark of "=?charset?B?" begins the text of a word. */
static void add_mark(struct mime_field *field)
{
    field->is_text =
        field->since == 1 && field->is_begin[1] &&
        (tolower((unsigned char)field->last) == 'b' || tolower((unsigned char)field->last) == 'q');
    field->open_words += field->is_text;
    field->is_hostile |= field->is_text && field->gap > CHARSET_MOST;
    field->gap = field->since;
    field->is_begin[1] = field->is_begin[0];
    field->is_begin[0] = field->last == '=';
    field->since = 0;
}

/* What GMime may take out before it looks for words hides none from us; what it may leave in makes
 * no end of one. The mark that begins a text is no end either. */
static void add_to_value(struct mime_field *field, char byte)
{
    if (byte == '=' && field->before == '?' && !field->is_text) {
        field->open_words = 0;
    }
    field->before = byte;
    field->colons += byte == ':';
    if (byte == '\\' || byte == '"') {
        return;
    }
    if (byte == '?') {
        add_mark(field);
    } else {
        field->since++;
        field->is_text = false;
    }
    field->last = byte;
}

void mime_field_add(struct mime_field *field, char byte)
{
    field->length++;
    if (field->use == MIME_FIELD_UNKNOWN) {
        add_to_name(field, byte);
    } else if (field->use != MIME_FIELD_KEPT) {
        add_to_value(field, byte);
        field->list_length += field->use == MIME_FIELD_ADDRESSES;
    }
    field->is_hostile |=
        field->open_words > OPEN_WORDS_MOST ||
        (field->use == MIME_FIELD_ADDRESSES &&
         (field->list_count > MIME_FIELD_LISTS_MOST || field->colons > COLONS_MOST)) ||
        (field->use == MIME_FIELD_PARAMETERS && field->length > PARAMETERS_MOST);
}
