/*
 * imap_state.c - five numbers in a file.
 */
#include "apps/mail/imap_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/mail/imap_account.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "crypto/digest.h"

enum { TEXT_SIZE = 128, FILE_MODE = 0600, NUMBERS = 5, NUMBERS_ONCE = 4 };

const char *imap_state_path(struct arena *arena, const char *folder,
                            const struct imap_account *account)
{
    const char *name = arena_format(arena, "%s\n%s", account->user, account->folder);
    uint8_t digest[SHA256_SIZE];
    char text[SHA256_TEXT_SIZE];

    digest_sha256(name, strlen(name), digest);
    digest_format(digest, text);
    return arena_format(arena, "%s/%s", folder, text);
}

bool imap_state_read(const char *path, struct imap_state *state_out, struct error *error)
{
    struct imap_state state = {.validity = 0};
    FILE *file = fopen(path, "re");

    if (file == NULL && errno == ENOENT) {
        *state_out = state;
        return true;
    }
    if (file == NULL) {
        return error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s: %s", path, strerror(errno));
    }
    int count =
        fscanf(file, "svyaz-imap 1 %" SCNu32 " %" SCNu32 " %" SCNd64 " %" SCNu32 " %" SCNu64,
               &state.validity, &state.next, &state.since, &state.anew, &state.modseq);
    fclose(file);
    if (count != NUMBERS && count != NUMBERS_ONCE) {
        return error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s: it does not tell how far", path);
    }
    *state_out = state;
    return true;
}

static bool write_synced(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    bool is_done = file >= 0 && file_write_all(file, text, strlen(text)) && fsync(file) == 0;

    if (file >= 0) {
        close(file);
    }
    return is_done;
}

static bool sync_folder_of(struct arena *arena, const char *path)
{
    int folder = open(dirname(arena_copy_text(arena, path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = folder >= 0 && fsync(folder) == 0;

    if (folder >= 0) {
        close(folder);
    }
    return is_done;
}

bool imap_state_write(const char *path, const struct imap_state *state, struct error *error)
{
    struct arena *arena = arena_create();
    const char *fresh = arena_format(arena, "%s.new", path);
    char text[TEXT_SIZE];

    snprintf(text, sizeof(text),
             "svyaz-imap 1 %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRIu32 " %" PRIu64 "\n",
             state->validity, state->next, state->since, state->anew, state->modseq);
    bool is_done =
        write_synced(fresh, text) && rename(fresh, path) == 0 && sync_folder_of(arena, path);
    if (!is_done) {
        error_set(error, ERROR_INTERNAL, NULL, "It cannot be noted how far a folder is read");
        error_add_cause(error, "%s: %s", path, strerror(errno));
    }
    arena_destroy(&arena);
    return is_done;
}
