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

bool descriptors_receive(int socket, void *bytes, size_t length, int *descriptors, size_t count)
{
    union control control = {.bytes = {0}};
    struct iovec piece = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    int taken[DESCRIPTORS_MOST] = {0};
    ssize_t received = -1;

    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    size_t taken_count = received < 0 ? 0 : take(&message, taken);
    bool is_whole = received == (ssize_t)length && taken_count == count &&
                    (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    for (size_t i = 0; i < taken_count; i++) {
        if (is_whole) {
            descriptors[i] = taken[i];
        } else {
            close(taken[i]);
        }
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
