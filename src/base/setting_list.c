/*
 * setting_list.c - the settings of a program, read from all the places where they may be said.
 */
#include "base/setting_list.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <ini.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/file.h"
#include "base/suggest.h"

enum { NAME_SIZE = 128, SECRET_LIMIT = 64 * 1024 };

static const char file_suffix[] = "_file";
static const char environment_prefix[] = "CRM_";

struct loading {
    struct arena *arena;
    const struct setting_list *list;
    char *values;                   /* the program's struct */
    struct setting_origin *origins; /* by row of the list */
    struct array *files;            /* or NULL */
    struct error *error;
};

/* A configuration file being read: libinih asks for lines and gives back sections and keys. */
struct ini_file {
    struct loading *loading;
    const char *path;
    char *rest; /* what has not been read */
    int line;
    const char *long_value; /* of the current line, when libinih's line buffer cannot hold it */
    bool has_failed;
};

static const char *full_name(struct arena *arena, const char *section, const char *key)
{
    return arena_format(arena, "%s.%s", section, key);
}

static bool is_plain_name(const struct setting *row, const char *section, const char *key)
{
    return strcmp(row->section, section) == 0 && strcmp(row->key, key) == 0;
}

/* <key>_file of a secret names a file that holds it. */
static bool is_file_name(const struct setting *row, const char *section, const char *key)
{
    size_t length = strlen(row->key);
    return row->is_secret && strcmp(row->section, section) == 0 &&
           strncmp(row->key, key, length) == 0 && strcmp(key + length, file_suffix) == 0;
}

static bool fail_unknown(struct loading *loading, const char *source, const char *section,
                         const char *key)
{
    const struct setting_list *list = loading->list;
    const char **names = arena_allocate_array(loading->arena, (size_t)list->count, sizeof(*names));
    for (int index = 0; index < list->count; index++) {
        names[index] = full_name(loading->arena, list->rows[index].section, list->rows[index].key);
    }
    const char *name = full_name(loading->arena, section, key);
    const char *near = suggest_word(name, names, (size_t)list->count);
    return error_set_about(loading->error, ERROR_SETTING_INVALID, section, key,
                           "%s: there is no setting %s%s%s%s", source, name,
                           near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                           near == NULL ? "" : "?");
}

/* Puts a value where it belongs in the program's struct. */
static bool store(struct loading *loading, int index, const char *source, const char *text)
{
    const struct setting *row = &loading->list->rows[index];
    char *place = loading->values + row->offset;
    const char *kept = arena_copy_text(loading->arena, text);
    if (row->type == SETTING_TEXT) {
        if (!setting_check_choice(row, source, text, loading->error)) {
            return false;
        }
        memcpy(place, &kept, sizeof(kept));
    } else {
        int64_t number;
        if (!setting_parse(row, source, text, &number, loading->error)) {
            return false;
        }
        bool truth = number != 0;
        memcpy(place, row->type == SETTING_BOOLEAN ? (const void *)&truth : &number,
               row->type == SETTING_BOOLEAN ? sizeof(truth) : sizeof(number));
    }
    loading->origins[index] =
        (struct setting_origin){.text = kept, .source = arena_copy_text(loading->arena, source)};
    return true;
}

/* Reads a secret from its file; the line end that editors add is not part of it. */
static bool store_file(struct loading *loading, int index, const char *source, const char *path)
{
    char *text = NULL;
    size_t length = 0;
    struct error reason = {0};
    if (!file_read(loading->arena, path, SECRET_LIMIT, &text, &length, &reason)) {
        return error_set_about(loading->error, ERROR_SETTING_INVALID,
                               loading->list->rows[index].section, loading->list->rows[index].key,
                               "%s: %s", source, reason.message);
    }
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) {
        text[--length] = '\0';
    }
    return store(loading, index, arena_format(loading->arena, "%s, %s", source, path), text);
}

static bool set(struct loading *loading, const char *source, const char *section, const char *key,
                const char *text)
{
    for (int index = 0; index < loading->list->count; index++) {
        if (is_plain_name(&loading->list->rows[index], section, key)) {
            return store(loading, index, source, text);
        }
        if (is_file_name(&loading->list->rows[index], section, key)) {
            return store_file(loading, index, source, text);
        }
    }
    return fail_unknown(loading, source, section, key);
}

/* ---- files ---- */

/* Gives libinih one line: without white space before it, which would continue the line above;
 * and of a line beyond its buffer only the key, the value being kept aside. */
