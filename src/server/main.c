/*
 * main.c - crmd: reads its command line and does what the mode asks for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/signals.h"
#include "base/version.h"
#include "mime/reader.h"
#include "server/bootstrap.h"
#include "server/options.h"
#include "server/program.h"
#include "soap/door.h"

enum { KEPT_BYTES = 8 << 20 }; /* by each worker: room for its largest lists */

typedef bool (*mode_function)(const struct options *options, struct program *program,
                              struct error *error);

static bool serve(const struct options *options, struct program *program, struct error *error)
{
    (void)options;
    arena_keep_freed(KEPT_BYTES);
    return program_serve(program, error);
}

static bool check(const struct options *options, struct program *program, struct error *error)
{
    (void)options;
    (void)program;
    (void)error;
    puts("crmd: settings, metadata, database and organisation are in order");
    return true;
}

static bool write_example(const struct options *options, struct program *program,
                          struct error *error)
{
    (void)options;
    (void)program;
    (void)error;
    settings_write_example(stdout);
    return true;
}

static bool write_version(const struct options *options, struct program *program,
                          struct error *error)
{
    (void)options;
    (void)program;
    (void)error;
    puts("crmd " SVYAZ_VERSION);
    return true;
}

static bool write_help(const struct options *options, struct program *program, struct error *error)
{
    (void)options;
    (void)program;
    (void)error;
    options_write_help(stdout);
    return true;
}

static bool bootstrap(const struct options *options, struct program *program, struct error *error)
{
    return bootstrap_organization(program_platform(program), options->administrator, stdin, error);
}

static bool write_contract(const struct options *options, struct program *program,
                           struct error *error)
{
    return soap_write_contract(program_platform(program), options->contract_folder,
                               options->mode == MODE_CHECK_CONTRACT, error);
}

/* What each mode does, and up to which part the program is opened for it; NONE: not at all. */
static const struct {
    mode_function run;
    enum program_part last;
    bool needs_program;
} modes[] = {
    [MODE_SERVE] = {.run = serve, .needs_program = true, .last = PART_PUSH},
    [MODE_CHECK] = {.run = check, .needs_program = true, .last = PART_DOOR},
    [MODE_EXAMPLE] = {.run = write_example},
    [MODE_VERSION] = {.run = write_version},
    [MODE_HELP] = {.run = write_help},
    [MODE_BOOTSTRAP] = {.run = bootstrap, .needs_program = true, .last = PART_CACHES},
    [MODE_WRITE_CONTRACT] = {.run = write_contract, .needs_program = true, .last = PART_CATALOG},
    [MODE_CHECK_CONTRACT] = {.run = write_contract, .needs_program = true, .last = PART_CATALOG},
};

static bool run(struct arena *arena, int count, char **words, struct error *error)
{
    struct options options;
    struct program *program = NULL;

    if (!options_read(arena, count, words, &options, error)) {
        return false;
    }
    if (modes[options.mode].needs_program &&
        !program_open(&options, modes[options.mode].last, &program, error)) {
        return false;
    }
    bool is_done = modes[options.mode].run(&options, program, error);
    program_close(&program);
    return is_done;
}

static void explain(const struct error *error)
{
    fprintf(stderr, "crmd: %s\n", error->message);
    if (error->cause[0] != '\0') {
        fprintf(stderr, "  cause: %s\n", error->cause);
    }
    if (error_kind(error->code)->hint != NULL) {
        fprintf(stderr, "  hint: %s\n", error_kind(error->code)->hint);
    }
}

int main(int count, char **words)
{
    mime_readers_serve(count, words);
    signals_block();
    umask(S_IWGRP | S_IRWXO); /* what lies in the data folder is nobody else's business */
    struct arena *arena = arena_create();
    struct error error = {0};
    bool is_done = run(arena, count, words, &error);

    if (!is_done) {
        explain(&error);
    }
    arena_destroy(&arena);
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
