/*
 * random.c - unpredictable bytes from the operating system.
 */
#include "crypto/random.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

#include "base/expect.h"

void random_bytes(void *bytes, size_t length)
{
    uint8_t *next = bytes;

    while (length > 0) {
        ssize_t count = getrandom(next, length, 0);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        expect(count > 0);
        next += count;
        length -= (size_t)count;
    }
}
