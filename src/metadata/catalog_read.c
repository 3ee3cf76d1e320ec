/*
 * catalog_read.c - from the files of a folder to a catalog.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/map.h"
#include "crypto/digest.h"
#include "metadata/catalog_make.h"
#include "metadata/reader.h"
#include "xml/document.h"
#include "xml/schema.h"

enum { FILE_LIMIT = 4 * 1024 * 1024, SENTENCE_SIZE = 1024 };

/* ---- problems ---- */

struct problem {
    const char *file;
    long line;
    size_t order; /* in which it was found */
    const char *text;
};

static void note(struct reader *reader, const char *file, long line, const char *text)
{
    struct problem *problem = arena_allocate(reader->scratch, sizeof(*problem));
    *problem = (struct problem){
        .file = file,
        .line = line,
        .order = reader->problems.count,
        .text = arena_copy_text(reader->scratch, text),
    };
    array_add(&reader->problems, problem);
}

void reader_problem(struct reader *reader, const struct xml_node *node, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    note(reader, node->file, node->line,
         arena_format(reader->scratch, "%s:%d: %s", node->file, node->line, sentence));
}

/* The line that a problem of the XML floor names after its file. */
static long line_in(const char *text, const char *file)
{
    size_t length = strlen(file);
    bool names_line = strncmp(text, file, length) == 0 && text[length] == ':';
    return names_line ? strtol(text + length + 1, NULL, 10) : 0;
}

/* What the XML floor said: its first problem as the message, the others as causes. */
static void note_unread(struct reader *reader, const char *file, const struct error *error)
{
    char *rest = arena_copy_text(reader->scratch, error->cause);
    reader->has_unread_file = true;
    note(reader, file, line_in(error->message, file), error->message);
    while (rest != NULL && *rest != '\0') {
        char *text = rest;
        char *end = strstr(rest, "; ");
        rest = end == NULL ? NULL : end + strlen("; ");
        if (end != NULL) {
            *end = '\0';
        }
        note(reader, file, line_in(text, file), text);
    }
}

static int compare_problems(const void *left, const void *right)
{
    const struct problem *first = *(const struct problem *const *)left;
    const struct problem *second = *(const struct problem *const *)right;
    int by_file = strcmp(first->file, second->file);
    if (by_file != 0) {
        return by_file;
    }
    if (first->line != second->line) {
        return first->line < second->line ? -1 : 1;
    }
    return first->order < second->order ? -1 : 1;
}

/* The message keeps whole lines, as far as they fit. */
static void add_to_error(struct error *error, const char *text)
{
    size_t used = strlen(error->message);
    if (error->code != ERROR_METADATA_INVALID) {
        error_set(error, ERROR_METADATA_INVALID, NULL, "%s", text);
    } else if (used + strlen(text) + 2 <= sizeof(error->message)) {
        snprintf(error->message + used, sizeof(error->message) - used, "\n%s", text);
    }
}

/* Says all problems, in the order of files and lines. */
static void say_problems(struct reader *reader)
{
    qsort(reader->problems.items, reader->problems.count, sizeof(void *), compare_problems);
    for (size_t i = 0; i < reader->problems.count; i++) {
        const struct problem *problem = reader->problems.items[i];
        add_to_error(reader->error, problem->text);
        if (reader->report != NULL) {
            reader->report(reader->report_context, problem->text);
        }
    }
}

/* ---- a reader's life ---- */

bool reader_schemas_read(struct arena *arena, const char *folder,
                         struct reader_schemas *schemas_out, struct error *error)
{
    struct xml_schema *entity = NULL;
    struct xml_schema *role = NULL;
    if (!xml_schema_read_file(arena, arena_format(arena, "%s/entity.xsd", folder), &entity,
                              error) ||
        !xml_schema_read_file(arena, arena_format(arena, "%s/role.xsd", folder), &role, error)) {
        return false;
    }
    *schemas_out = (struct reader_schemas){.entity = entity, .role = role};
    return true;
}

void reader_begin(struct reader *reader, const struct reader_schemas *schemas,
                  void (*report)(void *context, const char *line), void *context,
                  struct error *error)
{
    *reader = (struct reader){
        .arena = arena_create(),
        .scratch = arena_create(),
        .schemas = schemas,
        .report = report,
        .report_context = context,
        .error = error,
    };
    reader->digest = digest_begin(reader->scratch);
    reader->entities_by_name = map_create(reader->scratch);
    array_init(&reader->entities, reader->scratch);
    array_init(&reader->roles, reader->arena);
    array_init(&reader->role_nodes, reader->scratch);
    array_init(&reader->problems, reader->scratch);
}

