/* A native program that dies, or does not, in the way its argument names. Prints "pid N" of what will die. */
#define _GNU_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../crash_handler.h"

#pragma weak crash_handler_register /* the preloaded shim's, if there is one */

#define HANDLED_STATUS 3
#define PROBES 100
#define DESCRIPTORS 1024

static sigjmp_buf probe_point;
static volatile sig_atomic_t handled;
static pthread_barrier_t both;
static char *page;

static void say_pid(void)
{
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
}

static __attribute__((noinline)) void null_write(void)
{
    volatile int *nowhere = NULL;
    __asm__("" : "+r"(nowhere));
    *nowhere = 1;
}

static void restore_and_return(int number)
{
    write(STDOUT_FILENO, "handler\n", 8);
    signal(number, SIG_DFL);
}

static void restore_and_raise(int number)
{
    write(STDOUT_FILENO, "handler\n", 8);
    struct sigaction action = { .sa_handler = SIG_DFL };
    sigaction(number, &action, NULL);
    raise(number);
}

static void return_then_exit(int number)
{
    (void)number;
    if (++handled == 2) {
        _exit(HANDLED_STATUS);
    }
}

static void only_return(int number)
{
    (void)number;
    handled++;
}

static void jump(int number)
{
    (void)number;
    siglongjmp(probe_point, 1);
}