static char *read_line(char *line, int size, void *stream)
{
    struct ini_file *file = stream;
    if (file->rest == NULL || *file->rest == '\0') {
        return NULL;
    }
    char *start = file->rest + strspn(file->rest, " \t");
    char *end = strchr(start, '\n');
    file->rest = end == NULL ? NULL : end + 1;
    file->line++;
    file->long_value = NULL;
    size_t length = end == NULL ? strlen(start) : (size_t)(end - start);
    while (length > 0 && isspace((unsigned char)start[length - 1])) {
        length--;
    }
    if (length + 2 > (size_t)size) {
        size_t key_length = strcspn(start, "=");
        start[length] = '\0';
        if (strchr("#;", *start) != NULL || key_length + 2 > (size_t)size) {
            length = 0; /* a long comment; a key this long is missing from the line */
        } else {
            const char *value = start + key_length + 1;
            file->long_value = value + strspn(value, " \t");
            length = key_length + 1;
        }
    }
    memcpy(line, start, length);
    line[length] = '\n';
    line[length + 1] = '\0';
    return line;
}

static int set_from_file(void *user, const char *section, const char *key, const char *value)
{
    struct ini_file *file = user;
    if (!file->has_failed) {
        const char *source = arena_format(file->loading->arena, "%s:%d", file->path, file->line);
        const char *text = file->long_value != NULL ? file->long_value : value;
        file->has_failed = !set(file->loading, source, section, key, text);
    }
    return file->has_failed ? 0 : 1;
}

static bool load_file(struct loading *loading, const char *path)
{
    struct ini_file file = {.loading = loading, .path = path};
    size_t length = 0;
    if (loading->files != NULL) {
        array_add(loading->files, (void *)(uintptr_t)path);
    }
    if (!file_read(loading->arena, path, SECRET_LIMIT * 16, &file.rest, &length, loading->error)) {
        return false;
    }
    int bad_line = ini_parse_stream(read_line, &file, set_from_file, &file);
    if (file.has_failed) {
        return false;
    }
    if (bad_line != 0) {
        return error_set(loading->error, ERROR_SETTING_INVALID, NULL,
                         "%s:%d: a line is [section], key = value, or # a comment", path, bad_line);
    }
    return true;
}

/* The program's file when it is there, then what is dropped in, in the order of names. */
static bool load_directory(struct loading *loading, const char *directory)
{
    const char *path = arena_format(loading->arena, "%s/%s", directory, loading->list->file);
    if (access(path, F_OK) == 0 && !load_file(loading, path)) {
        return false;
    }
    glob_t found = {0};
    bool done = true;
    if (glob(arena_format(loading->arena, "%s/%s", directory, loading->list->drop_ins), 0, NULL,
             &found) == 0) {
        for (size_t index = 0; index < found.gl_pathc && done; index++) {
            done = load_file(loading, arena_copy_text(loading->arena, found.gl_pathv[index]));
        }
    }
    globfree(&found);
    return done;
}

/* ---- environment and command line ---- */

static const char *find_variable(char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (; environment != NULL && *environment != NULL; environment++) {
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') {
            return *environment + length + 1;
        }
    }
    return NULL;
}

/* systemd puts secrets into files named <section>.<key> of a directory that only we may read. */
static bool load_credentials(struct loading *loading, char *const *environment)
{
    const char *directory = find_variable(environment, "CREDENTIALS_DIRECTORY");
    for (int index = 0; directory != NULL && index < loading->list->count; index++) {
        const struct setting *row = &loading->list->rows[index];
        const char *path =
            arena_format(loading->arena, "%s/%s.%s", directory, row->section, row->key);
        if (row->is_secret && access(path, F_OK) == 0 &&
            !store_file(loading, index, "systemd credential", path)) {
            return false;
        }
    }
    return true;
}

/* The section that a variable's name begins with; other programs may own other CRM_ names. */
static const struct settings_section *find_variable_section(const struct setting_list *list,
                                                            const char *name)
{
    for (const struct settings_section *section = list->sections; section->name != NULL;
         section++) {
        size_t length = strlen(section->name);
        if (strncmp(name, section->name, length) == 0 && name[length] == '_') {
            return section;
        }
    }
    return NULL;
}

