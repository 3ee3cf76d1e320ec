/*
 * import.c - crmctl import: passes one after another, and what came of them.
 */
#include "apps/admin/import.h"

#include <stdio.h>

#include "apps/admin/connect.h"
#include "apps/admin/failures.h"
#include "apps/admin/ledger.h"
#include "apps/admin/mapping.h"
#include "apps/admin/pass_run.h"
#include "apps/admin/report.h"
#include "base/arena.h"
#include "base/error.h"
#include "client/client.h"

enum { SUMMARY_COLUMNS = 6 };

/* An import on its way. */
struct import {
    struct arena *arena;
    const struct import_options *options;
    struct mapping mapping;
    struct ledger *ledger;
    struct sheet summary;
};

static void add_summary(struct import *import, const char *name)
{
    struct row_counts counts = ledger_counts(import->ledger);
    const char **row = arena_allocate_array(import->arena, SUMMARY_COLUMNS, sizeof(*row));
    size_t rows = 0;

    for (size_t i = 0; i < ROW_OUTCOME_COUNT; i++) {
        rows += counts.of[i];
        row[i + 2] = arena_format(import->arena, "%zu", counts.of[i]);
    }
    row[0] = name;
    row[1] = arena_format(import->arena, "%zu", rows);
    array_add(&import->summary.rows, row);
}

static void say_failures(struct import *import)
{
    struct array failures;

    array_init(&failures, import->arena);
    ledger_failures_of_pass(import->ledger, &failures);
    failures_say(&failures);
}

/* A folder that is not the mapping's own need not have every source. */
static bool is_absent(const struct import *import, const struct pass *pass)
{
    if (import->options->folder == NULL ||
        mapping_has_source(import->arena, &import->mapping, pass->source)) {
        return false;
    }
    report_say("%s is not in %s: the pass %s is left out", pass->source->file,
               import->mapping.folder, pass->name);
    return true;
}

/* Runs passes until one cannot be run, or too many rows have failed. */
static enum exit_code run_passes(struct import *import, struct client *client)
{
    struct pass_run run = {
        .client = client,
        .ledger = import->ledger,
        .mapping = &import->mapping,
        .workers = import->options->workers,
    };

    for (size_t i = 0; i < import->mapping.pass_count; i++) {
        struct pass *pass = &import->mapping.passes[i];
        struct client_error client_error;
        struct error error;
        if (is_absent(import, pass)) {
            continue;
        }
        if (!pass_run(&run, pass, &client_error, &error)) {
            return error.code == ERROR_NONE ? report_client_error(&client_error)
                                            : report_error(&error);
        }
        say_failures(import);
        add_summary(import, pass->name);
        if (ledger_reason(import->ledger) != NULL) {
            return report_client_error(ledger_reason(import->ledger));
        }
        if (ledger_is_stopped(import->ledger)) {
            report_say("more than %zu rows have failed: no more is imported",
                       import->options->error_limit);
            return EXIT_FAILED;
        }
    }
    return ledger_failures(import->ledger)->count == 0 ? EXIT_DONE : EXIT_FAILED;
}

static void write_failures(struct import *import)
{
    const struct array *failures = ledger_failures(import->ledger);
    struct error error;

    if (failures->count == 0) {
        return;
    }
    if (failures_write(import->arena, &import->mapping, failures, import->options->errors,
                       &error)) {
        report_say("the rows that failed are in %s; correct them there and import that folder",
                   import->options->errors);
    } else {
        (void)report_error(&error);
    }
}

enum exit_code import_run(struct arena *arena, struct client *client,
                          const struct import_options *options)
{
    static const char *const columns[SUMMARY_COLUMNS] = {"pass",    "rows",      "created",
                                                         "updated", "unchanged", "failed"};
    struct import import = {
        .arena = arena,
        .options = options,
        .ledger = ledger_make(arena, options->error_limit),
        .summary = {.row_name = "pass", .columns = columns, .column_count = SUMMARY_COLUMNS},
    };
    struct error error;

    if (!mapping_read(arena, options->mapping, options->folder, &import.mapping, &error)) {
        return report_error(&error);
    }
    array_init(&import.summary.rows, arena);
    enum exit_code code = run_passes(&import, client);
    write_failures(&import);
    print_sheet(stdout, options->format, &import.summary);
    return code;
}

enum exit_code verb_import(const struct task *task)
{
    struct import_options options = {
        .mapping = task->words[0],
        .folder = task->word_count > 1 ? task->words[1] : NULL,
        .errors = task->arguments->errors,
        .error_limit = (size_t)task->arguments->error_limit,
        .workers = (size_t)task->arguments->workers,
    };
    struct client *client = NULL;
    enum exit_code code = EXIT_USAGE;

    if (!print_format_parse(task->arguments->format, &options.format) ||
        !connect_client(task, &client, &code)) {
        return code;
    }
    code = import_run(task->arena, client, &options);
    client_close(&client);
    return code;
}
