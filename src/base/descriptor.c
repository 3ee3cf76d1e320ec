/*
 * descriptor.c - SCM_RIGHTS, within a bound.
 */
#include "base/descriptor.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/expect.h"

union control {
    alignas(struct cmsghdr) char bytes[CMSG_SPACE(DESCRIPTORS_MOST * sizeof(int))];
    struct cmsghdr head;
};

bool descriptors_send(int socket, const void *bytes, size_t length, const int *descriptors,
                      size_t count)
{
    union control control = {.bytes = {0}};
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t sent = -1;

    expect(count <= DESCRIPTORS_MOST);
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                                        .cmsg_type = SCM_RIGHTS,
                                        .cmsg_len = CMSG_LEN(count * sizeof(int))};
        memcpy(CMSG_DATA(&control.head), descriptors, count * sizeof(int));
    }
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)length;
}

/* Those that came, whatever else did. */
static size_t take(struct msghdr *message, int *descriptors)
{
    struct cmsghdr *head = CMSG_FIRSTHDR(message);

    if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) {
        return 0;
    }
    size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors, CMSG_DATA(head), count * sizeof(int));
    return count;
}

/* Whether so many bytes came; whether descriptors are missing that were sent. */
static bool receive(int socket, void *bytes, size_t length, int taken[DESCRIPTORS_MOST],
                    size_t *count_out, bool *is_short_out)
{
    union control control = {.bytes = {0}};
    struct iovec piece = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t received = -1;

    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    *count_out = received < 0 ? 0 : take(&message, taken);
    *is_short_out = (message.msg_flags & MSG_CTRUNC) != 0;
    return received == (ssize_t)length && (message.msg_flags & MSG_TRUNC) == 0;
}

void descriptors_close(const int *descriptors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        close(descriptors[i]);
    }
}

bool descriptors_receive(int socket, void *bytes, size_t length, int *descriptors, size_t count)
{
    int taken[DESCRIPTORS_MOST] = {0};
    size_t taken_count = 0;
    bool is_short = false;
    bool is_whole = receive(socket, bytes, length, taken, &taken_count, &is_short) && !is_short &&
                    taken_count == count;

    for (size_t i = 0; is_whole && i < count; i++) {
        descriptors[i] = taken[i];
    }
    if (!is_whole) {
        descriptors_close(taken, taken_count);
    }
    return is_whole;
}

bool descriptors_receive_some(int socket, void *bytes, size_t length,
                              int descriptors[DESCRIPTORS_MOST], size_t *count_out)
{
    bool is_short = false;
    bool is_whole = receive(socket, bytes, length, descriptors, count_out, &is_short);

    if (!is_whole || is_short) {
        descriptors_close(descriptors, *count_out);
        *count_out = 0;
    }
    return is_whole;
}

static void close_kept(void *object)
{
    const int *descriptor = object;
    close(*descriptor);
}

void descriptor_close_with(struct arena *arena, int descriptor)
{
    arena_on_release(arena, close_kept, arena_copy(arena, &descriptor, sizeof(descriptor)));
}
