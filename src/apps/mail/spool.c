/*
 * spool.c - files, renamed when they are whole and synced.
 */
#include "apps/mail/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/mail/letter.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/time.h"
#include "crypto/random.h"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, RANDOM_BYTES = 10, REASON_NAME_SIZE = 64 };

/* Directories within the spool. */
enum place { PLACE_TMP, PLACE_NEW, PLACE_REFUSED, PLACES };

static const char *const place_names[PLACES] = {
    [PLACE_TMP] = "tmp", [PLACE_NEW] = "new", [PLACE_REFUSED] = "refused"};

struct spool {
    const char *folder;
    int64_t bytes_most;
    int64_t messages_most;
    int lock; /* descriptor of the file */
    int places[PLACES];
    pthread_mutex_t mutex; /* of what follows */
    int64_t bytes;
    int64_t messages;
};

struct spool_draft {
    struct spool *spool;
    int file;
    int64_t bytes;
    char name[UUID_TEXT_SIZE];
};

/* A full disk is a full spool: there will be room again. */
static bool fail(struct error *error, const char *what)
{
    bool is_full = errno == ENOSPC || errno == EDQUOT;
    const char *cause = strerror(errno);

    error_set(error, is_full ? ERROR_BUSY : ERROR_INTERNAL, NULL,
              is_full ? "The disk of the spool is full" : "The spool cannot be written to");
    return error_add_cause(error, "%s: %s", what, cause);
}

/* ---- what there is ---- */

/* Takes room for bytes and messages; BUSY when there is none. Negative numbers give it back. */
static bool take_room(struct spool *spool, int64_t messages, int64_t bytes, struct error *error)
{
    bool is_given = messages < 0 || bytes < 0;

    pthread_mutex_lock(&spool->mutex);
    bool fits = is_given || (spool->messages + messages <= spool->messages_most &&
                             spool->bytes + bytes <= spool->bytes_most);
    if (fits) {
        spool->messages += messages;
        spool->bytes += bytes;
    }
    pthread_mutex_unlock(&spool->mutex);
    return fits || error_set(error, ERROR_BUSY, NULL, "The spool is full");
}

static void give_room(struct spool *spool, int64_t messages, int64_t bytes)
{
    struct error none;

    (void)!take_room(spool, -messages, -bytes, &none);
}

void spool_count(struct spool *spool, int64_t *messages_out, int64_t *bytes_out)
{
    pthread_mutex_lock(&spool->mutex);
    *messages_out = spool->messages;
    *bytes_out = spool->bytes;
    pthread_mutex_unlock(&spool->mutex);
}

/* ---- open and close ---- */

static bool fail_to_open(struct spool *spool, struct error *error, const char *what)
{
    const char *cause = strerror(errno);

    error_set(error, ERROR_SETTING_INVALID, "spool.dir", "%s: %s", spool->folder, what);
    return error_add_cause(error, "%s", cause);
}

static bool open_places(struct arena *arena, struct spool *spool, struct error *error)
{
    for (int i = 0; i < PLACES; i++) {
        const char *path = arena_format(arena, "%s/%s", spool->folder, place_names[i]);

        if (mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST) {
            return fail_to_open(spool, error, "the directory cannot be written to");
        }
        spool->places[i] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (spool->places[i] < 0) {
            return fail_to_open(spool, error, "the directory cannot be read");
        }
    }
    return true;
}

static bool take_lock(struct arena *arena, struct spool *spool, struct error *error)
{
    if (mkdir(spool->folder, FOLDER_MODE) != 0 && errno != EEXIST) {
        return fail_to_open(spool, error, "the directory cannot be made");
    }
    spool->lock = open(arena_format(arena, "%s/lock", spool->folder), O_RDWR | O_CREAT | O_CLOEXEC,
                       FILE_MODE);
    if (spool->lock < 0) {
        return fail_to_open(spool, error, "the directory cannot be written to");
    }
    return flock(spool->lock, LOCK_EX | LOCK_NB) == 0 ||
           fail_to_open(spool, error, "another program has this spool");
}

