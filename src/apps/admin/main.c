/*
 * main.c - crmctl: the table of verbs, and help made from it.
 */
#include <stdio.h>
#include <string.h>

#include "apps/admin/arguments.h"
#include "apps/admin/verb.h"
#include "base/arena.h"
#include "base/version.h"

enum { VERB_WIDTH = 34 };

#define CONNECTED (OPTIONS_CONNECTION | OPTIONS_PASSWORD)

static const struct verb verbs[] = {
    {
        .noun = "bootstrap",
        .arguments = "",
        .options = OPTIONS_BOOTSTRAP | OPTIONS_PASSWORD,
        .words_min = 0,
        .words_max = 0,
        .meaning = "make an organisation and its first administrator",
        .run = verb_bootstrap,
    },
    {
        .noun = "import",
        .arguments = "MAPPING.xml [FOLDER]",
        .options = CONNECTED | OPTIONS_FORMAT | OPTIONS_IMPORT,
        .words_min = 1,
        .words_max = 2,
        .meaning = "bring records from CSV files, as a mapping says",
        .run = verb_import,
    },
    {
        .noun = "record",
        .name = "query",
        .arguments = "ENTITY",
        .options = CONNECTED | OPTIONS_FORMAT | OPTIONS_QUERY | OPTIONS_COLUMNS,
        .words_min = 1,
        .words_max = 1,
        .meaning = "list records",
        .run = verb_record_query,
    },
    {
        .noun = "record",
        .name = "get",
        .arguments = "ENTITY ID|KEY=VALUE...",
        .options = CONNECTED | OPTIONS_FORMAT | OPTIONS_COLUMNS,
        .words_min = 2,
        .words_max = 8,
        .meaning = "read one record",
        .run = verb_record_get,
    },
    {
        .noun = "record",
        .name = "create",
        .arguments = "ENTITY FIELD=VALUE...",
        .options = CONNECTED | OPTIONS_FORMAT,
        .words_min = 2,
        .words_max = 500,
        .meaning = "store a new record",
        .run = verb_record_create,
    },
    {
        .noun = "record",
        .name = "update",
        .arguments = "ENTITY ID FIELD=VALUE...",
        .options = CONNECTED | OPTIONS_FORMAT,
        .words_min = 3,
        .words_max = 500,
        .meaning = "change fields of a record",
        .run = verb_record_update,
    },
    {
        .noun = "record",
        .name = "delete",
        .arguments = "ENTITY ID",
        .options = CONNECTED | OPTIONS_CONFIRM,
        .words_min = 2,
        .words_max = 2,
        .meaning = "delete a record",
        .run = verb_record_delete,
    },
    {
        .noun = "soap",
        .name = "call",
        .arguments = "SERVICE OPERATION NAME=VALUE...",
        .options = CONNECTED | OPTIONS_FORMAT,
        .words_min = 2,
        .words_max = 500,
        .meaning = "call any operation; 'a.b=c' nests, 'a+.b=c' begins another a, '=@FILE' reads "
                   "the value",
        .run = verb_soap_call,
    },
    {
        .noun = "wsdl",
        .name = "get",
        .arguments = "SERVICE",
        .options = OPTIONS_CONNECTION,
        .words_min = 1,
        .words_max = 1,
        .meaning = "print the contract of a service",
        .run = verb_wsdl_get,
    },
};

enum { VERB_COUNT = sizeof(verbs) / sizeof(verbs[0]) };

static int write_verb(FILE *file, const struct verb *verb)
{
    return fprintf(file, "  crmctl %s%s%s %s", verb->noun, verb->name == NULL ? "" : " ",
                   verb->name == NULL ? "" : verb->name, verb->arguments);
}

static void write_help(FILE *file)
{
    fprintf(file, "crmctl - administers a Svyaz server, as an ordinary client of its API.\n\n");
    for (size_t i = 0; i < VERB_COUNT; i++) {
        int width = write_verb(file, &verbs[i]);
        fprintf(file, "%s%*s%s\n", width < VERB_WIDTH ? "" : "\n",
                width < VERB_WIDTH ? VERB_WIDTH - width : VERB_WIDTH, "", verbs[i].meaning);
    }
    fprintf(file,
            "\ncrmctl VERB --help lists the options of a verb.\n\n"
            "Data goes to standard output, talk to standard error. Exit status: 0 done,\n"
            "1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 conflict, 6 unreachable.\n");
}

static void write_verb_help(FILE *file, const struct verb *verb)
{
    write_verb(file, verb);
    fprintf(file, "\n  %s\n\n", verb->meaning);
    arguments_write_help(file, verb->options);
}

static bool is_named(const struct verb *verb, const struct array *words)
{
    return words->count > 0 && strcmp(words->items[0], verb->noun) == 0 &&
           (verb->name == NULL || (words->count > 1 && strcmp(words->items[1], verb->name) == 0));
}

static const struct verb *find_verb(const struct array *words)
{
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (is_named(&verbs[i], words)) {
            return &verbs[i];
        }
    }
    return NULL;
}

static enum exit_code run_verb(const struct verb *verb, const struct arguments *arguments,
                               struct arena *arena, int count, char **values)
{
    size_t named = verb->name == NULL ? 1 : 2;
    struct task task = {
        .arena = arena,
        .program = values[0],
        .arguments = arguments,
        .words = (const char *const *)arguments->words.items + named,
        .word_count = arguments->words.count - named,
    };

    if (arguments->wants_help) {
        write_verb_help(stdout, verb);
        return EXIT_DONE;
    }
    if (!arguments_check(arguments, verb->options, count, values)) {
        return EXIT_USAGE;
    }
    if (task.word_count < verb->words_min || task.word_count > verb->words_max) {
        fprintf(stderr, "crmctl: the words do not fit; it goes:\n");
        write_verb(stderr, verb);
        fprintf(stderr, "\n");
        return EXIT_USAGE;
    }
    return verb->run(&task);
}

static enum exit_code run(struct arena *arena, int count, char **values)
{
    struct arguments arguments;

    if (!arguments_read(arena, count, values, &arguments)) {
        return EXIT_USAGE;
    }
    if (arguments.wants_version) {
        puts("crmctl " SVYAZ_VERSION);
        return EXIT_DONE;
    }
    const struct verb *verb = find_verb(&arguments.words);
    if (verb != NULL) {
        return run_verb(verb, &arguments, arena, count, values);
    }
    if (arguments.wants_help) {
        write_help(stdout);
        return EXIT_DONE;
    }
    if (arguments.words.count > 0) {
        fprintf(stderr, "crmctl: there is no verb '%s'.\n\n",
                (const char *)arguments.words.items[0]);
    }
    write_help(stderr);
    return EXIT_USAGE;
}

int main(int count, char **values)
{
    struct arena *arena = arena_create();
    enum exit_code code = run(arena, count, values);

    if (fflush(stdout) != 0 && code == EXIT_DONE) {
        code = EXIT_FAILED;
    }
    arena_destroy(&arena);
    return (int)code;
}
