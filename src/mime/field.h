/*
 * field.h - one field of a header looked at while it comes in: whether GMime may see it.
 *
 * GMime keeps most fields as they are, and takes the others apart: with a stack as large as a
 * character set or a parameter is long, and with a search to the end of the field for each encoded
 * word that has none. It reads all lists of addresses again for each that is added. What such a
 * field costs is bounded here; nobody's mail program writes one that goes beyond. Long lists of
 * addresses that are none cost it the square of their length: it does not see them, and we do.
 *
 * Memory: plain.
 */
#ifndef MIME_FIELD_H
#define MIME_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/* How GMime takes a field. */
enum mime_field_use {
    MIME_FIELD_UNKNOWN, /* its name has not ended */
    MIME_FIELD_KEPT,    /* as it is */
    MIME_FIELD_WORDS,   /* decoded */
    MIME_FIELD_ADDRESSES,
    MIME_FIELD_PARAMETERS
};

enum {
    MIME_FIELD_NAME = 16,
    MIME_FIELD_LISTS_MOST = 100,       /* fields of addresses in a header */
    MIME_FIELD_LISTS_LONG = 16 * 1024, /* bytes of all lists of addresses that GMime may see */
    /* Instead of the first letter of one that it may not, a capital or not. */
    MIME_FIELD_MARK = '_',
    MIME_FIELD_MARK_SMALL = '~'
};

struct mime_field {
    enum mime_field_use use;
    char name[MIME_FIELD_NAME]; /* its begin, in lower case */
    size_t name_length;
    size_t length;      /* bytes */
    size_t list_count;  /* fields of addresses in this header, this one among them */
    size_t list_length; /* bytes of them */

    size_t gap;       /* bytes between the last two question marks */
    size_t since;     /* bytes after the last */
    bool is_begin[2]; /* whether a "=" stood before them, the last first */
    bool is_text;     /* the last one begins the text of a word */
    char last;        /* the byte before, quoting left out */
    char before;      /* the byte before */
    size_t colons;
    size_t open_words; /* encoded words whose end has not been met */
    bool is_hostile;
};

/* A header begins. */
void mime_field_begin_header(struct mime_field *field);

/* A field begins, of the same header as the one before. */
void mime_field_begin(struct mime_field *field);

/* Looks at the next byte, of its name at first; line breaks are left out. */
void mime_field_add(struct mime_field *field, char byte);

/* The mark that stands for a letter. */
char mime_field_mark(char letter);

/* The letter for which a mark stands at the begin of a name; 0: it is no list that was hidden. */
char mime_field_letter(const char *name, size_t length);

#endif
