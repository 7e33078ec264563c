/*
 * createdump, to which the runtime forks before it aborts (DOTNET_DbgEnableMiniDump), kept away from a process that ignores the
 * system's crash handlers. At fork, because in a single-file program createdump is part of it and nothing is executed. Runs in
 * the crashing thread and in its child: async-signal-safe.
 */
#include "shim.h"

#include <string.h>
#include <sys/prctl.h>

/* The runtime's thread that does what its diagnostics port asks for: that dump was wanted (dotnet-dump). */
#define DIAGNOSTICS_THREAD ".NET EventPipe"
/* The kernel's bytes of a thread's name. */
#define THREAD_NAME_BYTES 16
/* Signals 1 to 31, and the two of them that nobody can block. */
#define SIGNALS_MASK UINT32_C(0x7fffffff)
#define UNBLOCKABLE_MASK (UINT32_C(1) << (SIGKILL - 1) | UINT32_C(1) << (SIGSTOP - 1))
/* createdump's own when it wrote nothing. The runtime says nothing of it. */
#define NO_DUMP_STATUS 1

shim_fork_function shim_next_fork;

static bool is_diagnostics_thread(void)
{
    char name[THREAD_NAME_BYTES] = { 0 };
    prctl(PR_GET_NAME, (unsigned long)name, 0, 0, 0);
    return memcmp(name, DIAGNOSTICS_THREAD, sizeof DIAGNOSTICS_THREAD) == 0;
}

/* Process.Start blocks every signal around its fork, which goes through the same slot where the runtime is in the executable. */
static bool starts_a_program(void)
{
    sigset_t blocked;
    uint32_t first;
    sigemptyset(&blocked);
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    memcpy(&first, &blocked, sizeof first);
    return ((first | UNBLOCKABLE_MASK) & SIGNALS_MASK) == SIGNALS_MASK;
}

/* In place of the runtime's fork. */
pid_t shim_fork(void)
{
    bool is_unwanted = (shim_options & CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER) && !starts_a_program() && !is_diagnostics_thread();
    pid_t child = shim_next_fork();
    if (child == 0 && is_unwanted) {
        _exit(NO_DUMP_STATUS);
    }
    return child;
}
