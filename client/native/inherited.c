/*
 * What a new process of ours does not take over from the application that starts it. A handler that is as unimportant, as limited or as urgent as
 * that one would fail when it is needed, or be in the way of others; what an operator gave a handler of his own goes by no way through here. Each is
 * best effort: where the kernel refuses, it stays as it was. oom_score_adj is the handler's own affair (its files in /proc are not this process's to write
 * where that is not dumpable). Async-signal-safe: a handler of our own is started from a signal handler too.
 */
#include "shim.h"
#include "syscalls.h"

#include <sched.h>
#include <stddef.h>
#include <sys/resource.h>

/* As the kernel counts: 20 less the nice value. */
#define DEFAULT_PRIORITY 20
/* linux/ioprio.h */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_NONE 0
/* Bytes of stack that a handler may count on, the kernel's own default. Not more: an unlimited one changes where everything is mapped. */
#define STACK_BYTES (8u << 20)

/* Soft limits that would end a handler or keep it from its work. The hard ones cannot be lifted, and are meant. */
static const int lifted[] = { RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS, RLIMIT_NPROC, RLIMIT_NOFILE };

static void lift(int resource, rlim_t most)
{
    struct rlimit limit;
    if (syscall(SYS_prlimit64, 0, resource, NULL, &limit) == 0) {
        rlim_t wanted = limit.rlim_max < most ? limit.rlim_max : most;
        if (limit.rlim_cur < wanted) {
            limit.rlim_cur = wanted;
            syscall(SYS_prlimit64, 0, resource, &limit, NULL);
        }
    }
}

/* A handler that is starved keeps a dying process waiting; one that preempts everybody is worse than a crash. */
static void schedule_as_usual(void)
{
    const struct sched_param none = { 0 };
    if (syscall(SYS_sched_getscheduler, 0) != SCHED_OTHER) {
        syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
    }
    if (syscall(SYS_getpriority, PRIO_PROCESS, 0) != DEFAULT_PRIORITY) {
        syscall(SYS_setpriority, PRIO_PROCESS, 0, 0);
    }
    if (syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0) != IOPRIO_NONE) {
        syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_NONE);
    }
}

void shim_shed_inherited(void)
{
    for (size_t i = 0; i < sizeof lifted / sizeof *lifted; i++) {
        lift(lifted[i], RLIM_INFINITY);
    }
    lift(RLIMIT_STACK, STACK_BYTES);
    schedule_as_usual();
}
