/*
 * body.c - gives pages of a mapped body back.
 */
#include "soap/body.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void body_forget(const struct body *body, size_t from, size_t to)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)(body->bytes + from) + page - 1) / page * page;
    uintptr_t end = (uintptr_t)(body->bytes + to) / page * page;

    if (body->is_mapped && begin < end) {
        /* Only advice: that it may fail does not matter. */
        (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
}
