/*
 * reception.c - text into memory, within a bound; a file to where it is wanted.
 */
#include "client/reception.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "client/client.h"

enum { TEXT_MOST = 64 * 1024 * 1024, FIRST_ROOM = 4096 };

static bool fail_unwritable(struct client_error *error, int number)
{
    return client_fail(error, CLIENT_UNWRITABLE, "FILE_UNWRITABLE",
                       "The file that comes cannot be kept: %s", strerror(number));
}

static bool keep(struct reception *reception, const char *bytes, size_t length)
{
    struct client_target *target = reception->target;

    if ((int64_t)length > target->most - target->length) {
        return client_fail(reception->error, CLIENT_UNWRITABLE, "FILE_TOO_LARGE",
                           "The file that comes has more than %lld bytes", (long long)target->most);
    }
    if (!file_write_all(target->descriptor, bytes, length)) {
        return fail_unwritable(reception->error, errno);
    }
    target->length += (int64_t)length;
    return true;
}

static bool take(void *context, int part, const char *bytes, size_t length)
{
    struct reception *reception = context;

    if (part == PARTS_FILE) {
        return keep(reception, bytes, length);
    }
    if (length > TEXT_MOST - reception->text.length) {
        return client_fail(reception->error, CLIENT_NOT_SOAP, "NOT_SOAP", "The answer is too long");
    }
    buffer_add(&reception->text, bytes, length);
    return true;
}

bool reception_begin(struct reception *reception, struct arena *arena, const char *content_type,
                     struct client_target *target, struct client_error *error)
{
    *reception = (struct reception){.target = target, .error = error};
    *error = (struct client_error){.failure = CLIENT_UNREACHABLE};
    buffer_init(&reception->text, arena, FIRST_ROOM);
    if (target == NULL) {
        return true;
    }
    target->length = 0;
    reception->is_in_parts = parts_begin(&reception->parts, arena, content_type, take, reception);
    return (ftruncate(target->descriptor, 0) == 0 && lseek(target->descriptor, 0, SEEK_SET) == 0) ||
           fail_unwritable(error, errno);
}

bool reception_add(struct reception *reception, const char *bytes, size_t length)
{
    if (!reception->is_in_parts) {
        return take(reception, PARTS_ENVELOPE, bytes, length);
    }
    if (parts_add(&reception->parts, bytes, length)) {
        return true;
    }
    return reception->error->code[0] != '\0'
               ? false
               : client_fail(reception->error, CLIENT_NOT_SOAP, "NOT_SOAP",
                             "The answer says that it has parts, and has none");
}

bool reception_is_whole(const struct reception *reception)
{
    return !reception->is_in_parts || parts_are_whole(&reception->parts);
}
