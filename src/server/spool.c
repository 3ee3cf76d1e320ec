/*
 * spool.c - bytes in memory, and beyond a bound in an unlinked file.
 */
#include "server/spool.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/expect.h"
#include "base/file.h"

enum { FIRST_ROOM = 1024 };

/* Disk is taken from the budget in steps, so that the counter is not touched at each add. */
enum { BUDGET_STEP = 256 * 1024 };

static void release(void *object)
{
    struct spool *spool = object;

    if (spool->mapping != NULL) {
        munmap(spool->mapping, (size_t)spool->length + 1);
    }
    if (spool->file >= 0) {
        close(spool->file);
    }
    if (spool->reserved > 0) {
        atomic_fetch_sub(&spool->budget->used, spool->reserved);
    }
}

struct spool *spool_create(struct arena *arena, struct spool_budget *budget, int64_t memory_bytes)
{
    struct spool *spool = arena_allocate(arena, sizeof(*spool));

    *spool = (struct spool){.file = -1, .memory_bytes = memory_bytes, .budget = budget};
    buffer_init(&spool->memory, arena, FIRST_ROOM);
    arena_on_release(arena, release, spool);
    return spool;
}

static bool reserve(struct spool *spool, int64_t length)
{
    int64_t more = (length - spool->reserved + BUDGET_STEP - 1) / BUDGET_STEP * BUDGET_STEP;

    if (more <= 0) {
        return true;
    }
    if (atomic_fetch_add(&spool->budget->used, more) + more > spool->budget->bytes) {
        atomic_fetch_sub(&spool->budget->used, more);
        return false;
    }
    spool->reserved += more;
    return true;
}

static bool write_all(int file, const char *bytes, size_t length, int64_t offset)
{
    while (length > 0) {
        ssize_t count = pwrite(file, bytes, length, offset);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        bytes += count;
        offset += count;
        length -= (size_t)count;
    }
    return true;
}

static bool move_to_file(struct spool *spool)
{
    spool->file = file_make_nameless(spool->budget->folder);
    return spool->file >= 0 && write_all(spool->file, spool->memory.bytes, spool->memory.length, 0);
}

bool spool_add(struct spool *spool, const void *bytes, size_t length)
{
    int64_t sum = spool->length + (int64_t)length;

    if (spool->file < 0 && sum <= spool->memory_bytes) {
        buffer_add(&spool->memory, bytes, length);
        spool->length = sum;
        return true;
    }
    if (!reserve(spool, sum) || (spool->file < 0 && !move_to_file(spool)) ||
        !write_all(spool->file, bytes, length, spool->length)) {
        return false;
    }
    spool->length = sum;
    return true;
}

bool spool_read(const struct spool *spool, int64_t offset, void *copy, size_t size,
                const char **bytes_out, size_t *count_out)
{
    int64_t left = spool->length - offset;
    ssize_t count;

    expect(offset >= 0 && left >= 0);
    size = (uint64_t)left < size ? (size_t)left : size;
    if (spool->file < 0) {
        *bytes_out = spool->memory.bytes + offset;
        *count_out = size;
        return true;
    }
    do {
        count = pread(spool->file, copy, size, offset);
    } while (count < 0 && errno == EINTR);
    if (count < 0 || (count == 0 && size > 0)) {
        return false;
    }
    *bytes_out = copy;
    *count_out = (size_t)count;
    return true;
}

bool spool_map(struct spool *spool, const char **bytes_out)
{
    void *mapping;

    if (spool->file < 0) {
        *bytes_out = spool->memory.bytes;
        return true;
    }
    if (!write_all(spool->file, "", 1, spool->length)) {
        return false;
    }
    mapping = mmap(NULL, (size_t)spool->length + 1, PROT_READ, MAP_PRIVATE, spool->file, 0);
    if (mapping == MAP_FAILED) {
        return false;
    }
    spool->mapping = mapping;
    *bytes_out = mapping;
    return true;
}

void spool_clear(struct spool *spool)
{
    buffer_clear(&spool->memory);
    spool->length = 0;
}