static void unprotect(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    handled++;
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void crash_again(int number)
{
    (void)number;
    null_write();
}

static int probe_memory(void)
{
    struct sigaction action = { .sa_handler = jump }, former;
    for (volatile int i = 0; i < PROBES; i++) {
        sigaction(SIGSEGV, &action, &former);
        if (sigsetjmp(probe_point, 1) == 0) {
            null_write();
        }
        sigaction(SIGSEGV, &former, NULL);
    }
    return former.sa_handler == SIG_DFL ? 0 : 1;
}

/* A garbage collector's write barrier: the same instruction faults on the same address again and again, each time with cause. */
static int write_barrier(void)
{
    struct sigaction action = { .sa_sigaction = unprotect, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, NULL);
    page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (volatile int i = 0; i < PROBES; i++) {
        mprotect(page, 4096, PROT_READ);
        *(volatile char *)page = 1;
    }
    return handled == PROBES ? 0 : 1;
}

/* What a program asks for is what it is told, whatever really stands there. */
static int query_actions(void)
{
    struct sigaction wanted = { .sa_handler = only_return, .sa_flags = SA_RESTART | SA_NODEFER }, former;
    sigaddset(&wanted.sa_mask, SIGUSR1);
    int wrong = 0;
    sigaction(SIGSEGV, NULL, &former);
    wrong |= former.sa_handler != SIG_DFL;
    sigaction(SIGSEGV, &wanted, &former);
    wrong |= former.sa_handler != SIG_DFL;
    sigaction(SIGSEGV, NULL, &former);
    wrong |= former.sa_handler != only_return || !(former.sa_flags & (int)SA_NODEFER) || !sigismember(&former.sa_mask, SIGUSR1);
    wrong |= signal(SIGFPE, SIG_IGN) != SIG_DFL;
    wrong |= signal(SIGFPE, SIG_DFL) != SIG_IGN;
    wrong |= signal(SIGUSR2, only_return) != SIG_DFL;
    wrong |= signal(SIGKILL, only_return) != SIG_ERR;
    raise(SIGUSR2);
    raise(SIGSEGV);
    return wrong || handled != 2;
}

static int crash_in_fork(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        say_pid();
        null_write();
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void *crash_together(void *unused)
{
    pthread_barrier_wait(&both);
    null_write();
    return unused;
}

static void two_threads(void)
{
    pthread_t other;
    pthread_barrier_init(&both, NULL, 2);
    pthread_create(&other, NULL, crash_together, NULL);
    crash_together(NULL);
}

/* The shim's descriptors are gone, and something else has their numbers. */
static void take_descriptors(void)
{
    for (int fd = 3; fd < DESCRIPTORS; fd++) {
        close(fd);
    }
    for (int i = 0; i < DESCRIPTORS / 4; i++) {
        open("/dev/null", O_RDWR);
    }
    null_write();
}

/* Not one descriptor is free, and every signal that may be is ignored and blocked: nothing of that is for a child. */
static void exhaust(void)
{
    sigset_t all;
    struct rlimit few = { DESCRIPTORS / 4, DESCRIPTORS / 4 };
    setrlimit(RLIMIT_NOFILE, &few);
    while (open("/dev/null", O_RDWR) >= 0) {
    }
    for (int number = SIGHUP; number < SIGRTMAX; number++) {
        if (number != SIGSEGV) {
            signal(number, SIG_IGN);
        }
    }
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigprocmask(SIG_SETMASK, &all, NULL);
    null_write();
}

static void *tell_dumpable(void *unused)
{
    while (getchar() != EOF) {
        printf("dumpable %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
        fflush(stdout);
    }
    return unused;
}

/* Another thread goes on saying whether the process is dumpable, also while it is reported. */
static void die_dumpable(int dumpable)
{
    pthread_t thread;
    prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
    pthread_create(&thread, NULL, tell_dumpable, NULL);
    null_write();
}

static __attribute__((noinline, optimize("no-optimize-sibling-calls"))) int descend(volatile int *depth)
{
    volatile int here = *depth + 1;
    return here < 0 ? 0 : descend(&here) + here;
}

static void *overflow(void *unused)
{
    volatile int depth = 0;
    descend(&depth);
    return unused;
}

static void on_thread(void *(*routine)(void *))
{
    pthread_t thread;
    pthread_create(&thread, NULL, routine, NULL);
    pthread_join(thread, NULL);
}

static void *leave(void *unused)
{
    pthread_exit(unused);
}

static void *take_own_stack(void *unused)
{
    static char own[65536];
    sigaltstack(&(stack_t) { .ss_sp = own, .ss_size = sizeof own }, NULL);
    return unused;
}

static int count_mappings(void)
{
    int lines = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    for (int c; (c = getc(maps)) != EOF;) {
        lines += c == '\n';
    }
    fclose(maps);
    return lines;
}

/* What a thread was given goes when it goes, however it goes. */
static int come_and_go(void)
{
    int before = 0;
    on_thread(take_own_stack);
    for (int i = 0; i < PROBES; i++) {
        on_thread(leave);
        if (i == PROBES / 2) {
            before = count_mappings();
        }
    }
    int after = count_mappings();
    if (after > before + 2) {
        printf("mappings %d %d\n", before, after);
    }
    return after <= before + 2 ? 0 : 1;
}

static int raised(int number, void (*handler)(int))
{
    signal(number, handler);
    raise(number);
    return 0;
}

static int die_held(uint32_t milliseconds)
{
    struct crash_handler_result result;
    if (crash_handler_register(0, milliseconds, &result) != 0) {
        fprintf(stderr, "%s\n", result.message);
        return 2;
    }
    null_write();
    return 0;
}

int main(int count, char **arguments)
{
    const char *kind = count > 1 ? arguments[1] : "";
    int number = count > 2 ? atoi(arguments[2]) : 0;
    say_pid();
    if (strcmp(kind, "segv") == 0) {
        null_write();
    } else if (strcmp(kind, "held") == 0) {
        return die_held((uint32_t)number);
    } else if (strcmp(kind, "abort") == 0) {
        abort();
    } else if (strcmp(kind, "assert") == 0) {
        assert(kind == NULL);
    } else if (strcmp(kind, "raise") == 0) {
        raise(number);
    } else if (strcmp(kind, "breakpoint") == 0) {
        __asm__("int3");
    } else if (strcmp(kind, "restore") == 0) {
        signal(SIGSEGV, restore_and_return);
        null_write();
    } else if (strcmp(kind, "restore-raise") == 0) {
        signal(SIGSEGV, restore_and_raise);
        null_write();
    } else if (strcmp(kind, "return-exit") == 0) {
        signal(SIGSEGV, return_then_exit);
        null_write();
    } else if (strcmp(kind, "reset") == 0) {
        sigaction(SIGSEGV, &(struct sigaction) { .sa_handler = only_return, .sa_flags = (int)SA_RESETHAND }, NULL);
        null_write();
    } else if (strcmp(kind, "in-handler") == 0) {
        raised(SIGUSR1, crash_again);
    } else if (strcmp(kind, "dumpable") == 0) {
        die_dumpable(number);
    } else if (strcmp(kind, "two-threads") == 0) {
        two_threads();
    } else if (strcmp(kind, "descriptors") == 0) {
        take_descriptors();
    } else if (strcmp(kind, "overflow") == 0) {
        overflow(NULL);
    } else if (strcmp(kind, "overflow-thread") == 0) {
        on_thread(overflow);
    } else if (strcmp(kind, "threads") == 0) {
        return come_and_go();
    } else if (strcmp(kind, "exhausted") == 0) {
        exhaust();
    } else if (strcmp(kind, "wait-abort") == 0) {
        getchar();
        abort();
    } else if (strcmp(kind, "fork") == 0) {
        return crash_in_fork();
    } else if (strcmp(kind, "probe") == 0) {
        return probe_memory();
    } else if (strcmp(kind, "barrier") == 0) {
        return write_barrier();
    } else if (strcmp(kind, "query") == 0) {
        return query_actions();
    } else if (strcmp(kind, "ignored") == 0) {
        return raised(SIGFPE, SIG_IGN);
    } else if (strcmp(kind, "handled") == 0) {
        return raised(SIGFPE, only_return);
    } else {
        fprintf(stderr, "unknown kind '%s'\n", kind);
        return 2;
    }
    return 0;
}
