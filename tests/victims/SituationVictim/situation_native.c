// What native libraries do in a .NET process, to its signals and its threads.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNMAPPED_ADDRESS 0x1230ul
#define FEW_DESCRIPTORS 256
#define OWN_STATUS 3

void situation_fault(void);
int situation_barrier(int threads);
void situation_fault_together(void);
void situation_fault_on_native_thread(int after_milliseconds);
int situation_install_chain(void);
int situation_install_exit(void);
void situation_raise_into_fault(void);
int situation_fork_and_fault(void);
int situation_use_up_descriptors(void);
void situation_close_standard(void);
void situation_overflow(void);

static pthread_barrier_t all;
static struct sigaction former;

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0) {
        _exit(95);
    }
}

static void say_dying(void)
{
    dprintf(STDOUT_FILENO, "dies %d %ld\n", (int)getpid(), syscall(SYS_gettid));
}

__attribute__((noinline)) void situation_fault(void)
{
    *(volatile int *)UNMAPPED_ADDRESS = 1;
}

int situation_barrier(int threads)
{
    return pthread_barrier_init(&all, NULL, (unsigned)threads);
}

void situation_fault_together(void)
{
    pthread_barrier_wait(&all);
    situation_fault();
}

static void *fault_later(void *milliseconds)
{
    usleep((useconds_t)(intptr_t)milliseconds * 1000);
    say_dying();
    situation_fault();
    return NULL;
}

// On a thread that the runtime knows nothing of.
void situation_fault_on_native_thread(int after_milliseconds)
{
    pthread_t thread;
    pthread_create(&thread, NULL, fault_later, (void *)(intptr_t)after_milliseconds);
}

// Counts by a line what comes through it, and calls the action it replaced, as a well-behaved library does.
static void chain(int number, siginfo_t *info, void *context)
{
    if (info->si_addr == (void *)UNMAPPED_ADDRESS) {
        say("library's handler\n");
    }
    if (former.sa_flags & SA_SIGINFO) {
        former.sa_sigaction(number, info, context);
    } else if (former.sa_handler == SIG_DFL) {
        sigaction(number, &former, NULL);
    } else if (former.sa_handler != SIG_IGN) {
        former.sa_handler(number);
    }
}

int situation_install_chain(void)
{
    struct sigaction action = { .sa_sigaction = chain, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    return sigaction(SIGSEGV, &action, &former);
}

static void exit_now(int number)
{
    (void)number;
    say("library's handler\n");
    _exit(OWN_STATUS);
}

int situation_install_exit(void)
{
    struct sigaction action = { .sa_handler = exit_now, .sa_flags = SA_ONSTACK };
    return sigaction(SIGSEGV, &action, NULL);
}

static void fault_in_handler(int number)
{
    (void)number;
    say("library's handler\n");
    situation_fault();
}

void situation_raise_into_fault(void)
{
    struct sigaction action = { .sa_handler = fault_in_handler };
    sigaction(SIGURG, &action, NULL);
    raise(SIGURG);
}

// 128 and the signal, as a shell shows it.
int situation_fork_and_fault(void)
{
    pid_t child = fork();
    if (child == 0) {
        say_dying();
        situation_fault();
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int situation_use_up_descriptors(void)
{
    struct rlimit limit = { FEW_DESCRIPTORS, FEW_DESCRIPTORS };
    setrlimit(RLIMIT_NOFILE, &limit);
    while (open("/dev/null", O_RDONLY) >= 0) {
    }
    return errno == EMFILE ? 0 : errno;
}

void situation_close_standard(void)
{
    for (int fd = 0; fd < 3; fd++) {
        close(fd);
    }
}

static __attribute__((noinline)) int descend(int from)
{
    volatile char frame[512];
    frame[0] = (char)from;
    return from < 0 ? 0 : descend(from + 1) + frame[0];
}

static void *overflow(void *unused)
{
    say_dying();
    descend(0);
    return unused;
}

// On a thread that the runtime knows nothing of, and gave no alternate stack.
void situation_overflow(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, overflow, NULL);
    pthread_join(thread, NULL);
}