static const struct xml_node *add_document(struct reader *reader, const struct xml_schema *schema,
                                           const char *name, const char *bytes, size_t length)
{
    struct error error = {.code = ERROR_NONE};
    const struct xml_node *root = NULL;
    digest_add(reader->digest, bytes, length);
    digest_add(reader->digest, "", 1); /* the end of one is not the beginning of the next */
    if (!xml_read_bytes(reader->scratch, name, bytes, length, schema, &root, &error)) {
        note_unread(reader, arena_copy_text(reader->scratch, name), &error);
        return NULL;
    }
    return root;
}

void reader_add_entity(struct reader *reader, const char *name, const char *bytes, size_t length)
{
    const struct xml_node *root =
        add_document(reader, reader->schemas->entity, name, bytes, length);
    if (root != NULL) {
        array_add(&reader->entities, entity_read(reader, root));
    }
}

void reader_add_role(struct reader *reader, const char *name, const char *bytes, size_t length)
{
    const struct xml_node *root = add_document(reader, reader->schemas->role, name, bytes, length);
    if (root != NULL) {
        array_add(&reader->role_nodes, root);
    }
}

/* A number for the content: the same files give the same, on every node. */
static int64_t revision_of(struct reader *reader)
{
    uint8_t digest[SHA256_SIZE];
    uint64_t number = 0;
    digest_end(reader->digest, digest);
    for (int i = 0; i < 8; i++) {
        number = number << 8 | digest[i];
    }
    return (int64_t)(number & INT64_MAX);
}

static void fill_catalog(struct reader *reader, struct catalog *catalog)
{
    size_t count = reader->entities.count;
    catalog->entities = arena_allocate_array(reader->arena, count, sizeof(*catalog->entities));
    catalog->tables = arena_allocate_array(reader->arena, count, sizeof(*catalog->tables));
    catalog->entities_by_name = map_create(reader->arena);
    for (size_t i = 0; i < count; i++) {
        const struct entity_draft *draft = reader->entities.items[i];
        catalog->entities[i] = draft->entity;
        catalog->tables[i] = tables_describe(reader, draft);
        map_set(catalog->entities_by_name, draft->entity->name, draft->entity);
    }
    catalog->entity_count = count;
    catalog->table_count = count;
    catalog->roles = (const struct role_template **)reader->roles.items;
    catalog->role_count = reader->roles.count;
    catalog->secured_count = reader->secured_count;
    catalog->revision = revision_of(reader);
}

bool reader_finish(struct reader *reader, struct catalog **catalog_out)
{
    struct catalog *catalog = catalog_make(reader->arena);
    if (!reader->has_unread_file) {
        link_entities(reader);
        for (size_t i = 0; i < reader->role_nodes.count; i++) {
            role_read(reader, reader->role_nodes.items[i]);
        }
        fill_catalog(reader, catalog);
    }
    bool is_sound = reader->problems.count == 0;
    if (is_sound) {
        *catalog_out = catalog;
    } else {
        say_problems(reader);
        catalog_release(&catalog);
    }
    arena_destroy(&reader->scratch);
    return is_sound;
}

/* ---- files ---- */

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool is_xml(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && name[0] != '.' && strcmp(name + length - 4, ".xml") == 0;
}

/* The XML files of a folder, in the order of their names; none when it is not there. */
static void list_files(struct reader *reader, const char *folder, struct array *paths)
{
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        const struct xml_node place = {.file = folder};
        reader_problem(reader, &place, "cannot be read: %s", strerror(errno));
        return;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (is_xml(entry->d_name)) {
            array_add(paths, arena_format(reader->scratch, "%s/%s", folder, entry->d_name));
        }
    }
    closedir(directory);
    if (paths->count > 0) {
        qsort(paths->items, paths->count, sizeof(void *), compare_names);
    }
}

static void add_files(struct reader *reader, const char *folder,
                      void (*add)(struct reader *reader, const char *name, const char *bytes,
                                  size_t length))
{
    struct array paths;
    array_init(&paths, reader->scratch);
    list_files(reader, folder, &paths);
    for (size_t i = 0; i < paths.count; i++) {
        struct error error = {.code = ERROR_NONE};
        char *bytes = NULL;
        size_t length = 0;
        if (!file_read(reader->scratch, paths.items[i], FILE_LIMIT, &bytes, &length, &error)) {
            note_unread(reader, paths.items[i], &error);
            continue;
        }
        add(reader, paths.items[i], bytes, length);
    }
}

bool catalog_read(const char *folder, void (*report)(void *context, const char *line),
                  void *context, struct catalog **catalog_out, struct error *error)
{
    struct arena *arena = arena_create();
    struct reader_schemas schemas;
    struct reader reader;
    bool done = false;

    if (!reader_schemas_read(arena, folder, &schemas, error)) {
        goto finish;
    }
    reader_begin(&reader, &schemas, report, context, error);
    add_files(&reader, arena_format(arena, "%s/entities", folder), reader_add_entity);
    add_files(&reader, arena_format(arena, "%s/roles", folder), reader_add_role);
    done = reader_finish(&reader, catalog_out);

finish:
    arena_destroy(&arena);
    return done;
}
