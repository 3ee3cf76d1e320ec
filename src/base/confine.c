/*
 * confine.c - a table of system calls, made into a filter for the kernel.
 *
 * The filter looks at the number of the call, and of a few at one argument. A call by the numbers
 * of another kind of processor, which the kernel may take too, ends the process.
 */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0 /* the kernel's own name for it is not known: nothing is confined */
#endif

/* Where an argument stands in what the filter sees, by its lower half; both processors have that
 * first. */
#define ARGUMENT(number) ((uint32_t)offsetof(struct seccomp_data, args[number]))

struct row {
    uint32_t call;
    uint32_t argument; /* where one stands that has to be as below; 0: any will do */
    uint32_t value;
};

static const struct row allowed[] = {
    /* what is open */
    {SYS_read, 0, 0},
    {SYS_write, 0, 0},
    {SYS_readv, 0, 0},
    {SYS_writev, 0, 0},
    {SYS_pread64, 0, 0},
    {SYS_pwrite64, 0, 0},
    {SYS_lseek, 0, 0},
    {SYS_fstat, 0, 0},
    {SYS_ftruncate, 0, 0},
    {SYS_fsync, 0, 0},
    {SYS_close, 0, 0},
    {SYS_dup, 0, 0},
    {SYS_fcntl, ARGUMENT(1), F_DUPFD_CLOEXEC}, /* others have a process signalled */
    {SYS_sendmsg, 0, 0},
    {SYS_recvmsg, 0, 0},
    /* memory */
    {SYS_brk, 0, 0},
    {SYS_mmap, 0, 0},
    {SYS_munmap, 0, 0},
    {SYS_mremap, 0, 0},
    {SYS_mprotect, 0, 0},
    {SYS_madvise, 0, 0},
    /* itself */
    {SYS_prlimit64, ARGUMENT(0), 0}, /* of no other process */
    {SYS_getrusage, 0, 0},
    {SYS_getpid, 0, 0},
    {SYS_gettid, 0, 0},
    {SYS_rt_sigaction, 0, 0},
    {SYS_rt_sigprocmask, 0, 0},
    {SYS_rt_sigreturn, 0, 0},
    {SYS_restart_syscall, 0, 0},
    {SYS_sigaltstack, 0, 0},
    {SYS_futex, 0, 0},
    {SYS_sched_yield, 0, 0},
    {SYS_exit, 0, 0},
    {SYS_exit_group, 0, 0},
    /* the machine */
    {SYS_clock_gettime, 0, 0},
    {SYS_gettimeofday, 0, 0},
    {SYS_getrandom, 0, 0},
    {SYS_sysinfo, 0, 0},
};

/* What libraries ask for in passing: they may not have it, and go on. */
static const uint32_t denied[] = {
    SYS_openat,    SYS_newfstatat, SYS_statx,       SYS_readlinkat,
    SYS_faccessat, SYS_ioctl,      SYS_getpeername, SYS_sched_getaffinity,
#ifdef SYS_open /* not of processors that came later */
    SYS_open,      SYS_stat,       SYS_readlink,    SYS_access,
#endif
};

enum {
    ALLOWED = sizeof(allowed) / sizeof(allowed[0]),
    DENIED = sizeof(denied) / sizeof(denied[0]),
    HEAD = 4,
    STEPS_A_ROW = 5,
    STEPS_MOST = HEAD + STEPS_A_ROW * ALLOWED + 2 * DENIED + 1
};

/* The filter while it is written. */
struct writing {
    struct sock_filter steps[STEPS_MOST];
    unsigned short count;
};

static void load(struct writing *writing, size_t place)
{
    writing->steps[writing->count++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)place);
}

static void end_with(struct writing *writing, uint32_t verdict)
{
    writing->steps[writing->count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict);
}

/* Goes on when what was loaded is the value, else leaves out so many steps. */
static void go_on_if(struct writing *writing, uint32_t value, uint8_t left_out)
{
    writing->steps[writing->count++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, left_out);
}

static void leave_out_if(struct writing *writing, uint32_t value, uint8_t left_out)
{
    writing->steps[writing->count++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, left_out, 0);
}

/* Behind a call whose argument is another one nothing else is looked for. */
static void write_allowed(struct writing *writing, const struct row *row)
{
    if (row->argument == 0) {
        go_on_if(writing, row->call, 1);
        end_with(writing, SECCOMP_RET_ALLOW);
        return;
    }
    go_on_if(writing, row->call, STEPS_A_ROW - 1);
    load(writing, row->argument);
    go_on_if(writing, row->value, 1);
    end_with(writing, SECCOMP_RET_ALLOW);
    end_with(writing, SECCOMP_RET_KILL_PROCESS);
}

static void write_filter(struct writing *writing)
{
    load(writing, offsetof(struct seccomp_data, arch));
    leave_out_if(writing, ARCHITECTURE, 1);
    end_with(writing, SECCOMP_RET_KILL_PROCESS);
    load(writing, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < ALLOWED; i++) {
        write_allowed(writing, &allowed[i]);
    }
    for (size_t i = 0; i < DENIED; i++) {
        go_on_if(writing, denied[i], 1);
        end_with(writing, SECCOMP_RET_ERRNO | EACCES);
    }
    end_with(writing, SECCOMP_RET_KILL_PROCESS);
}

bool confine_process(void)
{
    struct writing writing = {.count = 0};

    if (ARCHITECTURE == 0) {
        errno = ENOSYS;
        return false;
    }
    write_filter(&writing);
    const struct sock_fprog filter = {.len = writing.count, .filter = writing.steps};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}
