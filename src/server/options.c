/*
 * options.c - one table serves reading the command line and its help page.
 */
#include "server/options.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/suggest.h"

struct reading {
    struct arena *arena;
    struct options *options;
    struct array overrides;
};

struct option_row {
    const char *name;
    const char *value; /* what follows the option, or NULL */
    const char *meaning;
    enum options_mode mode; /* where value is NULL and set too: the mode it asks for */
    void (*set)(struct reading *reading, const char *value);
};

static void set_config(struct reading *reading, const char *value)
{
    reading->options->config = value;
}

static void set_data(struct reading *reading, const char *value)
{
    array_add(&reading->overrides, arena_format(reading->arena, "data.dir=%s", value));
}

static void add_override(struct reading *reading, const char *value)
{
    array_add(&reading->overrides, value);
}

static void set_administrator(struct reading *reading, const char *value)
{
    reading->options->administrator = value;
}

static void set_password_on_stdin(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->has_password_on_stdin = true;
}

static void set_contract_folder(struct reading *reading, const char *value)
{
    reading->options->mode = MODE_WRITE_CONTRACT;
    reading->options->contract_folder = value;
}

static void set_checked_contract(struct reading *reading, const char *value)
{
    reading->options->mode = MODE_CHECK_CONTRACT;
    reading->options->contract_folder = value;
}

static const struct option_row rows[] = {
    {.name = "--config", .value = "FILE", .set = set_config, .meaning = "read settings from FILE"},
    {.name = "--data", .value = "DIR", .set = set_data, .meaning = "keep data in DIR (data.dir)"},
    {.name = "-o",
     .value = "SECTION.KEY=VALUE",
     .set = add_override,
     .meaning = "set one setting; may be repeated, the last wins"},
    {.name = "--check", .mode = MODE_CHECK, .meaning = "verify everything, do not listen"},
    {.name = "--example", .mode = MODE_EXAMPLE, .meaning = "write every setting with its comment"},
    {.name = "--bootstrap",
     .mode = MODE_BOOTSTRAP,
     .meaning = "make an organisation, with --admin and --password-stdin"},
    {.name = "--admin",
     .value = "NAME",
     .set = set_administrator,
     .meaning = "user name of the first administrator"},
    {.name = "--password-stdin",
     .set = set_password_on_stdin,
     .meaning = "read his password from standard input, one line"},
    {.name = "--write-contract",
     .value = "DIR",
     .set = set_contract_folder,
     .meaning = "write the WSDL of every service to DIR"},
    {.name = "--check-contract",
     .value = "DIR",
     .set = set_checked_contract,
     .meaning = "fail when the WSDL in DIR is stale"},
    {.name = "--version", .mode = MODE_VERSION, .meaning = "write the version"},
    {.name = "--help", .mode = MODE_HELP, .meaning = "write this page"},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static const struct option_row *find_row(const char *name)
{
    for (int i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool refuse_unknown(const char *name, struct error *error)
{
    const char *names[ROW_COUNT];

    for (int i = 0; i < ROW_COUNT; i++) {
        names[i] = rows[i].name;
    }
    const char *meant = suggest_word(name, names, ROW_COUNT);
    return error_set(error, ERROR_OPTION_INVALID, name, "There is no option %s%s%s%s", name,
                     meant == NULL ? "" : "; did you mean ", meant == NULL ? "" : meant,
                     meant == NULL ? "" : "?");
}

/* Bootstrap asks for both of its companions, and they for it. */
static bool check_together(const struct options *options, struct error *error)
{
    bool is_bootstrap = options->mode == MODE_BOOTSTRAP;

    if (is_bootstrap != (options->administrator != NULL) ||
        is_bootstrap != options->has_password_on_stdin) {
        return error_set(error, ERROR_OPTION_INVALID, "--bootstrap",
                         "--bootstrap, --admin and --password-stdin go together");
    }
    return true;
}

bool options_read(struct arena *arena, int count, char **words, struct options *options_out,
                  struct error *error)
{
    struct options options = {.mode = MODE_SERVE};
    struct reading reading = {.arena = arena, .options = &options};

    array_init(&reading.overrides, arena);
    for (int i = 1; i < count; i++) {
        const struct option_row *row = find_row(words[i]);

        if (row == NULL) {
            return refuse_unknown(words[i], error);
        }
        if (row->value != NULL && i + 1 == count) {
            return error_set(error, ERROR_OPTION_INVALID, words[i], "%s must be followed by %s",
                             words[i], row->value);
        }
        if (row->set == NULL) {
            options.mode = row->mode;
        } else {
            row->set(&reading, row->value == NULL ? NULL : words[++i]);
        }
    }
    array_add(&reading.overrides, NULL);
    options.overrides = (const char **)reading.overrides.items;
    if (!check_together(&options, error)) {
        return false;
    }
    *options_out = options;
    return true;
}

void options_write_help(FILE *file)
{
    fputs("crmd - the Svyaz server\n\nusage: crmd [OPTION]...\n\n", file);
    for (int i = 0; i < ROW_COUNT; i++) {
        char left[64];
        snprintf(left, sizeof(left), "%s %s", rows[i].name,
                 rows[i].value == NULL ? "" : rows[i].value);
        fprintf(file, "  %-28s %s\n", left, rows[i].meaning);
    }
    fputs("\nWithout options: serves the organisation in ./crm_data on 127.0.0.1:8080.\n"
          "SIGTERM ends it when what has begun is done. SIGHUP reads settings and certificate "
          "again:\n"
          "--example marks the settings that a running server takes.\n",
          file);
}
