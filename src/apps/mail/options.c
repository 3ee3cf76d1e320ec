/*
 * options.c - what connectors are told on the command line.
 */
#include "apps/mail/options.h"

#include <string.h>

#include "apps/mail/connector.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/suggest.h"
#include "base/version.h"

struct reading {
    struct options *options;
    struct array overrides;
};

struct option_row {
    const char *name;
    const char *value; /* what follows the option, or NULL */
    const char *meaning;
    enum options_mode mode; /* where nothing follows: the mode that it asks for */
    bool is_of_envelope;
    void (*set)(struct reading *reading, const char *value);
};

static void set_config(struct reading *reading, const char *value)
{
    reading->options->config = value;
}

static void add_override(struct reading *reading, const char *value)
{
    array_add(&reading->overrides, value);
}

static void set_sender(struct reading *reading, const char *value)
{
    reading->options->sender = value;
}

static const struct option_row rows[] = {
    {.name = "-f",
     .value = "SENDER",
     .set = set_sender,
     .is_of_envelope = true,
     .meaning = "address of the sender; empty or <>: nobody, as of a bounce"},
    {.name = "--config", .value = "FILE", .set = set_config, .meaning = "read settings from FILE"},
    {.name = "-o",
     .value = "SECTION.KEY=VALUE",
     .set = add_override,
     .meaning = "set one setting; may be repeated, the last wins"},
    {.name = "--check",
     .mode = OPTIONS_CHECK,
     .meaning = "read the settings, ask the platform who one is, do nothing else"},
    {.name = "--example",
     .mode = OPTIONS_EXAMPLE,
     .meaning = "write every setting with its comment"},
    {.name = "--version", .mode = OPTIONS_VERSION, .meaning = "write the version"},
    {.name = "--help", .mode = OPTIONS_HELP, .meaning = "write this page"},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static bool is_for(const struct option_row *row, const struct options_program *program)
{
    return !row->is_of_envelope || program->takes_envelope;
}

static const struct option_row *find_row(const struct options_program *program, const char *name)
{
    for (int i = 0; i < ROW_COUNT; i++) {
        if (is_for(&rows[i], program) && strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool refuse_unknown(const struct options_program *program, const char *name,
                           struct error *error)
{
    const char *names[ROW_COUNT];

    for (int i = 0; i < ROW_COUNT; i++) {
        names[i] = is_for(&rows[i], program) ? rows[i].name : NULL;
    }
    const char *meant = suggest_word(name, names, ROW_COUNT);
    return error_set(error, ERROR_OPTION_INVALID, name, "There is no option %s%s%s%s", name,
                     meant == NULL ? "" : "; did you mean ", meant == NULL ? "" : meant,
                     meant == NULL ? "" : "?");
}

/* Reads the option at a word, and moves to the last word that belongs to it. */
static bool read_option(const struct options_program *program, struct reading *reading, int count,
                        char **words, int *at, struct error *error)
{
    const char *name = words[*at];
    const struct option_row *row = find_row(program, name);

    if (row == NULL) {
        return refuse_unknown(program, name, error);
    }
    if (row->set == NULL) {
        reading->options->mode = row->mode;
        return true;
    }
    if (*at + 1 == count) {
        return error_set(error, ERROR_OPTION_INVALID, name, "%s must be followed by %s", name,
                         row->value);
    }
    row->set(reading, words[++*at]);
    return true;
}

bool options_read(struct arena *arena, const struct options_program *program, int count,
                  char **words, struct options *options_out, struct error *error)
{
    struct options options = {.mode = OPTIONS_RUN};
    struct reading reading = {.options = &options};
    int at = 1;

    array_init(&reading.overrides, arena);
    array_init(&options.recipients, arena);
    for (; at < count && words[at][0] == '-' && strcmp(words[at], "--") != 0; at++) {
        if (!read_option(program, &reading, count, words, &at, error)) {
            return false;
        }
    }
    at += at < count && strcmp(words[at], "--") == 0;
    if (at < count && !program->takes_envelope) {
        return error_set(error, ERROR_OPTION_INVALID, words[at], "%s is no option", words[at]);
    }
    for (; at < count; at++) {
        array_add(&options.recipients, words[at]);
    }
    array_add(&reading.overrides, NULL);
    options.overrides = (const char *const *)reading.overrides.items;
    *options_out = options;
    return true;
}

static void write_help(const struct options_program *program)
{
    printf("%s - %s\n\nusage: %s %s\n\n", program->name, program->meaning, program->name,
           program->usage);
    for (int i = 0; i < ROW_COUNT; i++) {
        char left[64];

        if (!is_for(&rows[i], program)) {
            continue;
        }
        snprintf(left, sizeof(left), "%s %s", rows[i].name,
                 rows[i].value == NULL ? "" : rows[i].value);
        printf("  %-28s %s\n", left, rows[i].meaning);
    }
    printf("\n%s", program->more);
}

bool options_answer(const struct options_program *program, const struct options *options)
{
    switch (options->mode) {
    case OPTIONS_EXAMPLE:
        connector_write_example(stdout);
        return true;
    case OPTIONS_VERSION:
        printf("%s " SVYAZ_VERSION "\n", program->name);
        return true;
    case OPTIONS_HELP:
        write_help(program);
        return true;
    default:
        return false;
    }
}
