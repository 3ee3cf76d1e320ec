/*
 * arguments.c - the table of options.
 */
#include "apps/admin/arguments.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define DEFAULT_URL "http://127.0.0.1:8080"

enum { NAME_WIDTH = 28 };

enum option_kind { OPTION_TEXT, OPTION_NUMBER, OPTION_FLAG, OPTION_LIST };

static const struct option {
    const char *name;
    const char *short_name; /* or NULL */
    const char *value;      /* what its value is called; NULL: none */
    const char *environment;
    enum option_group group;
    enum option_kind kind;
    size_t offset;
    const char *meaning;
} options[] = {
    {
        .name = "--url",
        .value = "URL",
        .environment = "CRMCTL_URL",
        .group = OPTIONS_CONNECTION,
        .kind = OPTION_TEXT,
        .offset = offsetof(struct arguments, url),
        .meaning = "server; else CRMCTL_URL, else " DEFAULT_URL,
    },
    {
        .name = "--user",
        .value = "NAME",
        .environment = "CRMCTL_USER",
        .group = OPTIONS_CONNECTION,
        .kind = OPTION_TEXT,
        .offset = offsetof(struct arguments, user),
        .meaning = "who asks; else CRMCTL_USER",
    },
    {
        .name = "--password-file",
        .value = "FILE",
        .environment = "CRMCTL_PASSWORD_FILE",
        .group = OPTIONS_CONNECTION,
        .kind = OPTION_TEXT,
        .offset = offsetof(struct arguments, password_file),
        .meaning = "file whose first line is the password; else CRMCTL_PASSWORD_FILE",
    },
    {
        .name = "--password-stdin",
        .group = OPTIONS_PASSWORD,
        .kind = OPTION_FLAG,
        .offset = offsetof(struct arguments, has_password_on_stdin),
        .meaning = "read the password from standard input",
    },
    {
        .name = "--ca-file",
        .value = "FILE",
        .environment = "CRMCTL_CA_FILE",
        .group = OPTIONS_CONNECTION,
        .kind = OPTION_TEXT,
        .offset = offsetof(struct arguments, ca_file),
        .meaning = "PEM file of an authority to trust, for https",
    },
    {
        .name = "--timeout",
        .value = "SECONDS",
        .group = OPTIONS_CONNECTION,
        .kind = OPTION_NUMBER,
        .offset = offsetof(struct arguments, timeout),
        .meaning = "longest wait for an answer; else 60",
    },
    {
        .name = "--format",
        .short_name = "-f",
        .value = "FORMAT",
        .group = OPTIONS_FORMAT,
        .kind = OPTION_TEXT,
        .offset = offsetof(struct arguments, format),
        .meaning = "table, tab, json or xml; else table",
    },
    {
        .name = "--columns",
        .value = "A,B,C",
        .group = OPTIONS_COLUMNS,
        .kind = OPTION_TEXT,
        .offset = offsetof(struct arguments, columns),
        .meaning = "fields to read; else those the server gives",
    },
    {
        .name = "--where",
        .value = "CONDITION",
        .group = OPTIONS_QUERY,
        .kind = OPTION_LIST,
        .offset = offsetof(struct arguments, conditions),
        .meaning = "\"name like 'R%'\", 'creditLimit ge 1000'; all must hold when repeated",
    },
    {
        .name = "--order",
        .value = "FIELD",
        .group = OPTIONS_QUERY,
        .kind = OPTION_LIST,
        .offset = offsetof(struct arguments, orders),
        .meaning = "field to sort by; a minus before it: descending",
    },
    {
        .name = "--limit",
        .value = "NUMBER",
        .group = OPTIONS_QUERY,
        .kind = OPTION_NUMBER,
        .offset = offsetof(struct arguments, limit),
        .meaning = "records at most; else all",
    },
    {
        .name = "--errors",
        .value = "FOLDER",
        .group = OPTIONS_IMPORT,
        .kind = OPTION_TEXT,
        .offset = offsetof(struct arguments, errors),
        .meaning = "where rows that failed are written; else import-errors",
    },
    {
        .name = "--max-errors",
        .value = "NUMBER",
        .group = OPTIONS_IMPORT,
        .kind = OPTION_NUMBER,
        .offset = offsetof(struct arguments, error_limit),
        .meaning = "rows that may fail before all stops; else 100",
    },
    {
        .name = "--workers",
        .value = "NUMBER",
        .group = OPTIONS_IMPORT,
        .kind = OPTION_NUMBER,
        .offset = offsetof(struct arguments, workers),
        .meaning = "connections at once; else as the mapping says",
    },
    {
        .name = "--data",
        .value = "DIR",
        .group = OPTIONS_BOOTSTRAP,
        .kind = OPTION_TEXT,
        .offset = offsetof(struct arguments, data),
        .meaning = "folder of the organisation",
    },
    {
        .name = "--admin",
        .value = "NAME",
        .group = OPTIONS_BOOTSTRAP,
        .kind = OPTION_TEXT,
        .offset = offsetof(struct arguments, administrator),
        .meaning = "user name of the first administrator",
    },
    {
        .name = "--sample",
        .group = OPTIONS_BOOTSTRAP,
        .kind = OPTION_FLAG,
        .offset = offsetof(struct arguments, has_sample),
        .meaning = "import sample data afterwards",
    },
    {
        .name = "--option",
        .short_name = "-o",
        .value = "KEY=VALUE",
        .group = OPTIONS_BOOTSTRAP,
        .kind = OPTION_LIST,
        .offset = offsetof(struct arguments, settings),
        .meaning = "setting for crmd, as in -o database.url=...",
    },
    {
        .name = "--yes",
        .group = OPTIONS_CONFIRM,
        .kind = OPTION_FLAG,
        .offset = offsetof(struct arguments, is_confirmed),
        .meaning = "do it without asking",
    },
    {
        .name = "--help",
        .short_name = "-h",
        .group = OPTIONS_ALWAYS,
        .kind = OPTION_FLAG,
        .offset = offsetof(struct arguments, wants_help),
        .meaning = "explain, and do nothing",
    },
    {
        .name = "--version",
        .group = OPTIONS_ALWAYS,
        .kind = OPTION_FLAG,
        .offset = offsetof(struct arguments, wants_version),
        .meaning = "say which release this is",
    },
};

