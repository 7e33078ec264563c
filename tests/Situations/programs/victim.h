/* What the victims of tests/Situations share. */
#ifndef VICTIM_H
#define VICTIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Below vm.mmap_min_addr, so never mapped; not 0, so that a report's address is no accident. */
#define UNMAPPED_ADDRESS 0x1230ul

/* Runs the entry that argv[1] names. */
struct kind {
    const char *name;
    void (*run)(void);
};

static __attribute__((unused)) int argument; /* argv[2] */

/* The line that tests compare with the report: whoever writes it may be the thread that dies. */
static inline void say_dying(void)
{
    dprintf(STDOUT_FILENO, "dies %d %ld\n", (int)getpid(), syscall(SYS_gettid));
}

static inline void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0) {
        _exit(95);
    }
}

static __attribute__((noinline, unused)) void fault(void)
{
    *(volatile int *)UNMAPPED_ADDRESS = 1;
}

static inline void fail(const char *what)
{
    dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
    _exit(96);
}

static inline pthread_t start_thread(void *(*run)(void *), void *of)
{
    pthread_t thread;
    if ((errno = pthread_create(&thread, NULL, run, of)) != 0) {
        fail("pthread_create");
    }
    return thread;
}

/* Status as a shell shows it. */
static inline int wait_for(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            fail("waitpid");
        }
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static inline int run_kind(const struct kind *kinds, size_t count, int argc, char **argv)
{
    argument = argc > 2 ? atoi(argv[2]) : 0;
    for (size_t i = 0; argc > 1 && i < count; i++) {
        if (strcmp(kinds[i].name, argv[1]) == 0) {
            kinds[i].run();
            return 0;
        }
    }
    fprintf(stderr, "unknown kind\n");
    return 97;
}

#define MAIN(kinds)                                                        \
    int main(int argc, char **argv)                                        \
    {                                                                      \
        return run_kind(kinds, sizeof kinds / sizeof *kinds, argc, argv);  \
    }

#endif
