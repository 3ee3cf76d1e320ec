/*
 * test_confine.c - processes that have given up what they may, and try it all the same.
 */
#define _GNU_SOURCE /* syscall, O_ASYNC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/descriptor.h"
#include "base/file.h"

enum { BYTES = 1 << 20, NOT_CONFINED = 77, WENT_WRONG = 1 };

/* What is open when a process is confined. */
static int file, ends[2];
static pid_t server;

static void begin(void)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    file = file_make_nameless("build");
    assert_true(file >= 0);
    server = getpid();
}

static void end(void)
{
    close(ends[0]);
    close(ends[1]);
    close(file);
}

/* How a process ends that is confined and tries it. */
static int status_of(bool (*try_it)(void))
{
    int status = 0;
    pid_t process = fork();

    assert_true(process >= 0);
    if (process == 0) {
        signal(SIGSYS, SIG_IGN); /* which is of no use to it */
        if (!confine_process()) {
            _exit(NOT_CONFINED);
        }
        _exit(try_it() ? 0 : WENT_WRONG);
    }
    assert_int_equal(waitpid(process, &status, 0), process);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_CONFINED) {
        skip(); /* the system refuses */
    }
    return status;
}

/* ---- what is allowed ---- */

static bool reads_and_writes(void)
{
    char bytes[4] = "";

    return pwrite(file, "yes", 4, 0) == 4 && pread(file, bytes, 4, 0) == 4 &&
           strcmp(bytes, "yes") == 0 && lseek(file, 0, SEEK_SET) == 0 && read(file, bytes, 4) == 4;
}

static bool sends_and_receives(void)
{
    char word[4] = "";
    int received = -1;

    return descriptors_send(ends[0], "yes", 4, &file, 1) &&
           descriptors_receive(ends[1], word, 4, &received, 1) && strcmp(word, "yes") == 0 &&
           close(received) == 0;
}

static bool takes_memory(void)
{
    char *bytes = malloc(BYTES);
    void *mapped = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (bytes == NULL || mapped == MAP_FAILED) {
        return false;
    }
    memset(bytes, 1, BYTES);
    free(bytes);
    return munmap(mapped, BYTES) == 0;
}

