/*
 * setting.h - one setting: its row in the table, and how its text is understood.
 *
 * Rows come from metadata/settings.xml through the generator; the generator checks defaults and
 * bounds with the same functions that read a configuration file.
 */
#ifndef BASE_SETTING_H
#define BASE_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct error;

enum setting_type {
    SETTING_TEXT,     /* const char *, never NULL */
    SETTING_INTEGER,  /* int64_t */
    SETTING_BOOLEAN,  /* bool: true, yes, on, false, no, off */
    SETTING_BYTES,    /* int64_t: 8 MiB, 16 KiB, 1 GiB, 512 B */
    SETTING_DURATION, /* int64_t milliseconds: 500 ms, 60 s, 20 min, 24 h, 7 d */
    SETTING_TYPE_COUNT
};

struct setting {
    const char *section;
    const char *key;
    enum setting_type type;
    bool is_secret;           /* may also be given as <key>_file; never shown */
    bool is_reloaded;         /* SIGHUP changes it in a running server */
    const char *default_text; /* as it would stand in a file */
    int64_t minimum;          /* in the unit of the value; not for text and boolean */
    int64_t maximum;
    const char *const *choices; /* a text is one of these, ends with NULL; NULL: any text */
    size_t offset;              /* in struct settings */
    const char *comment;
};

/* The word for a type in metadata/settings.xml; false for an unknown word. */
must_check bool setting_type_parse(const char *word, enum setting_type *type_out);

/* Reads a number, a boolean (0 or 1), bytes or a duration; not for text. source says where the
 * text stands, as errors begin with it. Fails with SETTING_INVALID. */
must_check bool setting_parse(const struct setting *setting, const char *source, const char *text,
                              int64_t *number_out, struct error *error);

/* Whether a text is one of the choices. Fails with SETTING_INVALID, naming them. */
must_check bool setting_check_choice(const struct setting *setting, const char *source,
                                     const char *text, struct error *error);

#endif
