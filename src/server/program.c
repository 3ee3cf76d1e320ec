/*
 * program.c - a table of parts; opening goes down it, closing goes up.
 */
#include "server/program.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/time.h"
#include "base/version.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/entry.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "database/database.h"
#include "job/chores.h"
#include "job/scheduler.h"
#include "job/worker.h"
#include "mail/tables.h"
#include "metadata/catalog.h"
#include "metadata/schema.h"
#include "mime/reader.h"
#include "push/pusher.h"
#include "query/reach.h"
#include "record/engine.h"
#include "record/number_block.h"
#include "record/organization.h"
#include "record/renew.h"
#include "security/credential.h"
#include "security/directory.h"
#include "security/kerberos.h"
#include "security/memory.h"
#include "security/session.h"
#include "server/from_settings.h"
#include "server/listen.h"
#include "server/options.h"
#include "server/places.h"
#include "service/admission.h"
#include "service/metrics.h"
#include "service/tables.h"
#include "soap/door.h"
#include "text/fold.h"

extern char **environ;

enum {
    PROGRAM_TABLES = 64,
    FOLDER_MODE = 0700,
};

struct program {
    struct arena *arena;
    const struct options *options;
    struct settings_sources sources;
    struct settings settings; /* as they were when it started */
    struct log log;
    struct platform platform;
    struct soap_door *door;
    struct scheduler *scheduler;
    struct pusher *pusher;
    struct job_worker *worker;
    struct scheduler *work; /* of the worker */
    struct array files;     /* names of the settings files that were read */
    int opened;             /* parts */
};

/* Only who serves calls reads mail. */
static bool open_readers(struct program *program, struct error *error)
{
    return program->options->mode != MODE_SERVE ||
           mime_readers_start(&program->log, &program->platform.readers, error);
}

static void close_readers(struct program *program)
{
    mime_readers_stop(&program->platform.readers);
}

static bool open_settings(struct program *program, struct error *error)
{
    program->sources = (struct settings_sources){
        .file = program->options->config,
        .environment = environ,
        .overrides = program->options->overrides,
        .files = &program->files,
    };

    array_init(&program->files, program->arena);
    program->platform.now = time_now;
    program->platform.settings = &program->settings;
    return settings_load(program->arena, &program->sources, &program->settings, error);
}

/* Which files were read: the first thing to know when a setting is not as it should be. */
static void say_files(const struct program *program)
{
    struct buffer names;

    buffer_init(&names, program->arena, 256);
    for (size_t i = 0; i < program->files.count; i++) {
        buffer_add_format(&names, "%s%s", i > 0 ? ", " : "", (const char *)program->files.items[i]);
    }
    log_event(&program->log, LOG_LEVEL_INFO, "starting", LOG_TEXT("version", SVYAZ_VERSION),
              LOG_TEXT("settings", names.length == 0 ? "no file" : names.bytes));
}

static bool open_log(struct program *program, struct error *error)
{
    const struct settings_log *settings = &program->settings.log;
    enum log_level level = LOG_LEVEL_INFO;

    if (!log_level_parse(settings->level, &level) ||
        !log_format_parse(settings->format, &program->log.format)) {
        return error_set(error, ERROR_SETTING_INVALID, "log",
                         "log.level or log.format is no such word");
    }
    program->log.descriptor = STDERR_FILENO;
    program->log.level = level;
    program->platform.log = &program->log;
    if (program->options->mode == MODE_SERVE) {
        say_files(program);
    }
    return true;
}

/* Every problem of the metadata is said, not only the first. */
static void say_problem(void *context, const char *line)
{
    struct program *program = context;

    log_event(&program->log, LOG_LEVEL_ERROR, "metadata", LOG_TEXT("problem", line));
}

static bool open_catalog(struct program *program, struct error *error)
{
    const char *folder = places_metadata(program->arena, program->settings.metadata.dir);

    return catalog_read(folder, say_problem, program, &program->platform.catalog, error);
}

static void close_catalog(struct program *program)
{
    catalog_release(&program->platform.catalog);
}

