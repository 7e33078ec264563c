/*
 * Starts the handler twice removed: an intermediate process in a session of its own starts it and ends at once. Both are
 * vfork-like clones without an exit signal, so the program sees no SIGCHLD, and no child in wait(-1). Not for the crash path.
 */
#include "shim.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define STACK_BYTES 65536u
#define READY_DESCRIPTOR 3
#define LOWEST_PIPE_DESCRIPTOR 10 /* out of the way of 0 to 3, which the handler gets */
#define EXEC_FAILED_STATUS 127

extern char **environ;

/* Shared with both clones, which live in this memory until the execve. */
struct launch {
    const char *path;
    char **argv;
    char **envp;
    int ready;
    uint8_t *handler_stack;
    int error; /* of what failed in a clone */
};

static int become_handler(void *opaque)
{
    struct launch *launch = opaque;
    launch->error = dup2(launch->ready, READY_DESCRIPTOR) < 0 ? errno
                                                              : shim_become_clean(&(struct shim_kept) { READY_DESCRIPTOR, -1 });
    if (launch->error == 0) {
        execve(launch->path, launch->argv, launch->envp);
        launch->error = errno;
    }
    _exit(EXEC_FAILED_STATUS);
}

static int become_intermediate(void *opaque)
{
    struct launch *launch = opaque;
    setsid();
    if (clone(become_handler, launch->handler_stack + STACK_BYTES, CLONE_VM | CLONE_VFORK, launch) < 0) {
        launch->error = errno;
    }
    _exit(0);
}

static int run_clones(struct launch *launch)
{
    uint8_t *stacks = mmap(NULL, 2 * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stacks == MAP_FAILED) {
        return errno;
    }
    launch->handler_stack = stacks + STACK_BYTES;
    uint64_t before;
    shim_block_signals(&before);
    pid_t intermediate = clone(become_intermediate, stacks + STACK_BYTES, CLONE_VM | CLONE_VFORK, launch);
    int error = intermediate < 0 ? errno : 0;
    while (intermediate > 0 && waitpid(intermediate, NULL, __WALL) < 0 && errno == EINTR) {
    }
    shim_restore_signals(&before);
    munmap(stacks, 2 * STACK_BYTES);
    return error != 0 ? error : launch->error;
}

/* What the handler must not inherit: it would preload the shim, attach to itself, or be configured or watched as the application is. */
static bool is_kept(const char *variable)
{
    static const char *const dropped[] = { "LD_PRELOAD=", "LD_AUDIT=", "LD_DEBUG=", "LD_PROFILE=", "CRASH_HANDLER_", "DOTNET_", "COMPlus_", "CORECLR_", "COR_" };
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
        if (strncmp(variable, dropped[i], strlen(dropped[i])) == 0) {
            return false;
        }
    }
    return true;
}

static size_t count(char *const *list)
{
    size_t number = 0;
    while (list != NULL && list[number] != NULL) {
        number++;
    }
    return number;
}

static char **filtered_environment(void)
{
    char **result = calloc(count(environ) + 1, sizeof *result);
    size_t used = 0;
    for (char **variable = environ; result != NULL && variable != NULL && *variable != NULL; variable++) {
        if (is_kept(*variable)) {
            result[used++] = *variable;
        }
    }
    return result;
}

static char **extended_arguments(char *const *argv)
{
    size_t given = count(argv);
    char **result = calloc(given + 3, sizeof *result);
    if (result != NULL) {
        memcpy(result, argv, given * sizeof *result);
        result[given] = "--ready-fd";
        result[given + 1] = "3";
    }
    return result;
}

static int out_of_the_way(int *fd)
{
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, LOWEST_PIPE_DESCRIPTOR);
    if (moved < 0) {
        return errno;
    }
    close(*fd);
    *fd = moved;
    return 0;
}

static int spawn(const char *path, char *const *argv, int ready)
{
    struct launch launch = { .path = path, .ready = ready };
    launch.argv = extended_arguments(argv);
    launch.envp = filtered_environment();
    int error = launch.argv != NULL && launch.envp != NULL ? run_clones(&launch) : ENOMEM;
    free(launch.argv);
    free(launch.envp);
    return error;
}

/* Reads up to the end of the line, of the pipe, of the buffer or of the time. */
static int read_line(int fd, int64_t deadline, char *line, size_t capacity)
{
    size_t used = 0;
    for (;;) {
        int64_t left = deadline - shim_now();
        struct pollfd item = { .fd = fd, .events = POLLIN };
        int ready = left > 0 ? poll(&item, 1, (int)((left + 999999) / 1000000)) : 0;
        if (ready == 0) {
            return ETIMEDOUT;
        }
        ssize_t bytes = ready > 0 ? read(fd, line + used, capacity - 1 - used) : -1;
        if (bytes < 0 && errno == EINTR) {
            continue;
        }
        if (bytes < 0) {
            return errno;
        }
        used += (size_t)bytes;
        line[used] = '\0';
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
            return 0;
        }
        if (bytes == 0 || used == capacity - 1) {
            return used > 0 ? 0 : ECHILD;
        }
    }
}

int shim_launch(const char *path, char *const *argv, int32_t limit_ms, char *line, size_t capacity, const char **what)
{
    int64_t deadline = shim_deadline(limit_ms);
    int ends[2];
    *what = "pipe2";
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    int error = out_of_the_way(&ends[1]);
    if (error == 0) {
        *what = "execve";
        error = spawn(path, argv, ends[1]);
    }
    close(ends[1]);
    if (error == 0) {
        *what = "ready line";
        error = read_line(ends[0], deadline, line, capacity);
    }
    close(ends[0]);
    return error;
}
