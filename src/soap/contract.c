/*
 * contract.c - writes wsdl/: the contract as people read and review it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "call/platform.h"
#include "metadata/entity.h"
#include "service/operation.h"
#include "soap/door.h"
#include "soap/wire.h"
#include "soap/wsdl.h"

enum { FILE_MOST = 64 * 1024 * 1024, FIRST_SIZE = 64 * 1024 };

#define ADDRESS "http://localhost:8080/soap/"
#define WSDL_ENDING ".wsdl"

struct output {
    struct arena *arena;
    const char *folder;
    bool is_check;
};

static bool is_same(const struct output *output, const char *path, const struct buffer *text)
{
    struct error unreadable = {0};
    size_t length = 0;
    char *bytes = NULL;

    return file_read(output->arena, path, FILE_MOST, &bytes, &length, &unreadable) &&
           length == text->length && memcmp(bytes, text->bytes, length) == 0;
}

static bool write_file(const char *path, const struct buffer *text, struct error *error)
{
    FILE *file = fopen(path, "wb");
    bool is_written = file != NULL && fwrite(text->bytes, 1, text->length, file) == text->length;

    if (file != NULL) {
        is_written = fclose(file) == 0 && is_written;
    }
    if (!is_written) {
        error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s cannot be written", path);
        return error_add_cause(error, "%s", strerror(errno));
    }
    return true;
}

static bool put(const struct output *output, const char *name, const struct buffer *text,
                struct error *error)
{
    const char *path = arena_format(output->arena, "%s/%s", output->folder, name);

    if (is_same(output, path, text)) {
        return true;
    }
    if (output->is_check) {
        return error_set(error, ERROR_CONTRACT_STALE, NULL, "%s is stale", path);
    }
    return write_file(path, text, error);
}

static bool put_wsdl(const struct output *output, const struct wire *wire,
                     const struct wire_service *service, struct error *error)
{
    const char *name = service == NULL ? WSDL_ALL : service->name;
    struct buffer text;

    buffer_init(&text, output->arena, FIRST_SIZE);
    wsdl_write(&text, wire, service, arena_format(output->arena, ADDRESS "%s", name), false);
    return put(output, arena_format(output->arena, "%s" WSDL_ENDING, name), &text, error);
}

static void add_row(struct buffer *text, const struct wire_operation *operation)
{
    static const char *const transactions[] = {
        [OPERATION_WITHOUT_TRANSACTION] = "none",
        [OPERATION_READS] = "read",
        [OPERATION_WRITES] = "write",
    };
    const struct operation *row = operation->operation;
    const struct operation_pattern *pattern = row->pattern;
    const char *right = pattern->has_right ? right_name(pattern->right) : "";

    buffer_add_format(text, "%s,%s,%s,%s,%s,%s\n", row->name, row->service->name,
                      row->entity == NULL ? "" : row->entity->name,
                      pattern->is_anonymous ? "anonymous" : right,
                      transactions[pattern->transaction], pattern->handler_name);
}

static bool put_operations(const struct output *output, const struct wire *wire,
                           struct error *error)
{
    struct buffer text;

    buffer_init(&text, output->arena, FIRST_SIZE);
    buffer_add_text(&text, "operation,service,entity,privilege,transaction,handler\n");
    for (size_t i = 0; i < wire->service_count; i++) {
        for (size_t j = 0; j < wire->services[i].operation_count; j++) {
            add_row(&text, &wire->services[i].operations[j]);
        }
    }
    return put(output, "operations.csv", &text, error);
}

static bool put_all(const struct output *output, const struct wire *wire, struct error *error)
{
    for (size_t i = 0; i < wire->service_count + wire->sent_count; i++) {
        if (!put_wsdl(output, wire, &wire->services[i], error)) {
            return false;
        }
    }
    return put_wsdl(output, wire, NULL, error) && put_operations(output, wire, error);
}

static bool belongs(const struct wire *wire, const char *name, size_t length)
{
    for (size_t i = 0; i < wire->service_count + wire->sent_count; i++) {
        const char *service = wire->services[i].name;
        if (strlen(service) == length && memcmp(service, name, length) == 0) {
            return true;
        }
    }
    return strlen(WSDL_ALL) == length && memcmp(WSDL_ALL, name, length) == 0;
}

/* The WSDL of a service that has gone may not stand there as if it were promised; taking it away
 * is left to the reader, for it may be somebody's own. */
static bool refuse_stranger(const struct output *output, const struct wire *wire, const char *name,
                            struct error *error)
{
    size_t length = strlen(name);
    size_t ending = strlen(WSDL_ENDING);

    return length < ending || strcmp(name + length - ending, WSDL_ENDING) != 0 ||
           belongs(wire, name, length - ending) ||
           error_set(error, ERROR_CONTRACT_STALE, NULL, "%s/%s belongs to no service: remove it",
                     output->folder, name);
}

static bool refuse_strangers(const struct output *output, const struct wire *wire,
                             struct error *error)
{
    DIR *folder = opendir(output->folder);
    struct dirent *entry = NULL;
    bool is_clean = true;

    while (is_clean && folder != NULL && (entry = readdir(folder)) != NULL) {
        is_clean = refuse_stranger(output, wire, entry->d_name, error);
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return is_clean;
}

bool soap_write_contract(const struct platform *platform, const char *folder, bool is_check,
                         struct error *error)
{
    struct arena *arena = arena_create();
    struct output output = {.arena = arena, .folder = folder, .is_check = is_check};
    struct wire *wire = NULL;
    bool is_done = false;

    if (!is_check && mkdir(folder, 0777) != 0 && errno != EEXIST) {
        error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s cannot be made", folder);
        goto finish;
    }
    is_done = wire_make(arena, platform->catalog, &wire, error) && put_all(&output, wire, error) &&
              (!is_check || refuse_strangers(&output, wire, error));

finish:
    arena_destroy(&arena);
    return is_done;
}