enum { OPTION_COUNT = sizeof(options) / sizeof(options[0]) };

static bool has_name(const struct option *option, const char *word, size_t length)
{
    return (strlen(option->name) == length && strncmp(option->name, word, length) == 0) ||
           (option->short_name != NULL && strlen(option->short_name) == length &&
            strncmp(option->short_name, word, length) == 0);
}

/* The option that a word names, with or without =VALUE; NULL when there is none. */
static const struct option *find_option(const char *word)
{
    size_t length = strncmp(word, "--", 2) == 0 ? strcspn(word, "=") : strlen(word);

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (has_name(&options[i], word, length)) {
            return &options[i];
        }
    }
    return NULL;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

static bool store_number(const struct option *option, const char *text, int64_t *number_out)
{
    char *end = NULL;

    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number <= 0) {
        fprintf(stderr, "crmctl: %s wants a number above zero, not '%s'.\n", option->name, text);
        return false;
    }
    *number_out = number;
    return true;
}

static bool store(struct arguments *arguments, const struct option *option, const char *text)
{
    void *place = (char *)arguments + option->offset;

    switch (option->kind) {
    case OPTION_TEXT:
        *(const char **)place = text;
        return true;
    case OPTION_NUMBER:
        return store_number(option, text, place);
    case OPTION_FLAG:
        *(bool *)place = true;
        return true;
    case OPTION_LIST:
        array_add(place, text);
        return true;
    }
    return false;
}

/* The value of the option at an index, which may be the next word. */
static const char *value_at(const struct option *option, int count, char **values, int *index)
{
    const char *equals = strncmp(values[*index], "--", 2) == 0 ? strchr(values[*index], '=') : NULL;

    if (option->value == NULL) {
        return equals == NULL ? "" : NULL;
    }
    if (equals != NULL) {
        return equals + 1;
    }
    return *index + 1 < count ? values[++*index] : NULL;
}

static bool read_option(struct arguments *arguments, int count, char **values, int *index)
{
    const struct option *option = find_option(values[*index]);

    if (option == NULL) {
        fprintf(stderr, "crmctl: there is no option %s; crmctl --help lists them.\n",
                values[*index]);
        return false;
    }
    const char *value = value_at(option, count, values, index);
    if (value == NULL) {
        fprintf(stderr, "crmctl: %s %s.\n", option->name,
                option->value == NULL ? "takes no value" : "wants a value");
        return false;
    }
    return store(arguments, option, value);
}

static void read_environment(struct arguments *arguments)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *name = options[i].environment;
        const char *value = name == NULL ? NULL : getenv(name);
        if (value != NULL && *value != '\0') {
            *(const char **)((char *)arguments + options[i].offset) = value;
        }
    }
}

bool arguments_read(struct arena *arena, int count, char **values, struct arguments *arguments_out)
{
    struct arguments arguments = {.url = DEFAULT_URL,
                                  .format = "table",
                                  .timeout = 60,
                                  .errors = "import-errors",
                                  .error_limit = 100};

    array_init(&arguments.conditions, arena);
    array_init(&arguments.orders, arena);
    array_init(&arguments.settings, arena);
    array_init(&arguments.words, arena);
    read_environment(&arguments);
    for (int i = 1; i < count; i++) {
        if (strcmp(values[i], "--") == 0) {
            while (++i < count) {
                array_add(&arguments.words, values[i]);
            }
        } else if (!is_option(values[i])) {
            array_add(&arguments.words, values[i]);
        } else if (!read_option(&arguments, count, values, &i)) {
            return false;
        }
    }
    *arguments_out = arguments;
    return true;
}

bool arguments_check(const struct arguments *arguments, unsigned groups, int count, char **values)
{
    (void)arguments;
    for (int i = 1; i < count && strcmp(values[i], "--") != 0; i++) {
        const struct option *option = is_option(values[i]) ? find_option(values[i]) : NULL;
        if (option == NULL) {
            continue;
        }
        if (option->group != OPTIONS_ALWAYS && (groups & option->group) == 0) {
            fprintf(stderr, "crmctl: %s means nothing here.\n", option->name);
            return false;
        }
        (void)value_at(option, count, values, &i);
    }
    return true;
}

void arguments_write_help(FILE *file, unsigned groups)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &options[i];
        if (option->group != OPTIONS_ALWAYS && (groups & option->group) == 0) {
            continue;
        }
        int width =
            fprintf(file, "  %s%s%s%s%s", option->short_name == NULL ? "" : option->short_name,
                    option->short_name == NULL ? "" : ", ", option->name,
                    option->value == NULL ? "" : " ", option->value == NULL ? "" : option->value);
        fprintf(file, "%*s%s\n", width < NAME_WIDTH ? NAME_WIDTH - width : 1, "", option->meaning);
    }
}
