/*
 * createdump, to which the runtime forks before it aborts (DOTNET_DbgEnableMiniDump), kept away from a process that ignores the
 * system's crash handlers. The child is marked at fork and ended at what it does next: CoreCLR's calls execve, NativeAOT's execv,
 * and that of a single-file program, in which createdump is a part of it, restores the signals. Not earlier, because .NET 10's
 * parent writes to the child first, and complains when it is gone. Runs in the crashing thread: async-signal-safe.
 */
#include "shim.h"

#include <string.h>
#include <sys/prctl.h>

/* The runtime's thread that does what its diagnostics port asks for: that dump was wanted (dotnet-dump). */
#define DIAGNOSTICS_THREAD ".NET EventPipe"
/* The kernel's bytes of a thread's name. */
#define THREAD_NAME_BYTES 16
/* createdump's own when it wrote nothing. The runtime says nothing of it. */
#define NO_DUMP_STATUS 1

shim_fork_function shim_next_fork;
shim_execve_function shim_next_execve;
shim_execv_function shim_next_execv;

/* In the child's copy of the memory only. */
static volatile sig_atomic_t is_createdump;

static bool is_diagnostics_thread(void)
{
    char name[THREAD_NAME_BYTES] = { 0 };
    prctl(PR_GET_NAME, (unsigned long)name, 0, 0, 0);
    return memcmp(name, DIAGNOSTICS_THREAD, sizeof DIAGNOSTICS_THREAD) == 0;
}

void shim_end_createdump(void)
{
    if (is_createdump) {
        _exit(NO_DUMP_STATUS);
    }
}

/* In place of the runtime's fork, which has no other use: Process.Start's is vfork. */
pid_t shim_fork(void)
{
    bool is_unwanted = (shim_options & CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER) && !is_diagnostics_thread();
    pid_t child = shim_next_fork();
    if (child == 0) {
        is_createdump = is_unwanted;
    }
    return child;
}

int shim_execve(const char *path, char *const *arguments, char *const *environment)
{
    shim_end_createdump();
    return shim_next_execve(path, arguments, environment);
}

int shim_execv(const char *path, char *const *arguments)
{
    shim_end_createdump();
    return shim_next_execv(path, arguments);
}
