/*
 * descriptors.c - the process's limit of descriptors.
 */
#include "server/descriptors.h"

#include <sys/resource.h>

#include "base/expect.h"

int64_t descriptors_raise(int64_t wanted)
{
    struct rlimit limit;

    expect(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < (rlim_t)wanted) {
        rlim_t before = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max < (rlim_t)wanted ? limit.rlim_max : (rlim_t)wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            return (int64_t)before;
        }
    }
    return (int64_t)limit.rlim_cur;
}