static struct database_options database_options(const struct program *program)
{
    const struct settings *settings = &program->settings;
    return (struct database_options){
        .url = settings->database.url[0] == '\0' ? NULL : settings->database.url,
        .folder = settings->data.dir,
        .must_exist = program->options->mode == MODE_CHECK,
        .pool_size =
            settings->database.pool > 0 ? (int)settings->database.pool : worker_count(settings) + 3,
        .acquire_timeout = settings->database.acquire_timeout,
        .statement_timeout = settings->database.statement_timeout,
    };
}

static bool open_database(struct program *program, struct error *error)
{
    struct database_options options = database_options(program);

    if (!database_open(&options, &program->platform.database, error)) {
        return false;
    }
    database_set_revision(program->platform.database, program->platform.catalog->revision);
    return true;
}

static void close_database(struct program *program)
{
    database_close(&program->platform.database);
}

/* The tables of the floors that keep something beside the records. */
static const struct table *const *(*const floors[])(int *count_out) = {
    security_tables,
    record_tables,
    mail_tables,
    service_tables,
};

static bool open_schema(struct program *program, struct error *error)
{
    const struct table *tables[PROGRAM_TABLES];
    size_t count = 0;

    for (size_t floor = 0; floor < sizeof(floors) / sizeof(floors[0]); floor++) {
        int floor_count = 0;
        const struct table *const *floor_tables = floors[floor](&floor_count);
        expect(count + (size_t)floor_count <= PROGRAM_TABLES);
        for (int i = 0; i < floor_count; i++) {
            tables[count++] = floor_tables[i];
        }
    }
    if (program->options->mode != MODE_CHECK) {
        return schema_bring_up_to_date(program->platform.database, program->platform.catalog,
                                       tables, count, &program->log, error);
    }
    bool is_up_to_date = false;
    return schema_check(program->platform.database, program->platform.catalog, tables, count,
                        &is_up_to_date, error) &&
           (is_up_to_date || error_set(error, ERROR_SCHEMA_BEHIND, NULL,
                                       "The tables are not yet as the metadata wants them"));
}

/* A check leaves nothing behind, so it makes no key. */
static bool open_key(struct program *program, struct error *error)
{
    const struct settings_data *settings = &program->settings.data;
    const char *file = settings->key_file[0] != '\0'
                           ? settings->key_file
                           : arena_format(program->arena, "%s/seal.key", settings->dir);
    struct seal_key *key = NULL;

    if (program->options->mode == MODE_CHECK) {
        return true;
    }
    /* With another database than SQLite nobody has made the folder yet. */
    if (mkdir(settings->dir, FOLDER_MODE) != 0 && errno != EEXIST) {
        error_set(error, ERROR_SETTING_INVALID, "data.dir", "The data directory cannot be made");
        return error_add_cause(error, "%s: %s", settings->dir, strerror(errno));
    }
    if (!seal_key_open(program->arena, file, &key, error)) {
        return false;
    }
    program->platform.seal_key = key;
    return true;
}

static bool open_directory(struct program *program, struct error *error)
{
    struct platform *platform = &program->platform;

    platform->lookups = memory_create(sizeof(int64_t));
    return directory_create(&program->settings.directory, platform->text_rules,
                            directory_threads(&program->settings), &platform->directory, error) &&
           kerberos_create(&program->settings.kerberos, &platform->kerberos, error);
}

/* Only who serves calls takes numbers in advance. */
static bool open_numbers(struct program *program, struct error *error)
{
    const struct database_options options = database_options(program);

    return program->options->mode != MODE_SERVE ||
           number_blocks_open(&options, program->settings.database.number_block,
                              &program->platform.numbers, error);
}

static bool open_caches(struct program *program, struct error *error)
{
    const struct settings *settings = &program->settings;
    struct platform *platform = &program->platform;
    struct session_options session_options = session_options_of(settings);

    if (!text_rules_open(program->arena, &platform->text_rules, error)) {
        return false;
    }
    if (!open_key(program, error)) {
        return false;
    }
    struct credential_options credential_options = credential_options_of(settings, platform);
    platform->metrics = service_metrics_make(program->arena);
    platform->admission = admission_make(program->arena);
    platform->sessions = session_cache_create(&session_options);
    platform->reaches = reach_memory_create();
    platform->entries = entry_memory_create();
    return credential_cache_create(&credential_options, &platform->credentials, error) &&
           open_directory(program, error) && open_numbers(program, error);
}