/* Calls for each entry of a place whose name is that of a letter. */
static bool each_letter(struct spool *spool, enum place place,
                        bool (*visit)(struct spool *spool, const char *name, void *context),
                        void *context, struct error *error)
{
    int copy = openat(spool->places[place], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = copy < 0 ? NULL : fdopendir(copy);
    bool is_done = directory != NULL;
    struct uuid id;

    if (!is_done) {
        return fail_to_open(spool, error, "the directory cannot be read");
    }
    for (struct dirent *entry = readdir(directory); entry != NULL && is_done;
         entry = readdir(directory)) {
        if (uuid_parse(entry->d_name, &id)) {
            is_done = visit(spool, entry->d_name, context);
        }
    }
    closedir(directory);
    return is_done || fail_to_open(spool, error, "a letter cannot be read or removed");
}

static bool remove_unfinished(struct spool *spool, const char *name, void *context)
{
    (void)context;
    return unlinkat(spool->places[PLACE_TMP], name, 0) == 0;
}

static bool note_waiting(struct spool *spool, const char *name, void *context)
{
    struct array *names = context;
    struct stat status;

    if (fstatat(spool->places[PLACE_NEW], name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    spool->messages++;
    spool->bytes += status.st_size;
    array_add(names, arena_copy_text(names->arena, name));
    return true;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

bool spool_open(struct arena *arena, const struct spool_options *options, struct spool **spool_out,
                struct array *names_out, struct error *error)
{
    struct spool *spool = arena_allocate(arena, sizeof(*spool));

    *spool = (struct spool){
        .folder = options->folder,
        .bytes_most = options->bytes,
        .messages_most = options->messages,
        .lock = -1,
        .places = {-1, -1, -1},
    };
    pthread_mutex_init(&spool->mutex, NULL);
    array_init(names_out, arena);
    if (!take_lock(arena, spool, error) || !open_places(arena, spool, error) ||
        !each_letter(spool, PLACE_TMP, remove_unfinished, NULL, error) ||
        !each_letter(spool, PLACE_NEW, note_waiting, names_out, error)) {
        spool_close(&spool);
        return false;
    }
    if (names_out->count > 0) {
        qsort(names_out->items, names_out->count, sizeof(names_out->items[0]), compare_names);
    }
    *spool_out = spool;
    return true;
}

void spool_close(struct spool **spool)
{
    if (*spool == NULL) {
        return;
    }
    for (int i = 0; i < PLACES; i++) {
        if ((*spool)->places[i] >= 0) {
            close((*spool)->places[i]);
        }
    }
    if ((*spool)->lock >= 0) {
        close((*spool)->lock);
    }
    pthread_mutex_destroy(&(*spool)->mutex);
    *spool = NULL;
}

/* ---- writing ---- */

static void make_name(char name[UUID_TEXT_SIZE])
{
    uint8_t random[RANDOM_BYTES];

    random_bytes(random, sizeof(random));
    struct uuid id = uuid_make(time_now(), random);
    uuid_format(&id, name);
}

bool spool_begin(struct arena *arena, struct spool *spool, const struct letter_envelope *envelope,
                 struct spool_draft **draft_out, struct error *error)
{
    struct spool_draft *draft = arena_allocate(arena, sizeof(*draft));
    struct buffer head;

    buffer_init(&head, arena, 256);
    letter_write_head(envelope, &head);
    if (!take_room(spool, 1, 0, error)) {
        return false;
    }
    *draft = (struct spool_draft){.spool = spool, .file = -1};
    make_name(draft->name);
    draft->file = openat(spool->places[PLACE_TMP], draft->name,
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (draft->file < 0) {
        fail(error, "open");
        spool_drop(&draft);
        return false;
    }
    if (!spool_add(draft, head.bytes, head.length, error)) {
        spool_drop(&draft);
        return false;
    }
    *draft_out = draft;
    return true;
}

bool spool_add(struct spool_draft *draft, const void *bytes, size_t length, struct error *error)
{
    if (!take_room(draft->spool, 0, (int64_t)length, error)) {
        return false;
    }
    draft->bytes += (int64_t)length;
    return file_write_all(draft->file, bytes, length) || fail(error, "write");
}

/* The file, then its name: after this a power cut takes neither. */
static bool make_durable(const struct spool_draft *draft, struct error *error)
{
    const struct spool *spool = draft->spool;

    if (fsync(draft->file) != 0) {
        return fail(error, "fsync");
    }
    if (renameat(spool->places[PLACE_TMP], draft->name, spool->places[PLACE_NEW], draft->name) !=
        0) {
        return fail(error, "rename");
    }
    if (fsync(spool->places[PLACE_NEW]) != 0) {
        fail(error, "fsync of the directory");
        unlinkat(spool->places[PLACE_NEW], draft->name, 0);
        return false;
    }
    return true;
}

bool spool_commit(struct spool_draft **draft, char name_out[UUID_TEXT_SIZE], struct error *error)
{
    if (!make_durable(*draft, error)) {
        spool_drop(draft);
        return false;
    }
    memcpy(name_out, (*draft)->name, UUID_TEXT_SIZE);
    close((*draft)->file);
    *draft = NULL;
    return true;
}

void spool_drop(struct spool_draft **draft)
{
    if (*draft == NULL) {
        return;
    }
    if ((*draft)->file >= 0) {
        close((*draft)->file);
        unlinkat((*draft)->spool->places[PLACE_TMP], (*draft)->name, 0);
    }
    give_room((*draft)->spool, 1, (*draft)->bytes);
    *draft = NULL;
}

/* ---- reading ---- */

bool spool_read(struct spool *spool, const char *name, int *file_out, struct error *error)
{
    int file = openat(spool->places[PLACE_NEW], name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (file < 0 && errno != ENOENT) {
        return error_set(error, ERROR_INTERNAL, NULL, "%s: %s", name, strerror(errno));
    }
    *file_out = file;
    return true;
}

/* Bytes of a letter that waits, which its leaving makes free; those of one that was removed by hand
 * are free when the spool is opened again. */
static int64_t size_of(struct spool *spool, const char *name)
{
    struct stat status;

    return fstatat(spool->places[PLACE_NEW], name, &status, AT_SYMLINK_NOFOLLOW) == 0
               ? (int64_t)status.st_size
               : 0;
}

void spool_remove(struct spool *spool, const char *name)
{
    int64_t bytes = size_of(spool, name);

    unlinkat(spool->places[PLACE_NEW], name, 0);
    give_room(spool, 1, bytes);
}

static bool write_reason(int folder, const char *name, const char *why)
{
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    bool is_done = file >= 0 && file_write_all(file, why, strlen(why)) && fsync(file) == 0;

    if (file >= 0) {
        close(file);
    }
    return is_done;
}

bool spool_refuse(struct spool *spool, const char *name, const char *why, struct error *error)
{
    int64_t bytes = size_of(spool, name);
    char reason[REASON_NAME_SIZE];

    snprintf(reason, sizeof(reason), "%s.why", name);
    if (!write_reason(spool->places[PLACE_REFUSED], reason, why)) {
        return fail(error, "writing the reason of a refusal");
    }
    if (renameat(spool->places[PLACE_NEW], name, spool->places[PLACE_REFUSED], name) != 0 ||
        fsync(spool->places[PLACE_REFUSED]) != 0) {
        return fail(error, "putting a letter aside");
    }
    give_room(spool, 1, bytes);
    return true;
}