static bool bounds_itself(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

static bool is_for_itself(void)
{
    return fcntl(file, F_DUPFD_CLOEXEC, 0) >= 0 && getpid() != server;
}

/* ---- what fails ---- */

static bool is_denied(long answer)
{
    return answer == -1 && errno == EACCES;
}

static bool has_no_file(void)
{
    return is_denied(open("/etc/passwd", O_RDONLY)) && is_denied(open("build", O_RDONLY)) &&
           is_denied(open("build/confined", O_WRONLY | O_CREAT, 0600)) &&
           is_denied(open("build", O_TMPFILE | O_RDWR, 0600)) &&
           is_denied(open("/proc/self/mem", O_RDWR));
}

static bool knows_no_file(void)
{
    struct stat found;
    char target[8];

    return is_denied(stat("/etc/passwd", &found)) && is_denied(access("/etc/passwd", R_OK)) &&
           is_denied(readlink("/proc/self/exe", target, sizeof(target)));
}

static bool has_no_device(void)
{
    int is_on = 1;

    return is_denied(ioctl(ends[0], FIOASYNC, &is_on));
}

/* ---- what ends it ---- */

/* By its number, so that no library does something else. */
static void attempt(long number, long first, long second, long third)
{
    (void)syscall(number, first, second, third, 0L, 0L);
}

static long address(const void *object)
{
    return (long)(intptr_t)object;
}

static bool connects(void)
{
    attempt(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    return true;
}

static bool connects_what_it_has(void)
{
    const struct sockaddr nowhere = {.sa_family = AF_UNIX};
    attempt(SYS_connect, ends[0], address(&nowhere), sizeof(nowhere));
    return true;
}

static bool runs_a_program(void)
{
    const char *const words[] = {"true", NULL};
    attempt(SYS_execve, address("/bin/true"), address(words), address(words + 1));
    return true;
}

static bool makes_a_process(void)
{
    attempt(SYS_clone, SIGCHLD, 0, 0);
    return true;
}

static bool signals_another(void)
{
    attempt(SYS_kill, server, 0, 0);
    return true;
}

static bool has_another_signalled(void)
{
    attempt(SYS_fcntl, ends[0], F_SETOWN, server);
    return true;
}

static bool traces_another(void)
{
    attempt(SYS_ptrace, PTRACE_ATTACH, server, 0);
    return true;
}

static bool reads_another(void)
{
    attempt(SYS_process_vm_readv, server, 0, 0);
    return true;
}

static bool bounds_another(void)
{
    attempt(SYS_prlimit64, server, RLIMIT_NOFILE, 0);
    return true;
}

static bool takes_a_descriptor(void)
{
    attempt(SYS_pidfd_open, server, 0, 0);
    return true;
}

static bool removes_a_file(void)
{
    attempt(SYS_unlinkat, AT_FDCWD, address("build/confined"), 0);
    return true;
}

static bool renames_a_file(void)
{
    attempt(SYS_renameat, AT_FDCWD, address("build/confined"), AT_FDCWD);
    return true;
}

static bool makes_a_folder(void)
{
    attempt(SYS_mkdirat, AT_FDCWD, address("build/confined"), 0700);
    return true;
}

static bool goes_elsewhere(void)
{
    attempt(SYS_chdir, address("/"), 0, 0);
    return true;
}

static bool makes_a_space(void)
{
    attempt(SYS_unshare, 0, 0, 0);
    return true;
}

static bool opens_by_another_way(void)
{
    attempt(SYS_openat2, AT_FDCWD, address("/etc/passwd"), 0);
    return true;
}

static bool asks_for_a_ring(void)
{
    attempt(SYS_io_uring_setup, 1, 0, 0);
    return true;
}

static bool (*const deadly[])(void) = {
    connects,        connects_what_it_has,  runs_a_program, makes_a_process,
    signals_another, has_another_signalled, traces_another, reads_another,
    bounds_another,  takes_a_descriptor,    removes_a_file, renames_a_file,
    makes_a_folder,  goes_elsewhere,        makes_a_space,  opens_by_another_way,
    asks_for_a_ring,
};

/* ---- tests ---- */

static void expect_well(bool (*try_it)(void))
{
    assert_int_equal(status_of(try_it), 0);
}

void test_confine__leaves_what_is_open(void **state)
{
    (void)state;
    begin();
    expect_well(reads_and_writes);
    expect_well(sends_and_receives);
    expect_well(takes_memory);
    expect_well(bounds_itself);
    expect_well(is_for_itself);
    end();
}

void test_confine__opens_nothing_more(void **state)
{
    (void)state;
    begin();
    expect_well(has_no_file);
    expect_well(knows_no_file);
    expect_well(has_no_device);
    end();
}

void test_confine__ends_who_tries_anything_else(void **state)
{
    (void)state;
    begin();
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        int status = status_of(deadly[i]);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) {
            fail_msg("attempt %zu ended with status %x", i, (unsigned)status);
        }
    }
    end();
}

#ifdef __x86_64__
/* The numbers of other processors that this one understands are no way around. */
static bool calls_as_a_smaller_one(void)
{
    enum { GETPID_OF_32_BITS = 20 };
    long answer = GETPID_OF_32_BITS;
    __asm__ volatile("int $0x80" : "+a"(answer) : : "memory");
    return true;
}

static bool calls_as_a_wide_one(void)
{
    attempt(0x40000000L | SYS_getpid, 0, 0, 0);
    return true;
}

void test_confine__knows_the_other_numbers(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < 2; i++) {
        int status = status_of(i == 0 ? calls_as_a_smaller_one : calls_as_a_wide_one);
        assert_true(WIFSIGNALED(status));
    }
    end();
}
#endif