static void close_caches(struct program *program)
{
    number_blocks_close(&program->platform.numbers);
    session_cache_destroy(&program->platform.sessions);
    memory_destroy(&program->platform.reaches);
    entry_memory_destroy(&program->platform.entries);
    credential_cache_destroy(&program->platform.credentials);
    kerberos_destroy(&program->platform.kerberos);
    directory_destroy(&program->platform.directory);
    memory_destroy(&program->platform.lookups);
}

static bool open_organization(struct program *program, struct error *error)
{
    struct platform *platform = &program->platform;
    struct arena *arena = arena_create();
    struct call *call = call_make(arena, platform);
    bool is_checked_only = program->options->mode == MODE_CHECK;
    bool is_found = false;

    bool is_read = database_acquire(platform->database, &call->connection, error) &&
                   organization_open(call->connection, platform, &is_found, error) &&
                   (!is_found || is_checked_only || renew_organization(call, error));
    database_release(&call->connection);
    arena_destroy(&arena);
    return is_read && (is_found || error_set(error, ERROR_ORGANIZATION_MISSING, "database",
                                             "The database holds no organisation yet"));
}

static bool open_door(struct program *program, struct error *error)
{
    return soap_door_create(&program->platform, &program->door, error);
}

static void close_door(struct program *program)
{
    soap_door_destroy(&program->door);
}

/* Only who serves calls does what has to be done beside them. */
static bool open_chores(struct program *program, struct error *error)
{
    if (program->options->mode != MODE_SERVE) {
        return true;
    }
    program->worker = job_worker_create(&program->platform);
    return scheduler_start(&program->platform, platform_chores, platform_chore_count,
                           &program->scheduler, error) &&
           scheduler_start(&program->platform, job_worker_chores(program->worker), JOB_CHORES,
                           &program->work, error);
}

static void close_chores(struct program *program)
{
    scheduler_stop(&program->work);
    job_worker_destroy(&program->worker);
    scheduler_stop(&program->scheduler);
}

static bool open_push(struct program *program, struct error *error)
{
    return program->options->mode != MODE_SERVE ||
           pusher_start(&program->platform, program->door, &program->pusher, error);
}

static void close_push(struct program *program)
{
    pusher_stop(&program->pusher);
}

static const struct {
    bool (*open)(struct program *program, struct error *error);
    void (*close)(struct program *program); /* NULL: the arena does */
} parts[PART_COUNT] = {
    [PART_READERS] = {.open = open_readers, .close = close_readers},
    [PART_SETTINGS] = {.open = open_settings},
    [PART_LOG] = {.open = open_log},
    [PART_CATALOG] = {.open = open_catalog, .close = close_catalog},
    [PART_DATABASE] = {.open = open_database, .close = close_database},
    [PART_SCHEMA] = {.open = open_schema},
    [PART_CACHES] = {.open = open_caches, .close = close_caches},
    [PART_ORGANIZATION] = {.open = open_organization},
    [PART_DOOR] = {.open = open_door, .close = close_door},
    [PART_CHORES] = {.open = open_chores, .close = close_chores},
    [PART_PUSH] = {.open = open_push, .close = close_push},
};

bool program_open(const struct options *options, enum program_part last,
                  struct program **program_out, struct error *error)
{
    struct arena *arena = arena_create();
    struct program *program = arena_allocate(arena, sizeof(*program));

    program->arena = arena;
    program->options = options;
    for (int part = 0; part <= (int)last; part++) {
        program->opened = part + 1;
        if (!parts[part].open(program, error)) {
            program_close(&program);
            return false;
        }
    }
    *program_out = program;
    return true;
}

struct platform *program_platform(struct program *program)
{
    return &program->platform;
}

bool program_serve(struct program *program, struct error *error)
{
    struct listen_options options = {
        .platform = &program->platform,
        .door = program->door,
        .log = &program->log,
        .sources = &program->sources,
    };

    return listen_and_serve(&options, error);
}

void program_close(struct program **program)
{
    if (*program == NULL) {
        return;
    }
    struct arena *arena = (*program)->arena;
    for (int part = (*program)->opened - 1; part >= 0; part--) {
        if (parts[part].close != NULL) {
            parts[part].close(*program);
        }
    }
    *program = NULL;
    arena_destroy(&arena);
}