static bool load_variable(struct loading *loading, const char *variable)
{
    size_t prefix_length = strlen(environment_prefix);
    const char *equals = strchr(variable, '=');
    if (equals == NULL || strncmp(variable, environment_prefix, prefix_length) != 0) {
        return true;
    }
    const char *source = arena_copy_part(loading->arena, variable, (size_t)(equals - variable));
    char *name = arena_copy_text(loading->arena, source + prefix_length);
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    const struct settings_section *section = find_variable_section(loading->list, name);
    return section == NULL ||
           set(loading, source, section->name, name + strlen(section->name) + 1, equals + 1);
}

static bool load_environment(struct loading *loading, char *const *environment)
{
    for (; environment != NULL && *environment != NULL; environment++) {
        if (!load_variable(loading, *environment)) {
            return false;
        }
    }
    return true;
}

static bool load_override(struct loading *loading, const char *override)
{
    const char *equals = strchr(override, '=');
    const char *dot = strchr(override, '.');
    if (equals == NULL || dot == NULL || dot > equals) {
        return error_set(loading->error, ERROR_SETTING_INVALID, NULL,
                         "-o %.*s: write section.key=value", (int)strcspn(override, "="), override);
    }
    return set(loading, "-o", arena_copy_part(loading->arena, override, (size_t)(dot - override)),
               arena_copy_part(loading->arena, dot + 1, (size_t)(equals - dot - 1)), equals + 1);
}

static bool load_overrides(struct loading *loading, const char *const *overrides)
{
    for (; overrides != NULL && *overrides != NULL; overrides++) {
        if (!load_override(loading, *overrides)) {
            return false;
        }
    }
    return true;
}

static bool load_defaults(struct loading *loading)
{
    for (int index = 0; index < loading->list->count; index++) {
        if (!store(loading, index, "default", loading->list->rows[index].default_text)) {
            return false;
        }
    }
    return true;
}

bool setting_list_load(struct arena *arena, const struct setting_list *list,
                       const struct settings_sources *sources, void *values_out,
                       struct setting_origin **origins_out, struct error *error)
{
    struct loading loading = {
        .arena = arena,
        .list = list,
        .values = arena_allocate(arena, list->size),
        .origins = arena_allocate_array(arena, (size_t)list->count, sizeof(struct setting_origin)),
        .files = sources->files,
        .error = error,
    };
    const char *directory = sources->directory == NULL ? "/etc/crmd" : sources->directory;
    bool done = load_defaults(&loading) &&
                (sources->file != NULL ? load_file(&loading, sources->file)
                                       : load_directory(&loading, directory)) &&
                load_credentials(&loading, sources->environment) &&
                load_environment(&loading, sources->environment) &&
                load_overrides(&loading, sources->overrides);
    if (done) {
        memcpy(values_out, loading.values, list->size);
        *origins_out = loading.origins;
    }
    return done;
}

/* ---- written ---- */

static void write_section_head(FILE *file, const struct setting_list *list, int index)
{
    const char *name = list->rows[index].section;
    if (index > 0 && strcmp(list->rows[index - 1].section, name) == 0) {
        return;
    }
    const struct settings_section *section = list->sections;
    while (strcmp(section->name, name) != 0) {
        section++;
    }
    fprintf(file, "%s# %s\n[%s]\n", index == 0 ? "" : "\n", section->meaning, name);
}

void setting_list_write_example(FILE *file, const struct setting_list *list)
{
    for (int index = 0; index < list->count; index++) {
        const struct setting *row = &list->rows[index];
        write_section_head(file, list, index);
        fprintf(file, "\n# %s", row->comment);
        for (const char *const *choice = row->choices; choice != NULL && *choice != NULL;
             choice++) {
            fprintf(file, "%s%s", choice == row->choices ? " One of " : ", ", *choice);
        }
        fprintf(file, "%s%s\n#%s = %s\n", row->choices == NULL ? "" : ".",
                row->is_reloaded ? " (SIGHUP)" : "", row->key, row->default_text);
        if (row->is_secret) {
            fprintf(file, "#%s%s =\n", row->key, file_suffix);
        }
    }
}

void setting_list_write_effective(FILE *file, const struct setting_list *list,
                                  const struct setting_origin *origins, bool is_brief)
{
    for (int index = 0; index < list->count; index++) {
        const struct setting *row = &list->rows[index];
        const struct setting_origin *origin = &origins[index];
        bool is_default = strcmp(origin->source, "default") == 0;
        if (!(is_brief && is_default)) {
            bool is_hidden = row->is_secret && origin->text[0] != '\0';
            fprintf(file, "%s.%s = %s  # %s\n", row->section, row->key,
                    is_hidden ? "(hidden)" : origin->text, origin->source);
        }
    }
}
