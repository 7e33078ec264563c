/* dump_core PROGRAM ARGUMENT...: runs it with as large a core as is allowed, and says at the end "core" or "no core". */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXEC_FAILED_STATUS 127
#define SIGNAL_STATUS 128

/* Headers only: the core's size does not matter here. */
static void keep_core_small(void)
{
    int filter = open("/proc/self/coredump_filter", O_WRONLY);
    if (filter < 0 || write(filter, "0", 1) != 1) {
        perror("coredump_filter");
        _exit(EXEC_FAILED_STATUS);
    }
    close(filter);
}

int main(int count, char **arguments)
{
    struct rlimit limit;
    int status;
    if (count < 2 || getrlimit(RLIMIT_CORE, &limit) != 0) {
        return EXEC_FAILED_STATUS;
    }
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CORE, &limit);
    pid_t child = fork();
    if (child == 0) {
        keep_core_small();
        execv(arguments[1], arguments + 1);
        perror(arguments[1]);
        _exit(EXEC_FAILED_STATUS);
    }
    if (waitpid(child, &status, 0) != child) {
        return EXEC_FAILED_STATUS;
    }
    puts(WIFSIGNALED(status) && WCOREDUMP(status) ? "core" : "no core");
    return WIFSIGNALED(status) ? SIGNAL_STATUS + WTERMSIG(status) : WEXITSTATUS(status);
}
